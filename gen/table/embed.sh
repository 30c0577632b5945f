#!/bin/sh
# C source with the tables given as arguments, on standard output: specs/*.yaml as spec_embedded, specs/profiles/*.yaml as
# spec_embedded_profiles, specs/manners/*.yaml as spec_embedded_manners, specs/motifs/*.yaml as spec_embedded_motifs,
# specs/compute/*.yaml as spec_embedded_compute, each in name order. Only the names' last parts and the bytes matter, not where the
# files are.
set -eu
LC_ALL=C
export LC_ALL

# One file's bytes as a string literal: od gives them in hexadecimal, awk writes printable ones as they are and others in octal.
literal() {
    od -An -v -tx1 "$1" | awk -v size="$(wc -c < "$1")" '
        BEGIN {
            digits = "0123456789abcdef"
            for (i = 0; i < 256; i++) {
                hex = substr(digits, int(i / 16) + 1, 1) substr(digits, i % 16 + 1, 1)
                plain = i >= 32 && i < 127 && i != 34 && i != 63 && i != 92
                text[hex] = plain ? sprintf("%c", i) : sprintf("\\%03o", i)
            }
            printf "    \""
        }
        {
            for (i = 1; i <= NF; i++) {
                n++
                printf "%s", text[$i]
                if ($i == "0a" || ++column >= 100) {
                    printf "\"\n    \""
                    column = 0
                }
            }
        }
        END {
            printf "\""
            if (n != size + 0)
                exit 1
        }'
}

# array NAME PREFIX FILES...: the files sorted by their names.
array() {
    name=$1
    prefix=$2
    shift 2
    count=0
    rows=
    sorted=$(for file; do printf '%s\t%s\n' "${file##*/}" "$file"; done | sort)
    tab=$(printf '\t')
    while IFS="$tab" read -r base file; do
        [ -n "$file" ] || continue
        printf 'static const char %s_%d[] =\n' "$name" "$count"
        literal "$file"
        printf ';\n'
        rows="$rows    {\"$prefix$base\", ${name}_$count, sizeof ${name}_$count - 1, 0},
"
        count=$((count + 1))
    done <<END
$sorted
END
    printf 'const spec_file %s[] = {\n%s    {0, 0, 0, 0},\n};\nconst size_t %s_count = %d;\n' "$name" "$rows" "$name" "$count"
}

for file; do
    [ -f "$file" ] && [ -r "$file" ] || { echo "embed.sh: cannot read $file" >&2; exit 1; }
    case ${file##*/} in
    *[!A-Za-z0-9_.-]*) echo "embed.sh: $file: expected a name of letters, digits, _, . and -" >&2; exit 1 ;;
    esac
done

tables=
profiles=
manners=
motifs=
compute=
IFS='
'
set -f
for file; do
    case $file in
    profiles/* | */profiles/*) profiles="$profiles$file$IFS" ;;
    manners/* | */manners/*) manners="$manners$file$IFS" ;;
    motifs/* | */motifs/*) motifs="$motifs$file$IFS" ;;
    compute/* | */compute/*) compute="$compute$file$IFS" ;;
    *) tables="$tables$file$IFS" ;;
    esac
done
printf '/* Made by gen/table/embed.sh. */\n#include "table/spec_table.h"\n\n'
# shellcheck disable=SC2086 # one word a line
array spec_embedded specs/ $tables
# shellcheck disable=SC2086
array spec_embedded_profiles specs/profiles/ $profiles
# shellcheck disable=SC2086
array spec_embedded_manners specs/manners/ $manners
# shellcheck disable=SC2086
array spec_embedded_motifs specs/motifs/ $motifs
# shellcheck disable=SC2086
array spec_embedded_compute specs/compute/ $compute
