# SPDX-License-Identifier: MIT
"""What the tests of HiveServer2's protocol share, whoever speaks it."""

import json

from cartoconn_util import open_query, values

from osgeo import ogr


def row_of_types(connector, types):
    """One row of all the expressions: (dataset, layer, feature)"""
    columns = ["%s AS c%d" % (t[0], k) for k, t in enumerate(types)]
    ds, lyr = open_query(connector, "SELECT " + ", ".join(columns))
    return ds, lyr, lyr.GetNextFeature()


def check_type(row, place, kind, subtype, expected):
    """JSON is expected as text, or as what it says."""
    _, lyr, feature = row
    field = lyr.GetLayerDefn().GetFieldDefn(place)
    assert field.GetTypeName() == kind
    assert ogr.GetFieldSubTypeName(field.GetSubType()) == subtype
    value = values(feature)[place]
    if expected == "nan":
        assert value != value
    elif isinstance(expected, (dict, list)):
        assert json.loads(value) == expected
    else:
        assert value == expected
