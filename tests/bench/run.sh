#!/bin/sh
# Benchmarks: a model by phase, contents of tensors, and the whole program. Needs a memory file system at /dev/shm (or BENCH_DIR).
set -eu
B=${B:-build/default}
dir=$(mktemp -d "${BENCH_DIR:-/dev/shm}/nngen-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT INT TERM
for program in bench fill timed outputs; do
    ${CC:-gcc} -O2 -Iinclude -Igen -I"$B" -o "$B/bench-$program" tests/bench/$program.c "$B/libnngen.a" -lprotobuf-c -lyaml -ljansson -lcrypto -lz -lm -pthread
done
mkdir "$dir/phases"
"$B/bench-bench" "$dir/phases"
rm -rf "$dir/phases"
echo
"$B/bench-fill"
echo
sh tests/bench/ratios.sh "$B/nngen" "$B/bench-timed" "$dir"

echo
if [ -x build/venv/bin/python ]; then
    for nodes in 15 40 100; do
        mkdir "$dir/outputs"
        build/venv/bin/python tests/bench/outputs.py "$B/bench-outputs" "$dir/outputs" $nodes 200
        rm -rf "$dir/outputs"
    done
else
    echo "ONNX Runtime is not installed (make check): expected outputs are not timed"
fi
echo
if [ -x build/peers/bin/python ]; then
    build/peers/bin/python tests/bench/peer_nnsmith.py "$B/nngen"
else
    echo "NNSmith is not installed (make peers): not timed"
fi
