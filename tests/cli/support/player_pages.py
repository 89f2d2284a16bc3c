"""The pages of traces/known, and what they carry."""

import json
import re

from statements import SOURCE_DIR, cowcheck, expect

KNOWN = sorted(path for path in (SOURCE_DIR / "traces/known").glob("*.json")
               if path.name != "bugs.json")
RACE = SOURCE_DIR / "traces/known/B9.json"  # v5.9: fork against GUP-fast
FEW = [SOURCE_DIR / "traces/known" / f"{name}.json"  # many lanes, swap, migration, a THP, KSM
       for name in ("ABA", "B9", "B10b", "SWLK", "MIGF", "THPM", "KSMU", "B16b")]

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def page_of(trace, *more):
    result = cowcheck("replay", trace, "--format", "html", *more)
    expect(result.status == 0 and result.err == "", result)
    return result.out


def data_of(page):
    return json.loads(DATA.search(page)[1])


def words(value):
    """As cowcheck's texts have it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value == "" else str(value)
