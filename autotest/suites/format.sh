# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Every C and C++ file is as clang-format leaves it, every shell script is
# clean under shellcheck.

suite_format_packages()
{
    printf '%s\n' clang-format shellcheck
}

suite_format_servers()
{
    :
}

suite_format()
{
    local sources scripts
    mapfile -t sources < <(find "$ROOT/ogr_carto_connector" \
        "$ROOT/autotest" -name '*.[ch]' -o -name '*.cpp' | sort)
    mapfile -t scripts < <(find "$ROOT/autotest" "$ROOT/data" -name '*.sh')
    check format "clang-format, ${#sources[@]} files" \
        clang-format --dry-run -Werror "${sources[@]}"
    check format "shellcheck, ${#scripts[@]} files" \
        shellcheck_all "${scripts[@]}"
}

shellcheck_all()
{
    shellcheck -x -e SC2119 -P SCRIPTDIR -P "$ROOT" "$@"
}
