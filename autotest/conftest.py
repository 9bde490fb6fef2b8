# SPDX-License-Identifier: MIT
"""GDAL's marks and fixtures, as far as the tests here use them, so that the
files of ogr/ run in GDAL's own test suite as well."""

import os
import sys

import pytest
from osgeo import gdal, ogr, osr

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "pymod"))

import ogrtest  # noqa: E402

gdal.UseExceptions()
ogr.UseExceptions()
osr.UseExceptions()


@pytest.fixture(autouse=True, scope="module")
def chdir_to_test_file(request):
    """Tests name their data relative to their own file."""
    before = os.getcwd()
    os.chdir(os.path.dirname(str(request.fspath)))
    yield
    os.chdir(before)


def _missing_driver(name):
    if gdal.GetDriverByName(name) is None:
        return f"{name} driver not available"
    return None


def _missing_curl():
    return _missing_driver("HTTP") and "GDAL was built without curl"


def _missing_creation_option(driver_name, option):
    driver = gdal.GetDriverByName(driver_name)
    if driver is None:
        return f"{driver_name} driver not available"
    if option not in (driver.GetMetadataItem("DMD_CREATIONOPTIONLIST") or ""):
        return f"{driver_name} does not support {option}"
    return None


def _missing_geos():
    return None if ogrtest.have_geos() else "GDAL was built without GEOS"


def _missing_proj(major, minor=0, micro=0):
    have = (
        osr.GetPROJVersionMajor(),
        osr.GetPROJVersionMinor(),
        osr.GetPROJVersionMicro(),
    )
    if have < (major, minor, micro):
        return f"PROJ is older than {major}.{minor}.{micro}"
    return None


def _not_on_demand():
    return None if os.environ.get("RUN_ON_DEMAND") else "RUN_ON_DEMAND not set"


def _not_slow():
    if gdal.GetConfigOption("GDAL_RUN_SLOW_TESTS", "NO").upper() == "YES":
        return None
    return "GDAL_RUN_SLOW_TESTS not set"


# mark -> function of the mark's arguments that gives the reason to skip
_CONDITIONS = {
    "require_driver": _missing_driver,
    "require_curl": _missing_curl,
    "require_creation_option": _missing_creation_option,
    "require_geos": _missing_geos,
    "require_proj": _missing_proj,
    "require_run_on_demand": _not_on_demand,
    "slow": _not_slow,
}


def pytest_collection_modifyitems(config, items):
    for item in items:
        for name, condition in _CONDITIONS.items():
            for mark in item.iter_markers(name):
                reason = condition(*mark.args, **mark.kwargs)
                if reason:
                    item.add_marker(pytest.mark.skip(reason))


def pytest_report_header(config):
    return (
        gdal.VersionInfo("--version"),
        "GDAL_DRIVER_PATH: " + os.environ.get("GDAL_DRIVER_PATH", "not set"),
    )
