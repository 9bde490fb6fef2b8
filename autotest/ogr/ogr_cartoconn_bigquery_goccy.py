#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""BigQuery: goccy's emulator (OGR_CARTOCONN_BIGQUERY_GOCCY), which has GEOGRAPHY
and its functions, one stream, and messages that are whole Arrow streams. It may
be used little: see cartoconn_emulators.py."""

import pytest
from cartoconn_bigquery import ids, layer_of
from cartoconn_emulators import Goccy
from cartoconn_server import Expression
from cartoconn_servers import connector_of
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    open_query,
    refuse,
    values,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

COUNT = 3000  # more than the first page of a query
SHAPES = [
    "POINT (1 2)",
    "LINESTRING (10 0,11 1)",
    "POLYGON ((20 0,22 0,22 2,20 0))",
    "MULTIPOINT ((30 0),(31 1))",
    "MULTILINESTRING ((40 0,41 1),(42 0,43 1))",
    "MULTIPOLYGON (((50 0,51 0,51 1,50 0)),((52 0,53 0,53 1,52 0)))",
    "GEOMETRYCOLLECTION (POINT (60 0),LINESTRING (61 0,62 1))",
]


@pytest.fixture(scope="module")
def goccy():
    adapter = Goccy(connector_of("bigquery_goccy"))
    adapter.create_schema()
    numbers = ["n AS id", "CONCAT('row ', CAST(n AS STRING)) AS s", "n * 0.5 AS f"]
    adapter.fill("numbers", adapter.series(COUNT, *numbers))
    columns = [("id", "integer"), ("shape", "GEOGRAPHY")]
    rows = [(i, Expression(adapter.geometry(wkt))) for i, wkt in enumerate(SHAPES)]
    adapter.create("shapes", columns, rows + [(len(rows), None)])
    adapter.create_view("some", "SELECT * FROM %s WHERE id < 3" % adapter.table("shapes"))
    return adapter


@pytest.fixture()
def shapes(goccy):
    return layer_of(open_connector(goccy.connector(table="shapes")))


def wkts(layer):
    found = {}
    for feature in layer:
        shape = feature.GetGeometryRef()
        found[feature["id"]] = None if shape is None else shape.ExportToIsoWkt()
    return [found[i] for i in sorted(found)]


def test_goccy_listing(goccy):
    ds = open_connector(goccy.connector())
    names = [ds.GetLayer(i).GetName() for i in range(ds.GetLayerCount())]
    assert names == ["numbers", "shapes", "some"]


def test_goccy_table(goccy):
    """Every message has the schema, a batch and an end."""
    with messages() as said:
        layer = layer_of(open_connector(goccy.connector(table="numbers")))
        assert layer.GetFeatureCount() == COUNT
        rows = sorted(values(f) for f in layer)
    said.assert_quiet()
    assert rows == [[n, "row %d" % n, n * 0.5] for n in range(1, COUNT + 1)]


def test_goccy_columns_and_filter(goccy):
    """They are chosen by the server."""
    layer = layer_of(open_connector(goccy.connector(table="numbers")))
    layer.SetIgnoredFields(["s"])
    layer.SetAttributeFilter("id > 2990 AND f < 1499 AND s LIKE 'row %'")
    with messages() as said:
        assert sorted((f["id"], f["f"]) for f in layer) == [
            (n, n * 0.5) for n in range(2991, 2998)
        ]
        assert layer.GetFeatureCount() == 7
    said.assert_quiet()


def test_goccy_query(goccy):
    """Of more than a page, in its order."""
    sql = "SELECT id, s FROM %s ORDER BY id DESC" % goccy.table("numbers")
    with messages() as said:
        ds, layer = open_query(goccy.connector(), sql)
        assert int(layer.GetMetadataItem("TOTAL_BYTES_PROCESSED")) >= 0
        assert ids(layer) == list(range(COUNT, 0, -1))
    said.assert_quiet()


def test_goccy_geography(shapes):
    """As text, of the Storage Read API."""
    assert shapes.GetLayerDefn().GetGeomFieldDefn(0).GetName() == "the_geom"
    assert shapes.GetSpatialRef().GetAuthorityCode(None) == "4326"
    assert wkts(shapes) == SHAPES + [None]
    assert shapes.GetExtent() == (1, 62, 0, 2)


@pytest.mark.parametrize(
    "keys",
    [
        {"table": "some"},
        {"sql_query": "SELECT * FROM {}.shapes WHERE id < 3", "import_as": "q"},
    ],
    ids=["view", "query"],
)
def test_goccy_geography_of_a_query(goccy, keys):
    """A view's as WKB, a query's of one's own as text."""
    keys = {k: v.format(goccy.schema) for k, v in keys.items()}
    with messages() as said:
        layer = layer_of(open_connector(goccy.connector(**keys)))
        assert wkts(layer) == SHAPES[:3]
    said.assert_quiet()


@pytest.mark.parametrize("condition", [None, "id <> 2"])
@pytest.mark.parametrize(
    "box,found",
    [
        ((0, 0, 15, 5), [0, 1]),
        ((21, 1.5, 22, 3), [2]),
        ((20, 1.9, 20.1, 2), []),
        ((-180, -90, 180, 90), list(range(len(SHAPES)))),
    ],
)
def test_goccy_box(shapes, box, found, condition):
    """The server evaluates ST_BOUNDINGBOX; what is left is evaluated here."""
    shapes.SetAttributeFilter(condition)
    shapes.SetSpatialFilterRect(*box)
    with messages() as said:
        got = sorted(ids(shapes))
    said.assert_quiet()
    assert got == [i for i in found if condition is None or i != 2]


@pytest.mark.parametrize(
    "keys,words",
    [
        ({"table": "missing"}, "table missing is not found (notFound)"),
        ({"sql_query": "SELECT FROM", "import_as": "q"}, "Syntax error"),
        ({"sql_query": "SELECT nothing", "import_as": "q"}, "Unrecognized name"),
    ],
)
def test_goccy_errors(goccy, keys, words):
    assert words in refuse(goccy.connector(**keys))


def test_goccy_is_only_read(goccy):
    """It calls every statement a SELECT."""
    goccy.fill("kept", goccy.series(3, "n AS id"))
    sql = "DELETE FROM %s WHERE true" % goccy.table("kept")
    said = refuse(goccy.connector(sql_query=sql, import_as="q"))
    assert "there are no columns" in said
    kept = layer_of(open_connector(goccy.connector(table="kept")))
    assert sorted(ids(kept)) == [1, 2, 3]


def test_goccy_values(goccy):
    """What its Storage Read API gets right, and what REST does as well."""
    columns = ["integer", "double", "boolean", "decimal(12,3)", "text", "date"]
    columns += ["timestamptz"]
    goccy.create(
        "kinds",
        [("c%d" % i, kind) for i, kind in enumerate(columns)],
        [
            (
                -5,
                0.1,
                True,
                Expression("NUMERIC '-12.345'"),
                "n\u00e4me\n",
                Expression("DATE '2020-02-29'"),
                Expression("TIMESTAMP '2020-01-02 03:04:05.678901+00'"),
            ),
            (None,) * len(columns),
        ],
    )
    expected = [
        [-5, 0.1, 1, -12.345, "n\u00e4me\n", (2020, 2, 29, 0, 0, 0.0, 0)],
        [None] * 7,
    ]
    for connection in ({}, {"storage_endpoint": None}):
        connector = goccy.connector(connection, table="kinds")
        with messages() as said:
            layer = layer_of(open_connector(connector))
            got = sorted((values(f) for f in layer), key=lambda row: row[0] is None)
        said.assert_quiet()
        assert got[0][:6] == expected[0]
        assert got[0][6][:5] == (2020, 1, 2, 3, 4)
        assert got[1] == expected[1]
