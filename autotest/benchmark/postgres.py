# SPDX-License-Identifier: MIT
"""PostgreSQL: reading and importing, beside GDAL's PG driver and raw COPY.

Environment: BENCH_READER (read_layer_bench), BENCH_PG (a libpq connection
string), BENCH_CONNECTOR (connector JSON without a table), BENCH_DIR, ROUNDS.
"""

import json
import os

from measure import Case, run_group

READER = os.environ["BENCH_READER"]
PG = os.environ["BENCH_PG"]
FOLDER = os.environ["BENCH_DIR"]
ROUNDS = int(os.environ.get("ROUNDS", "5"))
ROWS = int(os.environ["BENCH_ROWS"])
LARGE = int(os.environ["BENCH_LARGE_ROWS"])
PLAIN = {"GDAL_DRIVER_PATH": "disable"}


def connector(table):
    """The open option that names a table, in a file: no secret on a command
    line."""
    path = os.path.join(FOLDER, table + ".json")
    with open(path, "w") as file:
        json.dump(dict(json.loads(os.environ["BENCH_CONNECTOR"]), table=table), file)
    return "CONNECTOR=" + path


def ours(mode, table, rows, name=None, env=None):
    return Case(
        name or f"CARTOCONN, {mode}s" if mode == "feature" else "CARTOCONN, Arrow",
        [READER, mode, "CARTOCONN:", "-oo", connector(table)],
        rows,
        reader=True,
        env=env,
    )


def peer(mode, table, rows):
    return Case(
        "GDAL PG, features" if mode == "feature" else "GDAL PG, Arrow",
        [READER, mode, f"PG:{PG} tables={table}"],
        rows,
        reader=True,
        env=PLAIN,
    )


def copy(table, rows):
    return Case(
        "psql COPY … (FORMAT binary) > /dev/null",
        ["psql", "-X", "-q", "-d", PG, "-o", "/dev/null"]
        + ["-c", f"COPY {table} TO STDOUT (FORMAT binary)"],
        rows,
    )


def load(name, source, env=None):
    """ogr2ogr into PostGIS, PG_USE_COPY=YES."""
    return Case(
        name,
        ["ogr2ogr", "-q", "-f", "PostgreSQL", f"PG:{PG} active_schema=imported"]
        + ["-nln", "imported", "-overwrite", "-lco", "SPATIAL_INDEX=NONE"]
        + ["--config", "PG_USE_COPY", "YES"]
        + source,
        ROWS,
        env=env,
    )


def reading(table, rows, title):
    reference = peer("feature", table, rows)
    cases = [
        reference,
        peer("arrow", table, rows),
        ours("feature", table, rows),
        ours("arrow", table, rows),
        copy(table, rows),
    ]
    run_group(title, cases, reference, ROUNDS)


def importing():
    flatgeobuf = os.path.join(FOLDER, "points.fgb")
    reference = load("GDAL PG → PostGIS", [f"PG:{PG}", "points"], PLAIN)
    cases = [
        reference,
        load("FlatGeobuf → PostGIS (the writer's floor)", [flatgeobuf], PLAIN),
        load("CARTOCONN → PostGIS", ["CARTOCONN:", "-oo", connector("points")]),
    ]
    run_group(f"ogr2ogr, {ROWS:,} rows into PostGIS", cases, reference, ROUNDS)


def memory():
    unlimited = {"CARTOCONN_MAX_ROWS": str(LARGE)}
    reference = peer("feature", "points_large", LARGE)
    cases = [
        reference,
        ours("feature", "points_large", LARGE, env=unlimited),
        ours("arrow", "points_large", LARGE, env=unlimited),
    ]
    run_group(f"Memory at {LARGE:,} rows", cases, reference, 1)


if __name__ == "__main__":
    reading("points", ROWS, f"Reading {ROWS:,} rows × 13 columns")
    reading("polygons", 5000, "Reading 5,000 polygons of 100 vertices")
    importing()
    memory()
