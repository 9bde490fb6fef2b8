#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Snowflake, asked of the scripted server of servers/snowflake_standin.py: its two
forms of rows, statements and sessions; and of fakesnow."""

import json
import os
import time

import pytest
from cartoconn_snowflake import ids, login, read, standin  # noqa: F401
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    refuse,
    variant,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")


def text_rows(rows):
    """Every row as text, its geometries included."""
    return [
        [f.GetFieldAsString(i) if f.IsFieldSetAndNotNull(i) else None
         for i in range(f.GetFieldCount())]
        + [f.GetGeomFieldRef(i).ExportToWkt() if f.GetGeomFieldRef(i) else None
           for i in range(f.GetGeomFieldCount())]
        for f in rows
    ]


###############################################################################
# Rows


def test_table(standin):
    rows, said = read(variant(standin.connector, table="scene_small"))
    said.assert_quiet()
    assert [(f["ID"], f["NAME"]) for f in rows] == [
        (1, "name 1"), (2, "name 2"), (3, "name 3")]
    (described, sent) = standin.requests("/queries/v1/query-request")
    assert described["body"]["describeOnly"] is True
    assert sent["body"]["sqlText"] == \
        'SELECT "ID", "NAME" FROM "PUBLIC"."scene_small"'
    assert sent["body"]["parameters"]["ROWS_PER_RESULTSET"] == 5000001
    assert sent["body"]["parameters"]["MULTI_STATEMENT_COUNT"] == 1


def check_types(rows):
    first, second, third = rows
    assert (first["ID"], first["PRICE"], first["R"]) == (1, 12.5, 1.5)
    assert first["BIG"] == pytest.approx(1234567890123456789.0)
    assert first["B"] == 1 and third["B"] == 0
    assert first["T"] == "h\u00e9 \U0001f600 \"q\"" and third["T"] == ""
    assert first.GetFieldAsBinary("BIN") == b"\0\xff"
    assert first["D"] == "1969/12/31" and third["D"] == "2024/02/29"
    assert first["TI"] == "01:02:03.500"
    assert first["NTZ"] == "1969/12/31 23:59:58.500"
    assert first["LTZ"] == "2023/11/14 22:13:20.123+00"
    assert first["TZ"] == "2023/11/14 22:13:20+00"
    assert first["V"] == '{"a": 1}'
    assert third["PRICE"] == -0.05 and third["R"] != third["R"]
    for i in range(1, 13):
        assert second.IsFieldNull(i)
    assert first.GetGeomFieldRef("the_geom").ExportToWkt() in (
        "POINT (100 200)", "POINT (2.5 51.25)")
    assert second.GetGeomFieldRef(0) is None


@pytest.mark.parametrize("scene", ["types", "arrow"])
def test_types(standin, scene):
    rows, said = read(standin.scene(scene))
    assert not said.failures, said.everything
    check_types(rows)


def test_json_and_arrow_alike(standin):
    in_json, _ = read(standin.scene("types"))
    in_arrow, _ = read(standin.scene("arrow"))
    fields = in_json[0].GetFieldCount()
    assert [r[:fields] for r in text_rows(in_json)] == [
        r[:fields] for r in text_rows(in_arrow)]
    assert [r[fields:] for r in text_rows(in_json)] == [
        r[-2:] for r in text_rows(in_arrow)]


@pytest.mark.parametrize("scene", ["types", "arrow"])
def test_intervals_and_decfloat(standin, scene):
    rows, _ = read(standin.scene(scene))
    assert [f["YM"] for f in rows] == ["+1-02", None, "-2-01"]
    assert [f["MONTHS"] for f in rows] == ["+14", None, "-25"]
    assert [f["DT"] for f in rows] == ["+1 01:01:01.5", None, "-0 00:00:01"]
    assert [f["DAYS"] for f in rows] == [
        "+123456789 03:04:05.000000006", None, "-0 00:00:00.000000001"]
    assert [f["DEC"] for f in rows] == [25.5, None, -1000]


def test_vectors_and_structured_types(standin):
    rows, _ = read(standin.scene("arrow"))
    assert [f["VEC"] for f in rows] == ["[1.5,2]", None, "[0,-1]"]
    assert [f["ARR"] for f in rows] == ["[1.50,null,-0.05]", None, "[]"]
    assert [f["MAP"] for f in rows] == ['{"k":"it\'s \\"quoted\\""}', None, "{}"]
    parts = json.loads(rows[0]["OBJ"])
    assert parts["n"] == 12.5 and parts["bin"] == "00FF"
    assert parts["d"] == "1969-12-31" and parts["v"] == {"a": [1]}
    assert parts["tz"] == "1970-01-01 01:00:00+01:00"


@pytest.mark.parametrize("scene", ["types", "arrow"])
def test_lossless(standin, scene):
    rows, said = read(standin.scene(scene), lossless="YES")
    assert not said.warnings, said.everything
    assert rows[0]["BIG"] == "1234567890123456789.0123456789"
    assert rows[2]["BIG"] == "0.0000000001"


@pytest.mark.parametrize("client,id_,version,arrow", [
    (None, "C API", "2.2.0", True),
    ("Go/1.15.0", "Go", "1.15.0", True),
    ("PythonConnector", "PythonConnector", "1.0", True),
    ("our own/3", "our own", "3", False),
])
def test_result_format(standin, client, id_, version, arrow):
    """The server chooses it by the client's name."""
    connection = {"client_app_id": client} if client else {}
    rows, said = read(variant(standin.scene("negotiated"), connection))
    assert not said.failures, said.everything
    check_types(rows)
    assert (rows[0].GetFieldIndex("VEC") >= 0) == arrow
    data = login(standin)["body"]["data"]
    assert (data["CLIENT_APP_ID"], data["CLIENT_APP_VERSION"]) == (id_, version)
    formats = {k: v for k, v in data["SESSION_PARAMETERS"].items()
               if k.endswith("_QUERY_RESULT_FORMAT")}
    assert list(formats.values()) == (["ARROW"] if arrow else [])


def test_geometry_and_geography(standin):
    with messages():
        ds = open_connector(standin.scene("types"))
        layer = ds.GetLayer(0)
        defn = layer.GetLayerDefn()
        srs = defn.GetGeomFieldDefn(
            defn.GetGeomFieldIndex("GEOG")
            if defn.GetGeomFieldIndex("GEOG") >= 0 else 0).GetSpatialRef()
        assert srs.GetAuthorityCode(None) == "4326"


def test_listing(standin):
    with messages() as said:
        ds = open_connector(standin.connector)
        names = [ds.GetLayer(i).GetName() for i in range(ds.GetLayerCount())]
    assert names == ["scene_small", "scene_types", "scene_chunks"], \
        said.everything


###############################################################################
# Statements


def test_polling(standin):
    rows, said = read(standin.scene("slow"))
    said.assert_quiet()
    assert ids(rows) == [1, 2, 3]
    assert len(standin.requests("/queries/slow-")) == 3


def test_result_at_another_host(standin):
    _, said = read(standin.scene("elsewhere"))
    assert "another host" in said.failure
    assert not standin.requests("/queries/x")


def test_query_timeout(standin):
    began = time.time()
    _, said = read(standin.scene("endless"), query_timeout=1)
    assert time.time() - began < 6
    assert "query_timeout" in said.failure
    query = standin.requests("/queries/v1/query-request")[-1]
    (abort,) = standin.requests("/queries/v1/abort-request")
    assert "requestId=" + abort["body"]["requestId"] in query["path"]
    assert query["body"]["parameters"]["STATEMENT_TIMEOUT_IN_SECONDS"] == 1


def test_renewal(standin):
    rows, said = read(standin.scene("renewed"))
    said.assert_quiet()
    assert ids(rows) == [1, 2, 3]
    (renewal,) = standin.requests("/session/token-request")
    assert renewal["body"]["requestType"] == "RENEW"
    assert "master-" in renewal["headers"]["authorization"]
    queries = standin.requests("/queries/v1/query-request")
    keys = [q["path"].split("requestId=")[1].split("&")[0] for q in queries]
    assert keys[-1] == keys[-2]


def test_renewal_between_polls(standin):
    """A statement that outlives its session's token goes on."""
    rows, said = read(standin.scene("outlived"))
    said.assert_quiet()
    assert ids(rows) == [1, 2, 3]
    assert len(standin.requests("/session/token-request")) == 1
    tokens = [r["headers"]["authorization"]
              for r in standin.requests("/queries/outlived-")]
    assert len(tokens) == 3
    assert tokens[0] == tokens[1] != tokens[2]
    (query,) = [q for q in standin.requests("/queries/v1/query-request")
                if not q["body"]["describeOnly"]]


def test_new_login_when_renewal_fails(standin):
    rows, said = read(standin.scene("gone"))
    said.assert_quiet()
    assert ids(rows) == [1, 2, 3]
    assert len(standin.requests("/session/v1/login-request")) == 2


def test_busy(standin):
    rows, _ = read(standin.scene("busy"))
    assert ids(rows) == [1, 2, 3]
    first, second = standin.requests("/queries/v1/query-request")[:2]
    assert "retryCount=1&retryReason=503" in second["path"]
    assert first["path"].split("&request_guid")[0] == \
        second["path"].split("&request_guid")[0]


def test_error(standin):
    text = refuse(variant(standin.connector, table="scene_absent"))
    assert "does not exist" in text and "42S02" in text


def test_error_of_http(standin):
    text = refuse(standin.scene("odd"))
    assert "HTTP status 400: no such warehouse" in text and "390500" in text


def test_name_in_lower_case(standin):
    """The statement quotes it: what was asked for, and what is often wrong."""
    text = refuse(variant(standin.connector, table="scene_absent", schema="S"))
    assert '(table "S"."scene_absent")' in text
    assert "upper case" in text


def test_only_reading(standin):
    text = refuse(variant(standin.connector, sql_query="DELETE FROM scene_small",
                          import_as="x"))
    assert "read only" in text
    assert not standin.requests("/queries")


def test_session_is_closed(standin):
    read(standin.scene("small"))
    assert len(standin.requests("/session?delete=true")) == 1


###############################################################################
# fakesnow: a server that is not ours


@pytest.fixture()
def fakesnow():
    text = os.environ.get("OGR_CARTOCONN_FAKESNOW")
    if not text:
        pytest.skip("OGR_CARTOCONN_FAKESNOW is not set")
    return json.loads(text)


def test_fakesnow_values(fakesnow):
    rows, said = read(variant(fakesnow, table="CARTOCONN_T"))
    said.assert_quiet()
    first, second = sorted(rows, key=lambda f: f["ID"])
    assert (first["ID"], first["PRICE"], first["R"]) == (1, 12.5, 1.5)
    assert first["S"] == "h\u00e9" and first["D"] == "2024/02/29"
    assert first["NTZ"] == "2024/02/29 01:02:03.123"
    assert first["TZ"] == "2024/02/28 23:02:03+00"
    assert json.loads(first["V"]) == {"a": 1}
    assert first.GetGeometryRef().ExportToWkt() == "POINT (1 2)"
    assert all(second.IsFieldNull(i) for i in range(1, second.GetFieldCount()))


@pytest.mark.parametrize("condition,count", [
    ("ID = 2", 1), ("ID > 0", 2), ("S = 'H\u00e9'", 1), ("S LIKE 'h%'", 1),
    ("S IS NULL", 1), ("D = '2024/02/29'", 1), ("B = 1", 1)])
def test_fakesnow_filters(fakesnow, condition, count):
    with messages() as said:
        layer_of = open_connector(variant(fakesnow, table="CARTOCONN_T"))
        layer = layer_of.GetLayer(0)
        assert layer.SetAttributeFilter(condition) == 0
        assert layer.GetFeatureCount() == count
        assert len([f for f in layer]) == count
    said.assert_quiet()


def test_fakesnow_errors_and_listing(fakesnow):
    text = refuse(variant(fakesnow, table="ABSENT"))
    assert "does not exist" in text and "upper case" not in text
    ds = open_connector(fakesnow)
    assert "CARTOCONN_T" in [ds.GetLayer(i).GetName()
                             for i in range(ds.GetLayerCount())]
