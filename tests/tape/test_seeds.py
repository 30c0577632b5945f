"""nngen seeds and nngen --tape: small valid models, their tapes, and a dictionary; a tape gives its model."""
import onnx
import pytest


def graph(path):
    m = onnx.load(path)
    return [(n.op_type, list(n.input), list(n.output), [a.SerializeToString() for a in n.attribute]) for n in m.graph.node]


def test_seeds_for_parsers(nngen, tmp_path):
    done = nngen("seeds", "--out", tmp_path / "s", "--count", 40)
    assert done.code == 0, done.err
    models, tapes = sorted((tmp_path / "s/models").iterdir()), sorted((tmp_path / "s/tapes").iterdir())
    assert [p.stem for p in models] == [p.stem for p in tapes] and len(models) == 40
    assert done.out.startswith("40 models and their tapes, ")
    sizes = set()
    for p in models:
        onnx.checker.check_model(str(p), full_check=True)
        assert p.stat().st_size <= 4096
        sizes.add(len(graph(p)))
        assert int(p.name.split("_")[1]) == len(graph(p))
    assert sizes == set(range(1, 9))


def test_seeds_for_runtimes_have_inputs(nngen, tmp_path):
    assert nngen("seeds", "--out", tmp_path / "s", "--count", 6, "--nodes", 3, "--purpose", "runtimes").code == 0
    for d in (tmp_path / "s/models").iterdir():
        m = onnx.load(d / "model.onnx")
        assert len(list(d.glob("test_data_set_0/input_*.pb"))) == len(m.graph.input)


def test_large_models_are_left_out(nngen, tmp_path):
    done = nngen("seeds", "--out", tmp_path / "s", "--count", 60, "--max-bytes", 700)
    models = list((tmp_path / "s/models").iterdir())
    assert 0 < len(models) < 60 and max(p.stat().st_size for p in models) <= 700
    assert done.out.endswith(f"; {60 - len(models)} larger than 700 bytes left out\n")


def test_the_same_seed_the_same_files(nngen, tmp_path):
    for name in "ab":
        assert nngen("seeds", "--out", tmp_path / name, "--count", 20, "--seed", 3).code == 0
    a, b = ({str(p.relative_to(tmp_path / n)): p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()} for n in "ab")
    assert a == b and len(a) == 41


def test_the_dictionary_names_the_operators(nngen, tmp_path):
    assert nngen("seeds", "--out", tmp_path / "s", "--count", 1, "--ops", "Relu,Conv").code == 0
    lines = (tmp_path / "s/onnx.dict").read_text().splitlines()
    assert 'op_Relu="\\x04Relu"' in lines and 'op_Conv="\\x04Conv"' in lines and 'attr_kernel_shape="\\x0ckernel_shape"' in lines
    assert not any(line.startswith("op_Gemm") for line in lines)
    for line in lines:
        assert line.startswith("#") or (line.count('"') == 2 and line.endswith('"') and "=" in line)
    assert len({line.split("=")[0] for line in lines}) == len(lines)


def test_a_tape_gives_its_model(nngen, tmp_path):
    assert nngen("seeds", "--out", tmp_path / "s", "--count", 16).code == 0
    for p in sorted((tmp_path / "s/tapes").iterdir()):
        done = nngen("--nodes", 8, "--max-elements", 64, "--tape", p, "--out", tmp_path / p.stem)
        assert done.code == 0, done.err
        assert graph(tmp_path / p.stem / "model.onnx") == graph(tmp_path / "s/models" / (p.stem + ".onnx"))
        assert done.out.split(": ")[1] == f"{len(graph(tmp_path / p.stem / 'model.onnx'))} nodes\n".replace("1 nodes", "1 node")


def test_any_file_is_a_tape(nngen, tmp_path):
    (tmp_path / "t").write_bytes(bytes(range(1, 200)))
    assert nngen("--nodes", 12, "--tape", tmp_path / "t", "--out", tmp_path / "m", "--check").code == 0
    onnx.checker.check_model(str(tmp_path / "m/model.onnx"), full_check=True)
    m = onnx.load(tmp_path / "m/model.onnx")
    assert len(m.graph.node) > 3 and "nngen.tape" in {p.key for p in m.metadata_props}
    assert len(list(tmp_path.glob("m/test_data_set_0/input_*.pb"))) == len(m.graph.input)


@pytest.mark.parametrize("args,message", [
    (["seeds"], "seeds: expected --out DIR"),
    (["seeds", "x", "--out", "d"], "seeds: expected --out DIR, not x"),
    (["seeds", "--out", "d", "--cover", "pairs"], "seeds takes no --cover"),
    (["seeds", "--out", "d", "--purpose", "cars"], "--purpose cars: expected parsers or runtimes"),
    (["seeds", "--out", "d", "--nodes", "1..4/1"], "seeds: expected a single number for --nodes, the largest"),
    (["--tape", "t"], "--tape: --out is missing: expected the directory to write"),
    (["--tape", "t", "--out", "d", "--force"], "--tape makes one model in a new directory: leave out --force"),
    (["--out", "d", "--max-bytes", "300"], "--max-bytes and --purpose are options of nngen seeds"),
])
def test_wrong_usage(nngen, tmp_path, args, message):
    done = nngen(*args, cwd=tmp_path)
    assert done.code == 2 and message in done.err, done.err
    assert not (tmp_path / "d").exists()


def test_a_directory_that_is_not_empty(nngen, tmp_path):
    (tmp_path / "x").write_text("x")
    done = nngen("seeds", "--out", tmp_path, "--count", 2)
    assert done.code == 1 and "is not empty" in done.err and not (tmp_path / "models").exists()
    assert nngen("seeds", "--out", tmp_path, "--count", 2, "--force").code == 0
    assert (tmp_path / "x").read_text() == "x"


def test_a_tape_that_cannot_be_read(nngen, tmp_path):
    done = nngen("--tape", tmp_path / "none", "--out", tmp_path / "m")
    assert done.code == 1 and "none" in done.err and not (tmp_path / "m").exists()
