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
# variables of the C tests.
mysql_export()
{
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
