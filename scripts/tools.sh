#!/bin/sh
# What a build needs: cargo and a C compiler (SQLite, zstd and the cryptography are C; nothing of
# them needs cmake). On Debian, who may install packages gets what is missing; others are told.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
needed="$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' Cargo.toml)"

if ! command -v cargo >/dev/null 2>&1; then
    say "gradus: cargo is missing: install Rust $needed or newer. The rustup installer does it without root:"
    command -v curl >/dev/null 2>&1 || say "    apt-get install curl ca-certificates        # as root"
    say "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal"
    say "Then try again; ~/.cargo/bin is looked into even if your shell does not know it yet."
    exit 2
fi
# An old cargo would stop at the first line that it does not know, in words that help nobody.
if ! has="$(cargo --version 2>&1)"; then
    say "gradus: cargo does not run: $has"
    exit 2
fi
has="$(printf '%s\n' "$has" | sed -n 's/^cargo \([0-9]*\.[0-9]*\).*/\1/p')"
older() { [ "${1%%.*}" -lt "${2%%.*}" ] || { [ "${1%%.*}" = "${2%%.*}" ] && [ "${1#*.}" -lt "${2#*.}" ]; }; }
if [ -n "$has" ] && older "$has" "$needed"; then
    say "gradus: cargo $has at $(command -v cargo) is too old, $needed or newer is needed. With rustup: rustup update stable"
    say "The cargo of the Debian packages is older; rustup (https://rustup.rs) installs a newer one beside it."
    exit 2
fi

# A compiler without the headers of the C library is as good as none.
compiles() { printf '#include <stdlib.h>\nint main(void) { return 0; }\n' | cc -x c -o /dev/null - >/dev/null 2>&1; }
if command -v cc >/dev/null 2>&1 && compiles; then
    exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    say "gradus: a C compiler with the headers of the C library is missing; install gcc or clang"
    exit 2
fi
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    say "gradus: a C compiler is missing. As root: apt-get install build-essential"
    exit 2
fi
say "gradus: installing a C compiler (build-essential)"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
# A fresh machine has no list of packages yet; where the network is missing, an old one may do.
$as_root apt-get update -qq >"$log" 2>&1 || true
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends build-essential >>"$log" 2>&1; then
    tail -n 5 "$log" >&2
    say "gradus: build-essential could not be installed (see above); is the network there?"
    exit 2
fi
if ! compiles; then
    say "gradus: build-essential is installed, but cc does not compile"
    exit 2
fi
