#!/bin/sh
# Speed against DuckDB, Polars and a loop written by hand: `full` or `small`. `page CUSTOMERS`: how long an
# operator waits for the page with so many customers (1000000 if not said).
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
[ "$size" = page ] || exec "$target/debug/gradus-bench" --size "$size"

# A year of month ends, so that the pages have a history to show.
n="${2:-1000000}"
workspace="$("$target/debug/gradus-bench" data "${n}0")"
[ -d "$workspace/grades" ] || "$target/debug/gradus" --workspace "$workspace" grade --as-of 2025-01-31..2025-12-31 --every month
GRADUS_SPEED_WORKSPACE="$workspace" exec scripts/walk.sh speed
