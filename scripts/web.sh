#!/bin/sh
# Builds the page into web/dist, and only if its sources are newer than what is there. GRADUS_WEB_TEST=1
# runs its tests too. Node 20 or newer with npm; from Debian's packages where they are missing and we may
# install. Exit code 3: the tools or npm's packages cannot be had here; 1: the page itself is broken.
set -eu
cd "$(dirname "$0")/../web"

say() { echo "gradus: $*" >&2; }

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing Node for the page (nodejs, npm)"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm; } >/dev/null 2>&1 ||
      say "that failed; is the network there?"
  fi
  if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    say "the page is built with Node 20 or newer and npm, which are not installed. On Debian, as root: apt-get install nodejs npm"
    exit 3
  fi
fi
major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$major" -lt 20 ]; then
  say "the page is built with Node 20 or newer; this is $(node --version)"
  exit 3
fi

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
