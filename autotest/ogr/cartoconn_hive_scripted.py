# SPDX-License-Identifier: MIT
"""HiveServer2 that answers as a script says, for the modules that test the
driver on it."""

import os
import sys

import pytest
from cartoconn_util import messages, open_connector, values

from osgeo import gdal

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../servers"))

import hs2_faults as hs2  # noqa: E402

COLUMNS = [("a", hs2.INT), ("b", hs2.TEXT)]


def numbers(count):
    return [(n, "row %d" % n) for n in range(1, count + 1)]


@pytest.fixture(params=["nosasl", "sasl", "http"])
def server(request):
    with hs2.Server(request.param, COLUMNS, numbers(3)) as scripted:
        yield scripted


@pytest.fixture
def plain():
    with hs2.Server("nosasl", COLUMNS, numbers(3)) as scripted:
        yield scripted


def rows_of(lyr):
    """list() would count them first."""
    return [values(f) for f in lyr]


def read(server, **options):
    ds = open_connector(server.connector(table="t"), **options)
    assert ds is not None, gdal.GetLastErrorMsg()
    return rows_of(ds.GetLayer(0))


def read_failure(server, **options):
    """The failure of a read that begins, and the rows before it."""
    with messages() as said:
        ds = open_connector(server.connector(table="t"), **options)
        assert ds is not None, list(said)
        rows = rows_of(ds.GetLayer(0))
        ds = None
    return said.failure, rows


def fetch_fails_after(server, pages, answer):
    """FetchResults goes well `pages` times."""
    left = [pages]

    def fetch(request):
        left[0] -= 1
        if left[0] < 0:
            return answer(request)
        return server.answer_FetchResults(request)

    server.on["FetchResults"] = fetch
    server.rows = numbers(5000)
    server.page = 100


def runs_forever(server):
    """What is executed to be read never finishes."""

    def state(request):
        if server.statements()[-1].endswith("LIMIT 0"):
            return server.state(hs2.FINISHED)
        return server.state(hs2.CANCELED if server.cancelled.is_set() else hs2.RUNNING)

    server.on["GetOperationStatus"] = state
