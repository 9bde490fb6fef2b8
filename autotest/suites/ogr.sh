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
        servers_known
    fi
}

suite_ogr()
{
    local module
    ogrsf_build || echo 'Tests that call test_ogrsf skip themselves.'
    for module in "$ROOT"/autotest/ogr/ogr_*.py; do
        [ -e "$module" ] || continue
        run_module "$module"
    done
}

# run_pytest NAME REPORT OPTION...
run_pytest()
{
    local name=$1 report=$2
    shift 2
    (cd "$ROOT/autotest" && PATH=$OGRSF_DIR:$PATH "$PYTHON" -m pytest \
        -c pytest.ini -q -rs --basetemp="$BUILD/pytest" \
        -o cache_dir="$BUILD/pytest-cache" \
        --junitxml="$RESULTS/$report.xml" "$@" "ogr/$name.py")
}

# Servers and timers on a busy machine: what failed runs once more, and the
# summary names what passed only then. A crash of the interpreter leaves no
# report, or none that says so.
run_module()
{
    local name status=0 begin=$SECONDS
    name=$(basename "$1" .py)
    run_pytest "$name" "$name" --cache-clear || status=$?
    if [ "$status" -eq 1 ]; then
        say "Once more: what failed in $name"
        status=0
        run_pytest "$name" "$name.again" --last-failed || status=$?
    fi
    echo $((SECONDS - begin)) >"$RESULTS/$name.seconds"
    # 0: passed, 1: some failed, 5: nothing collected
    case $status in
        0 | 1) ;;
        5) result "$name" "$name" skipped 'it has no test for this system' ;;
        *) result "$name" "$name" failed "pytest ended with status $status" ;;
    esac
}
