#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""SQL Server: a TDS server that was written elsewhere
(servers/tds_mssql_testing has the queries it answers)."""

import json
import os

import pytest
from cartoconn_util import (  # noqa: F401
    no_exceptions,
    open_query,
    read_query,
    refuse,
    values,
    variant,
)

from osgeo import ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

PLACES = "SELECT * FROM places"


@pytest.fixture(scope="module")
def connector():
    text = os.environ.get("OGR_CARTOCONN_SQLSERVER_MOCK")
    if not text:
        pytest.skip("OGR_CARTOCONN_SQLSERVER_MOCK is not set")
    return json.loads(text)


def test_sqlserver_mock_schema(connector):
    ds, lyr = open_query(connector, PLACES)
    defn = lyr.GetLayerDefn()
    fields = [defn.GetFieldDefn(i) for i in range(defn.GetFieldCount())]
    assert [(f.GetName(), f.GetType()) for f in fields] == [
        ("id", ogr.OFTInteger),
        ("name", ogr.OFTString),
        ("people", ogr.OFTInteger64),
    ]
    assert defn.GetGeomFieldDefn(0).GetName() == "the_geom"


def test_sqlserver_mock_values(connector):
    first, second = read_query(connector, PLACES)
    assert values(first) == [1, "M\u00e1laga", 2**40]
    assert values(second) == [2, "\u6771\u4eac \U0001f5fc", None]
    assert first.GetGeometryRef().ExportToWkt() == "POINT (-4.42 36.72)"


def test_sqlserver_mock_many_rows(connector):
    features = read_query(connector, "SELECT n FROM numbers")
    assert [f.GetField(0) for f in features] == list(range(1, 5001))


def test_sqlserver_mock_count_by_reading(connector):
    """The server gives no row for a statement that it does not know."""
    ds, lyr = open_query(connector, "SELECT n FROM numbers")
    assert lyr.GetFeatureCount() == 5000


def test_sqlserver_mock_error(connector):
    wanted = variant(connector, sql_query="SELECT broken", import_as="q")
    failure = refuse(wanted)
    assert failure.startswith("SQL Server, query failed (207)")
    assert "Invalid column name 'broken'." in failure
