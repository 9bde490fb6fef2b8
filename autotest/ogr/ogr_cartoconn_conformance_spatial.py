#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What every provider must do alike: spatial filters select what OGR's own
evaluation selects of a copy of the layer in memory; extents and counts."""

import math

import pytest
from cartoconn_filters import ids
from cartoconn_servers import Expression, server  # noqa: F401
from cartoconn_util import (  # noqa: F401
    memory_copy,
    messages,
    no_exceptions,
    open_connector,
)

from osgeo import ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

PACMAN = "POLYGON ((0 0,10 0,10 10,0 10,0 9,9 5,0 1,0 0))"


@pytest.fixture(scope="module")
def spatial(server):
    """A grid of points, lines, areas, EMPTY and NULL."""
    if not server.native_geometry:
        pytest.skip("the server has no geometry")
    rows = []
    for x in range(11):
        for y in range(11):
            rows.append("POINT (%d %d)" % (x, y))
    for x in range(10):
        rows.append("LINESTRING (%d 20,%d 30)" % (x, x + 10))
        rows.append("POLYGON ((%d 40,%d 40,%d 50,%d 40))" % (x, x + 2, x, x))
    rows += ["POINT (-170 -80)", "POINT (179 89)", None]
    rows += ["POINT EMPTY", "POLYGON EMPTY", "GEOMETRYCOLLECTION EMPTY"]
    rows = [wkt for wkt in rows if wkt is None or server.stores(wkt)]
    columns = [("id", "integer"), ("n", "integer"), ("geom", server.geometry_type())]
    data = [
        (k, k % 5, Expression(server.geometry(wkt)) if wkt else None)
        for k, wkt in enumerate(rows, 1)
    ]
    server.create("spatial", columns, data, key="id")
    ds = open_connector(server.connector(table="spatial"))
    twin = memory_copy(ds.GetLayer(0))
    yield ds.GetLayer(0), twin.GetLayer(0)
    ds = twin = None


def assert_same_space(lyr, twin, geometry, condition=None):
    with messages() as said:
        for layer in (lyr, twin):
            assert layer.SetAttributeFilter(condition) == ogr.OGRERR_NONE
            layer.SetSpatialFilter(geometry)
        got = ids(lyr)
        count = lyr.GetFeatureCount()
        lyr.SetSpatialFilter(None)
    said.assert_quiet()
    expected = ids(twin)
    twin.SetSpatialFilter(None)
    assert sorted(got) == sorted(expected)
    assert count == len(got)
    return got


@pytest.mark.parametrize(
    "wkt",
    [
        "POLYGON ((2 2,5 2,5 5,2 5,2 2))",
        "POLYGON ((2.5 2.5,2.6 2.5,2.6 2.6,2.5 2.6,2.5 2.5))",
        PACMAN,
        "POINT (3 3)",
        "POINT (3.5 3.5)",
        "LINESTRING (0 5,10 5)",
        "LINESTRING (5 0,5 10)",
        "LINESTRING (0 0,10 10)",
        "POLYGON ((2 20,4 20,4 30,2 30,2 20))",
        "POLYGON ((1.9 41,2 41,2 49,1.9 49,1.9 41))",
        "POLYGON ((-180 -90,180 -90,180 90,-180 90,-180 -90))",
        "POLYGON ((1000 1000,1001 1000,1001 1001,1000 1001,1000 1000))",
        "POLYGON ((170 80,190 80,190 100,170 100,170 80))",
        "MULTIPOLYGON (((0 0,1 0,1 1,0 1,0 0)),((9 9,10 9,10 10,9 10,9 9)))",
        "POLYGON EMPTY",
    ],
)
def test_conformance_spatial_filter(spatial, wkt):
    lyr, twin = spatial
    geometry = ogr.CreateGeometryFromWkt(wkt)
    assert_same_space(lyr, twin, geometry)
    assert_same_space(lyr, twin, geometry, "n = 1 OR n = 2")
    assert_same_space(lyr, twin, geometry, "CAST(n AS character(3)) = '1'")


@pytest.mark.parametrize(
    "box",
    [
        (2, 2, 5, 5),
        (5, 5, 5, 5),
        (0, 5, 10, 5),
        (5, 0, 5, 10),
        (-1e300, -1e300, 1e300, 1e300),
        (-math.inf, -math.inf, math.inf, math.inf),
        (-math.inf, 3, math.inf, 4),
        (3, -math.inf, 4, math.inf),
        (1e300, 1e300, 1.1e300, 1.1e300),
        (-200, -100, -190, -95),
        (1.0000000001, 1.0000000001, 1.9999999999, 1.9999999999),
    ],
)
def test_conformance_spatial_filter_rect(spatial, box):
    lyr, twin = spatial
    with messages() as said:
        lyr.SetAttributeFilter(None)
        twin.SetAttributeFilter(None)
        lyr.SetSpatialFilterRect(*box)
        twin.SetSpatialFilterRect(*box)
        got, expected = ids(lyr), ids(twin)
        count = lyr.GetFeatureCount()
        lyr.SetSpatialFilter(None)
        twin.SetSpatialFilter(None)
    said.assert_quiet()
    assert sorted(got) == sorted(expected)
    assert count == len(got)


def test_conformance_spatial_filter_excludes_by_geometry(spatial):
    """The mouth of the pacman is within his box only."""
    lyr, twin = spatial
    inside = assert_same_space(lyr, twin, ogr.CreateGeometryFromWkt(PACMAN))
    lyr.SetAttributeFilter(None)
    lyr.SetSpatialFilter(None)
    mouth = [f.GetFID() for f in lyr if wkt_of(f) == "POINT (2 5)"]
    throat = [f.GetFID() for f in lyr if wkt_of(f) == "POINT (5 1)"]
    assert mouth[0] not in inside
    assert throat[0] in inside


def wkt_of(feature):
    geometry = feature.GetGeometryRef()
    return geometry.ExportToWkt() if geometry else None


def test_conformance_spatial_filter_survives_get_feature(spatial):
    lyr, _ = spatial
    lyr.SetAttributeFilter(None)
    lyr.SetSpatialFilterRect(2, 2, 3, 3)
    expected = ids(lyr)
    assert len(expected) == 4
    lyr.ResetReading()
    assert lyr.GetNextFeature() is not None
    assert lyr.GetFeature(1).GetFID() == 1
    assert ids(lyr) == expected
    lyr.SetSpatialFilter(None)
    assert len(ids(lyr)) > 100


def test_conformance_spatial_filter_of_ignored_geometry(spatial):
    lyr, _ = spatial
    lyr.SetAttributeFilter(None)
    lyr.SetIgnoredFields(["OGR_GEOMETRY"])
    lyr.SetSpatialFilterRect(2, 2, 3, 3)
    features = [f for f in lyr]
    lyr.SetSpatialFilter(None)
    lyr.SetIgnoredFields([])
    assert len(features) == 4
    assert all(f.GetGeometryRef() is None for f in features)


def test_conformance_spatial_filter_on_missing_field(spatial):
    lyr, _ = spatial
    with messages() as said:
        lyr.SetSpatialFilterRect(1, 0, 0, 1, 1)
        lyr.SetSpatialFilterRect(-1, 0, 0, 1, 1)
    assert len(said.failures) == 2
    assert "geometry field" in said.failures[0]
    lyr.SetSpatialFilter(None)
    assert lyr.GetNextFeature() is not None


def test_conformance_spatial_filter_of_sql(server, spatial):
    if not server.describes_with:
        pytest.skip("the server does not describe what names a layer")
    ds = open_connector(server.connector(table="spatial"))
    box = ogr.CreateGeometryFromWkt("POLYGON ((2 2,3 2,3 3,2 3,2 2))")
    sql = "SELECT * FROM " + server.quote("spatial")
    lyr = ds.ExecuteSQL(sql, spatialFilter=box)
    assert lyr.GetFeatureCount() == 4
    assert len(ids(lyr)) == 4
    ds.ReleaseResultSet(lyr)


###############################################################################
# Extent and count


def test_conformance_extent(spatial):
    lyr, twin = spatial
    for condition in (None, "n = 1", "id < 122", "CAST(n AS character(3)) = '1'"):
        lyr.SetAttributeFilter(condition)
        twin.SetAttributeFilter(condition)
        assert lyr.GetExtent() == pytest.approx(twin.GetExtent(), abs=1e-10)
    lyr.SetAttributeFilter("id = 1 AND id = 2")
    with messages():
        assert lyr.GetExtent(can_return_null=True) is None
    lyr.SetAttributeFilter(None)
    with messages() as said:
        assert lyr.GetExtent(geom_field=1, can_return_null=True) is None
    assert said.failures


@pytest.mark.parametrize("rows", [[], [None, None]], ids=["empty", "null"])
def test_conformance_extent_of_nothing(server, spatial, rows):
    columns = [("id", "integer"), ("geom", server.geometry_type())]
    name = "nowhere_%d" % len(rows)
    data = [(k, None) for k, _ in enumerate(rows)]
    server.create(name, columns, data)
    with messages() as said:
        ds = open_connector(server.connector(table=name))
        lyr = ds.GetLayer(0)
        assert lyr.GetExtent(can_return_null=True) is None
        assert lyr.GetFeatureCount() == len(rows)
        assert [f.GetGeometryRef() for f in lyr] == rows
    said.assert_quiet()


def test_conformance_extent_within_the_row_limit(server, spatial):
    """The extent is that of the rows that are delivered."""
    with messages():
        ds = open_connector(server.connector(table="spatial"), max_rows=12)
        lyr = ds.GetLayer(0)
        extent = lyr.GetExtent()
        lyr.ResetReading()
        envelope = [f.GetGeometryRef().GetEnvelope() for f in lyr]
    assert extent == (
        min(e[0] for e in envelope),
        max(e[1] for e in envelope),
        min(e[2] for e in envelope),
        max(e[3] for e in envelope),
    )
