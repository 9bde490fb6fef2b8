# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Snowflake: reading chunks of Arrow and of JSON beside Snowflake's own
# connector, and the decoding alone. See run.sh for the interface.

bench_snowflake_packages()
{
    echo python3-venv
}

# fakesnow itself is not read from: its folder has the connector and pyarrow.
bench_snowflake_servers()
{
    echo fakesnow
}

# The scripted server, whose chunks are ready in files; sets STANDIN_PID.
snowflake_serve()
{
    "$PYTHON" "$ROOT/autotest/servers/snowflake_standin.py" \
        --rows "$BENCH_DIR" >"$BENCH_DIR/port" &
    STANDIN_PID=$!
    wait_for 20 test -s "$BENCH_DIR/port" || die "there is no port"
    BENCH_SNOWFLAKE_PORT=$(cat "$BENCH_DIR/port")
    export BENCH_SNOWFLAKE_PORT
}

bench_snowflake()
{
    local form
    bench_build snowflake_bench
    export BENCH_PYTHON=$CARTOCONN_TEST_FAKESNOW_PYTHON
    "$BENCH_PYTHON" "$HERE/snowflake_rows.py" "$BENCH_DIR" "$BENCH_ROWS" >&2
    (
        trap 'stop_process "${STANDIN_PID:-}"' EXIT
        snowflake_serve
        bench_python snowflake
    )
    printf '\n### Decoding, %s rows × 13 columns\n\n' "$BENCH_ROWS"
    printf '| what | Mrows/s | GB/s |\n|---|---|---|\n'
    for form in arrow json; do
        "$BENCH_PROGRAMS/snowflake_bench" "$form" "$BENCH_DIR/rows.$form" \
            "$BENCH_DIR/rowtype.json"
    done
}
