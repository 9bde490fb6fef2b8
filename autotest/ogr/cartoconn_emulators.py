#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""BigQuery for the conformance suite: two emulators, which are written to
through the REST service."""

import json
import re
import urllib.error
import urllib.request

from cartoconn_server import Server


class BigQuery(Server):
    """bqemulator, which is DuckDB below: GEOGRAPHY comes as DuckDB's own bytes
    and ST_ASBINARY is not there, BIGNUMERIC makes no table, precisions and widths
    are forgotten, and LIKE does not know the backslash. What it has not is tested
    on the scripted server."""

    provider = "bigquery"
    label = "BigQuery"
    row_limit = 5000000
    quick_statements = False
    longest_name = 300
    quotes = "``"
    duplicate_names = False
    case_sensitive_names = False
    # the characters that BigQuery's flexible column names have not
    refused_names = tuple('a"b|a`b|a[b]|a;b|a,b|a(b)|a\\b|a/b|a.b|a$b'.split("|"))
    refused_names += ("$1", "?", "@x", "/* x", "\U0001F600")
    native_geometry = False
    keys = False
    keeps_widths = False
    like_escapes = False
    largest_text = 7 << 20  # a row is a message, of 11 MiB at the most
    types = {
        "integer": "INT64",
        "bigint": "INT64",
        "boolean": "BOOL",
        "double": "FLOAT64",
        "decimal(12,3)": "NUMERIC(12,3)",
        "text": "STRING",
        "varchar(20)": "STRING(20)",
        "binary": "BYTES",
        "date": "DATE",
        "time": "TIME",
        "timestamp": "DATETIME",
        "timestamptz": "TIMESTAMP",
    }
    stands_for = {"integer": "bigint"}
    float_specials = tuple(
        "CAST('%s' AS FLOAT64)" % name for name in ("NaN", "Infinity", "-Infinity")
    )

    def call(self, path, body=None, method=None):
        """A call of the REST service; its answer."""
        request = urllib.request.Request(
            "%s/bigquery/v2/projects/%s/%s"
            % (
                self.base["connection"]["endpoint"],
                self.base["billing_project"],
                path,
            ),
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode())

    def run(self, sql):
        answer = self.call("queries", {"query": sql, "useLegacySql": False})
        assert not answer.get("errors"), answer["errors"]

    def create_schema(self):
        project = self.base["billing_project"]
        reference = {"projectId": project, "datasetId": self.schema}
        self.call("datasets", {"datasetReference": reference})

    def drop_schema(self):
        path = "datasets/%s?deleteContents=true" % self.schema
        self.call(path, method="DELETE")

    def takes_table_name(self, name):
        return re.fullmatch("[A-Za-z0-9_-]+", name) is not None

    def literal(self, value):
        if isinstance(value, str):
            text = value.replace("\\", "\\\\").replace("'", "\\'")
            return "'" + text.replace("\n", "\\n") + "'"
        return super().literal(value)

    def binary(self, data):
        return "FROM_HEX('%s')" % data.hex()

    def create(self, name, columns, rows=(), key=None):
        super().create(name, columns, rows)

    def series(self, count, *expressions):
        numbers = "UNNEST(GENERATE_ARRAY(1, %d)) AS n" % count
        return "SELECT %s FROM %s" % (", ".join(expressions), numbers)

    def text_of(self, expression):
        return "CAST(%s AS STRING)" % expression

    def timestamp_with_zone(self, text, offset):
        return "TIMESTAMP '%s%s'" % (text, offset)


class Goccy(BigQuery):
    """goccy's bigquery-emulator, which is GoogleSQL before SQLite. It slows down
    and at last fails as it is used: every query leaves a dataset behind, and its
    memory ends at 2 GiB. By the Storage Read API, BYTES come as base64 text, an
    EMPTY geography in a notation of its own, and neither TIME nor DATETIME at
    all. A query of constants that are no numbers fails, "_" in LIKE is itself,
    and nothing is less than a literal above the 64-bit integers."""

    modules = ("ogr_cartoconn_conformance_arrow", "ogr_cartoconn_conformance_types")
    native_geometry = True
    stores_empty = False
    stores_z_and_m = False
    stores_curves = False
    stores_surfaces = False
    projected = False
    float_specials = ()
    types = dict(BigQuery.types, binary=None, time=None, timestamp=None)

    def drop_schema(self):
        """That takes minutes, and the emulator is thrown away."""

    def geometry_type(self, kind="GEOMETRY", srid=4326):
        return "GEOGRAPHY"

    def geometry(self, wkt, srid=4326):
        return "ST_GEOGFROMTEXT('%s')" % wkt
