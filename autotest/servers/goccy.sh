# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# goccy's bigquery-emulator, GoogleSQL over SQLite. See servers.sh for the
# interface. Building it takes 6 GB of memory and many minutes: it is not
# fetched, but used where it is in PATH or CARTOCONN_GOCCY names the program.

server_goccy_packages()
{
    :
}

goccy_answers()
{
    (exec 3<>"/dev/tcp/127.0.0.1/$GOCCY_REST") &&
        (exec 3<>"/dev/tcp/127.0.0.1/$((GOCCY_REST + 1))")
}

server_goccy_start()
{
    local program
    program=$(command -v "${CARTOCONN_GOCCY:-bigquery-emulator}") ||
        server_unavailable goccy \
            'no bigquery-emulator in PATH, nor in CARTOCONN_GOCCY' || return 1
    GOCCY_REST=$(free_port)
    "$program" --project=proj --host=127.0.0.1 --port="$GOCCY_REST" \
        --grpc-port=$((GOCCY_REST + 1)) >"$1/server.log" 2>&1 &
    GOCCY_PID=$!
    wait_for 60 goccy_answers ||
        { tail -n 20 "$1/server.log" >&2; return 1; }
    export OGR_CARTOCONN_BIGQUERY_GOCCY
    OGR_CARTOCONN_BIGQUERY_GOCCY=$(printf '{"provider": "bigquery",
"billing_project": "proj", "connection": {
"endpoint": "http://127.0.0.1:%s",
"storage_endpoint": "http://127.0.0.1:%s"}}' \
        "$GOCCY_REST" "$((GOCCY_REST + 1))")
}

server_goccy_stop()
{
    stop_process "${GOCCY_PID:-}"
}
