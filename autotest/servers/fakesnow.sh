# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# fakesnow: Snowflake's protocol before DuckDB, from PyPI, in a virtual
# environment under the build directory. See servers.sh for the interface.

FAKESNOW_VENV=${FAKESNOW_VENV:-$BUILD/fakesnow}

server_fakesnow_packages()
{
    printf '%s\n' python3 python3-venv
}

fakesnow_install()
{
    [ ! -x "$FAKESNOW_VENV/bin/fakesnow" ] || return 0
    python3 -m venv "$FAKESNOW_VENV" &&
        "$FAKESNOW_VENV/bin/pip" -q install 'fakesnow[server]==0.11.*' \
            'snowflake-connector-python<5' pyarrow
}

fakesnow_answers()
{
    (exec 3<>"/dev/tcp/127.0.0.1/$FAKESNOW_PORT")
}

server_fakesnow_start()
{
    fakesnow_install >"$1/install.log" 2>&1 ||
        { server_unavailable fakesnow "PyPI does not give it"; return 1; }
    FAKESNOW_PORT=$(free_port)
    "$FAKESNOW_VENV/bin/python" -c "import sys, uvicorn, fakesnow.server
uvicorn.run(fakesnow.server.app, host='127.0.0.1', port=int(sys.argv[1]))" \
        "$FAKESNOW_PORT" >"$1/server.log" 2>&1 &
    FAKESNOW_PID=$!
    wait_for 60 fakesnow_answers || { cat "$1/server.log" >&2; return 1; }
    "$FAKESNOW_VENV/bin/python" "$SERVERS_DIR/fakesnow_fill.py" \
        "$FAKESNOW_PORT" || return 1
    export OGR_CARTOCONN_FAKESNOW='{"provider": "snowflake", "connection": '
    OGR_CARTOCONN_FAKESNOW+="{\"server\": \"127.0.0.1\", \"port\": \
$FAKESNOW_PORT, \"account\": \"fakesnow\", \"database\": \"CARTOCONN\", \
\"username\": \"user\", \"password\": \"secret\", \"sslmode\": \"disable\"}}"
}

server_fakesnow_stop()
{
    stop_process "${FAKESNOW_PID:-}"
}
