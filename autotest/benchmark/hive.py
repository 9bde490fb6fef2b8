# SPDX-License-Identifier: MIT
"""HiveServer2: reading, beside PyHive and beeline, same server.

Environment: BENCH_READER (read_layer_bench), BENCH_CONNECTOR (connector JSON
without a table), BENCH_PYTHON (the Python of Spark and the clients),
BENCH_DIR, ROUNDS, BENCH_ROWS.
"""

import glob
import json
import os

from drivers import ours
from measure import Case, run_group

PYTHON = os.environ["BENCH_PYTHON"]
ROUNDS = int(os.environ.get("ROUNDS", "5"))
ROWS = int(os.environ["BENCH_ROWS"])
CONNECTOR = dict(json.loads(os.environ["BENCH_CONNECTOR"]), table="points")
CONNECTION = CONNECTOR["connection"]
CLIENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hive_clients.py")


def login():
    keys = ("server", "port", "username", "password")
    return [str(CONNECTION[key]) for key in keys]


def pyhive():
    command = [PYTHON, CLIENTS, "pyhive"] + login() + ["points"]
    return Case("PyHive, fetchmany(10000)", command, ROWS, reader=True)


def beeline():
    (home,) = glob.glob(
        os.path.join(os.path.dirname(PYTHON), "../lib/python*/site-packages/pyspark")
    )
    server, port, user, password = login()
    command = [
        os.path.join(home, "bin", "beeline"),
        "-u",
        "jdbc:hive2://%s:%s/default" % (server, port),
        "-n",
        user,
        "-p",
        password,
        "--silent=true",
        "--outputformat=tsv2",
        "--incremental=true",
        "-e",
        "SELECT * FROM points",
    ]
    shell = ["sh", "-c", '"$@" > /dev/null', "sh"] + command
    return Case("beeline > /dev/null", shell, ROWS, env={"SPARK_HOME": home})


if __name__ == "__main__":
    reference = pyhive()
    cases = [reference, beeline(), ours("feature", CONNECTOR, ROWS)]
    cases += [ours("arrow", CONNECTOR, ROWS)]
    title = f"HiveServer2 (Spark): reading {ROWS:,} rows × 13 columns"
    run_group(title, cases, reference, ROUNDS)
