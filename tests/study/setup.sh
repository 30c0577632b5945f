#!/bin/sh
# The study's virtual environment and Node package, in build/study. What cannot be installed is left out: its targets are reported as not run.
# TORCH=no leaves PyTorch out.
set -eu
here=tests/study
venv=build/study/venv
mkdir -p build/study/node
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
fi
# install FILE: all of it at once, or else line by line
install() {
    stamp=$venv/$(basename "$1")
    if [ -f "$stamp" ] && cmp -s "$1" "$stamp"; then
        return
    fi
    echo "installing $1"
    if ! "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$1"; then
        grep -v '^#' "$1" | while read -r package; do
            "$venv/bin/pip" install --quiet --disable-pip-version-check "$package" || echo "not installed: $package"
        done
    fi
    cp "$1" "$stamp"
}
install $here/requirements.txt
[ "${TORCH:-yes}" = no ] || install $here/requirements-torch.txt
if command -v npm >/dev/null && ! [ -d build/study/node/node_modules/onnxruntime-web ]; then
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix build/study/node onnxruntime-web@1.30.0 || echo "not installed: onnxruntime-web"
fi
