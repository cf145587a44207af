#!/bin/sh
# Every test, from a clean clone. The tests that open our tables with DuckDB, Polars and the
# deltalake package run where those can be installed, and say so where they cannot; those of the page
# likewise, and those of the store on PostgreSQL, with a server of their own that is stopped at the end.
set -eu
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-target}"
case "$target" in /*) ;; *) target="$(pwd)/$target" ;; esac

python="$(scripts/python.sh "$target/python" || true)"
if [ -n "$python" ]; then
    GRADUS_PYTHON="$python"
    export GRADUS_PYTHON
else
    echo "gradus: no Python packages (see above): the tests with DuckDB, Polars and deltalake are SKIPPED." >&2
fi

# The page: types, words in both languages, its size, its own tests. Built first, so that it is in the binary.
broken=0
status=0
GRADUS_WEB_TEST=1 scripts/web.sh || status=$?
if [ "$status" = 3 ]; then
    echo "gradus: the page can be neither built nor tested here (see above): its tests are SKIPPED." >&2
elif [ "$status" != 0 ]; then
    broken=1
fi

# The laws first: they take seconds and say the most. What they say does not keep the rest from running.
cargo test --locked -p gradus-laws --no-fail-fast || broken=1
scripts/postgres.sh cargo test --locked --workspace --exclude gradus-laws --no-fail-fast || broken=1
# Last, because by now the binary is built, in a browser and in both languages: the life of a model from the first
# sign-in to the audit log, a newcomer, an industry with its tour, a working day, two at one model, predictions and what is learned (each in one language), a decision table, what is seldom seen, and each screen in one of its states.
[ "$broken" = 1 ] || GRADUS_WALK_SOME=1 scripts/walk.sh life newcomer beginning work together predictions learning tables rules cases proof seldom states || broken=1
exit "$broken"
