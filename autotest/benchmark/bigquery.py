# SPDX-License-Identifier: MIT
"""BigQuery: reading a table beside google-cloud-bigquery-storage, same server.

Environment: BENCH_READER (read_layer_bench), BENCH_PYTHON (the Python of the
client), BENCH_REST and BENCH_GRPC (the server's ports), BENCH_DIR, ROUNDS,
BENCH_ROWS.
"""

import os

from drivers import ours
from measure import Case, run_group

PYTHON = os.environ["BENCH_PYTHON"]
ROUNDS = int(os.environ.get("ROUNDS", "5"))
ROWS = int(os.environ["BENCH_ROWS"])
HERE = os.path.dirname(os.path.abspath(__file__))
CONNECTOR = {
    "provider": "bigquery",
    "billing_project": "p",
    "dataset": "d",
    "table": "t",
    "connection": {
        "endpoint": "http://127.0.0.1:" + os.environ["BENCH_REST"],
        "storage_endpoint": "http://127.0.0.1:" + os.environ["BENCH_GRPC"],
    },
}


def client(streams):
    command = [PYTHON, os.path.join(HERE, "bigquery_client.py")]
    command += [os.environ["BENCH_GRPC"], str(streams)]
    name = "google-cloud-bigquery-storage, to_arrow, %d stream%s"
    name %= (streams, "s" if streams > 1 else "")
    return Case(name, command, ROWS, reader=True)


if __name__ == "__main__":
    reference = client(1)
    cases = [reference, client(4)]
    cases += [ours("arrow", CONNECTOR, ROWS), ours("feature", CONNECTOR, ROWS)]
    title = f"BigQuery (Storage Read API): reading {ROWS:,} rows × 13 columns"
    run_group(title, cases, reference, ROUNDS)
