#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""PostGIS: what the catalog declares of geometry and geography columns, their
reference systems, filters and extents on them."""

import ogrtest
import pytest
from cartoconn_servers import postgres, run_psql  # noqa: F401
from cartoconn_util import (  # noqa: F401
    fids,
    memory_copy,
    messages,
    no_exceptions,
    open_connector,
    open_query,
)

from osgeo import ogr, osr

pytestmark = pytest.mark.require_driver("CARTOCONN")


def geom_field(lyr, index=0):
    return lyr.GetLayerDefn().GetGeomFieldDefn(index)


def epsg(lyr, index=0):
    reference = geom_field(lyr, index).GetSpatialRef()
    return None if reference is None else reference.GetAuthorityCode(None)


###############################################################################
# Declared types


@pytest.mark.parametrize(
    "declared,kind,srid",
    [
        ("geometry", ogr.wkbUnknown, "4326"),
        ("geometry(Geometry)", ogr.wkbUnknown, "4326"),
        ("geometry(Geometry,3857)", ogr.wkbUnknown, "3857"),
        ("geometry(Point,4326)", ogr.wkbPoint, "4326"),
        ("geometry(PointZ,4326)", ogr.wkbPoint25D, "4326"),
        ("geometry(PointM,4326)", ogr.wkbPointM, "4326"),
        ("geometry(PointZM,25830)", ogr.wkbPointZM, "25830"),
        ("geometry(LineString,4326)", ogr.wkbLineString, "4326"),
        ("geometry(Polygon,4326)", ogr.wkbPolygon, "4326"),
        ("geometry(MultiPoint,4326)", ogr.wkbMultiPoint, "4326"),
        ("geometry(MultiLineStringZ,4326)", ogr.wkbMultiLineString25D, "4326"),
        ("geometry(MultiPolygon,3857)", ogr.wkbMultiPolygon, "3857"),
        ("geometry(GeometryCollection,4326)", ogr.wkbGeometryCollection, "4326"),
        ("geometry(CircularString,4326)", ogr.wkbCircularString, "4326"),
        ("geometry(CompoundCurve,4326)", ogr.wkbCompoundCurve, "4326"),
        ("geometry(CurvePolygon,4326)", ogr.wkbCurvePolygon, "4326"),
        ("geometry(MultiCurve,4326)", ogr.wkbMultiCurve, "4326"),
        ("geometry(MultiSurface,4326)", ogr.wkbMultiSurface, "4326"),
        ("geometry(PolyhedralSurfaceZ,4326)", ogr.wkbPolyhedralSurfaceZ, "4326"),
        ("geometry(TinZ,4326)", ogr.wkbTINZ, "4326"),
        ("geometry(Triangle,4326)", ogr.wkbTriangle, "4326"),
        ("geography", ogr.wkbUnknown, "4326"),
        ("geography(Point)", ogr.wkbPoint, "4326"),
        ("geography(MultiPolygon,4326)", ogr.wkbMultiPolygon, "4326"),
        ("geography(Point,4258)", ogr.wkbPoint, "4258"),
    ],
)
def test_postgres_declared_geometry(postgres, declared, kind, srid):
    postgres.run("DROP TABLE IF EXISTS " + postgres.table("declared"))
    postgres.create("declared", [("id", "integer"), ("shape", declared)])
    for connector in (
        postgres.connector(table="declared"),
        postgres.connector(
            sql_query="SELECT * FROM " + postgres.table("declared"), import_as="q"
        ),
    ):
        with messages() as said:
            ds = open_connector(connector)
            lyr = ds.GetLayer(0)
            assert lyr.GetGeomType() == kind
            assert lyr.GetGeometryColumn() == "the_geom"
            assert epsg(lyr) == srid
            assert [f for f in lyr] == []
            ds = lyr = None
        said.assert_quiet()


def test_postgres_geometry_not_null(postgres):
    columns = [("a", "geometry(Point,4326) NOT NULL"), ("b", "geometry(Point,4326)")]
    postgres.create("nullness", columns)
    ds = open_connector(postgres.connector(table="nullness"))
    lyr = ds.GetLayer(0)
    assert not geom_field(lyr, 0).IsNullable()
    assert geom_field(lyr, 1).IsNullable()


def test_postgres_several_declared(postgres):
    columns = [
        ("first", "geometry(Point,3857)"),
        ("second", "geography(LineString,4326)"),
        ("geom", "geometry(Polygon,25830)"),
    ]
    postgres.create("several", columns)
    postgres.run(
        """INSERT INTO {} VALUES ('SRID=3857;POINT(1 2)', 'LINESTRING(1 2,3 4)',
        'SRID=25830;POLYGON((0 0,1 0,1 1,0 0))')""".format(
            postgres.table("several")
        )
    )
    with messages() as said:
        ds = open_connector(postgres.connector(table="several"))
        lyr = ds.GetLayer(0)
        names = [geom_field(lyr, i).GetName() for i in range(3)]
        assert names == ["the_geom", "first", "second"]
        assert [epsg(lyr, i) for i in range(3)] == ["25830", "3857", "4326"]
        feature = lyr.GetNextFeature()
        wkts = [feature.GetGeomFieldRef(i).ExportToWkt() for i in range(3)]
        assert wkts == [
            "POLYGON ((0 0,1 0,1 1,0 0))",
            "POINT (1 2)",
            "LINESTRING (1 2,3 4)",
        ]
        assert lyr.GetExtent(geom_field=1) == (1, 1, 2, 2)
    said.assert_quiet()


###############################################################################
# Reference systems


def test_postgres_mixed_srids(postgres):
    """The first row decides; a row of another SRID is reprojected."""
    postgres.create("mixed", [("id", "integer"), ("geom", "geometry")])
    postgres.run(
        """INSERT INTO {} VALUES (1, 'SRID=4326;POINT(2 49)'),
        (2, ST_Transform('SRID=4326;POINT(2 49)'::geometry, 3857)),
        (3, ST_Transform('SRID=4326;POINT(2 49)'::geometry, 2154)),
        (4, 'POINT(2 49)')""".format(
            postgres.table("mixed")
        )
    )
    with messages() as said:
        ds = open_connector(postgres.connector(table="mixed"))
        lyr = ds.GetLayer(0)
        assert epsg(lyr) == "4326"
        geometries = [f.GetGeometryRef().Clone() for f in lyr]
    said.assert_quiet()
    assert len(geometries) == 4
    for geometry in geometries:
        ogrtest.check_feature_geometry(geometry, "POINT (2 49)", 1e-6)
    # A filter in the layer's SRID finds them all.
    lyr.SetSpatialFilterRect(1.9, 48.9, 2.1, 49.1)
    assert len([f for f in lyr]) == 4
    assert lyr.GetFeatureCount() == 4
    lyr.SetSpatialFilter(None)
    assert lyr.GetExtent() == pytest.approx((2, 2, 49, 49), abs=1e-6)


def test_postgres_custom_srid(postgres):
    """A row of spatial_ref_sys that is no EPSG code."""
    srid = 910000 + int(postgres.schema.split("_")[-1]) % 80000
    definition = "+proj=laea +lat_0=52 +lon_0=10 +x_0=1234 +ellps=GRS80 +units=m"
    postgres.run(
        "INSERT INTO spatial_ref_sys (srid, proj4text) VALUES (%d, '%s')"
        % (srid, definition)
    )
    try:
        columns = [("id", "integer"), ("geom", "geometry(Point,%d)" % srid)]
        postgres.create("custom", columns)
        postgres.run(
            "INSERT INTO %s VALUES (1, 'SRID=%d;POINT(1234 0)')"
            % (postgres.table("custom"), srid)
        )
        with messages() as said:
            ds = open_connector(postgres.connector(table="custom"))
            reference = ds.GetLayer(0).GetSpatialRef()
            assert reference.GetProjParm(osr.SRS_PP_FALSE_EASTING) == 1234
            ds = open_connector(
                postgres.connector(table="custom"), target_srs="EPSG:4326"
            )
            lyr = ds.GetLayer(0)
            (geometry,) = [f.GetGeometryRef().Clone() for f in lyr]
            ogrtest.check_feature_geometry(geometry, "POINT (10 52)", 1e-6)
            ds = lyr = None
        said.assert_quiet()
        # Mixed with others it is reprojected as well.
        sql = """SELECT * FROM (VALUES (1, 'SRID=4326;POINT(10 52)'::geometry),
            (2, 'SRID=%d;POINT(1234 0)'::geometry)) x (id, geom) ORDER BY id"""
        with messages() as said:
            ds, lyr = open_query(postgres.connector(), sql % srid)
            geometries = [f.GetGeometryRef().Clone() for f in lyr]
            ds = lyr = None
        said.assert_quiet()
        for geometry in geometries:
            ogrtest.check_feature_geometry(geometry, "POINT (10 52)", 1e-6)
    finally:
        postgres.run("DROP TABLE IF EXISTS " + postgres.table("custom"))
        postgres.run("DELETE FROM spatial_ref_sys WHERE srid = %d" % srid)


def test_postgres_unknown_srid(postgres):
    """Said, and read without a reference system."""
    with messages() as said:
        sql = "SELECT ST_SetSRID(ST_MakePoint(1, 2), 998000) AS geom"
        ds, lyr = open_query(postgres.connector(), sql)
        assert lyr.GetSpatialRef() is None
        (wkt,) = [f.GetGeometryRef().ExportToWkt() for f in lyr]
    assert wkt == "POINT (1 2)"
    assert not said.failures
    assert "998000" in said.warning


def test_postgres_axis_order(postgres):
    """Longitude first, whatever the authority says."""
    sql = "SELECT 'SRID=4326;POINT(-3.7 40.4)'::geography AS geog"
    ds, lyr = open_query(postgres.connector(), sql)
    geometry = [f.GetGeometryRef().Clone() for f in lyr][0]
    assert (geometry.GetX(), geometry.GetY()) == (-3.7, 40.4)
    assert lyr.GetSpatialRef().GetDataAxisToSRSAxisMapping() == [2, 1]


###############################################################################
# Filters on what is indexed, and what is on the sphere


@pytest.fixture(scope="module")
def grid(postgres):
    postgres.run(
        """CREATE TABLE {0} AS SELECT n AS id, ST_SetSRID(ST_MakePoint(n % 360 - 180,
            n % 180 - 90), 4326) AS geom FROM generate_series(1, 20000) n;
        ALTER TABLE {0} ADD PRIMARY KEY (id);
        CREATE INDEX ON {0} USING gist (geom); ANALYZE {0};
        ALTER TABLE {0} ALTER geom TYPE geometry(Point,4326)""".format(
            postgres.table("grid")
        )
    )
    return postgres.connector(table="grid")


def test_postgres_spatial_filter_is_pushed(postgres, grid):
    ds = open_connector(grid)
    lyr = ds.GetLayer(0)
    assert lyr.TestCapability(ogr.OLCFastSpatialFilter)
    twin = memory_copy(lyr)
    lyr.SetSpatialFilterRect(10, 20, 12, 60)
    twin.GetLayer(0).SetSpatialFilterRect(10, 20, 12, 60)
    assert fids(lyr) == fids(twin.GetLayer(0))
    sql = lyr.GetMetadataItem("SQL")
    assert "&&" in sql
    plan = run_psql(
        postgres.base["connection"], "SET enable_seqscan = off; EXPLAIN " + sql
    )
    assert "Index" in plan


def test_postgres_extent_is_computed_there(postgres, grid):
    ds = open_connector(grid)
    lyr = ds.GetLayer(0)
    assert lyr.TestCapability(ogr.OLCFastGetExtent)
    assert lyr.GetExtent() == (-180, 179, -90, 89)
    lyr.SetAttributeFilter("id <= 10")
    assert lyr.GetExtent() == (-179, -170, -89, -80)


@pytest.mark.parametrize(
    "box", [(9, 49, 11, 51), (-180, -90, 180, 90), (170, -10, 180, 10), (0, 89, 1, 90)]
)
def test_postgres_geography_filter(postgres, box):
    """Geodesics bulge out of planar boxes: the filter is planar all the
    same, as OGR evaluates it."""
    postgres.run("DROP TABLE IF EXISTS " + postgres.table("globe"))
    postgres.run(
        """CREATE TABLE {0} (id integer PRIMARY KEY, geog geography);
        INSERT INTO {0} SELECT n, ST_MakeLine(ST_MakePoint(n * 10 - 180, 40),
            ST_MakePoint(n * 10 - 120, 40))::geography
            FROM generate_series(0, 30) n;
        INSERT INTO {0} VALUES (100, 'POINT(10 50)'), (101, 'POINT(175 0)'),
            (102, 'POINT(0.5 89.5)')""".format(
            postgres.table("globe")
        )
    )
    ds = open_connector(postgres.connector(table="globe"))
    lyr = ds.GetLayer(0)
    twin = memory_copy(lyr)
    lyr.SetSpatialFilterRect(*box)
    twin.GetLayer(0).SetSpatialFilterRect(*box)
    assert sorted(fids(lyr)) == sorted(fids(twin.GetLayer(0)))
    lyr.SetSpatialFilter(None)
    twin.GetLayer(0).SetSpatialFilter(None)
    assert lyr.GetExtent() == pytest.approx(twin.GetLayer(0).GetExtent())


def test_postgres_raster_and_box_types(postgres):
    """Other spatial types are text, or left out with a warning."""
    sql = "SELECT 'BOX(1 2,3 4)'::box2d AS a, 'BOX3D(1 2 3,4 5 6)'::box3d AS b"
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), sql)
        feature = lyr.GetNextFeature()
        assert feature["a"] == "BOX(1 2,3 4)"
        assert feature["b"] == "BOX3D(1 2 3,4 5 6)"
    said.assert_quiet()
