#!/bin/sh
# What a build needs: cargo and a C compiler (SQLite, zstd and the cryptography are C; nothing of
# them needs cmake). On Debian as root, what is missing is installed; elsewhere it is named.
set -eu

say() { printf '%s\n' "$*" >&2; }

if ! command -v cargo >/dev/null 2>&1; then
    say "gradus: cargo is missing. Install Rust 1.95 or newer, for instance from https://rustup.rs"
    exit 2
fi

missing=""
command -v cc >/dev/null 2>&1 || missing="$missing build-essential"
if command -v cc >/dev/null 2>&1; then
    # A compiler without the headers of the C library is as good as none.
    printf '#include <stdlib.h>\nint main(void) { return 0; }\n' | cc -x c -fsyntax-only - 2>/dev/null || missing="$missing build-essential"
fi
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    say "gradus: installing$missing"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    say "gradus: a C compiler is missing. On Debian or Ubuntu: sudo apt-get install build-essential"
    exit 2
fi
