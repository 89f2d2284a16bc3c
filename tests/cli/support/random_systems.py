"""Random systems as text: a small world of any kind, a design with a wrong change in it, and
properties that nobody would write. Whoever uses them lets cowcheck refuse what it must."""

import re

from statements import SOURCE_DIR

DESIGNS = SOURCE_DIR / "model" / "designs"


# ---------------------------------------------------------------- designs

HEAD = re.compile(r"^(operation|fault|handler) (\w+)\(.*\) *\{")
PREDICATE = re.compile(r"^predicate (\w+)\(")


def definitions_in(text):
    """The handlers and predicates of one file, by what they are called."""
    found = {}
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        head = HEAD.match(lines[at])
        predicate = PREDICATE.match(lines[at])
        first = at
        at += 1
        if head:
            depth = braces(lines[first])
            while depth > 0:
                depth += braces(lines[at])
                at += 1
            found[f"{head.group(1)} {head.group(2)}"] = lines[first:at]
        elif predicate:
            while at < len(lines) and lines[at].startswith(" "):
                at += 1
            found[f"predicate {predicate.group(1)}"] = lines[first:at]
    return found


def braces(line):
    code = line.split("#")[0]
    return code.count("{") - code.count("}")


def definitions_of(design):
    """Those of a built-in design and of all that it extends."""
    files = [DESIGNS / f"{design}.cow"]
    text = files[0].read_text(encoding="utf-8")
    base = re.search(r"^design \S+ extends (\S+)", text, re.MULTILINE)
    found = definitions_of(base.group(1)) if base else {}
    files += sorted((DESIGNS / design).glob("*.cow"))
    for file in files:
        found.update(definitions_in(file.read_text(encoding="utf-8")))
    return found


def all_designs():
    return sorted(path.stem if path.suffix == ".cow" else path.name
                  for path in DESIGNS.glob("*.cow"))


# What may stand in another's place.
ALIKE = (
    ("true", "false"), ("==", "!="), ("<", "<="), (">", ">="), ("and", "or"), ("+=", "-="),
    ("0", "1", "2", "1024"), ("reading", "writing"), ("write", "read"),
    ("writable", "dirty", "soft_dirty", "uffd_wp"),
    ("pte.present", "pte.none", "pte.writable", "pte.dirty", "pte.swap", "pte.huge",
     "pte.migration", "pte.uffd_wp", "pte.soft_dirty"),
    ("page.anon", "page.anon_exclusive", "page.locked", "page.ksm", "page.swapcache", "page.dirty",
     "page.compound", "page.free", "page.counted"),
    ("orig.present", "orig.writable", "orig.uffd_wp", "orig.dirty", "orig.huge"),
    ("page.refcount", "page.mapcount", "page.entire_mapcount", "page.large_mapcount"),
    ("page", "new", "orig.page", "page.other", "page.head", "other"),
    ("pte", "orig", "old", "pmd", "ptep"),
    ("get", "put", "pin", "unpin"), ("lock", "unlock"), ("flush tlb va", "flush tlb"),
    ("start", "end"), ("break", "continue"),
)
TOKENS = sorted({token for group in ALIKE for token in group}, key=len, reverse=True)
TOKEN = re.compile("|".join(
    (r"(?<![\w.])" + re.escape(t) + r"(?![\w.])") if t[0].isalnum() else r"(?<![=<>!+-])" +
    re.escape(t) + r"(?![=<>])" for t in TOKENS))

STATEMENTS = (
    "flush tlb", "flush tlb va", "get page", "put page", "pin page", "page.mapcount += 1",
    "page.mapcount -= 1", "page.refcount += 1", "page.refcount -= 1",
    "page.anon_exclusive = true", "page.anon_exclusive = false", "pte = none",
    "pte = pte with { writable = false }", "pte = pte with { writable, dirty }", "zap pte",
    "mm.has_pinned = true", "notifier start va", "notifier end va", "drain lru batch",
    "add page to lru batch", "put orig.page", "get orig.page", "page = pte.page", "unlock page",
    "mm.tlb_flush_pending += 1", "mm.tlb_flush_pending -= 1", "write page to swap", "new = copy of page",
    "pmd = none", "pmd = page_table", "zap pmd", "page = twin of page", "detach vma(va)",
    "if page.mapcount - page.refcount > 3 { put page }", "if trylock page { unlock page }",
    "if try get page { put page }", "page.ksm = false", "page.ksm = true",
    "assert page.refcount > 0 \"a reference\"", "page.entire_mapcount += 1",
    "page.refcount -= 1024", "pte = { page = page, migration }",
    "for each mapping of page { zap pte }", "copy page into new",
    "if identical(page, new) { put new }",
)


def changed_token(rng, line):
    code, hash_, comment = line.partition("#")
    found = list(TOKEN.finditer(code))
    if not found:
        return None
    one = rng.choice(found)
    group = rng.choice([g for g in ALIKE if one.group(0) in g])
    other = rng.choice([t for t in group if t != one.group(0)])
    return code[:one.start()] + other + code[one.end():] + hash_ + comment


def negated(line):
    code = re.sub(r"\bif (.*?) \{", r"if not (\1) {", line, count=1)
    return code if code != line else None


def changed(rng, lines):
    """The lines of a definition with one change in them, or None."""
    lines = list(lines)
    inner = [i for i, line in enumerate(lines) if line.strip() and not line.strip().startswith("#")]
    body = [i for i in inner if i > 0 and braces(lines[i]) == 0 and lines[i].strip() != "}"]
    kind = rng.choice(("token", "token", "token", "drop", "twice", "swap", "insert", "insert",
                       "negate", "return"))
    at = rng.choice(inner)
    if kind == "token":
        one = changed_token(rng, lines[at])
        if one is None:
            return None
        lines[at] = one
        return lines
    if not body or lines[0].startswith("predicate"):
        return None
    at = rng.choice(body)
    if kind == "drop":
        del lines[at]
    elif kind == "twice":
        lines.insert(at, lines[at])
    elif kind == "swap":
        if at + 1 not in body:
            return None
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    elif kind == "insert":
        lines.insert(at, "    " + rng.choice(STATEMENTS))
    elif kind == "negate":
        one = negated(lines[at])
        if one is None:
            return None
        lines[at] = one
    else:
        lines.insert(at, "    if page.refcount > 1 { return }")
    return lines


def random_design(rng, names):
    """(name of what it extends, text): one to three definitions are changed, or none."""
    base = rng.choice(names)
    definitions = definitions_of(base)
    picked = {}
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        which = rng.choice(sorted(definitions))
        lines = changed(rng, picked.get(which, definitions[which]))
        if lines is not None:
            picked[which] = lines
    text = f"design random extends {base}\n\n"
    return base, text + "\n\n".join("\n".join(lines) for lines in picked.values()) + "\n"


# ---------------------------------------------------------------- worlds

# maps va N ..., how many frames it takes, whether it is for two pages.
BASE = (("anonymous written", 1), ("anonymous untouched", 0), ("anonymous alike", 1), ("ksm", 1),
        ("zeropage", 0), ("memfd", 0), ("memfd untouched", 0), ("hugetlb written", 1),
        ("hugetlb untouched", 0), ("memfd hugetlb", 0), ("memfd hugetlb untouched", 0),
        ("tmpfile", 0))
HUGE = (("thp written", 2), ("thp untouched", 0), ("pte-mapped thp", 2), ("last page of thp", 2),
        ("partially shared thp", 2), ("base pages for thp", 2), ("huge zeropage", 0))
ACCESS = ("read", "write")
OF_CPU = ("fork", "exit", "munmap", "madvise_dontneed", "madvise_free", "madvise_dontfork",
          "madvise_dofork", "mprotect_read", "mprotect_write")
RANGES = ("munmap_range", "madvise_dontneed_range", "mprotect_read_range", "mprotect_write_range",
          "madvise_collapse")
GUPS = [f"{how}({which}, {kind}{longterm})" for how in ("gup", "gup_fast")
        for which in ("read", "write") for kind, longterm in
        (("get", ""), ("pin", ""), ("pin", ", longterm"))]
FORCED = ["gup_force(read, get)", "gup_force(write, get)"]
SECONDARY = ["secondary_fault(read)", "secondary_fault(write)", "secondary_fault(read, get)",
             "secondary_fault(write, get)", "secondary_fault(write, get, keep)", "secondary_read",
             "secondary_write"]


def some(rng, pool, most):
    return rng.sample(list(pool), min(len(pool), rng.randint(0, most)))


def random_world(rng):
    """(kind of memory, text)"""
    huge = rng.random() < 0.3
    memory, frames = rng.choice(HUGE if huge else BASE)
    pages = 2 if huge or rng.random() < 0.12 else 1
    hugetlb = "hugetlb" in memory
    zeropage = memory in ("zeropage", "huge zeropage") or (
        not hugetlb and "memfd" not in memory and "tmpfile" != memory and rng.random() < 0.25)
    two = rng.random() < 0.25
    child = rng.random() < 0.6
    pins = rng.choice((0, 0, 1, 1, 2))
    cpu_ops = list(OF_CPU) + (list(RANGES) if huge else [])
    if not child:
        cpu_ops.remove("fork")
    gups = some(rng, GUPS + FORCED, 1) if pins > 0 or rng.random() < 0.2 else []
    menu = [rng.choice(ACCESS)] + some(rng, ACCESS, 1) + some(rng, cpu_ops, 2) + gups
    if child and rng.random() < 0.8:
        menu.append("fork")
    mapped = []
    for va in range(1 if huge else pages):
        mapped.append(f"    maps va {va} {memory}")
    text = ["world random", 'title "of random"', "", "depth 4",
            f"arch {rng.choice(('x86', 'x86', 'arm64'))}", f"pages {pages}",
            f"frames {frames * (1 if huge else pages) * (2 if two else 1) + rng.randint(1, 2 + 2 * huge)}",
            f"pins {pins}", f"munmap leaves {rng.choice(('nothing', 'fresh mapping'))}"]
    if zeropage:
        text.append("zeropage shared")
    if rng.random() < 0.15 and not huge:
        text.append("lru batches")
    services = rng.sample(("monitor", "procfs", "kernel", "secondary", "none", "none"), 1)
    if rng.random() < 0.15:
        services.append(rng.choice(("monitor", "procfs", "kernel", "secondary")))
    feature = rng.random()
    if "monitor" in services and feature < 0.2:
        text.append("uffd event_fork")
    elif feature < 0.25 and not huge:
        text.append("uffd wp_async")
    text += ["", "process parent {", f"    cpus {rng.choice((1, 1, 1, 2))}", *mapped,
             f"    may {', '.join(dict.fromkeys(menu))}", "}"]
    if child:
        own = [rng.choice(ACCESS)] + some(rng, ("exit", "munmap", "write", "read"), 1)
        text += ["process child {", "    starts free", "    cpus 1",
                 f"    may {', '.join(dict.fromkeys(own))}", "}"]
    if two:
        text += ["process another {", "    cpus 1", *mapped,
                 f"    may {', '.join(dict.fromkeys(some(rng, ACCESS, 2) + some(rng, ('exit', 'munmap'), 1) or ['read']))}",
                 "}"]
    wide = "_range" if huge and rng.random() < 0.6 else ""
    kernel = ["speculative_get", "swap_out", "migrate", "ksm_merge", "lru_add_drain_all"]
    if huge:
        kernel += ["khugepaged", "split_folio", "khugepaged", "split_folio"]
    if rng.random() < 0.2:
        kernel = kernel and [one for one in kernel if one != "speculative_get"]
    of_service = {
        "monitor": [f"uffd_wp_protect{wide}", f"uffd_wp_resolve{wide}"] +
                   (["uffd_continue"] if "memfd" in memory else []),
        "procfs": rng.choice((["clear_refs"], ["clear_refs"], ["pagemap_scan"],
                              ["clear_refs", "pagemap_scan"])),
        "kernel": [rng.choice(kernel)] + some(rng, kernel, 1),
    }
    for service in dict.fromkeys(services):
        if service == "secondary":
            picked = [rng.choice(SECONDARY[:5])] + some(rng, SECONDARY, 2)
            text.append(f"secondary_mmu {{ may {', '.join(dict.fromkeys(picked))} }}")
        elif service != "none":
            text.append(f"{service} {{ may {', '.join(dict.fromkeys(of_service[service]))} }}")
    if gups and rng.random() < 0.8:
        device = some(rng, ("dma_read", "dma_write", "unpin"), 3) or ["unpin"]
        text.append(f"device {{ may {', '.join(device)} }}")
    return memory, "\n".join(text) + "\n"


# ---------------------------------------------------------------- properties

NUMBERS = ("page.refcount", "page.mapcount", "references(page)", "references_but_pins(page)",
           "mappings(page)", "page.refcount - page.mapcount", "page.mapcount + references(page)",
           "page.entire_mapcount", "page.large_mapcount", "pmd_mappings(page)", "1", "0", "2",
           "1024")
OF_PAGE = ("page.anon", "page.free", "page.anon_exclusive", "page.counted", "page.locked",
           "page.ksm", "page.swapcache", "page.dirty", "page.compound",
           "page.other == page", "page.head == page", "page.maybe_mapped_shared")
OF_MM_PAGE = ("entitled(mm, page)", "reachable_by_others(mm, page)")
OF_MM = ("quiet(mm)", "soft_dirty_promised(mm)")
OF_MM_VA = ("zapping(mm, va)", "uffd_wp_promised(mm, va)", "soft_dirty_owed(mm, va)",
            "pte(mm, va).present",
            "pte(mm, va).writable", "pte(mm, va).dirty", "pte(mm, va).soft_dirty",
            "pte(mm, va).uffd_wp", "pte(mm, va).special", "pte(mm, va).huge", "pte(mm, va).swap",
            "pte(mm, va).none", "pte(mm, va).migration", "spte(mm, va).present",
            "spte(mm, va).writable")
OF_PIN = ("pin.held", "pin.write", "pin.foll_pin", "pin.longterm", "pin.attached",
          "pin.fork_crossed", "pin.owned")
OF_PIN_PAGE = ("entitled(pin, page)", "pin.page == page")
ANYWHERE = ("quiet", "world.swap", "world.zeropage")
EVENTS = {  # which names there are
    "load": "mm va page", "store": "mm va page", "dma_read": "pin page mm va",
    "dma_write": "pin page mm va", "unpin": "pin page mm va", "userfault": "mm va writes",
    "cow_copy": "mm va page needed", "underflow": "page", "free": "page",
}


def atoms(names):
    found = list(ANYWHERE)
    has = lambda *wanted: all(name in names for name in wanted)
    if has("page"):
        found += OF_PAGE
    if has("mm"):
        found += OF_MM
    if has("mm", "page"):
        found += OF_MM_PAGE
    if has("mm", "va"):
        found += OF_MM_VA
    if has("mm", "va", "page"):
        found += ("holds_expected(mm, va, page)", "pte(mm, va).page == page")
    if has("pin"):
        found += OF_PIN + ("quiet(pin.mm)",)
    if has("pin", "page"):
        found += OF_PIN_PAGE
    if has("cpu"):
        found += ("tlb(cpu).valid", "tlb(cpu).writable", "tlb(cpu).page.free")
    if "needed" in names:
        found += ("needed",) * 4
    if "writes" in names:
        found += ("operation.writes",) * 4
    if "deadlocked" in names:
        found += ("deadlocked",)
    return found


def expression(rng, names, depth):
    roll = rng.random()
    if depth > 0 and roll < 0.5:
        left = expression(rng, names, depth - 1)
        right = expression(rng, names, depth - 1)
        return f"({left} {rng.choice(('and', 'or', 'implies', 'implies'))} {right})"
    if depth > 0 and roll < 0.6:
        return f"not ({expression(rng, names, depth - 1)})"
    if "page" in names and roll > 0.8:
        return (f"{rng.choice(NUMBERS)} {rng.choice(('==', '!=', '<', '<=', '>', '>='))} "
                f"{rng.choice(NUMBERS)}")
    return rng.choice(atoms(names))


def random_property(rng, number):
    """One of any clause, with a name of its own."""
    lines = [f"property random_{number} safety", f'    "of random"', '    source "nobody"']
    roll = rng.random()
    for _ in range(1 if roll < 0.15 else rng.choice((1, 1, 2))):
        if roll < 0.15:
            names = rng.choice((("page",), ("mm", "va"), ("mm", "page"), ("pin",), ("mm", "va", "page")))
            lines.append(f"    sometimes for each {', '.join(names)}: {expression(rng, names, 2)}")
        elif rng.random() < 0.5:
            names = rng.choice((("page",), ("mm",), ("pin",), ("mm", "va"), ("mm", "page"), ("cpu",),
                                ("mm", "va", "page"), ("pin", "page")))
            lines.append(f"    always for each {', '.join(names)}: "
                         f"{expression(rng, names + ('deadlocked',), 2)}")
        else:
            event = rng.choice(list(EVENTS))
            lines.append(f"    at {event}: {expression(rng, EVENTS[event].split(), 2)}")
    return "\n".join(lines) + "\n"


def random_properties(rng, count):
    return "\n".join(random_property(rng, i) for i in range(count))


class System:
    """What is compared: three texts and how many operations may be in flight."""

    def __init__(self, rng, names):
        self.base, self.design = random_design(rng, names)
        self.memory, self.world = random_world(rng)
        self.properties = random_properties(rng, rng.choice((2, 4)))
        self.concurrency = rng.choice((1, 1, 2, 2, 3, "all"))

    def save(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "random.cow").write_text(self.design, encoding="utf-8")
        (folder / "random.world").write_text(self.world, encoding="utf-8")
        (folder / "random-properties.cow").write_text(self.properties, encoding="utf-8")
