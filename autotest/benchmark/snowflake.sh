# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Decoding Snowflake's rows, without a server: 13 columns in Arrow and in JSON.
# See run.sh for the interface.

bench_snowflake_packages()
{
    echo python3-venv
}

bench_snowflake_servers()
{
    :
}

bench_snowflake()
{
    local form
    bench_build snowflake_bench
    python3 -m venv "$BENCH_DIR/venv" >&2
    "$BENCH_DIR/venv/bin/pip" -q install pyarrow >&2
    "$BENCH_DIR/venv/bin/python" "$HERE/snowflake_rows.py" "$BENCH_DIR" \
        "$BENCH_ROWS" >&2
    for form in arrow json; do
        "$BENCH_PROGRAMS/snowflake_bench" "$form" "$BENCH_DIR/rows.$form" \
            "$BENCH_DIR/rowtype.json"
    done
}
