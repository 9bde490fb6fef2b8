# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Answers of a SQL Server for the driver's tests: the catalog queries of a
connector, tables and queries that a test gives by columns and rows."""

import re

import tds_server
import tds_types
from tds_server import done, failed, result
from tds_types import Column

DESCRIBED = [
    Column("name", tds_types.nvarchar(128)),
    Column("system_type_name", tds_types.nvarchar(256)),
    Column("user_type_name", tds_types.nvarchar(128)),
    Column("system_type_id", tds_types.integer()),
    Column("max_length", tds_types.integer()),
    Column("precision", tds_types.integer()),
    Column("scale", tds_types.integer()),
    Column("is_nullable", tds_types.integer()),
    Column("error_number", tds_types.integer()),
    Column("error_message", tds_types.nvarchar(2000)),
]

# The first columns of sp_describe_first_result_set
PROCEDURE = [
    Column("is_hidden", tds_types.bit()),
    Column("column_ordinal", tds_types.integer()),
    Column("name", tds_types.nvarchar(128)),
    Column("is_nullable", tds_types.bit()),
    Column("system_type_id", tds_types.integer()),
    Column("system_type_name", tds_types.nvarchar(256)),
    Column("max_length", tds_types.smallint()),
    Column("precision", tds_types.tinyint()),
    Column("scale", tds_types.tinyint()),
    Column("collation_name", tds_types.nvarchar(128)),
    Column("user_type_id", tds_types.integer()),
    Column("user_type_database", tds_types.nvarchar(128)),
    Column("user_type_schema", tds_types.nvarchar(128)),
    Column("user_type_name", tds_types.nvarchar(128)),
]


class Relation:
    """A table or query. `rows` is a list or a function that yields rows and
    whatever else a script may yield."""

    def __init__(
        self,
        columns,
        rows=(),
        srid=None,
        extras=(),
        is_table=True,
        describable=True,
    ):
        self.columns = columns
        self.rows = rows
        self.srid = srid
        self.extras = extras  # (name, key, default, comment)
        self.is_table = is_table
        self.describable = describable

    def description(self):
        for column in self.columns:
            kind = column.kind
            yield (
                column.name,
                kind.name,
                kind.user_type,
                kind.number,
                kind.length,
                kind.precision,
                kind.scale,
                int(column.nullable),
                None,
                None,
            )

    def procedure_description(self):
        for i, column in enumerate(self.columns):
            kind = column.kind
            name = (kind.name or kind.user_type).partition("(")[0]
            yield (
                (0, i + 1, column.name.lower(), int(column.nullable), 17000 + i, name)
                + (kind.length, kind.precision, kind.scale)
                + (None,) * 5
            )

    def select(self, columns, limit):
        """The rows' values of these columns; indices."""
        chosen = [self.columns[i] for i in columns]
        count = 0
        yield tds_types.colmetadata(chosen)
        for values in self.rows() if callable(self.rows) else self.rows:
            if not isinstance(values, (tuple, list)):
                yield values
                continue
            yield tds_types.row(chosen, [values[i] for i in columns])
            count += 1
            if count == limit:
                break
        yield done(tds_server.COUNT, count)


class Script:
    """Answers batches. `relations` are found by their SQL: "[dbo].[t]" or the
    text of a query; `answers` maps further batches to what is sent. Statements
    are described by the function, by the "procedure" alone, or not (None)."""

    def __init__(self, relations=None, answers=None, describes="function"):
        self.relations = relations or {}
        self.answers = answers or {}
        self.describes = describes
        self.version = "16.0.4135.4"
        self.babelfish = None

    def __call__(self, session, sql):
        if sql in self.answers:
            answer = self.answers[sql]
            return answer(session) if callable(answer) else answer
        for pattern, method in self.PATTERNS:
            match = re.fullmatch(pattern, sql, re.S)
            if match:
                return method(self, session, *match.groups())
        return self.read(session, sql)

    def spid(self, session):
        return result([Column("", tds_types.smallint())], [(51,)])

    def settings(self, session):
        columns = [
            Column("", tds_types.nvarchar(64)),
            Column("", tds_types.integer()),
            Column("", tds_types.nvarchar(64)),
        ]
        return result(columns, [(self.version, 3, self.babelfish)])

    def row_count(self, session, count):
        session.row_count = int(count)
        return [done()]

    def describe(self, session, literal):
        if self.describes != "function":
            return [failed(208, "Invalid object name 'sys.dm_exec'.")]
        sql = unquoted(literal)
        relation = self.find(re.sub(r"^SELECT \* FROM (?=\[dbo\])", "", sql))
        if relation is None:
            row = (None,) * 8 + (208, "Invalid object name '%s'." % sql)
            return result(DESCRIBED, [row])
        if not relation.describable:
            row = (None,) * 8 + (11526, "It uses a temporary table.")
            return result(DESCRIBED, [row])
        return result(DESCRIBED, relation.description())

    def describe_by_procedure(self, session, literal):
        """As Babelfish answers: its own numbers of types, no error in rows."""
        if self.describes != "procedure":
            return [failed(2812, "Could not find stored procedure.")]
        relation = self.find(
            re.sub(r"^SELECT \* FROM (?=\[dbo\])", "", unquoted(literal))
        )
        if relation is None:
            return [failed(208, "Invalid object name.")]
        rows = relation.procedure_description() if relation.describable else []
        return result(PROCEDURE, rows)

    def names(self, session, sql):
        relation = self.find(re.sub(r"^SELECT \* FROM (?=\[dbo\])", "", sql))
        return result(relation.columns, [])

    def format_only(self, session, sql):
        relation = self.find(re.sub(r"^SELECT \* FROM (?=\[dbo\])", "", sql))
        if relation is None:
            return [failed(208, "Invalid object name '%s'." % sql)]
        if not relation.describable:
            return [failed(208, "Invalid object name '#temporary'.")]
        return relation.select(range(len(relation.columns)), 0)

    def extras(self, session, literal):
        relation = self.find(unquoted(literal))
        columns = [
            Column("name", tds_types.nvarchar(128)),
            Column("", tds_types.integer()),
            Column("definition", tds_types.nvarchar("max")),
            Column("", tds_types.nvarchar(4000)),
        ]
        return result(columns, relation.extras if relation else ())

    def is_table(self, session, literal):
        relation = self.find(unquoted(literal))
        value = int(relation is not None and relation.is_table)
        return result([Column("", tds_types.integer())], [(value,)])

    def srid(self, session, table):
        srid = self.find(table).srid
        rows = [] if srid is None else [(srid,)]
        return result([Column("s", tds_types.integer())], rows)

    def select(self, session, items, table):
        relation = self.find(table)
        if relation is None:
            return self.read(session, "SELECT %s FROM %s" % (items, table))
        names = [column.name for column in relation.columns]
        wanted = re.findall(r"\[((?:[^]]|]])+)\]", items)
        chosen = [names.index(name.replace("]]", "]")) for name in wanted]
        return relation.select(chosen, session.row_count)

    def count(self, session, table):
        relation = self.find(table)
        rows = relation.rows() if callable(relation.rows) else relation.rows
        count = sum(isinstance(values, (tuple, list)) for values in rows)
        return result([Column("", tds_types.integer())], [(count,)])

    def read(self, session, sql):
        relation = self.find(sql)
        if relation is None:
            return [failed(208, "Invalid object name in: %s" % sql)]
        return relation.select(range(len(relation.columns)), session.row_count)

    def find(self, sql):
        return self.relations.get(sql.strip())

    TEXT = r"(N'(?:[^']|'')*'|\(N'.*'\))"
    PATTERNS = [
        (r"set textsize \d+ (?:select @@spid )?", spid),
        (r"SET TEXTSIZE .*SERVERPROPERTY.*", settings),
        (r"SET ROWCOUNT (\d+)", row_count),
        (
            r"SELECT name, system_type_name.*first_result_set\("
            + TEXT
            + r", NULL, 0\).*",
            describe,
        ),
        (
            r"DECLARE @statement nvarchar\(max\) = "
            + TEXT
            + r"; EXEC sys\.sp_describe_first_result_set @statement",
            describe_by_procedure,
        ),
        (r"SELECT TOP \(0\) \* FROM \((.*)\n\) AS q", names),
        (r"SET FMTONLY ON;\n(.*)\n;SET FMTONLY OFF", format_only),
        (r"SELECT c\.name.*OBJECT_ID\(" + TEXT + r"\).*", extras),
        (r"SELECT CONVERT\(int, CASE WHEN OBJECT_ID\(" + TEXT + r",.*", is_table),
        (r"SELECT TOP \(1\) s FROM .* FROM (.*)\) AS t WHERE .*", srid),
        (r"SELECT count\(\*\) FROM (.*)", count),
        (r"SELECT (.*) FROM (\[dbo\]\.\[[^]]*\])", select),
    ]


def unquoted(literal):
    return re.sub(r"' \+ N'", "", literal.strip("()"))[2:-1].replace("''", "'")
