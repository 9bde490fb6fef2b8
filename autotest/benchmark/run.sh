#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The benchmark: this driver beside its peers, same machine, same run. Prints
# Markdown tables on standard output, progress on standard error.
#
# A suite is one file <name>.sh beside this one that defines
#   bench_<name>_packages   prints the Debian packages it needs besides those
#                           of its servers
#   bench_<name>_servers    prints the servers (../servers/) it needs
#   bench_<name>            makes what it needs in BENCH_DIR, its messages on
#                           standard error, and prints its tables
# The functions below are for it, and measure.py for its tables.
set -euo pipefail

# shellcheck source=../common.sh
. "$(dirname "$0")/../common.sh"
# shellcheck source=../servers/servers.sh
. "$ROOT/autotest/servers/servers.sh"

HERE=$ROOT/autotest/benchmark
# Those that need nothing but Debian's packages.
SUITES=(postgres mysql sqlserver wkt)

export ROUNDS=${ROUNDS:-5}
export BENCH_ROWS=${BENCH_ROWS:-1000000}
export BENCH_LARGE_ROWS=${BENCH_LARGE_ROWS:-5000000}

suites_known()
{
    local file
    for file in "$HERE"/*.sh; do
        [ "$file" = "$HERE/run.sh" ] || basename "$file" .sh
    done
}

usage()
{
    cat <<EOT
Usage: bash autotest/benchmark/run.sh [SUITE]...
  SUITE  $(suites_known | paste -s -d ' ')
         without any: ${SUITES[*]}
Environment: ROUNDS ($ROUNDS), counted rounds, medians of which are printed;
  BENCH_ROWS ($BENCH_ROWS) of the tables that are read;
  BENCH_LARGE_ROWS ($BENCH_LARGE_ROWS) of those that show use of memory
EOT
}

# Of any driver of GDAL's.
build_reader()
{
    export BENCH_READER=$BENCH_DIR/read_layer_bench
    # shellcheck disable=SC2046
    gcc -O2 $(gdal-config --cflags) "$HERE/read_layer_bench.c" \
        -o "$BENCH_READER" $(gdal-config --libs)
}

# bench_build TARGET...: programs of CMakeLists.txt; they are in BENCH_PROGRAMS.
bench_build()
{
    cmake --build "$RELEASE_DIR" --target "$@" >&2
}
export BENCH_PROGRAMS=$RELEASE_DIR/autotest/benchmark

# bench_python SUITE: its Python file, which prints tables.
bench_python()
{
    "$PYTHON" "$HERE/$1.py"
}

describe_machine()
{
    printf '\n%s, %s cores; %s; %s\n' \
        "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" "$(nproc)" \
        "$(gdal-config --version | sed 's/^/GDAL /')" \
        "medians of $ROUNDS rounds"
}

install_everything()
{
    local suite name packages=("${PACKAGES_BUILD[@]}" "${PACKAGES_GDAL[@]}"
        python3)
    for suite in "${SUITES[@]}"; do
        mapfile -t -O "${#packages[@]}" packages < <("bench_${suite}_packages")
        for name in $("bench_${suite}_servers"); do
            server_load "$name"
            mapfile -t -O "${#packages[@]}" packages \
                < <("server_${name}_packages")
        done
    done
    install_packages "${packages[@]}"
}

# A suite whose server cannot be had is left out, and says so.
run_suite()
{
    local suite=$1 name
    for name in $("bench_${suite}_servers"); do
        if ! server_start "$name" >&2; then
            [ "$(server_outcome "$name")" = skipped ] ||
                die "$name: ${SERVER_REASON[$name]}"
            printf '\n### %s: skipped, %s: %s\n' \
                "$suite" "$name" "${SERVER_REASON[$name]}"
            return
        fi
    done
    "bench_$suite"
    servers_stop
}

case ${1:-} in
    -h | --help) usage; exit 0 ;;
esac
for suite in "$@"; do
    case " $(suites_known | paste -s -d ' ') " in
        *" $suite "*) ;;
        *) usage >&2; die "there is no suite $suite" ;;
    esac
done
[ $# -eq 0 ] || SUITES=("$@")
for suite in "${SUITES[@]}"; do
    # shellcheck source=/dev/null
    . "$HERE/$suite.sh"
done

BENCH_DIR=$(mktemp -d)
export BENCH_DIR
trap 'servers_stop; rm -rf "$BENCH_DIR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
{
    install_everything
    build_plugin ogr_CARTOCONN
    build_reader
} >&2
export GDAL_DRIVER_PATH=$PLUGIN_DIR
printf '## Benchmark\n'
describe_machine
for suite in "${SUITES[@]}"; do
    run_suite "$suite"
done
