#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Snowflake's results in chunks, asked of the scripted server of
servers/snowflake_standin.py: reading ahead, URLs that expire, faults."""

import json
import os
import subprocess
import time

import pytest
from cartoconn_snowflake import ids, read, standin  # noqa: F401
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    run_program,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")


@pytest.mark.parametrize("scene,chunks", [("chunks", 12), ("encoded", 6),
                                          ("plain", 6)])
def test_chunks(standin, scene, chunks):
    rows, said = read(standin.scene(scene))
    said.assert_quiet()
    assert ids(rows) == list(range(5 + chunks * 10))
    for request in standin.requests("/blob/"):
        assert "authorization" not in request["headers"]


THEIR_READER = """
import json, sys
import snowflake.connector
cursor = snowflake.connector.connect(
    host="127.0.0.1", port=int(sys.argv[1]), protocol="http", account="a",
    user="user", password="secret").cursor()
for scene in sys.argv[2:]:
    cursor.execute("SELECT scene_" + scene)
    print(json.dumps([row[0] for row in cursor.fetchall()]))
"""


def test_as_the_servers_own_connector_reads_it(standin):
    """The scripted server is one that Snowflake's connector understands, and
    both read the same."""
    python = os.environ.get("CARTOCONN_TEST_FAKESNOW_PYTHON")
    if not python:
        pytest.skip("CARTOCONN_TEST_FAKESNOW_PYTHON is not set")
    scenes = ["small", "chunks", "encoded", "slow", "unavailable"]
    done = subprocess.run([python, "-I", "-c", THEIR_READER, str(standin.port)]
                          + scenes, stdout=subprocess.PIPE, timeout=120,
                          universal_newlines=True)
    assert done.returncode == 0
    for scene, line in zip(scenes, done.stdout.splitlines()):
        rows, _ = read(standin.scene(scene))
        assert json.loads(line) == ids(rows), scene


def test_chunks_in_parallel(standin):
    read(standin.scene("chunks"))
    assert standin.ask()["most_active"] == 4


def test_chunk_key(standin):
    read(standin.scene("chunks"))
    headers = standin.requests("/blob/")[0]["headers"]
    prefix = "x-amz-server-side-encryption-customer-"
    assert headers[prefix + "algorithm"] == "AES256"
    assert headers[prefix + "key"] == "cXJtay1vZi10aGUtc3RhbmQtaW4="


def test_chunk_headers(standin):
    read(standin.scene("encoded"))
    headers = standin.requests("/blob/")[0]["headers"]
    assert headers["x-standin"] == "yes"
    assert "x-amz-server-side-encryption-customer-algorithm" not in headers


def test_arrow_chunks(standin):
    rows, said = read(standin.scene("arrowchunks"))
    assert not said.failures, said.everything
    assert ids(rows) == [1, 2, 3] * 3


@pytest.mark.parametrize("scene",
                         ["truncated", "dropped", "unavailable", "expired"])
def test_faults_that_pass(standin, scene):
    rows, said = read(standin.scene(scene))
    said.assert_quiet()
    assert ids(rows) == list(range(65))


def test_expired_urls_are_asked_for_anew(standin):
    read(standin.scene("expired"))
    assert len(standin.requests("/queries/expired-")) == 1
    assert standin.requests("/blob/fresh/3")


def test_forbidden_chunk_is_fresh_again(standin):
    rows, _ = read(standin.scene("forbidden"))
    assert ids(rows) == list(range(65))


def test_chunks_wait_until_they_are_read(standin):
    """What is ahead of a reader who waits is bounded: four chunks, and those
    that the pipe's batches are made of."""
    with messages() as said:
        ds = open_connector(standin.scene("many"))
        layer = ds.GetLayer(0)
        assert layer.GetNextFeature()["ID"] == 0
        time.sleep(3)
        waiting = len(standin.requests("/blob/"))
        assert 4 < waiting < 16
        assert [layer.GetNextFeature()["ID"] for _ in range(3)] == [1, 2, 3]
        del ds, layer
    said.assert_quiet()


@pytest.mark.parametrize("scene,words", [
    ("short", "1 are missing"), ("fewer", "2 are missing"),
    ("nothing", "2 are missing"), ("more", "1 are too many")])
def test_other_rows_than_announced(standin, scene, words):
    _, said = read(standin.scene(scene))
    assert words in said.failure


def test_missing_chunk(standin):
    rows, said = read(standin.scene("missing"))
    assert len(rows) <= 25
    assert "fetch failed" in said.failure
    assert "HTTP status 404: NoSuchKey: It is gone." in said.failure
    assert "s3cret" not in said.failure


def test_missing_chunk_ends_ogr2ogr(standin, tmp_path):
    path = tmp_path / "connector.json"
    path.write_text(json.dumps(standin.scene("missing")))
    done = run_program("ogr2ogr", "-f", "GeoJSON", str(tmp_path / "out.json"),
                       "CARTOCONN:%s" % path)
    assert done.returncode != 0
    assert "HTTP status 404" in done.stdout


def test_urls_that_are_refused_even_when_new(standin):
    _, said = read(standin.scene("refused"))
    assert "HTTP status 403: AccessDenied: Request has expired" in said.failure
    assert 1 <= len(standin.requests("/queries/forbidden-")) <= 16


def test_limit_before_the_chunks(standin):
    """What is beyond the limit is not waited for."""
    began = time.time()
    with messages() as said:
        ds = open_connector(standin.scene("hanging"), max_rows=3)
        assert ids([f for f in ds.GetLayer(0)]) == [0, 1, 2]
        del ds
    assert time.time() - began < 5
    assert "truncated at 3 rows" in said.warning
    request = standin.requests("/queries/v1/query-request")[-1]
    assert request["body"]["parameters"]["ROWS_PER_RESULTSET"] == 4


def test_closed_while_chunks_hang(standin):
    with messages() as said:
        ds = open_connector(standin.scene("hanging"))
        assert ds.GetLayer(0).GetNextFeature()["ID"] == 0
        began = time.time()
        del ds
        assert time.time() - began < 3
    assert not said.failures
