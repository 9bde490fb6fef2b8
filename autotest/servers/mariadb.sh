# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# MariaDB with a data folder of its own. See servers.sh for the interface.

# shellcheck source=autotest/servers/mysql_common.sh
. "$SERVERS_DIR/mysql_common.sh"

server_mariadb_packages()
{
    printf '%s\n' mariadb-server-core mariadb-client-core openssl
}

# The account a server started by root runs as.
mariadb_account()
{
    if [ "$(id -u)" -eq 0 ]; then
        echo nobody
    else
        id -un
    fi
}

mariadb_install()
{
    local dir=$1 account=$2
    make_certificates "$dir/tls" "$MYSQL_USER"
    if [ "$(id -u)" -eq 0 ]; then
        chown -R "$account" "$dir"
    fi
    mariadb-install-db --no-defaults --user="$account" \
        --datadir="$dir/data" --auth-root-authentication-method=normal \
        --skip-test-db >"$dir/install.log" 2>&1 ||
        { cat "$dir/install.log" >&2; return 1; }
}

mariadb_client()
{
    mariadb --no-defaults --socket="$MARIADB_DIR/server.sock" -u root "$@"
}

server_mariadb_start()
{
    local account options password
    MARIADB_DIR=$1
    MARIADB_PORT=$(free_port)
    account=$(mariadb_account)
    password=$(random_password)
    command -v mariadb-install-db >/dev/null ||
        { server_unavailable mariadb 'no mariadb-install-db'; return; }
    mariadb_install "$MARIADB_DIR" "$account" || return
    mapfile -t options < <(mysql_options "$MARIADB_DIR" "$MARIADB_PORT")
    "$(command -v mariadbd || echo /usr/sbin/mariadbd)" --no-defaults \
        --user="$account" "${options[@]}" >/dev/null 2>&1 &
    MARIADB_PID=$!
    wait_for 30 mariadb_client -e 'SELECT 1' ||
        { cat "$MARIADB_DIR/error.log" >&2; return 1; }
    mysql_account "$password" | mariadb_client --batch || return
    mysql_export MYSQL "$MARIADB_DIR" "$MARIADB_PORT" "$password"
}

server_mariadb_stop()
{
    stop_process "${MARIADB_PID:-}"
}
