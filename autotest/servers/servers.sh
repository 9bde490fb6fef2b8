# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Throw-away servers. Sourced after common.sh. A server is one file
# <name>.sh beside this one that defines
#   server_<name>_packages      prints the Debian packages it needs
#   server_<name>_start DIR     starts it with all its files in DIR, waits
#                               until it answers and exports the variables
#                               named in autotest/README.md
#   server_<name>_stop          stops it by process id
# and, for what is in no package of this system,
#   server_<name>_fetch DIR     fills DIR, which outlives the run; not called
#                               where this very function has filled it before
# A start that cannot succeed calls server_unavailable and returns non-zero.
# Servers listen on loopback only, at ports picked at random.

SERVERS_DIR=$ROOT/autotest/servers
SERVERS_STARTED=()
declare -A SERVER_REASON=() SERVER_UNAVAILABLE=()

server_load()
{
    # shellcheck source=/dev/null
    . "$SERVERS_DIR/$1.sh" || die "there is no server $1"
}

# server_unavailable NAME REASON: why the server cannot be had here.
server_unavailable()
{
    SERVER_REASON[$1]=$2
    SERVER_UNAVAILABLE[$1]=yes
    return 1
}

# What a failed start means for a test run.
server_outcome()
{
    [ -n "${SERVER_UNAVAILABLE[$1]:-}" ] && echo skipped || echo failed
}

# A folder that outlives the run.
cache_tree()
{
    printf '%s\n' "$BUILD/cache/$1"
}

# fetch_tree NAME FUNCTION: has FUNCTION fill the tree, unless this very
# function did so before, by the same <name>_pom.xml where there is one. Status 1 with the reason in the last line of the
# tree's log. Who fetches the same at the same time waits.
fetch_tree()
{
    local tree recipe
    tree=$(cache_tree "$1")
    recipe=$(declare -f "$2"
        cat "$SERVERS_DIR/$1_pom.xml" 2>/dev/null || true)
    mkdir -p "$BUILD/cache"
    (
        flock 9
        [ "$recipe" != "$(cat "$tree/complete" 2>/dev/null)" ] || exit 0
        rm -rf "$tree"
        mkdir "$tree"
        "$2" "$tree" &&
            printf '%s\n' "$recipe" >"$tree/complete"
    ) >"$tree.log" 2>&1 9>"$tree.lock"
}

fetch_failure()
{
    printf 'not to be had: %s\n' "$(tail -n 1 "$(cache_tree "$1").log")"
}

server_fetch()
{
    ! declare -F "server_$1_fetch" >/dev/null ||
        fetch_tree "$1" "server_$1_fetch"
}

# server_pip_install DIR PACKAGE...: a virtual environment with these.
server_pip_install()
{
    "$PYTHON" -m venv "$1" && "$1/bin/pip" install -q "${@:2}"
}

# The names of all servers there are.
servers_known()
{
    local file
    for file in "$SERVERS_DIR"/*.sh; do
        ! grep -q '^server_.*_start()' "$file" || basename "$file" .sh
    done
}

# The folder of all servers; readable by the accounts they run as.
servers_workdir()
{
    if [ -z "${SERVERS_WORK:-}" ]; then
        SERVERS_WORK=$(mktemp -d "${TMPDIR:-/tmp}/cartoconn-servers.XXXXXX")
        chmod 711 "$SERVERS_WORK"
    fi
}

# server_start NAME: status 1 with a reason where it cannot be had.
server_start()
{
    local name=$1
    [ -z "${SERVER_REASON[$name]:-}" ] || return 1
    case " ${SERVERS_STARTED[*]} " in
        *" $name "*) return 0 ;;
    esac
    server_load "$name"
    servers_workdir
    mkdir -p "$SERVERS_WORK/$name"
    say "Server $name: starting"
    if ! server_fetch "$name"; then
        server_unavailable "$name" "$(fetch_failure "$name")" ||
            printf 'Server %s: %s\n' "$name" "${SERVER_REASON[$name]}"
        return 1
    fi
    # Noted first, so that a start cut short is cleaned up as well.
    SERVERS_STARTED+=("$name")
    if ! "server_${name}_start" "$SERVERS_WORK/$name"; then
        "server_${name}_stop" || true
        SERVER_REASON[$name]=${SERVER_REASON[$name]:-it did not start}
        printf 'Server %s: %s\n' "$name" "${SERVER_REASON[$name]}"
        return 1
    fi
}

# Stops what was started and removes all its files.
servers_stop()
{
    local name
    for name in "${SERVERS_STARTED[@]}"; do
        "server_${name}_stop" || true
    done
    SERVERS_STARTED=()
    if [ -n "${SERVERS_WORK:-}" ]; then
        rm -rf "$SERVERS_WORK"
        SERVERS_WORK=
    fi
}

# A TCP port of the loopback address, below the ephemeral range, at which
# nothing answers.
free_port()
{
    local port
    while :; do
        port=$((12000 + RANDOM % 18000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            printf '%s\n' "$port"
            return
        fi
    done
}

random_password()
{
    od -An -N12 -tx1 /dev/urandom | tr -d ' \n'
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for()
{
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# stop_process PID: TERM, then KILL after five seconds.
stop_process()
{
    [ -n "$1" ] && kill "$1" 2>/dev/null || return 0
    wait_for 5 process_gone "$1" || kill -KILL "$1" 2>/dev/null || true
}

process_gone()
{
    ! kill -0 "$1" 2>/dev/null
}

# as_account ACCOUNT COMMAND...: as that account when root, else as oneself.
as_account()
{
    local account=$1
    shift
    if [ "$(id -u)" -eq 0 ]; then
        runuser -u "$account" -- "$@"
    else
        "$@"
    fi
}

give_to_account()
{
    [ "$(id -u)" -ne 0 ] || chown -R "$1:" "$2"
}

# make_certificate DIR NAME SUBJECT EXTENSIONS: NAME.key and NAME.crt signed
# by DIR/ca.
make_certificate()
{
    local dir=$1 name=$2 subject=$3 extensions=$4
    openssl req -newkey rsa:2048 -nodes -subj "$subject" \
        -keyout "$dir/$name.key" -out "$dir/$name.csr" 2>/dev/null
    openssl x509 -req -in "$dir/$name.csr" -days 2 -set_serial "$RANDOM" \
        -CA "$dir/ca.crt" -CAkey "$dir/ca.key" \
        -extfile <(printf '%s\n' "$extensions") \
        -out "$dir/$name.crt" 2>/dev/null
    rm "$dir/$name.csr"
}

make_authority()
{
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$3" \
        -addext basicConstraints=critical,CA:TRUE \
        -keyout "$1/$2.key" -out "$1/$2.crt" 2>/dev/null
}

# make_certificates DIR USER: an authority (ca), a certificate for localhost
# and 127.0.0.1 (server), one of USER (client) and an authority that signed
# none of them (other-ca).
make_certificates()
{
    mkdir -p "$1"
    make_authority "$1" ca 'test authority'
    make_authority "$1" other-ca 'another authority'
    make_certificate "$1" server /CN=localhost \
        'subjectAltName = DNS:localhost, IP:127.0.0.1'
    make_certificate "$1" client "/CN=$2" 'extendedKeyUsage = clientAuth'
}
