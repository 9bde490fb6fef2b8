# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A TDS server that was written elsewhere: the mock of the Rust crate
# mssql-testing, built once into the build folder. See servers.sh for the
# interface.

# Rust's oldest version that builds it.
MSSQL_TESTING_RUST=1.85

# A cargo that is new enough: the system's or rustup's.
mssql_testing_cargo()
{
    local cargo version
    for cargo in cargo "$HOME/.cargo/bin/cargo"; do
        version=$("$cargo" --version 2>/dev/null | cut -d' ' -f2) || continue
        if [ -n "$version" ] && printf '%s\n' "$MSSQL_TESTING_RUST" \
            "$version" | sort -V -C; then
            printf '%s\n' "$cargo"
            return
        fi
    done
    return 1
}

# Debian keeps a newer Rust for its browsers beside the one that is called
# cargo; the two exclude each other.
server_mssql_testing_packages()
{
    echo python3
    mssql_testing_cargo >/dev/null ||
        dpkg-query -W -f '${db:Status-Status}\n' cargo rustc rustup 2>/dev/null |
        grep -q '^installed' || echo cargo-web
}

server_mssql_testing_fetch()
{
    local cargo
    cargo=$(mssql_testing_cargo) ||
        { echo "it takes cargo $MSSQL_TESTING_RUST"; return 1; }
    mssql_testing_build "$1" "$cargo"
}

# mssql_testing_build DIR CARGO: with the sources of now.
mssql_testing_build()
{
    cp -R "$SERVERS_DIR/tds_mssql_testing/." "$1" &&
        (cd "$1" && CARGO_PROFILE_DEV_DEBUG=0 "$2" build --quiet)
}

mssql_testing_answers()
{
    (exec 3<>"/dev/tcp/127.0.0.1/$MSSQL_TESTING_PORT")
}

server_mssql_testing_start()
{
    MSSQL_TESTING_TREE=$(cache_tree mssql_testing)
    MSSQL_TESTING_PORT=$(free_port)
    mssql_testing_build "$MSSQL_TESTING_TREE" "$(mssql_testing_cargo)" ||
        return
    "$MSSQL_TESTING_TREE/target/debug/tds-mssql-testing" \
        "$MSSQL_TESTING_PORT" >"$1/server.log" 2>&1 &
    MSSQL_TESTING_PID=$!
    wait_for 10 mssql_testing_answers ||
        { cat "$1/server.log" >&2; return 1; }
    mssql_testing_export
}

mssql_testing_export()
{
    export OGR_CARTOCONN_SQLSERVER_MOCK='{"provider": "sqlserver", '
    OGR_CARTOCONN_SQLSERVER_MOCK+="\"connection\": {\"server\": \
\"127.0.0.1\", \"port\": $MSSQL_TESTING_PORT, \"database\": \"autotest\", \
\"username\": \"reader\", \"password\": \"anything\"}}"
}

server_mssql_testing_stop()
{
    stop_process "${MSSQL_TESTING_PID:-}"
}
