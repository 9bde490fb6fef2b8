# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Oracle's MySQL, which Debian has in its unstable suite only: the packages and
# all they depend on are unpacked into the build folder and run with their own
# C library. See servers.sh for the interface.

# shellcheck source=autotest/servers/mysql_common.sh
. "$SERVERS_DIR/mysql_common.sh"
# shellcheck source=autotest/private_apt.sh
. "$ROOT/autotest/private_apt.sh"

server_mysql9_packages()
{
    printf '%s\n' openssl debian-archive-keyring
}

server_mysql9_fetch()
{
    private_apt_create "$1/apt" deb sid &&
        private_apt "$1/apt" install --download-only \
            mysql-server-core mysql-client-core &&
        private_apt_unpack "$1/apt" "$1" && rm -rf "$1/apt"
}

# mysql9_program NAME ARGUMENT...: becomes the unpacked program.
mysql9_program()
{
    local program library libraries
    program=$(printf '%s\n' "$MYSQL9_TREE"/usr/{sbin,bin}/"$1" |
        while read -r file; do [ ! -x "$file" ] || echo "$file"; done)
    shift
    libraries=$(dirname "$(find "$MYSQL9_TREE/usr/lib" -name libc.so.6 |
        head -n 1)")
    library=$(find "$libraries/" -name 'ld-linux*.so.*' | head -n 1)
    exec "$library" --library-path "$libraries:$libraries/mysql/private" \
        "$program" "$@"
}

mysql9_server()
{
    local share=$MYSQL9_TREE/usr/share/mysql user=()
    [ "$(id -u)" -ne 0 ] || user=(--user=root)
    mysql9_program mysqld --no-defaults "${user[@]}" \
        --lc-messages-dir="$share" --character-sets-dir="$share/charsets" \
        --plugin-dir="$MYSQL9_TREE/usr/lib/mysql/plugin" \
        --secure-file-priv= --mysqlx=OFF --basedir="$MYSQL9_TREE/usr" "$@"
}

mysql9_client()
{
    (mysql9_program mysql --no-defaults -u root \
        --socket="$MYSQL9_DIR/server.sock" "$@")
}

server_mysql9_start()
{
    local options password
    MYSQL9_DIR=$1
    MYSQL9_TREE=$(cache_tree mysql9)
    MYSQL9_PORT=$(free_port)
    password=$(random_password)
    make_certificates "$MYSQL9_DIR/tls" "$MYSQL_USER"
    (mysql9_server --initialize-insecure --datadir="$MYSQL9_DIR/data" \
        >"$MYSQL9_DIR/install.log" 2>&1) ||
        { cat "$MYSQL9_DIR/install.log" >&2; return 1; }
    mapfile -t options < <(mysql_options "$MYSQL9_DIR" "$MYSQL9_PORT")
    (mysql9_server "${options[@]}") >"$MYSQL9_DIR/error.log" 2>&1 &
    MYSQL9_PID=$!
    wait_for 60 mysql9_client -e 'SELECT 1' ||
        { cat "$MYSQL9_DIR/error.log" >&2; return 1; }
    mysql_account "$password" | mysql9_client --batch || return
    mysql_export MYSQL9 "$MYSQL9_DIR" "$MYSQL9_PORT" "$password"
}

server_mysql9_stop()
{
    stop_process "${MYSQL9_PID:-}"
}
