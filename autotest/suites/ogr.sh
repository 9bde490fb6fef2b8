# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The GDAL-style tests of the driver, one process per module, against every
# server that is there.

# shellcheck source=autotest/suites/ogrsf.sh
. "$ROOT/autotest/suites/ogrsf.sh"

suite_ogr_packages()
{
    suite_ogrsf_packages
}

suite_ogr_servers()
{
    if [ "$DEBIAN_SERVERS" = yes ]; then
        printf '%s\n' postgres mariadb mysql9 redshift
    else
        servers_known | grep -vx mssql_testing
    fi
}

# It takes minutes to compile, and one module needs it.
suite_ogr_servers_later()
{
    [ "$DEBIAN_SERVERS" = yes ] || echo mssql_testing
}

suite_ogr_fetch()
{
    ogrsf_build
}

# In two lanes, which take about as long: Hive and Snowflake, whose servers take
# their time for every statement, and all others. No two modules run on one
# server at once.
suite_ogr()
{
    local log=$RESULTS/ogr-slow.log
    ogrsf_build || echo 'Tests that call test_ogrsf skip themselves.'
    start_beside run_modules slow '(hive|fakesnow).*' >"$log" 2>&1
    run_modules others '(?!hive|fakesnow).*'
    wait "${BESIDE_GROUPS[-1]}" || true
    cat "$log"
}

# run_modules LANE SERVERS: what runs on servers of such names.
run_modules()
{
    local lane=$1 module name
    export CARTOCONN_TEST_SERVERS=$2
    for module in "$ROOT"/autotest/ogr/ogr_*.py; do
        name=$(basename "$module" .py)
        case $lane-$name in
            *_conformance*) run_module "$name" "$lane" "$name-$lane" ;;
            slow-*_hive* | slow-*_snowflake*) run_module "$name" slow "$name" ;;
            slow-* | others-*_hive* | others-*_snowflake*) ;;
            *_sqlserver_mock)
                [ "$DEBIAN_SERVERS" = yes ] || want_server mssql_testing
                run_module "$name" "$lane" "$name"
                ;;
            *) run_module "$name" "$lane" "$name" ;;
        esac
    done
}

# run_pytest NAME LANE REPORT OPTION...
run_pytest()
{
    local name=$1 work=$BUILD/pytest-$2 report=$3
    shift 3
    (cd "$ROOT/autotest" && PATH=$OGRSF_DIR:$PATH "$PYTHON" -m pytest \
        -c pytest.ini -q -rs --basetemp="$work" -o cache_dir="$work-cache" \
        --junitxml="$RESULTS/$report.xml" "$@" "ogr/$name.py")
}

# run_module NAME LANE REPORT. Servers and timers on a busy machine: what
# failed runs once more, and the summary names what passed only then. A crash
# of the interpreter leaves no report, or none that says so.
run_module()
{
    local name=$1 report=$3 status=0 begin=$SECONDS
    run_pytest "$@" --cache-clear || status=$?
    if [ "$status" -eq 1 ]; then
        say "Once more: what failed in $report"
        status=0
        run_pytest "$name" "$2" "$report.again" --last-failed || status=$?
    fi
    echo $((SECONDS - begin)) >"$RESULTS/$report.seconds"
    # 0: passed, 1: some failed, 5: nothing collected
    case $status in
        0 | 1) ;;
        5) result "$report" "$name" skipped \
            'it has no test for this system' ;;
        *) result "$report" "$name" failed \
            "pytest ended with status $status" ;;
    esac
}
