#!/usr/bin/env python3
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""A scripted server that answers as BigQuery's REST and Storage Read services
do, for what an emulator does not do: tokens, GEOGRAPHY, faults. Needs grpcio,
pyarrow and h2.

bigquery_standin.py REST_PORT FOLDER

The ports after REST_PORT are: the Storage Read API, the same with TLS, the
same frame by frame (see bigquery_frames.py), that with TLS, and TLS without
HTTP/2. FOLDER has server.crt and server.key, and gets requests.log, in which
every request becomes a line of JSON. The name of a table, or a word in a
query, says what happens to it: see FAULTS."""

import base64
import collections
import concurrent.futures
import datetime
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse

import bigquery_common
import bigquery_frames
import grpc
import pyarrow
from bigquery_common import FIELDS, ROWS, Session, Stream, log, row, rows_message

# Streams: (rows before it, gRPC status, words, times). Of a table called
# many_..., those of the second stream; a token expires for all.
FAULTS = {
    "unavailable": (300, grpc.StatusCode.UNAVAILABLE, "try again", 1),
    "rst": (500, grpc.StatusCode.INTERNAL, "Received RST_STREAM with code 2", 2),
    "expired": (400, grpc.StatusCode.UNAUTHENTICATED, "token expired", 1),
    "broken": (200, grpc.StatusCode.INTERNAL, "a bug", 1 << 30),
    "trailers": (0, grpc.StatusCode.NOT_FOUND, "no such str\u00e9am", 1 << 30),
}
# A large table: messages of a stream, and bytes of one when uncompressed.
WIDE = 24, 8 << 20

# --- the Storage Read API


class Storage(grpc.GenericRpcHandler):
    def __init__(self):
        self.failed = collections.Counter()

    def service(self, details):
        if details.method.endswith("/CreateReadSession"):
            return grpc.unary_unary_rpc_method_handler(self.create)
        if details.method.endswith("/ReadRows"):
            return grpc.unary_stream_rpc_method_handler(self.read)
        return None

    def create(self, request, context):
        session = Session(request, dict(context.invocation_metadata()))
        if session.kind.startswith("denied"):
            context.abort(
                grpc.StatusCode.PERMISSION_DENIED,
                "request failed: the user does not have "
                "'bigquery.readsessions.create' permission",
            )
        if session.kind == "single" and session.asked > 1:
            context.abort(grpc.StatusCode.UNKNOWN, "only one stream is supported")
        if session.kind == "unsaid":
            context.abort(grpc.StatusCode.UNKNOWN, "who knows")
        if session.kind == "strict" and session.restriction:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no such filter")
        if "ST_BOUNDINGBOX" in session.restriction:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no such function")
        return session.answer()

    def read(self, request, context):
        stream = Stream(request, dict(context.invocation_metadata()))
        kind = stream.kind[5:] if stream.kind.startswith("many_") else stream.kind
        if kind == "wide":
            yield from self.wide(stream)
            return
        if kind != stream.kind and kind != "expired" and stream.number != 1:
            kind = "whole"
        after, status, words, times = FAULTS.get(kind, (None, None, None, 0))
        fails = self.failed[stream.name] < times
        while True:
            if fails and stream.offset >= after:
                self.failed[stream.name] += 1
                context.abort(status, words)
            if kind == "slow":
                time.sleep(0.5)
            message = stream.message()
            if message is None:
                return
            yield message

    def wide(self, stream):
        """Messages that are small on the wire only."""
        count, size = WIDE
        schema = pyarrow.schema([("id", pyarrow.int64()), ("data", pyarrow.binary())])
        batch = pyarrow.RecordBatch.from_pylist(
            [{"id": i, "data": bytes(size // 8)} for i in range(8)], schema=schema
        )
        message = rows_message(batch)
        for i in range(count):
            log(call="message", stream=stream.name, number=i)
            yield message


# --- REST


def table_schema():
    fields = [{"name": n, "type": t, "mode": "NULLABLE"} for n, t in FIELDS]
    fields[0].update(mode="REQUIRED", description="The key")
    fields[10]["rangeElementType"] = {"type": "DATE"}
    return {"fields": fields}


def cell(kind, value):
    """A value as REST has it, with formatOptions.useInt64Timestamp."""
    if value is None:
        return None
    if kind == "TIMESTAMP":
        moment = value.replace(tzinfo=datetime.timezone.utc)
        return str(int(moment.timestamp()) * 1000000 + value.microsecond)
    if kind == "DATETIME":
        return value.isoformat()
    if kind == "BYTES":
        return base64.b64encode(value).decode()
    if kind == "RANGE":
        return "[%s, %s)" % (value["start"], value["end"] or "UNBOUNDED")
    if kind == "INTERVAL":
        return "1-2 3 4:5:6.789"
    return str(value)


class Toggle:
    """True every other time, so that tests can be run again."""

    value = False

    def next(self):
        self.value = not self.value
        return self.value


class Rest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    throttled = 0
    busy = Toggle()
    tokens = 0

    def log_message(self, *args):
        pass

    def answer(self, status, body, after=None):
        data = json.dumps(body).encode()
        self.send_response(status)
        if after:
            self.send_header("Retry-After", str(after))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status, reason, message, location="", after=None):
        error = {"reason": reason, "message": message, "location": location}
        body = {"error": {"code": status, "errors": [error]}}
        self.answer(status, body, after)

    def do_GET(self):
        self.note(None)
        url = urllib.parse.urlparse(self.path)
        parts = url.path.split("/")
        if "computeMetadata" in parts:
            self.answer(200, {"access_token": "metadata-token", "expires_in": 3600})
        elif "jobs" in parts:
            to = {"projectId": "p", "datasetId": "_a", "tableId": "anon"}
            large = "large" in JOBS[parts[-1]]
            query = {"destinationTable": to} if large else {}
            self.answer(200, {"configuration": {"query": query}})
        elif "queries" in parts:
            self.page(parts[-1], urllib.parse.parse_qs(url.query))
        elif "tables" in parts and parts[-1] == "tables":
            names = [
                {"tableReference": {"datasetId": parts[6], "tableId": "t%03d" % i}}
                for i in range(600)
            ]
            self.answer(200, {"tables": names})
        elif parts[-1] == "data":
            self.data(parts[-2], urllib.parse.parse_qs(url.query))
        elif parts[-1] == "datasets":
            references = [{"datasetId": name} for name in ("d1", "d2")]
            self.answer(
                200, {"datasets": [{"datasetReference": r} for r in references]}
            )
        elif parts[-1] == "projects":
            self.refuse(403, "insufficientPermissions", "not for you")
        elif "tables" in parts:
            self.table(parts[-1])
        else:
            self.answer(200, {})

    def table(self, name):
        if name == "missing":
            self.refuse(404, "notFound", "Not found: Table p:d.missing")
        elif name == "forbidden":
            self.refuse(
                403,
                "accessDenied",
                "Permission bigquery.tables.get denied on table p:d.forbidden",
            )
        elif name == "throttled" and Rest.throttled < 2:
            Rest.throttled += 1
            self.refuse(503, "backendError", "try again")
        elif name == "busy" and Rest.busy.next():
            self.refuse(429, "rateLimitExceeded", "too many", after=2)
        elif name == "expired_rest" and "token-1" in self.headers["Authorization"]:
            self.refuse(401, "authError", "Invalid Credentials")
        else:
            kinds = ("VIEW", "MATERIALIZED_VIEW", "EXTERNAL", "SNAPSHOT")
            kind = name.upper() if name.upper() in kinds else "TABLE"
            self.answer(200, {"type": kind, "schema": table_schema()})

    def data(self, name, query):
        """tabledata.list: of the selected fields, in the order of the table."""
        start = int(query.get("pageToken", ["0"])[0])
        end = min(start + min(int(query["maxResults"][0]), 400), ROWS)
        names = query["selectedFields"][0].split(",")
        chosen = [(n, t) for n, t in FIELDS if n in names]
        if name == "denied_pageerror" and start > 0:
            self.refuse(404, "notFound", "Not found: Table p:d.denied")
            return
        rows = [
            {"f": [{"v": cell(kind, row(i)[n])} for n, kind in chosen]}
            for i in range(start, end)
        ]
        body = {"totalRows": str(ROWS), "rows": rows}
        if end < ROWS:
            body["pageToken"] = str(end)
        self.answer(200, body)

    def page(self, job, query):
        start = int(query.get("pageToken", ["0"])[0])
        size = min(int(query["maxResults"][0]), 400)
        if "pageerror" in JOBS[job] and start > 0:
            self.refuse(400, "invalid", "the page is gone", "q")
            return
        if "endless" in JOBS[job]:
            self.answer(200, {"jobComplete": False})
            return
        if "count(*)" in JOBS[job]:
            cell = {"f": [{"v": str(ROWS)}]}
            self.answer(200, {"jobComplete": True, "rows": [cell], "schema": {}})
            return
        end = min(start + size, ROWS)
        body = {
            "jobComplete": True,
            "schema": {"fields": table_schema()["fields"][:3]},
            "totalRows": str(ROWS),
            "rows": [
                {"f": [{"v": str(i)}, {"v": row(i)["name"]}, {"v": row(i)["shape"]}]}
                for i in range(start, end)
            ],
        }
        if end < ROWS:
            body["pageToken"] = str(end)
        self.answer(200, body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.note(body)
        if self.path == "/token":
            Rest.tokens += 1
            if "refresh_token=gone" in body:
                self.answer(
                    400,
                    {
                        "error": "invalid_grant",
                        "error_description": "Token has been revoked.",
                    },
                )
            else:
                self.answer(
                    200, {"access_token": "token-%d" % Rest.tokens, "expires_in": 3600}
                )
        elif self.path.split("?")[0].endswith("/cancel"):
            self.answer(200, {})
        elif self.path.endswith("/queries"):
            self.dry_run()
        else:
            self.insert(json.loads(body))

    def dry_run(self):
        """jobs.query, which is asked for dry runs only."""
        schema = {"fields": table_schema()["fields"][:3]}
        answer = {"schema": schema, "totalBytesProcessed": "5678", "cacheHit": True}
        self.answer(200, answer)

    def insert(self, body):
        configuration = body["configuration"]
        sql = configuration["query"]["query"]
        if "syntax error" in sql:
            self.refuse(400, "invalidQuery", "Syntax error at [1:8]", "query")
        elif "DELETE" in sql or configuration.get("dryRun"):
            query = {
                "statementType": "DELETE" if "DELETE" in sql else "SELECT",
                "schema": {"fields": table_schema()["fields"][:3]},
                "totalBytesProcessed": "1234",
            }
            if "unsaid" in sql:
                del query["schema"]
            self.answer(200, {"statistics": {"query": query}})
        elif "no right" in sql:
            words = "User does not have bigquery.jobs.create permission in project p."
            self.refuse(403, "accessDenied", "Access Denied: Project p: " + words)
        elif body["jobReference"]["jobId"] in JOBS:
            self.refuse(409, "duplicate", "Already Exists: Job p:EU.x")
        elif "sent twice" in sql:
            JOBS[body["jobReference"]["jobId"]] = sql
            self.refuse(503, "backendError", "the answer is lost")
        else:
            JOBS[body["jobReference"]["jobId"]] = sql
            body["jobReference"]["location"] = "EU"
            self.answer(200, body)

    def note(self, body):
        log(
            method=self.command,
            path=self.path,
            body=body,
            authorization=self.headers.get("Authorization"),
            quota=self.headers.get("x-goog-user-project"),
        )


JOBS = {}


def main():
    port, folder = int(sys.argv[1]), sys.argv[2]
    bigquery_common.LOG = os.path.join(folder, "requests.log")
    certificate = [os.path.join(folder, "server." + end) for end in ("crt", "key")]
    chain, key = [open(name, "rb").read() for name in certificate]
    pool = concurrent.futures.ThreadPoolExecutor(32)
    server = grpc.server(pool, handlers=(Storage(),))
    server.add_insecure_port("127.0.0.1:%d" % (port + 1))
    credentials = grpc.ssl_server_credentials([(key, chain)])
    server.add_secure_port("127.0.0.1:%d" % (port + 2), credentials)
    server.start()
    for number, protocol in enumerate((None, "h2", "http/1.1"), port + 3):
        arguments = (number, protocol, certificate)
        threading.Thread(
            target=bigquery_frames.serve, args=arguments, daemon=True
        ).start()
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Rest).serve_forever()


main()
