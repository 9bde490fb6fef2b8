#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The benchmark: this driver beside its peers, same machine, same run. Prints
# Markdown tables on standard output, progress on standard error.
#
#   bash autotest/benchmark/run.sh [postgres]...
#
# ROUNDS (5): counted rounds. BENCH_ROWS (1000000), BENCH_LARGE_ROWS (5000000).
set -euo pipefail

# shellcheck source=../common.sh
. "$(dirname "$0")/../common.sh"
# shellcheck source=../servers/servers.sh
. "$ROOT/autotest/servers/servers.sh"

export ROUNDS=${ROUNDS:-5}
export BENCH_ROWS=${BENCH_ROWS:-1000000}
export BENCH_LARGE_ROWS=${BENCH_LARGE_ROWS:-5000000}
HERE=$ROOT/autotest/benchmark

build_reader()
{
    export BENCH_READER=$BENCH_DIR/read_layer_bench
    # shellcheck disable=SC2046
    gcc -O2 $(gdal-config --cflags) "$HERE/read_layer_bench.c" \
        -o "$BENCH_READER" $(gdal-config --libs)
}

prepare_postgres()
{
    server_start postgres || die "there is no PostgreSQL"
    postgres_database bench
    export BENCH_PG="host=127.0.0.1 port=$POSTGRES_PORT dbname=bench \
user=$POSTGRES_USER password=$POSTGRES_PASSWORD"
    export BENCH_CONNECTOR=${OGR_CARTOCONN_POSTGRES/autotest/bench}
    say "Making the tables" >&2
    psql -X -q -d "$BENCH_PG" -v rows="$BENCH_ROWS" \
        -v large_rows="$BENCH_LARGE_ROWS" -f "$HERE/postgres.sql"
    ogr2ogr -q -f FlatGeobuf -lco SPATIAL_INDEX=NO "$BENCH_DIR/points.fgb" \
        "PG:$BENCH_PG" points
}

describe_machine()
{
    printf '\n%s, %s cores; %s; %s\n' \
        "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" "$(nproc)" \
        "$(gdal-config --version | sed 's/^/GDAL /')" \
        "medians of $ROUNDS rounds"
}

main()
{
    local suites=("$@") suite
    [ ${#suites[@]} -gt 0 ] || suites=(postgres)
    {
        install_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_GDAL[@]}" python3
        for suite in "${suites[@]}"; do
            server_load "$suite"
            mapfile -t packages < <("server_${suite}_packages")
            install_packages "${packages[@]}"
        done
        build_plugin
    } >&2
    export GDAL_DRIVER_PATH=$PLUGIN_DIR
    BENCH_DIR=$(mktemp -d)
    export BENCH_DIR
    trap 'servers_stop; rm -rf "$BENCH_DIR"' EXIT
    build_reader
    printf '## Benchmark\n'
    describe_machine
    for suite in "${suites[@]}"; do
        "prepare_$suite" >&2
        /usr/bin/python3 "$HERE/$suite.py"
        servers_stop
    done
}

main "$@"
