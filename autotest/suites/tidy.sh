# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# clang-tidy with the project's profile over all that is compiled.

suite_tidy_packages()
{
    printf '%s\n' clang-tidy
}

suite_tidy_servers()
{
    :
}

suite_tidy()
{
    check tidy 'clang-tidy' run_tidy
}

# What includes GDAL's headers, which take longer to check than all that is in
# it, is checked as one file.
run_tidy()
{
    local sources together=$BUILD/tidy/driver.cpp
    mkdir -p "$BUILD/tidy"
    find "$ROOT/ogr_carto_connector" -name '*.cpp' | sort | sed \
        's|.*|#include "&" // NOLINT(bugprone-suspicious-include)|' \
        >"$together"
    mapfile -t sources < <(find "$ROOT/ogr_carto_connector" -name '*.c' | sort)
    printf '%s\0' "$together" "${sources[@]}" |
        xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p "$RELEASE_DIR" \
            --config-file="$ROOT/.clang-tidy" 2>/dev/null
}
