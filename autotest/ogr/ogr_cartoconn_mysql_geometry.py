#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""MySQL and MariaDB: the types of geometry columns, what the servers store, spatial
filters, reference systems."""

import pytest
from cartoconn_mysql import is_mariadb
from cartoconn_servers import Expression, mysql  # noqa: F401
from cartoconn_util import (  # noqa: F401
    fids,
    memory_copy,
    messages,
    no_exceptions,
    open_connector,
)

from osgeo import ogr, osr

pytestmark = pytest.mark.require_driver("CARTOCONN")


def test_mysql_geometry_types_of_columns(mysql):
    kinds = [
        ("POINT", ogr.wkbPoint),
        ("LINESTRING", ogr.wkbLineString),
        ("POLYGON", ogr.wkbPolygon),
        ("MULTIPOINT", ogr.wkbMultiPoint),
        ("MULTILINESTRING", ogr.wkbMultiLineString),
        ("MULTIPOLYGON", ogr.wkbMultiPolygon),
        ("GEOMETRYCOLLECTION", ogr.wkbGeometryCollection),
        ("GEOMETRY", ogr.wkbUnknown),
    ]
    columns = [("g%d" % i, mysql.geometry_type(k)) for i, (k, _) in enumerate(kinds)]
    mysql.create("kinds", columns)
    ds = open_connector(mysql.connector(table="kinds"))
    defn = ds.GetLayer(0).GetLayerDefn()
    for i, (_, expected) in enumerate(kinds):
        field = defn.GetGeomFieldDefn(i)
        assert field.GetType() == expected
        assert field.GetSpatialRef().GetAuthorityCode(None) == "4326"


def test_mysql_empty_geometries(mysql):
    """Those the servers store; a box has none of them."""
    wkts = ["POINT (1 2)", "POINT EMPTY", "GEOMETRYCOLLECTION EMPTY", None]
    if is_mariadb(mysql):
        wkts += ["MULTIPOINT EMPTY", "MULTIPOLYGON EMPTY"]
    columns = [("id", "integer"), ("g", mysql.geometry_type(srid=None))]
    rows = [
        (i, Expression(mysql.geometry(wkt)) if wkt else None)
        for i, wkt in enumerate(wkts)
    ]
    mysql.create("empties", columns, rows, key="id")
    with messages() as said:
        ds = open_connector(mysql.connector(table="empties"))
        lyr = ds.GetLayer(0)
        got = [f.GetGeometryRef() and f.GetGeometryRef().ExportToWkt() for f in lyr]
        assert got == wkts
        assert lyr.GetExtent() == (1, 1, 2, 2)
        lyr.SetSpatialFilterRect(-180, -90, 180, 90)
        assert fids(lyr) == [0]
        assert lyr.GetFeatureCount() == 1
    said.assert_quiet()


def test_mysql_longitude_comes_first(mysql):
    """In SRID 4326 whose axes begin with the latitude as in any other."""
    rows = [(1, "POINT (-71 42)"), (2, "LINESTRING (170 -80,-170 80)")]
    name = "axes"
    mysql.create(name, [("id", "integer"), ("g", mysql.geometry_type())])
    for i, wkt in rows:
        mysql.run(
            "INSERT INTO %s VALUES (%d, %s)"
            % (mysql.table(name), i, mysql.geometry(wkt))
        )
    ds = open_connector(mysql.connector(table=name))
    lyr = ds.GetLayer(0)
    assert [f.GetGeometryRef().ExportToWkt() for f in lyr] == [wkt for _, wkt in rows]
    assert lyr.GetExtent() == (-170, 170, -80, 80)


BOXES = [
    (-180, -90, 180, 90),
    (9, 49, 11, 51),
    (10, 50, 10, 50),
    (-1e300, -1e300, 1e300, 1e300),
    (0, 89.9, 1, 90),
    (179, -10, 181, 10),
    (-75, 60, -40, 70),
]


@pytest.mark.parametrize("srid", [4326, 3857, None])
def test_mysql_spatial_filter_is_planar(mysql, srid):
    """What the server leaves out is what OGR leaves out; lines over half the
    world and at the poles included."""
    wkts = [
        "POINT (10 50)",
        "LINESTRING (-170 65,170 65)",
        "LINESTRING (-100 60,100 60)",
        "POLYGON ((-80 62,-30 62,-30 64,-80 64,-80 62))",
        "POINT (180 0)",
        "POINT (0 90)",
        "MULTIPOINT ((5 5),(20 60))",
    ]
    name = "planar_%s" % srid
    columns = [("id", "integer"), ("g", mysql.geometry_type(srid=srid))]
    mysql.create(name, columns, key="id")
    for i, wkt in enumerate(wkts):
        mysql.run(
            "INSERT INTO %s VALUES (%d, %s)"
            % (mysql.table(name), i, mysql.geometry(wkt, srid or 4326))
        )
    mysql.run("INSERT INTO %s VALUES (99, NULL)" % mysql.table(name))
    ds = open_connector(mysql.connector(table=name))
    lyr = ds.GetLayer(0)
    copy = memory_copy(lyr)
    for box in BOXES:
        lyr.SetSpatialFilterRect(*box)
        copy.GetLayer(0).SetSpatialFilterRect(*box)
        assert fids(lyr) == fids(copy.GetLayer(0)), box
        assert lyr.GetFeatureCount() == copy.GetLayer(0).GetFeatureCount()


@pytest.mark.parametrize("declared", [4326, None])
def test_mysql_mixed_srids_pass_the_spatial_filter(mysql, declared):
    """MariaDB's declared SRID is a promise that nobody keeps, MySQL's undeclared
    one none."""
    if declared and not is_mariadb(mysql):
        pytest.skip("MySQL enforces it")
    mysql.run("DROP TABLE IF EXISTS " + mysql.table("mixed"))
    columns = [("id", "integer"), ("g", mysql.geometry_type(srid=declared))]
    mysql.create("mixed", columns, key="id")
    mysql.run(
        "INSERT INTO {0} VALUES (1, {1}), (2, {2}), (3, {3})".format(
            mysql.table("mixed"),
            mysql.geometry("POINT (1 1)"),
            mysql.geometry("POINT (111319.490793 111325.142866)", 3857),
            mysql.geometry("POINT (1 1)", 0),
        )
    )
    ds = open_connector(mysql.connector(table="mixed"))
    lyr = ds.GetLayer(0)
    lyr.SetSpatialFilterRect(0.9, 0.9, 1.1, 1.1)
    assert fids(lyr) == [1, 2, 3]
    lyr.SetSpatialFilter(None)
    minx, maxx, miny, maxy = lyr.GetExtent()
    assert (minx, maxx, miny, maxy) == pytest.approx((1, 1, 1, 1), abs=1e-6)


def test_mysql_reference_system_of_the_catalog(mysql):
    """A SRID that is nobody's EPSG code."""
    if is_mariadb(mysql):
        pytest.skip("MariaDB's catalog takes no definitions")
    wkt = (
        'GEOGCS["odd",DATUM["d",SPHEROID["s",6370000,0]],PRIMEM["Greenwich",0],'
        'UNIT["degree",0.017453292519943278],AXIS["Lat",NORTH],AXIS["Lon",EAST]]'
    )
    mysql.run(
        "CREATE OR REPLACE SPATIAL REFERENCE SYSTEM 990042 NAME 'cartoconn odd' "
        "DEFINITION '%s'" % wkt
    )
    try:
        mysql.create("odd_srs", [("g", "point SRID 990042")])
        mysql.run(
            "INSERT INTO %s VALUES (%s)"
            % (mysql.table("odd_srs"), mysql.geometry("POINT (1 2)", 990042))
        )
        ds = open_connector(mysql.connector(table="odd_srs"))
        srs = ds.GetLayer(0).GetSpatialRef()
        assert srs.GetSemiMajor() == 6370000
        feature = ds.GetLayer(0).GetNextFeature()
        assert feature.GetGeometryRef().ExportToWkt() == "POINT (1 2)"
    finally:
        ds = None
        mysql.drop("odd_srs")
        mysql.run("DROP SPATIAL REFERENCE SYSTEM 990042")


def test_mysql_reference_system_of_gdals_driver(mysql):
    """GDAL's own driver numbers them itself, in a table of its own."""
    driver = ogr.GetDriverByName("MySQL")
    if driver is None or not is_mariadb(mysql):
        pytest.skip("GDAL's driver does not write there")
    connection = mysql.base["connection"]
    target = driver.Open(
        "MySQL:%s,host=127.0.0.1,port=%s,user=%s,password=%s"
        % (
            mysql.schema,
            connection["port"],
            connection["username"],
            connection["password"],
        ),
        update=1,
    )
    utm = osr.SpatialReference()
    utm.ImportFromEPSG(32633)
    layer = target.CreateLayer("of_gdal", utm, ogr.wkbPoint)
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT (500000 4649776)"))
    assert layer.CreateFeature(feature) == 0
    layer = target = None

    with messages() as said:
        ds = open_connector(mysql.connector(table="of_gdal"))
        layer = ds.GetLayer(0)
        assert layer.GetSpatialRef().GetAuthorityCode(None) == "32633"
        feature = layer.GetNextFeature()
        assert feature.GetGeometryRef().ExportToWkt() == "POINT (500000 4649776)"
    said.assert_quiet()
    ds = open_connector(mysql.connector(table="of_gdal"), target_srs="EPSG:4326")
    feature = ds.GetLayer(0).GetNextFeature()
    assert feature.GetGeometryRef().GetPoint_2D() == pytest.approx((15, 42), abs=1e-3)
