#!/bin/sh
# The whole chain: corpus, differential run, tables, operator sequences and which are causes, report. Usage: study.sh [small|full]; run again, it goes on where it was.
# full is the study's: 18 families of 15 to 100 nodes, 100 models each, 100 inputs a model. NODES, COUNT, INPUTS and TARGETS change either.
set -eu
mode=${1:-small}
nngen=${NNGEN:-build/default/nngen}
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
torch=onnxruntime-all,onnx2torch,torch.onnx-script,torch.onnx-dynamo
runtimes=onnxruntime-basic,onnxruntime-extended,onnxruntime-all,reference,openvino,tract,tinygrad,opencv,ncnn,mnn,onnxruntime-web
runtimes=$runtimes,onnxsim,onnxslim,onnxoptimizer,onnxscript-optimizer,version-converter
case $mode in
small) nodes=15..45/15 count=12 inputs=3 format=pb ;;
full) nodes=15..100/5 count=100 inputs=100 format=npz ;; # as files of their own the inputs would be 2.5 million
*) echo "study.sh [small|full]" >&2 && exit 2 ;;
esac
out=${OUT:-out/study-$mode}
mkdir -p "$out"
start=$(date +%s)
failed=

# stage NAME COMMAND...: with its time; a failure is kept for the end
stage() {
    name=$1 begun=$(date +%s)
    shift
    status=0
    "$@" || status=$?
    echo "== $name: $(($(date +%s) - begun)) s"
    [ $status -lt 128 ] || exit $status
    [ $status = 0 ] || failed="$failed $name"
    return $status
}
study() {
    gen/python/nngen-study "$@"
}

# chain NAME TARGETS [options of nngen]: corpus, run, sequences, causes, reduction, report
chain() {
    corpus=$out/corpus$1 run=$out/run$1 of=$1 targets=$2
    shift 2
    [ ! -d "$corpus" ] || set -- "$@" --resume
    stage "corpus$of" "$nngen" --nodes "${NODES:-$nodes}" --count "${COUNT:-$count}" --inputs "${INPUTS:-$inputs}" --input-format "$format" --outputs --seed "${SEED:-1}" \
        --jobs "$jobs" --out "$corpus" --quiet "$@" || return 0
    stage "run$of" study run "$corpus" --targets "$targets" --out "$run" --jobs "$jobs" || return 0
    stage "sequences$of" study sequences "$run" --nngen "$nngen" || :
    stage "causes$of" study causes "$run" --nngen "$nngen" --most "${CAUSES:-2}" --models 24 --jobs "$jobs" --seconds "${CAUSES_SECONDS:-90}" || :
    stage "reduce$of" study reduce "$run" --per-kind 1 --limit "${REDUCE:-30}" --seconds "${REDUCE_SECONDS:-90}" || :
    stage "curves$of" study curves "$run" || :
    stage "report$of" study report "$run" || return 0
    reports="${reports:-}$run/report.html
"
}

# Each target runs a corpus of its own profile: what it refuses by design would hide what it gets wrong.
study targets --profiles --targets "${TARGETS:-$runtimes}" >"$out/profiles.txt"
while read -r profile group <&3; do
    case $profile in
    ort) chain "" "$group" ;;
    *) chain "-$profile" "$group" --profile "$profile" ;;
    esac
done 3<"$out/profiles.txt"
# The study's subject: PyTorch's exporters, on operators that can be brought to PyTorch.
[ -n "${TARGETS:-}" ] || chain -torch "$torch" "--ops=$(grep -v '^#' tests/study/torch-operators.txt | paste -sd, -)"
echo "$(($(date +%s) - start)) s; reports:"
printf '%s' "${reports:-}"
if [ -n "$failed" ]; then
    echo "failed:$failed" >&2
    exit 1
fi
