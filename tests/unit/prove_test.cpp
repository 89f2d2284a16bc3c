// What Z3 says about a guard is what the explorer does with it, and the questions that
// are asked about counts get the answers that kernel developers argued for.
#include "checker/prove/questions.h"
#include "model/compile/compile.h"
#include "model/compile/emitter.h"
#include "model/compile/expressions.h"
#include "tests/support/models.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <random>

using namespace cowcheck;
using namespace cowcheck::prove;

namespace {

DesignText design(const std::string& name) {
    Diagnostics out;
    auto found = test::builtin_library().design(name, out);
    REQUIRE(found);
    return std::move(*found);
}

// What a guard may find in other locals of its handler, and in its operation's flags.
struct Locals {
    std::map<std::string, unsigned> ptes;
    std::map<std::string, bool> truths;
    GupFlags flags;

    explicit Locals(std::mt19937& random) {
        const auto some = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
        for (const char* name : {"seen", "orig", "old"}) ptes[name] = some(256);
        for (const char* name : {"write", "unshare", "broken", "sync"}) truths[name] = some(2) != 0;
        flags = {some(2) != 0, some(2) != 0, some(2) != 0};
    }
};

// The guard as the explorer's machine runs it, on frame 0 and process 0.
class CompiledGuard {
public:
    CompiledGuard(const DesignText& design, const Guard& guard, Program program,
                  const Locals& locals)
        : program_(std::move(program)) {
        Diagnostics out;
        Emitter emitter(program_, out);
        Expressions expressions(emitter);
        Names names;
        for (const auto& [name, pte] : locals.ptes)
            names[name] = {Type::pte, Variable::Kind::constant, pte, 0, {}};
        for (const auto& [name, truth] : locals.truths)
            names[name] = {Type::boolean, Variable::Kind::constant, truth ? 1 : 0, 0, {}};
        names["flags"] = {Type::flags, Variable::Kind::constant, 0, 0, locals.flags};
        names[guard.page] = {Type::page, Variable::Kind::constant, 0, 0, {}};
        Context context;
        context.names = &names;
        context.design = &design;
        const std::uint16_t entry = emitter.here();
        const Value value = expressions.truth(*guard.condition, context);
        emitter.emit(Code::check, emitter.in_register(value, guard.span));
        emitter.emit(Code::end);
        INFO(guard.text);
        INFO(to_text(out));
        REQUIRE(out.empty());
        program_.always = {entry, entry};
    }

    // Whether it is true. The step may change the state.
    bool holds(State state) const { return (Machine<>(program_, state).check_state({}) & 1U) == 0; }
    const Program& program() const { return program_; }

private:
    Program program_;
};

struct Numbers32 {
    unsigned refcount;
    unsigned mapcount;
    unsigned swapcount;
};

void add_pte(std::map<std::string, bool>& conditions, const std::string& name, unsigned pte) {
    const auto bit = [&](unsigned mask) { return (pte & mask) != 0; };
    const bool present = bit(PteBit::present);
    conditions[name + ".present"] = present;
    conditions[name + ".none"] = !present && !bit(PteBit::swap);
    conditions[name + ".writable"] = bit(PteBit::writable);
    conditions[name + ".dirty"] = bit(PteBit::dirty);
    conditions[name + ".soft_dirty"] = bit(PteBit::soft_dirty);
    conditions[name + ".uffd_wp"] = bit(PteBit::uffd_wp);
    conditions[name + ".special"] = bit(PteBit::special);
    conditions[name + ".huge"] = false;
    conditions[name + ".swap"] = bit(PteBit::swap);
    conditions[name + ".exclusive"] = bit(PteBit::exclusive);
}

// What a guard may look at besides the counts, in a state.
std::map<std::string, bool> conditions_of(const Program& p, const State& state,
                                          const std::string& page, const Locals& locals) {
    const Layout& l = p.layout;
    std::map<std::string, bool> conditions{
        {page + ".anon",
         l.get(state, Field::kind, 0) == static_cast<unsigned>(PageKind::anonymous)},
        {page + ".anon_exclusive", l.get(state, Field::anon_exclusive, 0) != 0},
        {page + ".locked", l.get(state, Field::locked, 0) != 0},
        {page + ".swapcache", l.get(state, Field::swapcache, 0) != 0},
        {page + ".dirty", l.get(state, Field::page_dirty, 0) != 0},
        {page + ".compound", false},
        {page + ".maybe_mapped_shared", false},
        {"trylock " + page, l.get(state, Field::locked, 0) == 0},
        {"mm.has_pinned", l.get(state, Field::has_pinned, 0) != 0},
        {"vma.uffd_wp", p.world.has_monitor()},
        {"vma.anonymous", true},
        {"vma.hugetlb", false},
        {"flags.write", locals.flags.write},
        {"flags.pin", locals.flags.pin},
        {"flags.longterm", locals.flags.longterm}};
    for (const auto& [name, pte] : locals.ptes) add_pte(conditions, name, pte);
    add_pte(conditions, "pte", l.get(state, Field::pte, 0));
    conditions.insert(locals.truths.begin(), locals.truths.end());
    return conditions;
}

bool formula_holds(const DesignText& design, const Guard& guard, unsigned width, const Numbers32& n,
                   const std::map<std::string, bool>& conditions) {
    static z3::context context;
    const Arithmetic a(context, width);
    Unknowns unknowns;
    for (const auto& [text, holds] : conditions) unknowns.emplace(text, context.bool_val(holds));
    // A page of no THP is its own other half, and no PMD maps it.
    unknowns.emplace(guard.page + ".other.mapcount", a.value(n.mapcount));
    unknowns.emplace(guard.page + ".entire_mapcount", a.value(0));
    unknowns.emplace(guard.page + ".large_mapcount", a.value(0));
    const std::size_t given = unknowns.size();
    const z3::expr formula =
        translate(design, *guard.condition, guard.page,
                  {a.value(n.refcount), a.value(n.mapcount), a.value(0), a.value(n.swapcount)}, a,
                  unknowns)
            .simplify();
    if (unknowns.size() != given)
        for (const auto& [text, value] : unknowns) {
            const std::string named = text;
            CAPTURE(named);
            REQUIRE((value.is_true() || value.is_false() ||
                     value.is_numeral()));  // or something is left open
        }
    CAPTURE(formula.to_string());
    REQUIRE((formula.is_true() || formula.is_false()));
    return formula.is_true();
}

// Every guard that reads a count, whatever else it reads.
void agree_on_random_states(const std::string& name, const DesignText& text, const Program& base) {
    std::mt19937 random(20211217);
    const auto some = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    const unsigned slot = base.world.swap_frame();
    for (const Guard& guard : find_guards(text)) {
        CAPTURE(name);
        CAPTURE(guard.text);
        std::optional<Locals> locals;
        std::optional<CompiledGuard> compiled;
        for (unsigned i = 0; i < 60; ++i) {
            if (i % 6 == 0) {
                locals.emplace(random);
                compiled.emplace(text, guard, base, *locals);
            }
            const Layout& l = compiled->program().layout;
            State state = base.start;
            // Near the numbers that guards compare with, and anywhere.
            const unsigned refcount = some(2) != 0   ? some(6)
                                      : some(2) != 0 ? 1020 + some(10)
                                                     : some(65536);
            const Numbers32 n{refcount, some(4) != 0 ? some(3) : some(16), some(3)};
            l.set(state, Field::refcount, 0, n.refcount);
            l.set(state, Field::mapcount, 0, n.mapcount);
            l.set(state, Field::refcount, slot, n.swapcount + 1);
            l.set(state, Field::kind, 0, some(4) != 0 ? 1 : 2);
            for (const Field flag :
                 {Field::anon_exclusive, Field::locked, Field::swapcache, Field::page_dirty})
                l.set(state, flag, 0, some(2));
            l.set(state, Field::has_pinned, 0, some(2));
            l.set(state, Field::pte, 0, some(256));
            const auto conditions = conditions_of(compiled->program(), state, guard.page, *locals);
            const bool explorer = compiled->holds(state);
            CAPTURE(n.refcount);
            CAPTURE(n.mapcount);
            CAPTURE(n.swapcount);
            for (const unsigned width : {0U, 32U, 16U})
                CHECK(formula_holds(text, guard, width, n, conditions) == explorer);
        }
    }
}

const GuardReport& guard_called(const Report& report, const std::string& text) {
    for (const GuardReport& guard : report.guards)
        if (guard.guard.text == text) return guard;
    FAIL("there is no guard ", text);
    return report.guards.front();
}

const Finding& finding(const GuardReport& report, Subject subject,
                       Numbers numbers = Numbers::integers, std::string_view only = "",
                       FolioKind folio = FolioKind::small) {
    for (const Finding& one : report.findings)
        if (one.subject == subject && one.numbers == numbers && one.folio == folio &&
            (one.cause == nullptr ? "" : one.cause->name) == only)
            return one;
    FAIL("nobody asked");
    return report.findings.front();
}

bool refuted_by(const GuardReport& report, Subject subject, std::string_view only) {
    return finding(report, subject, Numbers::integers, only).answer.outcome == Outcome::refuted;
}

}  // namespace

TEST_CASE("the formula of a guard and the explorer agree on every count") {
    for (const std::string& name : test::builtin_library().design_names())
        agree_on_random_states(name, design(name), test::compiled(name, "swap"));
}

TEST_CASE("they agree on sums, negations and predicates of predicates, too") {
    Diagnostics out;
    const std::string text = R"(
design odd extends v5.9
predicate more(page, other) = page.refcount > other.mapcount + 1
predicate twice(page) = more(page, page) and not (page.mapcount != 1)
handler wp_page_reuse(va) {
    page = pte.page
    if page.refcount - page.mapcount == 0 { unlock ptl; return }
    if twice(page) or page.locked { unlock ptl; return }
    if page.refcount <= 1024 and 3 < page.refcount implies page.anon { unlock ptl; return }
    pte = pte with { writable, dirty, soft_dirty }
    unlock ptl
}
)";
    const auto odd = test::try_parse(text, out);
    INFO(to_text(out));
    REQUIRE(odd);
    CHECK(find_guards(*odd).size() == find_guards(design("v5.9")).size() + 3);
    const auto program = test::try_compile(text, test::world_of("swap"), out);
    REQUIRE(program);
    agree_on_random_states("odd", *odd, *program);
}

TEST_CASE("v5.7: mapcount == 1 misses whoever pinned, forked and unmapped") {
    const Report report = prove_guards(design("v5.7"), {});
    const GuardReport& reuse = guard_called(
        report, "page.mapcount == 1 and rest_mapped_once(page) and (not page.swapcache or "
                "swap_slot.refcount == 1)");
    CHECK(reuse.claim == Claim::exclusive);
    const Answer& sound = finding(reuse, Subject::sound).answer;
    REQUIRE(sound.outcome == Outcome::refuted);
    // The mail of 17 December 2021: GUP, fork, unmap in the original.
    CHECK(sound.witness->mapcount == 1);
    CHECK(sound.witness->refcount == 2);
    CHECK(sound.witness->number_of("other_gets") == 1);
    CHECK(refuted_by(reuse, Subject::sound, "other_pins"));
    CHECK_FALSE(
        refuted_by(reuse, Subject::sound, "swap_entries"));  // reuse_swap_page() counts them
    CHECK_FALSE(refuted_by(reuse, Subject::sound, "other_mappings"));
    CHECK(finding(reuse, Subject::complete).answer.outcome == Outcome::proved);
}

TEST_CASE("v5.9: refcount == 1 is never wrong, and often copies for nothing") {
    const Report report = prove_guards(design("v5.9"), {});
    const GuardReport& reuse =
        guard_called(report, "page.anon and not page.ksm and page.refcount == 1");
    CHECK(finding(reuse, Subject::sound).answer.outcome == Outcome::proved);
    CHECK(finding(reuse, Subject::sound, Numbers::bits32).answer.outcome == Outcome::proved);
    for (const char* cause : {"speculative", "lru_batch", "my_pins", "my_gets", "swap_cache"})
        CHECK(refuted_by(reuse, Subject::complete, cause));

    // 2^32 references are none; 1024 a pin.
    const Answer& overflow = finding(reuse, Subject::sound, Numbers::overflow).answer;
    REQUIRE(overflow.outcome == Outcome::refuted);
    CHECK(overflow.witness->number_of("other_pins") == (std::uint64_t{1} << 32U) / 1024);
}

TEST_CASE("maybe_dma_pinned misses no pin until it overflows, and 1023 references fool it") {
    const Report report = prove_guards(design("v5.9"), {});
    const GuardReport& fork =
        guard_called(report, "not pte.special and mm.has_pinned and maybe_dma_pinned(page)");
    CHECK(fork.claim == Claim::pinned);
    CHECK(finding(fork, Subject::false_negative).answer.outcome == Outcome::proved);
    CHECK(finding(fork, Subject::false_negative, Numbers::bits32).answer.outcome ==
          Outcome::proved);
    const Answer& overflow = finding(fork, Subject::false_negative, Numbers::overflow).answer;
    REQUIRE(overflow.outcome == Outcome::refuted);
    CHECK(overflow.witness->number_of("my_pins") + overflow.witness->number_of("other_pins") ==
          (std::uint64_t{1} << 22U));
    const Answer& positive = finding(fork, Subject::false_positive).answer;
    REQUIRE(positive.outcome == Outcome::refuted);
    CHECK(positive.witness->refcount == 1024);
    // A large folio's pins count 1 each; the kernel looks at _pincount there.
    CHECK(finding(fork, Subject::false_negative, Numbers::integers, "", FolioKind::large)
              .answer.outcome == Outcome::refuted);
}

TEST_CASE("v5.19: PageAnonExclusive spares the copy for one's own pin, nothing else") {
    const Report report = prove_guards(design("v5.19"), {});
    CHECK(report.anon_exclusive);
    const GuardReport& reuse = guard_called(report, "not page.ksm and page.refcount == 1");
    CHECK(finding(reuse, Subject::sound).answer.outcome == Outcome::proved);
    const GuardReport& first = guard_called(report, "not page.ksm and (page.refcount == 1 or "
                                                    "(page.swapcache and page.refcount == 2))");
    const Finding& pin = finding(first, Subject::complete, Numbers::integers, "my_pins");
    CHECK(pin.answer.outcome == Outcome::proved);
    CHECK(pin.thanks_to_anon_exclusive);
    CHECK(std::count(pin.answer.needed.begin(), pin.answer.needed.end(),
                     "pinned_means_exclusive") == 1);
    // What is known of PageAnonExclusive lasts while the swap cache is left.
    const Finding& inner = finding(reuse, Subject::complete, Numbers::integers, "my_pins");
    CHECK(inner.answer.outcome == Outcome::proved);
    CHECK(inner.thanks_to_anon_exclusive);
    CHECK(refuted_by(first, Subject::complete, "my_gets"));
    CHECK(refuted_by(first, Subject::complete, "speculative"));
    CHECK_FALSE(finding(reuse, Subject::sound).thanks_to_anon_exclusive);
    // Pins of others being out of the question, it takes 2^32 plain references.
    const Answer& overflow = finding(reuse, Subject::sound, Numbers::overflow).answer;
    REQUIRE(overflow.outcome == Outcome::refuted);
    CHECK(overflow.witness->smallest);
    CHECK(overflow.witness->refcount == 1);
}

TEST_CASE("a test for sharing is judged by what it says when it is false") {
    Diagnostics out;
    const auto unshare = test::try_parse(R"(
design by-mapcount extends v5.9
handler wp_page_reuse(va) {
    page = pte.page
    if page.mapcount > 1 { unlock ptl; return }
    pte = pte with { writable, dirty, soft_dirty }
    unlock ptl
}
)",
                                         out);
    REQUIRE(unshare);
    const Report report = prove_guards(*unshare, {});
    const GuardReport& shared = guard_called(report, "page.mapcount > 1");
    CHECK(shared.claim == Claim::shared);
    CHECK(refuted_by(shared, Subject::sound, "other_gets"));
    CHECK(finding(shared, Subject::complete).answer.outcome == Outcome::proved);
}
