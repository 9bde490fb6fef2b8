# SPDX-License-Identifier: MIT
"""The part of GDAL's vector test helpers that the tests here use: same names,
same signatures. A check that does not hold is a failed assertion."""

import contextlib
import functools
import math

from osgeo import gdal, ogr


@functools.lru_cache(maxsize=None)
def have_geos():
    """Whether GDAL has GEOS: without it a union is not computed."""
    point = ogr.CreateGeometryFromWkt("POINT (0 0)")
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        return point.Union(ogr.CreateGeometryFromWkt("POINT (1 1)")) is not None
    except RuntimeError:
        return False
    finally:
        gdal.PopErrorHandler()


def check_features_against_list(layer, field_name, value_list):
    """The field has exactly these values, in this order, from here to the
    end of the layer."""
    index = layer.GetLayerDefn().GetFieldIndex(field_name)
    assert index >= 0, f"no field {field_name}"
    for position, expected in enumerate(value_list):
        feature = layer.GetNextFeature()
        assert feature is not None, f"{position} features, {expected!r} is next"
        got = feature.GetField(index)
        if isinstance(got, str) and not isinstance(expected, str):
            expected = str(expected)
        assert got == expected, f"{field_name} of feature {position}"
    assert layer.GetNextFeature() is None, f"more than {len(value_list)} features"


def _geometry(value):
    if isinstance(value, str):
        geometry = ogr.CreateGeometryFromWkt(value)
        assert geometry is not None, f"bad WKT {value}"
        return geometry
    if isinstance(value, ogr.Feature):
        return value.GetGeometryRef()
    return value


def _points_close(got, expected, max_error):
    values = zip(got, expected)
    return all(
        (math.isnan(a) and math.isnan(b)) or abs(a - b) <= max_error
        for a, b in values
    )


def check_feature_geometry(
    feat_or_geom, wkt_or_geom, max_error=0.0001, context=""
):
    """Same geometry, vertex by vertex; None is no geometry."""
    got, expected = _geometry(feat_or_geom), _geometry(wkt_or_geom)
    if expected is None or got is None:
        assert got is None and expected is None, f"{context}: {got} {expected}"
        return
    where = f"{context} got {got.ExportToIsoWkt()[:500]}"
    where += f", expected {expected.ExportToIsoWkt()[:500]}"
    assert got.GetGeometryType() == expected.GetGeometryType(), where
    assert got.GetGeometryCount() == expected.GetGeometryCount(), where
    for i in range(expected.GetGeometryCount()):
        check_feature_geometry(
            got.GetGeometryRef(i), expected.GetGeometryRef(i), max_error, context
        )
    if expected.GetGeometryCount() == 0:
        assert got.GetPointCount() == expected.GetPointCount(), where
        for i in range(expected.GetPointCount()):
            ours, theirs = got.GetPointZM(i), expected.GetPointZM(i)
            assert _points_close(ours, theirs, max_error), f"{where} at {i}"


def check_feature(feat, feat_ref, max_error=0.0001, excluded_fields=None):
    """Same fields, found by name, and same geometries."""
    for i in range(feat_ref.GetFieldCount()):
        name = feat_ref.GetFieldDefnRef(i).GetName()
        if name not in (excluded_fields or ()):
            assert feat.GetField(name) == feat_ref.GetField(i), name
    for i in range(feat_ref.GetGeomFieldCount()):
        check_feature_geometry(
            feat.GetGeomFieldRef(i), feat_ref.GetGeomFieldRef(i), max_error
        )


def compare_layers(lyr, lyr_ref, excluded_fields=None):
    """Same features in the same order."""
    lyr.ResetReading()
    lyr_ref.ResetReading()
    for feat_ref in lyr_ref:
        feat = lyr.GetNextFeature()
        assert feat is not None, "fewer features than expected"
        check_feature(feat, feat_ref, excluded_fields=excluded_fields)
    assert lyr.GetNextFeature() is None, "more features than expected"


@contextlib.contextmanager
def attribute_filter(lyr, filter):
    lyr.SetAttributeFilter(filter)
    try:
        yield lyr
    finally:
        lyr.SetAttributeFilter(None)


@contextlib.contextmanager
def spatial_filter(lyr, *args):
    """One geometry or WKT, or minx, miny, maxx, maxy."""
    if len(args) == 1:
        lyr.SetSpatialFilter(_geometry(args[0]))
    else:
        lyr.SetSpatialFilterRect(*args)
    try:
        yield lyr
    finally:
        lyr.SetSpatialFilter(None)


# Bodies of WKT with the coordinates as names: each is written in XY, Z, M, ZM.
_SIMPLE = [
    ("POINT", "(p1)"),
    ("LINESTRING", "(p1,p2,p3)"),
    ("POLYGON", "((a,b,c,d,a))"),
    ("POLYGON", "((a,b,c,d,a),(e,f,g,h,e))"),
    ("MULTIPOINT", "((p1),(p2))"),
    ("MULTILINESTRING", "((p1,p2),(p2,p3))"),
    ("MULTIPOLYGON", "(((a,b,c,d,a),(e,f,g,h,e)),((i,j,k,l,i)))"),
]
_COLLECTIONS = [
    ("GEOMETRYCOLLECTION", "(POINT (p1),LINESTRING (p1,p2))"),
    ("GEOMETRYCOLLECTION", "(GEOMETRYCOLLECTION (POINT (p1)),POINT (p2))"),
]
_CURVES = [
    ("CIRCULARSTRING", "(p1,p2,p3)"),
    ("COMPOUNDCURVE", "((p1,p2),CIRCULARSTRING (p2,p3,p4))"),
    ("CURVEPOLYGON", "((a,b,c,d,a))"),
    ("CURVEPOLYGON", "(CIRCULARSTRING (a,b,c,d,a))"),
    ("MULTICURVE", "((p1,p2),CIRCULARSTRING (p2,p3,p4))"),
    ("MULTISURFACE", "(((a,b,c,d,a)),CURVEPOLYGON ((i,j,k,l,i)))"),
]
_SURFACES = [
    ("POLYHEDRALSURFACE", "(((a,b,c,d,a)),((i,j,k,l,i)))"),
    ("TIN", "(((a,b,c,a)),((a,c,d,a)))"),
    ("TRIANGLE", "((a,b,c,a))"),
]
_XY = {
    "p1": (1, 2), "p2": (3, 4), "p3": (5, 6), "p4": (7, 9),
    "a": (0, 0), "b": (10, 0), "c": (10, 10), "d": (0, 10),
    "e": (2, 2), "f": (2, 4), "g": (4, 4), "h": (4, 2),
    "i": (20, 0), "j": (30, 0), "k": (30, 10), "l": (20, 10),
}  # fmt: skip


def _coordinates(name, dimensions):
    x, y = _XY[name]
    extra = {"": (), "Z": (x + 100,), "M": (y + 200,), "ZM": (x + 100, y + 200)}
    return " ".join(str(v) for v in (x, y) + extra[dimensions])


def _spelled(body, dimensions):
    """The body with every name replaced and every keyword tagged."""
    out, word = "", ""
    for char in body + " ":
        if char.isalnum():
            word += char
            continue
        if word in _XY:
            out += _coordinates(word, dimensions)
        elif word:
            out += word + (f" {dimensions}" if dimensions else "")
        word = ""
        out += char
    return out.strip()


def _series(shapes, dimensions):
    tag = f" {dimensions}" if dimensions else ""
    for keyword, body in shapes:
        yield f"{keyword}{tag} {_spelled(body, dimensions)}"
    for keyword in dict.fromkeys(keyword for keyword, _ in shapes):
        yield f"{keyword}{tag} EMPTY"


def get_wkt_data_series(with_z, with_m, with_gc, with_circular, with_surface):
    """ISO WKT of every geometry type, filled and EMPTY, in the dimensions
    and kinds asked for."""
    shapes = list(_SIMPLE)
    if with_gc:
        shapes += _COLLECTIONS
    if with_circular:
        shapes += _CURVES
    if with_surface:
        shapes += _SURFACES
    dimensions = [""] + ["Z"] * bool(with_z) + ["M"] * bool(with_m)
    dimensions += ["ZM"] * bool(with_z and with_m)
    return [wkt for d in dimensions for wkt in _series(shapes, d)]
