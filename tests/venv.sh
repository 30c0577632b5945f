#!/bin/sh
# The pinned Python packages of the tests, in build/venv; made anew when tests/requirements.txt changes.
set -eu
stamp=build/venv/requirements.txt
if [ -f "$stamp" ] && cmp -s "$stamp" tests/requirements.txt; then
    exit 0
fi
rm -rf build/venv
mkdir -p build
python3 -m venv build/venv
build/venv/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
cp tests/requirements.txt "$stamp"
