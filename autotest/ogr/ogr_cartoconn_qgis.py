#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Layers of a server in QGIS, where it is installed (python3-qgis): what it
asks of a vector data source for a map and a table of attributes."""

import json
import os

import pytest
from cartoconn_servers import server  # noqa: F401

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
core = pytest.importorskip("qgis.core")

pytestmark = pytest.mark.require_driver("CARTOCONN")

COUNT = 600


@pytest.fixture(scope="module")
def application():
    app = core.QgsApplication([], False)
    app.initQgis()
    yield app
    app.exitQgis()


@pytest.fixture(scope="module")
def source(application, server, tmp_path_factory):
    """Files with a connector of one table and one of the whole schema."""
    folder = tmp_path_factory.mktemp("qgis")
    rows = [(n, "n%d" % (n % 7), "POINT(%d %d)" % (n, n % 50)) for n in range(COUNT)]
    columns = [("id", "integer"), ("name", "text"), ("wkt", "text")]
    for table in ("places", "others"):
        key = "id" if server.keys else None
        server.create("qgis_" + table, columns, rows, key=key)
    (folder / "one.json").write_text(json.dumps(server.connector(table="qgis_places")))
    (folder / "all.json").write_text(json.dumps(server.connector()))
    return folder


def open_layer(source, name, rest=""):
    lyr = core.QgsVectorLayer("CARTOCONN:%s%s" % (source / name, rest), "l", "ogr")
    assert lyr.isValid()
    return lyr


def ids(lyr, request=None):
    return [f.id() for f in lyr.getFeatures(request or core.QgsFeatureRequest())]


def test_qgis_layer(source):
    lyr = open_layer(source, "one.json")
    assert lyr.featureCount() == COUNT
    assert [f.name() for f in lyr.fields()] == ["id", "name"]
    assert lyr.crs().authid() == "EPSG:4326"
    extent = lyr.extent()
    assert extent == core.QgsRectangle(0, 0, COUNT - 1, 49)


def test_qgis_ids(source):
    lyr = open_layer(source, "one.json")
    all_ids = ids(lyr)
    assert len(set(all_ids)) == COUNT
    assert ids(lyr) == all_ids
    for i in (0, 7, 500):
        feature = next(lyr.getFeatures(core.QgsFeatureRequest(all_ids[i])))
        assert feature.id() == all_ids[i]


def test_qgis_rectangle(source):
    lyr = open_layer(source, "one.json")
    box = core.QgsRectangle(99.5, -1, 110.5, 5.5)
    found = [f["id"] for f in lyr.getFeatures(core.QgsFeatureRequest(box))]
    assert sorted(found) == [100, 101, 102, 103, 104, 105]


def test_qgis_subset(source):
    lyr = open_layer(source, "one.json")
    assert lyr.setSubsetString("name = 'n3' AND id < 100")
    expected = [n for n in range(100) if n % 7 == 3]
    assert lyr.featureCount() == len(expected)
    assert sorted(f["id"] for f in lyr.getFeatures()) == expected
    assert lyr.setSubsetString("")
    assert lyr.featureCount() == COUNT


def test_qgis_two_layers_at_once(source):
    """Two layers of a schema, read in turn."""
    layers = [
        open_layer(source, "all.json", "|layername=qgis_" + name)
        for name in ("places", "others")
    ]
    pairs = list(zip(layers[0].getFeatures(), layers[1].getFeatures()))
    assert len(pairs) == COUNT
    assert sorted(a["id"] for a, _ in pairs) == list(range(COUNT))
    assert sorted(b["id"] for _, b in pairs) == list(range(COUNT))
