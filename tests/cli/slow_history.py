"""`cowcheck history`, and that its copy in docs/history.md is current.

    COWCHECK_UPDATE_HISTORY=1 ctest --preset release -R cli.slow_history

writes that copy again.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from statements import SOURCE_DIR, cowcheck, expect, main, statement

PAGE = SOURCE_DIR / "docs/history.md"
BEGIN = "<!-- generated: cowcheck history --format markdown -->\n"
END = "<!-- end of what is generated -->\n"


@statement
def the_copy_in_docs_history_is_what_cowcheck_prints():
    result = cowcheck("history", "--format", "markdown", timeout=1000)
    expect(result.status == 0 and result.err == "", result)
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    copy, after = rest.split(END)
    if os.environ.get("COWCHECK_UPDATE_HISTORY"):
        PAGE.write_text(before + BEGIN + result.out + END + after, encoding="utf-8")
        copy = result.out
    expect(copy == result.out, "docs/history.md is not current; see the top of this test")


main()
