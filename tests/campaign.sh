#!/bin/sh
# The long campaign. Resumable: a run that was stopped goes on where it was, a part that is done is not repeated; RESTART=1 begins anew.
#   CAMPAIGN=all       all parts (the default), or some of, separated by commas:
#     single    300 models of each operator alone at each opset from 7 to 28
#     mixed     104,000 models of 15 to 100 nodes, each with three inputs at corners of their intervals
#     old       10,800 of 15 to 40 nodes at opsets 7 to 12, with the same inputs
#     observed  10,240 models with every tensor observed on six inputs
#     corners   5,120 models with every tensor observed on twelve inputs at corners
#     compare   each operator at each opset against other ways to run it
#     perturb   what changes with the inputs and with the weights
#   SCALE=1            less is a part of it: 0.001 is about a minute
# Reports: build/campaign.md, build/campaign.json.
set -eu
B=${B:-build/default}
jobs=${JOBS:-$(nproc)}
tmp=${CAMPAIGN_TMP:-/dev/shm}
[ -d "$tmp" ] || tmp=${TMPDIR:-/tmp}
PYTHONPATH=gen/python exec build/venv/bin/python -m nngen.judge.parts --nngen "$B/nngen" --build "${CAMPAIGN_BUILD:-build}" --jobs "$jobs" --tmp "$tmp" \
    --part "${CAMPAIGN:-all}" --scale "${SCALE:-1}" ${RESTART:+--restart}
