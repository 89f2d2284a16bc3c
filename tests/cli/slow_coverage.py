"""No step of any shipped design is unreachable over the worlds that are shipped, or the design
says why."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import cowcheck, expect, main, statement

DEFAULT = ("v5.7", "v5.8", "v5.9", "v5.12", "v5.19", "v6.2", "v7.3")


@statement
def every_step_of_every_shipped_design_is_taken_or_explained():
    result = cowcheck("coverage", "all", timeout=3000)
    gaps = re.findall(r"^  model/designs/.*: (?:never |'# unreachable).*$", result.out, re.MULTILINE)
    expect(not gaps, "\n".join(gaps))
    expect(result.status == 0, result)
    sections = dict(re.findall(r"^(\S+): (\d+ of \d+ steps taken.*?)(?=^\S+: \d+ of|\Z)", result.out,
                               re.MULTILINE | re.DOTALL))
    for design in DEFAULT:
        expect("vacuously" not in sections[design], design)


main()
