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

# Sets BIGQUERY_SERVER_PID.
bigquery_serve()
{
    local ports=$BENCH_DIR/bigquery_ports
    "$BENCH_PYTHON" "$HERE/bigquery_server.py" "$BENCH_ROWS" "$BENCH_DIR" \
        >"$ports" &
    BIGQUERY_SERVER_PID=$!
    wait_for 300 test -s "$ports" || die "bigquery_server.py does not answer"
    read -r BENCH_REST BENCH_GRPC <"$ports"
    export BENCH_REST BENCH_GRPC
}

bench_bigquery()
{
    bench_build bigquery_bench
    export BENCH_PYTHON=$BQEMULATOR_TREE/bin/python
    (
        trap 'stop_process "${BIGQUERY_SERVER_PID:-}"' EXIT
        bigquery_serve
        bench_python bigquery
    )
    printf '\n### Decoding, %s rows × 13 columns\n\n' "$BENCH_ROWS"
    printf '| what | Mrows/s | GB/s |\n|---|---|---|\n'
    "$BENCH_PROGRAMS/bigquery_bench" "$BENCH_DIR/rows.arrow" \
        "$BENCH_DIR/schema.json"
}
