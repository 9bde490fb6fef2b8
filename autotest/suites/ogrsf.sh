# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# GDAL's own driver checker on a table, a query and a whole schema, and in
# several threads. Its output must not contain ERROR, FAILURE or WARN.

suite_ogrsf_packages()
{
    printf '%s\n' debian-archive-keyring xz-utils
}

suite_ogrsf_servers()
{
    printf '%s\n' postgres mariadb mysql9
}

OGRSF_DIR=$BUILD/cache/ogrsf

# Who builds it at the same time waits.
ogrsf_build()
{
    mkdir -p "$OGRSF_DIR"
    (
        flock 9
        bash "$ROOT/autotest/ogrsf/build.sh" "$OGRSF_DIR" >"$BUILD/ogrsf.log" 2>&1
    ) 9>"$OGRSF_DIR.lock"
}

suite_ogrsf_fetch()
{
    ogrsf_build
}

suite_ogrsf()
{
    if ! ogrsf_build; then
        result ogrsf test_ogrsf skipped \
            "no source package: $(tail -n 1 "$BUILD/ogrsf.log")"
        return
    fi
    ogrsf_server postgres postgres "${OGR_CARTOCONN_POSTGRES:-}" ogrsf_postgres
    ogrsf_server redshift postgres "${OGR_CARTOCONN_REDSHIFT:-}" true
    ogrsf_server mysql mariadb "${OGR_CARTOCONN_MYSQL:-}" ogrsf_mariadb
    ogrsf_server mysql9 mysql9 "${OGR_CARTOCONN_MYSQL9:-}" ogrsf_mysql9
}

# The sample data in a schema, or a database, of its own.
ogrsf_postgres()
{
    postgres_psql -d autotest -c 'CREATE SCHEMA ogrsf' &&
        load_sample_data "PG:$CARTOCONN_TEST_POSTGRES active_schema=ogrsf"
}

ogrsf_mariadb()
{
    mysql_load_sample_data mariadb_client "$MARIADB_DIR" ogrsf
}

ogrsf_mysql9()
{
    mysql_load_sample_data mysql9_client "$MYSQL9_DIR" ogrsf
}

# ogrsf_server NAME SERVER CONNECTOR LOAD: a table, a query and a whole schema
# of what the command LOAD makes; the first also in several threads.
ogrsf_server()
{
    local name=$1 connector=$3
    if [ -z "$connector" ]; then
        result ogrsf "$name" skipped "${SERVER_REASON[$2]:-no server}"
        return
    fi
    if ! "$4" >"$BUILD/ogrsf.log" 2>&1; then
        cat "$BUILD/ogrsf.log"
        result ogrsf "$name" failed 'the sample data could not be loaded'
        return
    fi
    printf '%s' "$connector" >"$SERVERS_WORK/$name.json"
    local query='SELECT name, population, the_geom FROM ogrsf.cities'
    check_ogrsf "$name" table -oo TABLE=cities
    check_ogrsf "$name" query -oo "SQL_QUERY=$query" -oo IMPORT_AS=query
    check_ogrsf "$name" schema
    check_ogrsf "$name" threads -threads 4 -loops 3 -oo TABLE=cities
}

# check_ogrsf SERVER NAME ARGUMENT...
check_ogrsf()
{
    local server=$1 name=$1-$2
    local log=$BUILD/results/ogrsf-$name.log
    shift 2
    if "$OGRSF_DIR/test_ogrsf" -ro "CARTOCONN:$SERVERS_WORK/$server.json" \
        -oo SCHEMA=ogrsf "$@" >"$log" 2>&1 &&
        ! grep -nE 'ERROR|FAILURE|WARN' "$log"; then
        result ogrsf "$name" passed
    else
        tail -n 30 "$log"
        result ogrsf "$name" failed "see $log"
    fi
}
