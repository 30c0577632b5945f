#!/bin/sh
# Prints how many tests passed, failed and were skipped. Usage: counts.sh LOG [XML]
# XML: the report that pytest writes (--junitxml). What a test prints cannot be taken for a count there, and a run that broke off
# has no report. Without it, LOG is that of a cmocka program.
set -u
if [ $# -gt 1 ]; then
    sed -n 's/^.*<testsuite name="pytest" \([^>]*\)>.*$/\1/p' "$2" 2>/dev/null | head -n 1 | tr ' ' '\n' |
        awk -F '"' '/^tests=/ {n = $2} /^(errors|failures)=/ {f += $2} /^skipped=/ {s = $2} END {print n - f - s, f + 0, s + 0}'
else
    awk '/^\[  PASSED  \]/ {p += $4} /^\[  FAILED  \] [0-9]+ test\(s\)/ {f += $4} /^\[  SKIPPED \] [0-9]+ test\(s\)/ {s += $4}
         END {print p + 0, f + 0, s + 0}' "$1"
fi
