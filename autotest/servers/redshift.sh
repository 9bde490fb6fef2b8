# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A scripted server that speaks PostgreSQL's protocol with Redshift's version,
# types and text forms, and has not what Redshift has not. See servers.sh for
# the interface.

server_redshift_packages()
{
    echo python3
}

redshift_answers()
{
    (exec 3<>"/dev/tcp/127.0.0.1/$REDSHIFT_PORT")
}

server_redshift_start()
{
    REDSHIFT_PORT=$(free_port)
    REDSHIFT_PASSWORD=$(random_password)
    "$PYTHON" "$SERVERS_DIR/redshift_standin.py" "$REDSHIFT_PORT" cartoconn \
        "$REDSHIFT_PASSWORD" "$1/statements.log" >"$1/server.log" 2>&1 &
    REDSHIFT_PID=$!
    wait_for 10 redshift_answers || { cat "$1/server.log" >&2; return 1; }
    redshift_export "$1"
}

# No TLS: that is tested on PostgreSQL.
redshift_export()
{
    export OGR_CARTOCONN_REDSHIFT_SCRIPTED='{"provider": "redshift", '
    OGR_CARTOCONN_REDSHIFT_SCRIPTED+="\"connection\": {\"cluster\": \
\"127.0.0.1\", \"port\": $REDSHIFT_PORT, \"database\": \"dev\", \
\"username\": \"cartoconn\", \"password\": \"$REDSHIFT_PASSWORD\", \
\"sslmode\": \"disable\"}}"
    export CARTOCONN_TEST_REDSHIFT_SCRIPTED_LOG=$1/statements.log
}

server_redshift_stop()
{
    stop_process "${REDSHIFT_PID:-}"
}
