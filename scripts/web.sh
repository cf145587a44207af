#!/bin/sh
# Builds the page into web/dist, and only if its sources are newer than what is there. GRADUS_WEB_TEST=1
# runs its tests too. Node 20 or newer; from Debian's packages where it is missing and we may install.
set -eu
cd "$(dirname "$0")/../web"

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "node is missing: installing it from the distribution's packages"
    apt-get update -qq && apt-get install -y -qq nodejs npm >/dev/null
  else
    echo "The page is built with Node 20 or newer, and node is not installed. On Debian: apt-get install nodejs npm" >&2
    exit 1
  fi
fi
major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$major" -lt 20 ]; then
  echo "The page is built with Node 20 or newer; this is $(node --version)" >&2
  exit 1
fi

# What was installed last is told by npm's own copy of the lock file.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi

newer=$(find src public index.html vite.config.ts package-lock.json tsconfig.json -newer dist/index.html 2>/dev/null | head -n 1 || true)
if [ ! -f dist/index.html ] || [ -n "$newer" ]; then
  npm run --silent lint
  npm run --silent build -- --logLevel warn
  echo "The page is in web/dist."
fi

if [ "${GRADUS_WEB_TEST:-}" = 1 ]; then
  npm test --silent
fi
