# SPDX-License-Identifier: MIT
"""Spark's Thrift server over every transport of HiveServer2, in one process
with one set of tables.

Arguments: a folder for all files, the ports for SASL, NOSASL and HTTP, then
the same with TLS. Environment: SPARK_KEYSTORE_PASSWORD, of tls/server.p12 in
that folder. Makes the file "ready" there when all of them listen, and runs
until it is terminated."""

import os
import signal
import sys
import threading

from pyspark.sql import SparkSession

FOLDER = os.path.abspath(sys.argv[1])
PORTS = sys.argv[2:8]
LOOPBACK = "127.0.0.1"

METASTORE = "javax.jdo.option.ConnectionURL"
METASTORE_URL = "jdbc:derby:memory:metastore;create=true"
DERBY = "org.datanucleus.store.rdbms.adapter.DerbyAdapter"

BINARY = {
    "hive.server2.transport.mode": "binary",
    "hive.server2.authentication": "NONE",
}
NOSASL = dict(BINARY, **{"hive.server2.authentication": "NOSASL"})
HTTP = dict(BINARY, **{"hive.server2.transport.mode": "http"})
PLAIN = {"hive.server2.use.SSL": "false"}
TLS = {
    "hive.server2.use.SSL": "true",
    "hive.server2.keystore.path": FOLDER + "/tls/server.p12",
    "hive.server2.keystore.password": os.environ["SPARK_KEYSTORE_PASSWORD"],
}


def make_session():
    java = [
        # compiling less is faster for as short as it lives
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Dderby.system.home=" + FOLDER,
        "-Dderby.system.durability=test",
        "-Dlog4j2.configurationFile=" + FOLDER + "/log4j2.properties",
        "-Djava.io.tmpdir=" + FOLDER,
    ]
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": " ".join(java),
        # What the driver is told of tables is the same as with Hive's
        # metastore, which takes a third of the time
        "spark.sql.catalogImplementation": "in-memory",
        "spark.hadoop." + METASTORE: METASTORE_URL,
        "spark.hadoop.datanucleus.rdbms.datastoreAdapterClassName": DERBY,
        # A new thread has to open the metastore first
        "spark.hadoop.hive.server2.async.exec.threads": "4",
        "spark.hadoop.hive.server2.async.exec.keepalive.time": "3600s",
        "spark.hadoop.hive.exec.scratchdir": FOLDER + "/scratch",
        "spark.hadoop.hive.exec.local.scratchdir": FOLDER + "/scratch-local",
        "spark.hadoop.hive.server2.logging.operation.enabled": "false",
        "spark.local.dir": FOLDER,
        "spark.sql.warehouse.dir": FOLDER + "/warehouse",
        # Columnar files keep every text as it is
        "spark.sql.legacy.createHiveTableByDefault": "false",
        "spark.sql.sources.default": "parquet",
        "spark.sql.storeAssignmentPolicy": "LEGACY",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        # Nothing here has rows enough for a plan that is changed as it runs
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
        "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    }
    builder = SparkSession.builder.master("local[2]").appName("cartoconn")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def listen_on_loopback(server):
    """Spark's HTTP server asks for every address of the machine."""
    for service in server.getServices().toArray():
        cls = service.getClass()
        while cls is not None and cls.getSimpleName() != "ThriftHttpCLIService":
            cls = cls.getSuperclass()
        if cls is None:
            continue
        field = cls.getDeclaredField("httpServer")
        field.setAccessible(True)
        connector = field.get(service).getConnectors()[0]
        connector.stop()
        connector.setHost(LOOPBACK)
        connector.start()


def use_the_metastore(server):
    """Sessions open one, and Spark gives every Thrift server its own. Hive has
    one at a time in a process: it would build it anew, which takes a second,
    whenever another one is asked."""
    server.getHiveConf().set(METASTORE, METASTORE_URL)


def start(session, settings, port):
    """A server of these settings. They are Hive's of the thread."""
    jvm = session._jvm
    settings = dict(
        settings,
        **{
            "hive.server2.thrift.bind.host": LOOPBACK,
            "hive.server2.thrift.port": port,
            "hive.server2.thrift.http.port": port,
        }
    )
    failed = []

    def run():
        try:
            configuration = session.sparkContext._jsc.hadoopConfiguration()
            for name, value in settings.items():
                configuration.set(name, value)
            thrift = jvm.org.apache.spark.sql.hive.thriftserver.HiveThriftServer2
            server = thrift.startWithContext(session._jsparkSession.sqlContext())
            use_the_metastore(server)
            if settings["hive.server2.transport.mode"] == "http":
                listen_on_loopback(server)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def main():
    os.chdir(FOLDER)
    session = make_session()
    kinds = [dict(t, **s) for s in (PLAIN, TLS) for t in (BINARY, NOSASL, HTTP)]
    for settings, port in zip(kinds, PORTS):
        start(session, settings, port)
    with open(FOLDER + "/ready", "w"):
        pass
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.pause()


if __name__ == "__main__":
    main()
