#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Snowflake, asked of the scripted server of servers/snowflake_standin.py: the
protocol, its two forms of rows, chunks, logins and faults."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest
from cartoconn_util import (  # noqa: F401
    config,
    messages,
    no_exceptions,
    open_connector,
    refuse,
    run_program,
    variant,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "..", "servers", "snowflake_standin.py")
ARROW = os.path.join(HERE, "..", "c", "data", "arrow", "snowflake.arrows")
KEYS = os.path.join(HERE, "..", "c", "data", "keys")


class StandIn:
    """The scripted server, started anew, and a connector to it."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT, "--arrow", ARROW] + list(arguments),
            stdout=subprocess.PIPE,
            universal_newlines=True,
        )
        self.port = int(self.process.stdout.readline())
        self.connector = {
            "provider": "snowflake",
            "connection": {
                "server": "127.0.0.1",
                "port": self.port,
                "account": "ORG-ACCT",
                "database": "DB",
                "username": "user",
                "password": "secret",
                "sslmode": "disable",
            },
        }

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def ask(self):
        url = "http://127.0.0.1:%d/standin/log" % self.port
        with urllib.request.urlopen(url) as answer:
            return json.load(answer)

    def requests(self, path):
        return [r for r in self.ask()["log"] if r["path"].startswith(path)]

    def scene(self, name, **keys):
        return variant(self.connector, sql_query="SELECT scene_" + name,
                       import_as=name, **keys)


@pytest.fixture()
def standin():
    server = StandIn()
    yield server
    server.stop()


def read(connector, **options):
    """The rows, and what was said."""
    with messages() as said:
        ds = open_connector(connector, **options)
        assert ds is not None, said.everything
        layer = ds.GetLayer(0)
        rows = [f for f in layer]
        del ds
    return rows, said


def ids(rows):
    return [f["ID"] for f in rows]


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
# Chunks


@pytest.mark.parametrize("scene,chunks", [("chunks", 12), ("encoded", 6),
                                          ("plain", 6)])
def test_chunks(standin, scene, chunks):
    rows, said = read(standin.scene(scene))
    said.assert_quiet()
    assert ids(rows) == list(range(5 + chunks * 10))
    for request in standin.requests("/blob/"):
        assert "authorization" not in request["headers"]


THEIR_READER = """
import json, sys
import snowflake.connector
cursor = snowflake.connector.connect(
    host="127.0.0.1", port=int(sys.argv[1]), protocol="http", account="a",
    user="user", password="secret").cursor()
for scene in sys.argv[2:]:
    cursor.execute("SELECT scene_" + scene)
    print(json.dumps([row[0] for row in cursor.fetchall()]))
"""


def test_as_the_servers_own_connector_reads_it(standin):
    """The scripted server is one that Snowflake's connector understands, and
    both read the same."""
    python = os.environ.get("CARTOCONN_TEST_FAKESNOW_PYTHON")
    if not python:
        pytest.skip("CARTOCONN_TEST_FAKESNOW_PYTHON is not set")
    scenes = ["small", "chunks", "encoded", "slow", "unavailable"]
    done = subprocess.run([python, "-I", "-c", THEIR_READER, str(standin.port)]
                          + scenes, stdout=subprocess.PIPE, timeout=120,
                          universal_newlines=True)
    assert done.returncode == 0
    for scene, line in zip(scenes, done.stdout.splitlines()):
        rows, _ = read(standin.scene(scene))
        assert json.loads(line) == ids(rows), scene


def test_chunks_in_parallel(standin):
    read(standin.scene("chunks"))
    assert standin.ask()["most_active"] == 4


def test_chunk_key(standin):
    read(standin.scene("chunks"))
    headers = standin.requests("/blob/")[0]["headers"]
    prefix = "x-amz-server-side-encryption-customer-"
    assert headers[prefix + "algorithm"] == "AES256"
    assert headers[prefix + "key"] == "cXJtay1vZi10aGUtc3RhbmQtaW4="


def test_chunk_headers(standin):
    read(standin.scene("encoded"))
    headers = standin.requests("/blob/")[0]["headers"]
    assert headers["x-standin"] == "yes"
    assert "x-amz-server-side-encryption-customer-algorithm" not in headers


def test_arrow_chunks(standin):
    rows, said = read(standin.scene("arrowchunks"))
    assert not said.failures, said.everything
    assert ids(rows) == [1, 2, 3] * 3


@pytest.mark.parametrize("scene",
                         ["truncated", "dropped", "unavailable", "expired"])
def test_faults_that_pass(standin, scene):
    rows, said = read(standin.scene(scene))
    said.assert_quiet()
    assert ids(rows) == list(range(65))


def test_expired_urls_are_asked_for_anew(standin):
    read(standin.scene("expired"))
    assert len(standin.requests("/queries/expired-")) == 1
    assert standin.requests("/blob/fresh/3")


def test_forbidden_chunk_is_fresh_again(standin):
    rows, _ = read(standin.scene("forbidden"))
    assert ids(rows) == list(range(65))


def test_chunks_wait_until_they_are_read(standin):
    """What is ahead of a reader who waits is bounded: four chunks, and those
    that the pipe's batches are made of."""
    with messages() as said:
        ds = open_connector(standin.scene("many"))
        layer = ds.GetLayer(0)
        assert layer.GetNextFeature()["ID"] == 0
        time.sleep(3)
        waiting = len(standin.requests("/blob/"))
        assert 4 < waiting < 16
        assert [layer.GetNextFeature()["ID"] for _ in range(3)] == [1, 2, 3]
        del ds, layer
    said.assert_quiet()


@pytest.mark.parametrize("scene,words", [
    ("short", "1 are missing"), ("fewer", "2 are missing"),
    ("nothing", "2 are missing"), ("more", "1 are too many")])
def test_other_rows_than_announced(standin, scene, words):
    _, said = read(standin.scene(scene))
    assert words in said.failure


def test_missing_chunk(standin):
    rows, said = read(standin.scene("missing"))
    assert len(rows) <= 25
    assert "fetch failed" in said.failure
    assert "HTTP status 404: NoSuchKey: It is gone." in said.failure
    assert "s3cret" not in said.failure


def test_missing_chunk_ends_ogr2ogr(standin, tmp_path):
    path = tmp_path / "connector.json"
    path.write_text(json.dumps(standin.scene("missing")))
    done = run_program("ogr2ogr", "-f", "GeoJSON", str(tmp_path / "out.json"),
                       "CARTOCONN:%s" % path)
    assert done.returncode != 0
    assert "HTTP status 404" in done.stdout


def test_urls_that_are_refused_even_when_new(standin):
    _, said = read(standin.scene("refused"))
    assert "HTTP status 403: AccessDenied: Request has expired" in said.failure
    assert 1 <= len(standin.requests("/queries/forbidden-")) <= 16


def test_limit_before_the_chunks(standin):
    """What is beyond the limit is not waited for."""
    began = time.time()
    with messages() as said:
        ds = open_connector(standin.scene("hanging"), max_rows=3)
        assert ids([f for f in ds.GetLayer(0)]) == [0, 1, 2]
        del ds
    assert time.time() - began < 5
    assert "truncated at 3 rows" in said.warning
    request = standin.requests("/queries/v1/query-request")[-1]
    assert request["body"]["parameters"]["ROWS_PER_RESULTSET"] == 4


def test_closed_while_chunks_hang(standin):
    with messages() as said:
        ds = open_connector(standin.scene("hanging"))
        assert ds.GetLayer(0).GetNextFeature()["ID"] == 0
        began = time.time()
        del ds
        assert time.time() - began < 3
    assert not said.failures


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
# Logins


def login(standin):
    return standin.requests("/session/v1/login-request")[0]


def test_password(standin):
    connection = {"passcode": "123456", "warehouse": "W H", "role": "R"}
    read(variant(standin.scene("small"), connection))
    request = login(standin)
    data = request["body"]["data"]
    assert data["PASSWORD"] == "secret" and "AUTHENTICATOR" not in data
    assert data["PASSCODE"] == "123456"
    assert data["ACCOUNT_NAME"] == "ORG-ACCT"
    assert "warehouse=W%20H&roleName=R" in request["path"]
    parameters = data["SESSION_PARAMETERS"]
    assert parameters["GEOGRAPHY_OUTPUT_FORMAT"] == "WKB"
    assert parameters["GEOMETRY_OUTPUT_FORMAT"] == "EWKB"


@pytest.mark.parametrize("key,secret,how", [
    ("token", "pat-secret", "PROGRAMMATIC_ACCESS_TOKEN"),
    ("oauth_token", "oauth-secret", "OAUTH"),
])
def test_tokens(standin, key, secret, how):
    connection = {"password": None, key: secret}
    rows, _ = read(variant(standin.scene("small"), connection))
    assert len(rows) == 3
    data = login(standin)["body"]["data"]
    assert (data["AUTHENTICATOR"], data["TOKEN"]) == (how, secret)
    assert "PASSWORD" not in data


@pytest.mark.parametrize("key,passphrase", [("rsa.pem", None),
                                            ("rsa_pkcs1.pem", None),
                                            ("rsa_encrypted.pem",
                                             "swordfish")])
def test_key_pair(standin, key, passphrase):
    connection = {"password": None,
                  "private_key_file": os.path.join(KEYS, key),
                  "private_key_passphrase": passphrase}
    rows, _ = read(variant(standin.scene("small"), connection))
    assert len(rows) == 3
    token = login(standin)["body"]["data"]["TOKEN"]
    with open(os.path.join(KEYS, "rsa_fingerprint.txt")) as file:
        fingerprint = file.read().strip()
    import base64
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["iss"] == "ORG-ACCT.USER.SHA256:" + fingerprint
    # until the last repetition of the login: connect_timeout is 30 s
    assert claims["exp"] - claims["iat"] == 90


@pytest.mark.parametrize("account,name", [
    ("xy12345.eu-central-1", "XY12345"), ("acme-ext1.global", "ACME"),
    ("org-acct", "ORG-ACCT"), ("my_org-my_acct", "MY_ORG-MY_ACCT")])
def test_account(standin, account, name):
    read(variant(standin.scene("small"), {"account": account}))
    assert login(standin)["body"]["data"]["ACCOUNT_NAME"] == name


def test_login_is_repeated(standin):
    rows, said = read(variant(standin.scene("small"), {"username": "busy"}))
    said.assert_quiet()
    assert len(rows) == 3
    first, second = standin.requests("/session/v1/login-request")
    assert "retryCount=1&retryReason=503" in second["path"]
    assert "retryCount" not in first["path"]


@pytest.fixture()
def http_proxy():
    """A proxy that notes what it is asked for, and refuses it."""
    asked = []
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(8)

    def serve():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            asked.append(peer.recv(4096).decode())
            peer.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            peer.close()

    threading.Thread(target=serve, daemon=True).start()
    yield "http://127.0.0.1:%d" % listener.getsockname()[1], asked
    listener.close()


@pytest.mark.parametrize("account,host", [
    ("org-acct", "org-acct.snowflakecomputing.com"),
    ("my_org-my_acct", "my-org-my-acct.snowflakecomputing.com"),
    ("xy1.eu-central-1", "xy1.eu-central-1.snowflakecomputing.com"),
    ("xy1.cn-north-1", "xy1.cn-north-1.snowflakecomputing.cn"),
])
def test_host_of_an_account(http_proxy, tmp_path, account, host):
    """By the tunnel that is asked of a proxy: no underscores, and TLS."""
    proxy, asked = http_proxy
    connector = {"provider": "snowflake", "table": "T", "connection": {
        "account": account, "database": "DB", "username": "user",
        "password": "s3cr3t-word"}}
    path = tmp_path / "connector.json"
    path.write_text(json.dumps(connector))
    done = run_program("ogrinfo", "CARTOCONN:%s" % path, https_proxy=proxy,
                       HTTPS_PROXY=proxy, no_proxy="", NO_PROXY="")
    assert asked[0].startswith("CONNECT %s:443 HTTP/1." % host)
    assert "s3cr3t-word" not in done.stdout + "".join(asked)
    assert done.returncode != 0
    assert "connect failed: the proxy refuses the connection" in done.stdout
    assert "403" in done.stdout and len(asked) <= 2


SECRETS = ["sig=", "s3cret", "token-", "master-", "cXJtay1vZi10aGUtc3RhbmQtaW4",
           "pass-w0rd", "112233", "BEGIN PRIVATE"]


@pytest.mark.parametrize("scene", ["chunks", "encoded", "expired", "refused",
                                   "dropped", "unavailable", "renewed", "gone",
                                   "slow", "absent"])
def test_no_secret_is_told(standin, scene):
    """Neither in messages nor in what the driver says for debugging."""
    connection = {"password": "secret", "passcode": "112233"}
    with config(CPL_DEBUG="ON"):
        with messages() as said:
            ds = open_connector(variant(standin.scene(scene), connection))
            layer = ds.GetLayer(0) if ds else None
            texts = [ds.GetDescription(), str(ds.GetMetadata())] if ds else []
            texts += [str(f.items()) for f in layer] if ds else []
            texts += [str(layer.GetMetadata())] if ds else []
            del ds, layer
    assert len(said) > 0
    for secret in SECRETS:
        assert secret not in "\n".join(texts) + said.everything, secret


def test_single_factor_is_refused(standin):
    text = refuse(variant(standin.scene("small"), {"password": "single"}))
    assert "Multi-factor" in text
    for other in ("passcode", "token", "private_key_file", "oauth_token"):
        assert other in text


def test_secret_is_not_echoed(standin):
    text = refuse(variant(standin.scene("small"), {"password": "wrong-one"}))
    assert "Incorrect username" in text and "wrong-one" not in text
    assert 'Check "account", "username" and "password"' in text


def test_encrypted_key_without_passphrase(standin):
    connection = {"password": None, "private_key_file":
                  os.path.join(KEYS, "rsa_encrypted.pem")}
    text = refuse(variant(standin.scene("small"), connection))
    assert "private_key_passphrase" in text


###############################################################################
# TLS


@pytest.fixture()
def tls(tmp_path):
    """The scripted server with TLS, and its certificate."""
    certificate, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate], check=True,
        stderr=subprocess.DEVNULL)
    server = StandIn("--tls", certificate, key)
    server.connector["connection"]["sslmode"] = "verify-full"
    yield server, certificate
    server.stop()


def test_tls(tls):
    server, certificate = tls
    for scene in ("small", "chunks"):
        rows, said = read(variant(server.scene(scene),
                                  {"sslrootcert": certificate}))
        said.assert_quiet()
        assert len(rows) in (3, 125)


def test_tls_without_verification(tls):
    server, _ = tls
    rows, said = read(variant(server.scene("chunks"), {"sslmode": "require"}))
    said.assert_quiet()
    assert len(rows) == 125


def test_tls_is_verified(tls):
    server, _ = tls
    assert "TLS" in refuse(server.scene("small"))


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
