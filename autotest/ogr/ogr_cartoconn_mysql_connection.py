#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""MySQL and MariaDB: TLS in every mode, passwords of every kind, databases
that are not named, and one message for each thing that can be wrong."""

import json
import os

import pytest
from cartoconn_mysql import is_mariadb
from cartoconn_servers import mysql  # noqa: F401
from cartoconn_util import (  # noqa: F401
    closed_port,
    config,
    messages,
    no_exceptions,
    open_connector,
    read_query,
    refuse,
    run_program,
    values,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

CIPHER = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"


@pytest.fixture()
def tls(mysql):
    variable = "CARTOCONN_TEST_MYSQL%s_TLS" % ("" if is_mariadb(mysql) else "9")
    folder = os.environ.get(variable)
    if not folder or not os.path.exists(os.path.join(folder, "ca.crt")):
        pytest.skip("%s is not set" % variable)
    return folder


def encrypted(mysql, **connection):
    (feature,) = read_query(mysql.connector(connection), CIPHER)
    return values(feature)[1] != ""


def refused(mysql, **connection):
    return refuse(mysql.connector(connection, sql_query="SELECT 1 AS a", import_as="q"))


###############################################################################
# TLS


@pytest.mark.parametrize(
    "mode,expected",
    [("disable", False), ("prefer", True), ("require", True), (None, True)],
)
def test_mysql_sslmode(mysql, tls, mode, expected):
    assert encrypted(mysql, sslmode=mode) == expected


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_mysql_verified(mysql, tls, mode, host):
    ca = os.path.join(tls, "ca.crt")
    assert encrypted(mysql, sslmode=mode, sslrootcert=ca, server=host)


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_mysql_wrong_authority(mysql, tls, mode):
    other = os.path.join(tls, "other-ca.crt")
    failure = refused(mysql, sslmode=mode, sslrootcert=other)
    assert failure.startswith("MySQL, TLS failed")
    assert "certificate" in failure and "sslrootcert" in failure


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_mysql_system_authorities(mysql, tls, mode):
    """Without sslrootcert the system's are trusted, which do not know ours."""
    failure = refused(mysql, sslmode=mode)
    assert failure.startswith("MySQL, TLS failed")
    assert "sslrootcert" in failure


def test_mysql_wrong_name(mysql, tls):
    """127.0.0.2 is the same server, but no name of its certificate."""
    ca = os.path.join(tls, "ca.crt")
    if not encrypted_at(mysql, "127.0.0.2"):
        pytest.skip("the server listens at 127.0.0.1 only")
    assert encrypted(mysql, sslmode="verify-ca", sslrootcert=ca, server="127.0.0.2")
    failure = refused(mysql, sslmode="verify-full", sslrootcert=ca, server="127.0.0.2")
    assert failure.startswith("MySQL, TLS failed")


def encrypted_at(mysql, host):
    with messages():
        connector = mysql.connector({"server": host, "sslmode": "require"})
        return open_connector(dict(connector, sql_query=CIPHER, import_as="q"))


def test_mysql_client_certificate(mysql, tls):
    user = "cartoconn_certified"
    mysql.run(
        "DROP USER IF EXISTS {0}; CREATE USER {0} IDENTIFIED BY 'x' "
        "REQUIRE SUBJECT '/CN={1}'".format(user, mysql.base["connection"]["username"])
    )
    try:
        connection = {
            "username": user,
            "password": "x",
            "database": None,
            "sslmode": "verify-full",
            "sslrootcert": os.path.join(tls, "ca.crt"),
        }
        assert "1045" in refused(mysql, **connection)
        connection["sslcert"] = os.path.join(tls, "client.crt")
        connection["sslkey"] = os.path.join(tls, "client.key")
        assert encrypted(mysql, **connection)
    finally:
        mysql.run("DROP USER " + user)


def test_mysql_account_that_requires_tls(mysql):
    user = "cartoconn_secure"
    mysql.run(
        "DROP USER IF EXISTS {0}; "
        "CREATE USER {0} IDENTIFIED BY 'x' REQUIRE SSL".format(user)
    )
    try:
        account = {"username": user, "password": "x", "database": None}
        assert encrypted(mysql, sslmode="prefer", **account)
        failure = refused(mysql, sslmode="disable", **account)
        assert failure.startswith("MySQL, login failed (1045)")
    finally:
        mysql.run("DROP USER " + user)


@pytest.mark.parametrize("sslmode", ["disable", "require"])
def test_mysql_caching_sha2_password(mysql, sslmode):
    """Uncached: the password itself is sent, encrypted one way or another."""
    if is_mariadb(mysql):
        pytest.skip("a plugin of Oracle's server")
    user = "cartoconn_sha2"
    mysql.run(
        "DROP USER IF EXISTS {0}; CREATE USER {0} IDENTIFIED WITH "
        "caching_sha2_password BY 'pw'; FLUSH PRIVILEGES".format(user)
    )
    try:
        connection = {"username": user, "password": "pw", "database": None}
        for _ in range(2):
            features = read_query(
                mysql.connector(dict(connection, sslmode=sslmode)), "SELECT 5 AS a"
            )
            assert features[0]["a"] == 5
    finally:
        mysql.run("DROP USER " + user)


###############################################################################
# Databases


def test_mysql_without_database(mysql):
    """Names that say their database still work, and others say what to do."""
    mysql.create("free", [("a", "integer")], [(7,)])
    bare = mysql.connector({"database": None}, schema=None)
    (feature,) = read_query(bare, "SELECT a FROM " + mysql.table("free"))
    assert values(feature) == [7]
    ds = open_connector(dict(bare, schema=mysql.schema, table="free"))
    assert values(ds.GetLayer(0).GetNextFeature()) == [7]
    ds = open_connector(bare)
    names = [ds.GetLayer(i).GetName() for i in range(ds.GetLayerCount())]
    assert "free" in names and "user" not in names  # mysql.user
    failure = refuse(dict(bare, sql_query="SELECT a FROM free", import_as="q"))
    assert "1046" in failure and '"database"' in failure
    failure = refuse(dict(bare, table="free"))
    assert "1046" in failure and '"schema"' in failure


def test_mysql_schema_defaults_to_the_database(mysql):
    mysql.create("default_one", [("a", "integer")], [(8,)])
    connector = mysql.connector({"database": mysql.schema}, schema=None)
    ds = open_connector(dict(connector, table="default_one"))
    assert values(ds.GetLayer(0).GetNextFeature()) == [8]
    (feature,) = read_query(connector, "SELECT a FROM default_one")
    assert values(feature) == [8]


def test_mysql_localhost_is_reached_by_its_port(mysql):
    """Not by a socket file that the library may know of."""
    features = read_query(mysql.connector({"server": "localhost"}), "SELECT 1 AS a")
    assert features[0]["a"] == 1


###############################################################################
# What is wrong is named


def test_mysql_wrong_password(mysql):
    failure = refused(mysql, password="wr0ng-passw0rd")
    assert failure.startswith("MySQL, login failed (1045)")
    assert mysql.base["connection"]["username"] in failure
    assert "wr0ng" not in failure


@pytest.mark.parametrize("password", [None, ""])
def test_mysql_no_password(mysql, password):
    assert refused(mysql, password=password).startswith("MySQL, login failed (1045)")


def test_mysql_wrong_database(mysql):
    failure = refused(mysql, database="no_such_database")
    assert failure.startswith("MySQL, login failed (1049)")
    assert "no_such_database" in failure


def test_mysql_wrong_port(mysql):
    port = closed_port()
    failure = refused(mysql, port=port)
    assert failure.startswith("MySQL, connect failed")
    assert '"port"' in failure


def test_mysql_wrong_host(mysql):
    failure = refused(mysql, server="no-such-host.invalid")
    assert failure.startswith("MySQL, resolve failed")
    assert "no-such-host.invalid" in failure


def test_mysql_wrong_table(mysql):
    failure = refuse(mysql.connector(table="no_such_table"))
    assert failure.startswith("MySQL, query failed (1146)")
    assert "no_such_table" in failure and mysql.schema in failure


def test_mysql_wrong_column(mysql):
    failure = refuse(mysql.connector(sql_query="SELECT no_such_column", import_as="q"))
    assert failure.startswith("MySQL, query failed (1054)")
    assert "no_such_column" in failure


def test_mysql_forbidden_table(mysql):
    user = "cartoconn_limited"
    mysql.create("forbidden", [("a", "integer")])
    mysql.run("DROP USER IF EXISTS {0}; CREATE USER {0} IDENTIFIED BY 'x'".format(user))
    try:
        account = {"username": user, "password": "x", "database": None}
        failure = refuse(mysql.connector(account, table="forbidden"))
        assert "1142" in failure and "forbidden" in failure
    finally:
        mysql.run("DROP USER " + user)


def test_mysql_writing_query(mysql):
    mysql.create("untouched", [("a", "integer")], [(1,)])
    for sql in ("DELETE FROM %s", "UPDATE %s SET a = 2", "DROP TABLE %s"):
        sql = sql % mysql.table("untouched")
        assert refuse(mysql.connector(sql_query=sql, import_as="q"))
    ds = open_connector(mysql.connector(table="untouched"))
    assert [values(f) for f in ds.GetLayer(0)] == [[1]]


###############################################################################
# Passwords


ODD_PASSWORDS = [
    "with,comma;semicolon",
    "quote'and\"double",
    "back\\slash",
    "{braces}|pipe%41&=",
    " spaces ",
    "pässwörd\u65e5\U0001f600",
    "x" * 200,
    "$HOME `id` #",
    "a",
]


@pytest.mark.parametrize("password", ODD_PASSWORDS, ids=lambda p: ascii(p[:20]))
def test_mysql_odd_password(mysql, password, tmp_path):
    """However it is given, it is understood, and never repeated."""
    user = "cartoconn_odd"
    mysql.run(
        "DROP USER IF EXISTS {0}; CREATE USER {0} IDENTIFIED BY {1}".format(
            user, mysql.literal(password)
        )
    )
    account = {"username": user, "password": password, "database": None}
    given = mysql.connector(account, sql_query="SELECT 1 AS u", import_as="q")
    bare = dict(given, connection=dict(given["connection"]))
    del bare["connection"]["password"]
    path = tmp_path / "connector.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    try:
        with config(CPL_DEBUG="ON"):
            with messages() as said:
                opened = [
                    open_connector(given),
                    open_connector(str(path)),
                    open_connector(name="CARTOCONN:" + json.dumps(given)),
                    open_connector(bare, password=password),
                ]
                for ds in opened:
                    assert values(ds.GetLayer(0).GetNextFeature()) == [1]
                descriptions = [ds.GetDescription() for ds in opened]
                wrong = dict(account, password=password + "z")
                assert open_connector(mysql.connector(wrong)) is None
        opened = ds = None
        if len(password) > 1:
            # GDAL itself shows the dataset name.
            ours = [text for _, _, text in said if not text.startswith("GDAL: ")]
            assert password not in "\n".join(ours)
            assert password not in "\n".join(descriptions)
    finally:
        opened = ds = None
        mysql.run("DROP USER " + user)


@pytest.mark.parametrize("wrong", [None, "password", "database", "table"])
@pytest.mark.parametrize("way", ["file", "environment", "option"])
def test_mysql_programs_keep_the_secret(mysql, tmp_path, wrong, way):
    """GDAL's programs with all debugging on, succeeding and failing."""
    mysql.run("DROP TABLE IF EXISTS " + mysql.table("secretive"))
    mysql.create("secretive", [("a", "integer")], [(1,)])
    secret = mysql.base["connection"]["password"]
    connection = {}
    if wrong == "database":
        connection["database"] = "no_such_thing"
    if wrong == "password":
        secret = "Wr0ng-Passw0rd"
    table = "no_such_thing" if wrong == "table" else "secretive"
    connector = mysql.connector(dict(connection, password=secret), table=table)
    bare = mysql.connector(dict(connection, password=None), table=table)
    path = tmp_path / "connector.json"
    path.write_text(json.dumps(connector if way == "file" else bare))
    options, variables = [], {}
    if way == "environment":
        variables["CARTOCONN_PASSWORD"] = secret
    elif way == "option":
        options = ["-oo", "PASSWORD=" + secret]
    name = "CARTOCONN:" + str(path)
    done = run_program(
        "ogrinfo", "-ro", "-al", name, *options, CPL_DEBUG="ON", **variables
    )
    assert secret not in done.stdout
    assert (done.returncode == 0) == (wrong is None), done.stdout
    culprit = {None: "a (Integer) = 1", "password": "1045"}.get(wrong, "no_such_thing")
    assert culprit in done.stdout
