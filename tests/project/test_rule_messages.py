"""Every message of the rules of outputs has a case that raises it: in tests/tables/outputs.case (reading and compiling) or in
tests/unit/reference (computing), or in the tests of single nodes."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "gen" / "reference").glob("*.c"))
CASES = [ROOT / "tests/tables/outputs.case", ROOT / "tests/cli/test_eval.py", ROOT / "tests/cli/test_emit.py", *sorted((ROOT / "tests/unit/eval").glob("*.c")), *sorted((ROOT / "tests/unit/reference").glob("*.c")), ROOT / "tests/e2e/test_rules_beyond.py"]
CALL = re.compile(r'\b(?:ref_fail|ref_bad|spec_error|nn_fail|fail)\((?:[^()";]|\([^()]*\)|"(?:[^"\\]|\\.)*")*\)')
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')

# Messages that no rule raises, with the reason.
NOT_RAISED = {
    "the operator has no rules for its outputs": "of a table without rules for it, as tests/cli/test_outputs.py has",
    "definitions are nested too deeply": "a table of definitions that each use the next has other limits first",
    "the definitions are nested too deeply": "the compiler has the limit first",
    "functions call one another too deeply": "32 functions at most, none of which calls itself",
    "the expressions are nested too deeply": "the parser has a limit",
    "an index is outside the tensor": "the loop before it names the index",
    "outputs of %s: %s": "the frame of all other messages",
}


def messages():
    """{message: where} of the sources, as formats."""
    found = {}
    for path in SOURCES:
        for call in CALL.finditer(path.read_text()):
            for text in STRING.findall(call.group(0)):
                if " " in text.strip():
                    found[text.replace('\\"', '"').replace("%%", "%")] = path.name
    return found


def raised(message, text):
    """Whether the longest text between the arguments of the message stands in the cases."""
    fixed = [p.strip("` :;") for p in re.split(r"%[-.0-9]*(?:zu|lld|[a-z])", message)]
    return max(fixed, key=len) in text


def test_every_message_has_a_case():
    text = "\n".join(p.read_text() for p in CASES).replace('\\"', '"')
    found = messages()
    assert len(found) > 90
    missing = {m: where for m, where in found.items() if m not in NOT_RAISED and not raised(m, text)}
    assert missing == {}
    assert set(NOT_RAISED) <= set(found), "messages that are gone"
