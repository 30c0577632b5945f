#!/bin/sh
# Ratios of the whole program: against copying what it wrote, against not writing, threads, memory. Usage: ratios.sh NNGEN TIMED DIR,
# DIR on a memory file system. Each figure is the least of several runs; wall times need an idle machine, processor times less so.
set -eu
nngen=$1 timed=$2 dir=$3 runs=${RUNS:-5}

ratio() { awk "BEGIN { printf \"%.2f\", ($1) / ($2) }"; }

# show NAME WALL PROCESSOR
show() { printf '  %-26s %8.3f %8.3f\n' "$@"; }
# compare NAME WALL PROCESSOR WALL PROCESSOR
compare() { printf '  %-40s %6s %6s\n' "$1" "$(ratio "$2" "$4")" "$(ratio "$3" "$5")"; }

echo "the program, 40 nodes a model: wall time, processor time in seconds, least of $runs runs; then ratios of both"
for sets in 1 100; do
    count=$((sets == 1 ? 1000 : 200))
    rm -rf "$dir/a"
    "$nngen" --nodes 40 --count $count --seed 1 --inputs $sets --out "$dir/a" --quiet
    set -- "$nngen" --nodes 40 --count $count --seed 1 --inputs $sets --quiet
    read -r one_wall one_cpu _ <<EOF
$("$timed" "$runs" "rm -rf $dir/b" "$@" --jobs 1 --out "$dir/b")
EOF
    read -r two_wall two_cpu _ <<EOF
$("$timed" "$runs" "rm -rf $dir/b" "$@" --jobs 2 --out "$dir/b")
EOF
    rm -rf "$dir/b"
    read -r dry_wall dry_cpu _ <<EOF
$("$timed" "$runs" : "$@" --jobs 1 --dry-run)
EOF
    read -r dry2_wall dry2_cpu _ <<EOF
$("$timed" "$runs" : "$@" --jobs 2 --dry-run)
EOF
    read -r copy_wall copy_cpu _ <<EOF
$("$timed" "$runs" "rm -rf $dir/b" cp -r "$dir/a" "$dir/b")
EOF
    rm -rf "$dir/a" "$dir/b"
    echo "--inputs $sets, $count models"
    show "nngen --jobs 1" "$one_wall" "$one_cpu"
    show "nngen --jobs 2" "$two_wall" "$two_cpu"
    show "nngen --jobs 1 --dry-run" "$dry_wall" "$dry_cpu"
    show "nngen --jobs 2 --dry-run" "$dry2_wall" "$dry2_cpu"
    show "cp -r" "$copy_wall" "$copy_cpu"
    compare "nngen --jobs 1 : cp -r" "$one_wall" "$one_cpu" "$copy_wall" "$copy_cpu"
    compare "nngen --jobs 2 : cp -r" "$two_wall" "$two_cpu" "$copy_wall" "$copy_cpu"
    compare "writing alone (less --dry-run) : cp -r" "$one_wall - $dry_wall" "$one_cpu - $dry_cpu" "$copy_wall" "$copy_cpu"
    compare "nngen : nngen --dry-run" "$one_wall" "$one_cpu" "$dry_wall" "$dry_cpu"
    compare "--jobs 1 : --jobs 2" "$one_wall" "$one_cpu" "$two_wall" "$two_cpu"
    compare "--jobs 1 : --jobs 2, --dry-run" "$dry_wall" "$dry_cpu" "$dry2_wall" "$dry2_cpu"
done

set -- "$nngen" --nodes 40 --seed 1 --dry-run --quiet --jobs 1
read -r _ _ few <<EOF
$("$timed" 1 : "$@" --count 100)
EOF
read -r _ _ many <<EOF
$("$timed" 1 : "$@" --count 20000)
EOF
echo "peak memory of --dry-run: 100 models $few MiB, 20,000 models $many MiB, ratio $(ratio "$many" "$few")"
