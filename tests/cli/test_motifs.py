"""--motifs and --cover motifs: what models.jsonl and the manifest say, counted again from the files; threads, shards, replay, messages."""
import json
import re
from collections import Counter

import onnx
import pytest
import yaml

from conftest import ROOT
from corpora import make, manifest, records, tree

LEVELS = ("exact", "variant", "mutated")


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    return make(tmp_path_factory.mktemp("motifs") / "half", "--motifs", "0.5", "--manner", "uniform", "--nodes", "40", "--count", "200", "--inputs", "0", "--check")


def test_share_and_levels(half):
    """Half of the nodes are wanted; a graph has too little room for large motifs at its end."""
    rows = records(half)
    share = sum(len(m["nodes"]) for r in rows for m in r["motifs"]) / sum(r["nodes"] for r in rows)
    assert 0.35 < share < 0.55
    levels = Counter(m["level"] for r in rows for m in r["motifs"])
    assert set(levels) == set(LEVELS) and all(n > sum(levels.values()) / 6 for n in levels.values())
    assert all(bool(m["mutations"]) == (m["level"] == "mutated") for r in rows for m in r["motifs"])


def test_share_of_near_misses(tmp_path, nngen):
    """All motifs are near misses but those that none applies to; what they show counts among the outputs that a graph may have."""
    types = "float16,double,int8,uint8,int32,int64,bool"
    all_ = make(tmp_path / "all", "--manner", "uniform", "--motifs", "1", "--near-misses", "100", "--nodes", "15", "--count", "600", "--opset", "21", "--types", types, "--inputs", "0", "--check",
                "--seed", "93")
    rows = records(all_)
    levels = Counter(m["level"] for r in rows for m in r["motifs"])
    assert not levels["exact"] and levels["mutated"] > 12 * levels["variant"] and levels["mutated"] > 600
    assert json.loads((all_ / "manifest.json").read_text())["options"]["near_misses"] == 100
    assert max(len(r["outputs"]) for r in rows) <= 3 and any("is a graph output" in t for r in rows for m in r["motifs"] for t in m["mutations"])
    none = make(tmp_path / "none", "--motifs", "1", "--near-misses", "0", "--nodes", "15", "--count", "60", "--inputs", "0")
    assert {m["level"] for r in records(none) for m in r["motifs"]} == {"exact", "variant"}
    again = tmp_path / "again"
    r = nngen("replay", all_ / "manifest.json", "--out", again)
    assert r.code == 0, r.err
    assert (again / "models.jsonl").read_bytes() == (all_ / "models.jsonl").read_bytes()
    r = nngen("--near-misses", 101, "--out", tmp_path / "c")
    assert (r.code, r.err) == (2, "nngen: --near-misses 101: expected an integer from 0 to 100\nTry 'nngen --help'.\n")


def test_kinds_of_near_misses(tmp_path):
    """Every kind is placed, and those that change values, operands and attributes are nearly half."""
    rows = records(make(tmp_path / "all", "--manner", "uniform", "--motifs", "1", "--near-misses", "100", "--nodes", "15", "--count", "800", "--inputs", "0", "--types", "int32,double", "--seed", "4"))
    kinds = {"value": r"constant .*: \S+ -> [^\[]*$", "shape of a constant": r"constant .*: \[", "from constant": "constant .* is a graph input", "to constant": "input .* is a constant",
             "swap": "swapped", "attribute": "changed", "drawn": "drawn", "rewired": " takes .*, not ", "twice": "same tensor twice", "type": "type .* -> ", "shape": r"input .*: \[",
             "consumer": "also goes to", "output": "is a graph output", "between": " between ", "double": "computed twice", "left out": "left out"}
    texts = [t for r in rows for m in r["motifs"] for t in m["mutations"]]
    n = {k: sum(bool(re.search(p, t)) for t in texts) for k, p in kinds.items()}
    assert min(n.values()) > 0, n
    assert sum(n[k] for k in ("value", "shape of a constant", "swap", "attribute", "rewired")) > 0.45 * len(texts), n
    assert sum(n.values()) == len(texts)


def stated_pins():
    """motif -> its nodes in order, each the name of its output and the pins whose values are numbers or lists of numbers."""
    stated = {}
    for path in sorted((ROOT / "specs/motifs").glob("*.yaml")):
        for name, motif in yaml.safe_load(path.read_text()).get("motifs", {}).items():
            pins = {node: re.findall(r" (\w+)\??=(-?[\d.]+|\[[-\d., ]*\])(?= |$)", " ".join(text.split())) for node, text in motif["nodes"].items()}
            stated[name] = [(node, {pin: json.loads(value) for pin, value in found}) for node, found in pins.items()]
    return stated


def value_in(node, pin):
    """The attribute that the node has, or its default."""
    for a in node.attribute:
        if a.name == pin:
            return onnx.helper.get_attribute_value(a)
    schema = onnx.defs.get_schema(node.op_type, 17, node.domain)
    default = schema.attributes[pin].default_value if pin in schema.attributes else None
    return onnx.helper.get_attribute_value(default) if default is not None and default.name else None


def test_named_attributes_differ(tmp_path):
    """Where a near miss says that an attribute is changed or drawn, the file has another value than the motif."""
    folder = make(tmp_path / "all", "--manner", "uniform", "--motifs", "1", "--near-misses", "100", "--nodes", "30", "--count", "800", "--inputs", "0", "--seed", "8")
    stated, compared, equal = stated_pins(), Counter(), []
    for r in records(folder):
        nodes = None
        for m in r["motifs"]:
            said = [re.fullmatch(r"(\w+) of (.+) (changed|drawn)", t) for t in m["mutations"]]
            if len(said) != 1 or said[0] is None:
                continue
            pin, node, how = said[0].groups()
            k = [name for name, _ in stated[m["name"]]].index(node)
            pins = stated[m["name"]][k][1]
            nodes = nodes or onnx.load(folder / r["name"] / "model.onnx").graph.node
            found = value_in(nodes[m["nodes"][k]], pin)
            if pin not in pins or found is None:
                continue
            compared[how] += 1
            found = list(found) if isinstance(pins[pin], list) else found
            if found == pytest.approx(pins[pin]):
                equal.append((r["name"], m["name"], m["mutations"], found))
    assert compared["changed"] > 100 and compared["drawn"] > 20, compared
    assert not equal, (len(equal), compared, equal[:5])


def test_nodes_are_positions_in_the_file(tmp_path):
    """A motif that nothing changes has the operators of its entry, and its inner tensors have no other consumers."""
    ops = {"swish": ["Sigmoid", "Mul"], "relu_relu": ["Relu", "Relu"]}
    folder = make(tmp_path / "named", "--motifs", ",".join(ops), "--nodes", "40", "--count", "40", "--inputs", "0")
    found = 0
    for r in records(folder):
        nodes = onnx.load(folder / r["name"] / "model.onnx").graph.node
        assert len(nodes) == r["nodes"] == 40
        taken = [i for m in r["motifs"] for i in m["nodes"]]
        assert len(taken) == len(set(taken)) and all(0 <= i < 40 for i in taken)
        for m in r["motifs"]:
            names = [nodes[i].op_type for i in m["nodes"]]
            if m["level"] != "mutated" and m["name"] in ops:
                first, last = (nodes[i] for i in m["nodes"])
                assert names == ops[m["name"]] and first.output[0] in last.input
                assert sum(first.output[0] in n.input for n in nodes) == 1
                found += 1
    assert found > 100


@pytest.mark.parametrize("options", [("--manner", "real"), ("--manner", "mixed"), ("--avoid", "Conv,Relu")])
def test_operators_that_stand_inside_motifs_only(tmp_path, options):
    """What is stated for each operator of a table also has a place for those that stand inside motifs only."""
    folder = make(tmp_path / "inside", "--motifs", "0.8", "--nodes", "40", "--count", "60", "--inputs", "0", "--check", *options)
    assert len(records(folder)) == 60 and manifest(folder)["motif_operators"]


def test_manifest_counts(half):
    said = manifest(half)["motifs"]
    seen = Counter((m["name"], m["level"]) for r in records(half) for m in r["motifs"])
    assert {(name, level): n for name, levels in said["placed"].items() for level, n in levels.items() if n} == seen
    assert "missing" not in said and manifest(half)["options"]["motifs"] == "0.5"


def test_covered_at_each_level(tmp_path, nngen):
    listed = {line.split()[0] for line in nngen("--list-motifs").out.splitlines() if line.strip() and not line.startswith("#") and "(with --" not in line}
    folder = make(tmp_path / "all", "--cover", "motifs", "--nodes", "40", "--count", str(3 * len(listed)), "--inputs", "0")
    said = manifest(folder)["motifs"]
    seen = {(m["name"], m["level"]) for r in records(folder) for m in r["motifs"]}
    missing = {(m["name"], level) for m in said["missing"] for level in m["levels"]}
    assert seen | missing == {(name, level) for name in listed for level in LEVELS} and not seen & missing
    assert len(missing) < 0.05 * 3 * len(listed), sorted(missing)


def test_closed_ones_name_their_option(nngen):
    options = {m["name"]: m.get("option") for m in json.loads(nngen("--list-motifs=json").out)["motifs"]}
    assert options["nonzero_number"] == "data-dependent" and options["random_where"] == "random" and options["conv_relu"] is None
    text = nngen("--list-motifs").out
    assert sum("(with --" in line for line in text.splitlines()) == sum(o is not None for o in options.values()) >= 20


def test_too_small_models_say_so(tmp_path):
    small = make(tmp_path / "small", "--cover", "motifs", "--nodes", "6", "--count", "30", "--inputs", "0")
    reasons = {m["reason"] for m in manifest(small)["motifs"]["missing"]}
    assert "a model that holds it needs more nodes" in reasons and "the family has too few models for all motifs" in reasons


def told(err):
    """The lines about missing motifs: reason -> (number, text after it)."""
    many = {m[2]: (int(m[1]), m[3]) for m in re.finditer(r"^nngen: (\d+) missing motifs: (.*): (.*)$", err, re.M)}
    return many | {m[2]: (1, m[1]) for m in re.finditer(r"^nngen: missing motif (.*?): (.*)$", err, re.M)}


def test_missing_ones_are_told(tmp_path, nngen):
    """As operators are: by reason, some of them by name, with the levels if not all are missing; not in a quiet run."""
    args = ["--cover", "motifs", "--nodes", 12, "--count", 60, "--inputs", 0]
    assert nngen(*args, "--dry-run", "--quiet").err == ""
    r = nngen(*args, "--out", tmp_path / "x")
    missing = manifest(tmp_path / "x")["motifs"]["missing"]
    lines = told(r.err)
    assert r.code == 0 and {k: n for k, (n, _) in lines.items()} == Counter(m["reason"] for m in missing)
    for reason, (n, text) in lines.items():
        names = [m["name"] + (f" ({', '.join(m['levels'])})" if m["levels"] != list(LEVELS) else "") for m in missing if m["reason"] == reason]
        assert text == ", ".join(names[:12]) + (f" and {n - 12} more" if n > 12 else "")
    assert any(n > 12 and "(" in text for n, text in lines.values())


def test_missing_ones_of_shards_and_replay(tmp_path, nngen):
    args = ["--cover", "motifs", "--nodes", 12, "--count", 20, "--inputs", 0]
    whole = told(nngen(*args, "--out", tmp_path / "whole").err)
    for k in (1, 2):  # what another shard may have is not told
        part = told(nngen(*args, "--shard", f"{k}/2", "--out", tmp_path / str(k)).err)
        assert part and set(part) <= {"a model that holds it needs more nodes", "the family has too few models for all motifs"}
    assert told(nngen("merge", tmp_path / "merged", tmp_path / "1", tmp_path / "2").err) == whole
    assert told(nngen("replay", tmp_path / "whole" / "manifest.json", "--dry-run").err) == whole


def test_named_that_no_model_has(tmp_path, nngen):
    r = nngen("--motifs", "swish,normalised_self_attention", "--nodes", 20, "--count", 20, "--inputs", 0, "--out", tmp_path / "x")
    assert r.code == 0 and told(r.err) == {"a model that holds it needs more nodes": (1, "normalised_self_attention")}
    assert manifest(tmp_path / "x")["motifs"]["missing"] == [
        {"name": "normalised_self_attention", "levels": list(LEVELS), "reason": "a model that holds it needs more nodes"}]
    r = nngen("--motifs", "swish,relu_relu", "--nodes", 3, "--count", 1, "--dry-run")
    assert told(r.err) == {"no place for it was found; models of more nodes have more room": (2, "swish, relu_relu")}
    r = nngen("--motifs", "0.5", "--nodes", 20, "--count", 2, "--inputs", 0, "--out", tmp_path / "share")  # asks for none in particular
    assert told(r.err) == {} and "missing" not in manifest(tmp_path / "share")["motifs"]


def test_same_bytes_for_threads_shards_and_replay(tmp_path, nngen):
    args = ["--motifs", "0.4", "--cover", "motifs", "--nodes", "25", "--count", "40"]
    one = make(tmp_path / "one", *args, "--jobs", "1")
    assert tree(one) == tree(make(tmp_path / "four", *args, "--jobs", "4"))
    shards = [make(tmp_path / f"s{k}", *args, "--shard", f"{k}/2") for k in (1, 2)]
    assert nngen("merge", tmp_path / "merged", *shards, "--quiet").code == 0
    assert nngen("replay", one / "manifest.json", "--out", tmp_path / "again", "--quiet").code == 0
    assert tree(one) == tree(tmp_path / "merged") == tree(tmp_path / "again")
    assert nngen("verify", one).code == 0


def test_named(tmp_path):
    named = make(tmp_path / "named", "--motifs", "swish,relu_relu", "--nodes", "30", "--count", "20", "--inputs", "0")
    assert {m["name"] for r in records(named) for m in r["motifs"]} == {"swish", "relu_relu"}
    assert set(manifest(named)["motifs"]["placed"]) == {"swish", "relu_relu"}


def share(folder):
    rows = records(folder)
    return sum(len(m["nodes"]) for r in rows for m in r.get("motifs", [])) / sum(r["nodes"] for r in rows)


def test_manner_states_the_share(tmp_path, nngen):
    """By default a manner says how many motifs there are: none in uniform ones; stated weights and paths to cover leave no room."""
    args = ["--nodes", "30", "--count", "30", "--inputs", "0"]
    default = make(tmp_path / "default", *args)
    assert manifest(default)["options"]["motifs"] == "manner" and 0.1 < share(default) < 0.5
    assert {r["manner"] for r in records(default) if r["motifs"]} == {"real", "boundary"}
    none = make(tmp_path / "none", *args, "--motifs", "none")
    assert "motifs" not in manifest(none) and "motifs" not in records(none)[0]
    (tmp_path / "w").write_text("Relu 3\n")
    for name, more in (("uniform", ["--manner", "uniform"]), ("weights", ["--weights", str(tmp_path / "w")]),
                       ("pairs", ["--cover", "pairs", "--ops", "Abs,Add,Relu,Mul"])):
        folder = make(tmp_path / name, *args, *more)
        assert "motifs" not in manifest(folder) and "motifs" not in records(folder)[0]
    assert share(make(tmp_path / "both", *args, "--manner", "uniform", "--motifs", "0.5")) > 0.3
    few = nngen("--ops", "Ceil,Cos", *args, "--out", tmp_path / "few")
    assert few.code == 0 and "motifs" not in records(tmp_path / "few")[0]


@pytest.mark.parametrize("text, says", [
    ("1.5", "motifs 1.5: expected a share of the nodes from 0 to 1, names of motifs separated by commas, like, none or manner"),
    ("-1", "expected a share"), ("0.5x", "expected a share"), ("swich", "unknown motif swich; did you mean swish?"),
    ("swish,", "expected a share"), ("swish,nothing_like_it", "motifs: unknown motif nothing_like_it; expected a name that --list-motifs prints"),
    ("nope", "unknown motif nope"), ("none,swish", "unknown motif none"), ("like", "motifs like: expected --like, or weights with motifs learned by it")])
def test_messages(nngen, text, says):
    r = nngen("--motifs=" + text, "--dry-run")
    assert r.code == 2 and says in r.err


@pytest.mark.parametrize("text", ["none", "0", "0.000"])
def test_cover_without_motifs(nngen, text):
    r = nngen("--cover", "motifs", "--motifs", text, "--dry-run")
    assert r.code == 2 and f"cover motifs and motifs {text} contradict each other" in r.err


def test_like_needs_what_was_learned(nngen, tmp_path):
    (tmp_path / "w").write_text("Relu 3\n")
    r = nngen("--weights", tmp_path / "w", "--motifs", "like", "--dry-run")
    assert r.code == 2 and "motifs like: expected --like" in r.err
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", [
        onnx.helper.make_tensor_value_info("x", 1, [2])], [onnx.helper.make_tensor_value_info("y", 1, [2])])), tmp_path / "m.onnx")
    for more in ([], ["--manner", "uniform"]):  # what shares no motif teaches none
        assert nngen("--like", tmp_path, "--motifs", "like", *more, "--count", 2, "--dry-run").code == 0


def test_left_out_operators(nngen):
    r = nngen("--motifs", "swish", "--ops", "-Sigmoid", "--dry-run")
    assert r.code == 2 and "swish cannot be used" in r.err


def test_shown_tensors_count_as_outputs(nngen, tmp_path):
    """A near miss that makes an inner tensor a graph output leaves less room for further outputs."""
    assert nngen("--motifs", 1, "--nodes", 24, "--count", 1000, "--inputs", 0, "--out", tmp_path / "x").code == 0
    found = [json.loads(line) for line in (tmp_path / "x" / "models.jsonl").read_text().splitlines()]
    assert any("is a graph output" in change for r in found for m in r["motifs"] for change in m["mutations"])
    assert max(len(r["outputs"]) for r in found) <= 24 // 8 + 2


def test_listed_on_one_line_each(nngen, tmp_path):
    """Texts of several lines do not break the lines of --list-motifs; --list-motifs=json has them as they are."""
    for path in (ROOT / "specs").glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "motifs").mkdir()
    (tmp_path / "motifs" / "m.yaml").write_text(
        "motifs:\n  mine:\n    doc: |\n      one line\n\n      # another\tone\n    in: {x: \"T[..]\"}\n    nodes: {y: Neg(x)}\n    out: y\n    fires: {p: \"a\\nb\"}\n")
    args = ("--specs", tmp_path, "--profile", "onnx")
    lines = nngen(*args, "--list-motifs").out.splitlines()
    assert len(lines) == 2 and lines[1] == "mine   1  one line # another one  [p: a b]"
    listed = json.loads(nngen(*args, "--list-motifs=json").out)["motifs"]
    assert listed == [{"name": "mine", "nodes": 1, "doc": "one line\n\n# another\tone\n", "fires": "p: a\nb"}]
