#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""The servers of the conformance suite. One class per provider says how its
server spells what the suite needs, creates the suite's tables in a schema of
their own and removes them; the driver itself only reads.

A server is tested when OGR_CARTOCONN_<NAME> holds a connector as JSON text,
without a table."""

import json
import os
import re
import shutil
import subprocess

import pytest
from cartoconn_emulators import BigQuery, Goccy
from cartoconn_mysql import MySQL, MySQL9
from cartoconn_server import Expression, Server  # noqa: F401
from cartoconn_sqlserver import sqlserver


class Postgres(Server):
    provider = "postgres"
    label = "PostgreSQL"
    float_specials = ("'NaN'::float8", "'Infinity'::float8", "'-Infinity'::float8")
    types = {
        "smallint": "smallint",
        "integer": "integer",
        "bigint": "bigint",
        "boolean": "boolean",
        "real": "real",
        "double": "double precision",
        "decimal(12,3)": "numeric(12,3)",
        "decimal(9)": "numeric(9,0)",
        "decimal(18)": "numeric(18,0)",
        "decimal(38)": "numeric(38,0)",
        "text": "text",
        "varchar(20)": "varchar(20)",
        "binary": "bytea",
        "date": "date",
        "time": "time",
        "timestamp": "timestamp",
        "timestamptz": "timestamptz",
    }

    def run(self, sql):
        run_psql(self.base["connection"], sql)

    def geometry_type(self, kind="GEOMETRY", srid=4326):
        return "geometry" if srid is None else "geometry(%s,%d)" % (kind, srid)

    def geometry(self, wkt, srid=4326):
        return "'SRID=%d;%s'::geometry" % (srid, wkt)

    def binary(self, data):
        return "'\\x%s'::bytea" % data.hex()

    def series(self, count, *expressions):
        return "SELECT %s FROM generate_series(1, %d) AS n" % (
            ", ".join(expressions),
            count,
        )

    def text_of(self, expression):
        return "(%s)::text" % expression


class Redshift(Postgres):
    """A PostgreSQL in its place; what that is not has a module of its own."""

    provider = "redshift"
    label = "Redshift"
    row_limit = 5000000

    def __init__(self, connector):
        super().__init__(connector)
        connection = dict(connector["connection"])
        connection["server"] = connection.pop("cluster")
        self.target = connection

    def run(self, sql):
        run_psql(self.target, sql)


class Hive(Server):
    """Spark's Thrift server; its tables are Parquet files."""

    provider = "hive"
    sasl = "hive"  # the connector that the tests' other client uses
    label = "Hive"
    quotes = "``"
    longest_name = 128
    empty_names = False
    case_sensitive_names = False
    native_geometry = False
    keys = False
    quick_tables = False
    quick_statements = False
    values_are_a_table = True
    refused_names = ("a,b",)
    types = {
        "smallint": "smallint",
        "integer": "int",
        "bigint": "bigint",
        "boolean": "boolean",
        "real": "float",
        "double": "double",
        "decimal(12,3)": "decimal(12,3)",
        "decimal(9)": "decimal(9,0)",
        "decimal(18)": "decimal(18,0)",
        "decimal(38)": "decimal(38,0)",
        "text": "string",
        "varchar(20)": "varchar(20)",
        "binary": "binary",
        "date": "date",
        "timestamp": "timestamp",
    }
    float_specials = (
        "double('NaN')",
        "double('Infinity')",
        "double('-Infinity')",
    )

    def run(self, sql):
        connection = json.loads(os.environ[variable(self.sasl)])["connection"]
        arguments = {
            "host": connection["server"],
            "port": connection["port"],
            "user": connection["username"],
            "password": connection["password"],
            "auth_mechanism": "PLAIN",
        }
        statements = split_statements(sql)
        run_client(self.sasl.upper(), "impala.dbapi", arguments, statements)

    def create_schema(self):
        self.run("CREATE DATABASE %s" % self.quote(self.schema))

    def drop_schema(self):
        self.run("DROP DATABASE %s CASCADE" % self.quote(self.schema))

    def takes_table_name(self, name):
        return re.fullmatch("[A-Za-z0-9_]+", name) is not None

    def literal(self, value):
        if isinstance(value, str):
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return super().literal(value)

    def binary(self, data):
        return "X'%s'" % data.hex()

    def create(self, name, columns, rows=(), key=None):
        super().create(name, columns, rows)

    def series(self, count, *expressions):
        numbers = "SELECT CAST(id AS int) AS n FROM range(1, %d, 1, 1)" % (count + 1)
        return "SELECT %s FROM (%s) AS numbers" % (", ".join(expressions), numbers)

    def text_of(self, expression):
        return "CAST(%s AS string)" % expression

    def repeated(self, value, count):
        """Spark's parser is slow at literals of megabytes."""
        if isinstance(value, bytes):
            return Expression("unhex(repeat('%s', %d))" % (value.hex(), count))
        return Expression("repeat(%s, %d)" % (self.literal(value), count))


class Snowflake(Server):
    """fakesnow: the driver protocol and Snowflake's SQL, before DuckDB."""

    provider = "snowflake"
    label = "Snowflake"
    longest_name = 255
    case_sensitive_names = False  # Snowflake's are, DuckDB's are not
    row_limit = 5000000
    quick_statements = False
    refused_names = ("a'b",)  # fakesnow creates it, and then fails
    keys = False  # Snowflake does not enforce them: they may repeat
    keeps_widths = False  # fakesnow's VARCHAR are all of the greatest
    values_are_a_table = True
    lists_views = False  # fakesnow's information_schema.tables has none
    native_geometry = False  # DuckDB here is without its spatial extension
    types = {
        "integer": "integer",
        "bigint": "bigint",
        "boolean": "boolean",
        "real": "real",
        "double": "double",
        "decimal(12,3)": "number(12,3)",
        "decimal(9)": "number(9)",
        "decimal(18)": "number(18)",
        "decimal(38)": "number(38)",
        "text": "varchar",
        "varchar(20)": "varchar(20)",
        "binary": "binary",
        "date": "date",
        "time": "time",
        "timestamp": "timestamp_ntz",
        "timestamptz": "timestamp_tz",
    }
    # NUMBER(38, 0), FLOAT
    stands_for = {
        "integer": "decimal(38)",
        "bigint": "decimal(38)",
        "real": "double",
    }
    float_specials = ("'nan'::float", "'inf'::float", "'-inf'::float")

    def run(self, sql):
        connection = self.base["connection"]
        arguments = {
            "host": connection["server"],
            "port": connection["port"],
            "protocol": "http",
            "account": connection["account"],
            "user": connection["username"],
            "password": connection["password"],
            "database": connection["database"],
            "schema": "PUBLIC",
            # one that is tried again would insert its rows again
            "socket_timeout": 600,
        }
        run_client(
            "FAKESNOW", "snowflake.connector", arguments, split_statements(sql)
        )

    def literal(self, value):
        if isinstance(value, str):
            value = value.replace("\\", "\\\\")
        return super().literal(value)

    def binary(self, data):
        return "x'%s'" % data.hex()

    def create(self, name, columns, rows=(), key=None):
        super().create(name, columns, rows)

    def series(self, count, *expressions):
        """Names that are not quoted would come back in upper case."""
        return "SELECT %s FROM (SELECT value::int AS n FROM %s) AS numbers" % (
            ", ".join(re.sub(r"(?<= AS )(\w+)$", r'"\1"', e) for e in expressions),
            "TABLE(FLATTEN(ARRAY_GENERATE_RANGE(1, %d)))" % (count + 1),
        )

    def text_of(self, expression):
        return "(%s)::varchar" % expression

    def timestamp_with_zone(self, text, offset):
        return "'%s%s'::timestamp_tz" % (text, offset)


class HiveTransport(Hive):
    """The same server over another transport: what depends on it is how rows
    arrive, and how a read ends early."""

    modules = ("ogr_cartoconn_conformance_reading", "ogr_cartoconn_conformance_arrow")


class HiveUnframed(HiveTransport):
    """Without SASL there is no frame around a message; all else of reading is
    what "hive" does. Large values and many rows are in ogr_cartoconn_hive.py."""

    modules = ("ogr_cartoconn_conformance_arrow",)


class Hive4(Hive):
    """Apache Hive; its tables are ORC files."""

    sasl = "hive4"
    values_are_a_table = False
    duplicate_names = False
    # the last two are kept in lower case
    refused_names = ("a,b", "a.b", ":x", "CamelCase", "UPPER")
    # all of them pass, but every statement that writes runs a job
    modules = ("ogr_cartoconn_conformance_types", "ogr_cartoconn_conformance_reading")
    sizes = (0, 1, 257, 8193, 20000)  # a statement takes a second
    float_specials = (
        "CAST('NaN' AS double)",
        "CAST('Infinity' AS double)",
        "CAST('-Infinity' AS double)",
    )

    def literal(self, value):
        if isinstance(value, str) and re.search("[^ -\uffff]", value):
            # statements are written into XML, which cannot be done with these
            return "decode(%s, 'UTF-8')" % self.binary(value.encode("utf-8"))
        return super().literal(value)

    def binary(self, data):
        return "unhex('%s')" % data.hex()

    def series(self, count, *expressions):
        return (
            "SELECT %s FROM (SELECT pos AS n FROM (SELECT split(space(%d), ' ') AS s) "
            "AS blanks LATERAL VIEW posexplode(s) parts AS pos, blank WHERE pos > 0) "
            "AS numbers" % (", ".join(expressions), count)
        )


CLIENTS = {}


def run_client(name, module, arguments, statements):
    """Runs statements through another client of the server's, in the Python
    that CARTOCONN_TEST_<NAME>_PYTHON names; see servers/sql_client.py."""
    python = os.environ.get("CARTOCONN_TEST_%s_PYTHON" % name)
    if not python:
        pytest.skip("CARTOCONN_TEST_%s_PYTHON is not set" % name)
    script = os.path.join(os.path.dirname(__file__), "../servers/sql_client.py")
    command = (python, script, module, json.dumps(arguments))
    if command not in CLIENTS:
        CLIENTS[command] = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
    client = CLIENTS[command]
    client.stdin.write(json.dumps(statements) + "\n")
    client.stdin.flush()
    answer = client.stdout.readline()
    assert answer, "the client has ended"
    assert json.loads(answer) is None, json.loads(answer)


def split_statements(sql):
    """Statements are apart by ";" at the end of a line."""
    return [s for s in sql.split(";\n") if s.strip()]


def psql_program():
    path = shutil.which("psql")
    if path is None:
        pytest.skip("psql is not installed")
    return path


def run_psql(connection, sql, database=None):
    """Runs SQL with psql; what it prints, unaligned, without headers."""
    done = subprocess.run(
        [
            psql_program(),
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            connection["server"],
            "-p",
            str(connection.get("port", 5432)),
            "-U",
            connection["username"],
            "-d",
            database or connection["database"],
            "-f",
            "-",
        ],
        input=sql,
        env=dict(
            os.environ,
            PGPASSWORD=connection.get("password", ""),
            PGCLIENTENCODING="UTF8",
            PGOPTIONS="-c client_min_messages=warning",
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SERVERS = {
    "bigquery": BigQuery,
    "bigquery_goccy": Goccy,
    "fakesnow": Snowflake,
    "hive": Hive,
    "hive_http": HiveTransport,
    "hive4": Hive4,
    "hive_nosasl": HiveUnframed,
    "mysql": MySQL,
    "mysql9": MySQL9,
    "postgres": Postgres,
    "redshift": Redshift,
    "sqlserver": sqlserver,
}


def variable(name):
    return "OGR_CARTOCONN_" + name.upper()


def connector_of(name):
    """The connector of the environment; skips the test without one."""
    text = os.environ.get(variable(name))
    if not text:
        pytest.skip("%s is not set" % variable(name))
    return json.loads(text)


def chosen_servers():
    """Those whose names match CARTOCONN_TEST_SERVERS."""
    pattern = os.environ.get("CARTOCONN_TEST_SERVERS", ".*")
    return [name for name in sorted(SERVERS) if re.fullmatch(pattern, name)]


@pytest.fixture(scope="module", params=chosen_servers())
def server(request):
    """Each server there is, with an empty schema. To be imported."""
    adapter = SERVERS[request.param](connector_of(request.param))
    if adapter.modules and request.module.__name__ not in adapter.modules:
        pytest.skip("another connector to the same server runs this")
    adapter.create_schema()
    yield adapter
    adapter.drop_schema()


@pytest.fixture(scope="module")
def postgres():
    """PostgreSQL with an empty schema, for its own tests. To be imported."""
    adapter = Postgres(connector_of("postgres"))
    adapter.create_schema()
    yield adapter
    adapter.drop_schema()


@pytest.fixture(scope="module", params=["mysql", "mysql9"])
def mysql(request):
    """MariaDB and MySQL with an empty schema, for their own tests. To be
    imported."""
    adapter = SERVERS[request.param](connector_of(request.param))
    adapter.create_schema()
    yield adapter
    adapter.drop_schema()
