#!/bin/sh
# Runs the tests and counts what really ran. Usage: run.sh [all|sanitize|stress|smoke]; B names the build folder,
# SMOKE the test files in Python of a smoke run.
# The last line is `N passed, N failed` (`, N skipped`); the exit status is 1 when anything failed or a program broke off.
set -u
mode=${1:-all}
B=${B:-build/default}
py=build/venv/bin/python
log=$B/test-logs
rm -rf "$log"
mkdir -p "$log"
passed=0 failed=0 skipped=0 broken=0

# count STATUS NAME TIME LOG [XML]: adds the counts of a log and its report (counts.sh).
count() {
    status=$1 name=$2 time=$3
    shift 3
    # shellcheck disable=SC2046
    set -- "$1" $(sh tests/counts.sh "$@")
    p=$2 f=$3 s=$4
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [ "$status" -ne 0 ] || [ $((p + s)) -eq 0 ]; then
        cat "$1"
        echo "!! $name: exit status $status, $p passed, $f failed"
        [ "$f" -gt 0 ] || broken=$((broken + 1))
    else
        echo "ok $name: $p passed$([ "$s" -eq 0 ] || echo ", $s skipped")${time:+, $time}"
        sed -n 's/^SKIPPED/   skipped:/p' "$1"
    fi
}

for t in tests/unit/*/test_*.c; do
    name=$(basename "$t" .c)
    CMOCKA_MESSAGE_OUTPUT=STDOUT "$B/${t%.c}" >"$log/$name" 2>&1
    count $? "${t%.c}" "" "$log/$name"
done

# Test files in Python run side by side, the long ones first. None of them writes to a place that another one reads.
if [ "$mode" != stress ]; then
    jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
    folders="tests/tape tests/e2e tests/solver tests/study tests/profiles tests/reach tests/peers tests/check tests/python tests/cli tests/api tests/project"
    [ "$mode" = all ] || folders=tests/cli
    # shellcheck disable=SC2086
    [ "$mode" != smoke ] || files=$(printf '%s\n' $SMOKE)
    # shellcheck disable=SC2086
    [ "$mode" = smoke ] || files=$(find $folders -maxdepth 1 -name 'test_*.py' 2>/dev/null | LC_ALL=C sort |
        awk -v f="$folders" 'BEGIN {n = split(f, d, " ")} {for (i = 1; i <= n; i++) if (index($0, d[i] "/") == 1) print i, $0}' | sort -s -k1,1n | cut -d" " -f2)
    export B log py NNGEN="${NNGEN:-$B/nngen}" PYTHONPATH=tests:gen/python
    # shellcheck disable=SC2016
    echo "$files" | xargs -P "$jobs" -n 1 sh -c '
        name=$(echo "$0" | sed "s|/|-|g; s|\.py$||")
        start=$(date +%s)
        $py -m pytest -q -rs -p no:cacheprovider --junitxml="$log/$name.xml" "$0" >"$log/$name" 2>&1
        echo "$? $(($(date +%s) - start))" >"$log/$name.status"'
    for file in $files; do
        name=$(echo "$file" | sed 's|/|-|g; s|\.py$||')
        read -r status seconds <"$log/$name.status" || status=1 seconds=0
        count "$status" "$file" "$seconds s" "$log/$name" "$log/$name.xml"
    done
fi

failed=$((failed + broken))
line="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ]
