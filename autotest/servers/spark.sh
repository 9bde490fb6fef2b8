# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Spark's Thrift server, which speaks HiveServer2's protocol: one process
# (spark_server.py) that serves the same tables over every transport. Spark
# comes from PyPI, into the build folder. See servers.sh for the interface.

# shellcheck source=autotest/servers/java_common.sh
. "$SERVERS_DIR/java_common.sh"

SPARK_USER=cartoconn

server_spark_packages()
{
    printf '%s\n' openjdk-17-jre-headless python3-venv openssl
}

server_spark_fetch()
{
    server_pip_install "$1" pyspark==3.5.6 impyla==0.24.0 \
        thrift_sasl==0.4.3 pure-sasl==0.6.2
}

# spark_connector PORT TRANSPORT AUTH SSLMODE: as JSON.
spark_connector()
{
    local tls=
    [ "$4" = disable ] ||
        tls=", \"sslmode\": \"$4\", \"sslrootcert\": \"$SPARK_DIR/tls/ca.crt\""
    printf '{"provider": "hive", "connection": {"server": "127.0.0.1",
"port": %s, "database": "default", "username": "%s", "password": "%s",
"transport": "%s", "auth": "%s"%s}}' \
        "$1" "$SPARK_USER" "$SPARK_PASSWORD" "$2" "$3" "$tls"
}

# In the order of spark_server.py.
spark_export()
{
    OGR_CARTOCONN_HIVE=$(spark_connector "$1" binary plain disable)
    OGR_CARTOCONN_HIVE_NOSASL=$(spark_connector "$2" binary nosasl disable)
    OGR_CARTOCONN_HIVE_HTTP=$(spark_connector "$3" http plain disable)
    OGR_CARTOCONN_HIVE_TLS=$(spark_connector "$4" binary plain verify-full)
    OGR_CARTOCONN_HIVE_NOSASL_TLS=$(
        spark_connector "$5" binary nosasl verify-full)
    OGR_CARTOCONN_HIVE_HTTP_TLS=$(spark_connector "$6" http plain verify-full)
    export OGR_CARTOCONN_HIVE OGR_CARTOCONN_HIVE_NOSASL \
        OGR_CARTOCONN_HIVE_HTTP OGR_CARTOCONN_HIVE_TLS \
        OGR_CARTOCONN_HIVE_NOSASL_TLS OGR_CARTOCONN_HIVE_HTTP_TLS
    export CARTOCONN_TEST_HIVE="host=127.0.0.1 port=$1 dbname=default \
user=$SPARK_USER password=$SPARK_PASSWORD"
    export CARTOCONN_TEST_HIVE_LOG=$SPARK_DIR/server.log
    export CARTOCONN_TEST_HIVE_TLS=$SPARK_DIR/tls
    export CARTOCONN_TEST_HIVE_PYTHON=$SPARK_TREE/bin/python
}

# Java reads a key and its certificate from one file with a password.
spark_keystore()
{
    make_certificates "$1/tls" "$SPARK_USER"
    openssl pkcs12 -export -name server -inkey "$1/tls/server.key" \
        -in "$1/tls/server.crt" -certfile "$1/tls/ca.crt" \
        -passout "pass:$SPARK_PASSWORD" -out "$1/tls/server.p12"
}

server_spark_start()
{
    local ports=()
    SPARK_DIR=$1
    SPARK_TREE=$(cache_tree spark)
    SPARK_PASSWORD=$(random_password)
    command -v java >/dev/null ||
        { server_unavailable spark 'there is no Java'; return; }
    spark_keystore "$SPARK_DIR" || return
    log4j_properties "$SPARK_DIR" org.apache.spark.sql.hive.thriftserver \
        >"$SPARK_DIR/log4j2.properties"
    while [ ${#ports[@]} -lt 6 ]; do
        ports+=("$(free_port)")
    done
    SPARK_KEYSTORE_PASSWORD=$SPARK_PASSWORD "$SPARK_TREE/bin/python" \
        "$SERVERS_DIR/spark_server.py" "$SPARK_DIR" "${ports[@]}" \
        >"$SPARK_DIR/start.log" 2>&1 </dev/null &
    SPARK_PID=$!
    wait_for 120 spark_answers ||
        { cat "$SPARK_DIR/start.log" >&2; return 1; }
    [ -e "$SPARK_DIR/ready" ] || { cat "$SPARK_DIR/start.log" >&2; return 1; }
    spark_export "${ports[@]}"
}

# Or has ended.
spark_answers()
{
    [ -e "$SPARK_DIR/ready" ] || process_gone "$SPARK_PID"
}

server_spark_stop()
{
    stop_process "${SPARK_PID:-}"
}
