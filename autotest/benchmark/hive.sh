# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# HiveServer2: reading a table of Spark's Thrift server beside PyHive and
# beeline, and the decoding of its answers alone. See run.sh for the interface.

bench_hive_packages()
{
    :
}

bench_hive_servers()
{
    echo spark
}

hive_port()
{
    local rest=${CARTOCONN_TEST_HIVE#*port=}
    printf '%s\n' "${rest%% *}"
}

hive_table()
{
    local sql
    sql=$(sed "s/ROWS/$BENCH_ROWS/; /^--/d" "$HERE/hive_table.sql" |
        tr '\n' ' ')
    printf '["%s"]\n' "$sql" | "$SPARK_TREE/bin/python" \
        "$ROOT/autotest/servers/sql_client.py" impala.dbapi \
        "{\"host\": \"127.0.0.1\", \"port\": $(hive_port), \
\"user\": \"$SPARK_USER\", \"password\": \"$SPARK_PASSWORD\", \
\"auth_mechanism\": \"PLAIN\"}"
}

bench_hive()
{
    bench_build hs2_bench
    "$SPARK_TREE/bin/pip" install -q PyHive==0.7.0 >&2
    hive_table >&2
    export BENCH_CONNECTOR=$OGR_CARTOCONN_HIVE
    export BENCH_PYTHON=$SPARK_TREE/bin/python
    bench_python hive
    printf '\n### Decoding, 8,192 rows × 13 columns again and again\n\n'
    printf '| what | Mrows/s | MB/s |\n|---|---|---|\n'
    "$BENCH_PROGRAMS/hs2_bench" | sed 's/\t/ | /g; s/.*/| & |/'
}
