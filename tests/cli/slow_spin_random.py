"""Random systems: SPIN has their states, and says the same about every property. More of them:
tools/spin_soak.py, see CONTRIBUTING.md."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from spin import compiler, need_spin
from statements import SOURCE_DIR, Skip, expect, main, statement


@statement
def forty_random_systems_have_the_same_states_and_verdicts():
    need_spin()
    if compiler() != ["tcc"]:
        raise Skip("tcc is not installed; gcc takes an hour")
    done = subprocess.run([sys.executable, SOURCE_DIR / "tools" / "spin_soak.py", "--quiet", "--seed", "1",
                           "--systems", "40"], capture_output=True, text=True, check=False)
    expect(done.returncode == 0, done.stdout + done.stderr)
    expect("40 systems compared" in done.stdout, done.stdout)


main()
