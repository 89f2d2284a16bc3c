"""Tells which tests of a JUnit report failed, and the end of what each printed.

    tools/failed_tests.py build/release/test-report.xml
"""

import sys
import xml.etree.ElementTree

LINES = 25
COLUMNS = 200

for case in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
    if case.get("status") != "fail":
        continue
    why = " ".join(one.get("message") or "" for one in case.iter("failure")).strip()
    print(f"--- {case.get('name')}, after {float(case.get('time')):.0f} s: {why or 'failed'}")
    printed = "\n".join(one.text or "" for one in case.iter("system-out")).splitlines()
    # What a test states and does not hold; then, whatever it printed last.
    stated = [line for line in printed if line.startswith("FAILED") or "ERROR:" in line]
    for line in [*stated[:LINES], "...", *printed[-LINES:]]:
        print("    " + line[:COLUMNS])
