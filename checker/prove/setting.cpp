#include "checker/prove/setting.h"

#include <algorithm>

namespace cowcheck::prove {

namespace {

constexpr unsigned bits = 32;
constexpr unsigned wide = 64;  // 15 numbers of 32 bits, 1024-fold, sum up without overflow
constexpr std::uint64_t two_to_the_32 = std::uint64_t{1} << bits;

z3::expr count_of(const Query& query, std::string_view name) {
    for (const auto& [part, count] : query.parts)
        if (part->name == name) return count;
    return query.arithmetic.value(0);  // this folio has none of that kind
}

z3::expr none_of(const Query& query, std::string_view name) {
    return count_of(query, name) == query.arithmetic.value(0);
}

z3::expr some_of(const Query& query, std::string_view name) { return !none_of(query, name); }

// Some part with this property is not zero.
template <class Has>
z3::expr any_part(const Query& query, Has&& has) {
    z3::expr any = query.arithmetic.context().bool_val(false);
    for (const auto& [part, count] : query.parts)
        if (has(*part)) any = any || count != query.arithmetic.value(0);
    return any.simplify();
}

z3::expr pinned(const Query& query) {
    return any_part(query, [](const Part& part) { return part.pin; });
}

z3::expr reached_by_others(const Query& query) {
    return any_part(query, [](const Part& part) { return part.whose == Whose::others; });
}

// refcount, in numbers of `width` (0: integers).
z3::expr refcount_sum(const Query& query, FolioKind folio, unsigned width) {
    const Arithmetic a(query.arithmetic.context(), width);
    const auto widened = [&](const z3::expr& count) {
        const unsigned own = query.arithmetic.width();
        return own == width ? count : z3::zext(count, width - own);
    };
    z3::expr sum = widened(query.parts.front().second);
    for (auto next = query.parts.begin() + 1; next != query.parts.end(); ++next) {
        const auto& [part, count] = *next;
        const unsigned weight = folio == FolioKind::small ? part->refs : part->large_refs;
        if (weight == nr_pages_weight)
            sum = sum + z3::ite(count == query.arithmetic.value(0), a.value(0),
                                widened(query.arithmetic.constant("nr_pages")));
        else if (weight == 1)
            sum = sum + widened(count);
        else if (weight != 0)
            sum = sum + a.value(weight) * widened(count);
    }
    return sum;
}

template <class Has>
z3::expr sum_of(const Query& query, Has&& has) {
    z3::expr sum = query.arithmetic.value(0);
    bool first = true;
    for (const auto& [part, count] : query.parts) {
        if (!has(*part)) continue;
        sum = first ? count : sum + count;
        first = false;
    }
    return sum;
}

void add_parts(Query& query, const Setting& setting) {
    const Arithmetic& a = query.arithmetic;
    const FolioKind folio = setting.folio;
    z3::expr sane = a.context().bool_val(true);
    for (const Part& part : parts) {
        if (!part.in(folio)) continue;
        const z3::expr count = a.constant(std::string(part.name));
        query.parts.emplace_back(&part, count);
        if (a.width() == 0) sane = sane && count >= 0;
        if (setting.numbers == Numbers::wrapped) sane = sane && count < a.value(two_to_the_32);
        if (part.at_most_one) sane = sane && a.at_most(count, a.value(1));
    }
    query.add("numbers_of_things", "nothing is there less than zero times", sane.simplify());
    query.add("mapped_here", "the handler looks at a page that its own process maps",
              count_of(query, "my_mapping") == a.value(1));
    if (folio != FolioKind::hugetlb) {
        query.add("swapped_out_elsewhere",
                  "while a swap entry exists, a mapped page is in the swap cache",
                  z3::implies(some_of(query, "swap_entries"), some_of(query, "swap_cache")));
        query.add("on_or_off_the_lru", "what waits in an LRU batch can't be isolated",
                  none_of(query, "lru_batch") || none_of(query, "isolated"));
    }
    if (folio == FolioKind::large)
        query.add("more_than_one_page", "a large folio has at least two pages",
                  a.less(a.value(1), a.constant("nr_pages")));
}

void add_counts(Query& query, const Setting& setting) {
    const Arithmetic& a = query.arithmetic;
    const std::string& page = setting.guard.page;
    query.counts = {a.constant(page + ".refcount"), a.constant(page + ".mapcount"),
                    a.constant(page + ".pincount"), a.constant(page + ".swapcount")};
    const auto sum = [&](const z3::expr& all, const char* wraps) {
        if (setting.numbers != Numbers::wrapped) return all;
        const z3::expr times = a.constant(wraps);
        const z3::expr left = all - a.value(two_to_the_32) * times;
        query.add(std::string(wraps) + "_count", "how often the count has started from 0 again",
                  times >= 0 && left >= 0 && left < a.value(two_to_the_32));
        return left;
    };
    query.add("refcount_is_the_sum",
              setting.folio == FolioKind::small ? "page_count(): a pin counts 1024"
                                                : "folio_ref_count(): a pin counts 1",
              // In 64 bits there is no overflow: the low half is all of it.
              setting.numbers == Numbers::bits32
                  ? z3::zext(query.counts[0], wide - bits) ==
                        refcount_sum(query, setting.folio, wide)
                  : query.counts[0] ==
                        sum(refcount_sum(query, setting.folio, a.width()), "refcount_overflows"));
    query.add("mapcount_is_the_sum", "page_mapcount(): PTEs that map this page",
              query.counts[1] == sum(sum_of(query, [](const Part& part) { return part.mapping; }),
                                     "mapcount_overflows"));
    query.add("pincount_is_the_sum", "_pincount, which small folios do not have",
              query.counts[2] == (setting.folio == FolioKind::small
                                      ? a.value(0)
                                      : sum_of(query, [](const Part& part) { return part.pin; })));
    query.add("swapcount_is_the_sum", "swap entries that point to the page's slot",
              query.counts[3] == sum_of(query, [](const Part& part) { return part.swap; }));
}

Unknowns unknowns_of(const Query& query, const Setting& setting) {
    Unknowns unknowns;
    z3::context& context = query.arithmetic.context();
    for (const char* flag : {".anon", ".anon_exclusive"})
        unknowns.emplace(setting.guard.page + flag,
                         context.bool_const((setting.guard.page + flag).c_str()));
    if (setting.folio != FolioKind::hugetlb)
        unknowns.emplace(setting.guard.page + ".swapcache", some_of(query, "swap_cache"));
    return unknowns;
}

z3::expr guard_at(const Query& query, const Setting& setting, const Counts& counts,
                  Unknowns& unknowns) {
    return translate(setting.design, *setting.guard.condition, setting.guard.page, counts,
                     query.arithmetic, unknowns);
}

Counts counts_of(const Query& query) {
    return {query.counts[0], query.counts[1], query.counts[2], query.counts[3]};
}

void add_rules(Query& query, const Setting& setting, const Unknowns& unknowns) {
    const z3::expr& exclusive = unknowns.at(setting.guard.page + ".anon_exclusive");
    query.add("exclusive_means_alone",
              "PageAnonExclusive is set only while no other process can reach the page",
              z3::implies(exclusive, !reached_by_others(query)));
    query.add("pinned_means_exclusive",
              "FOLL_PIN is taken on an exclusive page, which stays so until it is unpinned",
              z3::implies(some_of(query, "my_pins") || some_of(query, "other_pins"), exclusive));
}

// The rest of a condition (has_pinned, a trylock) is such that the counts decide.
void add_counts_decide(Query& query, const Setting& setting, Unknowns& unknowns) {
    const PlainCounts plain = setting.claim == Claim::pinned ? with_pins : alone;
    const z3::expr plainly =
        guard_at(query, setting, plain_counts(plain, query.arithmetic), unknowns);
    query.add("the_counts_decide",
              setting.claim == Claim::pinned
                  ? "with 64 pins and one mapping it would say pinned"
                  : "with nothing but the process's own mapping it would say exclusive",
              (setting.claim == Claim::shared ? !plainly : plainly).simplify());
}

void add_goal(Query& query, const Setting& setting, Subject subject) {
    z3::expr says = query.arithmetic.context().bool_const("guard");
    if (setting.claim == Claim::shared) says = !says;
    switch (subject) {
    case Subject::sound:
        query.add("says_exclusive", "it says that the page is exclusive", says);
        query.add("is_shared", "but another process can reach the page", reached_by_others(query));
        return;
    case Subject::complete:
        query.add("says_shared", "it says that the page is not exclusive", !says);
        query.add("is_exclusive", "but no other process can reach the page",
                  !reached_by_others(query));
        return;
    case Subject::false_negative:
        query.add("says_unpinned", "it says that the page is not pinned", !says);
        query.add("is_pinned", "but it is", pinned(query));
        // Otherwise plain references alone would do it: that is a question of its own.
        if (setting.numbers == Numbers::overflow || setting.numbers == Numbers::wrapped) {
            const Arithmetic& a = query.arithmetic;
            z3::expr few = a.context().bool_val(true);
            for (const auto& [part, count] : query.parts)
                if (!part->pin) few = few && a.at_most(count, a.value(1));
            query.add("few_plain_references", "of everything but pins there is one at most", few);
        }
        return;
    case Subject::false_positive:
        query.add("says_pinned", "it says that the page is pinned", says);
        query.add("is_not_pinned", "but it is not", !pinned(query));
        return;
    }
}

}  // namespace

Counts plain_counts(const PlainCounts& plain, const Arithmetic& a) {
    return {a.value(plain.refcount), a.value(plain.mapcount), a.value(plain.pincount),
            a.value(plain.swapcount)};
}

Query question(const Setting& setting, Subject subject, z3::context& context) {
    const bool vectors = setting.numbers == Numbers::bits32 || setting.numbers == Numbers::overflow;
    Query query(Arithmetic(context, vectors ? bits : 0));
    add_parts(query, setting);
    add_counts(query, setting);
    Unknowns unknowns = unknowns_of(query, setting);
    query.add("anonymous", "all this is about anonymous memory",
              unknowns.at(setting.guard.page + ".anon"));
    if (setting.anon_exclusive) add_rules(query, setting, unknowns);
    unsigned number = 0;
    for (const Fact& fact : setting.guard.facts) {
        const z3::expr formula = translate(setting.design, *fact.condition, setting.guard.page,
                                           counts_of(query), query.arithmetic, unknowns);
        query.add("known_" + std::to_string(++number),
                  "on the way here: " + std::string(fact.holds ? "" : "not ") +
                      to_text(*fact.condition),
                  fact.holds ? formula : !formula);
    }
    query.add("the_guard", "the guard: " + setting.guard.text,
              context.bool_const("guard") == guard_at(query, setting, counts_of(query), unknowns));
    if (subject == Subject::complete || subject == Subject::false_negative)
        add_counts_decide(query, setting, unknowns);
    add_goal(query, setting, subject);
    return query;
}

void add_exactly(Query& query, const Witness& witness) {
    z3::expr exactly = query.arithmetic.context().bool_val(true);
    for (const auto& [part, count] : query.parts)
        exactly = exactly && count == query.arithmetic.value(witness.number_of(part->name));
    query.add("exactly_these", "the references of the witness", exactly);
}

void add_only_cause(Query& query, const Part& cause) {
    const Arithmetic& a = query.arithmetic;
    z3::expr only = a.context().bool_val(true);
    for (const auto& [part, count] : query.parts) {
        if (part == &cause)
            only = only && count != a.value(0);
        else if (part != &parts.front() && !(cause.swap && part->name == "swap_cache"))
            only = only && count == a.value(0);
    }
    query.add("only_" + std::string(cause.name),
              "besides the mapping there are only " + std::string(cause.many), only.simplify());
}

}  // namespace cowcheck::prove
