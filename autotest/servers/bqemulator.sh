# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# bqemulator, an emulator of BigQuery over DuckDB, from PyPI, and beside it the
# scripted server of bigquery_standin.py. See servers.sh for the interface.

server_bqemulator_packages()
{
    echo python3-venv
}

# The spatial extension of DuckDB is on PyPI for some of its versions only.
server_bqemulator_fetch()
{
    local duckdb=1.4.1
    local extensions=$1/home/.duckdb/extensions/v$duckdb/linux_amd64
    server_pip_install "$1" bqemulator==1.4.0 "duckdb==$duckdb" \
        "duckdb-ext-spatial==$duckdb.*" numpy &&
        mkdir -p "$extensions" &&
        find "$1/lib" -name spatial.duckdb_extension \
            -exec ln -s {} "$extensions/" \;
}

bqemulator_answers()
{
    (exec 3<>"/dev/tcp/127.0.0.1/$BQEMULATOR_REST") &&
        (exec 3<>"/dev/tcp/127.0.0.1/$BIGQUERY_REST")
}

server_bqemulator_start()
{
    BQEMULATOR_TREE=$(server_tree bqemulator)
    BQEMULATOR_REST=$(free_port)
    BIGQUERY_REST=$(free_port)
    BQEMULATOR_GRPC=$((BQEMULATOR_REST + 1))
    BIGQUERY_GRPC=$((BIGQUERY_REST + 1))
    HOME=$BQEMULATOR_TREE/home "$BQEMULATOR_TREE/bin/python" \
        "$SERVERS_DIR/bqemulator_start.py" start --ephemeral --project proj \
        --rest-port "$BQEMULATOR_REST" --grpc-port "$BQEMULATOR_GRPC" \
        >"$1/server.log" 2>&1 &
    BQEMULATOR_PID=$!
    "$BQEMULATOR_TREE/bin/python" "$SERVERS_DIR/bigquery_standin.py" \
        "$BIGQUERY_REST" "$BIGQUERY_GRPC" "$1/requests.log" \
        >"$1/standin.log" 2>&1 &
    BIGQUERY_PID=$!
    wait_for 60 bqemulator_answers ||
        { tail -n 20 "$1/server.log" "$1/standin.log" >&2; return 1; }
    export OGR_CARTOCONN_BIGQUERY OGR_CARTOCONN_BIGQUERY_SCRIPTED
    OGR_CARTOCONN_BIGQUERY=$(bqemulator_connector \
        "$BQEMULATOR_REST" "$BQEMULATOR_GRPC" proj)
    OGR_CARTOCONN_BIGQUERY_SCRIPTED=$(bqemulator_connector \
        "$BIGQUERY_REST" "$BIGQUERY_GRPC" p)
    export CARTOCONN_TEST_BIGQUERY_LOG=$1/requests.log
}

# bqemulator_connector REST GRPC PROJECT
bqemulator_connector()
{
    printf '{"provider": "bigquery", "billing_project": "%s", "connection": %s}' \
        "$3" "{\"endpoint\": \"http://127.0.0.1:$1\", \
\"storage_endpoint\": \"http://127.0.0.1:$2\"}"
}

server_bqemulator_stop()
{
    stop_process "${BQEMULATOR_PID:-}"
    stop_process "${BIGQUERY_PID:-}"
}
