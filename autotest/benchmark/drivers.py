# SPDX-License-Identifier: MIT
"""Cases that read through GDAL: this driver and those it is beside.

Environment: BENCH_READER (read_layer_bench), BENCH_DIR.
"""

import json
import os
import tempfile

from measure import Case

PLAIN = {"GDAL_DRIVER_PATH": "disable"}


def source(connector):
    """The arguments that open a connector, which is in a file: no secret on a
    command line."""
    handle, path = tempfile.mkstemp(".json", dir=os.environ["BENCH_DIR"])
    with open(handle, "w") as file:
        json.dump(connector, file)
    return ["CARTOCONN:", "-oo", "CONNECTOR=" + path]


def ours(mode, connector, rows, name=None, env=None):
    """Reads all; mode: "feature" or "arrow"."""
    name = name or ("CARTOCONN, features" if mode == "feature" else "CARTOCONN, Arrow")
    command = [os.environ["BENCH_READER"], mode] + source(connector)
    return Case(name, command, rows, reader=True, env=env)


def peer(driver, mode, dataset, rows):
    """As `ours`, through a driver of GDAL's own."""
    name = driver + (", features" if mode == "feature" else ", Arrow")
    command = [os.environ["BENCH_READER"], mode, dataset]
    return Case(name, command, rows, reader=True, env=PLAIN)


def load(name, pg, arguments, rows, env=None):
    """ogr2ogr into PostGIS, PG_USE_COPY=YES."""
    command = ["ogr2ogr", "-q", "-f", "PostgreSQL", f"PG:{pg} active_schema=imported"]
    command += ["-nln", "imported", "-overwrite", "-lco", "SPATIAL_INDEX=NONE"]
    command += ["--config", "PG_USE_COPY", "YES"] + arguments
    return Case(name, command, rows, env=env)
