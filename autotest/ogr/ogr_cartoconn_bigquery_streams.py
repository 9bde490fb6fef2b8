#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""BigQuery: several streams of a table at once, and what becomes of a stream
that breaks, on the scripted servers of servers/bigquery_standin.py and
servers/bigquery_frames.py."""

import json
import os
import signal
import time

import pytest
from cartoconn_bigquery import (  # noqa: F401
    ROWS,
    ids,
    key,
    open_table,
    query_layer,
    requests,
    scripted,
    service_account,
)
from cartoconn_servers import connector_of
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    refuse,
    run_python,
    variant,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

STREAMS = 4
BATCH = 100  # rows of a message


def in_turns():
    """The rows of all streams, a message of each in turn."""
    return [
        stream * ROWS + first + i
        for first in range(0, ROWS, BATCH)
        for stream in range(STREAMS)
        for i in range(BATCH)
    ]


def calls(requests):
    """(stream, offset) of each call of ReadRows."""
    asked = requests(call="ReadRows")
    return sorted((int(r["stream"].rsplit("/", 1)[1]), r["offset"]) for r in asked)


# --- several streams


def test_streams(scripted, requests):
    """No row is lost or doubled, and the order is the same again."""
    layer = open_table(scripted, "many")
    assert ids(layer) == in_turns()
    assert ids(layer) == in_turns()
    assert [s["streams"] for s in requests(call="CreateReadSession")] == [STREAMS] * 2
    assert calls(requests) == sorted((k, 0) for k in range(STREAMS) for _ in range(2))


def test_streams_of_few_rows(scripted, requests):
    """What is read ahead is billed: one stream is enough for a page of rows."""
    layer = open_table(variant(scripted, max_rows=150), "many")
    with messages() as said:
        assert ids(layer) == list(range(150))
    assert "truncated at 150 rows" in said.warnings[-1]
    assert [s["streams"] for s in requests(call="CreateReadSession")] == [1]


def test_streams_of_a_query(scripted, requests):
    """One, as rows may come in an order."""
    assert ids(query_layer(scripted, "SELECT large")) == list(range(ROWS))
    assert [s["streams"] for s in requests(call="CreateReadSession")] == [1]


def test_streams_of_a_server_that_has_one(scripted, requests):
    """It is asked once more, for one."""
    assert ids(open_table(scripted, "single")) == list(range(ROWS))
    assert [s["streams"] for s in requests(call="CreateReadSession")] == [STREAMS, 1]


def test_session_refused_without_a_code(scripted, requests):
    """Not with one stream either."""
    layer = open_table(scripted, "unsaid")
    with messages() as said:
        assert ids(layer) == []
    assert "who knows (UNKNOWN)" in said.failure
    assert [s["streams"] for s in requests(call="CreateReadSession")] == [STREAMS, 1]


def test_streams_resume(scripted, requests):
    layer = open_table(scripted, "many_unavailable")
    assert ids(layer) == in_turns()
    assert calls(requests) == [(0, 0), (1, 0), (1, 300), (2, 0), (3, 0)]


def test_streams_one_of_which_breaks(scripted):
    layer = open_table(scripted, "many_broken")
    with messages() as said:
        got = ids(layer)
    assert "a bug (INTERNAL)" in said.failure
    assert len(got) < STREAMS * ROWS and len(set(got)) == len(got)


def test_streams_renew_a_token_once(scripted, requests, key):
    account = service_account(scripted, key)
    layer = open_table(scripted, "many_expired", {"service_account": account})
    assert ids(layer) == in_turns()
    assert len(requests(path="/token")) == 2
    assert calls(requests) == [(k, o) for k in range(STREAMS) for o in (0, 400)]


def test_streams_end_at_once(scripted):
    """All of them when the reader leaves."""
    layer = open_table(scripted, "many_slow")
    begin = time.monotonic()
    assert layer.GetNextFeature() is not None
    layer.ResetReading()
    del layer
    assert time.monotonic() - begin < 3


def blocked_signals(thread):
    with open("/proc/self/task/%s/status" % thread) as file:
        (mask,) = [line.split()[1] for line in file if line.startswith("SigBlk")]
    return int(mask, 16)


def test_streams_threads_leave_signals_to_the_program(scripted):
    before = set(os.listdir("/proc/self/task"))
    layer = open_table(scripted, "many_slow")
    assert layer.GetNextFeature() is not None
    threads = set(os.listdir("/proc/self/task")) - before
    assert len(threads) == STREAMS + 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        assert all(blocked_signals(t) >> (number - 1) & 1 for t in threads)


def test_streams_query_timeout(scripted):
    layer = open_table(scripted, "many_slow", {"query_timeout": 2})
    begin = time.monotonic()
    with messages() as said:
        assert len(ids(layer)) < STREAMS * ROWS
    assert "query_timeout" in said.failure
    assert time.monotonic() - begin < 4


READ_SLOWLY = """
import json, resource, sys, time
from osgeo import gdal, ogr
gdal.UseExceptions()
ds = gdal.OpenEx("CARTOCONN:", open_options=["CONNECTOR=" + sys.argv[1]])
layer = ds.GetLayer(0)
defn = layer.GetLayerDefn()
names = [defn.GetFieldDefn(i).GetName() for i in range(defn.GetFieldCount())]
ignored = [name for name in names if name not in ("id", "data")]
layer.SetIgnoredFields(ignored + ["OGR_GEOMETRY"])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
layer.GetNextFeature()
time.sleep(2)
count = 1
while layer.GetNextFeature():
    count += 1
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([count, peak - before]))
"""


def test_streams_memory(scripted):
    """800 MB of rows, which are small on the wire, before a reader that waits."""
    connector = variant(scripted, dataset="d", table="many_wide")
    done = run_python(READ_SLOWLY, json.dumps(connector))
    assert done.returncode == 0, done.stderr
    count, kilobytes = json.loads(done.stdout)
    assert count == STREAMS * 24 * 8
    assert kilobytes < 256 << 10


# --- frames


@pytest.fixture(params=["bigquery_frames", "bigquery_frames_tls"])
def frames(request):
    connector = connector_of(request.param)
    if request.param.endswith("tls"):
        return variant(connector, {"sslrootcert": authority()})
    return connector


def authority():
    return os.path.join(os.environ["CARTOCONN_TEST_BIGQUERY_TLS"], "ca.crt")


@pytest.mark.parametrize(
    "table,resumed",
    [
        ("whole", None),
        ("reset", 200),
        ("goaway", 200),
        ("closed", 200),
        ("endless", 200),
        ("unsaid", 300),
        ("busy", 0),
        ("refused", 0),
        ("throttled", None),
    ],
)
def test_frames(frames, requests, table, resumed):
    """What breaks a stream, and the row at which it is resumed: with a reset or
    the connection libcurl may drop messages that had arrived."""
    assert ids(open_table(frames, table)) == list(range(ROWS))
    offsets = [r["offset"] for r in requests(call="ReadRows")]
    if table in ("reset", "goaway", "closed"):
        assert len(offsets) == 2 and offsets[1] in (0, 100, 200)
    else:
        assert offsets == ([0] if resumed is None else [0, resumed])
    for call in requests(call="ReadRows"):
        assert call["params"].startswith("read_stream=%s%%2F" % table)


@pytest.mark.parametrize(
    "table,words",
    [
        ("compressed", "compressed a message"),
        ("large", "more than 256 MiB"),
        ("damaged", "is no ReadRowsResponse"),
    ],
)
def test_frames_that_are_wrong(frames, requests, table, words):
    """Not worth another try."""
    layer = open_table(frames, table)
    with messages() as said:
        assert len(ids(layer)) <= 200
    assert words in said.failure
    assert len(requests(call="ReadRows")) == 1


def test_frames_of_a_proxy(frames):
    """An answer that no gRPC server gives."""
    layer = open_table(frames, "proxied")
    with messages() as said:
        assert ids(layer) == []
    assert "answers HTTP 200 without a gRPC status" in said.failure


# --- TLS


def test_tls(requests):
    connector = variant(connector_of("bigquery_tls"), {"sslrootcert": authority()})
    assert ids(open_table(connector, "many")) == in_turns()
    assert len(requests(call="ReadRows")) == STREAMS


def test_tls_of_another_authority():
    other = os.path.join(os.environ["CARTOCONN_TEST_BIGQUERY_TLS"], "other-ca.crt")
    connector = variant(connector_of("bigquery_tls"), {"sslrootcert": other})
    layer = open_table(connector, "many")
    with messages() as said:
        assert ids(layer) == []
    assert "TLS" in said.failure and "sslrootcert" in said.failure


def test_tls_without_http2():
    connector = variant(connector_of("bigquery_http1"), {"sslrootcert": authority()})
    layer = open_table(connector, "many")
    with messages() as said:
        assert ids(layer) == []
    assert "HTTP/2" in said.failure
