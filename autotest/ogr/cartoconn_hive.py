# SPDX-License-Identifier: MIT
"""What the tests of HiveServer2's protocol share, whoever speaks it."""

import json

import pytest
from cartoconn_util import open_query, values

from osgeo import ogr

# What is the same to Spark and to Hive: expression, OGR type and subtype, value
TYPES_ALIKE = [
    ("CAST(-128 AS tinyint)", "Integer", "Int16", -128),
    ("CAST(-32768 AS smallint)", "Integer", "Int16", -32768),
    ("9223372036854775807", "Integer64", "None", 9223372036854775807),
    ("TRUE", "Integer", "Boolean", 1),
    ("CAST(123.45 AS decimal(7,2))", "Real", "None", 123.45),
    ("CAST(123456789 AS decimal(9,0))", "Integer", "None", 123456789),
    ("CAST(1234567890123 AS decimal(18,0))", "Integer64", "None", 1234567890123),
    ("'é \U0001F600'", "String", "None", "é \U0001F600"),
    ("CAST('ab' AS varchar(5))", "String", "None", "ab"),
    ("DATE '2024-02-29'", "Date", "None", (2024, 2, 29, 0, 0, 0.0, 0)),
    (
        "TIMESTAMP '2024-02-29 23:59:59.999'",
        "DateTime",
        "None",
        (2024, 2, 29, 23, 59, pytest.approx(59.999), 0),
    ),
    ("INTERVAL '1-2' YEAR TO MONTH", "String", "None", "1-2"),
    (
        "INTERVAL '3 04:05:06' DAY TO SECOND",
        "String",
        "None",
        "3 04:05:06.000000000",
    ),
    ("NULL", "String", "None", None),
]


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
