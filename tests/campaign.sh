#!/bin/sh
# The long campaigns. Resumable: a run that was stopped goes on where it was; remove build/campaign* to begin anew.
#   CAMPAIGN=mixed   32,000 models of 15 to 100 nodes at four opsets (the default)
#   CAMPAIGN=observed  2,400 models with every tensor observed on six inputs
#   CAMPAIGN=single  50 models of each operator alone at each opset from 13 to 28
set -eu
B=${B:-build/default}
what=${CAMPAIGN:-mixed}
jobs=${JOBS:-$(nproc)}
tmp=${CAMPAIGN_TMP:-/dev/shm}
run() {
    PYTHONPATH=tests build/venv/bin/python -m check.campaign --nngen "$B/nngen" --jobs "$jobs" --tmp "$tmp" --out "build/campaign-$what.json" "$@"
}
case $what in
mixed) run --nodes 15,40,65,100 --seeds 1-20 --opsets 13,17,21,22 --count 100 ;;
observed) run --nodes 15,40,65,100 --seeds 1-6 --opsets 13,17,21,22 --count 25 --inputs 5 --nngen-args=--intervals ;;
single) run --single --opsets 13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28 --count 50 --seeds 1 ;;
*) echo "CAMPAIGN=$what: mixed, observed or single was expected" >&2; exit 2 ;;
esac
