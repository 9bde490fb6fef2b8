#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes geometries.txt: WKT, a tab, the ISO WKB GDAL makes of it, in hex.

Every shape is written as XY, XYZ, XYM and XYZM; heights and measures are
computed from x and y, so that curves stay contiguous and rings closed.
"""

import os
import re

from osgeo import ogr

SHAPES = [
    "POINT (7 -3)",
    "POINT (-122.4194155 37.7749295)",
    "POINT (2.35222190000001 48.8566)",
    "POINT (-0.5 12.75)",
    "LINESTRING (-3.75 40.5,2.25 41.5,0 0)",
    "POLYGON ((0 0,12 0,12 8,0 8,0 0))",
    "POLYGON ((0 0,12 0,12 8,0 8,0 0),(2 2,2 6,5 6,2 2))",
    "MULTIPOINT ((3 1),(4 1),(5 9),(2 6))",
    "MULTILINESTRING ((-3.75 40.5,2.25 41.5))",
    "MULTILINESTRING ((0 1,2 3,5 8),(13 21,34 55,89 144,1 1),(6 7,8 9))",
    "MULTIPOLYGON (((0 0,6 1,3 5,0 0)))",
    "MULTIPOLYGON (((0 0,12 0,12 8,0 8,0 0),(2 2,2 6,5 6,2 2)))",
    "MULTIPOLYGON (((0 0,6 1,3 5,0 0)),((20 20,26 20,26 25,20 20)))",
    "MULTIPOLYGON (((0 0,6 1,3 5,0 0)),"
    "((20 20,40 20,40 40,20 40,20 20),(25 25,25 30,30 30,25 25)))",
    "GEOMETRYCOLLECTION (POINT (8 -1),LINESTRING (8 -1,9 2))",
    "GEOMETRYCOLLECTION (POINT (8 -1),GEOMETRYCOLLECTION (POINT (1 5),"
    "LINESTRING (8 -1,9 2)))",
    "CIRCULARSTRING (-2 0,0 2,2 0)",
    "COMPOUNDCURVE (CIRCULARSTRING (-2 0,0 2,2 0),(2 0,5 -1))",
    "CURVEPOLYGON (CIRCULARSTRING (-5 0,0 5,5 0,0 -5,-5 0),"
    "(-1 -1,1 -1,0 2,-1 -1))",
    "MULTICURVE ((0 0,3 7),CIRCULARSTRING (-2 0,0 2,2 0))",
    "MULTISURFACE (CURVEPOLYGON (CIRCULARSTRING (-5 0,0 5,5 0,0 -5,-5 0),"
    "(-1 -1,1 -1,0 2,-1 -1)),((20 20,26 20,26 25,20 20),"
    "(24 21,25 21.5,25 23.25,24 21)))",
    "TRIANGLE ((0 0,4 1,2 6,0 0))",
    "TIN (((0 0,4 1,2 6,0 0)),((4 1,7 5,2 6,4 1)))",
    "POLYHEDRALSURFACE (((0 0,3 0,3 2,0 2,0 0)),((3 0,6 0,6 2,3 2,3 0)))",
    "CURVEPOLYGON (COMPOUNDCURVE (CIRCULARSTRING (-2 0,0 2,2 0),(2 0,-2 0)))",
    "MULTICURVE (COMPOUNDCURVE ((-4 0,-2 0),CIRCULARSTRING (-2 0,0 2,2 0)))",
    "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (MULTIPOINT ((1 2))),"
    "TRIANGLE ((0 0,4 1,2 6,0 0)))",
    "POINT (-1.7976931348623157e308 2.2250738585072014e-308)",
    "POINT (0.1 -0.30000000000000004)",
    "POINT (123456789012345678 1e22)",
    "POINT EMPTY",
    "LINESTRING EMPTY",
    "POLYGON EMPTY",
    "MULTIPOINT EMPTY",
    "MULTILINESTRING EMPTY",
    "MULTIPOLYGON EMPTY",
    "GEOMETRYCOLLECTION EMPTY",
    "CIRCULARSTRING EMPTY",
    "COMPOUNDCURVE EMPTY",
    "CURVEPOLYGON EMPTY",
    "MULTICURVE EMPTY",
    "MULTISURFACE EMPTY",
    "POLYHEDRALSURFACE EMPTY",
    "TIN EMPTY",
    "TRIANGLE EMPTY",
    "GEOMETRYCOLLECTION (POINT EMPTY,LINESTRING EMPTY,POINT (1 2))",
]

POSITION = re.compile(r"(-?[\d.]+(?:e-?\d+)?) (-?[\d.]+(?:e-?\d+)?)")


def with_dimensions(shape, mark):
    def position(match):
        x, y = float(match[1]), float(match[2])
        ordinates = [match[1], match[2]]
        if "Z" in mark:
            ordinates.append(repr(100 + x / 4 - y if abs(x) < 1e9 else 7.25))
        if "M" in mark:
            ordinates.append(repr(x + 2 * y + 0.5 if abs(x) < 1e9 else -3.5))
        return " ".join(ordinates)

    text = POSITION.sub(position, shape)
    return re.sub(r"([A-Z]{3,}) (?=\(|EMPTY)", rf"\1 {mark} ", text)


def main():
    ogr.UseExceptions()
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "geometries.txt"), "w") as out:
        for mark in ("", "Z", "M", "ZM"):
            for shape in SHAPES:
                text = with_dimensions(shape, mark) if mark else shape
                wkb = ogr.CreateGeometryFromWkt(text).ExportToIsoWkb()
                out.write(f"{text}\t{bytes(wkb).hex().upper()}\n")


if __name__ == "__main__":
    main()
