# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# WKT to WKB beside OGR's parser, without a server. See run.sh for the
# interface.

bench_wkt_packages()
{
    :
}

bench_wkt_servers()
{
    :
}

bench_wkt()
{
    bench_build wkt_bench
    printf '\n### WKT\n\n'
    "$BENCH_PROGRAMS/wkt_bench" "$ROUNDS"
}
