#!/bin/sh
# The package's commands from a checkout, without installing it: gen/python/nngen-judge DIR. The name says which; links give the names.
# NNGEN_PYTHON names the interpreter. Otherwise it is that of the environment that `make deps`, `make study` or `make profiles` makes.
here=$(cd "$(dirname "$0")" && pwd)
tool=$(basename "$0")
tool=${tool#nngen-}
build=$here/../../build
case $tool in
study) places='study .' ;;
judge) places=. ;;
profile) places='profiles study .' ;;
*) echo "run.sh: call it as nngen-judge, nngen-profile or nngen-study" >&2 && exit 2 ;;
esac
python=${NNGEN_PYTHON:-}
for place in $places; do
    [ -n "$python" ] || [ ! -x "$build/$place/venv/bin/python" ] || python=$build/$place/venv/bin/python
done
PATH=$PATH:$build/study/venv/bin # for Node, where the system has none
export PATH
PYTHONPATH=$here${PYTHONPATH:+:$PYTHONPATH} exec "${python:-python3}" -m "nngen.$tool" "$@"
