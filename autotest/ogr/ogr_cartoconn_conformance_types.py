#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What every provider must do alike: the types all of them have, extreme
values, what no OGR type holds, text in other encodings."""

import math

import pytest
from cartoconn_servers import Expression, server  # noqa: F401
from cartoconn_util import (  # noqa: F401
    config,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    values,
)

from osgeo import ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

TYPES = {
    "smallint": (ogr.OFTInteger, ogr.OFSTInt16),
    "integer": (ogr.OFTInteger, ogr.OFSTNone),
    "bigint": (ogr.OFTInteger64, ogr.OFSTNone),
    "boolean": (ogr.OFTInteger, ogr.OFSTBoolean),
    "real": (ogr.OFTReal, ogr.OFSTFloat32),
    "double": (ogr.OFTReal, ogr.OFSTNone),
    "decimal(12,3)": (ogr.OFTReal, ogr.OFSTNone),
    "decimal(9)": (ogr.OFTInteger, ogr.OFSTNone),
    "decimal(18)": (ogr.OFTInteger64, ogr.OFSTNone),
    "decimal(38)": (ogr.OFTInteger64, ogr.OFSTNone),
    "text": (ogr.OFTString, ogr.OFSTNone),
    "varchar(20)": (ogr.OFTString, ogr.OFSTNone),
    "binary": (ogr.OFTBinary, ogr.OFSTNone),
    "date": (ogr.OFTDate, ogr.OFSTNone),
    "time": (ogr.OFTTime, ogr.OFSTNone),
    "timestamp": (ogr.OFTDateTime, ogr.OFSTNone),
    "timestamptz": (ogr.OFTDateTime, ogr.OFSTNone),
}
DENORMAL = 5e-324
WIDTHS = {"decimal(12,3)": (12, 3), "varchar(20)": (20, 0)}


def one_column(server, kind, data, **options):
    """A layer of a table of one column."""
    name = "t_%s" % kind.translate(str.maketrans("(),", "___"))
    server.run("DROP TABLE IF EXISTS " + server.table(name))
    columns = [("id", "integer"), ("v", kind)]
    server.create(name, columns, list(enumerate(data)), key="id")
    ds = open_connector(server.connector(table=name), **options)
    return ds, ds.GetLayer(0)


def column_values(lyr):
    return [row[1] for row in sorted(values(f) for f in lyr)]


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_conformance_type(server, kind):
    """Its OGR type, whether or not there is a row; NULL."""
    if not server.types.get(kind):
        pytest.skip("the server has no such type")
    ds, lyr = one_column(server, kind, [None])
    field = lyr.GetLayerDefn().GetFieldDefn(1)
    kind = server.stands_for.get(kind, kind)
    assert (field.GetType(), field.GetSubType()) == TYPES[kind]
    if server.keeps_widths:
        assert (field.GetWidth(), field.GetPrecision()) == WIDTHS.get(kind, (0, 0))
    assert column_values(lyr) == [None]


@pytest.mark.parametrize(
    "kind,data",
    [
        ("smallint", [-(2**15), -1, 0, 1, 2**15 - 1]),
        ("integer", [-(2**31), -1, 0, 1, 2**31 - 1]),
        ("bigint", [-(2**63) + 1, -(2**53) - 1, 0, 2**53 + 1, 2**63 - 1]),
        ("decimal(9)", [-999999999, 0, 999999999]),
        ("decimal(18)", [-(10**18) + 1, 0, 10**18 - 1]),
        ("decimal(38)", [-(10**18), 0, 9223372036854775807]),
        ("double", [-1.7976931348623157e308, 0.1, DENORMAL, 2.2250738585072014e-308]),
        ("text", ["", " ", "a", "é", "日本語", "\U0001F600", "a\nb\tc", "x" * 70000]),
        ("varchar(20)", ["", " pad ", "é" * 20, "\U0001F600" * 20]),
        ("binary", [b"", b"\0", bytes(range(256)), b"\xff" * 70000]),
    ],
)
def test_conformance_values(server, kind, data):
    if not server.types.get(kind):
        pytest.skip("the server has no such type")
    if not server.denormals:
        data = [v for v in data if v != DENORMAL]
    if server.code_units and kind == "varchar(20)":
        data = [text[: 20 - sum(c > "\uFFFF" for c in text) // 2] for text in data]
    with messages() as said:
        ds, lyr = one_column(server, kind, data)
        assert column_values(lyr) == data
    said.assert_quiet()


def test_conformance_values_real(server):
    if not server.types.get("real"):
        pytest.skip("the server has no such type")
    data = [0.5, -1.25, 3.4028234663852886e38, 1.1754943508222875e-38]
    if server.denormals:
        data.append(1.401298464324817e-45)
    ds, lyr = one_column(server, "real", data)
    assert column_values(lyr) == data


def test_conformance_values_boolean(server):
    if not server.types.get("boolean"):
        pytest.skip("the server has no such type")
    ds, lyr = one_column(server, "boolean", [True, False, None])
    assert column_values(lyr) == [1, 0, None]


def test_conformance_values_decimal(server):
    texts = ["123456789.123", "-123456789.123", "0.001", "-0.001", "0.000"]
    with messages() as said:
        ds, lyr = one_column(server, "decimal(12,3)", [Expression(t) for t in texts])
        assert column_values(lyr) == [float(t) for t in texts]
    said.assert_quiet()


def test_conformance_decimal_beyond_64_bits(server):
    """NULL and counted; exact as text with LOSSLESS."""
    if not server.types.get("decimal(38)"):
        pytest.skip("the server has no such type")
    texts = ["9223372036854775807", "9223372036854775808", "-" + "9" * 38, "1"]
    data = [Expression(t) for t in texts]
    with messages() as said:
        ds, lyr = one_column(server, "decimal(38)", data)
        assert column_values(lyr) == [9223372036854775807, None, None, 1]
    assert not said.failures
    assert '"v": 2 values' in said.warning
    assert "LOSSLESS" in said.warning
    with messages() as said:
        ds, lyr = one_column(server, "decimal(38)", data, lossless="YES")
        assert lyr.GetLayerDefn().GetFieldDefn(1).GetType() == ogr.OFTString
        assert column_values(lyr) == texts
    said.assert_quiet()


@pytest.mark.parametrize(
    "kind,texts,fields",
    [
        (
            "date",
            ["1970-01-01", "1969-12-31", "2024-02-29", "0001-01-01", "9999-12-31"],
            [(1970, 1, 1), (1969, 12, 31), (2024, 2, 29), (1, 1, 1), (9999, 12, 31)],
        ),
        (
            "time",
            ["00:00:00", "23:59:59", "12:34:56.789"],
            [(0, 0, 0.0), (23, 59, 59.0), (12, 34, 56.789)],
        ),
        (
            "timestamp",
            ["1970-01-01 00:00:00", "1582-10-04 23:59:59.999", "2038-01-19 03:14:08"],
            [
                (1970, 1, 1, 0, 0, 0.0),
                (1582, 10, 4, 23, 59, 59.999),
                (2038, 1, 19, 3, 14, 8.0),
            ],
        ),
    ],
)
def test_conformance_values_datetime(server, kind, texts, fields):
    if not server.types.get(kind):
        pytest.skip("the server has no such type")
    with messages() as said:
        ds, lyr = one_column(server, kind, texts)
        got = column_values(lyr)
    said.assert_quiet()
    for value, expected in zip(got, fields):
        part = value[3:6] if kind == "time" else value[: len(expected)]
        assert part == pytest.approx(expected, abs=1e-5)
        assert value[6] == 0


def test_conformance_values_timestamptz(server):
    if not server.types.get("timestamptz"):
        pytest.skip("the server has no such type")
    zoned = server.timestamp_with_zone("2024-07-01 12:00:00.5", "+02:00")
    ds, lyr = one_column(server, "timestamptz", [Expression(zoned)])
    assert column_values(lyr) == [(2024, 7, 1, 10, 0, 0.5, 100)]


def test_conformance_milliseconds(server):
    """Finer digits are rounded, which is said once at debug level."""
    if not server.types.get("timestamp"):
        pytest.skip("the server has no such type")
    data = ["2024-01-01 00:00:00.0004", "2024-12-31 23:59:59.9996"]
    with config(CPL_DEBUG="CARTOCONN"):
        with messages() as said:
            ds, lyr = one_column(server, "timestamp", data)
            got = column_values(lyr)
    assert got[0][:6] == (2024, 1, 1, 0, 0, 0.0)
    assert got[1][:6] == (2025, 1, 1, 0, 0, 0.0)
    said.assert_quiet()
    assert len([text for text in said.debug if "millisecond" in text]) == 1


def test_conformance_lossless_datetimes(server):
    """The server's own text, filters on it included."""
    if not server.types.get("timestamp"):
        pytest.skip("the server has no such type")
    texts = ["2024-01-01 00:00:00.123456", "0001-01-01 00:00:00"]
    with messages() as said:
        ds, lyr = one_column(server, "timestamp", texts, lossless="YES")
        assert lyr.GetLayerDefn().GetFieldDefn(1).GetType() == ogr.OFTString
        assert column_values(lyr)[0].startswith("2024-01-01")
        assert ".123456" in column_values(lyr)[0]
        first = column_values(lyr)[0]
        lyr.SetAttributeFilter("v = '%s'" % first)
        assert column_values(lyr) == [first]
        assert lyr.GetFeatureCount() == 1
    said.assert_quiet()


def test_conformance_lossless_leaves_the_exact_alone(server):
    exact = ["smallint", "integer", "bigint", "real", "double", "text", "binary"]
    if server.keeps_widths:
        exact += ["decimal(12,3)", "decimal(9)", "decimal(18)"]
    kinds = [
        kind
        for kind in exact
        if server.types.get(kind) and server.stands_for.get(kind, kind) in exact
    ]
    columns = [("c%d" % i, kind) for i, kind in enumerate(kinds)]
    server.create("exact", columns)
    ds = open_connector(server.connector(table="exact"), lossless="YES")
    defn = ds.GetLayer(0).GetLayerDefn()
    for i, kind in enumerate(kinds):
        kind = server.stands_for.get(kind, kind)
        assert defn.GetFieldDefn(i).GetType() == TYPES[kind][0], kind


def test_conformance_float_specials(server):
    if not server.float_specials:
        pytest.skip("the server has no NaN")
    expressions = ["%s AS v%d" % (e, i) for i, e in enumerate(server.float_specials)]
    with messages() as said:
        ds, lyr = open_query(server.connector(), server.series(1, *expressions))
        nan, plus, minus = values(lyr.GetNextFeature())
    said.assert_quiet()
    assert math.isnan(nan) and plus == math.inf and minus == -math.inf


def test_conformance_null_is_not_empty(server):
    ds, lyr = one_column(server, "text", [None, ""])
    assert column_values(lyr) == [None, ""] or not server.empty_text


def test_conformance_encoding_utf8_is_a_choice(server):
    """Naming the encoding the text has anyway changes nothing."""
    connector = server.connector(encoding="UTF8")
    text = "é日\U0001F600"
    sql = server.series(1, "%s AS v" % server.literal(text))
    ds, lyr = open_query(connector, sql)
    assert values(lyr.GetNextFeature()) == [text]
