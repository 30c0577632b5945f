#!/bin/sh
# Makes nngen.1 and nngen-specs.5 in a folder. Usage: man.sh NNGEN FOLDER
set -eu
nngen=$1 out=$2 here=$(dirname "$0")
for tool in help2man lowdown; do
    command -v "$tool" >/dev/null || { echo "man pages need $tool (Debian packages help2man, lowdown)" >&2; exit 1; }
done
mkdir -p "$out"
export LC_ALL=C
# Fixed, so that the pages are the same whenever they are made.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}
export SOURCE_DATE_EPOCH
help2man --no-info --include="$here/nngen.h2m" --output="$out/nngen.1" "$nngen"
version=$("$nngen" --version | sed 's/.* //')
{
    printf '# NAME\n\nnngen-specs - the table of operators that nngen reads\n\n'
    sed '1s/.*/# DESCRIPTION/' "$here/../../specs/README.md"
    printf '\n# SEE ALSO\n\n**nngen**(1)\n'
} | lowdown -s -tman -Mtitle=NNGEN-SPECS -Msection=5 -Mdate= -Msource="nngen $version" >"$out/nngen-specs.5"
