#!/bin/sh
# Makes nngen.1 and nngen-specs.5 in a folder. Usage: man.sh NNGEN FOLDER
set -eu
nngen=$1 out=$2 here=$(dirname "$0")
for tool in help2man lowdown; do
    command -v "$tool" >/dev/null || { echo "man pages need $tool (Debian packages help2man, lowdown)" >&2; exit 1; }
done
mkdir -p "$out"
export LC_ALL=C
# A fixed date, so that the pages do not depend on the time.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}
export SOURCE_DATE_EPOCH
# The rows of `nngen COMMAND --help` as a list of options, in the section of these commands.
options() {
    printf '.SS "nngen %s"\n' "$1"
    "$nngen" "$1" --help | awk '
        /^  --/ { match($0, /^  --[^ ]*( [^ ]+)?/); print ".TP\n.B " substr($0, 3, RLENGTH - 2); print substr($0, RLENGTH + 1); next }
        /^          / { print }' | sed 's/^ *//; s/-/\\-/g'
}
{
    cat "$here/nngen.h2m"
    printf '\n[expected outputs]\n'
    options compare
    printf '\n[outputs of any model]\n'
    options eval
    printf '\n[programs of frameworks]\n'
    options emit
    printf '\n[reduction of models]\n'
    options reduce
    printf '\n[sequences and coverage]\n'
    options sequences
    options coverage
    printf '\n[motifs of your models]\n'
    options motifs
    printf '\n[conformance suite]\n'
    options suite
} >"$out/nngen.h2m"
help2man --no-info --include="$out/nngen.h2m" --output="$out/nngen.1" "$nngen"
version=$("$nngen" --version | sed 's/.* //')
{
    printf '# NAME\n\nnngen-specs - the table of operators that nngen reads\n\n'
    sed '1s/.*/# DESCRIPTION/' "$here/../../specs/README.md"
    printf '\n# SEE ALSO\n\n**nngen**(1)\n'
} | lowdown -s -tman --parse-no-super -Mtitle=NNGEN-SPECS -Msection=5 -Mdate= -Msource="nngen $version" >"$out/nngen-specs.5"
