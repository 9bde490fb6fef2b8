#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints one table of all suites, with the failures and the reasons of what was
skipped; exits with 1 when anything failed or nothing passed.

Usage: summary.py FOLDER, which holds for each suite
  <suite>.xml  JUnit, of pytest or of ctest
  <suite>.again.xml  a second run of what had failed; its results count
  <suite>.tsv  one result per line: name, passed|failed|skipped, reason
  <suite>.seconds  how long it took
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

Result = collections.namedtuple("Result", "name status reason")

# What cmocka prints for each test of an executable.
CMOCKA = re.compile(r"^\[ +(OK|FAILED|SKIPPED) +\] (\w+)$", re.M)
CMOCKA_STATUS = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}


def cmocka_results(executable, output):
    """The tests inside one executable; those that failed are listed twice."""
    found = {name: word for word, name in CMOCKA.findall(output)}
    for name, word in found.items():
        status = CMOCKA_STATUS[word]
        reason = "" if status == "passed" else "see its output"
        if status == "skipped":
            reason = f"{executable}: {name} skipped itself"
        yield Result(f"{executable}: {name}", status, reason)


def junit_status(case):
    """(status, reason) of a JUnit test case."""
    for tag, status in (
        ("failure", "failed"),
        ("error", "failed"),
        ("skipped", "skipped"),
    ):
        element = case.find(tag)
        if element is not None:
            return status, (element.get("message") or "no reason given").strip()
    return "passed", ""


def junit_results(path):
    for case in ET.parse(path).iter("testcase"):
        status, reason = junit_status(case)
        output = case.findtext("system-out", "")
        inner = list(cmocka_results(case.get("name"), output))
        yield from inner
        if not inner or (
            status == "failed" and all(r.status != "failed" for r in inner)
        ):
            yield Result(case.get("name"), status, reason)


def tsv_results(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        name, status, reason = (line.split("\t") + ["", ""])[:3]
        yield Result(name, status, reason)


def second_run(first, again):
    """The results of the first run, with those of the second in the place of
    what had failed."""
    second = {result.name: result for result in again}
    for result in first:
        if result.status == "failed" and result.name in second:
            status, reason = second[result.name].status, result.reason
            yield Result(result.name, status, reason or "no reason given")
        else:
            yield result


def read_suites(folder):
    suites = {}
    for path in sorted(folder.glob("*.xml")):
        if not path.stem.endswith(".again"):
            suites[path.stem] = list(junit_results(path))
    for path in sorted(folder.glob("*.again.xml")):
        suite = path.name[: -len(".again.xml")]
        suites[suite] = list(second_run(suites[suite], junit_results(path)))
    for path in sorted(folder.glob("*.tsv")):
        suites.setdefault(path.stem, []).extend(tsv_results(path))
    return dict(sorted(suites.items()))


def count(results, status):
    return sum(result.status == status for result in results)


def seconds(folder, suite):
    path = folder / f"{suite}.seconds"
    return path.read_text().strip() if path.exists() else ""


def print_table(folder, suites):
    width = max([len(suite) for suite in suites] + [5])
    print(f"\n{'suite':{width}}  passed  failed  skipped  seconds")
    for suite, results in suites.items():
        numbers = [count(results, s) for s in ("passed", "failed", "skipped")]
        print(
            "{:{}}  {:6}  {:6}  {:7}  {:>7}".format(
                suite, width, *numbers, seconds(folder, suite)
            )
        )


def print_reasons(suites):
    """Failures, and what passed the second time only, one by one; skipped ones
    once per suite and reason."""
    for suite, results in suites.items():
        for result in results:
            reason = result.reason.splitlines()[:1] or [""]
            if result.status == "failed":
                print(f"FAILED  {suite}: {result.name}: {reason[0]}")
            elif result.status == "passed" and result.reason:
                print(f"SECOND RUN  {suite}: {result.name}: {reason[0]}")
    for suite, results in suites.items():
        reasons = collections.Counter(
            result.reason for result in results if result.status == "skipped"
        )
        for reason, number in reasons.items():
            print(f"skipped {suite}: {number} x {reason}")


def main():
    folder = pathlib.Path(sys.argv[1])
    suites = read_suites(folder)
    everything = [result for results in suites.values() for result in results]
    print_table(folder, suites)
    print_reasons(suites)
    passed, failed, skipped = (
        count(everything, status) for status in ("passed", "failed", "skipped")
    )
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
