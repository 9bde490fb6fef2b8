# SPDX-License-Identifier: MIT
"""Where GDAL's programs are; None for one that is not there."""

import functools
import shutil
import subprocess


@functools.lru_cache(maxsize=None)
def get_cli_utility_path(cli_utility_name):
    path = shutil.which(cli_utility_name)
    if path is None:
        return None
    answer = subprocess.run(
        [path, "--utility_version"], capture_output=True, text=True, check=False
    )
    return path if "GDAL" in answer.stdout else None


def get_gdal_translate_path():
    return get_cli_utility_path("gdal_translate")


def get_gdal_rasterize_path():
    return get_cli_utility_path("gdal_rasterize")


def get_ogrinfo_path():
    return get_cli_utility_path("ogrinfo")


def get_ogr2ogr_path():
    return get_cli_utility_path("ogr2ogr")


def get_test_ogrsf_path():
    return get_cli_utility_path("test_ogrsf")
