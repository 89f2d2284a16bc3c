// Assignments and phrases: what one statement of a handler does.
#include "model/compile/handlers.h"
#include "model/compile/lock_check.h"

#include <algorithm>

namespace cowcheck {

namespace {

// The words of a phrase, arguments as "_": "get _", "lock mmap_lock for reading".
// Arguments are what the pattern says is one, so the pattern is matched, not built.
bool matches(const ast::Expr& phrase, std::initializer_list<std::string_view> pattern) {
    if (phrase.kind == ast::ExprKind::name)
        return pattern.size() == 1 && *pattern.begin() == phrase.name;
    return phrase.kind == ast::ExprKind::phrase && phrase.operands.size() == pattern.size() &&
           std::equal(pattern.begin(), pattern.end(), phrase.operands.begin(),
                      [](std::string_view word, const ast::Expr& e) {
                          if (word == "_") return true;
                          if (word.ends_with("(va)"))
                              return e.kind == ast::ExprKind::call &&
                                     word.substr(0, word.size() - 4) == e.name &&
                                     e.operands.size() == 1 && e.operands[0].name == "va";
                          return e.kind == ast::ExprKind::name && e.name == word;
                      });
}

// Everything a statement can say besides assignments; what messages suggest.
const std::vector<std::string_view> known_phrases{"lock mmap_lock for reading",
                                                  "lock mmap_lock for writing",
                                                  "unlock mmap_lock",
                                                  "lock ptl",
                                                  "unlock ptl",
                                                  "lock page",
                                                  "unlock page",
                                                  "irqs off",
                                                  "irqs on",
                                                  "lock vma for writing",
                                                  "unlock vma",
                                                  "notifier start va",
                                                  "notifier end va",
                                                  "notifier start",
                                                  "notifier end",
                                                  "add page to lru batch",
                                                  "drain lru batch",
                                                  "drain all lru batches",
                                                  "begin write_protect_seq",
                                                  "end write_protect_seq",
                                                  "get page",
                                                  "put page",
                                                  "pin page",
                                                  "unpin page",
                                                  "zap pte",
                                                  "flush tlb",
                                                  "flush tlb va",
                                                  "detach vma(va)",
                                                  "start child",
                                                  "write page to swap",
                                                  "wait page",
                                                  "end mm",
                                                  "wait userfaultfd(va)",
                                                  "zap pmd",
                                                  "fill page_table from old",
                                                  "copy page into new",
                                                  "read through pin",
                                                  "write through pin",
                                                  "load through secondary mmu",
                                                  "store through secondary mmu"};

std::string text_of(const ast::Expr& phrase) {
    if (phrase.kind != ast::ExprKind::phrase) return phrase.name;
    std::string text;
    for (const auto& operand : phrase.operands) text += (text.empty() ? "" : " ") + operand.name;
    return text;
}

}  // namespace

void Handlers::assign(const ast::Stmt& stmt) {
    const ast::Expr& target = stmt.target[0];
    if (target.kind == ast::ExprKind::name && (target.name == "pte" || target.name == "spte"))
        return assign_pte(stmt);
    if (target.kind == ast::ExprKind::name && stmt.name == "=" && is_operation(stmt.value[0]))
        return assign_result(stmt);
    if (target.kind == ast::ExprKind::name && target.name == "pmd") return assign_pmd(stmt);
    if (target.kind == ast::ExprKind::field) return assign_field(stmt);
    if (target.kind == ast::ExprKind::name) return assign_local(stmt);
    e_.complain(target.span, "this can't be assigned to");
}

void Handlers::assign_pte(const ast::Stmt& stmt) {
    begin_step(stmt);
    auto c = context();
    const Value value = x_.compile(stmt.value[0], c, Type::pte);
    if (value.type == Type::error) return;
    if (stmt.name != "=") return e_.complain(stmt.span, "a PTE is assigned with '='");
    const std::uint8_t index = e_.scratch(stmt.span);
    const std::uint8_t pte = e_.in_register(value, stmt.span);
    if (e_.program().world.thp() && stmt.target[0].name == "pte") {
        e_.emit(Code::set_leaf, pte, Reg::mm, Reg::va, arms(item_.kind));
        return;
    }
    e_.emit(Code::pte_index, index, Reg::mm, Reg::va);
    if (stmt.target[0].name == "spte")
        e_.emit(Code::store, pte, index, static_cast<unsigned>(Field::spte));
    else
        e_.emit(Code::set_pte, pte, index, 0, arms(item_.kind));
}

// Of the operation's process: what stands at the PMD itself.
void Handlers::assign_pmd(const ast::Stmt& stmt) {
    begin_step(stmt);
    auto c = context();
    const Value value = x_.compile(stmt.value[0], c, Type::pte);
    if (value.type == Type::error) return;
    if (stmt.name != "=") return e_.complain(stmt.span, "a PMD is assigned with '='");
    if (e_.program().world.thp())
        e_.emit(Code::set_pmd, e_.in_register(value, stmt.span), Reg::mm);
    else
        e_.not_in_world(stmt.span);
}

void Handlers::assign_field(const ast::Stmt& stmt) {
    begin_step(stmt);
    auto c = context();
    const ast::Expr& target = stmt.target[0];
    const Value owner = x_.compile(target.operands[0], c);
    if (owner.type == Type::error) return;
    const std::uint8_t index = e_.in_register(owner, target.span);
    if (owner.type == Type::mm && target.name == "pte") {
        const Value pte = x_.compile(stmt.value[0], c, Type::pte);
        if (pte.type == Type::pte)
            e_.emit(Code::share_pte, e_.in_register(pte, stmt.span), 0, index);
        return;
    }
    if (owner.type == Type::vma && target.name == "writable") {
        const Value value = x_.compile(stmt.value[0], c, Type::boolean);
        if (value.type == Type::error) return;
        const std::uint8_t read_only = e_.scratch(stmt.span);
        e_.emit(Code::invert, read_only, e_.in_register(value, stmt.span));
        e_.emit(Code::store, read_only, index, static_cast<unsigned>(Field::read_only));
        return;
    }
    struct Target {
        Type owner;
        std::string_view name;
        Field field;
        Type type;
    };
    static constexpr std::array<Target, 9> targets{
        {{Type::vma, "dont_copy", Field::dont_copy, Type::boolean},
         {Type::mm, "has_pinned", Field::has_pinned, Type::boolean},
         {Type::mm, "tlb_flush_pending", Field::tlb_flush_pending, Type::number},
         {Type::page, "refcount", Field::refcount, Type::number},
         {Type::page, "swapcache", Field::swapcache, Type::boolean},
         {Type::page, "ksm", Field::ksm, Type::boolean},
         {Type::page, "mapcount", Field::mapcount, Type::number},
         {Type::page, "anon_exclusive", Field::anon_exclusive, Type::boolean},
         {Type::page, "entire_mapcount", Field::entire_mapcount, Type::number}}};
    for (const Target& known : targets) {
        if (known.owner != owner.type || known.name != target.name) continue;
        const std::uint16_t first = e_.here();
        const Value value = x_.compile(stmt.value[0], c, known.type);
        if (value.type == Type::error || keeps_open_count(stmt, value, first)) return;
        if ((stmt.name == "=") == (known.type == Type::number))
            return e_.complain(stmt.span, known.type == Type::number
                                              ? "a count changes by '+=' or '-='"
                                              : "a flag is assigned with '='");
        const Code code = stmt.name == "="    ? Code::store
                          : stmt.name == "+=" ? Code::add_field
                                              : Code::sub_field;
        const bool of_folio = known.owner == Type::page && known.field != Field::mapcount &&
                              known.field != Field::anon_exclusive;
        const std::uint8_t put = e_.in_register(value, stmt.span);
        const std::uint8_t in = of_folio ? x_.folio(index, stmt.span) : index;
        if (known.field == Field::swapcache) empty_swap_cache(put, stmt.span);
        e_.emit(code, put, in, static_cast<unsigned>(known.field));
        if (e_.program().world.thp() &&
            (known.field == Field::mapcount || known.field == Field::entire_mapcount))
            e_.emit(Code::count_mapping, index, mapping_mm(stmt.span), 0, stmt.name == "+=");
        return;
    }
    std::vector<std::string_view> names;
    for (const Target& known : targets)
        if (known.owner == owner.type) names.push_back(known.name);
    e_.complain(target.span,
                std::string(name_of(owner.type)) + " has no '" + target.name + "' to change",
                owner.type == Type::pte ? "write: pte = pte with { " + target.name + " = ... }"
                                        : did_you_mean(target.name, names));
}

// The swap cache has one page at most for the one slot: whoever is put in takes its place
// (xas_store()).
void Handlers::empty_swap_cache(std::uint8_t unless_zero, const SourceSpan& span) {
    const std::uint8_t before = e_.scratch(span);
    const std::uint8_t no = e_.scratch(span);
    const std::uint16_t skip = e_.emit(Code::jump_unless, unless_zero);
    e_.emit(Code::swap_cache, before);
    e_.emit(Code::imm, no, 0, 0, 0);
    e_.emit(Code::store, no, before, static_cast<unsigned>(Field::swapcache));
    e_.set_target(skip, e_.here());
}

// Who maps: a handler that knows a child fills the child's page table.
std::uint8_t Handlers::mapping_mm(const SourceSpan& span) {
    for (const auto& [name, variable] : frames_.back().names)
        if (variable.type == Type::mm) {
            ast::Expr child;
            child.kind = ast::ExprKind::name;
            child.name = name;
            child.span = span;
            auto c = context();
            return e_.in_register(x_.compile(child, c, Type::mm), span);
        }
    return Reg::mm;
}

void Handlers::assign_local(const ast::Stmt& stmt) {
    begin_step(stmt);
    auto c = context();
    const std::string& name = stmt.target[0].name;
    if (name == "mm" || name == "vma" || name == "spte" || name == "world" || name == "zeropage" ||
        name == "ptep" || name == "page_table")
        return e_.complain(stmt.target[0].span, "'" + name + "' can't be assigned to");
    if (stmt.name != "=") return e_.complain(stmt.span, "a local is assigned with '='");
    const std::uint16_t first = e_.here();
    const Value value = x_.compile(stmt.value[0], c);
    if (value.type == Type::error || keeps_open_count(stmt, value, first)) return;
    if (value.type == Type::seq) {
        frames_.back().names.insert_or_assign(
            name, Variable{Type::seq, Variable::Kind::reg, 0, value.reg, {}});
        return;
    }
    if (const auto variable = local(stmt, value.type))
        e_.emit(Code::store_local, e_.in_register(value, stmt.span), 0, 0,
                static_cast<unsigned>(variable->number));
}

// Whether the statement keeps a count, looked at by the code from `first` on, of which the world
// leaves open how large it is.
bool Handlers::keeps_open_count(const ast::Stmt& stmt, const Value& value, std::uint16_t first) {
    const auto& code = e_.program().code;
    const World& world = e_.program().world;
    if (value.type != Type::number || !world.has_outside() ||
        std::none_of(code.begin() + first, code.end(), [](const Instruction& i) {
            return i.code == Code::load && (i.c == static_cast<unsigned>(Field::refcount) ||
                                            i.c == static_cast<unsigned>(Field::mapcount));
        }))
        return false;
    e_.complain(stmt.span,
                "this count can't be kept: world '" + world.name + "' leaves open how large it is",
                "keep what it is compared for: alone = page.refcount == 1");
    return true;
}

// The local that a statement assigns to: one that is there, or a new one.
std::optional<Variable> Handlers::local(const ast::Stmt& stmt, Type type) {
    const std::string& name = stmt.target[0].name;
    const auto refuse = [&](const SourceSpan& span, std::string message) {
        e_.complain(span, std::move(message));
        return std::optional<Variable>{};
    };
    auto& names = frames_.back().names;
    const auto found = names.find(name);
    if (found == names.end()) {
        if (type != Type::page && type != Type::pte && type != Type::boolean && type != Type::mm &&
            type != Type::number)
            return refuse(stmt.span, "a local can't hold " + std::string(name_of(type)));
        if (locals_.size() >= max_locals)
            return refuse(stmt.span, "the operation has too many locals");
        const Variable variable{
            type, Variable::Kind::local, static_cast<std::int64_t>(locals_.size()), 0, {}};
        names.insert_or_assign(name, variable);
        locals_.push_back({type, name, frames_.back().handler->name});
        return variable;
    }
    if (found->second.kind != Variable::Kind::local)
        return refuse(stmt.target[0].span, "'" + name + "' is a fixed parameter");
    if (found->second.type != type)
        return refuse(stmt.span, "'" + name + "' holds " +
                                     std::string(name_of(found->second.type)) + ", this is " +
                                     std::string(name_of(type)));
    return found->second;
}

// `page = gup(va, flags)`: the GUP of the design runs here, and what it returns is no pin.
void Handlers::assign_result(const ast::Stmt& stmt) {
    const ast::Expr& value = stmt.value[0];
    const auto kind = find_operation(value.name);
    if (!kind || info(*kind).needs != Needs::pin_slot)
        return e_.complain(value.span, "only a GUP returns something");
    if (gup_)
        return e_.complain(stmt.span,
                           "a GUP goes on as another one: return " + value.name + "(...)");
    e_.program().statements.push_back({e_.here(), stmt.span});
    if (const auto variable = local(stmt, Type::page))
        call(value, ast::HandlerKind::operation, true, variable->number);
}

// Where a world has no LRU batches, pages get on the LRU lists at once: no step.
bool Handlers::lru_phrase(const ast::Stmt& stmt) {
    const ast::Expr& phrase = stmt.value[0];
    const bool add = matches(phrase, {"add", "_", "to", "lru", "batch"});
    const bool all = matches(phrase, {"drain", "all", "lru", "batches"});
    if (!add && !all && !matches(phrase, {"drain", "lru", "batch"})) return false;
    if (!e_.program().world.lru_batches) return true;
    begin_step(stmt);
    if (!add) return e_.emit(Code::lru_drain, 0, 0, 0, all), true;
    auto c = context();
    const Value page = x_.compile(phrase.operands[1], c, Type::page);
    if (page.type == Type::page) e_.emit(Code::lru_add, e_.in_register(page, stmt.span));
    return true;
}

// Where a world has no secondary MMU, nobody is told anything, and where page faults never take
// the lock of their VMA, nobody takes it: no step.
bool Handlers::notifier_phrase(const ast::Stmt& stmt) {
    const ast::Expr& phrase = stmt.value[0];
    // Faults in huge memory take mmap_lock, so nobody asks for the VMA's own lock.
    if (e_.program().world.thp() &&
        (matches(phrase, {"lock", "vma", "for", "writing"}) || matches(phrase, {"unlock", "vma"})))
        return true;
    const bool start = matches(phrase, {"notifier", "start"});
    const bool start_va = matches(phrase, {"notifier", "start", "va"});
    const bool end_va = matches(phrase, {"notifier", "end", "va"});
    if (!start && !start_va && !end_va && !matches(phrase, {"notifier", "end"})) return false;
    if (!e_.program().world.secondary_mmu()) return true;
    begin_step(stmt);
    e_.emit(start || start_va ? Code::notifier_start : Code::notifier_end, 0, 0, 0,
            !start_va && !end_va);
    return true;
}

bool Handlers::lock_phrase(const ast::Expr& phrase) {
    struct LockPhrase {
        std::initializer_list<std::string_view> words;
        Code code;
    };
    static const std::array<LockPhrase, 9> locks{
        {{{"lock", "mmap_lock", "for", "reading"}, Code::lock_mmap_read},
         {{"lock", "mmap_lock", "for", "writing"}, Code::lock_mmap_write},
         {{"lock", "vma", "for", "writing"}, Code::lock_vma_write},
         {{"lock", "ptl"}, Code::lock_ptl},
         {{"unlock", "ptl"}, Code::unlock_ptl},
         {{"irqs", "off"}, Code::irqs_off},
         {{"irqs", "on"}, Code::irqs_on},
         {{"begin", "write_protect_seq"}, Code::seq_begin},
         {{"end", "write_protect_seq"}, Code::seq_end}}};
    for (const auto& lock : locks)
        if (matches(phrase, lock.words)) {
            e_.emit(lock.code);
            return true;
        }
    if (matches(phrase, {"unlock", "mmap_lock"})) {
        e_.emit(Code::unlock_mmap_read, 0, 0, 0, 0, unlock_as_held);
        return true;
    }
    if (matches(phrase, {"unlock", "vma"})) {
        e_.emit(Code::unlock_vma_read, 0, 0, 0, 0, unlock_as_held);
        return true;
    }
    return false;
}

bool Handlers::page_phrase(const ast::Expr& phrase) {
    struct PagePhrase {
        std::initializer_list<std::string_view> words;
        Code code;
        unsigned amount;
    };
    static const std::array<PagePhrase, 7> pages{
        {{{"get", "_"}, Code::get, 1},
         {{"put", "_"}, Code::put, 1},
         {{"pin", "_"}, Code::get, gup_pin_counting_bias},
         {{"unpin", "_"}, Code::put, gup_pin_counting_bias},
         {{"wait", "_"}, Code::wait_page, 0},
         {{"lock", "_"}, Code::lock_page, 0},
         {{"unlock", "_"}, Code::unlock_page, 0}}};
    for (const auto& known : pages)
        if (matches(phrase, known.words)) {
            auto c = context();
            const Value page = x_.compile(phrase.operands[1], c, Type::page);
            if (page.type == Type::page)
                e_.emit(known.code, x_.folio(e_.in_register(page, phrase.span), phrase.span), 0, 0,
                        known.amount);
            return true;
        }
    return false;
}

bool Handlers::memory_phrase(const ast::Expr& phrase) {
    const auto ends = static_cast<unsigned>(contract_of(item_.kind).zap);
    if (matches(phrase, {"zap", "pte"})) return e_.emit(Code::zap_pte, 0, 0, 0, ends), true;
    if (matches(phrase, {"flush", "tlb"})) return e_.emit(Code::flush, 0, 0, 0, 1), true;
    if (matches(phrase, {"flush", "tlb", "va"})) return e_.emit(Code::flush, 0, 0, 0, 0), true;
    if (matches(phrase, {"detach", "vma(va)"})) return e_.emit(Code::detach_vma), true;
    if (matches(phrase, {"end", "mm"})) return e_.emit(Code::end_mm), true;
    if (matches(phrase, {"read", "through", "pin"})) return e_.emit(Code::dma_read), true;
    if (matches(phrase, {"write", "through", "pin"})) return e_.emit(Code::dma_write), true;
    if (matches(phrase, {"load", "through", "secondary", "mmu"}))
        return e_.emit(Code::secondary_load), true;
    if (matches(phrase, {"store", "through", "secondary", "mmu"}))
        return e_.emit(Code::secondary_store), true;
    const bool fills = matches(phrase, {"fill", "page_table", "from", "_"});
    if ((fills || matches(phrase, {"zap", "pmd"})) && !e_.program().world.thp())
        return e_.not_in_world(phrase.span), true;
    if (matches(phrase, {"zap", "pmd"})) return e_.emit(Code::zap_pmd, 0, 0, 0, ends), true;
    if (fills) {
        auto c = context();
        const Value pmd = x_.compile(phrase.operands[3], c, Type::pte);
        if (pmd.type != Type::pte) return true;
        const std::uint8_t from = e_.in_register(pmd, phrase.span);
        e_.demand(from, PteBit::huge, phrase.span);
        e_.emit(Code::fill_table, from, Reg::mm);
        return true;
    }
    if (matches(phrase, {"copy", "_", "into", "_"})) {
        auto c = context();
        const Value from = x_.compile(phrase.operands[1], c, Type::page);
        const Value to = x_.compile(phrase.operands[3], c, Type::page);
        if (from.type == Type::page && to.type == Type::page)
            e_.emit(Code::copy_into, e_.in_register(to, phrase.span),
                    e_.in_register(from, phrase.span));
        return true;
    }
    if (matches(phrase, {"write", "_", "to", "swap"})) {
        auto c = context();
        const Value page = x_.compile(phrase.operands[1], c, Type::page);
        if (page.type != Type::page) return true;
        if (e_.program().world.swap())
            e_.emit(Code::swap_write, e_.in_register(page, phrase.span));
        else
            e_.not_in_world(phrase.span);
        return true;
    }
    if (matches(phrase, {"start", "_"})) {
        auto c = context();
        const Value child = x_.compile(phrase.operands[1], c, Type::mm);
        if (child.type == Type::mm) e_.emit(Code::start_mm, e_.in_register(child, phrase.span));
        return true;
    }
    return false;
}

// No step, and nothing that a state could decide: the world's memory or the flags do.
void Handlers::no_such_operation(const SourceSpan& span) {
    const std::string& own = frames_.back().handler->comment;
    std::string why = own.empty() ? frames_.front().handler->comment : own;
    std::replace(why.begin(), why.end(), '\n', ' ');
    e_.add_absent({span, item_, std::move(why)}, d_.name());
}

void Handlers::phrase(const ast::Stmt& stmt) {
    const ast::Expr& phrase = stmt.value[0];
    if (matches(phrase, {"no", "such", "operation"})) return no_such_operation(stmt.span);
    if (matches(phrase, {"wait", "userfaultfd(va)"})) return wait_userfaultfd(stmt);
    if (notifier_phrase(stmt) || lru_phrase(stmt)) return;
    begin_step(stmt);
    if (lock_phrase(phrase) || memory_phrase(phrase) || page_phrase(phrase)) return;
    const std::string text = text_of(phrase);
    e_.complain(stmt.span, "'" + text + "' is not a step that the language knows",
                did_you_mean(text, known_phrases));
}

// handle_userfault(): tell the monitor, give mmap_lock back, sleep until the PTE
// is not write-protected any more, take mmap_lock again (the retry does).
void Handlers::wait_userfaultfd(const ast::Stmt& stmt) {
    begin_step(stmt);
    e_.emit(Code::userfault, 0, 0, 0, item_.stores());
    e_.emit(Code::unlock_mmap_read);
    begin_step(stmt);
    e_.emit(Code::wait_uffd);
    begin_step(stmt);
    e_.emit(Code::lock_mmap_read);
}

}  // namespace cowcheck
