#!/bin/sh
# Walks the page in a real browser: the binary with the page in it, on the retail data, in both languages.
# Chromium is named by GRADUS_CHROMIUM, or found, or installed from Debian's packages (as root); where it
# cannot be had, the walk is skipped, and that is said. Pictures of every screen: target/walk/shots.
set -eu
cd "$(dirname "$0")/.."

say() { echo "gradus: $*" >&2; }
target="${CARGO_TARGET_DIR:-target}"
case "$target" in /*) ;; *) target="$(pwd)/$target" ;; esac
mkdir -p "$target"

browser() {
    for name in "${GRADUS_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        if [ -n "$name" ] && command -v "$name"; then return; fi
    done
}
found="$(browser || true)"
if [ -z "$found" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing Chromium and Chinese letters from Debian's packages"
    {
        apt-get update -qq &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk
    } >"$target/chromium-install.log" 2>&1 || say "that failed: see $target/chromium-install.log"
    found="$(browser || true)"
fi
if [ -z "$found" ]; then
    say "there is no Chromium here (on Debian: apt-get install chromium): the walk in a browser is SKIPPED"
    exit 0
fi
status=0
scripts/web.sh || status=$?
if [ "$status" = 3 ]; then
    say "the walk in a browser is SKIPPED"
    exit 0
fi
[ "$status" = 0 ] || exit "$status"
scripts/build.sh

# Made anew each time, from the binary as it is now.
rm -rf "$target/walk"
cd web
. ../scripts/node.sh
GRADUS_CHROMIUM="$found" CARGO_TARGET_DIR="$target" exec npm run --silent walk -- "$@"
