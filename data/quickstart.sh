#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From nothing to a map: installs what is missing, builds the driver, starts a
# throw-away PostgreSQL with PostGIS and a throw-away MariaDB, loads the sample
# data into both and imports it with the driver into another database. Leaves
# the map and stops the servers.
#
# Usage: bash data/quickstart.sh [--no-install] [--build-dir DIR]
set -euo pipefail

# shellcheck source=autotest/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../autotest/common.sh"
# shellcheck source=autotest/servers/servers.sh
. "$ROOT/autotest/servers/servers.sh"

INSTALL=yes
while [ $# -gt 0 ]; do
    case $1 in
        --no-install) INSTALL=no ;;
        --build-dir) set_build_dir "$(mkdir -p "${2:?}" && cd "$2" && pwd)"
            shift ;;
        *) die "usage: bash data/quickstart.sh [--no-install] [--build-dir DIR]" ;;
    esac
    shift
done

# run COMMAND...: shows it, then runs it.
run()
{
    printf '\n$'
    printf ' %q' "$@"
    printf '\n'
    "$@"
}

# import_table TABLE: out of database world into database imported.
import_table()
{
    run ogr2ogr -progress -overwrite -f PostgreSQL "$IMPORTED" CARTOCONN: \
        -oo CONNECTOR=data/connectors/postgres.json \
        -oo SERVER=localhost -oo PORT="$POSTGRES_PORT" -oo DATABASE=world \
        -oo USERNAME="$POSTGRES_USER" -oo TABLE="$1" \
        -oo SSLROOTCERT="$CARTOCONN_TEST_POSTGRES_TLS/ca.crt" \
        -lco GEOMETRY_NAME=the_geom
}

# import_from_mariadb TABLE: out of MariaDB's database world, likewise.
import_from_mariadb()
{
    CARTOCONN_PASSWORD=$MYSQL_PASSWORD run ogr2ogr -progress -overwrite \
        -f PostgreSQL "$IMPORTED" CARTOCONN: \
        -oo CONNECTOR=data/connectors/mysql.json \
        -oo SERVER=127.0.0.1 -oo PORT="$MARIADB_PORT" -oo DATABASE=world \
        -oo USERNAME="$MYSQL_USER" -oo TABLE="$1" -oo IMPORT_AS="$1_of_mariadb" \
        -lco GEOMETRY_NAME=the_geom
}

trap servers_stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$ROOT"

server_load postgres
server_load mariadb
if [ "$INSTALL" = yes ]; then
    mapfile -t server_packages < <(server_postgres_packages
        server_mariadb_packages)
    install_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_GDAL[@]}" \
        "${server_packages[@]}"
fi

say "Building the driver in $RELEASE_DIR"
build_plugin ogr_CARTOCONN
export GDAL_DRIVER_PATH=$PLUGIN_DIR

server_start postgres || die "PostgreSQL: ${SERVER_REASON[postgres]}"
server_start mariadb || die "MariaDB: ${SERVER_REASON[mariadb]}"
postgres_database world
postgres_database imported

# Passwords come from the environment: neither shows in a command.
export PGPASSWORD=$POSTGRES_PASSWORD CARTOCONN_PASSWORD=$POSTGRES_PASSWORD
AT="host=127.0.0.1 port=$POSTGRES_PORT user=$POSTGRES_USER"
IMPORTED="PG:$AT dbname=imported"

say 'Loading the sample data into database world'
load_sample_data "PG:$AT dbname=world"
mysql_load_sample_data mariadb_client "$MARIADB_DIR" world

say 'Importing from world into imported, with the CARTOCONN driver'
import_table countries
import_table cities
import_from_mariadb cities

say 'What arrived'
run ogrinfo -so "$IMPORTED" countries
run ogrinfo -so "$IMPORTED" cities
run ogrinfo -so "$IMPORTED" cities_of_mariadb
run ogrinfo -q "$IMPORTED" -sql \
    'SELECT name, country, population, the_geom FROM cities
     ORDER BY population DESC LIMIT 3'

say 'Drawing the map'
mkdir -p "$BUILD/quickstart"
bash data/draw_map.sh "$IMPORTED" "$BUILD/quickstart/map.png"

say "Done. The map of the imported data: $BUILD/quickstart/map.png"
