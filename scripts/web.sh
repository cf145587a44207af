#!/bin/sh
# Builds the page into web/dist, and only if its sources are newer than what is there. GRADUS_WEB_TEST=1
# runs its tests too. Exit code 3: the tools or npm's packages cannot be had here; 1: the page itself is broken.
set -eu
cd "$(dirname "$0")/../web"

say() { echo "gradus: $*" >&2; }

# Node 20 or newer, or exit code 3.
. ../scripts/node.sh

# What was installed last is told by npm's own copy of the lock file.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  if ! npm ci --no-audit --no-fund --loglevel=error; then
    say "npm cannot get the packages of the page (see above)"
    exit 3
  fi
  touch node_modules/.package-lock.json
fi

newer=$(find src public index.html vite.config.ts package-lock.json tsconfig.json -newer dist/index.html 2>/dev/null | head -n 1 || true)
linted=
if [ ! -f dist/index.html ] || [ -n "$newer" ]; then
  npm run --silent lint
  linted=1
  npm run --silent build -- --logLevel warn
  say "the page is in web/dist"
fi

if [ "${GRADUS_WEB_TEST:-}" = 1 ]; then
  [ -n "$linted" ] || npm run --silent lint
  npm test --silent
fi
