# SPDX-License-Identifier: Apache-2.0
# Sourced by the peers' scripts, which have the names of their arguments in `arguments`: checks their number, finds the
# Debian root in which a peer is installed, and runs programs with its libraries.

name=$(basename "$0")
fail() { echo "$name: $*" >&2; exit 1; }

(($# == $(wc -w <<<"$arguments"))) || { echo "usage: $name $arguments" >&2; exit 2; }
case $(uname -m) in
    x86_64) suffix=amd64 triplet=x86_64-linux-gnu loader=lib64/ld-linux-x86-64.so.2 ;;
    aarch64) suffix=arm64 triplet=aarch64-linux-gnu loader=lib/ld-linux-aarch64.so.1 ;;
    *) fail "no peers for $(uname -m)" ;;
esac
[[ -n ${PEERS:-} ]] || fail "PEERS must name the folder with the peers' Debian root, sid-$suffix (see build/peers/README.md)"
root=$PEERS/sid-$suffix
[[ -x $root/$loader ]] || fail "there is no Debian root at $root (see build/peers/README.md)"
root=$(realpath "$root")
libraries=$root/usr/lib/$triplet

# The root's programs and libraries, without changing the root of the file system, which takes privileges.
in_root() { "$root/$loader" --library-path "$libraries:$libraries/llama" "$@"; }
