#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds, starts throw-away servers, runs every suite
# and prints one summary. See README.md beside this file.
set -euo pipefail

# shellcheck source=autotest/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# In the order they run; each is suites/<name>.sh.
SUITES=(format tidy unit asan mysqlclient ogr ogrsf shell quickstart)

# Those that need no server run beside the others, in the time these leave.
BESIDE=(tidy)

usage()
{
    cat <<EOF
Usage: bash autotest/run.sh [--only SUITE]... [--debian-servers]
                            [--no-install] [--build-dir DIR]
  --only SUITE     run this suite only (may be repeated): ${SUITES[*]}
  --debian-servers only servers of Debian's packages, none of pip, Maven, cargo
  --no-install     install nothing
  --build-dir DIR  build there; default: $ROOT/build
EOF
}

ONLY=()
INSTALL=yes
export DEBIAN_SERVERS=no
while [ $# -gt 0 ]; do
    case $1 in
        --only) ONLY+=("${2:?--only needs a suite}"); shift ;;
        --debian-servers) export DEBIAN_SERVERS=yes ;;
        --no-install) INSTALL=no ;;
        --build-dir) BUILD=$(mkdir -p "${2:?}" && cd "$2" && pwd); shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done
set_build_dir "$BUILD"

# shellcheck source=autotest/servers/servers.sh
. "$ROOT/autotest/servers/servers.sh"

for suite in "${ONLY[@]}"; do
    case " ${SUITES[*]} " in
        *" $suite "*) ;;
        *) usage >&2; die "there is no suite $suite" ;;
    esac
done
[ ${#ONLY[@]} -eq 0 ] || SUITES=("${ONLY[@]}")

RESULTS=$BUILD/results

# result SUITE NAME passed|failed|skipped [REASON]
result()
{
    printf '%s\t%s\t%s\n' "$2" "$3" "${4:-}" >>"$RESULTS/$1.tsv"
    printf '%s: %s: %s%s\n' "$1" "$2" "$3" "${4:+ ($4)}"
}

# check SUITE NAME COMMAND...: passes when the command succeeds.
check()
{
    local suite=$1 name=$2 status=0
    shift 2
    "$@" || status=$?
    if [ "$status" -eq 0 ]; then
        result "$suite" "$name" passed
    else
        result "$suite" "$name" failed "exit status $status, see its output"
    fi
}

# One that could not be had is skipped, one that did not start has failed;
# either is said once.
want_server()
{
    local name=$1
    if ! server_start "$name" && [ -z "${SERVER_TOLD[$name]:-}" ]; then
        SERVER_TOLD[$name]=yes
        result servers "$name" "$(server_outcome "$name")" \
            "${SERVER_REASON[$name]}"
    fi
}
declare -A SERVER_TOLD=()

# servers_of SUITE: those that it has started, then those it starts itself, when
# it needs them.
servers_of()
{
    "suite_$1_servers"
    ! declare -F "suite_$1_servers_later" >/dev/null ||
        "suite_$1_servers_later"
}

install_everything()
{
    local suite name packages=("${PACKAGES_BUILD[@]}" "${PACKAGES_GDAL[@]}"
        python3 python3-gdal python3-pytest)
    for suite in "${SUITES[@]}"; do
        mapfile -t -O "${#packages[@]}" packages < <("suite_${suite}_packages")
        for name in $(servers_of "$suite"); do
            server_load "$name"
            mapfile -t -O "${#packages[@]}" packages \
                < <("server_${name}_packages")
        done
    done
    mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
    install_packages "${packages[@]}"
}

# Downloads what the suites and their servers need while other things are done;
# one that fails is fetched once more, and told, when it is wanted.
fetch_everything()
{
    local suite name
    for suite in "${SUITES[@]}"; do
        ! declare -F "suite_${suite}_fetch" >/dev/null ||
            "suite_${suite}_fetch" || true
        for name in $(servers_of "$suite"); do
            server_load "$name"
            server_fetch "$name" || true
        done
    done
}

run_suite()
{
    local suite=$1 name begin=$SECONDS
    for name in $("suite_${suite}_servers"); do
        want_server "$name"
    done
    say "Suite $suite"
    "suite_$suite" || result "$suite" "$suite" failed 'the suite broke off'
    echo $((SECONDS - begin)) >"$RESULTS/$suite.seconds"
}

# start_beside COMMAND...: in a process group of its own, BESIDE_GROUPS' last.
BESIDE_GROUPS=()
start_beside()
{
    set -m
    "$@" &
    set +m
    BESIDE_GROUPS+=("$!")
}

at_lowest_priority()
{
    renice -n 19 "$BASHPID" >/dev/null
    "$@"
}

stop_everything()
{
    local group
    for group in "${BESIDE_GROUPS[@]}"; do
        kill -- "-$group" 2>/dev/null || true
    done
    servers_stop
}

# run_beside SUITE: what it prints is shown when it is waited for.
declare -A BESIDE_PID=()
run_beside()
{
    start_beside at_lowest_priority run_suite "$1" >"$RESULTS/$1.log" 2>&1
    BESIDE_PID[$1]=${BESIDE_GROUPS[-1]}
}

run_suites()
{
    local suite
    for suite in "${SUITES[@]}"; do
        case " ${BESIDE[*]} " in
            *" $suite "*) run_beside "$suite" ;;
            *) run_suite "$suite" ;;
        esac
    done
    for suite in "${!BESIDE_PID[@]}"; do
        wait "${BESIDE_PID[$suite]}" ||
            result "$suite" "$suite" failed 'the suite broke off'
        cat "$RESULTS/$suite.log"
    done
}

for suite in "${SUITES[@]}"; do
    # shellcheck source=/dev/null
    . "$ROOT/autotest/suites/$suite.sh"
done

trap stop_everything EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ "$INSTALL" = no ] || install_everything
rm -rf "$RESULTS"
mkdir -p "$RESULTS"

start_beside fetch_everything
say "Building the plugin in $RELEASE_DIR"
if build_plugin all; then
    export GDAL_DRIVER_PATH=$PLUGIN_DIR PYTHONDONTWRITEBYTECODE=1
    run_suites
else
    result build all failed 'the compiler says why above'
fi

say 'Summary'
"$PYTHON" "$ROOT/autotest/summary.py" "$RESULTS"
