"""The hooks of libFuzzer and the module of AFL++ on the example targets: they find a planted fault, and what they keep are models."""
import ctypes
import os
import random
import re
import shutil
import subprocess
import time
from pathlib import Path

import onnx
import pytest

ROOT = Path(__file__).resolve().parents[2]
LIB = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve().parent
EXAMPLE = ROOT / "tests" / "fuzz" / "example"
LIBS = ["-lprotobuf-c", "-lyaml", "-ljansson", "-lcrypto", "-pthread", "-lm"]
WITHOUT = "Softmax"  # the operator of the planted fault, which no seed has


@pytest.fixture
def seeds(nngen, tmp_path):
    done = nngen("seeds", "--out", tmp_path / "seeds", "--count", 24, "--profile", "onnx", f"--ops=-{WITHOUT}")
    assert done.code == 0, done.err
    return tmp_path / "seeds"


def operators(path):
    m = onnx.load_from_string(Path(path).read_bytes())
    onnx.checker.check_model(m, full_check=True)
    return [n.op_type for n in m.graph.node]


def libfuzzer(tmp_path, *flags):
    out = tmp_path / "target"
    subprocess.run([shutil.which("clang") or pytest.skip("clang is not installed"), "-g", "-O1", *flags, "-fsanitize=fuzzer", f"-I{ROOT / 'include'}",
                    f"-I{EXAMPLE}", EXAMPLE / "libfuzzer.c", EXAMPLE / "consumer.c", LIB / "libnngen_fuzz.a", LIB / "libnngen.a", *LIBS, "-o", out], check=True)
    return out


def test_libfuzzer_finds_the_fault(nngen, tmp_path, seeds):
    (tmp_path / "corpus").mkdir()
    done = subprocess.run([libfuzzer(tmp_path, "-DFAULT"), "-seed=1", "-runs=100000", "-max_len=16384", "corpus", seeds / "tapes"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=600)
    found = list(tmp_path.glob("crash-*"))
    assert done.returncode != 0 and len(found) == 1, done.stderr[-1000:]
    assert "Custom" in done.stderr
    replayed = nngen("--nodes", 16, "--max-elements", 64, "--profile", "onnx", "--tape", found[0], "--out", tmp_path / "model")
    assert replayed.code == 0, replayed.err
    assert WITHOUT in operators(tmp_path / "model" / "model.onnx")[1:]


def test_the_commands_of_the_document_link(tmp_path):
    """Against the installed libraries, of which the shared one exports nngen.h alone; and in a checkout."""
    text = (ROOT / "gen" / "fuzz" / "README.md").read_text()
    snippet = text[text.index("    #include <nngen_fuzz.h>"):text.index("    clang -fsanitize=fuzzer,address target.c")]
    installed = re.search(r"clang -fsanitize=fuzzer,address target.c consumer.c .* -o target", text)[0]
    libraries = re.search(r"L='(.*)'", text)[1]
    checkout = re.search(r"clang -g .* -o target", text)[0].replace("$L", libraries)
    (tmp_path / "target.c").write_text('#include "consumer.h"\n' + snippet)
    shutil.copy(EXAMPLE / "consumer.c", tmp_path)
    shutil.copy(EXAMPLE / "consumer.h", tmp_path)
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    (tmp_path / "include").symlink_to(ROOT / "include")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "default").symlink_to(LIB)
    for command in (installed.replace("clang ", f"clang -I{ROOT / 'include'} -L{LIB} "), checkout):
        subprocess.run(command.split(), cwd=tmp_path, check=True)
        subprocess.run([tmp_path / "target", "-runs=0"], cwd=tmp_path, check=True, capture_output=True)


def test_every_input_of_libfuzzer_is_a_model(tmp_path, seeds):
    (tmp_path / "corpus").mkdir()
    done = subprocess.run([libfuzzer(tmp_path), "-seed=2", "-runs=1500", "-max_len=16384", "corpus", seeds / "tapes"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-1000:]  # the target aborts if an input gives no model
    assert max(p.stat().st_size for p in (tmp_path / "corpus").iterdir()) <= 16384


class Module:
    """nngen_afl.so as AFL++ calls it."""

    def __init__(self):
        self.lib = ctypes.CDLL(str(LIB / "nngen_afl.so"))
        self.lib.afl_custom_init.restype = ctypes.c_void_p
        self.lib.afl_custom_describe.restype = ctypes.c_char_p
        for name in ("fuzz", "post_process", "trim"):
            getattr(self.lib, "afl_custom_" + name).restype = ctypes.c_size_t
        self.data = ctypes.c_void_p(self.lib.afl_custom_init(None, 7))

    def post_process(self, data, size=None):
        out = ctypes.c_void_p()
        n = self.lib.afl_custom_post_process(self.data, data, ctypes.c_size_t(size or len(data)), ctypes.byref(out))
        return ctypes.string_at(out, n), out

    def fuzz(self, data, other=None, most=1 << 20):
        out = ctypes.c_void_p()
        n = self.lib.afl_custom_fuzz(self.data, ctypes.create_string_buffer(data, len(data)), ctypes.c_size_t(len(data)), ctypes.byref(out), other,
                                     ctypes.c_size_t(len(other or b"")), ctypes.c_size_t(most))
        return ctypes.string_at(out, n)

    def trim(self):
        out = ctypes.c_void_p()
        n = self.lib.afl_custom_trim(self.data, ctypes.byref(out))
        return ctypes.string_at(out, n)


def load(data):
    m = onnx.load_from_string(data)
    onnx.checker.check_model(m, full_check=True)
    return m


def test_trimming_any_bytes_takes_little_time():
    """They are a tape of many segments, each of which is tried once."""
    module, data = Module(), random.Random(1).randbytes(4000)
    begun = time.process_time()
    steps = module.lib.afl_custom_init_trim(module.data, data, ctypes.c_size_t(len(data)))
    assert steps > 500
    at = tried = 0
    while at < steps:
        assert module.trim()
        tried += 1
        at = module.lib.afl_custom_post_trim(module.data, False)
    assert tried == steps
    assert time.process_time() - begun < 20  # under a second, where steps are not counted one by one


def test_the_module_makes_models_that_carry_their_tapes(seeds):
    module = Module()
    for path in sorted((seeds / "tapes").iterdir()):
        tape = path.read_bytes()
        model, address = module.post_process(tape)
        assert len(load(model).graph.node) == int(path.name.split("_")[1])
        assert module.post_process(model)[0] == model, "what is run again is the same"
        model, address = module.post_process(tape)
        assert module.post_process(address, 17)[0] == model, "also when the fuzzer states the old size"
        assert model.count(b"nngen.tape_bytes") == 1


def test_the_module_mutates_tapes_and_models_alike(seeds):
    tape = sorted((seeds / "tapes").iterdir())[-1].read_bytes()
    other = sorted((seeds / "tapes").iterdir())[4].read_bytes()
    a, b = Module(), Module()
    model = a.post_process(tape)[0]
    assert [a.fuzz(tape, other) for _ in range(20)] == [b.fuzz(model, other) for _ in range(20)]
    seen = {tuple(n.op_type for n in load(a.post_process(a.fuzz(tape, other))[0]).graph.node) for _ in range(40)}
    assert len(seen) > 15
    assert a.lib.afl_custom_describe(a.data, ctypes.c_size_t(30)) in (b"nngen_mutate", b"nngen_cross")
    assert all(len(a.fuzz(tape, other, 600)) <= 600 for _ in range(20))


def test_the_module_trims_to_what_matters(seeds):
    module = Module()
    tape = sorted((seeds / "tapes").iterdir())[-1].read_bytes()
    wanted = load(module.post_process(tape)[0]).graph.node[3].op_type
    steps, step = module.lib.afl_custom_init_trim(module.data, tape, ctypes.c_size_t(len(tape))), 0
    kept = tape
    assert steps >= 3
    for _ in range(50):
        if step >= steps:
            break
        shorter = module.trim()
        assert len(shorter) <= len(kept)
        success = wanted in [n.op_type for n in load(module.post_process(shorter)[0]).graph.node]
        kept = shorter if success else kept
        step = module.lib.afl_custom_post_trim(module.data, ctypes.c_uint8(success))
    names = [n.op_type for n in load(module.post_process(kept)[0]).graph.node]
    assert step >= steps and wanted in names and len(kept) < len(tape) / 2, names


def test_afl_finds_the_fault(tmp_path, seeds):
    if not shutil.which("afl-fuzz") or not shutil.which("afl-clang-fast"):
        pytest.skip("AFL++ is not installed (Debian: afl++)")
    target = tmp_path / "target"
    subprocess.run(["afl-clang-fast", "-O1", "-DFAULT", f"-I{EXAMPLE}", EXAMPLE / "afl.c", EXAMPLE / "consumer.c", "-o", target], check=True, capture_output=True)
    how = {"AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_NO_AFFINITY": "1", "AFL_BENCH_UNTIL_CRASH": "1",
           "AFL_CUSTOM_MUTATOR_LIBRARY": str(LIB / "nngen_afl.so"), "AFL_CUSTOM_MUTATOR_ONLY": "1"}
    done = subprocess.run(["afl-fuzz", "-i", seeds / "tapes", "-o", tmp_path / "out", "-s", "1", "-V", "240", "--", target, "@@"],
                          env={**os.environ, **how}, capture_output=True, text=True, timeout=600)
    if "shmget" in done.stdout or "core_pattern" in done.stdout and not (tmp_path / "out/default/fuzzer_stats").exists():
        pytest.skip("AFL++ cannot run here: " + done.stdout[-300:])
    found = list((tmp_path / "out/default/crashes").glob("id*"))
    assert found, done.stdout[-1000:]
    assert WITHOUT in operators(found[0])[1:]
    assert subprocess.run([target, found[0]], capture_output=True).returncode < 0
    for p in (tmp_path / "out/default/queue").glob("id*,src*"):
        operators(p)
