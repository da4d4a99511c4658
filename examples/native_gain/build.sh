#!/bin/sh
# Makes gain-amd64 or gain-arm64 of gain.c, for the machine that it runs on. A program without libraries runs on every Linux; CFLAGS=
# gives one with.
set -eu
cd "$(dirname "$0")"
case $(uname -m) in
    x86_64) arch=amd64 ;;
    aarch64) arch=arm64 ;;
    *) echo "expected x86_64 or aarch64, got $(uname -m)" >&2; exit 1 ;;
esac
# shellcheck disable=SC2086 # flags are words
${CC:-cc} -O2 ${CFLAGS--static} -s -o "${1:-gain-$arch}" gain.c
