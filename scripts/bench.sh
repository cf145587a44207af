#!/bin/sh
# Speed against DuckDB, Polars and a loop written by hand; `full` or `small`.
set -eu
cd "$(dirname "$0")/.."

size="${1:-small}"
target="${CARGO_TARGET_DIR:-target}"
case "$target" in /*) ;; *) target="$(pwd)/$target" ;; esac
GRADUS_PYTHON="$(scripts/python.sh "$target/python" || true)"
[ -n "$GRADUS_PYTHON" ] || echo "gradus: no DuckDB and Polars to compare with: only Gradus and the hand-written loop run." >&2
export GRADUS_PYTHON

if [ ! -d crates/bench ]; then
    echo "gradus: there is no benchmark yet" >&2
    exit 2
fi
# The loop is the limit, so it alone is compiled for speed whatever the profile says of our own crates.
# Naming the command line too selects the features of the whole house, so nothing is compiled twice.
cargo build --locked -p gradus-bench -p gradus-cli --config "profile.dev.package.gradus-bench.opt-level=3"
exec "$target/debug/gradus-bench" --size "$size"
