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
    echo postgres
}

OGRSF_DIR=$BUILD/cache/ogrsf

ogrsf_build()
{
    say 'Building test_ogrsf from the source package of GDAL'
    bash "$ROOT/autotest/ogrsf/build.sh" "$OGRSF_DIR" >"$BUILD/ogrsf.log" 2>&1
}

suite_ogrsf()
{
    if [ -z "${OGR_CARTOCONN_POSTGRES:-}" ]; then
        result ogrsf postgres skipped "${SERVER_REASON[postgres]:-no server}"
        return
    fi
    if ! ogrsf_build; then
        result ogrsf test_ogrsf skipped \
            "no source package: $(tail -n 1 "$BUILD/ogrsf.log")"
        return
    fi
    ogrsf_load || return
    printf '%s' "$OGR_CARTOCONN_POSTGRES" >"$SERVERS_WORK/connector.json"
    local query='SELECT name, population, the_geom FROM ogrsf.cities'
    check_ogrsf table -oo TABLE=cities
    check_ogrsf query -oo "SQL_QUERY=$query" -oo IMPORT_AS=query
    check_ogrsf schema -oo SCHEMA=ogrsf
    check_ogrsf threads -threads 4 -loops 3 -oo TABLE=cities
}

# The sample data in a schema of its own.
ogrsf_load()
{
    local target="PG:$CARTOCONN_TEST_POSTGRES active_schema=ogrsf"
    postgres_psql -d autotest -c 'CREATE SCHEMA ogrsf' &&
        load_sample_data "$target"
}

# check_ogrsf NAME ARGUMENT...
check_ogrsf()
{
    local name=$1 log=$BUILD/results/ogrsf-$1.log
    shift
    if "$OGRSF_DIR/test_ogrsf" -ro "CARTOCONN:$SERVERS_WORK/connector.json" \
        -oo SCHEMA=ogrsf "$@" >"$log" 2>&1 &&
        ! grep -nE 'ERROR|FAILURE|WARN' "$log"; then
        result ogrsf "$name" passed
    else
        tail -n 30 "$log"
        result ogrsf "$name" failed "see $log"
    fi
}
