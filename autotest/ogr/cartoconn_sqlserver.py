#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""SQL Server for the conformance suite: Microsoft's, and Babelfish, which
speaks its protocol and most of its language. Statements are run by FreeTDS's
bsqldb."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile

import pytest
from cartoconn_server import NumbersTable, Server

# What Microsoft's own clients set for a session and db-lib does not; columns
# are nullable unless they say that they are not.
SETTINGS = "".join(
    "SET %s ON;\n" % option
    for option in (
        "QUOTED_IDENTIFIER",
        "ANSI_NULLS",
        "ANSI_PADDING",
        "ANSI_WARNINGS",
        "ARITHABORT",
        "CONCAT_NULL_YIELDS_NULL",
        "ANSI_NULL_DFLT_ON",
        "NOCOUNT",
    )
)

DIGITS = "(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS %s (d)"

DROP_ALL = """
DECLARE @sql nvarchar(max);
SELECT @sql = STRING_AGG(CONVERT(nvarchar(max), N'DROP '
    + CASE type WHEN 'V' THEN N'VIEW ' ELSE N'TABLE ' END
    + QUOTENAME(SCHEMA_NAME(schema_id)) + N'.' + QUOTENAME(name)), N'; ')
    WITHIN GROUP (ORDER BY type DESC)
FROM sys.objects
WHERE type IN ('U', 'V') AND schema_id = SCHEMA_ID(%s);
EXEC (@sql);
"""


class SQLServer(Server):
    """In T-SQL of SQL Server 2017 and later."""

    provider = "sqlserver"
    label = "SQL Server"
    longest_name = 128
    quotes = "[]"
    empty_names = True
    case_sensitive_names = False
    declared_srid = False
    code_units = True
    denormals = False
    geometry_types = ("MULTICURVE", "MULTISURFACE")
    stores_surfaces = False
    stores_empty_z_and_m = False
    types = {
        "smallint": "smallint",
        "integer": "int",
        "bigint": "bigint",
        "boolean": "bit",
        "real": "real",
        "double": "float",
        "decimal(12,3)": "decimal(12,3)",
        "decimal(9)": "decimal(9,0)",
        "decimal(18)": "decimal(18,0)",
        "decimal(38)": "decimal(38,0)",
        "text": "nvarchar(max)",
        "varchar(20)": "nvarchar(20)",
        "binary": "varbinary(max)",
        "date": "date",
        "time": "time(6)",
        "timestamp": "datetime2(6)",
        "timestamptz": "datetimeoffset(6)",
    }

    def __init__(self, connector):
        super().__init__(connector)
        self.numbers = NumbersTable(self, DIGITS)

    def run(self, sql):
        return run_tsql(self.base["connection"], sql)

    def drop_schema(self):
        self.drop_one_schema(self.schema)
        if self.numbers.made_by(self):
            self.drop_one_schema(self.numbers.schema)

    def drop_one_schema(self, name):
        self.run(DROP_ALL % self.literal(name))
        self.run("DROP SCHEMA %s" % self.quote(name))

    def literal(self, value):
        """A backslash before a line break would continue the line."""
        if isinstance(value, bool):
            return str(int(value))
        if isinstance(value, str):
            parts = re.split(r"(?<=\\)(?=\r?\n)", value)
            quoted = ["N'" + part.replace("'", "''") + "'" for part in parts]
            return " + ".join(quoted)
        if isinstance(value, float):
            text = repr(value)
            return text if "e" in text else text + "e0"
        return super().literal(value)

    def binary(self, data):
        return "0x" + data.hex()

    def geometry_type(self, kind="GEOMETRY", srid=4326):
        return "geometry"

    def geometry(self, wkt, srid=4326):
        return "geometry::STGeomFromText(N'%s', %d)" % (tsql_wkt(wkt), srid)

    def series(self, count, *expressions):
        return self.numbers.series(count, expressions)

    def text_of(self, expression):
        return "CAST(%s AS nvarchar(max))" % expression

    def timestamp_with_zone(self, text, offset):
        return "CAST('%s%s' AS datetimeoffset)" % (text.replace(" ", "T"), offset)

    def fill(self, name, query):
        self.run("SELECT * INTO %s FROM (%s) AS q" % (self.table(name), query))


class Babelfish(SQLServer):
    """Names are PostgreSQL's, and there are points only."""

    longest_name = 63
    # the one refused, the other sent with a wrong length
    refused_names = ("a[b]", "\U0001F600")
    describes_with = False
    sends_null_geometry = False
    stores_z_and_m = False
    stores_curves = False
    stores_empty = False
    geometry_types = SQLServer.geometry_types + (
        "LINESTRING",
        "POLYGON",
        "MULTIPOINT",
        "MULTILINESTRING",
        "MULTIPOLYGON",
        "GEOMETRYCOLLECTION",
    )

    def takes_table_name(self, name):
        """The catalog has names in lower case."""
        return super().takes_table_name(name) and name == name.lower()


def sqlserver(connector):
    """The class of the server that the connector reaches."""
    sql = "SELECT CHARINDEX('Babelfish', @@VERSION)"
    babelfish = int(run_tsql(connector["connection"], sql)) > 0
    return (Babelfish if babelfish else SQLServer)(connector)


def tsql_wkt(wkt):
    """ISO WKT as SQL Server writes it: no word for Z and M, NULL for the Z of
    a vertex that has an M alone."""
    plain = re.sub(r" (Z|M|ZM)(?= )", "", wkt)
    if " M " in wkt:
        plain = re.sub(r"([^ (,]+ [^ (,]+) ([^ ),]+)", r"\1 NULL \2", plain)
    return plain


@contextlib.contextmanager
def freetds_configuration(connection):
    """The environment in which FreeTDS's programs call the server "server"."""
    encryption = "request" if connection.get("sslmode") != "disable" else "off"
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(
            "[server]\nhost = %s\nport = %s\ntds version = 7.4\n"
            "client charset = UTF-8\nencryption = %s\n"
            % (connection["server"], connection.get("port", 1433), encryption)
        )
        file.flush()
        yield dict(os.environ, FREETDSCONF=file.name)


def bsqldb_program():
    path = shutil.which("bsqldb")
    if path is None:
        pytest.skip("bsqldb (Debian package freetds-bin) is not installed")
    return path


def run_tsql(connection, sql):
    """Runs one batch with bsqldb; what it prints, without headers."""
    with freetds_configuration(connection) as environment:
        done = subprocess.run(
            [
                bsqldb_program(),
                "-q",
                "-S",
                "server",
                "-U",
                connection["username"],
                "-P",
                connection.get("password", ""),
                "-D",
                connection["database"],
            ],
            input=SETTINGS + "go\n" + sql + "\ngo\n",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
    assert done.returncode == 0, done.stderr
    return done.stdout
