#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""SQL Server: what the scripted server cannot prove, on a server of one's own
(OGR_CARTOCONN_SQLSERVER): types, variants and geography as it sends them, time
limits, the end of a read."""

import time

import pytest
from cartoconn_servers import SERVERS, connector_of
from cartoconn_sqlserver import Babelfish
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    open_query,
    read_query,
    refuse,
    values,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")


@pytest.fixture(scope="module")
def server():
    adapter = SERVERS["sqlserver"](connector_of("sqlserver"))
    adapter.create_schema()
    yield adapter
    adapter.drop_schema()


# type: (SQL expression, value)
VALUES = {
    "bit": ("1", 1),
    "tinyint": ("255", 255),
    "smallint": ("-32768", -32768),
    "int": ("-2147483648", -2147483648),
    "bigint": ("-9223372036854775807", -9223372036854775807),
    "money": ("-1234.5678", -1234.5678),
    "smallmoney": ("-214748.3648", -214748.3648),
    "decimal(10,3)": ("-1234567.891", -1234567.891),
    "real": ("1.5", 1.5),
    "float": ("1e-1", 0.1),
    "date": ("'2024-02-29'", (2024, 2, 29, 0, 0, 0.0, 0)),
    "time": ("'23:59:59.5'", (0, 0, 0, 23, 59, 59.5, 0)),
    "datetime": ("'2024-02-29T12:34:56.500'", (2024, 2, 29, 12, 34, 56.5, 0)),
    "smalldatetime": ("'2024-02-29T12:34:00'", (2024, 2, 29, 12, 34, 0.0, 0)),
    "datetime2": ("'2024-02-29T12:34:56.25'", (2024, 2, 29, 12, 34, 56.25, 0)),
    "datetimeoffset": (
        "'2024-02-29T12:34:56+05:30'",
        (2024, 2, 29, 7, 4, 56.0, 100),
    ),
    "char(5)": ("'ab'", "ab   "),
    "varchar(10)": ("'n''x'", "n'x"),
    "varchar(max)": ("'vm'", "vm"),
    "nchar(5)": ("N'\u65e5\u672c'", "\u65e5\u672c   "),
    "nvarchar(10)": ("N'\u00e9\U0001F600'", "\u00e9\U0001f600"),
    "nvarchar(max)": ("N'nm'", "nm"),
    "text": ("'tx'", "tx"),
    "ntext": ("N'nt'", "nt"),
    "binary(4)": ("0x0102", b"\x01\x02\x00\x00"),
    "varbinary(10)": ("0xff00", b"\xff\x00"),
    "varbinary(max)": ("0xabcdef", b"\xab\xcd\xef"),
    "image": ("0x11", b"\x11"),
    "uniqueidentifier": (
        "'6F9619FF-8B86-D011-B42D-00C04FC964FF'",
        "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    ),
    "xml": ("'<a b=\"1\"/>'", '<a b="1"/>'),
}


def test_sqlserver_live_types(server):
    columns = [("c%d" % i, kind) for i, kind in enumerate(VALUES)]
    server.create("types", columns)
    expressions = ", ".join(sql for sql, _ in VALUES.values())
    server.run("INSERT INTO %s VALUES (%s)" % (server.table("types"), expressions))
    nulls = ", ".join(["NULL"] * len(VALUES))
    server.run("INSERT INTO %s VALUES (%s)" % (server.table("types"), nulls))
    with messages() as said:
        ds = open_connector(server.connector(table="types"))
        rows = [values(feature) for feature in ds.GetLayer(0)]
    said.assert_quiet()
    assert dict(zip(VALUES, rows[0])) == {k: v for k, (_, v) in VALUES.items()}
    assert rows[1] == [None] * len(VALUES)


VARIANTS = [
    ("CAST(1e-1 AS float)", lambda text: float(text) == 0.1),
    ("CAST(42 AS int)", lambda text: text == "42"),
    ("CAST(1.2345 AS money)", lambda text: text == "1.2345"),
    (
        "CAST('2024-02-29T12:34:56.123' AS datetime)",
        lambda text: text == "2024-02-29 12:34:56.123",
    ),
    ("CAST(0xABCD AS varbinary(4))", lambda text: text.upper() == "0XABCD"),
    ("CAST(N'\u65e5' AS nvarchar(4))", lambda text: text == "\u65e5"),
]


def test_sqlserver_live_variant(server):
    """Babelfish converts bytes to characters, whatever the style."""
    babelfish = isinstance(server, Babelfish)
    variants = [v for v in VARIANTS if not (babelfish and "binary" in v[0])]
    server.create("variants", [("id", "integer"), ("v", "sql_variant")])
    for i, (sql, _) in enumerate(variants):
        server.run(
            "INSERT INTO %s VALUES (%d, %s)" % (server.table("variants"), i, sql)
        )
    ds = open_connector(server.connector(table="variants"))
    found = sorted(values(feature) for feature in ds.GetLayer(0))
    assert len(found) == len(variants)
    for (sql, is_right), (_, text) in zip(variants, found):
        assert is_right(text), (sql, text)


def test_sqlserver_live_rowversion_and_hierarchyid(server):
    if isinstance(server, Babelfish):
        pytest.skip("it has neither")
    server.create("others", [("id", "int"), ("r", "rowversion"), ("h", "hierarchyid")])
    server.run(
        "INSERT INTO %s (id, h) VALUES (1, hierarchyid::Parse('/1/2/'))"
        % server.table("others")
    )
    ds = open_connector(server.connector(table="others"))
    ((_, version, path),) = [values(feature) for feature in ds.GetLayer(0)]
    assert len(version) == 8 and path == "/1/2/"


def test_sqlserver_live_geography(server):
    """Longitude first, whatever the order on the wire."""
    sql = "SELECT 1 AS id, geography::STGeomFromText('POINT(-3.5 40.5)', 4326) AS g"
    (feature,) = read_query(server.connector(), sql)
    assert feature.GetGeometryRef().ExportToWkt() == "POINT (-3.5 40.5)"


def test_sqlserver_live_geography_filter(server):
    server.create("places", [("id", "integer"), ("g", "geography")])
    for i, wkt in enumerate(("POINT(-3.5 40.5)", "POINT(10 50)"), 1):
        server.run(
            "INSERT INTO %s VALUES (%d, geography::STGeomFromText('%s', 4326))"
            % (server.table("places"), i, wkt)
        )
    ds = open_connector(server.connector(table="places"))
    lyr = ds.GetLayer(0)
    lyr.SetSpatialFilterRect(-4, 40, -3, 41)
    assert [feature["id"] for feature in lyr] == [1]
    assert "[g].Long" in lyr.GetMetadataItem("SQL")


def test_sqlserver_live_password(server):
    connector = server.connector({"password": "not the password"}, table="t")
    failure = refuse(connector)
    assert failure.startswith("SQL Server, login failed (18456)"), failure


def endless(server):
    """A query of very many rows."""
    numbers = server.numbers.need(10000)
    return "SELECT a.n FROM {0} AS a CROSS JOIN {0} AS b".format(numbers)


def test_sqlserver_live_closing(server):
    ds, lyr = open_query(server.connector(), endless(server))
    assert lyr.GetNextFeature() is not None
    begin = time.monotonic()
    del lyr, ds
    assert time.monotonic() - begin < 3


def test_sqlserver_live_query_timeout(server):
    sql = "SELECT COUNT(*) AS c FROM (%s) AS q" % endless(server)
    with messages() as said:
        ds, lyr = open_query(server.connector({"query_timeout": 2}), sql)
        begin = time.monotonic()
        assert lyr.GetNextFeature() is None
        seconds = time.monotonic() - begin
        del ds
    assert said.failure.startswith("SQL Server, timeout"), list(said)
    assert seconds < 6
