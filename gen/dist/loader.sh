#!/bin/sh
# Usage: loader.sh LIBDIR
# Lets the dynamic loader know libnngen.so.0 in LIBDIR after an installation, or says what the user has to do.
set -eu
PATH=$PATH:/sbin:/usr/sbin
command -v ldconfig >/dev/null 2>&1 || exit 0
[ "$(id -u)" != 0 ] || ldconfig
if ! ldconfig -p | grep -qF "=> $1/libnngen.so.0"; then
    echo "The loader does not know $1/libnngen.so.0. Programs that use it need one of:"
    [ "$(id -u)" = 0 ] || echo "    sudo ldconfig                    if the loader's configuration has $1"
    echo "    export LD_LIBRARY_PATH=$1"
    echo "    cc ... -Wl,-rpath,$1"
fi
