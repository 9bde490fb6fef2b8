#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What every provider must do alike: the Arrow stream has what the features
have, value by value."""

import pytest
from cartoconn_arrow import Stream, as_ogr
from cartoconn_servers import Expression, server  # noqa: F401
from cartoconn_util import (  # noqa: F401
    geometry_wkb,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    values,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

COLUMNS = [
    ("id", "integer"),
    ("small", "smallint"),
    ("i", "integer"),
    ("big", "bigint"),
    ("flag", "boolean"),
    ("f", "real"),
    ("d", "double"),
    ("n", "decimal(12,3)"),
    ("n9", "decimal(9)"),
    ("n18", "decimal(18)"),
    ("s", "text"),
    ("vc", "varchar(20)"),
    ("bin", "binary"),
    ("dt", "date"),
    ("tm", "time"),
    ("ts", "timestamp"),
    ("tz", "timestamptz"),
]
ROWS = 601


def row(server, k):
    if k % 50 == 7:
        return [k] + [None] * (len(COLUMNS) - 1)
    day = "%04d-%02d-%02d" % (1 + k * 16, k % 12 + 1, k % 28 + 1)
    clock = "%02d:%02d:%02d.%03d" % (k % 24, k % 60, k * 7 % 60, k)
    zoned = server.timestamp_with_zone("%s %s" % (day, clock), "-03:30")
    return [
        k,
        k - 300,
        (k - 300) * 7000000,
        (k - 300) * 3 * 10**16,
        k % 3 == 0,
        k / 8.0,
        (k - 300) / 3.0,
        Expression("%d.%03d" % (k - 300, k)),
        k * 1000000,
        k * 10**15,
        "text %d é \U0001F600" % k if k % 5 else "",
        "%d" % k,
        bytes(range(k % 256)),
        day,
        clock,
        "%s %s" % (day, clock),
        Expression(zoned),
    ]


@pytest.fixture(scope="module")
def lyr(server):
    keep = [i for i, c in enumerate(COLUMNS) if server.types.get(c[1])]
    columns = [COLUMNS[i] for i in keep]
    rows = [[row(server, k)[i] for i in keep] for k in range(1, ROWS + 1)]
    if server.native_geometry:
        columns.append(("geom", server.geometry_type()))
        for k, values_ in enumerate(rows, 1):
            wkt = "POINT (%d %.3f)" % (k % 180, k / 10.0)
            line = "LINESTRING (0 0,%d 1)" % (k % 180)
            if k % 3 == 0 and server.stores(line):
                wkt = line
            null = k % 11 == 0 and server.sends_null_geometry
            values_.append(None if null else Expression(server.geometry(wkt)))
    server.create("streamed", columns, rows, key="id")
    ds = open_connector(server.connector(table="streamed"))
    yield ds.GetLayer(0)
    ds = None


@pytest.fixture(autouse=True)
def clean(lyr):
    yield
    lyr.SetAttributeFilter(None)
    lyr.SetSpatialFilter(None)
    lyr.SetIgnoredFields([])
    lyr.ResetReading()


def field_names(lyr):
    defn = lyr.GetLayerDefn()
    names = [defn.GetFieldDefn(i).GetName() for i in range(defn.GetFieldCount())]
    for i in range(defn.GetGeomFieldCount()):
        names.append(defn.GetGeomFieldDefn(i).GetName())
    return names


def assert_equals_features(lyr, stream):
    """Every value; names and order of the columns; the FIDs."""
    lyr.ResetReading()
    names = field_names(lyr)
    assert stream.names == ["OGC_FID"] + names
    rows = stream.rows
    features = [f for f in lyr]
    assert len(rows) == len(features)
    for row_, feature in zip(rows, features):
        converted = [as_ogr(c, v) for c, v in zip(stream.columns, row_)]
        geometries = [
            geometry_wkb(feature, i) for i in range(feature.GetGeomFieldCount())
        ]
        assert converted == [feature.GetFID()] + values(feature) + geometries


def test_conformance_arrow(lyr):
    with messages() as said:
        stream = Stream(lyr)
        assert_equals_features(lyr, stream)
    said.assert_quiet()
    assert len(stream.rows) == ROWS
    assert lyr.GetMetadataItem("ROWS_READ") == str(ROWS)


STAND_IN_FORMATS = {"bigint": "l", "decimal(38)": "l", "double": "g"}


@pytest.mark.parametrize(
    "name,format_",
    [
        ("OGC_FID", "l"),
        ("small", "s"),
        ("i", "i"),
        ("big", "l"),
        ("flag", "b"),
        ("f", "f"),
        ("d", "g"),
        ("n", "g"),
        ("n9", "i"),
        ("n18", "l"),
        ("s", "u"),
        ("vc", "u"),
        ("bin", "z"),
        ("dt", "tdD"),
        ("tm", "ttu"),
        ("ts", "tsu:"),
        ("tz", "tsu:UTC"),
        ("the_geom", "z"),
    ],
)
def test_conformance_arrow_format(server, lyr, name, format_):
    stream = Stream(lyr)
    stands_for = server.stands_for.get(dict(COLUMNS).get(name))
    format_ = STAND_IN_FORMATS.get(stands_for, format_)
    if name not in stream.names:
        pytest.skip("the server has no such type")
    assert stream.column(name).format == format_


def test_conformance_arrow_nullable(lyr):
    stream = Stream(lyr)
    assert not stream.column("OGC_FID").nullable
    assert stream.column("s").nullable


@pytest.mark.parametrize("size", [1, 2, 100, 256, 65536])
def test_conformance_arrow_batch_size(lyr, size):
    stream = Stream(lyr, "MAX_FEATURES_IN_BATCH=%d" % size)
    assert all(1 <= len(batch) <= size for batch in stream.batches)
    if size <= 2:
        assert [len(batch) for batch in stream.batches[:-1]] == [size] * (
            len(stream.batches) - 1
        )
    assert_equals_features(lyr, stream)


def test_conformance_arrow_without_fid(lyr):
    stream = Stream(lyr, "INCLUDE_FID=NO")
    assert stream.names == field_names(lyr)
    assert len(stream.rows) == ROWS


def test_conformance_arrow_geometry_metadata(lyr):
    if "the_geom" not in field_names(lyr):
        pytest.skip("the server has no geometry")
    key = "ARROW:extension:name"
    assert Stream(lyr).column("the_geom").metadata[key] == "ogc.wkb"
    option = "GEOMETRY_METADATA_ENCODING=GEOARROW"
    assert Stream(lyr, option).column("the_geom").metadata[key] == "geoarrow.wkb"


@pytest.mark.parametrize(
    "condition,count",
    [
        ("1 = 1", ROWS),
        ("1 = 0", 0),
        ("id = 42", 1),
        ("id > 590 OR s = ''", None),
        ("CAST(id AS character(5)) = '42'", 1),
        ("FID = 42", 1),
    ],
)
def test_conformance_arrow_attribute_filter(lyr, condition, count):
    lyr.SetAttributeFilter(condition)
    stream = Stream(lyr)
    if count is not None:
        assert len(stream.rows) == count
    assert stream.values("OGC_FID") == [f.GetFID() for f in lyr]
    assert len(stream.rows) == lyr.GetFeatureCount()


def test_conformance_arrow_spatial_filter(lyr):
    if "the_geom" not in field_names(lyr):
        pytest.skip("the server has no geometry")
    lyr.SetSpatialFilterRect(10, 0, 20, 100)
    stream = Stream(lyr)
    assert 0 < len(stream.rows) < ROWS
    assert stream.values("OGC_FID") == [f.GetFID() for f in lyr]


def test_conformance_arrow_ignored_fields(lyr):
    lyr.SetIgnoredFields(["s", "d", "bin"])
    stream = Stream(lyr)
    expected = [n for n in field_names(lyr) if n not in ("s", "d", "bin")]
    assert stream.names == ["OGC_FID"] + expected
    assert stream.values("i") == [
        f["i"] if f.IsFieldSetAndNotNull("i") else None for f in lyr
    ]


def test_conformance_arrow_ignored_key(lyr):
    lyr.SetIgnoredFields(["id"])
    stream = Stream(lyr)
    assert "id" not in stream.names
    assert stream.values("OGC_FID") == [f.GetFID() for f in lyr]


def test_conformance_arrow_in_the_middle_of_features(lyr):
    first = lyr.GetNextFeature()
    assert len(Stream(lyr).rows) == ROWS
    lyr.ResetReading()
    assert lyr.GetNextFeature().Equal(first)


def test_conformance_arrow_twice(lyr):
    assert Stream(lyr).rows == Stream(lyr).rows


def test_conformance_arrow_two_at_once(server, lyr):
    one, two = lyr.GetArrowStream(), lyr.GetArrowStream()
    assert one.GetNextRecordBatch().GetLength() > 0
    # not the same number of rows: a batch ends early when its rows are late
    total = two.GetNextRecordBatch().GetLength()
    assert total > 0
    del one
    while True:
        batch = two.GetNextRecordBatch()
        if batch is None:
            break
        total += batch.GetLength()
    assert total == ROWS
    assert two.GetNextRecordBatch() is None


def test_conformance_arrow_abandoned(lyr):
    with messages() as said:
        for read in (0, 1):
            stream = lyr.GetArrowStream()
            for _ in range(read):
                stream.GetNextRecordBatch()
            del stream
    said.assert_quiet()
    assert lyr.GetFeatureCount() == ROWS


def test_conformance_arrow_of_query(server):
    sql = server.series(9000, "n AS a", server.text_of("n") + " AS b")
    ds, lyr = open_query(server.connector(), sql)
    stream = Stream(lyr)
    assert stream.rows == [[n - 1, n, str(n)] for n in range(1, 9001)]


def test_conformance_arrow_of_nothing(server):
    ds, lyr = open_query(server.connector(), server.series(0, "n AS a"))
    stream = Stream(lyr)
    assert stream.names == ["OGC_FID", "a"] and stream.rows == []


@pytest.mark.parametrize("limit", [299, 300, 301])
def test_conformance_arrow_row_limit(server, limit):
    sql = server.series(300, "n AS a")
    with messages() as said:
        ds, lyr = open_query(server.connector(), sql, max_rows=limit)
        assert Stream(lyr).values("a") == list(range(1, min(limit, 300) + 1))
    assert not said.failures
    if limit < 300:
        assert "truncated at 299 rows" in said.warning
        assert lyr.GetMetadataItem("TRUNCATED") == "YES"
    else:
        assert not said.warnings
        assert lyr.GetMetadataItem("TRUNCATED") is None


def test_conformance_arrow_row_limit_with_filter(server):
    """Evaluated here or there, the filter comes before the limit."""
    ds, lyr = open_query(server.connector(), server.series(500, "n AS a"), max_rows=10)
    for condition in ("a > 400", "CAST(a AS character(5)) > '400' AND a > 400"):
        with messages() as said:
            lyr.SetAttributeFilter(condition)
            assert Stream(lyr).values("a") == list(range(401, 411))
        assert "truncated at 10 rows" in said.warning


def test_conformance_arrow_numpy(server, lyr):
    """GDAL's own consumer reads it as well."""
    pytest.importorskip("numpy")
    pytest.importorskip("osgeo.gdal_array")
    lyr.SetIgnoredFields([n for n in field_names(lyr) if n in ("tm",)])
    ids, fids = [], []
    for batch in lyr.GetArrowStreamAsNumPy(["USE_MASKED_ARRAYS=NO"]):
        assert batch["id"].dtype.name == (
            "int64" if "integer" in server.stands_for else "int32"
        )
        ids += list(batch["id"])
        fids += list(batch["OGC_FID"])
    assert sorted(ids) == list(range(1, ROWS + 1))
    assert (ids, fids) == ([f["id"] for f in lyr], [f.GetFID() for f in lyr])
