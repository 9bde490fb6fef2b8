# SPDX-License-Identifier: MIT
"""Snowflake: reading chunks of both forms, beside Snowflake's own connector,
same server.

Environment: BENCH_READER (read_layer_bench), BENCH_PYTHON (the Python that has
the connector), BENCH_SNOWFLAKE_PORT (of snowflake_standin.py), BENCH_DIR,
ROUNDS, BENCH_ROWS.
"""

import json
import os

from measure import Case, run_group

READER = os.environ["BENCH_READER"]
PYTHON = os.environ["BENCH_PYTHON"]
PORT = int(os.environ["BENCH_SNOWFLAKE_PORT"])
FOLDER = os.environ["BENCH_DIR"]
ROUNDS = int(os.environ.get("ROUNDS", "5"))
ROWS = int(os.environ["BENCH_ROWS"])
CLIENT = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "snowflake_client.py"
)


def query(form):
    return "SELECT scene_ready_" + form


def ours(form, mode):
    path = os.path.join(FOLDER, form + ".connector.json")
    connector = {
        "provider": "snowflake",
        "connection": {
            "server": "127.0.0.1",
            "port": PORT,
            "account": "bench",
            "database": "DB",
            "username": "user",
            "password": "secret",
            "sslmode": "disable",
        },
        "sql_query": query(form),
        "import_as": "rows",
    }
    with open(path, "w") as file:
        json.dump(connector, file)
    return Case(
        "CARTOCONN, features" if mode == "feature" else "CARTOCONN, Arrow",
        [READER, mode, "CARTOCONN:", "-oo", "CONNECTOR=" + path],
        ROWS,
        reader=True,
    )


def theirs(form):
    return Case(
        "snowflake-connector-python, "
        + ("fetch_arrow_batches" if form == "arrow" else "fetchmany(10000)"),
        # -I: this file's name is also the connector's
        [PYTHON, "-I", CLIENT, form, str(PORT), query(form)],
        ROWS,
        reader=True,
    )


if __name__ == "__main__":
    for form, name in (("arrow", "Arrow"), ("json", "JSON")):
        reference = theirs(form)
        cases = [reference, ours(form, "arrow"), ours(form, "feature")]
        title = f"Snowflake: {ROWS:,} rows × 13 columns in 20 chunks of {name}, gzip"
        run_group(title, cases, reference, ROUNDS)
