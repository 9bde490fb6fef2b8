#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What the tests of BigQuery share: the scripted server, what it was asked,
layers."""

import json
import os
import subprocess

import pytest
from cartoconn_servers import connector_of
from cartoconn_util import open_connector, open_query, variant

from osgeo import gdal

ROWS = 1000  # of the scripted server's tables, and of each stream


@pytest.fixture()
def scripted():
    return connector_of("bigquery_scripted")


@pytest.fixture()
def requests():
    """What the scripted server was asked since the test began."""
    path = os.environ.get("CARTOCONN_TEST_BIGQUERY_LOG")
    if not path:
        pytest.skip("CARTOCONN_TEST_BIGQUERY_LOG is not set")
    begin = os.path.getsize(path) if os.path.exists(path) else 0

    def read(**keys):
        with open(path, encoding="utf-8") as log:
            log.seek(begin)
            entries = [json.loads(line) for line in log]
        return [e for e in entries if keys.items() <= e.items()]

    return read


def layer_of(ds):
    """Its layer, which keeps the dataset."""
    assert ds is not None, gdal.GetLastErrorMsg()
    layer = ds.GetLayer(0)
    layer.dataset = ds
    return layer


def open_table(connector, name, connection=None):
    keys = {"dataset": "d", "table": name}
    return layer_of(open_connector(variant(connector, connection, **keys)))


def query_layer(connector, sql):
    return layer_of(open_query(connector, sql)[0])


def ids(layer):
    return [f.GetField("id") for f in layer]


def service_account(connector, key):
    return {
        "type": "service_account",
        "client_email": "a@b",
        "private_key": key,
        "private_key_id": "k1",
        "token_uri": connector["connection"]["endpoint"] + "/token",
    }


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """A private key of RSA."""
    path = tmp_path_factory.mktemp("key") / "key.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "RSA", "-out", str(path)],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return path.read_text()
