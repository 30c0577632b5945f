#!/bin/sh
# The whole chain: corpus, differential run, tables, operator sequences and which are causes, report; then PyTorch's exporters, on programs of models.
# Usage: study.sh [small|full] [all|tensorflow]; run again, it goes on where it was. tensorflow: TensorFlow and tf2onnx alone.
# full is the study's: 18 families of 15 to 100 nodes, 100 models each, 100 inputs a model. NODES, COUNT, INPUTS and TARGETS change either.
set -eu
mode=${1:-small} part=${2:-all}
nngen=${NNGEN:-build/default/nngen}
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}

# at NAME OPSET...: the target at each opset
at() {
    name=$1
    shift
    printf "$name@%s," "$@" | sed 's/,$//'
}
torch=torch,torch.onnx-script,torch.onnx-dynamo
torch_dynamic=torch.onnx-script-dynamic,torch.onnx-dynamo-dynamic
torch_opsets=$(at torch.onnx-script $(seq 9 16) $(seq 18 23)),$(at torch.onnx-dynamo $(seq 18 25)) # in the full study
tensorflow=tensorflow,tensorflow-onednn,tf2onnx,tf2onnx-keras,tf2onnx-unfrozen
tensorflow_dynamic=tf2onnx-dynamic
tensorflow_opsets=$(at tf2onnx $(seq 13 17)) # 18 is what it takes otherwise
runtimes=onnxruntime-basic,onnxruntime-extended,onnxruntime-all,reference,openvino,tract,tinygrad,opencv,ncnn,mnn,onnxruntime-web
runtimes=$runtimes,onnxsim,onnxslim,onnxoptimizer,onnxscript-optimizer,version-converter
case $mode in
small) nodes=15..45/15 count=12 inputs=3 format=pb some=1 few=0 ;;
full) nodes=15..100/5 count=100 inputs=100 format=npz some=10 few=3 ;; # as files of their own the inputs would be 2.5 million
*) mode='' ;;
esac
case $mode:$part in
small:all | small:tensorflow | full:all | full:tensorflow) ;;
*) echo "study.sh [small|full] [all|tensorflow]" >&2 && exit 2 ;;
esac
models=$count sets=$inputs # of the next corpus, unless COUNT and INPUTS say
out=${OUT:-out/study-$mode}
mkdir -p "$out"
start=$(date +%s)
failed=

# stage NAME COMMAND...: with its time; a failure is kept for the end
stage() {
    stage=$1 begun=$(date +%s)
    shift
    status=0
    "$@" || status=$?
    echo "== $stage: $(($(date +%s) - begun)) s"
    [ $status -lt 128 ] || exit $status
    [ $status = 0 ] || failed="$failed $stage"
    return $status
}
study() {
    gen/python/nngen-study "$@"
}

# corpus NAME [options of nngen]
corpus() {
    corpus=$out/corpus$1 of=$1
    shift
    [ ! -d "$corpus" ] || set -- "$@" --resume
    stage "corpus$of" "$nngen" --nodes "${NODES:-$nodes}" --count "${COUNT:-$models}" --inputs "${INPUTS:-$sets}" --input-format "$format" --outputs --seed "${SEED:-1}" \
        --jobs "$jobs" --out "$corpus" --quiet "$@"
}

# whole NAME TARGETS [options of nngen]: corpus, run, sequences, causes and curves if $causal is yes, reduction of $most models, $seconds each, report
whole() {
    run=$out/run$1 name=$1 targets=$2
    shift 2
    corpus "$name" "$@" || return 0
    stage "run$name" study run "$corpus" --targets "$targets" --out "$run" --jobs "$jobs" || return 0
    stage "sequences$name" study sequences "$run" --nngen "$nngen" || :
    [ "$causal" = no ] || stage "causes$name" study causes "$run" --nngen "$nngen" --most "${CAUSES:-2}" --models 24 --jobs "$jobs" --seconds "${CAUSES_SECONDS:-90}" || :
    stage "reduce$name" study reduce "$run" --per-kind 1 --limit "${REDUCE:-$most}" --seconds "${REDUCE_SECONDS:-$seconds}" || :
    [ "$causal" = no ] || stage "curves$name" study curves "$run" || :
    stage "report$name" study report "$run" || return 0
    reports="${reports:-}$run/report.html
"
}
chain() {
    causal=yes most=30 seconds=90
    whole "$@"
}
# An export takes seconds, so that causes and curves are left out, and reduction has less time.
exporter() {
    causal=no most=10 seconds=60
    whole "$@"
}

# profiles KIND SUFFIX TARGETS [options of nngen]: a chain or exporter for each profile of the targets. What a target refuses by design would hide
# what it gets wrong, so that each runs a corpus of its own profile.
profiles() {
    kind=$1 suffix=$2 wanted=$3
    shift 3
    study targets --profiles --targets "$wanted" >"$out/profiles$suffix.txt"
    while read -r profile group <&3; do
        case $profile in
        ort) $kind "$suffix" "$group" "$@" ;;
        *) $kind "-$profile$suffix" "$group" --profile "$profile" "$@" ;;
        esac
    done 3<"$out/profiles$suffix.txt"
}

# exporters STATIC DYNAMIC OPSETS: fewer models where dims are dynamic, which have data sets of four sizes, and of each further opset
exporters() {
    models=$count sets=$inputs
    profiles exporter "" "$1"
    models=$some sets=1
    profiles exporter -dynamic "$2" --dynamic 1
    models=$few
    [ "$mode" = small ] || profiles exporter -opsets "$3"
}

# tables: what all exporters did so far, and real architectures if there are any
tables() {
    set --
    for run in "$out"/run-torch* "$out"/run-tf2onnx*; do
        [ ! -f "$run/study.json" ] || set -- "$@" "$run"
    done
    [ $# -gt 0 ] || return 0
    [ ! -f "$out/real/results.jsonl" ] || set -- "$@" --real "$out/real"
    study exporters "$@" --nngen "$nngen" >"$out/exporters.txt" && cat "$out/exporters.txt"
}

if [ "$part" = all ]; then
    profiles chain "" "${TARGETS:-$runtimes}"
    if [ -z "${TARGETS:-}" ]; then
        exporters $torch $torch_dynamic "$torch_opsets"
        if [ "$mode" = full ]; then
            study real --out "$out/real" --quiet || echo "not every architecture was run"
        fi
    fi
fi
if [ "$part" = tensorflow ] || { [ "$mode" = full ] && [ -z "${TARGETS:-}" ]; }; then
    if study targets --targets tf2onnx | grep -q 'not run:'; then
        study targets --targets tf2onnx
        [ "$part" = all ] || failed=" tf2onnx"
    else
        exporters $tensorflow $tensorflow_dynamic "$tensorflow_opsets"
    fi
fi
stage tables tables || :
echo "$(($(date +%s) - start)) s; reports:"
printf '%s' "${reports:-}"
if [ -n "$failed" ]; then
    echo "failed:$failed" >&2
    exit 1
fi
