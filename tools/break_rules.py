#!/usr/bin/env python3
"""Breaks each rule of the movers and of the ghosts in turn, and says whether the soak finds it.

The rules are not listed anywhere: they are taken from the sources in FILES. In a copy of them,
every part of a condition that could refuse something gets a switch, which the environment turns
off; so all of them are built once, and nothing of it is in the program itself. Rows of tables
that the compiler works out are left out one at a time, which builds one file again.

    tools/break_rules.py --list
    tools/break_rules.py --seconds 600
    tools/break_rules.py --rules 3,10-19 --seconds 60 --seed 4

Exit status 1 if some rule was not found. What a rule refuses without need can't be found; such
rules are in HARMLESS, with the reason.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What is broken in which file. "conditions": each part of what is returned, asked or assigned;
# "bodies": what an `if` does besides; "statements": each line that adds to what is read or looked at; "rows": each row of a table.
FILES = {
    "model/compile/join.cpp": ("conditions",),
    "model/machine/machine_movers.inl": ("conditions",),
    "model/machine/machine_ways.inl": ("conditions",),
    "model/compile/asked.cpp": ("conditions", "statements", "rows"),
    "model/compile/ghosts.cpp": ("conditions", "statements", "rows"),
    "checker/system/canonical_ghosts.cpp": ("conditions", "bodies", "statements"),
}

# (file, pattern in the text that is broken, why nobody can find it)
HARMLESS = [
    ("model/machine/machine_movers.inl", r"Life::exiting", "without it, fewer steps are movers"),
    ("model/machine/machine_movers.inl", r"t == thread_", "without it, fewer steps are movers"),
    ("checker/system/canonical_ghosts.cpp", r"zeroed|^forget\(", "without it, more is kept"),
]

COPIED = ["CMakeLists.txt", "CMakePresets.json", "cmake", "model", "properties", "checker",
          "traces", "cli", "tests", "fuzz", "completions", "LICENSE", "README.md", "docs", "tools"]

SWITCH = """// Which rule is broken, by tools/break_rules.py.
#pragma once
#include <cstdlib>
inline const int broken_rule =
    std::getenv("COWCHECK_BREAK_RULE") ? std::atoi(std::getenv("COWCHECK_BREAK_RULE")) : -1;
inline bool broken(int rule) { return rule == broken_rule; }
"""


@dataclasses.dataclass
class Rule:
    path: str
    line: int
    text: str
    begin: int
    end: int
    before: str = ""  # what is put around it; NUMBER is the rule's
    after: str = ""
    row: bool = False  # left out of the source instead
    number: int = -1

    def harmless(self):
        for path, pattern, why in HARMLESS:
            if path == self.path and re.search(pattern, self.text):
                return why
        return None


def blanked(text):
    """The same length, without what comments and strings say."""
    def spaces(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', spaces, text, flags=re.S)


def closing(text, at):
    """Where the bracket that opens at `at` is closed."""
    depth = 0
    for i in range(at, len(text)):
        if text[i] in "([{":
            depth += 1
        elif text[i] in ")]}":
            depth -= 1
            if depth == 0:
                return i
    return len(text)


def split(text, begin, end, operator):
    """The parts between an operator outside all brackets, as places."""
    parts, depth, from_ = [], 0, begin
    i = begin
    while i < end:
        c = text[i]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif depth == 0 and text.startswith(operator, i):
            if operator in ("?", ":") and (text[i - 1] == ":" or text[i + 1] == ":"):
                i += 1
                continue
            parts.append((from_, i))
            i += len(operator)
            from_ = i
            continue
        i += 1
    parts.append((from_, end))
    return parts


def trimmed(text, begin, end):
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    return begin, end


REFUSES = re.compile(r"(none|Class\{\}|\{\}|false|\b0)\s*$")


def parts_of(text, begin, end, is_if):
    """(begin, end, before, after) of all that can be broken in an expression."""
    begin, end = trimmed(text, begin, end)
    asks = split(text, begin, end, "?")
    if len(asks) > 1:
        condition = trimmed(text, *asks[0])
        answers = split(text, asks[1][0], end, ":")
        if len(answers) < 2:
            return []
        if REFUSES.search(text[answers[0][0]:answers[0][1]]):
            return [(*condition, "(!broken(NUMBER) && (", "))")]
        if REFUSES.search(text[answers[-1][0]:answers[-1][1]]):
            return [(*condition, "(broken(NUMBER) || (", "))")]
        return []
    either = split(text, begin, end, "||")
    if len(either) > 1:
        return [(*trimmed(text, *part), "(!broken(NUMBER) && (", "))") for part in either]
    both = split(text, begin, end, "&&")
    if len(both) > 1 and not is_if:
        return [(*trimmed(text, *part), "(broken(NUMBER) || (", "))") for part in both]
    if is_if and not re.match(r"(const|auto|unsigned)\b", text[begin:end]):
        return [(begin, end, "(!broken(NUMBER) && (", "))")]
    return []


def conditions(text, bodies):
    found = []
    for match in re.finditer(r"\bif \(", text):
        opening = match.end() - 1
        end = closing(text, opening)
        begin = split(text, opening + 1, end, ";")[-1][0]
        body = text[end + 1:end + 60].lstrip()
        if bodies or re.match(r"(\{\s*)?(return|continue|refuted)\b", body):
            found += parts_of(text, begin, end, True)
    for match in re.finditer(r"\breturn\b|(?<=[\w\]]) \|?= ", text):
        end = match.end()
        depth = 0
        while end < len(text) and not (text[end] == ";" and depth == 0):
            depth += text[end] in "([{"
            depth -= text[end] in ")]}"
            if depth < 0:
                break
            end += 1
        line = text[text.rfind("\n", 0, match.start()) + 1:match.start()]
        if depth == 0 and end < len(text) and "constexpr" not in line and "[" not in text[
                match.end():match.end() + 2]:
            found += parts_of(text, match.end(), end, False)
    for match in re.finditer(r"\breturn (Mover::(?:left|right));", text):
        found.append((match.start(1), match.end(1), "(broken(NUMBER) ? Mover::both : ", ")"))
    return found


def statements(text):
    """Lines that are one whole statement which only adds or looks."""
    found = []
    pattern = re.compile(r"^ +(?:[\w.\[\]>()-]+ \|= [^;{}]+;|(?:[a-z_]+|slot|note)\([^;{}]*\);)$",
                         re.M)
    for match in pattern.finditer(text):
        begin, end = trimmed(text, match.start(), match.end())
        if not re.match(r"return\b|(const|auto|unsigned)\b", text[begin:end]):
            # In braces: an `else` behind it is not this one's.
            found.append((begin, end, "{ if (!broken(NUMBER)) ", " }"))
    return found


def rows(text):
    found = []
    for table in re.finditer(r"to_array<\w+>\(\{", text):
        end = closing(text, table.end() - 1)
        at = table.end()
        while (at := text.find("{", at, end)) != -1:
            row_end = closing(text, at)
            after = row_end + 1
            if after < end and text[after] == ",":
                after += 1
            found.append((at, after))
            at = row_end
    return found


def rules_of(root):
    rules = []
    for path, kinds in FILES.items():
        file = root / path
        if not file.exists():
            continue
        text = file.read_text()
        bare = blanked(text)
        def rule(begin, end, before="", after="", row=False):
            line = text.count("\n", 0, begin) + 1
            shown = " ".join(text[begin:end].split())
            rules.append(Rule(path, line, shown, begin, end, before, after, row))
        if "conditions" in kinds:
            for part in conditions(bare, "bodies" in kinds):
                rule(*part)
        if "statements" in kinds:
            for part in statements(bare):
                rule(*part)
        if "rows" in kinds:
            for begin, end in rows(bare):
                rule(begin, end, row=True)
    seen = set()
    unique = []
    for one in sorted(rules, key=lambda r: (list(FILES).index(r.path), r.begin, -r.end)):
        if (one.path, one.begin, one.end) not in seen:
            seen.add((one.path, one.begin, one.end))
            unique.append(one)
    for number, one in enumerate(unique):
        one.number = number
    return unique


def switched(text, rules, without=None):
    """The text with a switch around each part, and one row left out."""
    inserts = []
    for rule in rules:
        if rule.row:
            continue
        length = rule.end - rule.begin
        number = str(rule.number)
        inserts.append((rule.begin, 1, -length, rule.before.replace("NUMBER", number)))
        inserts.append((rule.end, 0, length, rule.after))
    if without is not None:
        text = (text[:without.begin] + " " * (without.end - without.begin) + text[without.end:])
    out, at = [], 0
    for position, _, _, inserted in sorted(inserts, key=lambda i: i[:3]):
        out.append(text[at:position])
        out.append(inserted)
        at = position
    out.append(text[at:])
    return '#include "broken_rule.h"\n#line 1\n' + "".join(out)


class Copy:
    def __init__(self, folder, rules):
        self.folder = folder
        self.rules = rules
        self.without = None

    def make(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.folder / name, dirs_exist_ok=True)
            elif source.exists():
                shutil.copy2(source, self.folder / name)
        (self.folder / "broken_rule.h").write_text(SWITCH)
        for path in {rule.path for rule in self.rules}:
            self.write(path)
        subprocess.run(["cmake", "-S", self.folder, "-B", self.folder / "build", "-G", "Ninja",
                        "-DCMAKE_BUILD_TYPE=Release", "-DCOWCHECK_WERROR=OFF",
                        "-DCOWCHECK_BUILD_BENCH=OFF"], check=True, stdout=subprocess.DEVNULL)
        self.build()

    def write(self, path, without=None):
        text = switched((ROOT / path).read_text(), [r for r in self.rules if r.path == path],
                        without)
        file = self.folder / path
        if not file.exists() or file.read_text() != text:
            file.write_text(text)

    def build(self):
        done = subprocess.run(["cmake", "--build", self.folder / "build", "--target", "soak",
                               "--parallel", str(os.cpu_count())],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            sys.exit("the copy does not build:\n" + done.stdout[-4000:])

    def leave_out(self, rule):
        """A row, if it is one; all others are there again."""
        row = rule if rule is not None and rule.row else None
        if row is self.without:
            return
        for changed in (self.without, row):
            if changed is not None:
                self.write(changed.path, row if row and row.path == changed.path else None)
        self.without = row
        self.build()

    def soak(self, arguments, rule):
        environment = dict(os.environ)
        environment.pop("COWCHECK_BREAK_RULE", None)
        if rule is not None:
            environment["COWCHECK_BREAK_RULE"] = str(rule.number)
        return subprocess.run([self.folder / "build/tests/soak", *arguments], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def look_for(copy, rule, options, known):
    """Seconds, and what was found; or None. What is found without it does not count."""
    copy.leave_out(rule)
    begin = time.monotonic()
    seed = options.seed
    while (left := options.seconds - (time.monotonic() - begin)) > 1:
        out = copy.soak(["--seconds", str(int(left)), "--seed", str(seed), "--until-found",
                         "--quiet"], rule)
        found = re.search(r"^seed (\d+): (.*)$", out, re.M)
        if not found:
            return None
        if found.group(1) not in known:
            copy.leave_out(None)
            alone = copy.soak(["--only", found.group(1), "--quiet"], None)
            if not re.search(r"^seed ", alone, re.M):
                return time.monotonic() - begin, found.group(0)
            known.add(found.group(1))
            copy.leave_out(rule)
        seed += 1  # on to other systems
    return None


def numbers_of(text, count):
    if not text:
        return list(range(count))
    numbers = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return [n for n in numbers if n < count]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="only say which rules there are")
    parser.add_argument("--rules", default="", help="their numbers: 3,10-19")
    parser.add_argument("--seconds", type=int, default=600, help="for each rule (600)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build/broken",
                        help="where the copy is")
    options = parser.parse_args()
    rules = rules_of(ROOT)
    if options.list:
        for rule in rules:
            why = rule.harmless()
            print(f"{rule.number:4} {rule.path}:{rule.line}: {'row ' if rule.row else ''}"
                  f"{rule.text}" + (f"   (harmless: {why})" if why else ""))
        return 0
    copy = Copy(options.folder, rules)
    copy.make()
    missed, known, tried = [], set(), 0
    for number in numbers_of(options.rules, len(rules)):
        rule = rules[number]
        if rule.harmless():
            continue
        tried += 1
        found = look_for(copy, rule, options, known)
        place = f"{number:4} {rule.path}:{rule.line}: {rule.text}"
        if found:
            print(f"{place}\n     found after {found[0]:.0f} s: {found[1]}", flush=True)
        else:
            missed.append(place)
            print(f"{place}\n     NOT FOUND in {options.seconds} s", flush=True)
    print(f"{tried - len(missed)} of {tried} rules found, each within {options.seconds} s")
    for place in missed:
        print("not found:", place)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
