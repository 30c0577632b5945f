"""Rules of the source tree: who may know of what, what a library must not call, and that no operator is known to the C code."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("B", "build/default"))
TOP = {"Makefile", "README.md", "LICENSE", "gen", "solver", "include", "proto", "specs", "tests", "out"}


def tracked():
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if done.returncode == 0:
        return [ROOT / p for p in done.stdout.decode().split("\0") if p and (ROOT / p).is_file()]
    skip = {"build", ".git"}
    return [p for p in ROOT.rglob("*") if p.is_file() and not skip & set(p.relative_to(ROOT).parts)]


def sources(*folders, suffixes=(".c", ".h", ".cc")):
    return sorted(p for f in folders for p in (ROOT / f).rglob("*") if p.suffix in suffixes)


def name(path):
    return str(path.relative_to(ROOT))


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code(path):
    """Text without comments and literals."""
    return TOKEN.sub(lambda m: " " if m[0][0] == "/" else m[0][0] * 2, path.read_text())


def strings(path):
    return [m[0][1:-1] for m in TOKEN.finditer(path.read_text()) if m[0][0] == '"']


def includes(path):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', path.read_text(), re.M)


def includers(header):
    return {name(p) for p in sources("gen", "solver", "include") if any(i.split("/")[-1] == header for i in includes(p))}


def test_one_file_reads_yaml():
    assert len(includers("yaml.h")) == 1


def test_only_the_writer_knows_the_protobuf_header():
    users = includers("onnx.pb-c.h") | includers("protobuf-c.h")
    assert users and users <= {"gen/write/onnx_write.c", "gen/onnx/onnx_order.c", "gen/onnx/onnx_parse.c", "gen/onnx/onnx_scope.c", "gen/onnx/onnx_sound.c", "gen/onnx/onnx_tensor.c", "gen/onnx/onnx_view.c", "gen/onnx/tensor_file.c",
                               "gen/onnx/onnx_external.c", "gen/form/form_graph.h", "gen/onnx/onnx_function.c", "gen/onnx/onnx_sparse.c", "gen/onnx/onnx_uses.c",
                               *(f"gen/emit/{f}.c" for f in ("emit", "emit_body", "emit_flat", "emit_onnx", "emit_samples")),
                               *(f"gen/eval/eval_{f}.c" for f in ("bind", "call", "control", "graph", "model", "run")),
                               *(f"gen/reduce/{f}" for f in ("reduce_base.c", "reduce_edit.h", "reduce_failure.c", "reduce_given.c", "reduce_inline.h", "reduce_judge.c", "reduce_names.c", "reduce_nearest.c", "reduce_read.c",
                                                             "reduce_text.c"))}


def test_only_the_tape_sees_pcg():
    assert includers("pcg.h") <= {"gen/draw/choice.c", "gen/draw/bulk.c", "gen/draw/pcg.cc"}
    assert includers("pcg_random.hpp") == {"gen/draw/pcg.cc"}


def test_generated_values_come_from_one_json_library():
    assert len(includers("jansson.h")) <= 2


def test_solver_includes_itself_and_include_only():
    own = {p.name for p in sources("solver", "include")}
    system = {"stdbool.h", "stddef.h", "stdint.h", "stdlib.h", "string.h", "limits.h", "stdarg.h"}
    for p in sources("solver"):
        assert set(includes(p)) <= own | system, name(p)


def test_include_knows_nothing_else():
    own = {p.name for p in sources("include")}
    for p in sources("include"):
        assert {i for i in includes(p) if not i.startswith("std")} <= own, name(p)


def test_solver_links_with_base_alone(tmp_path):
    objects = [ROOT / BUILD / "solver" / (p.stem + ".o") for p in sources("solver", suffixes=(".c",))]
    base = ROOT / BUILD / "gen" / "base" / "base.o"
    if not all(o.exists() for o in [*objects, base]):
        pytest.skip("the objects are not built")
    main = tmp_path / "main.c"
    main.write_text('#include "csp.h"\nint main(void) { csp *c = csp_new(); csp_free(c); return c == 0; }\n')
    command = ["cc", f"-I{ROOT}/include", f"-I{ROOT}/solver", str(main), *map(str, objects), str(base), "-o", str(tmp_path / "a")]
    if "asan" in str(BUILD) or "stress" in str(BUILD):
        command.insert(1, "-fsanitize=address,undefined")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([tmp_path / "a"]).returncode == 0


# The rooms of gen/: what each may include of the others, and the headers by which the others may enter it (None: any).
ROOMS = {
    "base": ("", None),
    "value": ("base", {"dmath.h", "dtype.h", "estimate.h", "graph.h", "interval.h"}),
    "draw": ("base", {"choice.h", "segments.h", "segment_read.h"}),
    "table": ("base", {"spec_check.h", "spec_digest.h", "spec_merge.h", "spec_packed.h", "spec_table.h", "spec_yaml.h", "opset.h"}),
    "rules": ("table value base", {"instance.h", "opmodel.h", "opmodel_rules.h", "op_common.h", "op_extra.h", "op_inner.h", "opfilter.h", "expr.h", "expr_outside.h"}),
    "reference": ("rules table value base", {"reference.h", "ref_graph.h", "ref_phrase.h"}),
    "recheck": ("rules value base", {"recheck.h", "recheck_value.h"}),
    "manner": ("rules table draw value base", {"manner.h"}),
    "lower": ("manner recheck rules draw value base", {"again.h", "lower.h", "op_feasible.h", "reason.h", "tries.h"}),
    "motif": ("recheck rules table draw value base", {"motif.h"}),
    "build": ("lower manner motif rules draw value base", {"build.h", "build_tape.h", "due_path.h", "motif_wish.h", "op_index.h", "op_helpers.h", "path_probe.h", "trace.h", "avoid.h", "weights.h"}),
    "plan": ("build lower manner motif rules draw value base", {"cover.h", "guide.h", "motif_cover.h", "plan.h", "wish.h"}),
    "stats": ("rules value base", {"distinct.h", "stats.h", "structure.h"}),
    "write": ("rules table draw value base", {"contents.h", "input_mode.h", "model_dir.h", "model_files.h", "naming.h", "npz.h", "onnx_write.h"}),
    "form": ("write table draw value base", {"form.h", "form_feature.h", "form_rules.h"}),
    "onnx": ("value base", {"onnx_external.h", "onnx_find.h", "onnx_function.h", "onnx_order.h", "onnx_parse.h", "onnx_sound.h", "onnx_sparse.h", "onnx_uses.h", "onnx_view.h", "tensor_file.h"}),
    "mine": ("onnx rules table value base", {"mine.h", "mine_find.h", "mine_model.h", "mine_usages.h", "mine_walks.h", "mine_yaml.h"}),
    "family": ("form mine plan build lower manner motif stats write onnx reference rules table draw value base", {"family.h", "options.h"}),
    "corpus": ("family form mine plan build lower manner motif stats write onnx reference rules table draw value base", {"replay.h", "row_motifs.h", "seeds.h"}),
    "compare": ("onnx value base", {"compare.h", "compare_run.h"}),
    "suite": ("compare family lower stats write rules table draw value base", {"suite.h"}),
    "eval": ("form reference onnx write rules table value base", {"eval.h", "eval_model.h", "eval_run.h", "eval_table.h"}),
    "emit": ("eval reference onnx write rules table value base", {"emit.h", "emit_onnx.h", "emit_python.h"}),
    "show": ("corpus onnx value base", {"show.h"}),
    "reduce": ("emit corpus family draw onnx value base", {"reduce.h"}),
    "sequences": ("onnx value base", {"coverage.h", "seq_report.h"}),
    "cli": ("reduce emit eval compare suite show sequences mine corpus family motif rules base", set()),
    "embed": ("table base", set()),
    "fuzz": ("draw base", set()),
}


def test_every_file_has_a_room():
    for p in sources("gen"):
        room, file = name(p).split("/")[1:]
        assert room in ROOMS, name(p)
    assert {p.name for p in (ROOT / "gen").iterdir() if p.is_dir()} == {*ROOMS, "dist", "python"}


def test_rooms_have_an_order():
    """Each may include rooms above it in the list only, so that there is no cycle."""
    names = list(ROOMS)
    for i, room in enumerate(names):
        assert set(ROOMS[room][0].split()) <= set(names[:i]), room


@pytest.mark.parametrize("path", sources("gen"), ids=name)
def test_includes_of_a_room(path):
    room = name(path).split("/")[1]
    allowed = set(ROOMS[room][0].split())
    for header in re.findall(r'^\s*#\s*include\s*"([^"]+)"', path.read_text(), re.M):
        if (ROOT / "include" / header).exists() or header == "onnx.pb-c.h":
            continue
        if (ROOT / "solver" / header).exists():
            assert room == "lower", f"{header}: the lowering alone uses the solver"
            continue
        there, _, file = header.partition("/")
        assert (ROOT / "gen" / header).exists(), f"{header}: expected the room's name and the header's"
        if there != room:
            assert there in allowed, f"{room} may not include {header}"
            assert ROOMS[there][1] is None or file in ROOMS[there][1], f"{header} is internal to its room"


def test_doors_are_there():
    for room, (_, doors) in ROOMS.items():
        for header in doors or ():
            assert (ROOT / "gen" / room / header).exists(), f"{room}/{header}"


# Tests of what several files do together.
TOGETHER = {"lower": {"lists", "overflow"}, "build": {"bridges", "sources"}, "table": {"tables"}, "corpus": {"stress"}, "sequences": {"stress"}, "family": {"embedded"},
            "solver": {"csp_random"}}


def test_unit_tests_mirror_the_rooms():
    """tests/unit/ROOM/test_FILE.c tests gen/ROOM/FILE.c, or FILE.h where that is all; those of the solver are in solver/."""
    together = {(room, file) for room, files in TOGETHER.items() for file in files}
    found = {(p.parent.name, p.stem.removeprefix("test_")) for p in sources("tests/unit", suffixes=(".c",))}
    files = {(p.parent.name, p.stem) for p in sources("gen", "solver", suffixes=(".c", ".h"))}
    assert found - files == together


# Functions of more than 25 independent paths. Both are one switch over the functions of the table's language, with a line or two for each.
COMPLEX = {"gen/recheck/recheck_call.c:rc_call", "gen/rules/expr_check_call.c:expr_check_call"}


def test_functions_are_simple():
    import lizard
    found = {}
    for p in sources("gen", "solver", "include"):
        for f in lizard.analyze_file(str(p)).function_list:
            if f.cyclomatic_complexity > 25:
                found[f"{name(p)}:{f.name}"] = f.cyclomatic_complexity
    assert set(found) <= COMPLEX, found
    assert COMPLEX <= set(found), "no longer complex: " + ", ".join(sorted(COMPLEX - set(found)))


FORBIDDEN = """rand srand random srandom drand48 rand_r arc4random getrandom time clock clock_gettime gettimeofday localtime gmtime
    getenv secure_getenv setenv putenv setlocale localeconv newlocale printf fprintf vprintf vfprintf puts fputs putchar perror
    exit _exit _Exit abort quick_exit assert malloc calloc realloc strdup strndup asprintf
    sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log2 log10 log1p pow cbrt erf lgamma tgamma
    fma fmaf sqrtl strtok system popen""".split()


@pytest.mark.parametrize("path", [p for p in sources("gen", "solver") if p.suffix != ".h" and p.name != "main.c"], ids=name)
def test_library_calls_nothing_forbidden(path):
    text = code(path)
    allowed = {"malloc", "calloc", "realloc"} if path.name == "base.c" else set()  # the allocator's own wrapper
    called = {w for w in re.findall(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(", text)} & set(FORBIDDEN) - allowed
    assert not called
    assert not re.search(r"\b(stdout|stderr|stdin|environ)\b", text)
    assert not set(includes(path)) & {"time.h", "locale.h", "assert.h", "sys/time.h", "tgmath.h"}


def operators():
    found = set()
    for path in (ROOT / "specs").glob("*.yaml"):
        inside = False
        for line in path.read_text().splitlines():
            if re.match(r"\S", line):
                inside = line.startswith("operators:")
            entry = re.match(r"  ([A-Z]\w*):", line)
            if inside and entry:
                found.add(entry[1])
    return found


def test_the_table_was_found():
    assert len(operators()) > 100


def test_no_operator_is_named_in_c():
    """Neither as a text (which a comparison would need) nor as a word of the code. Comments may."""
    names = operators()
    for path in sources("gen", "solver", "include", suffixes=(".c", ".h", ".cc")):
        assert not names & set(strings(path)), name(path)
        assert not names & set(re.findall(r"[A-Za-z_]\w*", code(path))), name(path)


def test_files_are_short():
    long = {}
    for path in tracked():
        if path.suffix in {".c", ".h", ".cc", ".py", ".sh", ".yaml"}:
            n = len(path.read_text().splitlines())
            if n > 700:
                long[name(path)] = n
    assert not long, long


# Written apart so that this file is no hit itself.
PLACES = re.compile("|".join([r"(?<![\w.])/" + r"work/", r"(?<![\w.])/" + r"root\b", r"(?<![\w./])/" + r"tmp/(?![\w.-]*X{6})", r"/home" + r"/\w+", "fake" + "root/"]))


def test_no_paths_of_a_machine():
    hits = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        hits += [f"{name(path)}: {m[0]}" for m in PLACES.finditer(text)]
    assert not hits


def test_top_level():
    entries = {name(p).split("/")[0] for p in tracked()}
    assert {e for e in entries if not e.startswith(".")} <= TOP
