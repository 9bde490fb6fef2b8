# SPDX-License-Identifier: MIT
"""The part of GDAL's test helpers that the tests here use: same names, same
signatures."""

import contextlib
import re
import shlex
import subprocess

from osgeo import gdal, ogr, osr


@contextlib.contextmanager
def error_handler(error_name="CPLQuietErrorHandler"):
    """An error handler: the name of a GDAL one or a Python function."""
    gdal.PushErrorHandler(error_name)
    try:
        yield
    finally:
        gdal.PopErrorHandler()


def quiet_errors():
    return error_handler()


def _set_exceptions(states):
    """GDAL 3.6 keeps a stack of the modules that use exceptions."""
    for module, used in reversed(states):
        if module.GetUseExceptions() and not used:
            module.DontUseExceptions()
    for module, used in states:
        if used and not module.GetUseExceptions():
            module.UseExceptions()


@contextlib.contextmanager
def _exceptions(wanted):
    modules = (gdal, ogr, osr)
    before = [(module, module.GetUseExceptions()) for module in modules]
    _set_exceptions([(module, wanted) for module in modules])
    try:
        yield
    finally:
        _set_exceptions(before)


def enable_exceptions():
    """Context manager or decorator: GDAL errors are exceptions."""
    return _exceptions(True)


def disable_exceptions():
    """Context manager or decorator: GDAL errors are return values."""
    return _exceptions(False)


@contextlib.contextmanager
def config_options(options, thread_local=True):
    """Sets configuration options, and back at the end."""
    # GetGlobalConfigOption came with GDAL 3.7.
    get = getattr(gdal, "GetGlobalConfigOption", gdal.GetConfigOption)
    get = gdal.GetThreadLocalConfigOption if thread_local else get
    put = gdal.SetThreadLocalConfigOption if thread_local else gdal.SetConfigOption
    before = {key: get(key) for key in options}
    for key, value in options.items():
        put(key, value)
    try:
        yield
    finally:
        for key, value in before.items():
            put(key, value)


def config_option(key, value, thread_local=True):
    return config_options({key: value}, thread_local)


@contextlib.contextmanager
def error_raised(err_type, match=""):
    """Asserts that an error of that class whose message matches is raised."""
    errors = []
    gdal.PushErrorHandler(lambda *error: errors.append(error))
    try:
        yield
    finally:
        gdal.PopErrorHandler()
    assert any(
        kind == err_type and re.search(match, message)
        for kind, _, message in errors
    ), f"no error of class {err_type} matches {match!r}, raised: {errors}"


@contextlib.contextmanager
def tempfile(filename, content):
    """A file, /vsimem/ for instance, with that content."""
    gdal.FileFromMemBuffer(filename, content)
    try:
        yield
    finally:
        gdal.Unlink(filename)



def _run(cmd, strin=None, encoding="utf-8"):
    return subprocess.run(
        shlex.split(cmd) if isinstance(cmd, str) else cmd,
        input=strin,
        capture_output=True,
        encoding=encoding,
        check=False,
    )


def runexternal(
    cmd,
    strin=None,
    check_memleak=True,
    display_live_on_parent_stdout=False,
    encoding="utf-8",
):
    """Standard output of a command."""
    out = _run(cmd, strin, encoding).stdout
    if display_live_on_parent_stdout:
        print(out)
    return out


def runexternal_out_and_err(cmd, check_memleak=True, encoding="utf-8"):
    """(standard output, standard error) of a command; the exit code when it
    is not zero is the last line of the errors, as GDAL's helper has it."""
    done = _run(cmd, encoding=encoding)
    err = done.stderr
    if done.returncode != 0:
        err += f"\nERROR ret code = {done.returncode}"
    return done.stdout, err
