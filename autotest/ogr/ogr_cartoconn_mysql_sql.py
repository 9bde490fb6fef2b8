#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""MySQL and MariaDB: encodings, statements in either protocol, the servers' modes."""

import pytest
from cartoconn_mysql import is_mariadb, run_mysql
from cartoconn_servers import mysql  # noqa: F401
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    open_query,
    read_query,
    values,
)

from osgeo import ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")


###############################################################################
# Encodings


@pytest.mark.parametrize(
    "encoding,text",
    [
        (None, "\U0001f600 日 €"),
        ("UTF8", "\U0001f600 日 €"),
        ("LATIN1", "é€"),
        ("WIN1251", "Жё"),
        ("SJIS", "日本"),
        ("LATIN2", "łő"),
        ("WIN1253", "αβ"),
    ],
)
def test_mysql_encoding(mysql, encoding, text):
    mysql.run("DROP TABLE IF EXISTS " + mysql.table("été"))
    mysql.create("été", [("ü", "varchar(20)")], [(text,)])
    keys = {"encoding": encoding} if encoding else {}
    with messages() as said:
        ds = open_connector(mysql.connector(table="été", **keys))
        lyr = ds.GetLayer(0)
        assert lyr.GetLayerDefn().GetFieldDefn(0).GetName() == "ü"
        assert lyr.SetAttributeFilter("\"ü\" = '%s'" % text) == 0
        assert [values(f) for f in lyr] == [[text]]
    said.assert_quiet()


def test_mysql_encoding_the_server_has_not(mysql):
    if not is_mariadb(mysql):
        pytest.skip("MySQL has GB18030")
    with messages() as said:
        ds, lyr = open_query(mysql.connector(encoding="GB18030"), "SELECT 'x' AS a")
        assert lyr.GetNextFeature() is None
    assert said.failure.startswith("MySQL, query failed (1115)")
    assert "gb18030" in said.failure and '"encoding"' in said.failure


def test_mysql_mislabelled_text(mysql):
    """UTF-8 in a column that says latin1, and how to read it."""
    mysql.run(
        "CREATE TABLE {0} (t varchar(20) CHARACTER SET latin1); "
        "INSERT INTO {0} VALUES (x'{1}')".format(
            mysql.table("mislabelled"), "é日".encode().hex()
        )
    )
    ds = open_connector(mysql.connector(table="mislabelled", encoding="SQL_ASCII"))
    assert [values(f) for f in ds.GetLayer(0)] == [["é日"]]


###############################################################################
# Statements


def test_mysql_statements_that_are_no_select(mysql):
    mysql.create("shown", [("a", "integer")], [(1,)])
    for sql, count in (
        ("SHOW COLUMNS FROM " + mysql.table("shown"), 1),
        ("EXPLAIN SELECT * FROM " + mysql.table("shown"), 1),
        ("DESCRIBE " + mysql.table("shown"), 1),
        (
            "VALUES %s" % ("(1),(2)" if is_mariadb(mysql) else "ROW(1),ROW(2)"),
            2,
        ),
    ):
        features = read_query(mysql.connector(), sql)
        assert len(features) == count, sql


def test_mysql_procedure(mysql):
    """Its first result; the statements behind it do not break the next."""
    mysql.run(
        "CREATE PROCEDURE %s(n int) SELECT n AS a, 'x' AS b" % mysql.table("give")
    )
    connector = mysql.connector(
        sql_query="CALL %s(5)" % mysql.table("give"), import_as="q"
    )
    with messages() as said:
        ds = open_connector(connector)
        for _ in range(2):
            assert [values(f) for f in ds.GetLayer(0)] == [[5, "x"]]
    said.assert_quiet()


def test_mysql_without_prepared_statements(mysql):
    """Where the server takes no more of them, all comes as text."""
    name = "unprepared"
    mysql.run(
        "CREATE TABLE {0} (a int PRIMARY KEY, b varbinary(9), c datetime(3), "
        "d bit(9), e geometry, f varchar(9) CHARACTER SET utf8mb4, g double); "
        "INSERT INTO {0} VALUES (1, x'0027ff5c', '2024-02-29 01:02:03.5', b'101', "
        "{1}, '\U0001f600', 0.1), (2, NULL, NULL, NULL, NULL, NULL, NULL)".format(
            mysql.table(name), mysql.geometry("POINT (1 2)")
        )
    )
    query = mysql.connector(sql_query="SELECT * FROM " + mysql.table(name))
    variable = "max_prepared_stmt_count"
    before = mysql.run("SELECT @@GLOBAL." + variable).strip()
    mysql.run("SET GLOBAL %s = 0" % variable)
    try:
        for connector in (mysql.connector(table=name), dict(query, import_as="q")):
            with messages() as said:
                ds = open_connector(connector)
                lyr = ds.GetLayer(0)
                assert lyr.GetLayerDefn().GetFieldDefn(1).GetType() == ogr.OFTBinary
                first, second = [f for f in lyr]
            said.assert_quiet()
            moment = (2024, 2, 29, 1, 2, 3.5, 0)
            expected = [1, b"\x00'\xff\\", moment, 5, "\U0001f600", 0.1]
            assert values(first) == expected
            assert first.GetGeometryRef().ExportToWkt() == "POINT (1 2)"
            assert values(second) == [2] + [None] * 5
            assert second.GetGeometryRef() is None
    finally:
        mysql.run("SET GLOBAL %s = %s" % (variable, before))


def test_mysql_order_is_kept(mysql):
    """The servers forget the order of a subquery: nothing is put around it."""
    mysql.create(
        "ordered", [("a", "integer"), ("b", "text")], [(i, str(i)) for i in range(9)]
    )
    sql = "SELECT a, b FROM %s ORDER BY a DESC" % mysql.table("ordered")
    ds, lyr = open_query(mysql.connector(), sql)
    lyr.SetIgnoredFields(["b"])
    assert [f["a"] for f in lyr] == list(range(8, -1, -1))
    assert lyr.SetAttributeFilter("a > 5") == 0
    assert [f["a"] for f in lyr] == [8, 7, 6]
    assert lyr.GetFeatureCount() == 3


@pytest.mark.parametrize("mode", ["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", ""])
def test_mysql_sql_mode(mysql, mode):
    """Literals mean the same under any of the server's modes."""
    before = run_mysql(mysql.base["connection"], "SELECT @@GLOBAL.sql_mode").strip()
    mysql.run("DROP TABLE IF EXISTS " + mysql.table("moded"))
    texts = ["a\\b", "it's", 'say "x"', "a\\ ' OR 1=1 -- ", "%_\\%"]
    mysql.create("moded", [("t", "varchar(40)")], [(t,) for t in texts])
    mysql.run("SET GLOBAL sql_mode = '%s'" % mode)
    try:
        ds = open_connector(mysql.connector(table="moded"))
        lyr = ds.GetLayer(0)
        for text in texts:
            quoted = text.replace("'", "''")
            for condition in ("t = '%s'" % quoted, "t IN ('%s')" % quoted):
                assert lyr.SetAttributeFilter(condition) == 0
                assert [f["t"] for f in lyr] == [text], condition
                assert lyr.GetFeatureCount() == 1
    finally:
        mysql.run("SET GLOBAL sql_mode = '%s'" % before)
