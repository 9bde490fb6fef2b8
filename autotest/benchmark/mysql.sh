# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# MariaDB, beside GDAL's MySQL driver, the client and pgloader. See run.sh for
# the interface.

bench_mysql_packages()
{
    echo pgloader
}

bench_mysql_servers()
{
    printf '%s\n' mariadb postgres
}

# Reads are to come from memory.
mysql_tables()
{
    say 'Making the tables'
    mariadb_client -e 'CREATE DATABASE bench;
        SET GLOBAL innodb_buffer_pool_size = 1024 * 1024 * 1024' &&
        sed "s/ROWS/$BENCH_ROWS/;
             s/TIMES/$((BENCH_LARGE_ROWS / BENCH_ROWS))/" "$HERE/mysql.sql" |
        mariadb_client bench
}

bench_mysql()
{
    postgres_database bench >&2
    postgres_psql -d bench -c 'CREATE SCHEMA imported'
    export BENCH_PG="host=127.0.0.1 port=$POSTGRES_PORT dbname=bench \
user=$POSTGRES_USER password=$POSTGRES_PASSWORD"
    export BENCH_CONNECTOR=${OGR_CARTOCONN_MYSQL/autotest/bench}
    mysql_tables >&2
    bench_python mysql
}
