#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""The CARTOCONN driver itself: registration, metadata, naming a dataset,
where parameters come from. No server is needed."""

import glob
import json
import os
import xml.etree.ElementTree as ElementTree

import pytest
from cartoconn_util import (  # noqa: F401
    HERE,
    PREFIX,
    closed_port,
    config,
    connector_file,
    messages,
    no_exceptions,
    open_connector,
    option_list,
    refuse,
    run_program,
    variant,
)

from osgeo import gdal, ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

PROVIDERS = (
    "mysql",
    "postgres",
    "sqlserver",
    "hive",
    "bigquery",
    "redshift",
    "snowflake",
)


def local(port=None, **keys):
    """A valid connector to a port of this machine at which nothing listens."""
    connection = {
        "server": "127.0.0.1",
        "port": port or closed_port(),
        "database": "nowhere",
        "username": "nobody",
    }
    connector = {"provider": "postgres", "connection": connection, "table": "t"}
    return variant(connector, **keys)


###############################################################################
# Registration and driver metadata


def test_ogr_cartoconn_registered():
    driver = gdal.GetDriverByName("CARTOCONN")
    assert driver.ShortName == "CARTOCONN"
    assert ogr.GetDriverByName("CARTOCONN").GetName() == "CARTOCONN"
    assert driver.LongName == "CARTO database connectors"


@pytest.mark.parametrize(
    "item,value",
    [
        ("DCAP_OPEN", "YES"),
        ("DCAP_VECTOR", "YES"),
        ("DCAP_RASTER", None),
        ("DCAP_CREATE", None),
        ("DCAP_MULTIPLE_VECTOR_LAYERS", "YES"),
        ("DCAP_Z_GEOMETRIES", "YES"),
        ("DCAP_MEASURED_GEOMETRIES", "YES"),
        ("DCAP_CURVE_GEOMETRIES", "YES"),
        ("DMD_CONNECTION_PREFIX", PREFIX),
        ("DMD_EXTENSIONS", None),
    ],
)
def test_ogr_cartoconn_driver_metadata(item, value):
    assert gdal.GetDriverByName("CARTOCONN").GetMetadataItem(item) == value


def open_options():
    driver = gdal.GetDriverByName("CARTOCONN")
    text = driver.GetMetadataItem("DMD_OPENOPTIONLIST")
    return {option.get("name"): option for option in ElementTree.fromstring(text)}


@pytest.mark.parametrize(
    "name,kind",
    [
        ("CONNECTOR", "string"),
        ("PROVIDER", "string-select"),
        ("TABLE", "string"),
        ("SQL_QUERY", "string"),
        ("SCHEMA", "string"),
        ("IMPORT_AS", "string"),
        ("ENCODING", "string"),
        ("BILLING_PROJECT", "string"),
        ("PROJECT", "string"),
        ("DATASET", "string"),
        ("SERVER", "string"),
        ("PORT", "int"),
        ("DATABASE", "string"),
        ("USERNAME", "string"),
        ("PASSWORD", "string"),
        ("CLUSTER", "string"),
        ("ACCOUNT", "string"),
        ("WAREHOUSE", "string"),
        ("ROLE", "string"),
        ("TOKEN", "string"),
        ("PRIVATE_KEY", "string"),
        ("PRIVATE_KEY_FILE", "string"),
        ("SERVICE_ACCOUNT", "string"),
        ("ACCESS_TOKEN", "string"),
        ("REFRESH_TOKEN", "string"),
        ("CLIENT_ID", "string"),
        ("CLIENT_SECRET", "string"),
        ("SSLMODE", "string-select"),
        ("SSLROOTCERT", "string"),
        ("SSLCERT", "string"),
        ("SSLKEY", "string"),
        ("CONNECT_TIMEOUT", "int"),
        ("QUERY_TIMEOUT", "int"),
        ("INSECURE", "boolean"),
        ("MAX_ROWS", "int"),
        ("LOSSLESS", "boolean"),
        ("GEOM_POSSIBLE_NAMES", "string"),
        ("SRS", "string"),
        ("TARGET_SRS", "string"),
        ("INVALID_GEOMETRY", "string-select"),
    ],
)
def test_ogr_cartoconn_open_option(name, kind):
    option = open_options()[name]
    assert option.get("type") == kind
    assert option.get("description")


def test_ogr_cartoconn_open_option_list():
    options = open_options()
    for option in options.values():
        assert option.tag == "Option"
        assert option.get("description"), option.get("name")
        assert option.get("type") in (
            "string",
            "int",
            "boolean",
            "string-select",
        ), option.get("name")
    assert [v.text for v in options["SSLMODE"]] == [
        "disable",
        "prefer",
        "require",
        "verify-ca",
        "verify-full",
    ]
    assert sorted(v.text for v in options["PROVIDER"]) == sorted(PROVIDERS)
    assert [v.text for v in options["INVALID_GEOMETRY"]] == ["WARN", "ERROR"]


def test_ogr_cartoconn_unknown_open_option():
    with messages() as said:
        open_connector(local(), not_an_option="1")
    assert any("NOT_AN_OPTION" in warning for warning in said.warnings)


###############################################################################
# Identify looks at the prefix and at nothing else


@pytest.mark.parametrize(
    "name", ["CARTOCONN:", "cartoconn:", "CARTOCONN:/no/such/file", "CARTOCONN:{"]
)
def test_ogr_cartoconn_identify(name):
    assert gdal.IdentifyDriverEx(name).ShortName == "CARTOCONN"


@pytest.mark.parametrize(
    "name", ["", "CARTOCONN", "CARTO:x", "XCARTOCONN:", " CARTOCONN:", "PG:CARTOCONN:"]
)
def test_ogr_cartoconn_not_identified(name):
    allowed = ["CARTOCONN"]
    assert gdal.IdentifyDriverEx(name, allowed_drivers=allowed) is None
    with messages():
        assert gdal.OpenEx(name, gdal.OF_VECTOR, allowed_drivers=allowed) is None


def test_ogr_cartoconn_identify_without_io():
    """A handler of the file system that counts sees no call."""
    with config(CPL_DEBUG="ON", CPL_VSIL_SHOW_STATS="YES"):
        with messages() as said:
            name = PREFIX + "/vsicurl/http://127.0.0.1:%d/c.json" % closed_port()
            assert gdal.IdentifyDriverEx(name, allowed_drivers=["CARTOCONN"])
    assert list(said) == []


def test_ogr_cartoconn_update_refused():
    failure = refuse(local(), flags=gdal.OF_VECTOR | gdal.OF_UPDATE)
    assert "the driver reads only" in failure


def test_ogr_cartoconn_not_a_raster():
    with messages():
        assert open_connector(local(), flags=gdal.OF_RASTER) is None


###############################################################################
# Every way to name the dataset leads to the same connection attempt


def attempt(port):
    """What a connection to nothing says."""
    return "PostgreSQL, connect failed", str(port)


def assert_attempted(failure, port):
    for part in attempt(port):
        assert part in failure


def test_ogr_cartoconn_name_option_inline():
    port = closed_port()
    assert_attempted(refuse(local(port)), port)


def test_ogr_cartoconn_name_option_inline_leading_blanks():
    port = closed_port()
    assert_attempted(refuse(" \t\r\n" + json.dumps(local(port))), port)


def test_ogr_cartoconn_name_option_file():
    port = closed_port()
    with connector_file(local(port)) as name:
        assert_attempted(refuse(name), port)


def test_ogr_cartoconn_name_file_behind_prefix():
    port = closed_port()
    with connector_file(local(port)) as name:
        assert_attempted(refuse(name=PREFIX + name), port)
        assert_attempted(refuse(name="cartoconn:" + name), port)


def test_ogr_cartoconn_name_real_file(tmp_path):
    port = closed_port()
    path = tmp_path / "a connector.json"
    path.write_text(json.dumps(local(port)))
    assert_attempted(refuse(name=PREFIX + str(path)), port)


def test_ogr_cartoconn_name_inline_behind_prefix():
    port = closed_port()
    assert_attempted(refuse(name=PREFIX + json.dumps(local(port))), port)


def test_ogr_cartoconn_name_only_options():
    port = closed_port()
    failure = refuse(
        provider="postgres",
        server="127.0.0.1",
        port=port,
        database="nowhere",
        username="nobody",
        table="t",
    )
    assert_attempted(failure, port)


def test_ogr_cartoconn_name_option_beats_prefix():
    port = closed_port()
    failure = refuse(local(port), name=PREFIX + json.dumps(local()))
    assert_attempted(failure, port)


def test_ogr_cartoconn_name_import_api_body():
    port = closed_port()
    assert_attempted(refuse({"connector": local(port), "interval": 3600}), port)


def test_ogr_cartoconn_name_byte_order_mark():
    port = closed_port()
    with connector_file("\ufeff" + json.dumps(local(port))) as name:
        assert_attempted(refuse(name), port)


def test_ogr_cartoconn_missing_file():
    failure = refuse(name=PREFIX + "/vsimem/no/such/connector.json")
    assert "/vsimem/no/such/connector.json" in failure
    assert "cannot read" in failure and "no such file" in failure


def test_ogr_cartoconn_folder_for_a_file(tmp_path):
    failure = refuse(name=PREFIX + str(tmp_path))
    assert str(tmp_path) in failure and "folder" in failure


def test_ogr_cartoconn_nothing_given():
    failure = refuse()
    assert "neither a connector" in failure and "open option PROVIDER" in failure
    for provider in PROVIDERS:
        assert provider in failure


###############################################################################
# Precedence: open option, JSON, configuration option, default


def test_ogr_cartoconn_precedence():
    default, configured, json_port, option = 5432, 15001, 15002, 15003
    bare = variant(local(), connection={"port": None})
    given = variant(local(), connection={"port": json_port})
    blocked = closed_port()
    del blocked

    def port_tried(connector, **options):
        failure = refuse(connector, **options)
        for port in (default, configured, json_port, option):
            if str(port) in failure:
                return port
        raise AssertionError(failure)

    with config(CARTOCONN_PORT=str(configured)):
        assert port_tried(given, port=option) == option
        assert port_tried(given) == json_port
        assert port_tried(bare, port=option) == option
        assert port_tried(bare) == configured
    assert port_tried(given) == json_port


def test_ogr_cartoconn_default_port():
    """5432, at an address of this machine where nothing listens."""
    nothing = variant(local(), connection={"server": "127.77.3.9", "port": None})
    assert "5432" in refuse(nothing)


def test_ogr_cartoconn_configuration_in_environment():
    port = closed_port()
    done = run_program(
        "ogrinfo",
        "-ro",
        PREFIX,
        CARTOCONN_PROVIDER="postgres",
        CARTOCONN_SERVER="127.0.0.1",
        CARTOCONN_PORT=str(port),
        CARTOCONN_DATABASE="nowhere",
        CARTOCONN_USERNAME="nobody",
        CARTOCONN_TABLE="t",
    )
    assert done.returncode != 0
    assert_attempted(done.stdout, port)


def test_ogr_cartoconn_connector_in_environment():
    port = closed_port()
    with config(CARTOCONN_CONNECTOR=json.dumps(local(port))):
        assert_attempted(refuse(), port)


def test_ogr_cartoconn_keys_in_any_case():
    port = closed_port()
    failure = refuse(
        {
            "PROVIDER": "Postgres",
            "Connection": {
                "SERVER": "127.0.0.1",
                "Port": str(port),
                "DataBase": "nowhere",
                "userName": "nobody",
            },
            "tABLE": "t",
        }
    )
    assert_attempted(failure, port)


@pytest.mark.parametrize("quoted", [True, False])
def test_ogr_cartoconn_numbers_as_numbers_or_strings(quoted):
    port = closed_port()
    given = str(port) if quoted else port
    timeout = "5" if quoted else 5
    connection = {"port": given, "connect_timeout": timeout}
    assert_attempted(refuse(variant(local(), connection=connection)), port)


###############################################################################
# The guide's connectors


GUIDE = os.path.join(HERE, "..", "c", "data", "guide", "*.json")
GUIDE_FILES = sorted(glob.glob(GUIDE))


def redirected(text):
    """Options that lead a guide's connector to this machine, whatever it
    names."""
    provider = next(p for p in PROVIDERS if '"%s"' % p in text)
    if provider == "bigquery":
        address = "http://127.0.0.1:%d" % closed_port()
        return {
            "endpoint": address,
            "storage_endpoint": address,
            "access_token": "none",
        }
    options = {"server": "127.0.0.1", "port": closed_port()}
    if provider == "redshift":
        options["cluster"] = options["server"]
    if provider == "snowflake":
        options["sslmode"] = "disable"
    return options


@pytest.mark.skipif(not GUIDE_FILES, reason="the guide's examples are not here")
@pytest.mark.parametrize("path", GUIDE_FILES, ids=os.path.basename)
def test_ogr_cartoconn_guide(path):
    """Each is accepted as it stands: what fails is the connection."""
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    with messages() as said:
        ds = open_connector(text, connect_timeout=5, **redirected(text))
    if ds is None:
        assert not said.failure.startswith("CARTOCONN:") or (
            "not in this build" in said.failure
        )
    for secret in ("mypassword", "sfpassw", "rspassw", "mspassw", "pgpassw"):
        assert secret not in said.everything


def test_ogr_cartoconn_guide_is_complete():
    if not GUIDE_FILES:
        pytest.skip("the guide's examples are not here")
    for provider in PROVIDERS:
        assert any(provider in os.path.basename(p) for p in GUIDE_FILES)


def test_ogr_cartoconn_trailing_comma_hint():
    text = '{"provider": "postgres", "connection": %s, "table": "t",\n}' % (
        json.dumps(local()["connection"])
    )
    with config(CPL_DEBUG="CARTOCONN"):
        with messages() as said:
            assert open_connector(text) is None
    assert any("trailing comma" in hint for hint in said.debug)
    assert "connect failed" in said.failure
    assert not said.warnings


def test_ogr_cartoconn_inline_secret_hint():
    inline = variant(local(), connection={"password": "in-the-name"})
    with config(CPL_DEBUG="CARTOCONN"):
        with messages() as said:
            gdal.OpenEx(PREFIX + json.dumps(inline), gdal.OF_VECTOR)
        hints = [hint for hint in said.debug if "inline" in hint]
        assert len(hints) == 1
        assert "CARTOCONN_PASSWORD" in hints[0]
        with messages() as said:
            open_connector(local(), password="in-an-option")
        assert not [hint for hint in said.debug if "inline" in hint]


###############################################################################
# Providers


def test_ogr_cartoconn_provider_not_built_in():
    """Every provider either works or says that this build lacks it."""
    for provider in PROVIDERS:
        keys = {"billing_project": "p", "dataset": "d"}
        connector = dict(local(), provider=provider)
        if provider == "bigquery":
            connector = {"provider": provider, "table": "t", **keys}
        if provider == "snowflake":
            connector["connection"]["sslmode"] = "disable"
        options = redirected('"%s"' % provider) if provider == "bigquery" else {}
        failure = refuse(connector, connect_timeout=3, **options)
        assert provider.lower() in failure.lower().replace(" ", "")


def test_ogr_cartoconn_options_are_strings():
    assert option_list(None, {"port": 1}) == ["PORT=1"]
