#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""What the tests of the CARTOCONN driver share: opening, listening to what is
said, comparing layers, running programs."""

import contextlib
import copy
import json
import os
import shutil
import socket
import subprocess
import sys
import time

import gdaltest
import pytest

from osgeo import gdal, ogr

PREFIX = "CARTOCONN:"
HERE = os.path.dirname(os.path.abspath(__file__))


class Messages(list):
    """(class, number, text) in the order they were raised."""

    def texts(self, cls):
        return [text for (c, _, text) in self if c == cls]

    @property
    def failures(self):
        return self.texts(gdal.CE_Failure)

    @property
    def warnings(self):
        return self.texts(gdal.CE_Warning)

    @property
    def debug(self):
        return self.texts(gdal.CE_Debug)

    @property
    def failure(self):
        """The one failure."""
        assert len(self.failures) == 1, list(self)
        return self.failures[0]

    @property
    def warning(self):
        """The one warning."""
        assert len(self.warnings) == 1, list(self)
        return self.warnings[0]

    @property
    def everything(self):
        return "\n".join(text for (_, _, text) in self)

    def assert_quiet(self):
        assert not self.failures and not self.warnings, list(self)


@contextlib.contextmanager
def messages():
    """Collects what is raised while the block runs."""
    said = Messages()

    def handler(cls, number, text):
        said.append((cls, number, text))

    gdal.PushErrorHandler(handler)
    try:
        yield said
    finally:
        gdal.PopErrorHandler()
        gdal.ErrorReset()


def config(**options):
    """Configuration options for the block, in all threads."""
    return gdaltest.config_options(options, thread_local=False)


@pytest.fixture(autouse=True, scope="module")
def no_exceptions():
    """What fails here is looked at, not raised. To be imported."""
    with gdaltest.disable_exceptions():
        yield


def variant(connector, connection=None, **keys):
    """A copy of the connector with other keys; None removes one."""
    changed = copy.deepcopy(connector)
    changed.setdefault("connection", {})
    for target, source in ((changed, keys), (changed["connection"], connection)):
        for key, value in (source or {}).items():
            if value is None:
                target.pop(key, None)
            else:
                target[key] = value
    return changed


def option_list(connector, options):
    given = ["%s=%s" % (key.upper(), value) for key, value in options.items()]
    if connector is None:
        return given
    text = connector if isinstance(connector, str) else json.dumps(connector)
    return ["CONNECTOR=" + text] + given


def open_connector(connector=None, name=PREFIX, flags=gdal.OF_VECTOR, **options):
    """Opens a connector given as an object, JSON text or a file name."""
    return gdal.OpenEx(name, flags, open_options=option_list(connector, options))


def refuse(connector=None, name=PREFIX, flags=gdal.OF_VECTOR, **options):
    """The one failure of an open that must fail."""
    with messages() as said:
        ds = open_connector(connector, name, flags, **options)
    assert ds is None
    return said.failure


def open_query(connector, sql, **options):
    """The layer of a query, and its dataset."""
    ds = open_connector(variant(connector, sql_query=sql, import_as="q"), **options)
    assert ds is not None, gdal.GetLastErrorMsg()
    return ds, ds.GetLayer(0)


def read_query(connector, sql, **options):
    """All features of a query; whatever is said fails the test."""
    with messages() as said:
        ds, lyr = open_query(connector, sql, **options)
        features = [f for f in lyr]
    said.assert_quiet()
    # Features hold the definition, not the layer.
    del ds
    return features


def values(feature):
    """A feature's fields as plain values, NULL as None."""
    return [field_value(feature, i) for i in range(feature.GetFieldCount())]


def field_value(feature, field):
    if not feature.IsFieldSet(field):
        return "unset"
    if feature.IsFieldNull(field):
        return None
    kind = feature.GetFieldDefnRef(field).GetType()
    if kind == ogr.OFTInteger:
        return feature.GetFieldAsInteger(field)
    if kind == ogr.OFTInteger64:
        return feature.GetFieldAsInteger64(field)
    if kind == ogr.OFTReal:
        return feature.GetFieldAsDouble(field)
    if kind == ogr.OFTBinary:
        return bytes(feature.GetFieldAsBinary(field))
    if kind in (ogr.OFTDate, ogr.OFTTime, ogr.OFTDateTime):
        return tuple(feature.GetFieldAsDateTime(field))
    return feature.GetFieldAsString(field)


def geometry_wkb(feature, index=0):
    geometry = feature.GetGeomFieldRef(index)
    return None if geometry is None else bytes(geometry.ExportToIsoWkb())


def record(feature):
    """All of a feature that another reading of the row must give again."""
    return (
        feature.GetFID(),
        values(feature),
        [geometry_wkb(feature, i) for i in range(feature.GetGeomFieldCount())],
    )


def fids(lyr):
    lyr.ResetReading()
    return [feature.GetFID() for feature in lyr]


def count_arrow_rows(lyr):
    stream = lyr.GetArrowStream()
    count = 0
    while True:
        batch = stream.GetNextRecordBatch()
        if batch is None:
            return count
        count += batch.GetLength()


def memory_copy(lyr):
    """The layer in memory, FIDs kept: OGR's own evaluation to compare with."""
    driver = ogr.GetDriverByName("Memory") or ogr.GetDriverByName("MEM")
    ds = driver.CreateDataSource("copy")
    defn = lyr.GetLayerDefn()
    target = ds.CreateLayer(
        lyr.GetName(), geom_type=ogr.wkbNone, options=["ADVERTIZE_UTF8=YES"]
    )
    for i in range(defn.GetGeomFieldCount()):
        target.CreateGeomField(defn.GetGeomFieldDefn(i))
    for i in range(defn.GetFieldCount()):
        target.CreateField(defn.GetFieldDefn(i))
    lyr.ResetReading()
    for feature in lyr:
        twin = ogr.Feature(target.GetLayerDefn())
        twin.SetFrom(feature)
        twin.SetFID(feature.GetFID())
        assert target.CreateFeature(twin) == ogr.OGRERR_NONE
    lyr.ResetReading()
    return ds


@contextlib.contextmanager
def silent_server():
    """The port of a socket that accepts connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield listener.getsockname()[1]


def closed_port():
    """A port of the loopback address at which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def program(name):
    path = shutil.which(name)
    if path is None:
        pytest.skip("%s is not installed" % name)
    return path


def environment(**variables):
    env = dict(os.environ, **variables)
    env.pop("CPL_LOG", None)
    return env


def run_program(name, *arguments, timeout=120, env=None, **variables):
    """Runs a GDAL program; its completed process, output and all."""
    return subprocess.run(
        [program(name)] + list(arguments),
        env=env or environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=timeout,
    )


def run_ogr2ogr(connector, target, format_name="CSV"):
    return run_program(
        "ogr2ogr",
        "-f",
        format_name,
        str(target),
        PREFIX,
        CARTOCONN_CONNECTOR=json.dumps(connector),
    )


def start_ogr2ogr(connector, target):
    """The process, which writes CSV beside the test."""
    return subprocess.Popen(
        [program("ogr2ogr"), "-f", "CSV", str(target), PREFIX],
        env=environment(CARTOCONN_CONNECTOR=json.dumps(connector)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )


def run_python(script, *arguments, timeout=300, **variables):
    """Runs a Python script of its own, for what must not share a process."""
    return subprocess.run(
        [sys.executable, "-c", script] + list(arguments),
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=timeout,
    )


@contextlib.contextmanager
def connector_file(connector, name="/vsimem/cartoconn/connector.json"):
    text = connector if isinstance(connector, str) else json.dumps(connector)
    gdal.FileFromMemBuffer(name, text.encode("utf-8"))
    try:
        yield name
    finally:
        gdal.Unlink(name)
