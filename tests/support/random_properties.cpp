#include "tests/support/random_properties.h"

#include "model/machine/program.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace cowcheck::test {

namespace {

using Texts = std::vector<std::string>;

const Texts page_truths{"anon_exclusive", "swapcache", "ksm",  "dirty",    "locked",
                        "anon",           "counted",   "free", "compound", "maybe_mapped_shared"};
const Texts page_numbers{"refcount", "refcount",        "mapcount",
                         "mapcount", "entire_mapcount", "large_mapcount"};
const Texts page_ghost_numbers{"references", "references", "mappings", "pmd_mappings",
                               "references_but_pins"};
const Texts pin_truths{"held",     "held",     "write",        "foll_pin",
                       "longterm", "attached", "fork_crossed", "owned"};
const Texts loops{"pin", "mm", "va", "page", "cpu"};

// What stands in the scope of a clause, by its type.
class Clause {
public:
    Clause(Random& random, const World& world, bool wild)
        : random_(random), world_(world), wild_(wild) {}

    std::string text() {
        switch (below(random_, 10)) {
        case 0:
        case 1:
        case 2:
        case 3: return at_event();
        case 4: return "sometimes" + each() + ": " + conjunction(1 + below(random_, 3));
        default: {
            const std::string over = each();
            return "always" + over + ": " + demand();
        }
        }
    }

private:
    std::string at_event() {
        const EventInfo& event = event_table[below(random_, event_table.size())];
        event_ = event.name;
        pages_ = {"page"};
        const bool about_page = event_ == "underflow" || event_ == "overflow" || event_ == "free";
        if (!about_page) {
            mms_ = {"mm"};
            vas_ = {"va"};
        }
        if (event_.starts_with("dma_") || event_ == "unpin") pins_ = {"pin"};
        if (event_ == "userfault") pages_.clear();
        derive();
        return "at " + std::string(event_) + ": " + demand();
    }

    std::string each() {
        Texts chosen;
        const unsigned count = below(random_, 3);
        const std::vector<Texts> usual{{"page"}, {"pin"},        {"mm", "va"},   {"mm"},
                                       {"cpu"},  {"mm", "page"}, {"pin", "page"}};
        if (count > 0) chosen = one_of(random_, usual);
        if (count > 1) {
            const std::string& more = one_of(random_, loops);
            if (std::find(chosen.begin(), chosen.end(), more) == chosen.end() && chosen.size() < 2)
                chosen.push_back(more);
        }
        std::string text;
        for (const std::string& what : chosen) {
            text += (text.empty() ? " for each " : ", ") + what;
            if (what == "page") pages_.push_back(what);
            if (what == "pin") pins_.push_back(what);
            if (what == "mm") mms_.push_back(what);
            if (what == "va") vas_.push_back(what);
            if (what == "cpu") cpus_.push_back(what);
        }
        derive();
        return text;
    }

    // What is reached from them.
    void derive() {
        for (const std::string& pin : Texts(pins_)) {
            mms_.push_back(pin + ".mm");
            vas_.push_back(pin + ".va");
            pages_.push_back(pin + ".page");
        }
        const bool places = !mms_.empty() && !vas_.empty();
        if (places) {
            // Of the same pin, most of all.
            const std::string place = "(" + mms_.back() + ", " + vas_.back() + ")";
            ptes_ = {"pte" + place, "pte" + place};
            if (world_.secondary_mmu()) ptes_.push_back("spte" + place);
            pages_.push_back("pte" + place + ".page");
            if (world_.secondary_mmu()) pages_.push_back("spte" + place + ".page");
        }
        for (const std::string& cpu : cpus_) pages_.push_back("tlb(" + cpu + ").page");
        if (world_.thp())
            for (const std::string& mm : mms_) ptes_.push_back(mm + ".pmd");
        named_pages_ = pages_;
        if (world_.thp())
            for (const std::string& page : Texts(pages_)) {
                pages_.push_back(page + ".head");
                pages_.push_back(page + ".other");
            }
        if (world_.zeropage) pages_.emplace_back("zeropage");
        if (world_.swap()) pages_.emplace_back("swap_slot");
    }

    // What one may want: mostly with an `implies`.
    std::string demand() {
        const unsigned left = 1 + below(random_, 3);
        switch (below(random_, 10)) {
        case 0: return truth(2);
        case 1: return "not (" + conjunction(left) + ")";
        case 2: return conjunction(left) + " or " + atom();
        case 3: return "(" + conjunction(left) + ") == (" + atom() + ")";
        case 4: return atom() + " implies (" + atom() + " implies " + atom() + ")";
        case 5: return "not (" + atom() + " implies " + atom() + ")";
        default: return conjunction(left) + " implies " + truth(1);
        }
    }

    std::string conjunction(unsigned parts) {
        std::string text = truth(0);
        for (unsigned i = 1; i < parts; ++i) text += " and " + truth(chance(random_, 15) ? 1 : 0);
        return text;
    }

    std::string truth(unsigned depth) {
        if (depth == 0 || chance(random_, 30))
            return chance(random_, 30) ? "not " + atom() : atom();
        static const Texts operators{" and ", " or ", " and ", " or ", " implies "};
        return std::string(chance(random_, 20) ? "not " : "") + "(" + truth(depth - 1) +
               one_of(random_, operators) + truth(depth - 1) + ")";
    }

    // What is named where there is nothing, the page of a PTE that maps none, is any.
    std::string guarded(const std::string& name) {
        const std::size_t field = name.find(").page");
        if (name.starts_with("pin."))
            guard("pin.held");
        else if (field != std::string::npos)
            guard(name.substr(0, field + 1) + (name.starts_with("tlb") ? ".valid" : ".present"));
        return name;
    }

    void guard(std::string text) {
        // pte(pin.mm, pin.va) is looked at only where the pin is one.
        if (text.find("pin.mm") != std::string::npos) guard("pin.held");
        if (std::find(guards_.begin(), guards_.end(), text) == guards_.end())
            guards_.push_back(std::move(text));
    }

    std::string page() { return guarded(one_of(random_, pages_)); }
    std::string mm() { return guarded(one_of(random_, mms_)); }
    std::string va() { return guarded(one_of(random_, vas_)); }
    std::string pte() {
        const std::string& entry = one_of(random_, ptes_);
        if (entry.find("pin.") != std::string::npos) guard("pin.held");
        return entry;
    }

    std::string number() {
        static const Texts constants{"0", "1", "1", "2", "2", "3", "1024", "1025", "1026", "2048"};
        return one_of(random_, constants);
    }

    // Something that has a truth value.
    std::string atom() {
        std::vector<std::string (Clause::*)()> fit{&Clause::of_world};
        const auto may = [&](unsigned times, std::string (Clause::*kind)()) {
            fit.insert(fit.end(), times, kind);
        };
        if (!pages_.empty()) {
            may(4, &Clause::of_page);
            may(4, &Clause::of_number);
        }
        if (!mms_.empty()) may(2, &Clause::of_mm);
        if (!mms_.empty() && !pages_.empty()) may(4, &Clause::of_mm_and_page);
        if (!mms_.empty() && !vas_.empty()) may(3, &Clause::of_place);
        if (!ptes_.empty()) may(5, &Clause::of_pte);
        if (!pins_.empty()) may(5, &Clause::of_pin);
        if (!cpus_.empty()) may(5, &Clause::of_tlb);
        if (named_pages_.size() > 1) may(4, &Clause::same_page);
        guards_.clear();
        std::string text = (this->*one_of(random_, fit))();
        if (guards_.empty() || wild_) return text;
        for (auto one = guards_.rbegin(); one != guards_.rend(); ++one)
            text = *one + " and " + text;
        return "(" + text + ")";
    }

    std::string of_world() {
        if (event_.empty() && chance(random_, 8)) return "deadlocked";
        if ((event_ == "cow_copy" || event_ == "fork_copy") && chance(random_, 50)) return "needed";
        if (event_ == "userfault" && chance(random_, 50)) return "operation.writes";
        if (chance(random_, 5)) return chance(random_, 50) ? "true" : "world.zeropage";
        return "quiet";
    }

    std::string of_page() {
        if (!event_.empty() && chance(random_, 6)) return "mapped_outside(" + page() + ")";
        return page() + "." + one_of(random_, page_truths);
    }

    std::string count() {
        if (!mms_.empty() && chance(random_, 10)) return mm() + ".tlb_flush_pending";
        if (chance(random_, 35)) return one_of(random_, page_ghost_numbers) + "(" + page() + ")";
        return page() + "." + one_of(random_, page_numbers);
    }

    std::string of_number() {
        static const Texts compares{" == ", " == ", " != ", " < ", " <= ", " > ", " >= "};
        std::string left = count();
        if (chance(random_, 10)) left += chance(random_, 50) ? " + 1" : " - 1";
        return left + one_of(random_, compares) + (chance(random_, 25) ? count() : number());
    }

    std::string of_mm() {
        const std::string who = mm();
        switch (below(random_, 4)) {
        case 0: return "soft_dirty_promised(" + who + ")";
        case 1: return who + ".has_pinned";
        default: return "quiet(" + who + ")";
        }
    }

    std::string of_mm_and_page() {
        if (!pins_.empty() && chance(random_, 35))
            return "entitled(" + pins_.front() + ", " + page() + ")";
        const std::string who = mm();
        if (!vas_.empty() && (wild_ || !event_.empty()) && chance(random_, 40))
            return "holds_expected(" + who + ", " + va() + ", " + page() + ")";
        return (chance(random_, 60) ? "entitled(" : "reachable_by_others(") + who + ", " + page() +
               ")";
    }

    std::string of_place() {
        const std::string place = "(" + mm() + ", " + va() + ")";
        static const Texts asks{"zapping", "zapping", "zapping", "uffd_wp_promised",
                                "soft_dirty_owed"};
        return one_of(random_, asks) + place;
    }

    std::string of_pte() {
        Texts flags{"none", "migration", "present"};
        for (const PteFlag& flag : pte_flags) flags.emplace_back(flag.name);
        if (chance(random_, 8) && ptes_.size() > 1) return pte() + " == " + pte();
        return pte() + "." + one_of(random_, flags);
    }

    std::string of_pin() {
        if (chance(random_, 12)) {
            static const Texts predicates{"reliable_rw", "reliable_ro", "promised",
                                          "is_mapped_or_will_be"};
            return one_of(random_, predicates) + "(" + pins_.front() + ")";
        }
        return pins_.front() + "." + one_of(random_, pin_truths);
    }

    std::string of_tlb() {
        return "tlb(" + cpus_.front() + ")." + (chance(random_, 50) ? "valid" : "writable");
    }

    std::string same_page() {
        const std::string left = page();
        std::string right = page();
        for (unsigned i = 0; i < 5 && right == left; ++i) right = page();
        return left + (chance(random_, 70) ? " == " : " != ") + right;
    }

    Random& random_;
    const World& world_;
    bool wild_;
    Texts guards_;            // of the atom that is being made
    std::string_view event_;  // empty: none
    Texts pages_;
    Texts named_pages_;  // without those of the world
    Texts mms_;
    Texts vas_;
    Texts pins_;
    Texts cpus_;
    Texts ptes_;
};

}  // namespace

std::string random_property(Random& random, const World& world, const std::string& name,
                            bool wild) {
    std::string text = "property " + name + " safety\n    \"random\"\n    source \"random\"\n";
    const unsigned clauses = chance(random, 15) ? 2 : 1;
    for (unsigned i = 0; i < clauses; ++i) {
        const std::string clause = Clause(random, world, wild).text();
        // What must be reached stands alone.
        if (i > 0 && clause.starts_with("sometimes")) break;
        text += "    " + clause + "\n";
        if (clause.starts_with("sometimes")) break;
    }
    return text;
}

}  // namespace cowcheck::test
