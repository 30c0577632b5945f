#!/bin/sh
# Makes a corpus by a Slurm job array. DIR must be on a file system that the nodes share, and nngen on the path.
#   id=$(sbatch --parsable --array=1-64 slurm.sh DIR --count 100000 --nodes 40)
#   sbatch --dependency=afterok:$id --wrap "nngen merge DIR DIR.shards/*"
# A task that was preempted or ran out of time continues where it stopped when it is queued again.
#SBATCH --job-name=nngen
#SBATCH --cpus-per-task=2
#SBATCH --mem=512M
#SBATCH --time=01:00:00
#SBATCH --requeue
set -eu
[ $# -ge 1 ] || { echo "usage: sbatch --array=1-SHARDS $0 DIR [nngen options...]" >&2; exit 2; }
: "${SLURM_ARRAY_TASK_ID:?is not set: submit this as a job array}"
if [ "${SLURM_ARRAY_TASK_MIN:-1}" -ne 1 ] || [ "${SLURM_ARRAY_TASK_STEP:-1}" -ne 1 ]; then
    echo "the array has to be 1-SHARDS" >&2
    exit 2
fi
dir=$1
shift
mkdir -p "$dir.shards"
exec nngen --jobs "${SLURM_CPUS_PER_TASK:-1}" --quiet "$@" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_MAX" \
    --out "$dir.shards/$SLURM_ARRAY_TASK_ID" --resume
