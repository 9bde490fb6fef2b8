#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What every provider must do alike: iteration, FIDs, ignored fields, SQL on
top, the row limit, threads."""

import threading

import pytest
from cartoconn_servers import server  # noqa: F401
from cartoconn_util import (  # noqa: F401
    config,
    fids,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    record,
    values,
)

from osgeo import gdal, ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

# Around the batches' sizes: 256 rows first, then 8192.
SIZES = [0, 1, 2, 255, 256, 257, 501, 8191, 8192, 8193, 8448, 8449, 20000]
MANY = 9000


@pytest.fixture(scope="module")
def many(server):
    """A keyless table of MANY rows: a from 1, its text in b."""
    server.fill("many", server.series(MANY, "n AS a", server.text_of("n") + " AS b"))
    return server.connector(table="many")


@pytest.fixture(scope="module")
def keyed(server):
    if not server.keys:
        pytest.skip("the server's tables have no keys")
    columns = [("name", "text"), ("id", "integer"), ("v", "double")]
    rows = [("zero", 0, 0.5), ("minus", -5, 1.5), ("ten", 10, None), (None, 3, 3.5)]
    server.create("keyed", columns, rows, key="id")
    return server.connector(table="keyed")


@pytest.fixture()
def lyr(many):
    ds = open_connector(many)
    yield ds.GetLayer(0)
    ds = None


###############################################################################
# Iteration


@pytest.mark.parametrize("size", SIZES)
def test_conformance_size(server, size):
    if server.sizes and size not in server.sizes:
        pytest.skip("read of the other servers")
    sql = server.series(size, "n AS a", server.text_of("n * 2") + " AS b")
    with messages() as said:
        ds, lyr = open_query(server.connector(), sql)
        for _ in range(2):
            features = [f for f in lyr]
            assert len(features) == size
            assert [f["a"] for f in features] == list(range(1, size + 1))
            assert all(f["b"] == str(2 * f["a"]) for f in features)
            assert [f.GetFID() for f in features] == list(range(size))
            assert lyr.GetNextFeature() is None
            assert lyr.GetNextFeature() is None
            assert lyr.GetMetadataItem("ROWS_READ") == str(size)
            lyr.ResetReading()
        assert lyr.GetFeatureCount() == size
    said.assert_quiet()


def test_conformance_reset_in_mid_stream(lyr):
    for stop in (0, 1, 255, 256, 257, 3000):
        lyr.ResetReading()
        for i in range(stop):
            assert lyr.GetNextFeature()["a"] == i + 1
    lyr.ResetReading()
    assert [f["a"] for f in lyr] == list(range(1, MANY + 1))


def test_conformance_feature_defn_is_the_layers(lyr):
    feature = lyr.GetNextFeature()
    assert feature.GetDefnRef().IsSame(lyr.GetLayerDefn())


def test_conformance_set_next_by_index(lyr):
    for index in (0, 3, 255, 256, 257, 8448, MANY - 1, 5):
        assert lyr.SetNextByIndex(index) == ogr.OGRERR_NONE
        assert lyr.GetNextFeature()["a"] == index + 1
        if index < MANY - 1:
            assert lyr.GetNextFeature()["a"] == index + 2
    with messages() as said:
        assert lyr.SetNextByIndex(-10) != ogr.OGRERR_NONE
        lyr.SetNextByIndex(MANY)
        assert lyr.GetNextFeature() is None
        lyr.SetNextByIndex(2000000000)
        assert lyr.GetNextFeature() is None
    said.assert_quiet()
    lyr.ResetReading()
    assert lyr.GetNextFeature()["a"] == 1


def test_conformance_set_next_by_index_with_filter(lyr):
    lyr.SetAttributeFilter("a > 100")
    assert lyr.SetNextByIndex(10) == ogr.OGRERR_NONE
    assert lyr.GetNextFeature()["a"] == 111
    # Evaluated here: a function is not sent.
    lyr.SetAttributeFilter("CAST(a AS character(10)) = '5' OR a > 8990")
    assert lyr.SetNextByIndex(1) == ogr.OGRERR_NONE
    assert lyr.GetNextFeature()["a"] == 8991


def test_conformance_count_does_not_disturb(lyr):
    assert lyr.GetNextFeature()["a"] == 1
    if lyr.TestCapability(ogr.OLCFastFeatureCount):
        assert lyr.GetFeatureCount() == MANY
        assert lyr.GetNextFeature()["a"] == 2
    assert lyr.GetFeatureCount(force=1) == MANY


def test_conformance_feature_outlives_dataset(many):
    ds = open_connector(many)
    feature = ds.GetLayer(0).GetNextFeature()
    ds = None
    assert values(feature) == [1, "1"]
    assert feature.GetDefnRef().GetFieldCount() == 2


def test_conformance_close_in_mid_stream(many):
    with messages() as said:
        for stop in (0, 1, 300):
            ds = open_connector(many)
            for _ in range(stop):
                assert ds.GetLayer(0).GetNextFeature() is not None
            ds = None
    said.assert_quiet()


def test_conformance_large_values(server):
    """A value larger than a batch, a row after it."""
    size = server.largest_text
    text, data = ("é", size // 2), (bytes(range(256)), size // 512)
    columns = [("a", "integer"), ("t", "text"), ("b", "binary")]
    server.create("large", columns)
    row = (1, server.repeated(*text), server.repeated(*data))
    server.insert("large", [row])
    server.insert("large", [(2, "", b"")])
    ds = open_connector(server.connector(table="large"))
    rows = sorted((values(f) for f in ds.GetLayer(0)), key=lambda row: row[0])
    assert rows[0][1] == text[0] * text[1]
    assert rows[0][2] == data[0] * data[1]
    assert rows[1] == [2, "", b""]
    server.drop("large")


###############################################################################
# FIDs


def test_conformance_fid_is_the_key(keyed):
    with messages() as said:
        ds = open_connector(keyed)
        lyr = ds.GetLayer(0)
        assert lyr.GetFIDColumn() == ""
        assert lyr.GetLayerDefn().GetFieldIndex("id") == 1
        assert {f.GetFID(): f["id"] for f in lyr} == {0: 0, -5: -5, 10: 10, 3: 3}
        for fid in (0, -5, 10, 3):
            feature = lyr.GetFeature(fid)
            assert feature.GetFID() == fid and feature["id"] == fid
        assert values(lyr.GetFeature(10)) == ["ten", 10, None]
        for fid in (1, -10, 2**31, 2**40, -(2**62)):
            assert lyr.GetFeature(fid) is None, fid
        lyr.SetAttributeFilter("FID = 10")
        assert fids(lyr) == [10]
        lyr.SetAttributeFilter("FID IN (0, 3, 77)")
        assert sorted(fids(lyr)) == [0, 3]
    said.assert_quiet()


def test_conformance_fid_of_64_bits(server):
    if not server.keys:
        pytest.skip("the server's tables have no keys")
    big = 123456789012345
    rows = [(big, "x"), (-big, "y"), (2**62, "z")]
    server.create("bigkey", [("id", "bigint"), ("t", "text")], rows, key="id")
    ds = open_connector(server.connector(table="bigkey"))
    lyr = ds.GetLayer(0)
    assert sorted(fids(lyr)) == sorted([big, -big, 2**62])
    assert values(lyr.GetFeature(-big)) == [-big, "y"]
    assert values(lyr.GetFeature(2**62)) == [2**62, "z"]


def test_conformance_fid_without_key(lyr):
    assert lyr.GetFIDColumn() == ""
    assert fids(lyr)[:3] == [0, 1, 2]
    for fid in (0, 300, MANY - 1):
        feature = lyr.GetFeature(fid)
        assert feature.GetFID() == fid and feature["a"] == fid + 1
    with messages() as said:
        for fid in (-1, -10, MANY, 2**31, 2**40):
            assert lyr.GetFeature(fid) is None
    said.assert_quiet()


def test_conformance_fid_of_other_keys(server):
    """A key that is text, or of two columns, is no FID."""
    if not server.keys:
        pytest.skip("the server's tables have no keys")
    server.create("textkey", [("id", "varchar(20)")], [("x",), ("y",)], key="id")
    ds = open_connector(server.connector(table="textkey"))
    assert fids(ds.GetLayer(0)) == [0, 1]
    server.run(
        "CREATE TABLE %s (a %s NOT NULL, b %s NOT NULL, PRIMARY KEY (a, b))"
        % (server.table("twokeys"), server.types["integer"], server.types["integer"])
    )
    server.insert("twokeys", [(7, 8), (9, 10)])
    ds = open_connector(server.connector(table="twokeys"))
    assert fids(ds.GetLayer(0)) == [0, 1]


def test_conformance_get_feature_ignores_filters(keyed):
    ds = open_connector(keyed)
    lyr = ds.GetLayer(0)
    lyr.SetAttributeFilter("id = 3")
    first = lyr.GetNextFeature()
    assert first.GetFID() == 3
    assert lyr.GetFeature(10)["name"] == "ten"
    assert lyr.GetNextFeature() is None
    assert lyr.GetFeatureCount() == 1


def test_conformance_get_feature_in_mid_stream(lyr):
    assert [lyr.GetNextFeature()["a"] for _ in range(3)] == [1, 2, 3]
    assert lyr.GetFeature(700)["a"] == 701
    assert [lyr.GetNextFeature()["a"] for _ in range(3)] == [4, 5, 6]


###############################################################################
# Several readers


def test_conformance_interleaved(server):
    with server.another_schema("two") as other:
        for name, first in (("one", 0), ("two", 5000)):
            other.fill(name, other.series(1000, "n + %d AS a" % first))
        ds = open_connector(other.connector())
        one, two = ds.GetLayerByName("one"), ds.GetLayerByName("two")
        with messages() as said:
            for i in range(1000):
                assert one.GetNextFeature()["a"] == i + 1
                assert two.GetNextFeature()["a"] == i + 5001
            assert one.GetNextFeature() is None
            assert two.GetNextFeature() is None
        said.assert_quiet()
        ds = one = two = None


def test_conformance_same_table_twice(server, many):
    ds1, ds2 = open_connector(many), open_connector(many)
    lyr1, lyr2 = ds1.GetLayer(0), ds2.GetLayer(0)
    for i in range(600):
        assert lyr1.GetNextFeature()["a"] == i + 1
        if i % 2:
            assert lyr2.GetNextFeature()["a"] == i // 2 + 1


def test_conformance_threads(many):
    """Datasets of their own may be read at once."""
    sums = []

    def read():
        ds = open_connector(many)
        sums.append(sum(f["a"] for f in ds.GetLayer(0)))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums == [MANY * (MANY + 1) // 2] * 4


###############################################################################
# SQL


def test_conformance_sql_names_layers(server, many):
    ds = open_connector(many)
    with messages() as said:
        lyr = ds.ExecuteSQL("SELECT count(*) AS n, max(a) AS m FROM many")
        assert values(lyr.GetNextFeature()) == [MANY, MANY]
        ds.ReleaseResultSet(lyr)
    said.assert_quiet()


def test_conformance_sql_names_queries(server):
    """The layer of a query has no remote table behind its name."""
    ds, _ = open_query(server.connector(), server.series(5, "n AS a", "n * n AS b"))
    lyr = ds.ExecuteSQL("SELECT b FROM q WHERE a > 3 ORDER BY a DESC")
    assert [values(f) for f in lyr] == [[25], [16]]
    ds.ReleaseResultSet(lyr)


@pytest.mark.parametrize("where", ["", " WHERE 0 = 1", " WHERE 1 = 1"])
def test_conformance_sql_selects_all(server, many, where):
    ds = open_connector(many)
    with messages() as said:
        lyr = ds.ExecuteSQL("SELECT * FROM many" + where)
        assert lyr.GetFeatureCount() == (0 if "0" in where else MANY)
        assert sum(1 for _ in lyr) == (0 if "0" in where else MANY)
        ds.ReleaseResultSet(lyr)
    said.assert_quiet()


def test_conformance_sql_during_iteration(many):
    ds = open_connector(many)
    lyr = ds.GetLayer(0)
    assert lyr.GetNextFeature()["a"] == 1
    first = ds.ExecuteSQL("SELECT a + 1 AS a1 FROM many")
    second = ds.ExecuteSQL("SELECT a + 2 AS a2 FROM many")
    for i in range(300):
        assert lyr.GetNextFeature()["a"] == i + 2
        assert first.GetNextFeature()["a1"] == i + 2
        assert second.GetNextFeature()["a2"] == i + 3
    ds.ReleaseResultSet(first)
    assert second.GetNextFeature()["a2"] == 303
    ds.ReleaseResultSet(second)
    assert lyr.GetNextFeature()["a"] == 302


def test_conformance_sql_native(server, many):
    ds = open_connector(many)
    sql = server.series(2, "n AS a")
    lyr = ds.ExecuteSQL(sql, dialect="NATIVE")
    assert [values(f) for f in lyr] == [[1], [2]]
    assert lyr.GetMetadataItem("SQL") == sql
    ds.ReleaseResultSet(lyr)


@pytest.mark.parametrize("dialect", ["OGRSQL", "SQLITE"])
def test_conformance_sql_of_gdal(many, dialect):
    if dialect == "SQLITE" and gdal.GetDriverByName("SQLite") is None:
        pytest.skip("no SQLite")
    ds = open_connector(many)
    lyr = ds.ExecuteSQL("SELECT MAX(a) AS m FROM many WHERE a < 100", dialect=dialect)
    assert values(lyr.GetNextFeature()) == [99]
    ds.ReleaseResultSet(lyr)


def test_conformance_sql_mistake(many):
    ds = open_connector(many)
    with messages() as said:
        assert ds.ExecuteSQL("a fake SQL command") is None
    assert "query failed" in said.failure
    assert ds.GetLayer(0).GetNextFeature()["a"] == 1


###############################################################################
# Ignored fields


def test_conformance_ignored_fields(lyr):
    assert lyr.TestCapability(ogr.OLCIgnoreFields)
    whole = lyr.GetMetadataItem("SQL")
    assert lyr.SetIgnoredFields(["b"]) == ogr.OGRERR_NONE
    feature = lyr.GetNextFeature()
    assert values(feature) == [1, "unset"]
    assert lyr.GetMetadataItem("SQL") != whole
    assert '"b"' not in lyr.GetMetadataItem("SQL").replace("`", '"')
    assert lyr.SetIgnoredFields(["a", "b"]) == ogr.OGRERR_NONE
    features = [f for f in lyr]
    assert len(features) == MANY
    assert values(features[-1]) == ["unset", "unset"]
    assert lyr.SetIgnoredFields([]) == ogr.OGRERR_NONE
    assert values(lyr.GetNextFeature()) == [1, "1"]
    assert lyr.GetMetadataItem("SQL") == whole


def test_conformance_ignored_field_in_filter(lyr):
    lyr.SetIgnoredFields(["a"])
    lyr.SetAttributeFilter("a = 17")
    assert [values(f) for f in lyr] == [["unset", "17"]]
    # The same, evaluated here.
    lyr.SetAttributeFilter("CAST(a AS character(10)) = '17'")
    assert [values(f) for f in lyr] == [["unset", "17"]]


def test_conformance_ignored_key(keyed):
    ds = open_connector(keyed)
    lyr = ds.GetLayer(0)
    lyr.SetIgnoredFields(["id", "v"])
    assert {f.GetFID(): f["name"] for f in lyr} == {
        0: "zero",
        -5: "minus",
        10: "ten",
        3: None,
    }
    lyr.ResetReading()
    assert values(lyr.GetNextFeature())[1:] == ["unset", "unset"]


def test_conformance_ignored_field_of_a_query(server):
    ds, lyr = open_query(server.connector(), server.series(3, "n AS a", "n * 2 AS b"))
    lyr.SetIgnoredFields(["a"])
    assert [values(f) for f in lyr] == [["unset", 2], ["unset", 4], ["unset", 6]]


###############################################################################
# The row limit


@pytest.fixture(scope="module")
def table_of(server):
    """The name of a table of so many rows."""
    names = {}

    def find(rows):
        if rows not in names:
            names[rows] = "limited_%d" % rows
            server.fill(names[rows], server.series(rows, "n AS a"))
        return names[rows]

    return find


@pytest.mark.parametrize("kind", ["table", "query"])
@pytest.mark.parametrize("rows", [0, 1, 256, 300])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_conformance_max_rows(server, table_of, rows, more, kind):
    """At the limit nothing is said, one row beyond it a warning."""
    limit = rows - more
    if limit < 1:
        pytest.skip("no limit is less than one row")
    if kind == "table":
        name = table_of(rows)
        connector = server.connector(table=name)
    else:
        name = "q"
        connector = server.connector(sql_query=server.series(rows, "n AS a"))
        connector["import_as"] = name
    with messages() as said:
        ds = open_connector(connector, max_rows=limit)
        assert ds.GetMetadataItem("ROW_LIMIT") == str(limit)
        lyr = ds.GetLayer(0)
        assert lyr.GetFeatureCount() == min(rows, limit)
        assert [f["a"] for f in lyr] == list(range(1, min(rows, limit) + 1))
    assert not said.failures
    if rows > limit:
        assert "truncated at %d rows" % limit in said.warning
        assert name in said.warning
    else:
        assert not said.warnings
    expected = "YES" if rows > limit else None
    assert lyr.GetMetadataItem("TRUNCATED") == expected
    assert lyr.GetMetadataItem("ROWS_READ") == str(min(rows, limit))


def test_conformance_max_rows_with_filter(many):
    """The limit counts what is delivered."""
    for condition in ("a > 8990", "CAST(a AS character(10)) > '8990' AND a > 8990"):
        with messages() as said:
            ds = open_connector(many, max_rows=10)
            lyr = ds.GetLayer(0)
            lyr.SetAttributeFilter(condition)
            assert [f["a"] for f in lyr] == list(range(8991, 9001))
        said.assert_quiet()
        with messages() as said:
            ds = open_connector(many, max_rows=9)
            lyr = ds.GetLayer(0)
            lyr.SetAttributeFilter(condition)
            assert len([f for f in lyr]) == 9
        assert "truncated at 9 rows" in said.warning


def test_conformance_max_rows_in_json(many):
    ds = open_connector(dict(many, max_rows=7))
    with messages() as said:
        assert len([f for f in ds.GetLayer(0)]) == 7
    assert "truncated at 7 rows" in said.warning


def test_conformance_max_rows_cannot_raise(server, many):
    ds = open_connector(many, max_rows=10**12)
    assert ds.GetMetadataItem("ROW_LIMIT") == str(server.row_limit)


def test_conformance_operator_limit(many):
    with config(CARTOCONN_MAX_ROWS="100"):
        with messages() as said:
            ds = open_connector(many)
            assert ds.GetMetadataItem("ROW_LIMIT") == "100"
            assert len([f for f in ds.GetLayer(0)]) == 100
        assert "truncated at 100 rows" in said.warning
        # The user may go below the operator's limit, not above it.
        ds = open_connector(many, max_rows=50)
        assert ds.GetMetadataItem("ROW_LIMIT") == "50"
        ds = open_connector(many, max_rows=200)
        assert ds.GetMetadataItem("ROW_LIMIT") == "100"
    with config(CARTOCONN_MAX_ROWS="7000000000"):
        ds = open_connector(many)
        assert ds.GetMetadataItem("ROW_LIMIT") == "7000000000"


def test_conformance_truncated_read_can_be_repeated(many):
    with messages() as said:
        ds = open_connector(many, max_rows=300)
        lyr = ds.GetLayer(0)
        first = [record(f) for f in lyr]
        lyr.ResetReading()
        second = [record(f) for f in lyr]
        lyr.SetAttributeFilter("a <= 300")
        assert len([f for f in lyr]) == 300
    assert len(first) == 300 and first == second
    assert len(said.warnings) == 2
    assert lyr.GetMetadataItem("TRUNCATED") is None


def test_conformance_row_beyond_the_limit_has_no_fid(many):
    ds = open_connector(many, max_rows=10)
    lyr = ds.GetLayer(0)
    assert lyr.GetFeature(9)["a"] == 10
    assert lyr.GetFeature(10) is None
