#!/bin/sh
# The whole chain: corpus, differential run, tables, operator sequences, report. Usage: study.sh [small|full]; run again, it goes on where it was.
# full is the study's: 18 families of 15 to 100 nodes, 100 models each, 100 inputs a model. NODES, COUNT, INPUTS and TARGETS change either.
set -eu
mode=${1:-small}
nngen=${NNGEN:-build/default/nngen}
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
case $mode in
small) nodes=15..45/15 count=12 inputs=3 ;;
full) nodes=15..100/5 count=100 inputs=100 ;;
*) echo "study.sh [small|full]" >&2 && exit 2 ;;
esac
out=${OUT:-out/study-$mode}
mkdir -p "$out"
resume=
[ ! -d "$out/corpus" ] || resume=--resume
start=$(date +%s)
# shellcheck disable=SC2086
"$nngen" --nodes "${NODES:-$nodes}" --count "${COUNT:-$count}" --inputs "${INPUTS:-$inputs}" --seed "${SEED:-1}" --jobs "$jobs" --out "$out/corpus" --quiet $resume
tests/study/nngen-study run "$out/corpus" --targets "${TARGETS:-all}" --out "$out/run" --jobs "$jobs"
tests/study/nngen-study sequences "$out/run" --nngen "$nngen"
tests/study/nngen-study reduce "$out/run" --per-kind 1 --limit "${REDUCE:-40}" --seconds "${REDUCE_SECONDS:-120}"
tests/study/nngen-study report "$out/run"
echo "$(($(date +%s) - start)) s; $out/run/report.html"
