#!/bin/sh
# Installs the Debian packages named as arguments, those that are missing only. Without apt-get it says what the packages are called
# elsewhere. NO_DEPS=1 skips it.
set -eu
[ -z "${NO_DEPS:-}" ] || exit 0

# The names of Debian's packages on other systems: "Debian Fedora Arch Alpine Homebrew", - if it is part of another package.
names() {
    cat <<'EOF'
gcc gcc gcc gcc gcc
g++ gcc-c++ - g++ -
make make make make make
pkg-config pkgconf pkgconf pkgconf pkgconf
libc6-dev glibc-devel - musl-dev -
protobuf-c-compiler protobuf-c-compiler protobuf-c protobuf-c-compiler protobuf-c
libprotobuf-c-dev protobuf-c-devel - protobuf-c-dev -
libyaml-dev libyaml-devel libyaml yaml-dev libyaml
libpcg-cpp-dev pcg-cpp-devel pcg-cpp pcg-cpp-dev pcg-cpp
libjansson-dev jansson-devel jansson jansson-dev jansson
libssl-dev openssl-devel openssl openssl-dev openssl
zlib1g-dev zlib-devel zlib zlib-dev zlib
libcmocka-dev libcmocka-devel cmocka cmocka-dev cmocka
EOF
}

elsewhere() {
    echo "this system has no apt-get, which installs what nngen needs on Debian and Ubuntu:"
    echo "   " "$@"
    column=2
    for manager in "dnf install" "pacman -S" "apk add" "brew install"; do
        if command -v "${manager%% *}" >/dev/null 2>&1; then
            echo "the same here, as far as it is known; leave out what your system does not have and install it from source:"
            for p in "$@"; do
                manager="$manager $(names | awk -v p="$p" -v c="$column" '$1 == p {f = 1; if ($c != "-") print $c} END {if (!f) print p}')"
            done
            echo "    $manager"
            break
        fi
        column=$((column + 1))
    done
    echo "then run make again with NO_DEPS=1, which skips this step"
}

if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
    elsewhere "$@" >&2
    exit 1
fi
missing=
for p in "$@"; do
    if ! dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed'; then
        missing="$missing $p"
    fi
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
as=
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1; then
        as=sudo
    else
        echo "these Debian packages are missing, and installing them takes root:$missing" >&2
        echo "run as root: apt-get install$missing" >&2
        exit 1
    fi
fi
DEBIAN_FRONTEND=noninteractive
export DEBIAN_FRONTEND
$as apt-get update -qq
# shellcheck disable=SC2086
$as apt-get install -y -qq --no-install-recommends $missing >/dev/null
