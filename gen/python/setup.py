"""Builds the package: compiles the C sources with their Makefile, and makes the declarations for cffi from nngen.h.

The C sources are those of the repository around this directory or, in a source distribution, of the directory `source`.
NNGEN_BUILD names a build directory of the Makefile, such as build/default, whose library and program are taken as they are.
STRIP is the program that strips them. NNGEN_NOTICES=/ adds the licences of the libraries that are linked, as Debian has them below
that directory, for wheels that contain the libraries.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from setuptools import Distribution, setup  # before distutils, which setuptools brings

from distutils.command.build_scripts import build_scripts
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
ALONE = (HERE / "source").is_dir()
ROOT = HERE / "source" if ALONE else HERE.parents[1]
SCRATCH = HERE / "build" if ALONE else ROOT / "build" / "python"
SOURCES = ["Makefile", "LICENSE", "README.md", "include", "proto", "solver", "specs", "gen"]
HEADER = (ROOT / "include" / "nngen.h").read_text()
VERSION = re.search(r'^#define NNGEN_VERSION "(.+)"$', HEADER, re.M)[1]
NEEDS = "gcc, g++, make, pkg-config, protoc-c and the headers of protobuf-c, libyaml, jansson, OpenSSL, zlib and pcg-cpp"


def compiled():
    """The directory with libnngen.so and nngen."""
    if os.environ.get("NNGEN_BUILD"):
        return Path(os.environ["NNGEN_BUILD"]).resolve()
    out = SCRATCH / "c"
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    command = ["make", f"-j{os.cpu_count() or 1}", f"B={out}", f"{out}/libnngen.so", f"{out}/nngen"]
    try:
        subprocess.run(command, cwd=ROOT, env=env, check=True)
    except (OSError, subprocess.CalledProcessError) as e:
        raise SystemExit(f"nngen: {e}. To compile the library takes {NEEDS}; README.md, Install, has Debian's packages.") from e
    return out


def declarations():
    """nngen.h as cffi reads it: without directives, and what is for C++ only."""
    text = re.sub(r"^#ifdef __cplusplus\n.*?^#endif\n", "", HEADER, flags=re.M | re.S)
    text = re.sub(r"^#.*\n", "", text, flags=re.M)
    return re.sub(r"\bNN_API\b", "", text)


def copy_program(source, target):
    shutil.copy(source, target)
    subprocess.run([os.environ.get("STRIP", "strip"), "--strip-unneeded", target], check=True)


def copy_notices(library, root, target):
    """Debian's copyright files of the libraries that the library needs, below a root directory."""
    needed = subprocess.run(["readelf", "-d", library], check=True, capture_output=True, text=True).stdout
    for stem, version in re.findall(r"\(NEEDED\).*\[(lib(?!c\.)[\w-]+)\.so\.(\d+)\]", needed):
        for package in (f"{stem}{version}", f"{stem}-{version}", {"libcrypto": "libssl"}.get(stem, stem) + version):
            notice = root / "usr/share/doc" / package / "copyright"
            if notice.is_file():
                shutil.copy(notice, target / f"{package}.txt")


class BuildPy(build_py):
    """Adds the library and its declarations to the modules."""

    def run(self):
        import cffi

        super().run()
        out = HERE / "nngen" if getattr(self, "editable_mode", False) else Path(self.build_lib) / "nngen"
        built = compiled()
        copy_program(built / "libnngen.so", out / "libnngen.so")
        ffi = cffi.FFI()
        ffi.set_source("nngen._api", None)
        ffi.cdef(declarations())
        ffi.emit_python_code(str(out / "_api.py"))
        shutil.copytree(ROOT / "specs", out / "specs", ignore=shutil.ignore_patterns("*.md"), dirs_exist_ok=True)
        licences = out / "licenses"
        licences.mkdir(exist_ok=True)
        shutil.copy(ROOT / "LICENSE", licences / "nngen.txt")
        if os.environ.get("NNGEN_NOTICES"):
            copy_notices(built / "libnngen.so", Path(os.environ["NNGEN_NOTICES"]), licences)


class BuildScripts(build_scripts):
    """Adds the program, which is no Python script."""

    def run(self):
        self.mkpath(self.build_dir)
        copy_program(compiled() / "nngen", Path(self.build_dir) / "nngen")

    def get_source_files(self):
        return []


class Sdist(sdist):
    """Adds the C sources."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        skip = shutil.ignore_patterns("python", "__pycache__", "*.o")
        for name in SOURCES:
            source, target = ROOT / name, Path(base_dir) / "source" / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=skip, dirs_exist_ok=True)
            else:
                target.parent.mkdir(exist_ok=True)
                shutil.copy(source, target)


class Wheel(bdist_wheel):
    """The library is loaded by cffi: one wheel serves every Python of the platform."""

    def get_tag(self):
        return ("py3", "none", super().get_tag()[2])


class Native(Distribution):
    def has_ext_modules(self):
        return True


SCRATCH.mkdir(parents=True, exist_ok=True)
setup(
    version=VERSION,
    distclass=Native,
    scripts=["nngen"],
    cmdclass={"build_py": BuildPy, "build_scripts": BuildScripts, "sdist": Sdist, "bdist_wheel": Wheel},
    options={"build": {"build_base": str(SCRATCH / "py")}, "egg_info": {"egg_base": str(SCRATCH)}},
)
