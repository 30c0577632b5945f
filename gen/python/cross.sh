#!/bin/sh
# Makes the aarch64 wheel on a Debian machine of another kind, in build/wheel, after `make wheel`: with a cross compiler, and with the
# libraries of Debian's arm64, which are unpacked below build/wheel and not installed.
set -eu
cd "$(dirname "$0")/../.."
sh tests/deps.sh gcc-aarch64-linux-gnu g++-aarch64-linux-gnu
work=$PWD/build/wheel/aarch64
root=$work/root
bin=$PWD/build/wheel/venv/bin
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/b" "$root"
: >"$work/status"
if [ ! -e "$work/unpacked" ]; then
    set -- -qq -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o "Dir::State::status=$work/status" \
        -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root
    apt-get "$@" update
    (cd "$work/debs" && apt-get "$@" download libprotobuf-c-dev libprotobuf-c1 libyaml-dev libyaml-0-2 libjansson-dev libjansson4 \
        libssl-dev libssl3 zlib1g-dev zlib1g libc6 libgcc-s1 libstdc++6)
    for deb in "$work"/debs/*.deb; do
        dpkg -x "$deb" "$root"
    done
    touch "$work/unpacked"
fi

# The table as C is the same on every machine: it is taken from a native build.
make -j"$(nproc)" build/default/embedded.c
cp build/default/embedded.c "$work/b/embedded.c"
libs=$root/usr/lib/aarch64-linux-gnu
CPPFLAGS="-isystem $root/usr/include -isystem $root/usr/include/aarch64-linux-gnu" \
    LDFLAGS="-L$libs -L$root/lib/aarch64-linux-gnu -Wl,-rpath-link,$libs:$root/lib/aarch64-linux-gnu" \
    make -j"$(nproc)" CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ "B=$work/b" -o "$work/b/embed" -o "$work/b/embedded.c" \
    "$work/b/libnngen.so" "$work/b/nngen"

rm -rf "$work/plain"
NNGEN_BUILD="$work/b" NNGEN_NOTICES="$root" STRIP=aarch64-linux-gnu-strip _PYTHON_HOST_PLATFORM=linux-aarch64 \
    "$bin/python" -m build --no-isolation --wheel --outdir "$work/plain" gen/python >"$work/log" 2>&1 || {
    tail -n 30 "$work/log"
    exit 1
}
LD_LIBRARY_PATH=$libs PATH=$bin:$PATH auditwheel repair --wheel-dir build/wheel "$work"/plain/*.whl
ls -l build/wheel/*aarch64.whl
