#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""The example of the C API: it compiles, reads, fails well and leaks
nothing."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
from cartoconn_servers import postgres  # noqa: F401
from cartoconn_util import (  # noqa: F401
    HERE,
    closed_port,
    environment,
    no_exceptions,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

SOURCE = os.path.join(HERE, "..", "c_api", "read_layer.c")


@pytest.fixture(scope="module")
def read_layer(tmp_path_factory):
    """The compiled program."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    config = shutil.which("gdal-config")
    if not compiler or not config or not os.path.exists(SOURCE):
        pytest.skip("no compiler, no gdal-config or no source")
    flags = [
        word
        for option in ("--cflags", "--libs")
        for word in shlex.split(
            subprocess.check_output([config, option], universal_newlines=True)
        )
    ]
    path = str(tmp_path_factory.mktemp("c_api") / "read_layer")
    warnings = ["-std=c11", "-g", "-Wall", "-Wextra", "-Werror"]
    done = subprocess.run(
        [compiler] + warnings + [SOURCE, "-o", path] + flags,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    assert done.returncode == 0, done.stdout
    return path


def run(command, timeout=60, **variables):
    return subprocess.run(
        command,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=timeout,
    )


@pytest.fixture(scope="module")
def parcels(postgres, tmp_path_factory):
    """A connector file without a secret, and the secret."""
    postgres.create(
        "parcels",
        [("id", "integer"), ("name", "text"), ("geom", "geometry(Point,4326)")],
        [(i, None if i == 2 else "parcel %d" % i, None) for i in range(1, 8)],
        key="id",
    )
    postgres.run(
        "UPDATE %s SET geom = ST_SetSRID(ST_MakePoint(id, id + 1), 4326)"
        % postgres.table("parcels")
    )
    path = tmp_path_factory.mktemp("c_api") / "parcels.json"
    bare = postgres.connector({"password": None}, table="parcels")
    path.write_text(json.dumps(bare))
    return str(path), postgres.base["connection"]["password"]


def test_capi_reads(read_layer, parcels):
    path, password = parcels
    done = run([read_layer, "CARTOCONN:" + path, "PASSWORD=" + password])
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "layer parcels",
        "the_geom: Point, EPSG:4326",
        "id: Integer",
        "name: String",
        "1: 1 parcel 1 POINT (1 2)",
        "2: 2 NULL POINT (2 3)",
        "3: 3 parcel 3 POINT (3 4)",
        "4: 4 parcel 4 POINT (4 5)",
        "5: 5 parcel 5 POINT (5 6)",
        "7 features",
    ]


def test_capi_truncates(read_layer, parcels):
    path, password = parcels
    done = run(
        [read_layer, "CARTOCONN:" + path, "MAX_ROWS=3"], CARTOCONN_PASSWORD=password
    )
    assert done.returncode == 0, done.stderr
    assert "3 features, more were left at the server" in done.stdout
    assert "truncated at 3 rows" in done.stderr


def test_capi_fails(read_layer, parcels):
    path, password = parcels
    done = run([read_layer, "CARTOCONN:" + path, "PASSWORD=wr0ng"])
    assert done.returncode == 1
    assert "28P01" in done.stderr and "wr0ng" not in done.stderr
    port = "PORT=%d" % closed_port()
    done = run([read_layer, "CARTOCONN:" + path, port])
    assert done.returncode == 1 and "connect failed" in done.stderr
    query = "SQL_QUERY=SELECT 1 / (3 - n) AS v FROM generate_series(1, 9) n"
    done = run(
        [read_layer, "CARTOCONN:" + path, query, "IMPORT_AS=q"],
        CARTOCONN_PASSWORD=password,
    )
    assert done.returncode == 1
    assert "division by zero" in done.stderr
    assert "the read failed after" in done.stderr
    assert run([read_layer]).returncode == 2


def lost_in_plugin(report):
    """The blocks of valgrind's report that the plugin allocated and lost."""
    blocks = re.split(r"\n==\d+== \n", report)
    return [
        block
        for block in blocks
        if ("definitely lost" in block or "Invalid " in block) and "CARTOCONN" in block
    ]


@pytest.mark.slow()
@pytest.mark.parametrize("options", [[], ["MAX_ROWS=3"], ["TABLE=no_such_table"]])
def test_capi_leaks_nothing(read_layer, parcels, options):
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is not installed")
    path, password = parcels
    done = run(
        ["valgrind", "--leak-check=full", "--keep-debuginfo=yes", "--num-callers=40"]
        + [read_layer, "CARTOCONN:" + path]
        + options,
        timeout=300,
        CARTOCONN_PASSWORD=password,
    )
    assert (done.returncode == 0) == ("TABLE=no_such_table" not in options)
    assert "ERROR SUMMARY" in done.stderr
    assert lost_in_plugin(done.stderr) == []
