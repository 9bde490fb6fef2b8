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

run_tidy()
{
    local sources
    mapfile -t sources < <(find "$ROOT/ogr_carto_connector" -name '*.c' \
        -o -name '*.cpp' | sort)
    printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(nproc)" \
        clang-tidy --quiet -p "$RELEASE_DIR" 2>/dev/null
}
