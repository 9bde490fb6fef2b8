# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What mariadb.sh and mysql9.sh share: options of the server, the test account,
# the exported variables.

MYSQL_USER=cartoconn

# mysql_options DIR PORT: for either server, one per line.
mysql_options()
{
    cat <<EOF
--datadir=$1/data
--socket=$1/server.sock
--pid-file=$1/server.pid
--log-error=$1/error.log
--bind-address=127.0.0.1
--port=$2
--general-log=1
--general-log-file=$1/server.log
--ssl-ca=$1/tls/ca.crt
--ssl-cert=$1/tls/server.crt
--ssl-key=$1/tls/server.key
--character-set-server=utf8mb4
--innodb-flush-log-at-trx-commit=0
--innodb-buffer-pool-size=64M
--max-allowed-packet=64M
EOF
}

# mysql_account PASSWORD: the statements of the first connection.
mysql_account()
{
    cat <<EOF
CREATE DATABASE autotest;
CREATE USER '$MYSQL_USER'@'%' IDENTIFIED BY '$1';
GRANT ALL ON *.* TO '$MYSQL_USER'@'%' WITH GRANT OPTION;
EOF
}

# mysql_export SUFFIX DIR PORT PASSWORD: OGR_CARTOCONN_<SUFFIX> and the
# variables of the C tests; MYSQL_PASSWORD for the scripts.
mysql_export()
{
    # shellcheck disable=SC2034
    MYSQL_PASSWORD=$4
    local json='{"provider": "mysql", "connection": {'
    json+="\"server\": \"127.0.0.1\", \"port\": $3, \
\"database\": \"autotest\", \"username\": \"$MYSQL_USER\", \
\"password\": \"$4\"}}"
    export "OGR_CARTOCONN_$1=$json"
    export "CARTOCONN_TEST_$1=host=127.0.0.1 port=$3 dbname=autotest \
user=$MYSQL_USER password=$4"
    export "CARTOCONN_TEST_$1_LOG=$2/server.log"
    export "CARTOCONN_TEST_$1_TLS=$2/tls"
}

# mysql_load_sample_data CLIENT DIR DATABASE: countries and cities as two tables
# of a new database, in SRID 4326. CLIENT runs statements as root.
mysql_load_sample_data()
{
    local target="MYSQL:$3,user=root" table
    "$1" -e "CREATE DATABASE $3" || return
    MYSQL_UNIX_PORT=$2/server.sock ogr2ogr -q -f MySQL "$target" \
        "$ROOT/data/countries.geojson" -nln countries \
        -lco GEOMETRY_NAME=the_geom -lco FID=id -lco ENGINE=InnoDB &&
        MYSQL_UNIX_PORT=$2/server.sock ogr2ogr -q -f MySQL "$target" \
            "$ROOT/data/cities.csv" -nln cities \
            -lco GEOMETRY_NAME=the_geom -lco FID=geonameid \
            -lco ENGINE=InnoDB -oo AUTODETECT_TYPE=YES -a_srs EPSG:4326 \
            -oo X_POSSIBLE_NAMES=lon -oo Y_POSSIBLE_NAMES=lat \
            -oo KEEP_GEOM_COLUMNS=NO || return
    # GDAL's driver numbers reference systems by its own table in MariaDB.
    for table in countries cities; do
        "$1" "$3" -e "UPDATE $table SET the_geom =
            ST_GeomFromWKB(ST_AsWKB(the_geom), 4326)
            WHERE ST_SRID(the_geom) <> 4326" || return
    done
    "$1" "$3" -e 'DROP TABLE IF EXISTS geometry_columns, spatial_ref_sys'
}
