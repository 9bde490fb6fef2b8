#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""BigQuery: an emulator's REST and Storage Read services, and the scripted
server of servers/bigquery_standin.py for tokens, GEOGRAPHY and faults."""

import json
import math
import os
import time
import urllib.request

import pytest
from cartoconn_bigquery import (  # noqa: F401
    ROWS,
    ids,
    key,
    layer_of,
    open_table,
    query_layer,
    requests,
    scripted,
    service_account,
)
from cartoconn_servers import connector_of
from cartoconn_util import (  # noqa: F401
    closed_port,
    field_value,
    messages,
    no_exceptions,
    open_connector,
    record,
    refuse,
    values,
    variant,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

SUITE = "suite_%d" % os.getpid()


# --- values


def test_types_of_arrow(scripted):
    layer = open_table(scripted, "types")
    feature = layer.GetNextFeature()
    feature = layer.GetNextFeature()
    assert feature.GetField("id") == 1
    assert feature.GetField("name") == "n\u00e4me 1"
    assert feature.GetField("price") == 0.25
    assert feature.GetFieldAsString("at") == "2020/01/02 03:04:05.679+00"
    assert feature.GetFieldAsString("local") == "2020/01/02 03:04:05.679"
    assert feature.GetFieldAsString("day") == "2020/01/02"
    assert feature.GetFieldAsString("clock") == "03:04:05.679"
    assert feature.GetFieldAsBinary("data") == b"\x01"
    assert feature.GetField("period") == "[2020-01-02, UNBOUNDED)"
    assert feature.GetField("span") == "1-2 3 4:5:6.789"
    assert feature.GetGeometryRef().ExportToWkt() == "POLYGON ((1 0,2 0,1 1,1 0))"
    definition = layer.GetLayerDefn()
    assert definition.GetGeomFieldDefn(0).GetName() == "the_geom"
    assert layer.GetSpatialRef().GetAuthorityCode(None) == "4326"
    assert definition.GetFieldDefn(0).IsNullable() == 0
    assert layer.GetFeatureCount() == ROWS


def test_lossless(scripted):
    connector = variant(scripted, dataset="d", table="types", lossless="YES")
    feature = layer_of(open_connector(connector)).GetNextFeature()
    assert feature.GetField("huge") == "-12345678901234567890123456789012345678.5"
    assert feature.GetField("price") == "0"


def test_null(scripted):
    layer = open_table(scripted, "types")
    names = [f.GetField("name") for f in layer]
    assert names[9] is None and names[8] == "n\u00e4me 8"


# --- what is asked for


def test_read_session(scripted, requests):
    layer = open_table(scripted, "pushed")
    layer.SetIgnoredFields(["huge", "at", "OGR_GEOMETRY"])
    layer.SetAttributeFilter("id > 5 AND name = 'x'")
    layer.GetNextFeature()
    (session,) = requests(call="CreateReadSession")
    assert session["parent"] == "projects/p"
    assert session["table"] == "projects/p/datasets/d/tables/pushed"
    assert session["params"].startswith("read_session.table=projects%2Fp%2F")
    assert "id" in session["fields"] and "huge" not in session["fields"]
    assert "shape" not in session["fields"]
    assert "`id` > 5" in session["restriction"]


def test_box_that_is_not_understood(scripted, requests):
    """The spatial filter is then evaluated here."""
    layer = open_table(scripted, "boxed")
    layer.SetSpatialFilterRect(10.2, 0.1, 10.4, 0.2)
    assert ids(layer) == [10]
    first, second = requests(call="CreateReadSession")
    assert "ST_BOUNDINGBOX" in first["restriction"]
    assert second["restriction"] == ""


def test_restriction_that_is_not_understood(scripted, requests):
    """A query has it instead, of the script's three columns."""
    layer = open_table(scripted, "strict")
    layer.SetIgnoredFields(
        ["price", "huge", "at", "local", "day", "clock", "data", "period", "span"]
    )
    layer.SetSpatialFilterRect(10.2, 0.1, 10.4, 0.2)
    layer.SetAttributeFilter("id >= 10")
    assert ids(layer) == [10]
    sessions = [s["restriction"] for s in requests(call="CreateReadSession")]
    assert ["ST_BOUNDINGBOX" in s for s in sessions] == [True, False]
    assert all("`id` >= 10" in s for s in sessions)
    (job,) = requests(method="POST")
    sql = json.loads(job["body"])["configuration"]["query"]["query"]
    assert "`id` >= 10" in sql and "ST_BOUNDINGBOX" in sql


def test_query_runs_once(scripted, requests):
    layer = query_layer(scripted, "SELECT large")
    assert len(requests(method="POST")) == 1  # the dry run
    assert '"dryRun":true' in requests(method="POST")[0]["body"].replace(" ", "")
    assert len(ids(layer)) == ROWS
    assert len(requests(method="POST")) == 2
    (session,) = requests(call="CreateReadSession")
    assert session["table"] == "projects/p/datasets/_a/tables/anon"
    assert any("location=EU" in e["path"] for e in requests(method="GET"))


@pytest.mark.parametrize("kind", ["view", "materialized_view", "external"])
def test_what_is_not_stored_is_a_query(scripted, requests, kind):
    layer = open_table(scripted, kind)
    layer.SetIgnoredFields(
        ["price", "huge", "at", "local", "day", "clock", "data", "period", "span"]
    )
    layer.SetAttributeFilter("id > 3")
    assert ids(layer) == list(range(ROWS))
    dry_run, job = requests(method="POST")
    query = json.loads(job["body"])["configuration"]["query"]
    assert query["useLegacySql"] is False
    assert query["query"] == (
        "SELECT `id`, `name`, ST_ASBINARY(`shape`) "
        "FROM `p`.`d`.`%s` WHERE `id` > 3" % kind
    )
    assert requests(call="CreateReadSession") == []


def test_snapshot_is_stored(scripted, requests):
    assert len(ids(open_table(scripted, "snapshot"))) == ROWS
    assert requests(method="POST") == []


def test_maximum_bytes_billed(scripted, requests):
    connector = variant(scripted, {"maximum_bytes_billed": 1000, "query_timeout": 60})
    assert len(ids(query_layer(connector, "SELECT paged"))) == ROWS
    for job in requests(method="POST"):
        configuration = json.loads(job["body"])["configuration"]
        assert configuration["query"]["maximumBytesBilled"] == "1000"
        assert configuration["jobTimeoutMs"] == "60000"


def test_job_whose_answer_is_lost(scripted, requests):
    """It is sent again under its own name, and runs once."""
    layer = query_layer(scripted, "SELECT paged, sent twice")
    assert ids(layer) == list(range(ROWS))
    first, second = requests(method="POST")[1:]
    assert first["body"] == second["body"]


@pytest.mark.parametrize("keys", [{"sql_query": "SELECT 1"}, {"table": "view"}])
def test_cost_is_known(scripted, requests, keys):
    """Of a query and of a view, without running anything."""
    connector = variant(scripted, dataset="d", import_as="q", **keys)
    layer = layer_of(open_connector(connector))
    assert layer.GetMetadataItem("TOTAL_BYTES_PROCESSED") == "1234"
    assert layer.GetMetadataItem("CACHE_HIT") == "NO"
    (job,) = requests(method="POST")
    body = json.loads(job["body"])
    assert body["configuration"]["dryRun"] is True
    assert body["jobReference"] == {"projectId": "p"}


def test_dry_run_without_columns(scripted, requests):
    """Emulators tell them to jobs.query only."""
    layer = query_layer(scripted, "SELECT unsaid")
    assert layer.GetMetadataItem("TOTAL_BYTES_PROCESSED") == "5678"
    assert layer.GetMetadataItem("CACHE_HIT") == "YES"
    assert ids(layer) == list(range(ROWS))
    paths = [job["path"] for job in requests(method="POST")]
    assert [path[len("/bigquery/v2/projects/p") :] for path in paths] == [
        "/jobs",
        "/queries",
        "/jobs",
    ]
    again = json.loads(requests(method="POST")[1]["body"])
    assert again == {"query": "SELECT unsaid", "useLegacySql": False, "dryRun": True}


def test_pages(scripted, requests):
    layer = query_layer(scripted, "SELECT paged")
    assert ids(layer) == list(range(ROWS))
    assert requests(call="CreateReadSession") == []


def test_only_reading(scripted):
    assert "data is only read" in refuse_query(scripted, "DELETE FROM t WHERE true")


def refuse_query(connector, sql):
    return refuse(variant(connector, sql_query=sql, import_as="q"))


# --- faults


@pytest.mark.parametrize(
    "table,offsets", [("unavailable", [0, 300]), ("rst", [0, 500, 500])]
)
def test_resumes(scripted, requests, table, offsets):
    layer = open_table(scripted, table)
    assert ids(layer) == list(range(ROWS))
    assert [r["offset"] for r in requests(call="ReadRows")] == offsets


def test_broken_stream_fails(scripted):
    layer = open_table(scripted, "broken")
    with messages() as said:
        count = len(ids(layer))
    assert count <= 200
    assert "a bug (INTERNAL)" in str(said)


def test_trailers_only_error(scripted):
    layer = open_table(scripted, "trailers")
    with messages() as said:
        assert ids(layer) == []
    assert "no such str\u00e9am (NOT_FOUND)" in str(said)


def test_empty(scripted):
    assert ids(open_table(scripted, "empty")) == []


def test_session_denied_reads_pages(scripted, requests):
    """Of the table itself, which costs nothing."""
    connector = variant(scripted, lossless="YES")
    expected = [record(f) for f in open_table(connector, "types")]
    layer = open_table(connector, "denied")
    assert [record(f) for f in layer] == expected
    assert requests(method="POST") == []
    pages = [r["path"] for r in requests(method="GET") if "/data?" in r["path"]]
    assert ["pageToken" in p for p in pages] == [False, True, True]
    layer.SetIgnoredFields(["name", "huge", "OGR_GEOMETRY"])
    days = [row[6] for (_, row, _) in expected]
    assert [field_value(f, 6) for f in layer] == days


def test_session_denied_with_a_filter(scripted, requests):
    """That is a query, whose columns are those of the script's."""
    layer = open_table(scripted, "denied")
    layer.SetIgnoredFields(
        ["price", "huge", "at", "local", "day", "clock", "data", "period", "span"]
    )
    layer.SetAttributeFilter("id >= 0")
    assert ids(layer) == list(range(ROWS))
    (job,) = requests(method="POST")
    assert "ST_ASBINARY(`shape`)" in job["body"]


def test_session_denied_with_a_box(scripted, requests):
    """What the box leaves out is left out here."""
    layer = open_table(scripted, "denied")
    layer.SetSpatialFilterRect(10.2, 0.1, 10.4, 0.2)
    assert ids(layer) == [10]
    assert requests(method="POST") == []


def test_session_denied_and_a_page_as_well(scripted):
    layer = open_table(scripted, "denied_pageerror")
    with messages() as said:
        assert len(ids(layer)) == 400
    assert "Not found: Table p:d.denied (notFound)" in said.failure


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:%d", "http://no.invalid:%d"])
def test_storage_that_cannot_be_reached(scripted, requests, endpoint):
    connection = {"storage_endpoint": endpoint % closed_port(), "insecure": True}
    assert ids(open_table(scripted, "types", connection)) == list(range(ROWS))
    assert requests(method="POST") == requests(call="CreateReadSession") == []


def test_page_error(scripted):
    layer = query_layer(scripted, "SELECT pageerror")
    with messages() as said:
        assert len(ids(layer)) < ROWS
    assert "the page is gone (invalid, q)" in str(said)


def test_throttled(scripted):
    assert open_table(scripted, "throttled") is not None


def test_retry_after(scripted, requests):
    """As long as the service asks for."""
    begin = time.monotonic()
    open_table(scripted, "busy")
    assert 2 <= time.monotonic() - begin < 4
    assert len(requests(method="GET")) == 2


def test_permission_that_is_missing(scripted):
    layer = query_layer(scripted, "SELECT no right")
    with messages() as said:
        assert ids(layer) == []
    assert (
        "bigquery.jobs.create permission in project p. (accessDenied)" in said.failure
    )
    assert "roles/bigquery.jobUser" in said.failure


@pytest.mark.parametrize(
    "table,words",
    [
        ("missing", "Not found: Table p:d.missing (notFound)"),
        ("forbidden", "roles/bigquery.dataViewer"),
    ],
)
def test_table_refused(scripted, table, words):
    assert words in refuse(variant(scripted, dataset="d", table=table))


def test_syntax_error(scripted):
    said = refuse_query(scripted, "SELECT syntax error")
    assert "Syntax error at [1:8] (invalidQuery, query)" in said


def test_cancel(scripted, requests):
    """A layer that is left while its job runs ends the job."""
    connector = variant(scripted, {"query_timeout": 1})
    layer = query_layer(connector, "SELECT endless")
    with messages() as said:
        assert ids(layer) == []
    assert "query_timeout" in str(said)
    del layer
    assert any("/cancel" in e["path"] for e in requests(method="POST"))


# --- tokens


def test_service_account(scripted, requests, key):
    account = service_account(scripted, key)
    open_table(scripted, "types", {"service_account": account})
    (token,) = requests(path="/token")
    assert "grant-type%3Ajwt-bearer" in token["body"]
    (table,) = requests(method="GET")
    assert table["authorization"].startswith("Bearer token-")


def test_token_is_renewed_on_401(scripted, requests, key):
    account = service_account(scripted, key)
    layer = open_table(scripted, "expired", {"service_account": account})
    assert ids(layer) == list(range(ROWS))
    tokens = [r["authorization"] for r in requests(call="ReadRows")]
    assert len(tokens) == 2 and tokens[0] != tokens[1]
    assert [r["offset"] for r in requests(call="ReadRows")] == [0, 400]


def test_quota_project(scripted, requests, key):
    """Who is charged for the calls, by REST and gRPC."""
    account = dict(service_account(scripted, key), quota_project_id="payer")
    layer = open_table(scripted, "types", {"service_account": account})
    assert len(ids(layer)) == ROWS
    calls = requests(method="GET") + requests(call="CreateReadSession")
    calls += requests(call="ReadRows")
    assert [call["quota"] for call in calls] == ["payer"] * len(calls)


def test_access_token(scripted, requests):
    open_table(scripted, "types", {"access_token": "ya29.secret"})
    assert requests(method="GET")[0]["authorization"] == "Bearer ya29.secret"


def test_unsupported_credentials(scripted):
    account = {"type": "external_account", "audience": "x"}
    connector = variant(
        scripted, {"service_account": account}, dataset="d", table="types"
    )
    assert '"external_account"' in refuse(connector)


def test_nobody_listens(scripted):
    connection = {"endpoint": "http://127.0.0.1:%d" % closed_port()}
    said = refuse(variant(scripted, connection, dataset="d", table="types"))
    assert said.startswith("BigQuery, connect failed: ")
    assert '"endpoint"' in said and '"server"' not in said


def test_plain_http_elsewhere(scripted, monkeypatch):
    """Also where the environment says so."""
    connector = variant(scripted, {"endpoint": None}, dataset="d", table="types")
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://192.0.2.1")
    assert "plain HTTP is spoken to this machine only" in refuse(connector)


def test_endpoints_of_the_environment(scripted, requests, monkeypatch):
    connection = scripted["connection"]
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", connection["endpoint"][7:])
    monkeypatch.setenv(
        "BIGQUERY_STORAGE_GRPC_ENDPOINT", connection["storage_endpoint"][7:]
    )
    removed = {"endpoint": None, "storage_endpoint": None}
    assert len(ids(open_table(scripted, "types", removed))) == ROWS
    assert len(requests(call="ReadRows")) == 1


# --- listing


def test_listing(scripted):
    with messages() as said:
        ds = open_connector(variant(scripted, dataset="d"))
    assert ds.GetLayerCount() == 500
    assert ds.GetLayer(0).GetName() == "t000"
    assert "500 tables" in str(said)


def test_listing_of_all_datasets(emulator):
    """Their tables, called after both; what projects and datasets there are."""
    ds = open_connector(emulator)
    assert SUITE in ds.GetMetadataItem("DATASETS").split(",")
    assert "proj" in ds.GetMetadataItem("PROJECTS").split(",")
    layer = ds.GetLayerByName(SUITE + ".big")
    assert layer.GetMetadataItem("SOURCE") == "proj.%s.big" % SUITE
    assert layer.GetFeatureCount() == 50000


def test_listing_without_the_right_to_list_projects(scripted):
    ds = open_connector(scripted)
    assert ds.GetMetadataItem("DATASETS") == "d1,d2"
    assert ds.GetMetadataItem("PROJECTS") is None
    assert ds.GetLayer(0).GetName() == "d1.t000"


# --- the emulator


def emulator_call(connector, sql):
    body = json.dumps({"query": sql, "useLegacySql": False}).encode()
    request = urllib.request.Request(
        connector["connection"]["endpoint"] + "/bigquery/v2/projects/proj/queries",
        data=body,
        headers={"Content-Type": "application/json"},
    )
    answer = json.load(urllib.request.urlopen(request))
    assert not answer.get("errors"), answer["errors"]


@pytest.fixture(scope="module")
def emulator():
    connector = connector_of("bigquery")
    endpoint = connector["connection"]["endpoint"]
    dataset = {"datasetReference": {"projectId": "proj", "datasetId": SUITE}}
    urllib.request.urlopen(
        urllib.request.Request(
            endpoint + "/bigquery/v2/projects/proj/datasets",
            data=json.dumps(dataset).encode(),
            headers={"Content-Type": "application/json"},
        )
    )
    emulator_call(
        connector,
        "CREATE TABLE " + SUITE + ".big AS SELECT n AS id, CONCAT('row ', CAST(n AS "
        "STRING)) AS s, n * 1.5 AS f, MOD(n, 2) = 0 AS even, DATE '2020-01-01' "
        "AS d FROM UNNEST(GENERATE_ARRAY(1, 50000)) AS n",
    )
    return connector


def test_emulated_table(emulator):
    layer = layer_of(open_connector(variant(emulator, dataset=SUITE, table="big")))
    assert layer.GetFeatureCount() == 50000
    assert sum(ids(layer)) == 50000 * 50001 // 2
    layer.SetAttributeFilter("id > 49990 AND even = 1 AND s LIKE 'row %'")
    assert sorted(ids(layer)) == [49992, 49994, 49996, 49998, 50000]
    assert layer.GetFeatureCount() == 5


def test_emulated_table_by_rest(emulator):
    """Where there is no Storage Read API."""
    connector = variant(emulator, {"storage_endpoint": None}, dataset=SUITE)
    layer = layer_of(open_connector(variant(connector, table="big")))
    expected = layer_of(open_connector(variant(emulator, dataset=SUITE, table="big")))
    rows = sorted(values(f) for f in layer)
    assert len(rows) == 50000
    assert rows == sorted(values(f) for f in expected)


NESTED = [
    ("a", {"type": "INTEGER", "mode": "REPEATED"}, "[1, 2]", "[1,2]"),
    (
        "s",
        {
            "type": "RECORD",
            "fields": [
                {"name": "x", "type": "INTEGER"},
                {"name": "y", "type": "STRING"},
                {"name": "t", "type": "DATETIME"},
            ],
        },
        "STRUCT(1, 'z\"', DATETIME '2020-01-02 03:04:05.5')",
        '{"x":1,"y":"z\\"","t":"2020-01-02 03:04:05.5"}',
    ),
    ("j", {"type": "JSON"}, "JSON '{\"k\":[true]}'", '{"k":[true]}'),
    (
        "r",
        {"type": "RANGE", "rangeElementType": {"type": "DATE"}},
        "RANGE(DATE '2020-01-01', NULL)",
        "[2020-01-01, UNBOUNDED)",
    ),
    ("i", {"type": "INTERVAL"}, "MAKE_INTERVAL(1, 2, 3)", "1-2 3 0:0:0"),
    ("n", {"type": "NUMERIC"}, "NUMERIC '-12.34'", "-12.34"),
    ("b", {"type": "BYTES"}, "FROM_HEX('00FF')", b"\x00\xff"),
    (
        "d",
        {"type": "DATETIME"},
        "DATETIME '2020-01-02 03:04:05'",
        "2020-01-02 03:04:05",
    ),
    ("t", {"type": "TIME"}, "TIME '03:04:05.25'", "03:04:05.25"),
    ("f", {"type": "FLOAT"}, "CAST('-inf' AS FLOAT64)", -math.inf),
]


@pytest.mark.parametrize("storage", [True, False], ids=["Arrow", "REST"])
@pytest.mark.parametrize("case", NESTED, ids=[case[1]["type"] for case in NESTED])
def test_emulated_type(emulator, case, storage):
    """The same values in both forms, without loss."""
    name, field, sql, expected = case
    table = "type_%s_%s" % (name, storage)
    endpoint = emulator["connection"]["endpoint"] + "/bigquery/v2/projects/proj"
    body = {
        "tableReference": {"projectId": "proj", "datasetId": SUITE, "tableId": table},
        "schema": {"fields": [dict(field, name=name)]},
    }
    urllib.request.urlopen(
        urllib.request.Request(
            "%s/datasets/%s/tables" % (endpoint, SUITE),
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
    )
    emulator_call(
        emulator, "INSERT INTO %s.%s VALUES (%s), (NULL)" % (SUITE, table, sql)
    )
    connection = {} if storage else {"storage_endpoint": None}
    connector = variant(emulator, connection, dataset=SUITE, table=table)
    layer = layer_of(open_connector(connector, lossless="YES"))
    got = [field_value(feature, 0) for feature in layer]
    nothing = "[]" if field.get("mode") == "REPEATED" else None
    assert got in ([expected, nothing], [expected, None])


def test_emulated_query(emulator):
    sql = "SELECT id, f, d FROM %s.big WHERE id <= 30000 ORDER BY id DESC" % SUITE
    layer = query_layer(emulator, sql)
    assert ids(layer) == list(range(30000, 0, -1))
    layer.ResetReading()
    feature = layer.GetNextFeature()
    assert feature.GetField("f") == 45000
    assert feature.GetFieldAsString("d") == "2020/01/01"
