# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# fakesnow: Snowflake's protocol before DuckDB, from PyPI, in a virtual
# environment under the build directory. See servers.sh for the interface.

server_fakesnow_packages()
{
    echo python3-venv
}

# sqlglot, which is most of its time, compiled.
server_fakesnow_fetch()
{
    server_pip_install "$1" 'fakesnow[server]==0.11.*' 'sqlglot[c]' \
        'snowflake-connector-python<5' pyarrow
}

fakesnow_answers()
{
    (exec 3<>"/dev/tcp/127.0.0.1/$FAKESNOW_PORT")
}

server_fakesnow_start()
{
    FAKESNOW_TREE=$(cache_tree fakesnow)
    FAKESNOW_PORT=$(free_port)
    "$FAKESNOW_TREE/bin/python" -c "import sys, uvicorn, fakesnow.server
uvicorn.run(fakesnow.server.app, host='127.0.0.1', port=int(sys.argv[1]))" \
        "$FAKESNOW_PORT" >"$1/server.log" 2>&1 &
    FAKESNOW_PID=$!
    wait_for 60 fakesnow_answers || { cat "$1/server.log" >&2; return 1; }
    "$FAKESNOW_TREE/bin/python" "$SERVERS_DIR/fakesnow_fill.py" \
        "$FAKESNOW_PORT" || return 1
    export OGR_CARTOCONN_FAKESNOW='{"provider": "snowflake", "connection": '
    OGR_CARTOCONN_FAKESNOW+="{\"server\": \"127.0.0.1\", \"port\": \
$FAKESNOW_PORT, \"account\": \"fakesnow\", \"database\": \"CARTOCONN\", \
\"username\": \"user\", \"password\": \"$(random_password)\", \
\"sslmode\": \"disable\"}}"
    export CARTOCONN_TEST_FAKESNOW_PYTHON=$FAKESNOW_TREE/bin/python
}

server_fakesnow_stop()
{
    stop_process "${FAKESNOW_PID:-}"
}
