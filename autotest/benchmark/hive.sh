#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# HiveServer2: reading a table of Spark's Thrift server beside PyHive
# and beeline, and the decoding of its answers alone. Prints Markdown.
#
#   bash autotest/benchmark/hive.sh
#
# ROUNDS (5): counted rounds. BENCH_ROWS (1000000).
set -euo pipefail

# shellcheck source=../common.sh
. "$(dirname "$0")/../common.sh"
# shellcheck source=../servers/servers.sh
. "$ROOT/autotest/servers/servers.sh"

export ROUNDS=${ROUNDS:-5}
export BENCH_ROWS=${BENCH_ROWS:-1000000}
HERE=$ROOT/autotest/benchmark
LIBRARIES="json-c proj libcurl"

build_programs()
{
    local core=$BENCH_DIR/core
    # shellcheck disable=SC2046
    gcc -O2 $(gdal-config --cflags) "$HERE/read_layer_bench.c" \
        -o "$BENCH_DIR/read_layer_bench" $(gdal-config --libs)
    configure_and_build "$core" cartoconn_core -DCARTOCONN_PLUGIN=OFF \
        -DBUILD_TESTING=OFF -DCARTOCONN_PROVIDER_MYSQL=OFF \
        -DCARTOCONN_PROVIDER_SQLSERVER=OFF -DCARTOCONN_PROVIDER_POSTGRES=OFF \
        -DCARTOCONN_PROVIDER_REDSHIFT=OFF -DCARTOCONN_PROVIDER_BIGQUERY=OFF \
        -DCARTOCONN_PROVIDER_SNOWFLAKE=OFF
    # shellcheck disable=SC2046,SC2086
    gcc -O2 -std=gnu11 -D_POSIX_C_SOURCE=200809L \
        -I"$ROOT/ogr_carto_connector" $(pkg-config --cflags $LIBRARIES) \
        "$HERE/hs2_bench.c" \
        "$core/ogr_carto_connector/libcartoconn_core.a" \
        -o "$BENCH_DIR/hs2_bench" $(pkg-config --libs $LIBRARIES) \
        -llz4 -lzstd -lz -lcrypto -lpthread -lm
}

make_table()
{
    local sql
    sql=$(sed "s/ROWS/$BENCH_ROWS/; /^--/d" "$HERE/hive_table.sql" |
        tr '\n' ' ')
    printf '["%s"]\n' "$sql" | "$SPARK_TREE/bin/python" \
        "$ROOT/autotest/servers/hive_client.py" \
        127.0.0.1 "$(hive_port)" "$SPARK_USER" "$SPARK_PASSWORD" >&2
}

hive_port()
{
    local rest=${CARTOCONN_TEST_HIVE#*port=}
    printf '%s\n' "${rest%% *}"
}

BENCH_DIR=$(mktemp -d)
export BENCH_DIR
trap 'servers_stop; rm -rf "$BENCH_DIR"' EXIT
{
    server_load spark
    mapfile -t packages < <(server_spark_packages)
    install_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_GDAL[@]}" python3 \
        "${packages[@]}"
    configure_and_build "$RELEASE_DIR" all -DCMAKE_BUILD_TYPE=RelWithDebInfo
    build_programs
    server_start spark || die "there is no Spark"
    "$SPARK_TREE/bin/pip" install -q PyHive==0.7.0
    make_table
} >&2
export GDAL_DRIVER_PATH=$PLUGIN_DIR
export BENCH_READER=$BENCH_DIR/read_layer_bench
export BENCH_CONNECTOR=$OGR_CARTOCONN_HIVE
export BENCH_PYTHON=$SPARK_TREE/bin/python
"$PYTHON" "$HERE/hive.py"
printf '\n### Decoding, 8,192 rows × 13 columns again and again\n\n'
printf '| what | Mrows/s | MB/s |\n|---|---|---|\n'
"$BENCH_DIR/hs2_bench" | sed 's/\t/ | /g; s/.*/| & |/'
