#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Mistakes in a connector: each is named, all in one message, before any
connection is opened. No server is needed."""

import json
import time

import pytest
from cartoconn_util import (  # noqa: F401
    closed_port,
    config,
    messages,
    no_exceptions,
    open_connector,
    refuse,
    silent_server,
    variant,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

POSTGRES = {
    "provider": "postgres",
    "connection": {
        "server": "127.0.0.1",
        "port": 1,
        "database": "nowhere",
        "username": "nobody",
    },
    "table": "t",
}
BIGQUERY = {
    "provider": "bigquery",
    "billing_project": "p",
    "dataset": "d",
    "table": "t",
}
SNOWFLAKE = {
    "provider": "snowflake",
    "connection": {"server": "127.0.0.1", "database": "d", "username": "u"},
    "table": "t",
}
SECRET = "Tr0ub4dor&3"


def assert_mistake(connector, *parts, **options):
    """One message of the parameter stage with all the parts in it."""
    failure = refuse(connector, **options)
    assert failure.startswith("CARTOCONN: "), failure
    for part in parts:
        assert part in failure, failure
    return failure


###############################################################################
# JSON that is none


@pytest.mark.parametrize(
    "text,line,column,expected",
    [
        ("{", 1, 2, "expected a key in double quotes, or '}'"),
        ('{"provider" "postgres"}', 1, 13, "expected ':' after the key"),
        ('{"provider": postgres}', 1, 14, "expected a value"),
        ('{"provider": "postgres"', 1, 24, "expected ',' or '}'"),
        ('{"provider": "postgres"}}', 1, 25, "expected the end of the text"),
        ('{\n  "provider": "postgres"\n  "table": "t"}', 3, 3, "expected ','"),
        ('{\n"table": "a\nb"}', 2, 12, "at the end of the string"),
        ("{'provider': 'postgres'}", 1, 2, "expected a key in double quotes"),
        ('{"provider": "C:\\dir"}', 1, 17, "unknown escape"),
        ('{"é": 1, "b": 0x1}', 1, 16, "expected ',' or '}'"),
        ('{"port": 01}', 1, 10, "a number does not begin with 0"),
        ('{"table": "\\ud800"}', 1, 12, "half of a surrogate pair"),
        ('{"table": "a", "table": "b"}', 1, 16, "given twice"),
        ("{" + '"a":{' * 200, 1, None, "nested too deeply"),
    ],
)
def test_ogr_cartoconn_json_syntax(text, line, column, expected):
    failure = assert_mistake(text, "not valid JSON", "line %d" % line, expected)
    if column is not None:
        assert "column %d:" % column in failure


def test_ogr_cartoconn_json_syntax_hides_secrets():
    text = '{"connection": {"password": "%s" "server": "x"}}' % SECRET
    assert SECRET not in assert_mistake(text, "line 1", "expected ','")


def test_ogr_cartoconn_json_is_no_object():
    assert_mistake('{"connector": 1}', '"connector" must be an object')
    assert_mistake('{"connector": "postgres"}', '"connector" must be an object')
    assert_mistake(
        variant(POSTGRES, connection=None) | {"connection": 3}
        if hasattr(dict, "__or__")
        else dict(POSTGRES, connection=3),
        '"connection" must be an object',
    )


def test_ogr_cartoconn_json_file_names_itself(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text('{\n"provider": }\n')
    assert_mistake(str(path), "broken.json", "line 2, column 13")


def test_ogr_cartoconn_json_invalid_utf8(tmp_path):
    path = tmp_path / "latin1.json"
    path.write_bytes(b'{"provider": "postgr\xe9s"}')
    assert_mistake(str(path), "latin1.json", "UTF-8")


###############################################################################
# Missing, unknown, misplaced, wrong


@pytest.mark.parametrize("key", ["server", "database", "username"])
def test_ogr_cartoconn_missing_member(key):
    connector = variant(POSTGRES, connection={key: None})
    assert_mistake(connector, '"%s" in "connection" is missing' % key)


def test_ogr_cartoconn_missing_connection():
    connector = {"provider": "postgres", "table": "t"}
    assert_mistake(
        connector,
        '"connection" is missing',
        '"server"',
        '"database"',
        '"username"',
    )


def test_ogr_cartoconn_missing_provider():
    failure = assert_mistake(variant(POSTGRES, provider=None), '"provider" is missing')
    assert "mysql, postgres, sqlserver, hive, bigquery, redshift, snowflake" in failure


def test_ogr_cartoconn_unknown_provider():
    failure = assert_mistake(
        variant(POSTGRES, provider="postgresq"),
        '"postgresq"',
        'did you mean "postgres"',
    )
    for provider in ("mysql", "sqlserver", "hive", "bigquery", "snowflake"):
        assert provider in failure
    assert_mistake(variant(POSTGRES, provider="oracle"), '"oracle"', "redshift")
    assert_mistake(variant(POSTGRES, provider=7), '"provider" must be a string')


@pytest.mark.parametrize(
    "key,meant",
    [
        ("sevrer", '"server"'),
        ("host", '"server"'),
        ("user", '"username"'),
        ("dbname", '"database"'),
        ("pwd", '"password"'),
        ("ssl_mode", '"sslmode"'),
    ],
)
def test_ogr_cartoconn_unknown_member(key, meant):
    connector = variant(POSTGRES, connection={key: "x"})
    assert_mistake(
        connector,
        'unknown parameter "%s" in "connection"' % key,
        "did you mean " + meant,
    )


@pytest.mark.parametrize(
    "key,meant",
    [("tabel", '"table"'), ("query", '"sql_query"'), ("shcema", '"schema"')],
)
def test_ogr_cartoconn_unknown_key(key, meant):
    assert_mistake(
        variant(POSTGRES, **{key: "x"}),
        'unknown parameter "%s"' % key,
        "did you mean " + meant,
    )


def test_ogr_cartoconn_unknown_without_suggestion():
    failure = assert_mistake(
        variant(POSTGRES, zzzzzzzzzzzz=1), 'unknown parameter "zzzzzzzzzzzz"'
    )
    assert "did you mean" not in failure


def test_ogr_cartoconn_misplaced():
    assert_mistake(
        variant(POSTGRES, connection={"table": "t"}), '"table" belongs in the connector'
    )
    assert_mistake(variant(POSTGRES, server="x"), '"server" belongs in "connection"')
    assert_mistake(variant(POSTGRES, interval=3600), '"interval" belongs beside')


def test_ogr_cartoconn_foreign_parameter():
    assert_mistake(
        variant(POSTGRES, connection={"warehouse": "w"}), '"warehouse"', "snowflake"
    )
    assert_mistake(POSTGRES, "WAREHOUSE", "snowflake", warehouse="w")
    assert_mistake(variant(POSTGRES, dataset="d"), '"dataset"', "bigquery")


def test_ogr_cartoconn_foreign_configuration_is_no_mistake():
    """An environment may serve several connectors."""
    with config(CARTOCONN_WAREHOUSE="w", CARTOCONN_CLUSTER="c"):
        assert "connect failed" in refuse(POSTGRES)


@pytest.mark.parametrize(
    "connection,parts",
    [
        ({"port": "abc"}, ('"port" in "connection" is "abc"', "1 to 65535")),
        ({"port": 0}, ('"port"', "1 to 65535")),
        ({"port": 65536}, ('"port"', "1 to 65535")),
        ({"port": 1.5}, ('"port"', "a whole number")),
        ({"port": -1}, ('"port"', "1 to 65535")),
        ({"port": True}, ('"port"', "must be a whole number, not a boolean")),
        ({"port": 10**30}, ('"port"',)),
        ({"server": 5}, ('"server"', "must be a string, not a number")),
        ({"server": ""}, ('"server"', "is empty")),
        ({"server": ["a"]}, ('"server"', "not an array")),
        ({"server": {"a": "b"}}, ('"server"', "not an object")),
        ({"server": "a\nb"}, ('"server"', "control character")),
        ({"server": "a\0b"}, ('"server"', "NUL")),
        ({"connect_timeout": 0}, ('"connect_timeout"', "seconds")),
        ({"connect_timeout": "soon"}, ('"connect_timeout"', '"soon"', "seconds")),
        ({"query_timeout": -1}, ('"query_timeout"', "seconds")),
        (
            {"sslmode": "full"},
            ('"sslmode"', '"full"', "disable, prefer, require, verify-ca, verify-full"),
        ),
    ],
)
def test_ogr_cartoconn_wrong_member(connection, parts):
    assert_mistake(variant(POSTGRES, connection=connection), *parts)


@pytest.mark.parametrize(
    "option,value,parts",
    [
        ("port", "70000", ("open option PORT", '"70000"', "1 to 65535")),
        ("max_rows", "0", ("open option MAX_ROWS", "at least 1")),
        ("max_rows", "-5", ("open option MAX_ROWS", "at least 1")),
        ("lossless", "perhaps", ("open option LOSSLESS", "YES or NO")),
        ("invalid_geometry", "DIE", ("open option INVALID_GEOMETRY", "WARN, ERROR")),
        ("sslmode", "no", ("open option SSLMODE", "verify-full")),
        ("provider", "pg", ('"pg"', "postgres")),
    ],
)
def test_ogr_cartoconn_wrong_option(option, value, parts):
    assert_mistake(POSTGRES, *parts, **{option: value})


def test_ogr_cartoconn_wrong_configuration():
    bare = variant(POSTGRES, connection={"port": None})
    with config(CARTOCONN_PORT="many"):
        assert_mistake(bare, "CARTOCONN_PORT", '"many"', "1 to 65535")
    with config(CARTOCONN_MAX_ROWS="all"):
        assert_mistake(POSTGRES, "CARTOCONN_MAX_ROWS", '"all"')


def test_ogr_cartoconn_table_and_query_rules():
    query = "SELECT 1"
    no_table = variant(POSTGRES, table=None)
    assert_mistake(variant(no_table, sql_query=query), '"sql_query"', '"import_as"')
    assert_mistake(variant(no_table, import_as="n"), '"import_as"', '"table"')
    # These are no mistakes: what fails is the connection.
    for keys in (
        {"sql_query": query, "import_as": "n"},
        {"sql_query": query, "table": "n"},
        {"sql_query": query, "table": "n", "import_as": "m"},
        {"table": "n", "import_as": "m"},
        {},
    ):
        assert "connect failed" in refuse(variant(no_table, **keys))


@pytest.mark.parametrize(
    "name", ["utf8", "UTF-8", "LATIN1", "iso88591", "ISO-8859-1", "WIN1252", "sjis"]
)
def test_ogr_cartoconn_encoding_known(name):
    assert "connect failed" in refuse(variant(POSTGRES, encoding=name))


def test_ogr_cartoconn_encoding_unknown():
    assert_mistake(
        variant(POSTGRES, encoding="latin11"), '"encoding"', '"latin11"', "LATIN1"
    )
    assert_mistake(variant(POSTGRES, encoding="klingon"), '"encoding"', '"klingon"')


def test_ogr_cartoconn_interval():
    body = {"connector": POSTGRES, "interval": 899}
    assert_mistake(body, '"interval"', "899", "at least 900", "seconds")
    body["interval"] = "soon"
    assert_mistake(body, '"interval"', '"soon"')
    body["interval"] = 900
    assert "connect failed" in refuse(body)


def test_ogr_cartoconn_unknown_key_of_the_body():
    body = {"connector": POSTGRES, "intervall": 3600}
    assert_mistake(body, '"intervall"', '"interval"')


def test_ogr_cartoconn_bigquery_rules():
    assert_mistake(
        variant(BIGQUERY, billing_project=None), '"billing_project" is missing'
    )
    assert_mistake(variant(BIGQUERY, dataset=None), '"dataset" is missing')
    for key in ("storage_api", "location"):
        assert_mistake(variant(BIGQUERY, **{key: "x"}), '"%s"' % key, "removed")
    assert_mistake(
        variant(BIGQUERY, connection={"refresh_token": SECRET}),
        '"client_id"',
        '"client_secret"',
    )
    assert_mistake(
        variant(BIGQUERY, connection={"endpoint": "http://example.com"}),
        '"endpoint"',
        '"insecure"',
    )


def test_ogr_cartoconn_redshift_rules():
    redshift = variant(POSTGRES, provider="redshift", connection={"server": None})
    assert_mistake(redshift, '"cluster" in "connection" is missing')
    both = variant(redshift, connection={"server": "a", "cluster": "b"})
    assert_mistake(both, '"server"', '"cluster"')


def test_ogr_cartoconn_snowflake_rules():
    assert_mistake(
        variant(SNOWFLAKE, connection={"server": None}), '"server"', '"account"'
    )
    elsewhere = {"server": "192.0.2.1", "sslmode": "disable"}
    assert_mistake(variant(SNOWFLAKE, connection=elsewhere), '"sslmode"', '"insecure"')
    keys = {"private_key": SECRET, "private_key_file": "/x"}
    assert_mistake(variant(SNOWFLAKE, connection=keys), "private_key_file", "exclude")


###############################################################################
# All of them, at once, before anything is connected to


def test_ogr_cartoconn_all_mistakes_in_one_message():
    connector = {
        "provider": "postgres",
        "connection": {"server": 5, "usrname": "u", "port": 0, "sslmode": "x"},
        "sql_query": "SELECT 1",
        "encoding": "klingon",
        "tabel": "t",
    }
    failure = assert_mistake(
        connector,
        "mistakes in the connector",
        '"server"',
        '"usrname"',
        '"username" in "connection" is missing',
        '"database" in "connection" is missing',
        '"port"',
        '"sslmode"',
        '"import_as"',
        '"klingon"',
        '"tabel"',
    )
    assert failure.count("\n") == 9


def test_ogr_cartoconn_very_many_mistakes():
    connector = variant(POSTGRES, **{"bad_key_%d" % i: i for i in range(500)})
    failure = assert_mistake(connector, "500 mistakes", "more")
    assert len(failure) < 5000


def test_ogr_cartoconn_mistakes_before_any_connection():
    """A server that accepts and is silent would hold up an open."""
    with silent_server() as port:
        connector = variant(POSTGRES, connection={"port": port, "sslmode": "x"})
        begin = time.monotonic()
        assert_mistake(connector, '"sslmode"')
        assert time.monotonic() - begin < 2


###############################################################################
# Secrets


@pytest.mark.parametrize(
    "connection",
    [
        {"password": {"a": SECRET}},
        {"password": [SECRET]},
        {"password": SECRET, "port": 0},
        {"password": SECRET, "server": SECRET + "\n"},
        {"password": SECRET, "sslmode": SECRET},
        {"password": SECRET, "database": None},
        {"passwrd": SECRET, "password": SECRET},
    ],
)
def test_ogr_cartoconn_mistakes_hide_secrets(connection):
    with config(CPL_DEBUG="ON"):
        with messages() as said:
            assert open_connector(variant(POSTGRES, connection=connection)) is None
    assert said.failures
    assert SECRET not in said.everything
    assert json.dumps(SECRET)[1:-1] not in said.everything


@pytest.mark.parametrize(
    "key", ["private_key", "token", "private_key_passphrase", "password"]
)
def test_ogr_cartoconn_every_secret_is_hidden(key):
    connector = variant(
        SNOWFLAKE, connection={key: SECRET, "port": closed_port(), "role": SECRET}
    )
    connector["connection"]["sslmode"] = "nonsense " + SECRET
    failure = refuse(connector)
    assert SECRET not in failure
    assert "***" in failure


def test_ogr_cartoconn_service_account_is_hidden(tmp_path):
    account = {"type": "service_account", "private_key": SECRET, "client_email": "m"}
    for given in (account, json.dumps(account)):
        connection = {"service_account": given, "endpoint": SECRET}
        failure = refuse(variant(BIGQUERY, connection=connection))
        assert SECRET not in failure
    path = tmp_path / "account.json"
    path.write_text('{"private_key": "%s", }}' % SECRET)
    failure = refuse(variant(BIGQUERY, connection={"service_account": str(path)}))
    assert "account.json" in failure and SECRET not in failure


def test_ogr_cartoconn_service_account_file_is_missing():
    connection = {"service_account": "/no/such/account.json"}
    assert_mistake(
        variant(BIGQUERY, connection=connection), "/no/such/account.json", "read"
    )
