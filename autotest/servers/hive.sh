# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Apache Hive's own HiveServer2, from Maven Central (hive_pom.xml), over SASL
# and HTTP: one process with its metastore in memory, whose jobs Hadoop's local
# runner runs. See servers.sh for the interface.

# shellcheck source=autotest/servers/java_common.sh
. "$SERVERS_DIR/java_common.sh"

HIVE_USER=cartoconn
# Packages of the Java library that Hive and Hadoop reach into.
HIVE_OPENS=(java.lang java.lang.ref java.lang.reflect java.io java.math java.net
    java.nio java.security java.text java.time java.util java.util.concurrent
    java.util.concurrent.atomic java.util.regex)

server_hive_packages()
{
    printf '%s\n' maven openjdk-17-jre-headless python3-venv tzdata
}

# Only what runs is kept of what Maven fetches.
server_hive_fetch()
{
    server_pip_install "$1/client" \
        impyla==0.24.0 thrift_sasl==0.4.3 pure-sasl==0.6.2 &&
        mvn -B -q -f "$SERVERS_DIR/hive_pom.xml" \
            -Dmaven.repo.local="$1/repository" \
            dependency:copy-dependencies -DoutputDirectory="$1/lib" &&
        rm -rf "$1/repository"
}

# hive_settings NAME VALUE...: hive-site.xml
hive_settings()
{
    printf '<configuration>\n'
    while [ $# -gt 0 ]; do
        printf '<property><name>%s</name><value>%s</value></property>\n' \
            "$1" "$2"
        shift 2
    done
    printf '</configuration>\n'
}

# hive_configuration DIR PORT HTTP_PORT
hive_configuration()
{
    local settings=(
        javax.jdo.option.ConnectionURL 'jdbc:derby:memory:hive;create=true'
        datanucleus.schema.autoCreateAll true
        hive.metastore.schema.verification false
        hive.metastore.warehouse.dir "file://$1/warehouse"
        hive.metastore.warehouse.external.dir "file://$1/external"
        hive.exec.scratchdir "file://$1/scratch"
        hive.exec.local.scratchdir "$1/scratch-local"
        hive.downloaded.resources.dir "$1/resources"
        hive.user.install.directory "file://$1/user"
        hadoop.tmp.dir "$1/tmp"
        fs.defaultFS file:///
        hive.server2.transport.mode all
        hive.server2.thrift.bind.host 127.0.0.1
        hive.server2.thrift.port "$2"
        hive.server2.thrift.http.port "$3"
        hive.server2.webui.port 0
        hive.server2.enable.doAs false
        hive.server2.logging.operation.enabled false
        hive.async.log.enabled false
        hive.local.time.zone America/New_York
        hive.default.fileformat ORC
        # One job a statement, in this process, looked at often
        hive.execution.engine mr
        mapreduce.framework.name local
        hive.exec.submit.local.task.via.child false
        hive.exec.counters.pull.interval 20
        hive.stats.autogather false
        hive.stats.column.autogather false
        hive.merge.mapfiles false
        hive.query.results.cache.enabled false
        hive.scheduled.queries.executor.enabled false
        hive.server2.materializedviews.registry.impl DUMMY
    )
    hive_settings "${settings[@]}"
}

# hive_connector PORT TRANSPORT: as JSON.
hive_connector()
{
    printf '{"provider": "hive", "connection": {"server": "127.0.0.1",
"port": %s, "database": "default", "username": "%s", "password": "%s",
"transport": "%s"}}' "$1" "$HIVE_USER" "$HIVE_PASSWORD" "$2"
}

# hive_export DIR TREE PORT HTTP_PORT
hive_export()
{
    OGR_CARTOCONN_HIVE4=$(hive_connector "$3" binary)
    OGR_CARTOCONN_HIVE4_HTTP=$(hive_connector "$4" http)
    export OGR_CARTOCONN_HIVE4 OGR_CARTOCONN_HIVE4_HTTP
    export CARTOCONN_TEST_HIVE4_LOG=$1/server.log
    export CARTOCONN_TEST_HIVE4_PYTHON=$2/client/bin/python
}

# hive_run DIR TREE: in the place of this shell. Compiling less is faster for
# as short as it lives.
hive_run()
{
    local package opens=()
    for package in "${HIVE_OPENS[@]}"; do
        opens+=("--add-opens=java.base/$package=ALL-UNNAMED")
    done
    cd "$1" || return
    exec java "${opens[@]}" -Xmx1g -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
        -Djava.io.tmpdir="$1/tmp" -Dderby.system.home="$1" \
        -Dlog4j2.configurationFile="$1/conf/log4j2.properties" \
        -cp "$1/conf:$2/lib/*" org.codehaus.janino.SimpleCompiler \
        "$SERVERS_DIR/hive_server.java" HiveOnLoopback "$1/ready"
}

server_hive_start()
{
    local tree port http_port
    HIVE_PASSWORD=$(random_password)
    tree=$(cache_tree hive)
    port=$(free_port)
    http_port=$(free_port)
    command -v java >/dev/null ||
        { server_unavailable hive 'there is no Java'; return; }
    mkdir -p "$1/conf" "$1/tmp" "$1/warehouse"
    hive_configuration "$1" "$port" "$http_port" >"$1/conf/hive-site.xml"
    log4j_properties "$1" org.apache.hadoop.hive.ql.Driver \
        >"$1/conf/log4j2.properties"
    hive_run "$1" "$tree" >"$1/start.log" 2>&1 </dev/null &
    HIVE_PID=$!
    wait_for 180 hive_answers "$1" || { cat "$1/start.log" >&2; return 1; }
    [ -e "$1/ready" ] || { cat "$1/start.log" >&2; return 1; }
    hive_export "$1" "$tree" "$port" "$http_port"
}

# Or has ended.
hive_answers()
{
    [ -e "$1/ready" ] || process_gone "$HIVE_PID"
}

server_hive_stop()
{
    stop_process "${HIVE_PID:-}"
}
