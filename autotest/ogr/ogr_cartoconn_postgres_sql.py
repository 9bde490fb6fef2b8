#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""PostgreSQL: statements of every kind, that none of them writes, and the
kinds of relations a table may be."""

import pytest
from cartoconn_servers import postgres, run_psql  # noqa: F401
from cartoconn_util import (  # noqa: F401
    fids,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    refuse,
    run_python,
    values,
)

from osgeo import gdal

pytestmark = pytest.mark.require_driver("CARTOCONN")


def ask(postgres, sql):
    return run_psql(postgres.base["connection"], sql).strip()


@pytest.fixture(scope="module")
def table(postgres):
    rows = [(i, "t%d" % i) for i in range(1, 6)]
    postgres.create("t", [("a", "integer"), ("b", "text")], rows, key="a")
    return postgres.table("t")


###############################################################################
# Statements


@pytest.mark.parametrize(
    "sql,expected",
    [
        ("VALUES (1, 'a'), (2, 'b')", [[1, "a"], [2, "b"]]),
        ("TABLE {t}", [[i, "t%d" % i] for i in range(1, 6)]),
        ("WITH x AS (SELECT 1 AS a) SELECT a + 1 AS b FROM x", [[2]]),
        ("WITH RECURSIVE r(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r "
         "WHERE n < 4) SELECT n FROM r", [[1], [2], [3], [4]]),
        ("SELECT 1 AS a UNION SELECT 2 ORDER BY 1 DESC", [[2], [1]]),
        ("(SELECT 1 AS a) UNION ALL (SELECT 1)", [[1], [1]]),
        ("(SELECT a FROM {t} ORDER BY a DESC LIMIT 2)", [[5], [4]]),
        ("SELECT a FROM {t} ORDER BY a LIMIT 2 OFFSET 1", [[2], [3]]),
        ("SELECT a FROM {t} WHERE b LIKE 't%' ORDER BY a FETCH FIRST 1 ROW ONLY", [[1]]),
        ("select a from {t} where a = 3", [[3]]),
        ("SELECT $$a;b -- c$$ AS v", [["a;b -- c"]]),
        ("SELECT $x$a'b$x$ AS v", [["a'b"]]),
        ("SELECT E'a\\'b' AS v", [["a'b"]]),
        ("SELECT 'a''b' AS v", [["a'b"]]),
        ("SELECT '/*' AS v, 'x' AS w -- */", [["/*", "x"]]),
        ("SELECT /* a /* nested */ comment */ 5 AS v", [[5]]),
        ("SELECT 5 AS v;", [[5]]),
        ("  ;".join(["SELECT 6 AS v", ""]), [[6]]),
        ("\n\t-- first\n/* second */ SELECT 7 AS v", [[7]]),
        ("SELECT 1 AS \"a\"\"b\"", [[1]]),
        ("SELECT U&'d\\0061t' AS v", [["dat"]]),
        ("SELECT a, sum(a) OVER (ORDER BY a) AS s FROM {t} ORDER BY a LIMIT 2",
         [[1, 1], [2, 3]]),
        ("SELECT x.* FROM {t} x, LATERAL (SELECT 1) y WHERE a = 2", [[2, "t2"]]),
        ("SELECT CASE WHEN true THEN 1 END", [[1]]),
        ("SHOW server_encoding", [["UTF8"]]),
    ],
    ids=lambda v: str(v)[:40],
)  # fmt: skip
def test_postgres_statement(postgres, table, sql, expected):
    """Read, counted, and read again."""
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), sql.format(t=table))
        assert [values(f) for f in lyr] == expected
        assert lyr.GetFeatureCount() == len(expected)
        assert [values(f) for f in lyr] == expected
    said.assert_quiet()


def test_postgres_explain(postgres, table):
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), "EXPLAIN SELECT * FROM " + table)
        lines = [values(f)[0] for f in lyr]
        assert "Scan" in lines[0]
        assert lyr.GetFeatureCount() == len(lines)
        lyr.SetAttributeFilter("FID = 0")
        assert fids(lyr) == [0]
    said.assert_quiet()


def test_postgres_unnamed_columns(postgres):
    ds, lyr = open_query(postgres.connector(), "SELECT 1, 'x', now() IS NULL, 1 + 1")
    defn = lyr.GetLayerDefn()
    names = [defn.GetFieldDefn(i).GetName() for i in range(4)]
    assert names == ["?column?", "?column?_1", "?column?_2", "?column?_3"]
    assert values(lyr.GetNextFeature()) == [1, "x", 0, 2]
    lyr.SetAttributeFilter('"?column?_3" = 2')
    assert lyr.GetFeatureCount() == 1


def test_postgres_without_columns(postgres):
    """A statement without a result cannot be a layer."""
    connector = postgres.connector(sql_query="SELECT FROM generate_series(1, 3)")
    assert "no columns" in refuse(dict(connector, import_as="q"))


def test_postgres_table_without_columns(postgres):
    postgres.run("CREATE TABLE %s ()" % postgres.table("bare"))
    postgres.run("INSERT INTO %s DEFAULT VALUES" % postgres.table("bare"))
    with messages() as said:
        ds = open_connector(postgres.connector(table="bare"))
        assert fids(ds.GetLayer(0)) == [0]
    said.assert_quiet()


###############################################################################
# Nothing is written

WRITES = [
    "INSERT INTO {t} VALUES (100, 'x') RETURNING a",
    "INSERT INTO {t} VALUES (100, 'x')",
    "UPDATE {t} SET b = 'y' RETURNING a",
    "DELETE FROM {t} RETURNING a",
    "WITH x AS (DELETE FROM {t} RETURNING a) SELECT * FROM x",
    "WITH x AS (INSERT INTO {t} VALUES (100, 'x') RETURNING a) SELECT * FROM x",
    "CREATE TABLE {t}_new AS SELECT 1 AS a",
    "SELECT 1 AS a INTO {t}_new",
    "DROP TABLE {t}",
    "TRUNCATE {t}",
    "ALTER TABLE {t} ADD COLUMN c integer",
    "SELECT 1 AS a; DELETE FROM {t}",
    "DELETE FROM {t}; SELECT 1 AS a",
    "SELECT 1 AS a) TO STDOUT; DELETE FROM {t}; COPY (SELECT 1",
    "COMMIT; DELETE FROM {t}",
    "SELECT 1 AS a; COMMIT; DELETE FROM {t}",
    "SET transaction_read_only = off",
    "BEGIN",
    "COMMIT",
    "LOCK TABLE {t}",
    "COPY {t} TO STDOUT",
    "COPY {t} FROM STDIN",
    "COPY {t} FROM PROGRAM 'echo 1'",
    "DO $$BEGIN DELETE FROM {t}; END$$",
    "EXPLAIN ANALYZE DELETE FROM {t}",
    "CALL {s}.wipe()",
    "SELECT {s}.wiped() AS a",
    "SELECT nextval('{s}.counter') AS a",
    "SELECT a FROM {t} FOR UPDATE",
    "VACUUM {t}",
    "NOTIFY x",
    "",
    ";",
    "-- nothing",
]


@pytest.mark.parametrize("sql", WRITES)
def test_postgres_cannot_write(postgres, table, sql):
    schema = postgres.quote(postgres.schema)
    postgres.run(
        """CREATE OR REPLACE PROCEDURE {s}.wipe() LANGUAGE sql
            AS 'DELETE FROM {t}';
        CREATE OR REPLACE FUNCTION {s}.wiped() RETURNS bigint LANGUAGE sql
            AS 'DELETE FROM {t}; SELECT 1::bigint';
        CREATE SEQUENCE IF NOT EXISTS {s}.counter""".format(
            s=schema, t=table
        )
    )
    state = "SELECT count(*), max(a), min(b), max(b) FROM %s" % table
    tables = "SELECT count(*) FROM pg_class WHERE relnamespace = '%s'::regnamespace"
    tables %= schema
    before = ask(postgres, state), ask(postgres, tables)
    counter = "SELECT is_called FROM %s.counter" % schema
    with messages() as said:
        connector = postgres.connector(
            sql_query=sql.format(t=table, s=schema), import_as="q"
        )
        ds = open_connector(connector)
        if ds is not None:
            lyr = ds.GetLayer(0)
            [f for f in lyr]
            lyr.GetFeatureCount()
            lyr = None
        ds = None
    assert said.failures, sql
    assert (ask(postgres, state), ask(postgres, tables)) == before
    assert ask(postgres, counter) == "f"


def test_postgres_sql_dialect_cannot_write(postgres, table):
    ds = open_connector(postgres.connector(table="t"))
    with messages() as said:
        for sql in ("DELETE FROM %s" % table, "DROP TABLE t", "COMMIT"):
            lyr = ds.ExecuteSQL(sql)
            if lyr is not None:
                assert lyr.GetNextFeature() is None
                ds.ReleaseResultSet(lyr)
    assert len(said.failures) >= 3
    assert ask(postgres, "SELECT count(*) FROM " + table) == "5"


def test_postgres_session_is_read_only(postgres):
    ds, lyr = open_query(postgres.connector(), "SHOW transaction_read_only")
    assert [values(f) for f in lyr] == [["on"]]


def test_postgres_nothing_stays_open(postgres, table):
    """Between reads no transaction holds the server's vacuum back."""
    ds = open_connector(postgres.connector(table="t"))
    lyr = ds.GetLayer(0)
    assert len([f for f in lyr]) == 5
    idle = ask(
        postgres,
        "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in trans%' "
        "AND application_name NOT LIKE 'psql%'",
    )
    assert idle == "0"


###############################################################################
# Relations of every kind


def assert_readable(postgres, name, expected, **keys):
    with messages() as said:
        ds = open_connector(postgres.connector(table=name, **keys))
        lyr = ds.GetLayer(0)
        assert sorted(values(f) for f in lyr) == expected
        assert lyr.GetFeatureCount() == len(expected)
        lyr.SetAttributeFilter("a = 2")
        assert [f["a"] for f in lyr] == [2]
        assert lyr.GetFeatureCount() == 1
    said.assert_quiet()
    return ds


ROWS = [[i, "t%d" % i] for i in range(1, 6)]


def test_postgres_view(postgres, table):
    postgres.create_view("v", "SELECT * FROM " + table)
    assert_readable(postgres, "v", ROWS)


def test_postgres_materialized_view(postgres, table):
    postgres.run(
        "CREATE MATERIALIZED VIEW %s AS TABLE %s" % (postgres.table("mv"), table)
    )
    assert_readable(postgres, "mv", ROWS)


def test_postgres_partitioned_table(postgres, table):
    postgres.run(
        """CREATE TABLE {p} (a integer, b text) PARTITION BY RANGE (a);
        CREATE TABLE {p1} PARTITION OF {p} FOR VALUES FROM (0) TO (3);
        CREATE TABLE {p2} PARTITION OF {p} DEFAULT;
        INSERT INTO {p} TABLE {t};""".format(
            p=postgres.table("parts"),
            p1=postgres.table("parts_1"),
            p2=postgres.table("parts_2"),
            t=table,
        )
    )
    assert_readable(postgres, "parts", ROWS)
    assert_readable(postgres, "parts_1", ROWS[:2])


def test_postgres_inherited_table(postgres):
    postgres.run(
        """CREATE TABLE {p} (a integer, b text);
        CREATE TABLE {c} (c integer) INHERITS ({p});
        INSERT INTO {p} VALUES (1, 'x'); INSERT INTO {c} VALUES (2, 'y', 3)""".format(
            p=postgres.table("parent"), c=postgres.table("child")
        )
    )
    assert_readable(postgres, "parent", [[1, "x"], [2, "y"]])
    assert_readable(postgres, "child", [[2, "y", 3]])


def test_postgres_foreign_table(postgres, table, tmp_path):
    available = "SELECT count(*) FROM pg_available_extensions WHERE name = 'file_fdw'"
    if ask(postgres, available) == "0":
        pytest.skip("no file_fdw")
    postgres.run(
        """CREATE EXTENSION IF NOT EXISTS file_fdw;
        CREATE SERVER {n} FOREIGN DATA WRAPPER file_fdw;
        CREATE FOREIGN TABLE {f} (a integer, b text) SERVER {n}
        OPTIONS (program 'printf "1,t1\\n2,t2\\n"', format 'csv')""".format(
            n=postgres.quote(postgres.schema + "_files"), f=postgres.table("foreign")
        )
    )
    try:
        assert_readable(postgres, "foreign", ROWS[:2])
    finally:
        postgres.run("DROP SERVER %s_files CASCADE" % postgres.schema)


def test_postgres_listing_kinds(postgres, table):
    """Tables, views and all that is read like one; no index, no sequence, no
    composite type."""
    with postgres.another_schema("kinds") as other:
        other.run(
            """CREATE TABLE {0}.a_table (a integer PRIMARY KEY, b serial);
            CREATE VIEW {0}.b_view AS SELECT 1 AS a;
            CREATE MATERIALIZED VIEW {0}.c_matview AS SELECT 1 AS a;
            CREATE TABLE {0}.d_parted (a integer) PARTITION BY LIST (a);
            CREATE TYPE {0}.e_type AS (a integer);""".format(
                other.quote(other.schema)
            )
        )
        ds = open_connector(other.connector())
        names = [ds.GetLayer(i).GetName() for i in range(ds.GetLayerCount())]
        ds = None
    assert names == ["a_table", "b_view", "c_matview", "d_parted"]


def test_postgres_default_schema_is_public(postgres):
    name = "cartoconn_public_" + postgres.schema
    postgres.run('CREATE TABLE public."%s" AS SELECT 9 AS a' % name)
    try:
        ds = open_connector(postgres.connector(table=name, schema=None))
        assert values(ds.GetLayer(0).GetNextFeature()) == [9]
        ds = None
    finally:
        postgres.run('DROP TABLE public."%s"' % name)


def test_postgres_name_is_a_name_not_a_path(postgres, table):
    """schema.table is the name of one table, with a dot in it."""
    failure = refuse(postgres.connector(table=postgres.schema + ".t"))
    assert postgres.schema + ".t" in failure


def test_postgres_no_privilege(postgres, table):
    role = "cartoconn_poor_" + postgres.schema.split("_")[-1]
    postgres.run(
        "CREATE ROLE %s LOGIN PASSWORD 'poor'; GRANT USAGE ON SCHEMA %s TO %s"
        % (role, postgres.quote(postgres.schema), role)
    )
    try:
        connection = {"username": role, "password": "poor"}
        with messages() as said:
            ds = open_connector(postgres.connector(connection, table="t"))
            if ds is not None:
                assert ds.GetLayer(0).GetNextFeature() is None
                ds = None
        assert "42501" in said.failures[-1]
        assert "permission denied" in said.failures[-1]
    finally:
        postgres.run("DROP OWNED BY %s; DROP ROLE %s" % (role, role))


def test_postgres_row_level_security(postgres):
    """What the account may not see is not there."""
    role = "cartoconn_rls_" + postgres.schema.split("_")[-1]
    postgres.run(
        """CREATE TABLE {t} (a integer); INSERT INTO {t} VALUES (1), (2), (3);
        ALTER TABLE {t} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY p ON {t} USING (a > 1);
        CREATE ROLE {r} LOGIN PASSWORD 'rls';
        GRANT USAGE ON SCHEMA {s} TO {r}; GRANT SELECT ON {t} TO {r};""".format(
            t=postgres.table("secured"), r=role, s=postgres.quote(postgres.schema)
        )
    )
    try:
        connection = {"username": role, "password": "rls"}
        with messages() as said:
            ds = open_connector(postgres.connector(connection, table="secured"))
            lyr = ds.GetLayer(0)
            assert [values(f) for f in lyr] == [[2], [3]]
            assert lyr.GetFeatureCount() == 2
            ds = lyr = None
        said.assert_quiet()
    finally:
        postgres.run("DROP OWNED BY %s; DROP ROLE %s" % (role, role))


###############################################################################
# Encodings


def test_postgres_server_encodings(postgres):
    """A database in another encoding is read as UTF-8."""
    name = "cartoconn_latin_" + postgres.schema.split("_")[-1]
    postgres.run(
        "CREATE DATABASE %s ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0" % name
    )
    try:
        run_psql(
            postgres.base["connection"],
            'CREATE TABLE "t\u00e9" AS SELECT \'caf\u00e9 \u00df\'::text AS "n\u00e4me"',
            database=name,
        )
        with messages() as said:
            connector = postgres.connector({"database": name}, table="té", schema=None)
            ds = open_connector(connector)
            lyr = ds.GetLayer(0)
            assert lyr.GetLayerDefn().GetFieldDefn(0).GetName() == "näme"
            assert [values(f) for f in lyr] == [["café ß"]]
            lyr.SetAttributeFilter("\"näme\" = 'café ß'")
            assert lyr.GetFeatureCount() == 1
            ds = lyr = None
        said.assert_quiet()
    finally:
        postgres.run("DROP DATABASE " + name)


def test_postgres_sql_ascii(postgres):
    """Bytes of no encoding: replaced and counted, or decoded as told."""
    name = "cartoconn_ascii_" + postgres.schema.split("_")[-1]
    postgres.run(
        "CREATE DATABASE %s ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0" % name
    )
    try:
        run_psql(
            postgres.base["connection"],
            "SET client_encoding = 'SQL_ASCII';"
            "CREATE TABLE t AS SELECT E'caf\\xe9'::text AS v UNION ALL SELECT 'plain'",
            database=name,
        )
        connector = postgres.connector({"database": name}, table="t", schema=None)
        with messages() as said:
            ds = open_connector(connector)
            assert [values(f) for f in ds.GetLayer(0)] == [["caf\ufffd"], ["plain"]]
            ds = None
        assert not said.failures
        assert '"v": 1 value' in said.warning and "ENCODING" in said.warning
        with messages() as said:
            ds = open_connector(connector, encoding="LATIN1")
            assert [values(f) for f in ds.GetLayer(0)] == [["café"], ["plain"]]
            ds = None
        said.assert_quiet()
    finally:
        postgres.run("DROP DATABASE " + name)


###############################################################################
# The process ends well


def test_postgres_exit_in_mid_stream(postgres):
    """A program that ends while a read is under way is not stuck."""
    script = """
import sys
from osgeo import gdal
gdal.UseExceptions()
ds = gdal.OpenEx("CARTOCONN:", gdal.OF_VECTOR, open_options=["CONNECTOR=" + sys.argv[1]])
lyr = ds.GetLayer(0)
for i in range(1000):
    lyr.GetNextFeature()
print("read")
"""
    import json

    connector = postgres.connector(
        sql_query="SELECT generate_series(1, 1000000000) AS n", import_as="q"
    )
    done = run_python(script, json.dumps(connector), timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "read"
    assert gdal.GetDriverByName("CARTOCONN") is not None
