# SPDX-License-Identifier: MIT
"""PostgreSQL: reading and importing, beside GDAL's PG driver and raw COPY.

Environment: BENCH_READER (read_layer_bench), BENCH_PG (a libpq connection
string), BENCH_CONNECTOR (connector JSON without a table), BENCH_DIR, ROUNDS.
"""

import json
import os

from drivers import PLAIN, load, ours, peer, source
from measure import Case, run_group

PG = os.environ["BENCH_PG"]
FOLDER = os.environ["BENCH_DIR"]
ROUNDS = int(os.environ.get("ROUNDS", "5"))
ROWS = int(os.environ["BENCH_ROWS"])
LARGE = int(os.environ["BENCH_LARGE_ROWS"])


def connector(table):
    return dict(json.loads(os.environ["BENCH_CONNECTOR"]), table=table)


def gdal(mode, table, rows):
    return peer("GDAL PG", mode, f"PG:{PG} tables={table}", rows)


def copy(table, rows):
    return Case(
        "psql COPY … (FORMAT binary) > /dev/null",
        ["psql", "-X", "-q", "-d", PG, "-o", "/dev/null"]
        + ["-c", f"COPY {table} TO STDOUT (FORMAT binary)"],
        rows,
    )


def reading(table, rows, title):
    reference = gdal("feature", table, rows)
    cases = [
        reference,
        gdal("arrow", table, rows),
        ours("feature", connector(table), rows),
        ours("arrow", connector(table), rows),
        copy(table, rows),
    ]
    run_group(title, cases, reference, ROUNDS)


def importing():
    flatgeobuf = os.path.join(FOLDER, "points.fgb")
    native = [f"PG:{PG}", "points"]
    reference = load("GDAL PG → PostGIS", PG, native, ROWS, PLAIN)
    floor = "FlatGeobuf → PostGIS (the writer's floor)"
    cases = [
        reference,
        load(floor, PG, [flatgeobuf], ROWS, PLAIN),
        load("CARTOCONN → PostGIS", PG, source(connector("points")), ROWS),
    ]
    run_group(f"ogr2ogr, {ROWS:,} rows into PostGIS", cases, reference, ROUNDS)


def memory():
    unlimited = {"CARTOCONN_MAX_ROWS": str(LARGE)}
    large = connector("points_large")
    reference = gdal("feature", "points_large", LARGE)
    cases = [
        reference,
        ours("feature", large, LARGE, env=unlimited),
        ours("arrow", large, LARGE, env=unlimited),
    ]
    run_group(f"Memory at {LARGE:,} rows", cases, reference, 1)


if __name__ == "__main__":
    reading("points", ROWS, f"Reading {ROWS:,} rows × 13 columns")
    reading("polygons", 5000, "Reading 5,000 polygons of 100 vertices")
    importing()
    memory()
