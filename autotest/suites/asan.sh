# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The C unit tests again, under AddressSanitizer, LeakSanitizer and
# UndefinedBehaviorSanitizer.

# shellcheck source=autotest/suites/unit.sh
. "$ROOT/autotest/suites/unit.sh"

suite_asan_packages()
{
    suite_unit_packages
    echo binutils
}

suite_asan_servers()
{
    suite_unit_servers
}

suite_asan()
{
    configure_and_build "$BUILD/asan" all -DCMAKE_BUILD_TYPE=ASan \
        -DCARTOCONN_PLUGIN=OFF || return
    check asan 'the tests are sanitized' is_sanitized
    LSAN_OPTIONS=suppressions=$ROOT/autotest/c/lsan.supp:print_suppressions=0 \
        run_ctest asan "$BUILD/asan"
}

is_sanitized()
{
    local undefined
    undefined=$(nm -u "$BUILD/asan/autotest/c/test_wkb") &&
        grep -q __asan_ <<<"$undefined" && grep -q __ubsan_ <<<"$undefined"
}
