#!/bin/sh
# Runs a command with a PostgreSQL server of its own: data below the target folder, loopback and a Unix
# socket only, stopped and removed at the end however that comes. The command finds it as
# GRADUS_TEST_POSTGRES (host, port, user, database). Where the programs are missing they are installed
# from Debian's packages (as root); where that cannot be, the command runs without a server, and the
# tests that need one say that they are skipped.
set -eu
[ $# -gt 0 ] || { echo "usage: scripts/postgres.sh COMMAND..." >&2; exit 2; }

# A server that somebody names is used as it is.
[ -z "${GRADUS_TEST_POSTGRES:-}" ] || exec "$@"

repository="$(cd "$(dirname "$0")/.." && pwd)"
target="${CARGO_TARGET_DIR:-$repository/target}"
case "$target" in /*) ;; *) target="$(pwd)/$target" ;; esac
mkdir -p "$target"

say() { echo "gradus: $*" >&2; }

# The newest that is installed. Debian keeps the programs of the server out of the path.
programs() {
    for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -rn); do
        [ ! -x "$folder/initdb" ] || { echo "$folder"; return; }
    done
    found="$(command -v initdb || true)"
    [ -z "$found" ] || dirname "$(readlink -f "$found")"
}

bin="$(programs)"
if [ -z "$bin" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing PostgreSQL from Debian's packages"
    # The package must not make and start a server of the system.
    {
        apt-get update -qq &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-common &&
            sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
    } >"$target/postgres-install.log" 2>&1 || say "that failed: see $target/postgres-install.log"
    bin="$(programs)"
fi
if [ -z "$bin" ]; then
    say "there is no PostgreSQL here: the tests on it are SKIPPED"
    exec "$@"
fi

# The server refuses to run as root.
as=""
owner="$(id -un)"
if [ "$(id -u)" = 0 ]; then
    owner=postgres
    id "$owner" >/dev/null 2>&1 || owner=nobody
    as="runuser -u $owner --"
fi

# Below the target folder, unless the server's user cannot come there.
place="$(mktemp -d "$target/postgres.XXXXXX")"
chown "$owner" "$place"
if ! $as test -w "$place"; then
    rmdir "$place"
    place="$(mktemp -d "${TMPDIR:-/tmp}/gradus-postgres.XXXXXX")"
    chown "$owner" "$place"
fi
# The path of a socket has at most 107 bytes.
socket="$(mktemp -d /tmp/gradus-socket.XXXXXX)"
chown "$owner" "$socket"

end() {
    status=$?
    cd /
    trap - EXIT
    [ ! -f "$place/data/postmaster.pid" ] || $as "$bin/pg_ctl" stop -s -m immediate -D "$place/data" || true
    rm -rf "$place" "$socket"
    exit "$status"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A certificate for localhost, and the authority that issued it: so that encryption is tested, too.
certificate() {
    command -v openssl >/dev/null || return 1
    $as sh -eu -c '
        cd "$1"
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj "/CN=Gradus test" \
            -addext "basicConstraints=critical,CA:TRUE"
        openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj "/CN=localhost"
        printf "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n" >server.ext
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 \
            -extfile server.ext
        chmod 600 server.key' sh "$place" >"$place/openssl.log" 2>&1
}

start() {
    $as "$bin/initdb" -D "$place/data" -U gradus -E UTF8 --locale=C --auth=trust --no-sync >"$place/log" 2>&1 ||
        return 1
    # Whoever comes through the socket's folder is us; over the network there is a password.
    printf 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n' |
        $as tee "$place/data/pg_hba.conf" >/dev/null
    encrypted=off
    ! certificate || encrypted=on
    # What is written here need not outlive the machine.
    $as tee -a "$place/data/postgresql.conf" >/dev/null <<CONFIGURATION
listen_addresses = '127.0.0.1'
unix_socket_directories = '$socket'
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
ssl = $encrypted
ssl_cert_file = '$place/server.pem'
ssl_key_file = '$place/server.key'
CONFIGURATION
    for attempt in 1 2 3 4 5; do
        port=$(awk -v seed="$$$attempt" 'BEGIN { srand(seed); print 20000 + int(rand() * 40000) }')
        if $as "$bin/pg_ctl" start -s -w -D "$place/data" -l "$place/server.log" -o "-p $port" >>"$place/log" 2>&1; then
            $as "$bin/psql" -q -h "$socket" -p "$port" -U gradus -d postgres -v ON_ERROR_STOP=1 \
                -c "ALTER ROLE gradus PASSWORD 'only for tests'" -c "CREATE DATABASE gradus" >>"$place/log" 2>&1
            return
        fi
    done
    return 1
}

here="$(pwd)"
cd "$place"
if start; then
    chmod 711 "$place" "$socket"
    GRADUS_TEST_POSTGRES="$socket $port gradus gradus"
    GRADUS_TEST_POSTGRES_CA=""
    [ "$encrypted" = off ] || GRADUS_TEST_POSTGRES_CA="$place/ca.pem"
    GRADUS_TEST_POSTGRES_PASSWORD="only for tests"
    export GRADUS_TEST_POSTGRES GRADUS_TEST_POSTGRES_CA GRADUS_TEST_POSTGRES_PASSWORD
else
    say "PostgreSQL does not start: the tests on it are SKIPPED"
    cat "$place/log" "$place/server.log" >&2 2>/dev/null || true
fi
cd "$here"

"$@"
