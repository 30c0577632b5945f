#!/bin/sh
# Usage: tests/fuzz/run.sh SECONDS
# Builds the fuzz targets against build/fuzz/libnngen.a (make fuzz makes it) and runs each for its share of the time, from the
# operator table, the table tests and generated models as first inputs. Corpora are kept in build/fuzz/corpus. Fails on a finding, which stays in build/fuzz.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-600}
cc=${CLANG:-clang}
b=build/fuzz
flags="-std=gnu11 -O1 -g -ffp-contract=off -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all"
targets="table expr outputs onnx eval tape afl reduce emit"
n=0
for t in $targets; do
    n=$((n + 1))
    more=
    [ "$t" != afl ] || more="$b/gen/fuzz/afl.o $b/gen/fuzz/carried.o $b/gen/fuzz/fuzz_model.o"
    # shellcheck disable=SC2086
    $cc $flags -Iinclude -Isolver -Igen -Itests/fuzz -o "$b/fuzz_$t" "tests/fuzz/fuzz_$t.c" $more "$b/libnngen.a" \
        -lprotobuf-c -lyaml -ljansson -lcrypto -lz -pthread
    mkdir -p "$b/corpus/$t"
done
$cc -std=gnu11 -O1 -DFUZZ_SEED -Iinclude -Isolver -Igen -o "$b/fuzz_eval_seed" tests/fuzz/fuzz_eval.c
# First inputs: whole tables, the tables of the test cases, every quoted text of the operator table as an expression.
cp specs/*.yaml specs/motifs/*.yaml "$b/corpus/table/"
awk -v dir="$b/corpus/table" '
    FNR == 1 { f = FILENAME; gsub(/.*\/|\.case$/, "", f) }
    /^-- (table|motifs)/ { n++; out = dir "/" f "_" n ".yaml"; next }
    /^-- profile/ { if (out) print "%profile" > out; next }
    /^(-- |== )/ { if (out) close(out); out = ""; next }
    out { print > out }' tests/tables/*.case
awk -v dir="$b/corpus/expr" '
    { line = $0
      while (match(line, /"[^"]+"/)) {
          n++; out = dir "/seed_" n
          printf "%c%s", 48 + n % 12, substr(line, RSTART + 1, RLENGTH - 2) > out
          close(out)
          line = substr(line, RSTART + RLENGTH)
      } }' specs/*.yaml
# The rules of every operator, one after the other.
awk -v dir="$b/corpus/outputs" '
    /^  [A-Za-z]+:/ { n++; out = dir "/seed_" n; line = $0; sub(/^  [A-Za-z0-9]+: *[{]?/, "", line); sub(/[}] *$/, "", line); print line > out; next }
    /^    / && out { print substr($0, 5) > out }' specs/compute/*.yaml
# Models of a few nodes, lists of sequences, and tensors; the first byte says which.
nngen=${NNGEN:-build/default/nngen}
for seed in 1 2 3 4 5 6 7 8; do
    "$nngen" --nodes $((seed * 2)) --count 4 --seed $seed --max-elements 16 --inputs 1 --input-format pb,npz --out "$b/models" --force --quiet 2>"$b/models.log"
    for m in "$b"/models/test_*; do
        cp "$m/model.onnx" "$b/corpus/reduce/seed_${seed}_$(basename "$m")"
        for as in O T F; do
            { printf %s "$as"; cat "$m/model.onnx"; } >"$b/corpus/emit/${as}_${seed}_$(basename "$m")"
        done
        { printf M; cat "$m/model.onnx"; } >"$b/corpus/onnx/seed_${seed}_$(basename "$m")"
        { printf S; cat "$m/model.onnx"; } >"$b/corpus/onnx/show_${seed}_$(basename "$m")"
        { printf F; cat "$m/inputs.npz"; } >"$b/corpus/onnx/npz_${seed}_$(basename "$m")"
        { printf F; cat "$m/test_data_set_0/input_0.pb"; } >"$b/corpus/onnx/tensor_${seed}_$(basename "$m")"
    done
    "$nngen" --nodes $((seed * 2)) --count 6 --seed $seed --form if,loop,scan,function,storage --max-elements 16 --max-dim 8 --out "$b/models" --force --quiet 2>"$b/models.log"
    for m in "$b"/models/test_*; do
        { printf M; cat "$m/model.onnx"; } >"$b/corpus/onnx/form_${seed}_$(basename "$m")"
        "$b/fuzz_eval_seed" "$m/model.onnx" "$m"/test_data_set_0/input_*.pb >"$b/corpus/eval/form_${seed}_$(basename "$m")"
    done
    for profile in 13 17 22 28; do
        "$nngen" --nodes $((seed * 2)) --count 6 --seed $seed --opset $profile --profile onnx --types float16,double,int8,uint8,int32,int64,bool \
            --max-elements 32 --max-dim 8 --out "$b/models" --force --quiet 2>"$b/models.log"
        for m in "$b"/models/test_*; do
            "$b/fuzz_eval_seed" "$m/model.onnx" "$m"/test_data_set_0/input_*.pb >"$b/corpus/eval/seed_${seed}_${profile}_$(basename "$m")"
        done
    done
    { printf T; "$nngen" sequences --paths "$b/models"; } >"$b/corpus/onnx/text_$seed"
done
# The entries of the operators that fuzz_emit has, with what they inherit.
for f in specs/programs/*_*.yaml specs/programs/torch.yaml specs/programs/tensorflow.yaml; do
    { printf 'P'; sed -n '/^\(classes\|helpers\|operators\|types\|taken\|weight\|use\):/,$p' "$f"; } >"$b/corpus/emit/program_$(basename "$f")"
done
# Tapes of small models.
"$nngen" seeds --out "$b/seeds" --force --quiet --count 24
cp "$b/seeds/tapes/"*.tape "$b/corpus/tape/"
# Two tapes, or a tape and a model, after a seed, where the second begins, and the largest size.
for f in "$b/seeds/tapes/"*.tape; do
    name=$(basename "$f" .tape)
    { printf '%-8.8s\377\000\377\037' "${name##*_}"; cat "$f" "$f"; } >"$b/corpus/afl/tapes_$name"
    { printf '%-8.8s\377\000\377\037' "${name##*_}"; cat "$f" "$b/seeds/models/$name.onnx"; } >"$b/corpus/afl/model_$name"
done
status=0
for t in $targets; do
    log=$b/fuzz_$t.log
    echo "== fuzz_$t: $((seconds / n)) s"
    set -- "$b/corpus/$t"
    [ ! -f "tests/fuzz/$t.dict" ] || set -- "-dict=tests/fuzz/$t.dict" "$@"
    if "$b/fuzz_$t" -max_total_time=$((seconds / n)) -timeout=10 -rss_limit_mb=2048 -max_len=20000 \
        -artifact_prefix="$b/fuzz_$t-" -print_final_stats=1 "$@" >"$log" 2>&1; then
        grep 'number_of_executed_units\|slowest_unit_time_sec\|peak_rss_mb' "$log"
    else
        tail -40 "$log"
        status=1
    fi
done
exit $status
