#!/bin/sh
# Benchmarks: a model by phase, and the whole program. Needs a memory file system at /dev/shm (or BENCH_DIR).
set -eu
B=${B:-build/default}
dir=$(mktemp -d "${BENCH_DIR:-/dev/shm}/nngen-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT INT TERM
${CC:-gcc} -O2 -Iinclude -o "$B/bench" tests/bench/bench.c "$B/libnngen.a" -lprotobuf-c -lyaml -ljansson -lcrypto -lm -pthread
mkdir "$dir/phases"
"$B/bench" "$dir/phases"
rm -rf "$dir/phases"
echo
echo "the program: 1,000 models of 40 nodes with hashes, to $dir"
for jobs in 1 2; do
    echo "--jobs $jobs"
    "$B/nngen" --nodes 40 --count 1000 --seed 1 --jobs "$jobs" --out "$dir/j$jobs" 2>&1 | sed -n 2p
done

echo
if [ -x build/peers/bin/python ]; then
    build/peers/bin/python tests/bench/peer_nnsmith.py "$B/nngen"
else
    echo "NNSmith is not installed (make peers): not timed"
fi
