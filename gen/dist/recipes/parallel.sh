#!/bin/sh
# Makes a corpus by GNU parallel, on this machine or on those of an sshlogin file. Each needs nngen; they must share the file system of DIR.
#   parallel.sh DIR SHARDS [nngen options...]            SSHLOGINS=file: the machines
# It can be stopped and run again with the same arguments: finished shards are skipped, the others continue where they stopped.
set -eu
[ $# -ge 2 ] || { echo "usage: $0 DIR SHARDS [nngen options...]" >&2; exit 2; }
dir=$1 shards=$2
shift 2
mkdir -p "$dir.shards"
work=$(cd "$dir.shards" && pwd)
# The log has the exit status of each shard; --retry-failed would need no arguments, --resume-failed compares them.
seq "$shards" | parallel ${SSHLOGINS:+--sshloginfile "$SSHLOGINS"} --joblog "$work/log" --resume-failed --retries 2 --halt soon,fail=1 \
    nngen --jobs 1 --quiet "$@" --shard "{}/$shards" --out "$work/{}" --resume
# shellcheck disable=SC2046 # one word for each shard
nngen merge "$dir" $(seq -f "$work/%.0f" "$shards")
