# SPDX-License-Identifier: MIT
"""SQL Server: reading, beside FreeTDS's ODBC driver with arrays of bound
columns, from a server whose rows were encoded beforehand.

Both convert every value to its C type and text to UTF-8. The peer leaves a
geography as the bytes it came in and makes no objects, so that it does less
than the features do, and little less than the Arrow batches, whose geometry is
WKB.

Environment: BENCH_READER (read_layer_bench), BENCH_DIR, ROUNDS, BENCH_ROWS.
Needs gcc, unixodbc-dev and tdsodbc.
"""

import os
import socket
import subprocess
import sys
import time

from drivers import ours
from measure import Case, run_group

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.environ["BENCH_DIR"]
ROUNDS = int(os.environ.get("ROUNDS", "5"))
ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
DRIVER = "/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so"


def free_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("benchmark: the TDS server does not answer")


def odbc(port):
    """The peer, built here."""
    program = os.path.join(FOLDER, "sqlserver_odbc")
    source = os.path.join(HERE, "sqlserver_odbc.c")
    subprocess.run(["gcc", "-O2", source, "-o", program, "-lodbc"], check=True)
    string = (
        f"Driver={DRIVER};Server=127.0.0.1;Port={port};Database=db;UID=u;PWD=p;"
        "TDS_Version=7.4;ClientCharset=UTF-8;PacketSize=16383"
    )
    command = [program, string, "SELECT * FROM points"]
    return Case("FreeTDS ODBC, arrays of 1,000", command, ROWS, reader=True)


def connector(port):
    connection = dict(
        server="127.0.0.1", port=port, database="db", username="u", password="p"
    )
    return dict(provider="sqlserver", connection=connection, table="points")


def main():
    port = free_port()
    script = os.path.join(HERE, "sqlserver_rows.py")
    server = subprocess.Popen([sys.executable, script, str(port), str(ROWS)])
    try:
        wait_for(port)
        reference = odbc(port)
        cases = [reference]
        cases += [ours(mode, connector(port), ROWS) for mode in ("arrow", "feature")]
        title = f"SQL Server, {ROWS:,} rows × 11 columns"
        run_group(title, cases, reference, ROUNDS)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
