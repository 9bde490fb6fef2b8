# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The C unit tests of the core in the build that is shipped. Those that speak
# to a server skip themselves where it is not there.

suite_unit_packages()
{
    echo locales
}

suite_unit_servers()
{
    printf '%s\n' postgres mariadb
}

# Locales with other ideas of decimal points and of capital letters.
make_locales()
{
    local name
    export LOCPATH=$BUILD/cache/locale
    mkdir -p "$LOCPATH"
    for name in de_DE tr_TR; do
        [ -d "$LOCPATH/$name.UTF-8" ] ||
            localedef -i "$name" -f UTF-8 "$LOCPATH/$name.UTF-8" || return
    done
}

suite_unit()
{
    run_ctest unit "$RELEASE_DIR"
}

# run_ctest SUITE BUILD_DIR [OPTION...]: every registered test, at most a minute
# each. The summary reads the single tests out of what the executables print.
run_ctest()
{
    local suite=$1 dir=$2
    shift 2
    make_locales || echo 'Tests that want a locale skip themselves.'
    ctest --test-dir "$dir" --timeout 60 -j "$(nproc)" --output-on-failure \
        --repeat until-pass:2 \
        --output-junit "$RESULTS/$suite.xml" --no-tests=error \
        --test-output-size-passed 1000000 \
        --test-output-size-failed 1000000 "$@" || [ -s "$RESULTS/$suite.xml" ]
}
