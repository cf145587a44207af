#!/bin/sh
# Prints the path of a Python that has the packages of the interoperability tests and of the
# benchmarks, made once in the folder given. Prints nothing and fails if that cannot be done.
set -eu

folder="$1"
# Versions are fixed so that a test means the same tomorrow. Renew them together, on purpose.
packages="duckdb==2.0.0 polars==2.1.0 deltalake==1.6.6 pyarrow==26.0.1 schemathesis==4.32.5"

if [ -x "$folder/bin/python" ] && [ "$(cat "$folder/packages" 2>/dev/null)" = "$packages" ]; then
    echo "$folder/bin/python"
    exit 0
fi
say() { printf '%s\n' "$*" >&2; }
if ! command -v python3 >/dev/null 2>&1; then
    say "gradus: python3 is missing"
    exit 1
fi
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
if ! python3 -m venv "$folder" >/dev/null 2>&1; then
    say "gradus: python3 cannot make a virtual environment (on Debian: apt-get install python3-venv)"
    rm -rf "$folder"
    exit 1
fi
# shellcheck disable=SC2086
if ! "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 $packages >&2; then
    say "gradus: pip cannot reach its packages"
    rm -rf "$folder"
    exit 1
fi
printf '%s' "$packages" >"$folder/packages"
echo "$folder/bin/python"
