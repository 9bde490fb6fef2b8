#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What every provider must do alike: which columns are geometry, what they may
contain, and what becomes of what is none."""

import json
import struct

import ogrtest
import pytest
from cartoconn_arrow import Stream
from cartoconn_geometry import POINT, POINT_WKB, epsg, iso, text_query, wkts
from cartoconn_server import CURVES, SURFACES
from cartoconn_servers import Expression, server  # noqa: F401
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    open_query,
    values,
)

from osgeo import gdal, ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

POINT_WKB_BE = struct.pack(">BIdd", 0, 1, -3.5, 40.25)
POINT_EWKB = struct.pack("<BIIdd", 1, 0x20000001, 4326, -3.5, 40.25)
POINT_EWKB_BE = struct.pack(">BIIdd", 0, 0x20000001, 4326, -3.5, 40.25)
NAMES = ["the_geom", "geometry", "wkb_geometry", "geom", "geojson", "wkt"]


###############################################################################
# The series of all types


SERIES = ogrtest.get_wkt_data_series(True, True, True, True, True)


def test_conformance_geometry_series_is_complete():
    assert len(SERIES) >= 84
    for dimension in ("", " Z", " M", " ZM"):
        for keyword in CURVES | SURFACES | {"POINT", "GEOMETRYCOLLECTION"}:
            assert any(w.startswith(keyword + dimension + " ") for w in SERIES)


def expected_iso(wkt):
    return ogr.CreateGeometryFromWkt(wkt).ExportToIsoWkt()


def test_conformance_geometry_native(server):
    """Each type comes back as it was stored."""
    if not server.native_geometry:
        pytest.skip("the server has no geometry")
    series = [wkt for wkt in SERIES if server.stores(wkt)]
    columns = [("id", "integer"), ("shape", server.geometry_type(srid=None))]
    rows = [(i, Expression(server.geometry(w))) for i, w in enumerate(series)]
    server.create("series", columns, rows, key="id")
    with messages() as said:
        ds = open_connector(server.connector(table="series"))
        lyr = ds.GetLayer(0)
        assert lyr.GetGeometryColumn() == "the_geom"
        assert lyr.GetGeomType() == ogr.wkbUnknown
        got = {f.GetFID(): iso(f.GetGeometryRef()) for f in lyr}
    said.assert_quiet()
    assert got == {i: expected_iso(wkt) for i, wkt in enumerate(series)}
    assert epsg(lyr) == 4326


@pytest.mark.parametrize(
    "encode",
    [
        lambda g: g.ExportToIsoWkt(),
        lambda g: "SRID=4326;" + g.ExportToIsoWkt(),
        lambda g: g.ExportToIsoWkt().lower(),
        lambda g: g.ExportToIsoWkb(ogr.wkbNDR).hex(),
        lambda g: g.ExportToIsoWkb(ogr.wkbXDR).hex().upper(),
        lambda g: "\\x" + g.ExportToIsoWkb(ogr.wkbNDR).hex(),
        lambda g: "0x" + g.ExportToIsoWkb(ogr.wkbXDR).hex(),
    ],
    ids=["WKT", "EWKT", "lower", "hex", "HEX", "\\x", "0x"],
)
def test_conformance_geometry_series_as_text(server, encode):
    texts = [encode(ogr.CreateGeometryFromWkt(wkt)) for wkt in SERIES]
    with messages() as said:
        ds, lyr = open_query(server.connector(), text_query(server, texts))
        got = wkts(lyr)
    said.assert_quiet()
    assert got == [expected_iso(wkt) for wkt in SERIES]
    assert lyr.GetMetadataItem("INVALID_GEOMETRIES") == "0"


def test_conformance_geometry_series_as_binary(server):
    if not server.types.get("binary"):
        pytest.skip("the server has no such type")
    for order in (ogr.wkbNDR, ogr.wkbXDR):
        name = "series_binary_%d" % order
        rows = [
            (i, bytes(ogr.CreateGeometryFromWkt(wkt).ExportToIsoWkb(order)))
            for i, wkt in enumerate(SERIES)
        ]
        columns = [("id", "integer"), ("wkb_geometry", "binary")]
        server.create(name, columns, rows, key="id")
        with messages() as said:
            ds = open_connector(server.connector(table=name))
            got = {f["id"]: iso(f.GetGeometryRef()) for f in ds.GetLayer(0)}
        said.assert_quiet()
        assert got == {i: expected_iso(wkt) for i, wkt in enumerate(SERIES)}


POINT_TEXTS = [
    POINT,
    "point(-3.5 40.25)",
    " POINT  ( -3.5\n40.25 ) ",
    "SRID=4326;POINT(-3.5 40.25)",
    "srid=4326; POINT (-3.50 4.025e1)",
    POINT_WKB.hex(),
    POINT_WKB_BE.hex().upper(),
    POINT_EWKB.hex(),
    POINT_EWKB_BE.hex(),
    "\\x" + POINT_EWKB.hex().upper(),
    "0x" + POINT_WKB.hex(),
    "0X" + POINT_WKB.hex().upper(),
    '{"type": "Point", "coordinates": [-3.5, 40.25]}',
    '{"coordinates":[-3.5,40.25],"type":"Point"}',
    '{"type": "Feature", "properties": {"a": [1]}, "geometry": '
    '{"type": "Point", "coordinates": [-3.5, 40.25]}}',
]


@pytest.mark.parametrize("name", NAMES)
def test_conformance_geometry_text(server, name):
    """In a column of any of the names, every encoding is understood."""
    with messages() as said:
        ds, lyr = open_query(server.connector(), text_query(server, POINT_TEXTS, name))
        assert lyr.GetGeometryColumn() == "the_geom"
        assert lyr.GetLayerDefn().GetFieldCount() == 1
        assert wkts(lyr) == [POINT] * len(POINT_TEXTS)
        assert epsg(lyr) == 4326
    said.assert_quiet()


def test_conformance_geometry_geojson_types(server):
    """GeoJSON's seven types, with and without Z."""
    shapes = [
        "POINT (1 2)",
        "LINESTRING (1 2,3 4)",
        "POLYGON ((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))",
        "MULTIPOINT ((1 2),(3 4))",
        "MULTILINESTRING ((1 2,3 4),(5 6,7 8))",
        "MULTIPOLYGON (((0 0,4 0,4 4,0 0)),((9 9,8 9,8 8,9 9)))",
        "GEOMETRYCOLLECTION (POINT (1 2),LINESTRING (1 2,3 4))",
        "POINT Z (1 2 3)",
        "LINESTRING Z (1 2 3,4 5 6)",
    ]
    texts = [ogr.CreateGeometryFromWkt(w).ExportToJson() for w in shapes]
    ds, lyr = open_query(server.connector(), text_query(server, texts, "geojson"))
    assert wkts(lyr) == [expected_iso(w) for w in shapes]


###############################################################################
# Which column is the geometry


def geometry_names(lyr):
    defn = lyr.GetLayerDefn()
    return [defn.GetGeomFieldDefn(i).GetName() for i in range(defn.GetGeomFieldCount())]


def attribute_names(lyr):
    defn = lyr.GetLayerDefn()
    return [defn.GetFieldDefn(i).GetName() for i in range(defn.GetFieldCount())]


def columns_query(server, *columns):
    """One row of columns (name, text or number)."""
    return server.series(
        1,
        *[
            "%s AS %s"
            % (
                server.text_of(server.literal(v)) if isinstance(v, str) else v,
                server.quote(name),
            )
            for name, v in columns
        ]
    )


def test_conformance_geometry_names_in_any_case(server):
    for name in ("THE_GEOM", "Geometry", "WKB_geometry", "GEOM", "GeoJSON", "WKT"):
        ds, lyr = open_query(server.connector(), columns_query(server, (name, POINT)))
        assert geometry_names(lyr) == ["the_geom"], name


def test_conformance_geometry_of_other_names(server):
    names = ["shape", "the_geometry", "geom_", "wkb", "json", "geog"]
    query = columns_query(server, *[(name, POINT) for name in names])
    ds, lyr = open_query(server.connector(), query)
    assert geometry_names(lyr) == []
    assert lyr.GetGeomType() == ogr.wkbNone
    assert values(lyr.GetNextFeature()) == [POINT] * len(names)


@pytest.mark.parametrize("first", range(len(NAMES)))
def test_conformance_geometry_order_of_names(server, first):
    """The best name wins; the others stay geometry under their own names."""
    wanted = NAMES[first:][::-1]
    query = columns_query(
        server, *[(n, "POINT (%d 0)" % i) for i, n in enumerate(wanted)]
    )
    ds, lyr = open_query(server.connector(), query)
    assert geometry_names(lyr) == ["the_geom"] + wanted[:-1]
    feature = lyr.GetNextFeature()
    points = [feature.GetGeomFieldRef(i).GetX() for i in range(len(wanted))]
    assert points == [len(wanted) - 1] + list(range(len(wanted) - 1))


def test_conformance_geometry_number_is_none(server):
    """Only text and binary columns are geometry by their name."""
    query = columns_query(server, ("the_geom", 5), ("geom", POINT))
    ds, lyr = open_query(server.connector(), query)
    assert geometry_names(lyr) == ["the_geom"]
    assert attribute_names(lyr) == ["the_geom_1"]
    feature = lyr.GetNextFeature()
    assert values(feature) == [5]
    assert iso(feature.GetGeometryRef()) == POINT


def test_conformance_geometry_possible_names(server):
    query = columns_query(server, ("geom", POINT), ("Shape", POINT), ("b", POINT))
    ds, lyr = open_query(server.connector(), query, geom_possible_names="b,shape")
    assert geometry_names(lyr) == ["the_geom", "Shape"]
    assert attribute_names(lyr) == ["geom"]
    ds, lyr = open_query(server.connector(), query, geom_possible_names="nothing")
    assert geometry_names(lyr) == []
    assert values(lyr.GetNextFeature()) == [POINT] * 3
    ds, lyr = open_query(server.connector(), query, geom_possible_names="NONE")
    assert geometry_names(lyr) == []
    assert values(lyr.GetNextFeature()) == [POINT] * 3


def test_conformance_geometry_possible_names_none_keeps_native(server):
    if not server.native_geometry:
        pytest.skip("the server has no geometry")
    query = server.series(1, server.geometry(POINT) + " AS shape", "'x' AS the_geom")
    ds, lyr = open_query(server.connector(), query, geom_possible_names="NONE")
    assert geometry_names(lyr) == ["the_geom"]
    assert wkts(lyr) == [POINT]


def test_conformance_geometry_native_and_named(server):
    """The guide's advice: a converted column beside the raw one."""
    if not server.native_geometry:
        pytest.skip("the server has no geometry")
    query = server.series(
        1,
        server.geometry("POINT (1 1)") + " AS shape",
        server.text_of("'POINT (2 2)'") + " AS the_geom",
        server.geometry("POINT (3 3)") + " AS second",
    )
    ds, lyr = open_query(server.connector(), query)
    assert geometry_names(lyr) == ["the_geom", "shape", "second"]
    feature = lyr.GetNextFeature()
    assert [feature.GetGeomFieldRef(i).GetX() for i in range(3)] == [2, 1, 3]


def test_conformance_geometry_first_native_without_name(server):
    if not server.native_geometry:
        pytest.skip("the server has no geometry")
    query = server.series(
        1,
        "n AS id",
        server.geometry("POINT (1 1)") + " AS z_shape",
        server.geometry("POINT (2 2)") + " AS a_shape",
    )
    ds, lyr = open_query(server.connector(), query)
    assert geometry_names(lyr) == ["the_geom", "a_shape"]
    feature = lyr.GetNextFeature()
    assert [feature.GetGeomFieldRef(i).GetX() for i in range(2)] == [1, 2]
    lyr.SetSpatialFilterRect(1, 1.5, 1.5, 2.5, 2.5)
    assert len([f for f in lyr]) == 1
    lyr.SetSpatialFilterRect(0, 1.5, 1.5, 2.5, 2.5)
    assert len([f for f in lyr]) == 0
    lyr.SetSpatialFilter(None)
    lyr.SetIgnoredFields(["a_shape"])
    feature = lyr.GetNextFeature()
    assert feature.GetGeomFieldRef(0) is not None
    assert feature.GetGeomFieldRef(1) is None


def test_conformance_geometry_null(server):
    ds, lyr = open_query(server.connector(), text_query(server, [None, POINT, None]))
    assert wkts(lyr) == [None, POINT, None]
    assert lyr.GetMetadataItem("INVALID_GEOMETRIES") == "0"
    ds, lyr = open_query(server.connector(), text_query(server, [None, None]))
    with messages() as said:
        assert epsg(lyr) == 4326
        assert wkts(lyr) == [None, None]
        assert lyr.GetExtent(can_return_null=True) is None
    said.assert_quiet()


###############################################################################
# What is no geometry

BROKEN = [
    "not geometry",
    "POINT (1",
    "POINT (a b)",
    "LINESTRING (1 2,3)",
    "POINT (1 2) trailing",
    "NONSENSE (1 2)",
    "0101",
    "01010000",
    POINT_WKB.hex()[:-1],
    POINT_WKB.hex()[:-2],
    POINT_WKB.hex() + "00",
    "07" + POINT_WKB.hex()[2:],
    "01ff000000" + POINT_WKB.hex()[10:],
    "zz" + POINT_WKB.hex()[2:],
    "{}",
    "{",
    '{"type": "Point"}',
    '{"type": "Point", "coordinates": ["a", "b"]}',
    '{"type": "Nothing", "coordinates": [1, 2]}',
    "SRID=;POINT (1 2)",
    # Counts that the value has no room for
    "0102000000ffffffff",
    "0104000000ffffff7f",
    "0103000000010000" + "00ffffffff",
    # A hundred thousand collections in each other
    "GEOMETRYCOLLECTION (" * 5000 + "POINT (1 2)" + ")" * 5000,
    "010700000001000000" * 5000,
    "[" * 5000,
    '{"type":"GeometryCollection","geometries":[' * 2000,
]


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: ascii(text[:30]))
def test_conformance_geometry_broken(server, text):
    """NULL, and counted; what is around it is read."""
    with messages() as said:
        query = text_query(server, [POINT, text, POINT])
        ds, lyr = open_query(server.connector(), query)
        assert wkts(lyr) == [POINT, None, POINT]
    assert not said.failures
    assert '"the_geom": 1 value' in said.warning
    assert "row 2" in said.warning
    assert "\n" not in said.warning and len(said.warning) < 1000
    assert lyr.GetMetadataItem("INVALID_GEOMETRIES") == "1"


def test_conformance_geometry_broken_are_counted(server):
    """One warning for a column, with the first row and its reason."""
    texts = [POINT] * 3 + ["first nonsense"] + [POINT] + ["more"] * 5
    with messages() as said:
        ds, lyr = open_query(server.connector(), text_query(server, texts))
        assert [w is None for w in wkts(lyr)].count(True) == 6
        # Again, and once more through Arrow
        assert len(wkts(lyr)) == len(texts)
        assert len(Stream(lyr).rows) == len(texts)
    assert not said.failures
    assert len(said.warnings) == 3
    for warning in said.warnings:
        assert "6 values" in warning
        assert "first in row 4" in warning
        assert "first nonsense" in warning or "(" in warning
    assert lyr.GetMetadataItem("INVALID_GEOMETRIES") == "6"


def test_conformance_geometry_broken_in_two_columns(server):
    query = columns_query(server, ("geom", "x"), ("wkt", "y"))
    with messages() as said:
        ds, lyr = open_query(server.connector(), query)
        assert wkts(lyr) == [None]
    assert len(said.warnings) == 2
    assert '"geom"' in said.warnings[0] and '"wkt"' in said.warnings[1]
    assert lyr.GetMetadataItem("INVALID_GEOMETRIES") == "2"


def test_conformance_geometry_broken_beyond_the_limit(server):
    """A row that is not delivered is not counted."""
    with messages() as said:
        query = text_query(server, [POINT, POINT, "broken"])
        ds, lyr = open_query(server.connector(), query, max_rows=2)
        assert wkts(lyr) == [POINT, POINT]
    assert "truncated at 2 rows" in said.warning


def test_conformance_geometry_broken_is_error(server):
    with messages() as said:
        query = text_query(server, [POINT, "nonsense", POINT])
        ds, lyr = open_query(server.connector(), query, invalid_geometry="ERROR")
        got = wkts(lyr)
        assert lyr.GetNextFeature() is None
    assert len(got) <= 1
    assert "the_geom" in said.failure and "row 2" in said.failure
    assert said[-1][0] == gdal.CE_Failure


def test_conformance_geometry_truncated_at_every_byte(server):
    line = ogr.CreateGeometryFromWkt(
        "GEOMETRYCOLLECTION (POINT (1 2),POLYGON ((0 0,1 0,1 1,0 0)))"
    )
    wkb = bytes(line.ExportToIsoWkb(ogr.wkbNDR))
    texts = [wkb[:n].hex() for n in range(1, len(wkb))] + [wkb.hex()]
    with messages() as said:
        ds, lyr = open_query(server.connector(), text_query(server, texts))
        got = wkts(lyr)
    assert got[:-1] == [None] * (len(wkb) - 1)
    assert got[-1] == line.ExportToIsoWkt()
    assert "%d values" % (len(wkb) - 1) in said.warning


def test_conformance_geometry_cut_by_a_varchar(server):
    """What VARCHAR(1000) leaves of a long WKB in hex is called cut."""
    ring = ",".join("%d %d" % (i, i * i % 97) for i in range(200))
    wkb = ogr.CreateGeometryFromWkt("LINESTRING (%s)" % ring).ExportToIsoWkb()
    with messages() as said:
        query = text_query(server, [bytes(wkb).hex()[:1000]])
        ds, lyr = open_query(server.connector(), query)
        assert wkts(lyr) == [None]
    assert "cut" in said.warning and "500 bytes" in said.warning


def test_conformance_geometry_json_column_is_text(server):
    """GeoJSON in a column of another name stays what it is."""
    text = json.dumps({"type": "Point", "coordinates": [1, 2]})
    query = columns_query(server, ("shape", text))
    ds, lyr = open_query(server.connector(), query)
    assert values(lyr.GetNextFeature()) == [text]
