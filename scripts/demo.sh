#!/bin/sh
# From files to explained grades: a workspace in ./workspaces/<example>, made anew each time.
set -eu
cd "$(dirname "$0")/.."

example="${1:-retail}"
house="$(pwd)"
target="${CARGO_TARGET_DIR:-$house/target}"
case "$target" in /*) ;; *) target="$house/$target" ;; esac
gradus="$target/debug/gradus"
workspace="$house/workspaces/$example"

if [ ! -x "$gradus" ]; then
    echo "gradus: there is no $gradus yet; \`make demo\` builds it first" >&2
    exit 2
fi
# Only a folder that this script made is removed.
if [ -d "$workspace" ]; then
    if [ ! -e "$workspace/.made-by-demo" ]; then
        echo "gradus: $workspace is not from the demo; move it away first" >&2
        exit 2
    fi
    rm -rf "$workspace"
fi
mkdir -p "$workspace"
touch "$workspace/.made-by-demo"
cd "$workspace"

step() { printf '\n\033[1m$ gradus %s\033[0m\n' "$*"; "$gradus" "$@"; }

step init --example "$house/examples/$example"
step check
case "$example" in
retail)
    step import "$house/examples/retail/data/online_retail_2010_2011.csv.gz"
    step grade --as-of 2011-01-31..2011-12-10 --every month
    step explain 12748 --as-of 2011-12-10
    ;;
retail-zh)
    step import "$house"/examples/retail-zh/data/*
    step grade --as-of 2025-01-31..2025-06-30 --every month
    step explain 13900000042 --as-of 2025-06-30
    ;;
esac
step report
