# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# PostgreSQL with PostGIS: a private cluster with TLS and SCRAM passwords that
# logs every statement. See servers.sh for the interface.

POSTGRES_USER=cartoconn

server_postgres_packages()
{
    printf '%s\n' postgresql postgresql-postgis postgresql-client \
        pgbouncer openssl
}

# The newest installed server that has PostGIS.
postgres_bindir()
{
    local control
    control=$(printf '%s\n' \
        /usr/share/postgresql/*/extension/postgis.control | sort -V | tail -1)
    [ -e "$control" ] || return 1
    printf '/usr/lib/postgresql/%s/bin\n' "$(cut -d/ -f5 <<<"$control")"
}

postgres_configuration()
{
    cat <<EOF
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = '$2'
ssl = on
ssl_cert_file = '$2/tls/server.crt'
ssl_key_file = '$2/tls/server.key'
ssl_ca_file = '$2/tls/ca.crt'
password_encryption = scram-sha-256
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 60
log_statement = all
log_line_prefix = '%m [%p] %d '
EOF
}

# Database certonly wants a client certificate, every other one a password.
postgres_access()
{
    cat <<EOF
local   all      all               scram-sha-256
hostssl certonly all 127.0.0.1/32  cert
host    certonly all 127.0.0.1/32  reject
host    all      all 127.0.0.1/32  scram-sha-256
EOF
}

postgres_initdb()
{
    local dir=$1
    printf '%s\n' "$POSTGRES_PASSWORD" >"$dir/password"
    make_certificates "$dir/tls" "$POSTGRES_USER"
    give_to_account postgres "$dir"
    chmod 600 "$dir"/tls/*.key "$dir/password"
    (cd "$dir" && as_account postgres "$POSTGRES_BIN/initdb" \
        -D "$dir/data" -U "$POSTGRES_USER" --pwfile="$dir/password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync \
        >"$dir/initdb.log" 2>&1) || { cat "$dir/initdb.log" >&2; return 1; }
    postgres_configuration "$POSTGRES_PORT" "$dir" \
        >>"$dir/data/postgresql.conf"
    postgres_access >"$dir/data/pg_hba.conf"
}

postgres_psql()
{
    PGPASSWORD=$POSTGRES_PASSWORD "$POSTGRES_BIN/psql" -X -q \
        -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$POSTGRES_PORT" \
        -U "$POSTGRES_USER" "$@"
}

# postgres_database NAME: a database with PostGIS in it.
postgres_database()
{
    postgres_psql -d postgres -c "CREATE DATABASE $1" &&
        postgres_psql -d "$1" -c 'CREATE EXTENSION postgis'
}

postgres_pg_ctl()
{
    (cd / && as_account postgres "$POSTGRES_BIN/pg_ctl" \
        -D "$POSTGRES_DIR/data" -s "$@")
}

server_postgres_start()
{
    POSTGRES_DIR=$1
    POSTGRES_BIN=$(postgres_bindir) ||
        { server_unavailable postgres 'no PostgreSQL with PostGIS'; return; }
    POSTGRES_PORT=$(free_port)
    POSTGRES_PASSWORD=$(random_password)
    postgres_initdb "$POSTGRES_DIR" || return
    postgres_pg_ctl start -w -l "$POSTGRES_DIR/server.log" ||
        { cat "$POSTGRES_DIR/server.log" >&2; return 1; }
    postgres_psql -d postgres -c 'CREATE DATABASE certonly' || return
    postgres_database autotest || return
    postgres_export
}

postgres_export()
{
    export OGR_CARTOCONN_POSTGRES='{"provider": "postgres", "connection": {'
    OGR_CARTOCONN_POSTGRES+="\"server\": \"127.0.0.1\", \
\"port\": $POSTGRES_PORT, \"database\": \"autotest\", \
\"username\": \"$POSTGRES_USER\", \"password\": \"$POSTGRES_PASSWORD\"}}"
    export OGR_CARTOCONN_REDSHIFT='{"provider": "redshift", "connection": {'
    OGR_CARTOCONN_REDSHIFT+="\"cluster\": \"127.0.0.1\", \
\"port\": $POSTGRES_PORT, \"database\": \"autotest\", \
\"username\": \"$POSTGRES_USER\", \"password\": \"$POSTGRES_PASSWORD\"}}"
    export CARTOCONN_TEST_POSTGRES="host=127.0.0.1 port=$POSTGRES_PORT \
dbname=autotest user=$POSTGRES_USER password=$POSTGRES_PASSWORD \
sslrootcert=$POSTGRES_DIR/tls/ca.crt"
    export CARTOCONN_TEST_POSTGRES_LOG=$POSTGRES_DIR/server.log
    export CARTOCONN_TEST_POSTGRES_TLS=$POSTGRES_DIR/tls
}

server_postgres_stop()
{
    if [ -e "${POSTGRES_DIR:-}/data/postmaster.pid" ]; then
        postgres_pg_ctl stop -m immediate
    fi
}
