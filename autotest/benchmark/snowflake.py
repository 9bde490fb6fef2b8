# SPDX-License-Identifier: MIT
"""Snowflake: reading chunks of both forms, beside Snowflake's own connector,
same server.

Environment: BENCH_READER (read_layer_bench), BENCH_PYTHON (the Python that has
the connector), BENCH_SNOWFLAKE_PORT (of snowflake_standin.py), BENCH_DIR,
ROUNDS, BENCH_ROWS.
"""

import os

from drivers import ours
from measure import Case, run_group

PYTHON = os.environ["BENCH_PYTHON"]
PORT = int(os.environ["BENCH_SNOWFLAKE_PORT"])
ROUNDS = int(os.environ.get("ROUNDS", "5"))
ROWS = int(os.environ["BENCH_ROWS"])
CLIENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "snowflake_client.py")


def query(form):
    return "SELECT scene_ready_" + form


def connector(form):
    return {
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
        cases = [reference]
        cases += [ours(mode, connector(form), ROWS) for mode in ("arrow", "feature")]
        title = f"Snowflake: {ROWS:,} rows × 13 columns in 20 chunks of {name}, gzip"
        run_group(title, cases, reference, ROUNDS)
