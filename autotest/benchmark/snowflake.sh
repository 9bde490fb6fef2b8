#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Decoding Snowflake's rows, without a server: 1,000,000 rows of 13 columns in
# Arrow and in JSON.
#
#   bash autotest/benchmark/snowflake.sh
#
# BENCH_ROWS (1000000).
set -euo pipefail

# shellcheck source=../common.sh
. "$(dirname "$0")/../common.sh"
HERE=$ROOT/autotest/benchmark
LIBRARIES="json-c proj libcurl libcrypto zlib liblz4 libzstd"

BENCH_DIR=$(mktemp -d)
trap 'rm -rf "$BENCH_DIR"' EXIT

cmake -S "$ROOT" -B "$BENCH_DIR/build" -G Ninja -DCARTOCONN_PLUGIN=OFF \
    -DBUILD_TESTING=OFF -DCARTOCONN_PROVIDER_MYSQL=OFF \
    -DCARTOCONN_PROVIDER_SQLSERVER=OFF -DCARTOCONN_PROVIDER_POSTGRES=OFF \
    -DCARTOCONN_PROVIDER_REDSHIFT=OFF -DCARTOCONN_PROVIDER_BIGQUERY=OFF >&2
cmake --build "$BENCH_DIR/build" --target cartoconn_core >&2
python3 -m venv "$BENCH_DIR/venv"
"$BENCH_DIR/venv/bin/pip" -q install pyarrow >&2
"$BENCH_DIR/venv/bin/python" "$HERE/snowflake_rows.py" "$BENCH_DIR" \
    "${BENCH_ROWS:-1000000}"
# shellcheck disable=SC2046,SC2086
gcc -O2 -std=gnu11 -D_POSIX_C_SOURCE=200809L -I"$ROOT/ogr_carto_connector" \
    $(pkg-config --cflags $LIBRARIES) "$HERE/snowflake_bench.c" \
    "$BENCH_DIR/build/ogr_carto_connector/libcartoconn_core.a" \
    -o "$BENCH_DIR/bench" $(pkg-config --libs $LIBRARIES) -lpthread -lm
for form in arrow json; do
    "$BENCH_DIR/bench" "$form" "$BENCH_DIR/rows.$form" \
        "$BENCH_DIR/rowtype.json"
done
