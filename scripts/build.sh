#!/bin/sh
# Builds the binary of the demo. The profile is that of the tests, so nobody compiles the engine twice.
set -eu
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-target}"
if [ ! -x "$target/debug/gradus" ]; then
    echo "gradus: the first build takes 10 to 25 minutes on two cores (1.1 GB); later ones seconds." >&2
fi
if ! cargo build --locked -p gradus-cli; then
    echo "gradus: the build failed (see above). It needs the network once, to download crates; afterwards CARGO_NET_OFFLINE=true works too." >&2
    exit 2
fi
