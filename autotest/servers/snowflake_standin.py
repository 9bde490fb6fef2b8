#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A scripted server of the protocol that Snowflake's drivers speak, as their
sources describe it: login, queries in JSON and Arrow, chunks of a blob store,
polling, renewal, faults. It knows no SQL: the statement names its scene.

    snowflake_standin.py [--arrow FILE] [--tls CERTIFICATE KEY] [--rows FOLDER]

prints its port. What it was sent is at /standin/log, as JSON. The chunks of
FOLDER, ready as files, are for the benchmark (see its snowflake_rows.py)."""

import argparse
import base64
import gzip
import json
import os
import re
import ssl
import struct
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

POINT = struct.pack("<BIdd", 1, 1, 2.5, 51.25)
EPOINT = struct.pack("<BIIdd", 1, 0x20000001, 3857, 100.0, 200.0)
# Who may ask for Arrow, and by which session parameter
DRIVERS = {"C API": "C_API", "Go": "GO", "PythonConnector": "PYTHON_CONNECTOR"}
KEY = "cXJtay1vZi10aGUtc3RhbmQtaW4="


def column(name, kind, extension=None, **more):
    item = {"name": name, "type": kind, "nullable": True, "precision": None,
            "scale": None, "length": None}
    if extension:
        item["extTypeName"] = extension
    item.update(more)
    return item


ID = column("ID", "fixed", precision=38, scale=0, nullable=False)
NAME = column("NAME", "text", length=100)

TYPES = [
    ID,
    column("PRICE", "fixed", precision=12, scale=2),
    column("BIG", "fixed", precision=38, scale=10),
    column("R", "real"),
    column("B", "boolean"),
    column("T", "text", length=16777216),
    column("BIN", "binary"),
    column("D", "date"),
    column("TI", "time", scale=9),
    column("NTZ", "timestamp_ntz", scale=9),
    column("LTZ", "timestamp_ltz", scale=9),
    column("TZ", "timestamp_tz", scale=9),
    column("V", "variant"),
    column("YM", "interval_year_month", scale=0),
    column("MONTHS", "interval_year_month", scale=2),
    column("DT", "interval_day_time", scale=9, precision=0x25),
    column("DAYS", "interval_day_time", scale=0, precision=0x29),
    column("DEC", "decfloat", precision=38),
    column("GEOM", "binary", "GEOMETRY"),
    column("GEOG", "binary", "GEOGRAPHY"),
]
TYPE_ROWS = [
    ["1", "12.50", "1234567890123456789.0123456789", "1.5", "1",
     "h\u00e9 \U0001f600 \"q\"", "00FF", "-1", "3723.500000000",
     "-1.500000000", "1700000000.123456000", "1700000000.000000000 1500",
     '{"a": 1}', "14", "14", "90061500000000",
     "10666666580645000000006", "25.5", EPOINT.hex().upper(), POINT.hex().upper()],
    ["2"] + [None] * 19,
    ["3", "-0.05", "0.0000000001", "NaN", "0", "", "", "19782",
     "86399.999999000", "0.000000000", "0.000000000",
     "0.000000000 1440", "[]", "-25", "-25", "-1000000000", "-1", "-1E+3",
     None, None],
]


def rows_between(first, count):
    return [[str(i), "name %d" % i] for i in range(first, first + count)]


def chunk_text(rows):
    """A chunk has no outer brackets."""
    return ",\n".join(json.dumps(row) for row in rows).encode()


class State:
    def __init__(self):
        self.lock = threading.Lock()
        self.log = []
        self.tokens = set()
        self.masters = set()
        self.arrow_tokens = set()
        self.counts = {}
        self.results = {}
        self.aborted = set()
        self.active = self.most_active = 0

    def times(self, what):
        """How often this was asked for, this time included."""
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1
            return self.counts[what]


class Refusal(Exception):
    def __init__(self, code, message, **data):
        self.answer = {"success": False, "code": code, "message": message,
                       "data": data or None}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    # --- answers

    def send(self, body, status=200, headers=(), length=None):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_answer(self, data, code=None, message=None, success=True):
        self.send({"success": success, "code": code, "message": message,
                   "data": data})

    def record(self, body):
        with self.server.state.lock:
            self.server.state.log.append(
                {"method": self.command, "path": self.path, "body": body,
                 "headers": {k.lower(): v for k, v in self.headers.items()}})

    # --- routes

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/standin/log":
            self.send({"log": self.server.state.log,
                       "most_active": self.server.state.most_active})
            return
        if path.startswith("/blob/rows/"):
            self.send_file(path.split("/")[3:])
            return
        self.record(None)
        if path.startswith("/blob/"):
            self.blob(path)
        elif re.match("/queries/[^/]+/result", path):
            self.guarded(self.result, path.split("/")[2])
        else:
            self.send(b"not found", 404)

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        body = json.loads(raw or b"null")
        self.record(body)
        path = urlsplit(self.path).path
        routes = {"/session/v1/login-request": self.login,
                  "/queries/v1/query-request": self.query,
                  "/queries/v1/abort-request": self.abort,
                  "/session/token-request": self.renew,
                  "/session": self.close_session}
        if path not in routes:
            self.send(b"not found", 404)
        elif path == "/session/v1/login-request":
            self.refusable(routes[path], body)
        else:
            self.guarded(routes[path], body)

    def refusable(self, route, *args):
        try:
            route(*args)
        except Refusal as refusal:
            self.send(refusal.answer)

    def guarded(self, route, *args):
        """Only with a token that is good."""
        match = re.fullmatch('Snowflake Token="(.*)"',
                             self.headers.get("Authorization", ""))
        token = match and match.group(1)
        state = self.server.state
        good = state.masters if route == self.renew else state.tokens
        if token not in good:
            code = "390112" if token and token.startswith("old-") else "390104"
            self.send_answer(None, code, "Session token is not valid.", False)
            return
        self.token = token
        self.refusable(route, *args)

    # --- sessions

    def tokens(self):
        token, master = "token-" + uuid.uuid4().hex, "master-" + uuid.uuid4().hex
        self.server.state.tokens.add(token)
        self.server.state.masters.add(master)
        return token, master

    def login(self, body):
        data = body["data"]
        how = data.get("AUTHENTICATOR")
        secret = data.get("TOKEN") if how else data.get("PASSWORD")
        if self.server.state.times("login") == 1 and \
                data["LOGIN_NAME"] == "busy":
            self.send(b"busy", 503)
            return
        if not how and secret == "single":
            raise Refusal("390197", "Multi-factor authentication is required "
                          "for this account.")
        if how == "SNOWFLAKE_JWT":
            self.check_jwt(secret, data)
        elif secret not in ("secret", "pat-secret", "oauth-secret"):
            code = "390303" if how == "OAUTH" else "390100"
            raise Refusal(code, "Incorrect username or password was "
                          "specified. (%s)" % secret)
        token, master = self.tokens()
        parameters = data["SESSION_PARAMETERS"]
        driver = DRIVERS.get(data["CLIENT_APP_ID"], "")
        if parameters.get(driver + "_QUERY_RESULT_FORMAT") == "ARROW":
            self.server.state.arrow_tokens.add(token)
        self.send_answer({"token": token, "masterToken": master,
                          "validityInSeconds": 3600, "sessionId": 1,
                          "serverVersion": "9.1.0", "sessionInfo": {},
                          "parameters": [{"name": "CLIENT_TELEMETRY_ENABLED",
                                          "value": False}]})

    @staticmethod
    def check_jwt(token, data):
        parts = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        header = json.loads(base64.urlsafe_b64decode(parts[0] + "=="))
        subject = "%s.%s" % (data["ACCOUNT_NAME"], data["LOGIN_NAME"].upper())
        if header["alg"] != "RS256" or claims["sub"] != subject or \
                not claims["iss"].startswith(subject + ".SHA256:"):
            raise Refusal("390144", "JWT token is invalid.")
        if not claims["iat"] - 60 < time.time() < claims["exp"]:
            raise Refusal("394301", "JWT token has expired.")

    def renew(self, body):
        if body["requestType"] != "RENEW":
            raise Refusal("390110", "unknown request")
        token, master = self.tokens()
        self.send_answer({"sessionToken": token, "masterToken": master})

    def close_session(self, body):
        self.send_answer(None)

    def abort(self, body):
        self.server.state.aborted.add(body["requestId"])
        self.send_answer(None)

    # --- queries

    def query(self, body):
        body.setdefault("describeOnly", False)
        scene = re.search(r'scene_(\w+?)"?(?:$|[^\w])', body["sqlText"])
        scene = scene.group(1) if scene else "small"
        if "information_schema" in body["sqlText"]:
            scene = "tables"
        route = getattr(self, "scene_" + scene, None)
        if not route:
            raise Refusal("002003", "SQL compilation error: Object '%s' does "
                          "not exist" % scene, errorCode="002003",
                          sqlState="42S02", queryId="01b")
        route(body)

    def answer_rows(self, columns, rows, describe=False, chunks=(), **more):
        total = len(rows or []) + sum(c["rowCount"] for c in chunks)
        data = {"queryId": more.pop("query_id", "01b0"),
                "statementTypeId": 4096, "total": total,
                "returned": total, "queryResultFormat": "json",
                "rowtype": columns,
                "parameters": [{"name": "TIMEZONE", "value": "UTC"}],
                "rowset": [] if describe else rows}
        if chunks and not describe:
            data["chunks"] = list(chunks)
        data.update(more)
        return data

    def send_rows(self, body, columns, rows, **more):
        describe = body["describeOnly"]
        self.send_answer(self.answer_rows(columns, rows, describe, **more))

    def scene_small(self, body):
        self.send_rows(body, [ID, NAME], rows_between(1, 3))

    def scene_types(self, body):
        self.send_rows(body, TYPES, TYPE_ROWS)

    def scene_negotiated(self, body):
        if self.token in self.server.state.arrow_tokens:
            self.scene_arrow(body)
        else:
            self.scene_types(body)

    def scene_tables(self, body):
        names = ["scene_small", "scene_types", "scene_chunks"]
        self.send_rows(body, [NAME, NAME], [["PUBLIC", n] for n in names])

    def scene_arrow(self, body):
        data = self.answer_rows(self.server.arrow_columns, [],
                                body["describeOnly"])
        del data["rowset"]
        data.update(queryResultFormat="arrow", total=self.server.arrow_rows,
                    rowsetBase64="" if body["describeOnly"] else
                    base64.b64encode(self.server.arrow).decode())
        self.send_answer(data)

    def scene_arrowchunks(self, body):
        data = self.answer_rows(self.server.arrow_columns, [],
                                body["describeOnly"])
        del data["rowset"]
        rows = self.server.arrow_rows
        data.update(queryResultFormat="arrow", rowsetBase64="", total=3 * rows)
        if not body["describeOnly"]:
            data["chunks"] = [self.chunk("arrow", i, rows) for i in range(3)]
        self.send_answer(data)

    def chunk(self, kind, number, rows):
        scheme = "https" if self.server.tls else "http"
        return {"url": "%s://127.0.0.1:%d/blob/%s/%d?sig=s3cret" %
                (scheme, self.server.server_port, kind, number),
                "rowCount": rows, "uncompressedSize": 100, "compressedSize": 50}

    def send_chunks(self, body, kind, count=6, fresh="fresh", **more):
        chunks = [self.chunk(kind, i, 10) for i in range(count)]
        query = kind + "-" + uuid.uuid4().hex
        self.server.state.results[query] = self.answer_rows(
            [ID, NAME], rows_between(0, 5), chunks=[
                self.chunk(fresh, i, 10) for i in range(count)], **more)
        self.send_rows(body, [ID, NAME], rows_between(0, 5), chunks=chunks,
                       query_id=query, **more)

    def scene_chunks(self, body):
        self.send_chunks(body, "raw", 12, qrmk=KEY)

    def scene_encoded(self, body):
        self.send_chunks(body, "encoded", chunkHeaders={
            "x-amz-server-side-encryption-customer-key": KEY,
            "x-standin": "yes"}, qrmk="unused")

    def scene_plain(self, body):
        self.send_chunks(body, "plain")

    def scene_truncated(self, body):
        self.send_chunks(body, "truncated")

    def scene_dropped(self, body):
        self.send_chunks(body, "dropped")

    def scene_unavailable(self, body):
        self.send_chunks(body, "unavailable")

    def scene_expired(self, body):
        self.send_chunks(body, "expired")

    def scene_forbidden(self, body):
        self.send_chunks(body, "forbidden")

    def scene_refused(self, body):
        """Whatever the URL."""
        self.send_chunks(body, "forbidden", fresh="forbidden")

    def scene_missing(self, body):
        self.send_chunks(body, "missing")

    def scene_fewer(self, body):
        self.send_rows(body, [ID, NAME], rows_between(1, 3), total=5)

    def scene_more(self, body):
        self.send_rows(body, [ID, NAME], rows_between(1, 3), total=2)

    def scene_nothing(self, body):
        self.send_rows(body, [ID, NAME], None, total=2)

    def scene_odd(self, body):
        self.send({"success": False, "code": "390500",
                   "message": "no such warehouse", "data": None}, 400)

    def scene_hanging(self, body):
        self.send_chunks(body, "hanging")

    def scene_many(self, body):
        """20 chunks of 10,000 rows."""
        chunks = [dict(self.chunk("many", i, 10000)) for i in range(20)]
        self.send_rows(body, [ID, NAME], [], chunks=chunks)

    def scene_short(self, body):
        self.send_chunks(body, "short")

    def blob_body(self, kind, number):
        if kind == "arrow":
            return self.server.arrow
        if kind == "many":
            return chunk_text(rows_between(number * 10000, 10000))
        count = 9 if kind == "short" and number == 2 else 10
        return chunk_text(rows_between(5 + number * 10, count))

    def blob(self, path):
        state = self.server.state
        kind, number = path.split("/")[2:4]
        with state.lock:
            state.active += 1
            state.most_active = max(state.most_active, state.active)
        time.sleep(30 if kind == "hanging" else 0.05)
        try:
            self.send_blob(kind, int(number), state.times(path))
        finally:
            with state.lock:
                state.active -= 1

    def send_blob(self, kind, number, times):
        packed = gzip.compress(self.blob_body(kind, number))
        if "Authorization" in self.headers:
            self.send(b"<Error>two ways to authenticate</Error>", 400)
        elif kind == "plain":
            self.send(self.blob_body(kind, number))
        elif kind == "missing" and number == 2:
            self.send(b"<Error><Code>NoSuchKey</Code><Message>It is gone."
                      b"</Message><StringToSign>s3cret</StringToSign></Error>",
                      404)
        elif kind == "forbidden" or (kind == "expired" and number == 3):
            self.send(b"<Error><Code>AccessDenied</Code><Message>Request has "
                      b"expired</Message></Error>", 403)
        elif kind == "unavailable" and number == 1 and times == 1:
            self.send(b"slow down", 503)
        elif kind == "truncated" and number == 1 and times == 1:
            self.send(packed[:len(packed) // 2])
        elif kind == "dropped" and number == 1 and times == 1:
            self.send(packed[:10], length=len(packed))
            self.close_connection = True
        elif kind == "encoded":
            self.send(packed, headers=[("Content-Encoding", "gzip")])
        else:
            self.send(packed)

    # --- what is ready in files

    def scene_ready_arrow(self, body):
        self.send_ready(body, "arrow", rowsetBase64="")

    def scene_ready_json(self, body):
        self.send_ready(body, "json", rowset=[])

    def send_ready(self, body, form, **inline):
        with open(os.path.join(self.server.rows, "chunks.json")) as file:
            ready = json.load(file)
        chunks = [self.chunk("rows/" + form, i, count)
                  for i, count in enumerate(ready["counts"])]
        data = self.answer_rows(ready["rowtype"], [], body["describeOnly"],
                                chunks)
        del data["rowset"]
        data.update(queryResultFormat=form, **inline)
        self.send_answer(data)

    def send_file(self, parts):
        path = os.path.join(self.server.rows, "%s.%d.gz" % (
            parts[0], int(parts[1])))
        self.send_response(200)
        self.send_header("Content-Length", str(os.path.getsize(path)))
        self.end_headers()
        with open(path, "rb") as file:
            self.connection.sendfile(file)

    # --- results that take time

    def send_running(self, url, code="333333"):
        self.send_answer({"getResultUrl": url, "queryId": "01b"}, code,
                         "Query execution in progress")

    def scene_slow(self, body, name="slow"):
        if body["describeOnly"]:
            self.scene_small(body)
            return
        query = "%s-%s" % (name, uuid.uuid4().hex)
        self.server.state.results[query] = self.answer_rows(
            [ID, NAME], rows_between(1, 3))
        self.send_running("/queries/%s/result" % query, "333334")

    def scene_outlived(self, body):
        self.scene_slow(body, "outlived")

    def scene_endless(self, body):
        if body["describeOnly"]:
            self.scene_small(body)
        else:
            self.send_running("/queries/endless/result")

    def scene_elsewhere(self, body):
        if body["describeOnly"]:
            self.scene_small(body)
        else:
            self.send_running("http://127.0.0.2:%d/queries/x/result" %
                              self.server.server_port)

    def result(self, query):
        if query == "endless":
            time.sleep(1)
            self.send_running("/queries/endless/result")
        elif query.startswith(("slow-", "outlived-")):
            self.poll(query, self.server.state.times(query))
        elif query in self.server.state.results:
            self.send_answer(self.server.state.results[query])
        else:
            raise Refusal("000709", "there is no such result")

    def poll(self, query, times):
        if query.startswith("outlived-") and times == 2:
            self.server.state.tokens.clear()
            raise Refusal("390112", "Your session has expired.")
        if times < 3:
            self.send_running("/queries/%s/result" % query)
        else:
            self.send_answer(self.server.state.results[query])

    def scene_renewed(self, body):
        if not body["describeOnly"] and \
                self.server.state.times("renewed") == 1:
            self.server.state.tokens.clear()
            raise Refusal("390112", "Your session has expired.")
        self.scene_small(body)

    def scene_gone(self, body):
        if not body["describeOnly"] and self.server.state.times("gone") == 1:
            self.server.state.tokens.clear()
            self.server.state.masters.clear()
            raise Refusal("390112", "Your session has expired.")
        self.scene_small(body)

    def scene_busy(self, body):
        if self.server.state.times("busy") == 1:
            self.send(b"busy", 503)
        else:
            self.scene_small(body)

    def scene_count(self, body):
        self.send_rows(body, [ID], [["42"]])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--arrow")
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--rows")
    arguments = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.state = State()
    server.rows = arguments.rows
    server.arrow, server.arrow_columns, server.arrow_rows = b"", [ID], 0
    if arguments.arrow:
        with open(arguments.arrow, "rb") as file:
            server.arrow = file.read()
        with open(arguments.arrow + ".json", encoding="utf-8") as file:
            server.arrow_columns = json.load(file)
        server.arrow_rows = 3
    server.tls = arguments.tls is not None
    if server.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*arguments.tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
