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
        "duckdb-ext-spatial==$duckdb.*" numpy h2 &&
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
    BQEMULATOR_TREE=$(cache_tree bqemulator)
    BQEMULATOR_REST=$(free_port)
    BIGQUERY_REST=$(free_port)
    BQEMULATOR_GRPC=$((BQEMULATOR_REST + 1))
    make_certificates "$1" client
    HOME=$BQEMULATOR_TREE/home "$BQEMULATOR_TREE/bin/python" \
        "$SERVERS_DIR/bqemulator_start.py" start --ephemeral --project proj \
        --rest-port "$BQEMULATOR_REST" --grpc-port "$BQEMULATOR_GRPC" \
        >"$1/server.log" 2>&1 &
    BQEMULATOR_PID=$!
    "$BQEMULATOR_TREE/bin/python" "$SERVERS_DIR/bigquery_standin.py" \
        "$BIGQUERY_REST" "$1" >"$1/standin.log" 2>&1 &
    BIGQUERY_PID=$!
    wait_for 60 bqemulator_answers ||
        { tail -n 20 "$1/server.log" "$1/standin.log" >&2; return 1; }
    bqemulator_export
    export CARTOCONN_TEST_BIGQUERY_LOG=$1/requests.log
    export CARTOCONN_TEST_BIGQUERY_TLS=$1
}

# The connectors: _TLS is the scripted server over TLS, _FRAMES it frame by
# frame, _HTTP1 one without HTTP/2.
bqemulator_export()
{
    local rest=$BIGQUERY_REST
    export OGR_CARTOCONN_BIGQUERY OGR_CARTOCONN_BIGQUERY_SCRIPTED
    export OGR_CARTOCONN_BIGQUERY_TLS OGR_CARTOCONN_BIGQUERY_FRAMES
    export OGR_CARTOCONN_BIGQUERY_FRAMES_TLS OGR_CARTOCONN_BIGQUERY_HTTP1
    OGR_CARTOCONN_BIGQUERY=$(bqemulator_connector proj "$BQEMULATOR_REST" \
        "http://127.0.0.1:$BQEMULATOR_GRPC")
    OGR_CARTOCONN_BIGQUERY_SCRIPTED=$(bqemulator_connector p "$rest" \
        "http://127.0.0.1:$((rest + 1))")
    OGR_CARTOCONN_BIGQUERY_TLS=$(bqemulator_connector p "$rest" \
        "https://localhost:$((rest + 2))")
    OGR_CARTOCONN_BIGQUERY_FRAMES=$(bqemulator_connector p "$rest" \
        "http://127.0.0.1:$((rest + 3))")
    OGR_CARTOCONN_BIGQUERY_FRAMES_TLS=$(bqemulator_connector p "$rest" \
        "https://localhost:$((rest + 4))")
    OGR_CARTOCONN_BIGQUERY_HTTP1=$(bqemulator_connector p "$rest" \
        "https://localhost:$((rest + 5))")
}

# bqemulator_connector PROJECT REST_PORT STORAGE_ENDPOINT
bqemulator_connector()
{
    printf '{"provider": "bigquery", "billing_project": "%s", "connection": %s}' \
        "$1" "{\"endpoint\": \"http://127.0.0.1:$2\", \
\"storage_endpoint\": \"$3\"}"
}

server_bqemulator_stop()
{
    stop_process "${BQEMULATOR_PID:-}"
    stop_process "${BIGQUERY_PID:-}"
}
