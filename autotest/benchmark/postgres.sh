# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# PostgreSQL, beside GDAL's PG driver and COPY. See run.sh for the interface.

bench_postgres_packages()
{
    :
}

bench_postgres_servers()
{
    echo postgres
}

postgres_tables()
{
    say "Making the tables"
    psql -X -q -d "$BENCH_PG" -v rows="$BENCH_ROWS" \
        -v large_rows="$BENCH_LARGE_ROWS" -f "$HERE/postgres.sql"
    ogr2ogr -q -f FlatGeobuf -lco SPATIAL_INDEX=NO "$BENCH_DIR/points.fgb" \
        "PG:$BENCH_PG" points
}

bench_postgres()
{
    postgres_database bench >&2
    export BENCH_PG="host=127.0.0.1 port=$POSTGRES_PORT dbname=bench \
user=$POSTGRES_USER password=$POSTGRES_PASSWORD"
    export BENCH_CONNECTOR=${OGR_CARTOCONN_POSTGRES/autotest/bench}
    postgres_tables >&2
    bench_python postgres
}
