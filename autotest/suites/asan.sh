# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The C unit tests again, under AddressSanitizer, LeakSanitizer and
# UndefinedBehaviorSanitizer.

# shellcheck source=autotest/suites/unit.sh
. "$ROOT/autotest/suites/unit.sh"

suite_asan_packages()
{
    suite_unit_packages
}

suite_asan_servers()
{
    suite_unit_servers
}

suite_asan()
{
    configure_and_build "$BUILD/asan" all -DCMAKE_BUILD_TYPE=ASan \
        -DCARTOCONN_PLUGIN=OFF || return
    run_ctest asan "$BUILD/asan"
}
