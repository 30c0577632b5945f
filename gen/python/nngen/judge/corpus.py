"""Reads a corpus: manifest, records, and what is wrong with either."""
import json
from collections import namedtuple
from pathlib import Path

from nngen.judge import forms, schema

# kind: a word to count by; model: folder name or ""; op: operator to blame or ""
Problem = namedtuple("Problem", "kind message model op nodes", defaults=("", "", 0))

Corpus = namedtuple("Corpus", "root manifest records problems")


def no_constants(text):
    raise ValueError(f"{text} is not JSON")


def parse(text):
    return json.loads(text, parse_constant=no_constants)


def load(root):
    root = Path(root)
    problems, manifest, records, names = [], None, [], None
    try:
        manifest = parse((root / "manifest.json").read_text("utf-8"))
        problems += [Problem("manifest", e) for e in schema.errors(manifest, schema.MANIFEST)]
        names = forms.names(manifest["options"]) if not problems else None
    except (OSError, ValueError) as e:
        problems.append(Problem("manifest", f"manifest.json: {e}"))
    try:
        text = (root / "models.jsonl").read_text("utf-8")
        if text and not text.endswith("\n"):
            problems.append(Problem("record", "models.jsonl: the last line has no newline"))
        for i, line in enumerate(text.splitlines()):
            try:
                record = parse(line)
            except ValueError as e:
                problems.append(Problem("record", f"models.jsonl:{i + 1}: {e}"))
                continue
            bad = [Problem("record", f"models.jsonl:{i + 1}: {e}") for e in schema.errors(record, schema.RECORD)]
            problems += bad
            if not bad:
                want = f"test_{i:06d}" if names is None or i >= len(names) else names[i]
                if record["name"] != want:
                    problems.append(Problem("record", f"models.jsonl:{i + 1}: name {record['name']}, {want} expected"))
                if record.get("plain", want.partition("_v")[0]) != want.partition("_v")[0]:
                    problems.append(Problem("record", f"models.jsonl:{i + 1}: a copy of {record['plain']}, {want.partition('_v')[0]} expected"))
                records.append(record)
    except (OSError, UnicodeDecodeError) as e:
        problems.append(Problem("record", f"models.jsonl: {e}"))
    if not any(p.kind == "manifest" for p in problems):
        problems += extent(root, manifest, records)
    return Corpus(root, manifest, records, problems)


def extent(root, manifest, records):
    """The folders, the records and the manifest's count must tell the same number of models."""
    count = len(forms.names(manifest["options"]))
    if len(records) != count:
        yield Problem("count", f"{len(records)} good records, {count} models in the manifest")
    names = {r["name"] for r in records}
    for entry in sorted(root.iterdir()):
        if entry.name not in names and entry.name not in ("manifest.json", "models.jsonl"):
            yield Problem("files", f"{entry.name}: belongs to no record")


def sources(manifest):
    """Operators whose output does not depend on input values, by the manifest's flags."""
    return frozenset(o["name"] for o in manifest["operators"] if "source" in o["flags"]) if manifest else frozenset()
