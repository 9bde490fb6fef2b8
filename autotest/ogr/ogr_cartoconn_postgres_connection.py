#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""PostgreSQL: TLS in every mode, passwords of every kind, and one message for
each thing that can be wrong, without a secret in any output."""

import contextlib
import json
import os
import socket
import stat

import pytest
from cartoconn_servers import postgres  # noqa: F401
from cartoconn_util import (  # noqa: F401
    closed_port,
    config,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    read_query,
    refuse,
    run_program,
    values,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

ENCRYPTED = "SELECT ssl AS s FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


@pytest.fixture(scope="module")
def tls():
    folder = os.environ.get("CARTOCONN_TEST_POSTGRES_TLS")
    if not folder or not os.path.exists(os.path.join(folder, "ca.crt")):
        pytest.skip("CARTOCONN_TEST_POSTGRES_TLS is not set")
    return folder


def encrypted(postgres, **connection):
    (feature,) = read_query(postgres.connector(connection), ENCRYPTED)
    return values(feature)[0] == 1


def refused(postgres, **connection):
    return refuse(
        postgres.connector(connection, sql_query="SELECT 1 AS a", import_as="q")
    )


###############################################################################
# TLS


@pytest.mark.parametrize(
    "mode,expected",
    [("disable", False), ("prefer", True), ("require", True), (None, True)],
)
def test_postgres_sslmode(postgres, tls, mode, expected):
    assert encrypted(postgres, sslmode=mode) == expected


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_postgres_verified(postgres, tls, mode, host):
    ca = os.path.join(tls, "ca.crt")
    assert encrypted(postgres, sslmode=mode, sslrootcert=ca, server=host)


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_postgres_wrong_authority(postgres, tls, mode):
    other = os.path.join(tls, "other-ca.crt")
    failure = refused(postgres, sslmode=mode, sslrootcert=other)
    assert failure.startswith("PostgreSQL, TLS failed")
    assert "certificate" in failure


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_postgres_system_authorities(postgres, tls, mode):
    """Without sslrootcert the system's are trusted, which do not know ours."""
    failure = refused(postgres, sslmode=mode)
    assert failure.startswith("PostgreSQL, TLS failed")
    assert "sslrootcert" in failure


def other_name():
    """A name of the server's address that its certificate does not have."""
    for name in ("localhost.localdomain", "localhost.", "cartoconn.localhost"):
        with contextlib.suppress(OSError):
            found = socket.getaddrinfo(name, 80, socket.AF_INET)
            if all(entry[4][0] == "127.0.0.1" for entry in found):
                return name
    pytest.skip("no second name of 127.0.0.1")


def test_postgres_wrong_name(postgres, tls):
    ca, name = os.path.join(tls, "ca.crt"), other_name()
    assert encrypted(postgres, sslmode="verify-ca", sslrootcert=ca, server=name)
    failure = refused(postgres, sslmode="verify-full", sslrootcert=ca, server=name)
    assert failure.startswith("PostgreSQL, TLS failed")
    assert name in failure


def test_postgres_require_does_not_verify(postgres, tls):
    """Neither the authority nor the name."""
    assert encrypted(postgres, sslmode="require", server=other_name())


@pytest.fixture()
def client_key(tls, tmp_path):
    """A copy of the key that only its owner may read."""
    path = tmp_path / "client.key"
    with open(os.path.join(tls, "client.key"), "rb") as source:
        path.write_bytes(source.read())
    path.chmod(stat.S_IRUSR)
    return str(path)


def test_postgres_client_certificate(postgres, tls, client_key):
    connection = {
        "database": "certonly",
        "password": None,
        "sslmode": "verify-full",
        "sslrootcert": os.path.join(tls, "ca.crt"),
        "sslcert": os.path.join(tls, "client.crt"),
        "sslkey": client_key,
    }
    (feature,) = read_query(postgres.connector(connection), "SELECT 5 AS a")
    assert values(feature) == [5]


def test_postgres_client_certificate_missing(postgres, tls):
    failure = refused(postgres, database="certonly")
    assert failure.startswith("PostgreSQL, login failed")
    assert "certificate" in failure


def test_postgres_libpq_environment_is_not_ours(postgres):
    """PGHOST and its kind do not interfere."""
    wrong = {
        "PGHOST": "no-such-host.invalid",
        "PGPORT": "1",
        "PGDATABASE": "nothing",
        "PGUSER": "nobody",
        "PGSSLMODE": "disable",
    }
    text = json.dumps(postgres.connector(sql_query=ENCRYPTED, import_as="q"))
    done = run_program(
        "ogrinfo", "-ro", "-al", "CARTOCONN:", CARTOCONN_CONNECTOR=text, **wrong
    )
    assert done.returncode == 0, done.stdout
    assert "s (Integer(Boolean)) = 1" in done.stdout


###############################################################################
# What is wrong is named


def test_postgres_wrong_password(postgres):
    failure = refused(postgres, password="wr0ng-passw0rd")
    assert failure.startswith("PostgreSQL, login failed (28P01)")
    assert postgres.base["connection"]["username"] in failure
    assert "wr0ng" not in failure


def test_postgres_no_password(postgres):
    for password in (None, ""):
        failure = refused(postgres, password=password)
        assert failure.startswith("PostgreSQL, login failed")
        assert "password" in failure


def test_postgres_wrong_user(postgres):
    failure = refused(postgres, username="no_such_user")
    assert failure.startswith("PostgreSQL, login failed")
    assert "no_such_user" in failure


def test_postgres_wrong_database(postgres):
    failure = refused(postgres, database="no_such_database")
    assert failure.startswith("PostgreSQL, login failed (3D000)")
    assert "no_such_database" in failure


def test_postgres_wrong_port(postgres):
    port = closed_port()
    failure = refused(postgres, port=port)
    assert failure.startswith("PostgreSQL, connect failed")
    assert str(port) in failure


def test_postgres_wrong_host(postgres):
    failure = refused(postgres, server="no-such-host.invalid")
    assert failure.startswith("PostgreSQL, resolve failed")
    assert "no-such-host.invalid" in failure


def test_postgres_wrong_table(postgres):
    postgres.create("CamelCase", [("a", "integer")])
    failure = refuse(postgres.connector(table="camelcase"))
    assert failure.startswith("PostgreSQL, query failed")
    assert "camelcase" in failure and postgres.schema in failure
    assert 'there is a "CamelCase"' in failure


def test_postgres_table_with_schema(postgres):
    """Both in one parameter: where each belongs is said."""
    postgres.create("qualified", [("a", "integer")])
    connector = postgres.connector(table=postgres.schema + ".qualified")
    failure = refuse(connector)
    assert 'there is a "qualified" in schema "%s"' % postgres.schema in failure
    assert 'Check "table" and "schema"' in failure


def test_postgres_wrong_column(postgres):
    failure = refuse(
        postgres.connector(sql_query="SELECT no_such_column", import_as="q")
    )
    assert failure.startswith("PostgreSQL, query failed (42703)")
    assert "no_such_column" in failure


def test_postgres_syntax_error(postgres):
    failure = refuse(postgres.connector(sql_query="SELECT 1 FROMM x y", import_as="q"))
    assert "(42601)" in failure and '"x"' in failure
    failure = refuse(postgres.connector(sql_query="SELEKT 1", import_as="q"))
    assert "SELEKT" in failure


def test_postgres_hint_of_the_server(postgres):
    postgres.create("hinted", [("column_one", "integer")])
    sql = "SELECT column_ones FROM " + postgres.table("hinted")
    failure = refuse(postgres.connector(sql_query=sql, import_as="q"))
    assert "column_one" in failure and "42703" in failure


def test_postgres_error_of_a_row(postgres):
    """What fails while rows are computed fails the read."""
    sql = "SELECT 1 / (500 - n) AS v FROM generate_series(1, 1000) n"
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), sql)
        count = len([f for f in lyr])
    assert count < 500
    assert "division by zero" in said.failure and "22012" in said.failure


###############################################################################
# Passwords


ODD_PASSWORDS = [
    "with,comma;semicolon",
    "quote'and\"double",
    "back\\slash",
    "{braces}|pipe%41&=",
    " spaces ",
    "pässwörd\u65e5\U0001F600",
    "x" * 200,
    "$HOME `id`",
    "a",
]


@pytest.mark.parametrize("password", ODD_PASSWORDS, ids=lambda p: ascii(p[:20]))
def test_postgres_odd_password(postgres, password, tmp_path):
    """However it is given, it is understood, and never repeated."""
    role = "cartoconn_odd_password"
    postgres.run(
        "DROP ROLE IF EXISTS {0}; CREATE ROLE {0} LOGIN PASSWORD {1}".format(
            role, "E" + postgres.literal(password.replace("\\", "\\\\"))
        )
    )
    given = postgres.connector({"username": role, "password": password})
    given = dict(given, sql_query="SELECT current_user::text AS u", import_as="q")
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
                with config(CARTOCONN_PASSWORD=password):
                    opened.append(open_connector(bare))
                for ds in opened:
                    assert values(ds.GetLayer(0).GetNextFeature()) == [role]
                descriptions = [ds.GetDescription() for ds in opened]
                wrong = {"username": role, "password": password + "z"}
                assert open_connector(postgres.connector(wrong)) is None
        opened = ds = None
        if len(password) > 1:
            # GDAL itself shows the dataset name.
            ours = [text for _, _, text in said if not text.startswith("GDAL: ")]
            assert password not in "\n".join(ours)
            assert password not in "\n".join(descriptions)
    finally:
        opened = ds = None
        postgres.run("DROP ROLE " + role)


PROGRAMS = [
    ("ogrinfo", ["-ro", "-al", "-so"]),
    ("ogrinfo", ["-al"]),
    ("ogr2ogr", ["-f", "CSV", "/vsistdout/"]),
]


@pytest.mark.parametrize("wrong", [None, "password", "database", "table", "server"])
@pytest.mark.parametrize("program,arguments", PROGRAMS, ids=["so", "al", "ogr2ogr"])
@pytest.mark.parametrize("way", ["file", "environment", "option", "json"])
def test_postgres_programs_keep_the_secret(
    postgres, tmp_path, program, arguments, wrong, way
):
    """GDAL's programs with all debugging on, succeeding and failing."""
    if program == "ogr2ogr" and way == "option":
        pytest.skip("the same as ogrinfo")
    postgres.run(
        "CREATE TABLE IF NOT EXISTS %s AS SELECT 1 AS a" % postgres.table("secretive")
    )
    secret = postgres.base["connection"]["password"]
    connection = {}
    if wrong in ("database", "server"):
        connection[wrong] = "no-such-thing.invalid"
    if wrong == "password":
        secret = "Wr0ng-Passw0rd"
    table = "no_such_table" if wrong == "table" else "secretive"
    connector = postgres.connector(dict(connection, password=secret), table=table)
    bare = postgres.connector(dict(connection, password=None), table=table)
    path = tmp_path / "connector.json"
    path.write_text(json.dumps(connector if way == "file" else bare))
    name, options, variables = "CARTOCONN:" + str(path), [], {}
    if way == "environment":
        variables["CARTOCONN_PASSWORD"] = secret
    elif way == "option":
        options = ["-oo", "PASSWORD=" + secret]
    elif way == "json":
        name, variables["CARTOCONN_CONNECTOR"] = "CARTOCONN:", json.dumps(connector)
    command = arguments + [name] + options
    done = run_program(program, *command, CPL_DEBUG="ON", **variables)
    assert secret not in done.stdout
    assert (done.returncode == 0) == (wrong is None), done.stdout
    if wrong is None:
        assert "a: Integer" in done.stdout or '\n"1"' in done.stdout
    else:
        culprit = {
            "password": "28P01",
            "database": "no-such-thing.invalid",
            "table": "no_such_table",
            "server": "no-such-thing.invalid",
        }[wrong]
        assert culprit in done.stdout
