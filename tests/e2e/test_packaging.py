"""What `make install` puts where, the man pages, the completions, the Debian packages, and the recipes for many machines."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("B", "build/default"))
NNGEN = Path(os.environ.get("NNGEN", ROOT / BUILD / "nngen")).resolve()
RECIPES = ROOT / "gen" / "dist" / "recipes"
FAMILY = ["--nodes", "8", "--count", "24", "--seed", "5", "--ops", "Relu,Add,MatMul,Conv,Concat"]


COVERS = {"ops", "pairs", "triples", "motifs"}
TYPES = {"float32", "float16", "double", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool", "bfloat16", "float8e4m3fn",
         "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "float4e2m1", "int4", "uint4", "int2", "uint2"}
MODES = {"uniform", "normal", "corners", "special", "ties", "nan"}


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd=more.pop("cwd", ROOT), **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def need(*tools):
    missing = [t for t in tools if not shutil.which(t)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def options():
    return re.findall(r"^  (--[a-z-]+)", run(NNGEN, "--help"), re.M)


def commands():
    return re.findall(r"^       nngen ([a-z]+) ", run(NNGEN, "--help"), re.M)


def content(root):
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(Path(root).rglob("*")) if p.is_file()}


def path_with_nngen():
    return os.environ | {"PATH": f"{NNGEN.parent}:{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    dest = tmp_path_factory.mktemp("dest")
    run("make", "--no-print-directory", f"B={BUILD}", "install", f"DESTDIR={dest}", "PREFIX=/opt/nngen")
    return dest / "opt" / "nngen"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "corpus"
    run(NNGEN, *FAMILY, "--quiet", "--out", out)
    return content(out)


def test_installed_files(installed):
    there = {str(p.relative_to(installed)) for p in installed.rglob("*") if not p.is_dir()}
    assert {"bin/nngen", "include/nngen.h", "lib/libnngen.a", "lib/libnngen.so", "lib/libnngen.so.0", "lib/pkgconfig/nngen.pc",
            "include/nngen_fuzz.h", "lib/libnngen_fuzz.a", "lib/nngen/nngen_afl.so", "share/doc/nngen/README.fuzzing"} <= there
    assert (installed / "lib" / "libnngen.so").readlink() == Path("libnngen.so.0")
    assert {f"share/doc/nngen/recipes/{p.name}" for p in RECIPES.iterdir()} <= there
    assert run(installed / "bin" / "nngen", "--version") == run(NNGEN, "--version")


def test_installed_table_is_the_built_in_one(installed, whole, tmp_path):
    specs = installed / "share" / "nngen" / "specs"
    assert content(specs) == {k: v for k, v in content(ROOT / "specs").items() if k.endswith(".yaml")}
    run(NNGEN, *FAMILY, "--quiet", "--specs", specs, "--out", tmp_path / "c")
    assert content(tmp_path / "c") == whole


def test_pkg_config(installed, tmp_path):
    need("pkg-config")
    env = os.environ | {"PKG_CONFIG_PATH": str(installed / "lib" / "pkgconfig")}
    version = run(NNGEN, "--version").split()[-1]
    assert run("pkg-config", "--modversion", "nngen", env=env).strip() == version
    prefix = f"--define-variable=prefix={installed}"  # it is staged, not where it says
    flags = run("pkg-config", prefix, f"--define-variable=libdir={installed}/lib", "--cflags", "--libs", "nngen", env=env).split()
    run(os.environ.get("CC", "gcc"), ROOT / "tests/api/example.c", *flags, "-o", tmp_path / "example")
    run(tmp_path / "example", tmp_path / "m", env=os.environ | {"LD_LIBRARY_PATH": str(installed / "lib")})
    assert (tmp_path / "m" / "model.onnx").exists()


@pytest.mark.parametrize("cached", [True, False])
def test_install_tells_the_loader(tmp_path, cached):
    """Without DESTDIR the loader's cache is renewed; where the loader does not look, the installation says what to do."""
    bin = tmp_path / "bin"
    bin.mkdir()
    lib = tmp_path / "p" / "lib"
    shown = f"\tlibnngen.so.0 (libc6) => {lib}/libnngen.so.0" if cached else ""
    (bin / "ldconfig").write_text(f'#!/bin/sh\n[ "$*" = -p ] && echo "{shown}" || echo ran >> {tmp_path}/ran\n')
    (bin / "ldconfig").chmod(0o755)
    env = os.environ | {"PATH": f"{bin}:{os.environ['PATH']}"}
    text = run("make", "--no-print-directory", f"B={BUILD}", "install", f"PREFIX={tmp_path}/p", env=env)
    assert (tmp_path / "ran").exists() == (os.geteuid() == 0)
    assert (f"export LD_LIBRARY_PATH={lib}" in text) == (not cached)
    run("make", "--no-print-directory", f"B={BUILD}", "install", f"DESTDIR={tmp_path}/d", f"PREFIX={tmp_path}/p", env=env)
    assert not (tmp_path / "ran").exists() or (tmp_path / "ran").read_text() == "ran\n"  # not for a staged installation


def test_man_pages(installed):
    need("help2man", "lowdown")
    page = (installed / "share/man/man1/nngen.1").read_text().replace("\\-", "-")
    page = re.sub(r"\\f[A-Z]|\\[,/]", "", page)
    for word in options() + [f"nngen {c}" for c in commands()]:
        assert word in page, word
    assert "Exit status" in page and "nngen-specs" in page
    language = (installed / "share/man/man5/nngen-specs.5").read_text()
    assert language.count(".SH") >= 3 and ".TH" in language
    for key in ("choose", "idioms", "discontinuous", "sum_of"):
        assert key in language
    if shutil.which("man"):
        assert "NGEN" in run("man", "-l", installed / "share/man/man5/nngen-specs.5", env=os.environ | {"LC_ALL": "C", "MANPAGER": "cat"})


def complete_bash(script, line):
    words = line.split(" ")
    code = f"""source /usr/share/bash-completion/bash_completion; source {script}
        COMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}; COMP_LINE={line!r}; COMP_POINT={len(line)}
        _nngen 2>/dev/null; printf '%s\\n' "${{COMPREPLY[@]}}\""""
    return set(run("bash", "-c", code, env=path_with_nngen()).split())


def test_bash_completion(installed, tmp_path):
    if not Path("/usr/share/bash-completion/bash_completion").exists():
        pytest.skip("not installed: bash-completion")
    script = installed / "share/bash-completion/completions/nngen"
    assert set(options()) <= complete_bash(script, "nngen --")
    assert complete_bash(script, "nngen --nod") == {"--nodes"}
    assert complete_bash(script, "nngen ") >= set(commands())
    assert complete_bash(script, "nngen --ops Conv,Rel") == {"Conv,Relu"}
    assert complete_bash(script, "nngen --profile ") == {"iree", "onnx", "openvino", "ort", "tensorflow", "tf2onnx", "torch", "torch-dynamo", "torch-script", "tract", "tvm"}
    assert complete_bash(script, "nngen --cover ") == COVERS
    assert complete_bash(script, "nngen --types ") == TYPES and complete_bash(script, "nngen --types float16,bo") == {"float16,bool"}
    assert complete_bash(script, "nngen --input-mode ") == MODES and complete_bash(script, "nngen --input-format p") == {"pb"}
    assert complete_bash(script, "nngen --motifs gelu_erf,gelu_tan") >= {"gelu_erf,gelu_tanh"}
    assert {"--mark", "--format"} <= complete_bash(script, "nngen show --") and "--nodes" not in complete_bash(script, "nngen show --")
    assert {"--values", "--tape", "--resume"} <= complete_bash(script, "nngen reduce --")
    assert "--nodes" not in complete_bash(script, "nngen reduce --") and "--values" in complete_bash(script, "nngen reduce --tape --v")
    assert "grep" in complete_bash(script, "nngen reduce model.onnx -- gre"), "COMMAND"
    assert complete_bash(script, "nngen show --format ") == {"text", "svg", "dot", "html"}


def test_fish_completion(installed):
    need("fish")
    script = installed / "share/fish/vendor_completions.d/nngen.fish"

    def complete(line):
        return {x.split("\t")[0] for x in run("fish", "-N", "-c", f"source {script}; complete -C '{line}'", env=path_with_nngen()).splitlines()}

    assert set(options()) <= complete("nngen --")
    assert set(commands()) <= complete("nngen ")
    assert complete("nngen --profile ") == {"iree", "onnx", "openvino", "ort", "tensorflow", "tf2onnx", "torch", "torch-dynamo", "torch-script", "tract", "tvm"}
    assert "Conv,Relu" in complete("nngen --ops Conv,Rel")
    assert complete("nngen --cover ") == COVERS and complete("nngen --types ") == TYPES and complete("nngen --input-mode ") == MODES
    assert "float16,bool" in complete("nngen --types float16,bo") and "gelu_erf" in complete("nngen --motifs gelu_")
    assert "--mark" in complete("nngen show --") and "--nodes" not in complete("nngen show --")


def test_zsh_completion(installed, tmp_path):
    need("zsh")
    script = (installed / "share/zsh/vendor-completions/_nngen").read_text()
    # Outside of the line editor the completion system does not run: its words are recorded instead.
    stubs = """emulate zsh; _describe() { local -a v; v=(${(P)@[-1]}); print -rl -- $v; }; compadd() { shift; print -rl -- $@; }
        _files() { print files; }; _values() { shift 3; print -rl -- $@; }\n"""

    def complete(words, prefix):
        code = f"words=({words} '{prefix}'); CURRENT=${{#words}}; PREFIX='{prefix}'; f() {{ {script}\n}}; f"
        return {x.split(":")[0] for x in run("zsh", "-fc", stubs + code, env=path_with_nngen()).split("\n")}

    assert set(options()) <= complete("nngen", "--")
    assert set(commands()) <= complete("nngen", "")
    assert set(complete("nngen --profile", "")) >= {"iree", "onnx", "openvino", "ort", "tensorflow", "tf2onnx", "torch", "torch-dynamo", "torch-script", "tract", "tvm"} and "or" not in complete("nngen --profile", "")
    assert "Relu" in complete("nngen --ops", "")
    assert complete("nngen --cover", "") >= COVERS and complete("nngen --types", "") >= TYPES and complete("nngen --input-mode", "") >= MODES
    assert "gelu_erf" in complete("nngen --motifs", "")
    assert "--mark" in complete("nngen show", "--") and "--nodes" not in complete("nngen show", "--")


def test_debian_packages():
    need("dpkg-buildpackage", "lintian", "dh", "help2man", "lowdown")
    run("make", "--no-print-directory", "deb")
    names = {p.name.split("_")[0] for p in (ROOT / "build" / "deb").glob("*.deb")}
    assert {"nngen", "libnngen0", "libnngen-dev"} <= names


def test_gnu_parallel(tmp_path, whole):
    need("parallel")
    out = tmp_path / "corpus"
    run("sh", RECIPES / "parallel.sh", out, 3, *FAMILY, env=path_with_nngen())
    assert content(out) == whole


def test_gnu_parallel_goes_on(tmp_path, whole):
    need("parallel")
    out = tmp_path / "corpus"
    flag = tmp_path / "failed-once"
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "nngen").write_text(f'#!/bin/sh\ncase "$*" in *" 2/3 "*) [ -f {flag} ] || exit 1;; esac\nexec {NNGEN} "$@"\n')
    (broken / "nngen").chmod(0o755)
    env = os.environ | {"PATH": f"{broken}:{os.environ['PATH']}"}
    command = ["sh", str(RECIPES / "parallel.sh"), str(out), "3", *FAMILY]
    assert subprocess.run(command, env=env, capture_output=True, text=True).returncode != 0
    assert not (out / "manifest.json").exists()
    flag.touch()
    run(*command, env=env)
    assert content(out) == whole


def test_slurm_array(tmp_path, whole):
    out = tmp_path / "corpus"
    for i in (1, 2, 3):
        env = path_with_nngen() | {"SLURM_ARRAY_TASK_ID": str(i), "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "3",
                                   "SLURM_ARRAY_TASK_STEP": "1", "SLURM_CPUS_PER_TASK": "2"}
        run("sh", RECIPES / "slurm.sh", out, *FAMILY, env=env)
    run(NNGEN, "merge", out, *sorted(Path(f"{out}.shards").iterdir()))
    assert content(out) == whole
    alone = subprocess.run(["sh", RECIPES / "slurm.sh", out], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    assert alone.returncode != 0 and "SLURM_ARRAY_TASK_ID" in alone.stderr


def test_kubernetes_job(tmp_path):
    job = yaml.safe_load((RECIPES / "kubernetes.yaml").read_text())
    validate = pytest.importorskip("kubernetes_validate")
    validate.validate(job, "1.29", strict=True)
    spec = job["spec"]
    container = spec["template"]["spec"]["containers"][0]
    assert spec["completionMode"] == "Indexed"
    command = container["args"][0].replace("/corpora", str(tmp_path)).replace("--count 100000", "--count 104")
    for i in range(spec["completions"]):
        run(*container["command"], command, env=path_with_nngen() | {"JOB_COMPLETION_INDEX": str(i)})
    shards = sorted((tmp_path / "corpus.shards").iterdir())
    assert len(shards) == spec["completions"]
    run(NNGEN, "merge", tmp_path / "corpus", *shards)
    run(NNGEN, "--nodes", 40, "--count", 104, "--seed", 1, "--quiet", "--out", tmp_path / "whole")
    assert content(tmp_path / "corpus") == content(tmp_path / "whole")


def test_recipes_are_sound_shell():
    need("shellcheck")
    run("shellcheck", "-s", "sh", RECIPES / "parallel.sh", RECIPES / "slurm.sh", ROOT / "gen/dist/man.sh")
