#!/bin/sh
# From files to explained grades, and on to the page: a workspace in ./workspaces/<example>, made anew each
# time, and a server on it with two one-time links. GRADUS_DEMO_SERVE=0 only says how to start the server, 1
# starts it in any case; if it is not set, it starts where somebody sits at a terminal. GRADUS_DEMO_PORT: 8080.
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
    step grade --as-of 2011-01-31..2011-12-09 --every month
    step explain 12748 --as-of 2011-12-09
    ;;
retail-zh)
    step import "$house"/examples/retail-zh/data/*
    step grade --as-of 2025-01-31..2025-06-30 --every month
    step explain 13900000042 --as-of 2025-06-30
    ;;
esac
step report

# The page.
if [ ! -f "$house/web/dist/index.html" ] || ! command -v node >/dev/null 2>&1; then
    echo "gradus: the page was not built (see above), so the demo ends here." >&2
    exit 0
fi
chinese=
case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in zh*) chinese=1 ;; esac
in_words() { if [ -n "$chinese" ]; then printf '%s' "$1"; else printf '%s' "$2"; fi; }

operator=operator@example.com
approver=approver@example.com
"$gradus" user add "$operator" --name "$(in_words '林悦（运营）' 'Olivia (operator)')" --role operator >/dev/null
"$gradus" user add "$approver" --name "$(in_words '陈明（审批）' 'Paul (approver)')" --role approver >/dev/null

said="$workspace/.serving"
server=
end() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    rm -f "$said"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
serve() {
    : >"$said"
    "$gradus" --format json serve --listen "127.0.0.1:$1" >"$said" 2>"$workspace/.server.log" &
    server=$!
    # Until it has said its address, or has ended.
    while [ ! -s "$said" ]; do
        kill -0 "$server" 2>/dev/null || { server=; return 1; }
        sleep 0.1
    done
    url="$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$said")"
}
link() { "$gradus" user link "$1" --at "$url"; }

# Where the port is taken, any other one does.
if ! serve "${GRADUS_DEMO_PORT:-8080}" && ! serve 0; then
    cat "$workspace/.server.log" >&2
    exit 2
fi
# What they have done so far is done through the API, signed in as both.
node "$house/scripts/demo.mjs" "$(link "$operator")" "$(link "$approver")" "$example" "$(in_words zh en)"

again="cd workspaces/$example && $gradus serve --enter $operator --enter $approver"
wanted="${GRADUS_DEMO_SERVE:-}"
if [ -z "$wanted" ]; then
    if [ -t 1 ] && [ -z "${CI:-}" ]; then wanted=1; else wanted=0; fi
fi
if [ "$wanted" = 0 ]; then
    in_words "
在浏览器里看（每次打印两个一次性链接：运营与审批人）：
    $again
" "
To see it in a browser (prints two one-time links, operator and approver):
    $again
"
    exit 0
fi
in_words "
正在服务：$url    （Ctrl+C 停止）
一次性链接，只在本机、十五分钟内有效（之后：gradus user link 邮箱）：
  运营    $(link "$operator")
  审批人  $(link "$approver")
" "
serving at $url    (Ctrl+C stops it)
One-time links, good on this machine only, for fifteen minutes (later: gradus user link E-MAIL):
  operator  $(link "$operator")
  approver  $(link "$approver")
"
wait "$server" || true
