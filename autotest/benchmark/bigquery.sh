# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# BigQuery: reading a table of a local server beside Google's client for Python,
# and the decoding of its rows alone. See run.sh for the interface.

bench_bigquery_packages()
{
    :
}

# Its Python has the client; the rows come from bigquery_server.py.
bench_bigquery_servers()
{
    echo bqemulator
}

bigquery_serves()
{
    [ -s "$BENCH_DIR/bigquery_ports" ]
}

bench_bigquery()
{
    local server
    bench_build bigquery_bench
    export BENCH_PYTHON=$BQEMULATOR_TREE/bin/python
    "$BENCH_PYTHON" "$HERE/bigquery_server.py" "$BENCH_ROWS" "$BENCH_DIR" \
        >"$BENCH_DIR/bigquery_ports" &
    server=$!
    wait_for 300 bigquery_serves || die "bigquery_server.py does not answer"
    read -r BENCH_REST BENCH_GRPC <"$BENCH_DIR/bigquery_ports"
    export BENCH_REST BENCH_GRPC
    bench_python bigquery
    stop_process "$server"
    printf '\n### Decoding, %s rows × 13 columns\n\n' "$BENCH_ROWS"
    printf '| what | Mrows/s | GB/s |\n|---|---|---|\n'
    "$BENCH_PROGRAMS/bigquery_bench" "$BENCH_DIR/rows.arrow" \
        "$BENCH_DIR/schema.json"
}
