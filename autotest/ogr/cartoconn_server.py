#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What the conformance suite needs of a server: the class that those of
cartoconn_servers.py define or change."""

import contextlib
import copy
import os
import re

from cartoconn_util import variant

CURVES = {
    "CIRCULARSTRING",
    "COMPOUNDCURVE",
    "CURVEPOLYGON",
    "MULTICURVE",
    "MULTISURFACE",
}
SURFACES = {"POLYHEDRALSURFACE", "TIN", "TRIANGLE"}


class Server:
    """What a provider's class defines or changes."""

    provider = None
    # Identifiers
    longest_name = 63
    quotes = '""'
    duplicate_names = True  # a query may have two columns of one name
    empty_names = False  # ... or one without a name
    case_sensitive_names = True
    refused_names = ()
    # SQL types by what the suite calls them; None: the server has none
    types = {}
    stands_for = {}  # what the suite calls a type: by what name it tests it
    keeps_widths = True  # the catalog tells those of numeric(12,3), varchar(20)
    float_specials = ()  # expressions of NaN, Infinity, -Infinity
    empty_text = True  # '' is not NULL
    keys = True  # a table can have a primary key
    quick_tables = True  # hundreds are made in little time
    quick_statements = True
    values_are_a_table = False  # which costs less than a UNION of rows
    code_units = False  # a text's width counts UTF-16 code units
    denormals = True  # floats below the smallest normal one are kept
    lists_views = True
    modules = None  # of the suite: those that are run; None: all of them
    # Geometry
    native_geometry = True
    geometry_types = ()  # WKT keywords that a native column cannot hold
    stores_z_and_m = True
    stores_curves = True
    stores_surfaces = True
    stores_empty = True
    stores_empty_z_and_m = True  # EMPTY has dimensions
    declared_srid = True  # the catalog knows a column's SRID
    projected = True  # a column's SRID can be another than 4326
    per_value_srid = True
    describes_with = True  # the types of a WITH are known before it runs
    sends_null_geometry = True  # in rows of many columns as well
    # Reading
    remote_count = True
    like_escapes = True  # LIKE has an escape character
    sizes = None  # of the results that are read; None: all of the suite's
    row_limit = 1000000
    largest_text = 16 << 20  # bytes, beside half as many in another column
    label = ""  # in error messages

    def __init__(self, connector):
        self.schema = "cartoconn_%d" % os.getpid()
        self.base = connector

    # --- what a class of a provider has to define

    def run(self, sql):
        """Runs statements; raises with the server's words if one fails."""
        raise NotImplementedError

    def create_schema(self):
        self.run("CREATE SCHEMA %s" % self.quote(self.schema))

    def drop_schema(self):
        self.run("DROP SCHEMA %s CASCADE" % self.quote(self.schema))

    @contextlib.contextmanager
    def another_schema(self, name):
        """This server with a schema of its own, for the block."""
        other = copy.copy(self)
        other.schema = "%s_%s" % (self.schema, name)
        other.create_schema()
        try:
            yield other
        finally:
            other.drop_schema()

    def geometry_type(self, kind="GEOMETRY", srid=4326):
        """The SQL type of a native geometry column."""
        raise NotImplementedError

    def geometry(self, wkt, srid=4326):
        """The SQL expression of a native geometry value."""
        raise NotImplementedError

    def binary(self, data):
        raise NotImplementedError

    def series(self, count, *expressions):
        """A query of `count` rows of expressions of the integer n, 1 to
        count, in that order."""
        raise NotImplementedError

    def text_of(self, expression):
        """The expression as text."""
        raise NotImplementedError

    def texts(self, name, texts):
        """A query of a row for each text, in their order: id from 0, and the
        text in a column of the name."""
        column = self.quote(name)
        rows = [
            (k, self.text_of(self.literal(text))) for k, text in enumerate(texts)
        ]
        if self.values_are_a_table:
            listed = ", ".join("(%d, %s)" % row for row in rows)
            return "SELECT * FROM VALUES %s AS x (id, %s)" % (listed, column)
        selects = ["SELECT %d AS id, %s AS %s" % (row + (column,)) for row in rows]
        return "SELECT * FROM (%s) x ORDER BY id" % " UNION ALL ".join(selects)

    def repeated(self, value, count):
        """The text or the bytes so often, as a value of a row."""
        return value * count

    def timestamp_with_zone(self, text, offset):
        """The SQL expression of a timestamp with an offset."""
        return "'%s%s'" % (text, offset)

    # --- what is the same nearly everywhere

    def stores(self, wkt):
        """Whether a native column can hold it, by its ISO WKT."""
        words = set(re.findall("[A-Z]+", wkt))
        measured = bool(words & {"Z", "M", "ZM"})
        if "EMPTY" in words and not self.stores_empty:
            return False
        if "EMPTY" in words and measured and not self.stores_empty_z_and_m:
            return False
        if measured and not self.stores_z_and_m:
            return False
        if words & CURVES and not self.stores_curves:
            return False
        if words & SURFACES and not self.stores_surfaces:
            return False
        return not words & set(self.geometry_types)

    def takes_table_name(self, name):
        """Whether a table can be called so."""
        return name not in self.refused_names

    def quote(self, name):
        opening, closing = self.quotes[0], self.quotes[1]
        return opening + name.replace(closing, closing * 2) + closing

    def literal(self, value):
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, (bytes, bytearray)):
            return self.binary(bytes(value))
        if isinstance(value, str):
            return "'" + value.replace("'", "''") + "'"
        return repr(value)

    def table(self, name):
        """The table's name in SQL."""
        return "%s.%s" % (self.quote(self.schema), self.quote(name))

    def create(self, name, columns, rows=(), key=None):
        """Creates and fills a table. columns: (name, type or SQL type); a
        value that is an Expression is SQL as it stands."""
        parts = []
        for column, kind in columns:
            part = "%s %s" % (self.quote(column), self.types.get(kind, kind))
            if column == key:
                part += " NOT NULL PRIMARY KEY"
            parts.append(part)
        self.run("CREATE TABLE %s (%s)" % (self.table(name), ", ".join(parts)))
        for start in range(0, len(rows), 500):
            self.insert(name, rows[start : start + 500])

    def insert(self, name, rows):
        lines = [
            "(%s)"
            % ", ".join(
                v.sql if isinstance(v, Expression) else self.literal(v) for v in row
            )
            for row in rows
        ]
        self.run("INSERT INTO %s VALUES %s" % (self.table(name), ", ".join(lines)))

    def fill(self, name, query):
        """Creates a table from a query."""
        self.run("CREATE TABLE %s AS %s" % (self.table(name), query))

    def create_view(self, name, query):
        self.run("CREATE VIEW %s AS %s" % (self.table(name), query))

    def drop(self, name):
        self.run("DROP TABLE %s" % self.table(name))

    def connector(self, connection=None, **keys):
        """A connector to the suite's schema."""
        return variant(self.base, connection, **dict({"schema": self.schema}, **keys))


class Expression:
    """SQL in place of a value."""

    def __init__(self, sql):
        self.sql = sql


class NumbersTable:
    """The integers from 1 on, for servers that cannot make a series, in a schema
    beside the suite's, as listings must not show it. Copies of the server share
    it."""

    def __init__(self, server, digits):
        """digits: a table of a column d, 0 to 9, with %s for its name"""
        self.server = server
        self.digits = digits
        self.schema = server.schema + "_helpers"
        self.name = server.quote(self.schema) + ".numbers"
        self.count = 0

    def made_by(self, server):
        return server is self.server and self.count > 0

    def need(self, count):
        """The table's name in SQL; it has as many rows at the least."""
        if self.count == 0:
            self.server.run("CREATE SCHEMA %s" % self.server.quote(self.schema))
            self.server.run("CREATE TABLE %s (n int PRIMARY KEY)" % self.name)
        if self.count == 0 or self.count < count:
            self.extend(max(10000, count))
        return self.name

    def extend(self, count):
        places = range(len(str(count)))
        self.server.run(
            "INSERT INTO %s SELECT n FROM (SELECT 1 + %s AS n FROM %s) AS s "
            "WHERE n > %d AND n <= %d ORDER BY n"
            % (
                self.name,
                " + ".join("d%d.d * %d" % (i, 10**i) for i in places),
                ", ".join(self.digits % ("d%d" % i) for i in places),
                self.count,
                count,
            )
        )
        self.count = count

    def series(self, count, expressions):
        return "SELECT %s FROM %s WHERE n <= %d" % (
            ", ".join(expressions),
            self.need(count),
            count,
        )
