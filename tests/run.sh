#!/bin/sh
# Runs the tests and counts what really ran. Usage: run.sh [all|sanitize|stress]; B names the build folder.
# The last line is `N passed, N failed` (`, N skipped`); the exit status is 1 when anything failed or a program broke off.
set -u
mode=${1:-all}
B=${B:-build/default}
py=build/venv/bin/python
log=$B/test-logs
mkdir -p "$log"
passed=0 failed=0 skipped=0 broken=0

# count LOG STATUS NAME: adds the counts of a cmocka or pytest log.
count() {
    p=$(awk '/\[  PASSED  \]/ {n += $4} /(^|, )[0-9]+ passed/ {for (i = 1; i < NF; i++) if ($(i + 1) ~ /^passed/) n += $i} END {print n + 0}' "$1")
    f=$(awk '/\[  FAILED  \] [0-9]+ test\(s\)/ {n += $4} /(^|[ ,])[0-9]+ (failed|error)/ {for (i = 1; i < NF; i++) if ($(i + 1) ~ /^(failed|error)/) n += $i} END {print n + 0}' "$1")
    s=$(awk '/\[  SKIPPED \] [0-9]+ test\(s\)/ {n += $4} /[0-9]+ skipped/ {for (i = 1; i < NF; i++) if ($(i + 1) ~ /^skipped/) n += $i} END {print n + 0}' "$1")
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [ "$2" -ne 0 ] || [ "$p" -eq 0 ]; then
        cat "$1"
        echo "!! $3: exit status $2, $p passed, $f failed"
        [ "$f" -gt 0 ] || broken=$((broken + 1))
    else
        echo "ok $3: $p passed$([ "$s" -eq 0 ] || echo ", $s skipped")"
    fi
}

for t in tests/unit/test_*.c; do
    name=$(basename "$t" .c)
    CMOCKA_MESSAGE_OUTPUT=STDOUT "$B/tests/unit/$name" >"$log/$name" 2>&1
    count "$log/$name" $? "$name"
done

if [ "$mode" != stress ]; then
    for dir in tests/cli tests/api tests/e2e tests/check tests/solver tests/project; do
        [ "$mode" = all ] || [ "$dir" = tests/cli ] || continue
        ls "$dir"/test_*.py >/dev/null 2>&1 || continue
        name=$(echo "$dir" | tr / -)
        NNGEN=${NNGEN:-$B/nngen} B=$B PYTHONPATH=tests $py -m pytest -q -rs "$dir" >"$log/$name" 2>&1
        count "$log/$name" $? "$name"
    done
fi

failed=$((failed + broken))
line="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ]
