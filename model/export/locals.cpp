#include "model/export/locals.h"

#include "model/compile/flow.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>

namespace cowcheck::promela {

namespace {

// Bits of a thread that hold a local: word, shift and mask of the instruction.
struct Place {
    unsigned word = 0;
    unsigned shift = 0;
    unsigned mask = 0;

    friend auto operator<=>(const Place&, const Place&) = default;
    [[nodiscard]] bool overlaps(const Place& other) const {
        return word == other.word && ((mask << shift) & (other.mask << other.shift)) != 0;
    }
};

bool is_op_va(const Instruction& i) {
    return i.b == first_local_word && i.c == info(Field::op_va).shift;
}

// The place that an instruction stores to or loads from.
std::optional<Place> place_of(const Instruction& i, Code code) {
    if (i.code != code || is_op_va(i)) return std::nullopt;
    return Place{i.b, i.c, i.imm};
}

// Words of Promela, of C, into which SPIN translates it, and a macro of ours.
constexpr std::array<std::string_view, 87> reserved{
    "D_proctype", "active",   "assert",  "atomic",   "auto",         "bit",
    "bool",       "break",    "byte",    "c_code",   "c_decl",       "c_expr",
    "c_state",    "c_track",  "case",    "chan",     "char",         "const",
    "continue",   "d_step",   "default", "do",       "double",       "else",
    "empty",      "enabled",  "enum",    "eval",     "extern",       "false",
    "fi",         "float",    "for",     "full",     "get_priority", "goto",
    "hidden",     "if",       "in",      "init",     "inline",       "int",
    "len",        "local",    "long",    "ltl",      "me",           "mtype",
    "nempty",     "never",    "nfull",   "notrace",  "np_",          "od",
    "of",         "pc_value", "printf",  "printm",   "priority",     "proctype",
    "provided",   "register", "return",  "run",      "select",       "set_priority",
    "short",      "show",     "signed",  "sizeof",   "skip",         "static",
    "struct",     "switch",   "timeout", "trace",    "true",         "type",
    "typedef",    "union",    "unless",  "unsigned", "void",         "volatile",
    "while",      "xr",       "xs"};

std::string safe(std::string name) {
    const auto same = [&](std::string_view other) { return name == other; };
    const bool field = std::any_of(field_table.begin(), field_table.end(), [&](const FieldInfo& f) {
        return f.scope == Scope::thread && f.name == name;
    });
    // The macros without arguments have names in capitals.
    const bool capitals = std::none_of(name.begin(), name.end(),
                                       [](unsigned char c) { return std::islower(c) != 0; });
    if (field || capitals || std::any_of(reserved.begin(), reserved.end(), same)) name += '_';
    return name;
}

}  // namespace

// Joins the stores that reach a common load: those are one variable.
class Webs {
public:
    Webs(const Program& program, Locals& locals) : p_(program), locals_(locals) {}

    // The code of one operation, and its rests.
    void operation(unsigned number) {
        reach(p_.operations[number].entry);
        live_before();
        defined_before();
        join();
        for (unsigned r = 1; r < p_.rests.size(); ++r)
            if (p_.rests[r].operation == number && code_.count(p_.rests[r].address) != 0)
                rests_.push_back(r);
        for (const unsigned r : rests_) locals_.reached_[r] = true;
        name_all();
        rests_.clear();
    }

private:
    using Places = std::set<Place>;
    using Stores = std::set<std::size_t>;

    void reach(std::size_t entry) {
        code_.clear();
        std::vector<std::size_t> work{entry};
        while (!work.empty()) {
            const std::size_t at = work.back();
            work.pop_back();
            if (!code_.insert(at).second) continue;
            for (const std::uint16_t next : successors(p_.code[at], at)) work.push_back(next);
        }
    }

    void live_before() {
        live_.clear();
        for (bool changed = true; changed;) {
            changed = false;
            for (auto at = code_.rbegin(); at != code_.rend(); ++at) {
                Places live;
                for (const std::uint16_t next : successors(p_.code[*at], *at))
                    live.insert(live_[next].begin(), live_[next].end());
                if (const auto stored = place_of(p_.code[*at], Code::store_local))
                    live.erase(*stored);
                if (const auto loaded = place_of(p_.code[*at], Code::load_local))
                    live.insert(*loaded);
                if (live != live_[*at]) {
                    live_[*at] = std::move(live);
                    changed = true;
                }
            }
        }
    }

    // Which stores the bits of a thread may come from.
    void defined_before() {
        defined_.clear();
        for (bool changed = true; changed;) {
            changed = false;
            for (const std::size_t at : code_) {
                Stores after = defined_[at];
                if (const auto stored = place_of(p_.code[at], Code::store_local)) {
                    std::erase_if(after, [&](std::size_t other) {
                        return place_of(p_.code[other], Code::store_local)->overlaps(*stored);
                    });
                    after.insert(at);
                }
                for (const std::uint16_t next : successors(p_.code[at], at)) {
                    const std::size_t size = defined_[next].size();
                    defined_[next].insert(after.begin(), after.end());
                    changed |= defined_[next].size() != size;
                }
            }
        }
    }

    Stores stores_of(std::size_t at, const Place& place) {
        Stores stores;
        for (const std::size_t store : defined_[at])
            if (*place_of(p_.code[store], Code::store_local) == place) stores.insert(store);
        return stores;
    }

    std::size_t web_of(std::size_t store) {
        const auto found = parent_.find(store);
        return found == parent_.end() || found->second == store ? store : web_of(found->second);
    }

    void join_stores(const Stores& stores) {
        for (const std::size_t store : stores) {
            const std::size_t a = web_of(*stores.begin());
            const std::size_t b = web_of(store);
            parent_[std::max(a, b)] = std::min(a, b);
        }
    }

    void join() {
        parent_.clear();
        for (const std::size_t at : code_)
            for (const Place& place : live_[at]) join_stores(stores_of(at, place));
    }

    std::string name_of_store(std::size_t store) const {
        std::size_t at = store;
        while (at > 0 && p_.code[at].code != Code::rest) --at;
        const auto& statement = p_.rests[p_.code[at].imm].statement;
        if (statement && !statement->assigned.empty()) return safe(statement->assigned);
        return "local_" + std::to_string(p_.code[store].b) + "_" + std::to_string(p_.code[store].c);
    }

    // Where a web keeps its value.
    std::set<unsigned> rests_of(std::size_t web) {
        std::set<unsigned> rests;
        const Place place = *place_of(p_.code[web], Code::store_local);
        for (const unsigned rest : rests_) {
            const std::size_t at = p_.rests[rest].address;
            const Stores stores = stores_of(at, place);
            if (live_[at].count(place) != 0 && !stores.empty() && web_of(*stores.begin()) == web)
                rests.insert(rest);
        }
        return rests;
    }

    // A name that nothing else has where this web is live.
    unsigned variable_for(std::size_t web, const std::set<unsigned>& rests) {
        const std::string name = name_of_store(web);
        for (unsigned suffix = 1;; ++suffix) {
            const std::string wanted = suffix == 1 ? name : name + std::to_string(suffix);
            auto& all = locals_.variables_;
            const auto found = std::find_if(all.begin(), all.end(),
                                            [&](const auto& v) { return v.name == wanted; });
            const auto variable = static_cast<unsigned>(found - all.begin());
            const bool taken = std::any_of(rests.begin(), rests.end(), [&](unsigned rest) {
                const auto& live = locals_.live_[rest];
                return std::find(live.begin(), live.end(), variable) != live.end();
            });
            if (taken) continue;
            if (found == all.end()) all.push_back({wanted, 0});
            all[variable].bits = std::max(all[variable].bits,
                                          static_cast<unsigned>(std::bit_width(p_.code[web].imm)));
            return variable;
        }
    }

    void name_all() {
        std::map<std::size_t, unsigned> variables;
        for (const std::size_t at : code_) {
            if (!place_of(p_.code[at], Code::store_local) || web_of(at) != at) continue;
            const auto rests = rests_of(at);
            const unsigned variable = variable_for(at, rests);
            variables[at] = variable;
            for (const unsigned rest : rests) {
                locals_.live_[rest].push_back(variable);
                locals_.places_[rest].emplace_back(p_.code[at].b, p_.code[at].c);
            }
        }
        for (const std::size_t at : code_) {
            if (place_of(p_.code[at], Code::store_local))
                locals_.at_[at] = variables.at(web_of(at));
            const auto loaded = place_of(p_.code[at], Code::load_local);
            if (!loaded) continue;
            const Stores stores = stores_of(at, *loaded);
            if (!stores.empty()) locals_.at_[at] = variables.at(web_of(*stores.begin()));
        }
    }

    const Program& p_;
    Locals& locals_;
    std::set<std::size_t> code_;
    std::vector<unsigned> rests_;
    std::map<std::size_t, Places> live_;
    std::map<std::size_t, Stores> defined_;
    std::map<std::size_t, std::size_t> parent_;
};

Locals::Locals(const Program& program) : p_(program) {
    live_.resize(program.rests.size());
    places_.resize(program.rests.size());
    reached_.resize(program.rests.size());
    Webs webs(program, *this);
    for (unsigned i = 0; i < program.operations.size(); ++i) webs.operation(i);
}

const LocalVariable* Locals::at(std::size_t address) const {
    const auto found = at_.find(address);
    return found == at_.end() ? nullptr : &variables_[found->second];
}

std::vector<Locals::Frame> Locals::frames(unsigned rest) const {
    std::vector<Frame> result;
    const Rest& about = p_.rests[rest];
    for (unsigned i = 0; i < about.locals; ++i)
        for (std::size_t k = 0; k < live_[rest].size(); ++k) {
            const auto& [word, shift] = places_[rest][k];
            const bool page = about.frames[i].shift == shift;
            const bool pte = about.frames[i].shift == shift + PteBit::frame_shift &&
                             about.frames[i].present_shift != 0xff;
            if (about.frames[i].word == word && (page || pte))
                result.push_back({live_[rest][k], pte});
        }
    return result;
}

}  // namespace cowcheck::promela
