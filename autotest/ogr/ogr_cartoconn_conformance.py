#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What every provider must do alike: datasets, layers, their names and
columns. Run against each server of cartoconn_servers.py."""

import pytest
from cartoconn_servers import server  # noqa: F401
from cartoconn_util import (  # noqa: F401
    config,
    connector_file,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    read_query,
    refuse,
    values,
    variant,
)

from osgeo import gdal, ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

ODD_NAMES = [
    "select",
    "desc",
    "user",
    "CamelCase",
    "UPPER",
    "a b",
    " a ",
    'a"b',
    "a'b",
    "a`b",
    "a[b]",
    "a;b",
    "a,b",
    "a(b)",
    "a\\b",
    "a/b",
    "a.b",
    "a$b",
    "$1",
    "?",
    ":x",
    "@x",
    "%s%n%d",
    "-- x",
    "/* x",
    "1a",
    "ünïcödé",
    "日本語",
    "\U0001F600",
    "n" * 63,
    "é" * 31,
]


def read_names(lyr):
    defn = lyr.GetLayerDefn()
    return [defn.GetFieldDefn(i).GetName() for i in range(defn.GetFieldCount())]


###############################################################################
# A table, a query


def test_conformance_table(server):
    server.create("plain", [("a", "integer"), ("b", "text")], [(1, "x"), (2, None)])
    with messages() as said:
        ds = open_connector(server.connector(table="plain"))
        assert ds.GetLayerCount() == 1
        lyr = ds.GetLayer(0)
        assert lyr.GetName() == "plain"
        assert lyr.GetDescription() == "plain"
        assert lyr.GetLayerDefn().GetName() == "plain"
        assert lyr.GetGeomType() == ogr.wkbNone
        assert lyr.GetGeometryColumn() == ""
        assert lyr.GetSpatialRef() is None
        assert read_names(lyr) == ["a", "b"]
        assert lyr.GetFeatureCount() == 2
        assert sorted(values(f) for f in lyr) == [[1, "x"], [2, None]]
    said.assert_quiet()


def test_conformance_table_import_as(server):
    remote = "remote name" if server.takes_table_name("remote name") else "remote"
    server.create(remote, [("a", "integer")], [(1,)])
    ds = open_connector(server.connector(table=remote, import_as="local"))
    assert ds.GetLayer(0).GetName() == "local"
    assert ds.GetLayerByName("local").GetFeatureCount() == 1
    assert ds.GetLayerByName(remote) is None


@pytest.mark.parametrize(
    "keys,name",
    [
        ({"import_as": "named"}, "named"),
        ({"table": "legacy"}, "legacy"),
        ({"table": "legacy", "import_as": "named"}, "named"),
    ],
)
def test_conformance_query_name(server, keys, name):
    sql = server.series(3, "n AS a")
    with messages() as said:
        ds = open_connector(server.connector(sql_query=sql, **keys))
        lyr = ds.GetLayer(0)
        assert lyr.GetName() == name
        assert ds.GetLayerCount() == 1
        assert [values(f) for f in lyr] == [[1], [2], [3]]
    said.assert_quiet()


def test_conformance_query_is_sent_verbatim(server):
    sql = "/* ' \" */  " + server.series(2, "n  AS\ta")
    ds, lyr = open_query(server.connector(), sql)
    assert lyr.GetMetadataItem("SQL") == sql
    assert [values(f) for f in lyr] == [[1], [2]]
    assert lyr.GetMetadataItem("SOURCE") == "query"


@pytest.mark.parametrize("end", ["", ";", " ; ", ";\n", " -- x", "\n/* x */", "; -- x"])
def test_conformance_query_ending(server, end):
    """However a query ends, it can be counted and filtered."""
    sql = "  \n-- begins with a comment\n" + server.series(4, "n AS a") + end
    ds, lyr = open_query(server.connector(), sql)
    assert lyr.GetFeatureCount() == 4
    lyr.SetAttributeFilter("a > 2")
    assert sorted(values(f) for f in lyr) == [[3], [4]]
    assert lyr.GetFeatureCount() == 2


def test_conformance_percent_is_a_character(server):
    sql = server.series(1, "'%d%s%%n' AS a", "'100%' AS b")
    (feature,) = read_query(server.connector(), sql)
    assert values(feature) == ["%d%s%%n", "100%"]


def test_conformance_very_long_query(server):
    sql = server.series(1, "'%s' AS a" % ("x" * 200000))
    (feature,) = read_query(server.connector(), sql)
    assert feature["a"] == "x" * 200000


def test_conformance_query_error(server):
    failure = refuse(
        server.connector(sql_query="SELECT nonsense_1 FROM nonsense_2", import_as="q")
    )
    assert failure.startswith(server.label + ", query failed")
    assert "nonsense_2" in failure.lower()


def test_conformance_missing_table(server):
    failure = refuse(server.connector(table="no_such_table"))
    assert failure.startswith(server.label + ", query failed")
    assert "no_such_table" in failure
    failure = refuse(server.connector(table="t", schema="no_such_schema"))
    assert "no_such_schema" in failure


def test_conformance_dataset_metadata(server):
    server.create("meta", [("a", "integer")])
    body = {"connector": server.connector(table="meta"), "interval": 86400}
    ds = open_connector(body)
    assert ds.GetMetadataItem("PROVIDER") == server.provider
    assert any(c.isdigit() for c in ds.GetMetadataItem("SERVER_VERSION"))
    assert ds.GetMetadataItem("ROW_LIMIT") == str(server.row_limit)
    assert ds.GetMetadataItem("INTERVAL") == "86400"
    ds = open_connector(server.connector(table="meta"))
    assert ds.GetMetadataItem("INTERVAL") is None


def test_conformance_layer_metadata(server):
    server.create("metalayer", [("a", "integer")], [(1,), (2,)])
    ds = open_connector(server.connector(table="metalayer"))
    lyr = ds.GetLayer(0)
    assert lyr.GetMetadataItem("SOURCE").endswith("metalayer")
    assert server.schema in lyr.GetMetadataItem("SOURCE")
    assert "metalayer" in lyr.GetMetadataItem("SQL")
    assert lyr.GetMetadataItem("ROWS_READ") is None
    assert len([f for f in lyr]) == 2
    metadata = lyr.GetMetadata()
    assert metadata["ROWS_READ"] == "2"
    assert metadata["INVALID_GEOMETRIES"] == "0"
    assert "TRUNCATED" not in metadata
    assert "SKIPPED_COLUMNS" not in metadata


def test_conformance_no_secret_in_metadata(server):
    """Not even when the query itself contains it."""
    password = server.base["connection"].get("password")
    if not password:
        pytest.skip("the account has no password")
    sql = server.series(1, "'%s' AS a" % password)
    with config(CPL_DEBUG="ON"):
        with messages() as said:
            ds, lyr = open_query(server.connector(), sql)
            assert lyr.GetNextFeature() is not None
    texts = [ds.GetDescription(), str(ds.GetMetadata()), str(lyr.GetMetadata())]
    assert password not in "\n".join(texts) + said.everything
    assert "***" in lyr.GetMetadataItem("SQL")


def test_conformance_description(server):
    """The name it was opened by; a secret in it is not repeated."""
    import json

    server.create("described", [("a", "integer")])
    connector = server.connector(table="described")
    name = "CARTOCONN:" + json.dumps(connector)
    ds = open_connector(name=name)
    assert ds.GetDescription().startswith("CARTOCONN:{")
    assert connector["connection"].get("password", "\0") not in ds.GetDescription()
    with connector_file(connector) as path:
        ds = open_connector(name="CARTOCONN:" + path)
        assert ds.GetDescription() == "CARTOCONN:" + path


###############################################################################
# What is not there


def test_conformance_out_of_range(server):
    server.create("range", [("a", "integer")], [(1,)])
    ds = open_connector(server.connector(table="range"))
    with messages():
        assert ds.GetLayer(-1) is None
        assert ds.GetLayer(1) is None
        assert ds.GetLayerByName("no_such_layer") is None
    assert ds.GetLayerCount() == 1
    lyr = ds.GetLayer(0)
    assert not ds.TestCapability("fake_capability")
    assert not lyr.TestCapability("fake_capability")


def test_conformance_capabilities(server):
    server.create("capable", [("a", "integer")], [(1,)], key="a")
    server.create("keyless", [("a", "integer")], [(1,)])
    ds = open_connector(server.connector(table="capable"))
    lyr = ds.GetLayer(0)
    for capability in (
        ogr.OLCStringsAsUTF8,
        ogr.OLCIgnoreFields,
        ogr.OLCCurveGeometries,
        ogr.OLCMeasuredGeometries,
        "FastGetArrowStream",
    ):
        assert lyr.TestCapability(capability), capability
    for capability in (
        ogr.OLCSequentialWrite,
        ogr.OLCRandomWrite,
        ogr.OLCCreateField,
        ogr.OLCDeleteFeature,
        ogr.OLCTransactions,
    ):
        assert not lyr.TestCapability(capability), capability
    for capability in (ogr.ODsCCreateLayer, ogr.ODsCDeleteLayer):
        assert not ds.TestCapability(capability), capability
    assert ds.TestCapability(ogr.ODsCCurveGeometries)
    assert ds.TestCapability(ogr.ODsCMeasuredGeometries)
    assert bool(lyr.TestCapability(ogr.OLCFastFeatureCount)) == server.remote_count
    assert bool(lyr.TestCapability(ogr.OLCRandomRead)) == server.keys
    ds = open_connector(server.connector(table="keyless"))
    assert not ds.GetLayer(0).TestCapability(ogr.OLCRandomRead)


def test_conformance_read_only(server):
    server.create("readonly", [("a", "integer")], [(1,)])
    ds = open_connector(server.connector(table="readonly"))
    lyr = ds.GetLayer(0)
    feature = lyr.GetNextFeature()
    with messages():
        assert lyr.CreateFeature(feature) != ogr.OGRERR_NONE
        assert lyr.SetFeature(feature) != ogr.OGRERR_NONE
        assert lyr.DeleteFeature(0) != ogr.OGRERR_NONE
        assert ds.CreateLayer("x") is None
    assert lyr.GetFeatureCount() == 1


###############################################################################
# Listing


def test_conformance_listing(server):
    with server.another_schema("listing") as other:
        odd = "C table" if server.takes_table_name("C table") else "c_table"
        for name in ("b_table", "a_table", odd):
            other.create(name, [("a", "integer")], [(1,)])
        other.create_view("d_view", "SELECT * FROM " + other.table("a_table"))
        with messages() as said:
            ds = open_connector(other.connector())
            names = [ds.GetLayer(i).GetName() for i in range(ds.GetLayerCount())]
            expected = [odd, "a_table", "b_table"] + ["d_view"] * server.lists_views
            assert sorted(names) == sorted(expected)
            for name in names:
                assert ds.GetLayerByName(name).GetFeatureCount() == 1
                assert values(ds.GetLayerByName(name).GetNextFeature()) == [1]
        said.assert_quiet()
        ds = None


def test_conformance_listing_is_lazy(server):
    """A table that is gone matters when it is asked for."""
    with server.another_schema("lazy") as other:
        other.create("stays", [("a", "integer")], [(1,)])
        other.create("goes", [("a", "integer")], [(1,)])
        ds = open_connector(other.connector())
        other.drop("goes")
        assert ds.GetLayerCount() == 2
        assert values(ds.GetLayerByName("stays").GetNextFeature()) == [1]
        with messages() as said:
            lyr = ds.GetLayerByName("goes")
            assert lyr.GetNextFeature() is None
            assert lyr.GetNextFeature() is None
            assert lyr.GetLayerDefn().GetFieldCount() == 0
        assert "goes" in said.failure
        ds = None


def test_conformance_listing_of_nothing(server):
    with server.another_schema("nothing") as other:
        with messages() as said:
            ds = open_connector(other.connector())
            assert ds.GetLayerCount() == 0
        said.assert_quiet()


def test_conformance_listing_limit(server):
    if not server.quick_tables:
        pytest.skip("the server needs minutes for so many tables")
    with server.another_schema("many") as other:

        def create_tables(numbers):
            other.run(
                ";\n".join(
                    "CREATE TABLE %s (a %s)"
                    % (other.table("t%03d" % i), other.types["integer"])
                    for i in numbers
                )
            )

        create_tables(range(500))
        with messages() as said:
            ds = open_connector(other.connector())
            assert ds.GetLayerCount() == 500
        said.assert_quiet()
        create_tables([500])
        with messages() as said:
            ds = open_connector(other.connector())
            assert ds.GetLayerCount() == 500
        assert not said.failures
        assert "500 tables" in said.warning
        ds = None


###############################################################################
# Names


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_conformance_odd_table_name(server, name):
    if not server.takes_table_name(name):
        pytest.skip("the server refuses such a name")
    server.create(name, [("a", "integer")], [(7,)])
    with messages() as said:
        ds = open_connector(server.connector(table=name))
        lyr = ds.GetLayer(0)
        assert lyr.GetName() == name
        assert lyr.GetFeatureCount() == 1
        assert [values(f) for f in lyr] == [[7]]
    said.assert_quiet()
    ds = None
    server.drop(name)


def test_conformance_odd_column_names(server):
    names = [name for name in ODD_NAMES if name not in server.refused_names]
    columns = [(name, "integer") for name in names]
    row = list(range(len(names)))
    server.create("odd_columns", columns, [row])
    with messages() as said:
        ds = open_connector(server.connector(table="odd_columns"))
        lyr = ds.GetLayer(0)
        assert read_names(lyr) == names
        assert values(lyr.GetNextFeature()) == row
        for i, name in enumerate(names):
            quoted = '"%s"' % name.replace('"', '\\"')
            assert lyr.SetAttributeFilter("%s = %d" % (quoted, i)) == 0, name
            assert lyr.GetFeatureCount() == 1, name
            assert values(lyr.GetNextFeature()) == row, name
    said.assert_quiet()


def test_conformance_names_that_differ_in_case(server):
    if not server.case_sensitive_names:
        pytest.skip("the server's names ignore case")
    columns = [("a", "integer"), ("A", "integer"), ("b", "integer")]
    server.create("cases", columns, [(1, 2, 3)])
    server.create("CASES", columns, [(4, 5, 6)])
    ds = open_connector(server.connector(table="CASES"))
    lyr = ds.GetLayer(0)
    assert read_names(lyr) == ["a", "A_1", "b"]
    assert values(lyr.GetNextFeature()) == [4, 5, 6]
    lyr.SetAttributeFilter("A_1 = 5 AND a = 4")
    assert lyr.GetFeatureCount() == 1


def test_conformance_duplicate_column_names(server):
    if not server.duplicate_names:
        pytest.skip("the server refuses them")
    sql = server.series(2, "n AS a", "n + 10 AS a", "n + 20 AS a_1", "n + 30 AS a")
    ds, lyr = open_query(server.connector(), sql)
    assert read_names(lyr) == ["a", "a_1", "a_1_1", "a_2"]
    assert [values(f) for f in lyr] == [[1, 11, 21, 31], [2, 12, 22, 32]]
    lyr.SetAttributeFilter("a_2 = 32 AND a_1_1 = 22")
    assert [values(f) for f in lyr] == [[2, 12, 22, 32]]
    assert lyr.GetFeatureCount() == 1
    lyr.SetAttributeFilter(None)
    lyr.SetIgnoredFields(["a", "a_1_1"])
    assert [values(f) for f in lyr] == [
        ["unset", 11, "unset", 31],
        ["unset", 12, "unset", 32],
    ]


def test_conformance_empty_column_name(server):
    if not server.empty_names:
        pytest.skip("the server gives every column a name")
    sql = server.series(1, "n AS a", "n + 1")
    ds, lyr = open_query(server.connector(), sql)
    assert read_names(lyr) == ["a", "column_2"]
    assert values(lyr.GetNextFeature()) == [1, 2]


def test_conformance_long_column_names(server):
    if server.longest_name <= 63:
        pytest.skip("the server's names have at most 63 bytes")
    first, second = "x" * 63 + "1", "x" * 63 + "2"
    server.create("long_names", [(first, "integer"), (second, "integer")], [(1, 2)])
    with messages() as said:
        ds = open_connector(server.connector(table="long_names"))
        lyr = ds.GetLayer(0)
        assert read_names(lyr) == ["x" * 63, "x" * 61 + "_1"]
        assert values(lyr.GetNextFeature()) == [1, 2]
        lyr.SetAttributeFilter('"%s_1" = 2' % ("x" * 61))
        assert lyr.GetFeatureCount() == 1
    assert len(said.warnings) == 2
    assert first in said.warnings[0] and second in said.warnings[1]


@pytest.mark.parametrize(
    "name,cut",
    [
        ("n" * 63, None),
        ("n" * 64, "n" * 63),
        ("é" * 32, "é" * 31),
        ("n" * 500, "n" * 63),
    ],
    ids=["63", "64", "multibyte", "500"],
)
def test_conformance_long_layer_name(server, name, cut):
    with messages() as said:
        connector = server.connector(sql_query=server.series(1, "n"), import_as=name)
        ds = open_connector(connector)
        assert ds.GetLayer(0).GetName() == (cut or name)
        assert ds.GetLayerByName(cut or name).GetFeatureCount() == 1
    assert not said.failures
    if cut:
        assert "63" in said.warning and cut in said.warning
    else:
        assert not said.warnings


###############################################################################
# Columns


def test_conformance_256_columns(server):
    columns = ["n + %d AS c%d" % (i, i) for i in range(256)]
    (feature,) = read_query(server.connector(), server.series(1, *columns))
    assert values(feature) == [1 + i for i in range(256)]


def test_conformance_257_columns(server):
    columns = ["n + %d AS c%d" % (i, i) for i in range(257)]
    failure = refuse(
        server.connector(sql_query=server.series(1, *columns), import_as="q")
    )
    assert "257 columns" in failure and "256" in failure


def test_conformance_column_order(server):
    names = ["z", "the_geom_not", "b", "a", "id", "y"]
    server.create(
        "ordered", [(n, "integer") for n in names], [(1, 2, 3, 4, 5, 6)], "id"
    )
    ds = open_connector(server.connector(table="ordered"))
    assert read_names(ds.GetLayer(0)) == names
    assert values(ds.GetLayer(0).GetNextFeature()) == [1, 2, 3, 4, 5, 6]


def test_conformance_view(server):
    server.create("viewed", [("a", "integer"), ("b", "text")], [(1, "x"), (2, "y")])
    server.create_view("a_view", "SELECT b, a FROM %s" % server.table("viewed"))
    with messages() as said:
        ds = open_connector(server.connector(table="a_view"))
        lyr = ds.GetLayer(0)
        assert read_names(lyr) == ["b", "a"]
        assert sorted(values(f) for f in lyr) == [["x", 1], ["y", 2]]
        assert lyr.GetFeatureCount() == 2
    said.assert_quiet()


def test_conformance_all_schemas(server):
    """A table of another schema than the default."""
    with server.another_schema("other") as other:
        other.create("elsewhere", [("a", "integer")], [(5,)])
        ds = open_connector(other.connector(table="elsewhere"))
        assert values(ds.GetLayer(0).GetNextFeature()) == [5]
        ds = open_connector(server.connector(table="elsewhere"), schema=other.schema)
        assert values(ds.GetLayer(0).GetNextFeature()) == [5]
        ds = None
    assert gdal.GetDriverByName("CARTOCONN") is not None


def test_conformance_connector_object_is_enough(server):
    """Without the schema, the provider's default is listed."""
    with messages() as said:
        ds = open_connector(variant(server.base))
    assert ds is not None
    assert not said.failures
