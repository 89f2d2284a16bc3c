#include "model/compile/handlers.h"

#include "model/compile/local_layout.h"
#include "model/compile/lock_check.h"

#include <algorithm>

namespace cowcheck {

namespace {

constexpr std::size_t max_nesting = 16;
constexpr unsigned max_bodies = 50000;  // of handlers, wherever they are called

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t space = std::min(text.find(' ', at), text.size());
        if (space > at) words.emplace_back(text.substr(at, space - at));
        at = space + 1;
    }
    return words;
}

bool may_unmap(const World& world) {
    return std::any_of(world.processes.begin(), world.processes.end(), [](const Process& process) {
        return std::any_of(process.menu.begin(), process.menu.end(), [](const MenuItem& item) {
            return item.kind == OperationKind::munmap || item.kind == OperationKind::munmap_range;
        });
    });
}

// Whether a handler's own text goes over all virtual pages.
bool walks_pages(const ast::Block& block) {
    return std::any_of(block.begin(), block.end(), [](const ast::Stmt& stmt) {
        return (stmt.kind == ast::StmtKind::for_each && stmt.value.empty()) ||
               walks_pages(stmt.body) || walks_pages(stmt.other);
    });
}

bool always_leaves(const ast::Stmt& stmt) {
    return stmt.kind == ast::StmtKind::return_ || stmt.kind == ast::StmtKind::fail ||
           stmt.kind == ast::StmtKind::break_ || stmt.kind == ast::StmtKind::continue_;
}

}  // namespace

Context Handlers::context() {
    Context c;
    c.names = &frames_.back().names;
    c.design = &d_;
    c.gup = gup_;
    c.fault = frames_.back().fault;
    c.longterm = item_.flags.longterm;
    c.fast = item_.kind == OperationKind::gup_fast;
    c.zeroes = item_.flags.zeroes;
    c.secondary_mmu = info(item_.kind).actor == Actor::secondary_mmu;
    return c;
}

void Handlers::begin_step(const ast::Stmt& stmt) {
    const SourceSpan& span = stmt.span;
    e_.free_scratch();
    e_.at(span);
    if (atomic_ > 0 && atomic_begun_) {
        e_.program().statements.push_back({e_.here(), span});
        return;
    }
    atomic_begun_ = true;
    auto& rests = e_.program().rests;
    Rest rest;
    rest.address = e_.here();
    rest.operation = static_cast<std::uint16_t>(e_.program().operations.size());
    rest.span = span;
    rest.where = frames_.back().where;
    rest.path = frames_.back().path;
    rest.statement = stmt.text;
    e_.emit(Code::rest, 0, 0, 0, static_cast<unsigned>(rests.size()));
    rests.push_back(std::move(rest));
    e_.program().statements.push_back({e_.here(), span});
}

// What the operation's contract says of its start, or of its return: about its page, or all of the
// process.
void Handlers::keep_promises(const std::array<ContractStep, 2>& steps) {
    const World& world = e_.program().world;
    if (!is_held(contract_of(item_.kind), {world.swap(), !world.hugetlb()})) return;
    const unsigned all = info(item_.kind).parameters.starts_with("va") ? 0 : 1;
    for (const ContractStep& step : steps) {
        if (step.code == Code::jump) continue;
        if (step.code == Code::bar_stores && !e_.program().layout.has(Field::store_barred))
            continue;
        const bool all_or_none = all != 0 && step.code == Code::bar_stores &&
                                 step.imm == BarStores::returned && may_unmap(world);
        const auto holes = all_or_none ? jumps_if_unmapped() : std::vector<std::uint16_t>{};
        e_.emit(step.code, 0, 0, step.code == Code::soft_dirty_armed ? 0U : all, step.imm);
        e_.set_targets(holes, e_.here());
    }
}

// mprotect() of a range in which something is not mapped fails (ENOMEM), and promises nothing.
std::vector<std::uint16_t> Handlers::jumps_if_unmapped() {
    std::vector<std::uint16_t> jumps;
    e_.free_scratch();
    const SourceSpan& span = e_.program().statements.back().span;
    const std::uint8_t va = e_.scratch(span);
    const std::uint8_t mapped = e_.scratch(span);
    for (unsigned page = 0; page < e_.program().world.pages; ++page) {
        e_.emit(Code::imm, va, 0, 0, page);
        e_.emit(Code::pte_index, mapped, Reg::mm, va);
        e_.emit(Code::load, mapped, mapped, static_cast<unsigned>(Field::mapped));
        jumps.push_back(e_.emit(Code::jump_unless, mapped));
    }
    return jumps;
}

// What the ghost data must know about an operation as a whole.
void Handlers::ghost_start() {
    if (item_.kind == OperationKind::unpin) {
        e_.emit(Code::load, Reg::page, Reg::pin, static_cast<unsigned>(Field::pin_page));
        e_.emit(Code::unpin_event);
    }
    keep_promises(contract_of(item_.kind).at_start);
    if (item_.kind == OperationKind::exit) {
        e_.emit(Code::imm, Reg::scratch, 0, 0, static_cast<unsigned>(Life::exiting));
        e_.emit(Code::store, Reg::scratch, Reg::mm, static_cast<unsigned>(Field::life));
    }
}

void Handlers::ghost_end() {
    keep_promises(contract_of(item_.kind).at_return);
    if (item_.kind == OperationKind::unpin) e_.emit(Code::drop_pin);
}

void Handlers::end(EndOf how, unsigned page) {
    ghost_end();
    e_.emit(Code::end, page, 0, 0, static_cast<unsigned>(how));
}

void Handlers::operation(const MenuItem& item) {
    if (e_.is_full()) return;
    const OperationInfo& about = info(item.kind);
    const ast::Handler* handler = d_.handler(ast::HandlerKind::operation, about.name);
    if (handler == nullptr) {
        e_.complain(d_.design().span,
                    "the design has no operation '" + std::string(about.name) +
                        "', which the world's menu needs",
                    did_you_mean(about.name, d_.handler_names(ast::HandlerKind::operation)));
        return;
    }
    item_ = item;
    gup_ = about.needs == Needs::pin_slot;
    locals_.clear();
    frames_.clear();
    loops_.clear();
    const auto wanted = words_of(about.parameters);
    if (!std::equal(wanted.begin(), wanted.end(), handler->parameters.begin(),
                    handler->parameters.end())) {
        std::string list;
        for (const auto& word : wanted) list += (list.empty() ? "" : ", ") + word;
        e_.complain(handler->span, "operation '" + std::string(about.name) + "' is declared as " +
                                       std::string(about.name) + "(" + list + ")");
        return;
    }
    Names names;
    for (const auto& word : wanted) {
        if (word == "va")
            names.insert_or_assign(word, Variable{Type::va, Variable::Kind::reg, 0, Reg::va, {}});
        else if (word == "flags")
            names.insert_or_assign(word,
                                   Variable{Type::flags, Variable::Kind::reg, 0, 0, item.flags});
        else  // a pin's page, loaded below
            names.insert_or_assign(word,
                                   Variable{Type::page, Variable::Kind::reg, 0, Reg::page, {}});
    }
    const std::uint16_t first_rest = static_cast<std::uint16_t>(e_.program().rests.size());
    const std::uint16_t entry = e_.here();
    e_.at(handler->span);
    atomic_ = 0;
    atomic_begun_ = false;
    const std::size_t complaints = e_.complaints();
    ghost_start();
    body(*handler, std::move(names), false, true);
    e_.end_oopses(handler->span, handler->name);
    e_.program().operations.push_back({item, entry, handler->span});
    if (complaints != e_.complaints() || e_.is_full()) return;
    check_locks(e_, entry, handler->span);
    if (about.actor == Actor::device && e_.program().rests.size() != first_rest + 1U)
        e_.complain(handler->span, "a device's operation is one step; put it into atomic { }");
    lay_out_locals(e_, entry, first_rest, locals_);
}

void Handlers::body(const ast::Handler& handler, Names names, bool fault, bool operation,
                    std::optional<std::int64_t> result) {
    if (frames_.size() >= max_nesting) {
        const bool calls_itself = std::any_of(
            frames_.begin(), frames_.end(), [&](const Frame& f) { return f.handler == &handler; });
        e_.complain(handler.span,
                    "'" + handler.name +
                        (calls_itself ? "' calls itself"
                                      : "' is called more than " + std::to_string(max_nesting) +
                                            " handlers deep"));
        return;
    }
    if (e_.is_full()) return;
    if (++bodies_ > max_bodies)
        return e_.give_up(handler.span,
                          text_at(frames_.empty() ? handler.name : frames_.back().where) +
                              " leads to more than " + std::to_string(max_bodies) + " calls");
    reached_.insert(&handler);
    Frame frame;
    frame.handler = &handler;
    frame.names = std::move(names);
    const HandlerName own{handler.kind == ast::HandlerKind::fault, handler.name};
    if (!frames_.empty()) frame.path = frames_.back().path;
    frame.path.push_back(own);
    frame.where = (frames_.empty() ? "" : frames_.back().where + " > ") + to_text(own);
    frame.fault = fault || (!frames_.empty() && frames_.back().fault);
    frame.operation = operation;
    frame.result = result;
    e_.in_text(text_at(frame.where));
    frames_.push_back(std::move(frame));
    auto outer_loops = std::move(loops_);
    loops_.clear();
    // An operation of one page stays that, whatever a handler goes over.
    const bool keeps_va = !operation && info(item_.kind).parameters.starts_with("va") &&
                          e_.program().world.pages > 1 && locals_.size() < max_locals &&
                          walks_pages(handler.body);
    const auto kept = static_cast<unsigned>(locals_.size());
    if (keeps_va) {
        locals_.push_back({Type::number, "va", handler.name});
        e_.emit(Code::store_local, Reg::va, 0, 0, kept);
    }
    block(handler.body);
    left_ = false;
    if (operation) end(gup_ && !result ? EndOf::failed_gup : EndOf::plain);
    e_.set_targets(frames_.back().returns, e_.here());
    if (keeps_va) {
        e_.free_scratch();
        const std::uint8_t va = e_.scratch(handler.span);
        e_.emit(Code::load_local, va, 0, 0, kept);
        set_va(va);
    }
    loops_ = std::move(outer_loops);
    frames_.pop_back();
    if (!frames_.empty()) e_.in_text(text_at(frames_.back().where));
}

std::string Handlers::text_at(const std::string& where) const {
    const std::string operation = "operation '" + std::string(info(item_.kind).name) + "'";
    return where == info(item_.kind).name ? operation : operation + " (" + where + ")";
}

void Handlers::block(const ast::Block& block) {
    for (std::size_t i = 0; i < block.size() && !e_.is_full(); ++i) {
        if (i > 0 && always_leaves(block[i - 1]))
            e_.complain(block[i].span, "this is never reached");
        left_ = false;
        statement(block[i]);
        if (left_) return;  // a guard that the world decides: what follows does not exist
    }
}

void Handlers::statement(const ast::Stmt& stmt) {
    switch (stmt.kind) {
    case ast::StmtKind::phrase: return phrase(stmt);
    case ast::StmtKind::assign: return assign(stmt);
    case ast::StmtKind::call: return call(stmt, ast::HandlerKind::handler);
    case ast::StmtKind::fault: return call(stmt, ast::HandlerKind::fault);
    case ast::StmtKind::if_: return if_(stmt);
    case ast::StmtKind::loop: return loop(stmt);
    case ast::StmtKind::for_each: return for_each(stmt);
    case ast::StmtKind::atomic: return atomic(stmt);
    case ast::StmtKind::return_: return return_(stmt);
    case ast::StmtKind::fail: return fail(stmt.span);
    case ast::StmtKind::break_:
    case ast::StmtKind::continue_:
        if (loops_.empty())
            return e_.complain(stmt.span, "there is no loop here to leave or repeat");
        if (stmt.kind == ast::StmtKind::break_)
            loops_.back().breaks.push_back(e_.emit(Code::jump));
        else
            e_.emit(Code::jump, 0, 0, 0, 0, loops_.back().start);
        return;
    case ast::StmtKind::assert_: {
        begin_step(stmt);
        auto c = context();
        const Value value = x_.truth(stmt.value[0], c);
        e_.emit(Code::assert_, e_.in_register(value, stmt.span));
        return;
    }
    }
}

void Handlers::if_(const ast::Stmt& stmt) {
    // A guard that the flags decide is no step: its other branch does not exist.
    auto& program = e_.program();
    const auto code = program.code.size();
    const auto rests = program.rests.size();
    const auto statements = program.statements.size();
    const bool begun = atomic_begun_;
    begin_step(stmt);
    auto c = context();
    const Value value = x_.truth(stmt.value[0], c);
    if (value.type == Type::error) return;
    if (value.constant) {
        e_.shrink(code);
        program.rests.resize(rests);
        program.statements.resize(statements);
        atomic_begun_ = begun;
        const ast::Block& chosen = value.number != 0 ? stmt.body : stmt.other;
        block(chosen);
        left_ = left_ || (!chosen.empty() && always_leaves(chosen.back()));
        return;
    }
    const std::uint16_t skip = e_.emit(Code::jump_unless, value.reg);
    program.guards.push_back({skip, stmt.span});
    block(stmt.body);
    left_ = false;
    if (stmt.other.empty()) {
        e_.set_target(skip, e_.here());
        return;
    }
    const std::uint16_t out = e_.emit(Code::jump);
    e_.set_target(skip, e_.here());
    block(stmt.other);
    left_ = false;
    e_.set_target(out, e_.here());
}

void Handlers::loop(const ast::Stmt& stmt) {
    loops_.push_back({e_.here(), {}});
    block(stmt.body);
    left_ = false;
    e_.emit(Code::jump, 0, 0, 0, 0, loops_.back().start);
    const auto breaks = std::move(loops_.back().breaks);
    loops_.pop_back();
    e_.set_targets(breaks, e_.here());
}

void Handlers::set_va(unsigned reg) {
    // Thread word 1, where Field::op_va stands; a fixed place, not a local.
    e_.emit(Code::store_local, reg, 1, info(Field::op_va).shift, info(Field::op_va).mask(), 1);
    e_.emit(Code::move, Reg::va, reg);
}

// rmap_walk(): each look for the next PTE is a step, made without its lock.
void Handlers::for_each_mapping(const ast::Stmt& stmt) {
    if (stmt.name != "mapping" && stmt.name != "migration_entry")
        return e_.complain(stmt.span, "a page has no '" + stmt.name + "'",
                           did_you_mean(stmt.name, {"mapping", "migration_entry"}));
    const std::uint16_t start = e_.here();
    begin_step(stmt);
    auto c = context();
    const Value page = x_.compile(stmt.value[0], c, Type::page);
    if (page.type != Type::page) return;
    const std::uint8_t from = e_.in_register(page, stmt.span);
    const std::uint8_t found = e_.scratch(stmt.span);
    e_.emit(Code::next_mapping, found, from, 0, stmt.name == "migration_entry");
    const std::uint16_t out = e_.emit(Code::jump_unless, found);
    e_.program().guards.push_back({out, stmt.span});
    loops_.push_back({start, {}});
    block(stmt.body);
    left_ = false;
    e_.emit(Code::jump, 0, 0, 0, 0, start);
    const auto breaks = std::move(loops_.back().breaks);
    loops_.pop_back();
    e_.set_target(out, e_.here());
    e_.set_targets(breaks, e_.here());
}

void Handlers::for_each(const ast::Stmt& stmt) {
    if (!stmt.value.empty()) return for_each_mapping(stmt);
    if (stmt.name != "va")
        return e_.complain(stmt.span,
                           "a handler loops over virtual pages or over what maps a page: "
                           "for each va, for each mapping of page, for each "
                           "migration_entry of page");
    auto& names = frames_.back().names;
    if (names.find("va") != names.end())
        return e_.complain(stmt.span, "'va' is a parameter here already");
    names.insert_or_assign("va", Variable{Type::va, Variable::Kind::reg, 0, Reg::va, {}});
    const unsigned pages = e_.program().world.pages;
    if (pages == 1) {
        block(stmt.body);
    } else {
        const std::uint16_t start = e_.here();
        block(stmt.body);
        e_.free_scratch();
        const std::uint8_t va = e_.scratch(stmt.span);
        const std::uint8_t one = e_.scratch(stmt.span);
        const std::uint8_t more = e_.scratch(stmt.span);
        e_.emit(Code::imm, one, 0, 0, 1);
        e_.emit(Code::add, va, Reg::va, one);
        e_.emit(Code::imm, one, 0, 0, pages);
        e_.emit(Code::lt, more, va, one);
        const std::uint16_t out = e_.emit(Code::jump_unless, more);
        set_va(va);
        e_.emit(Code::jump, 0, 0, 0, 0, start);
        e_.set_target(out, e_.here());
        e_.emit(Code::imm, va, 0, 0, 0);
        set_va(va);
    }
    frames_.back().names.erase("va");
}

void Handlers::atomic(const ast::Stmt& stmt) {
    if (atomic_ == 0) atomic_begun_ = false;
    ++atomic_;
    block(stmt.body);
    left_ = false;
    --atomic_;
}

// The whole operation ends without a page, also where another one runs the GUP.
void Handlers::fail(const SourceSpan& span) {
    // Its faults and handlers may say so as well.
    const auto frame =
        std::find_if(frames_.rbegin(), frames_.rend(), [](const Frame& f) { return f.operation; });
    if (frame == frames_.rend() || !(gup_ || frame->result))
        return e_.complain(span, "only a GUP can fail");
    end(frame->result ? EndOf::plain : EndOf::failed_gup);
}

bool Handlers::is_operation(const ast::Expr& value) const {
    return value.kind == ast::ExprKind::call &&
           d_.handler(ast::HandlerKind::operation, value.name) != nullptr;
}

void Handlers::return_(const ast::Stmt& stmt) {
    const auto leave = [&] { frames_.back().returns.push_back(e_.emit(Code::jump)); };
    const Frame& frame = frames_.back();
    if (stmt.value.empty()) {
        if (frame.operation) return end(gup_ && !frame.result ? EndOf::failed_gup : EndOf::plain);
        return leave();
    }
    const auto result = frame.result;
    if (!frame.operation || !(gup_ || result))
        return e_.complain(stmt.span, "only a GUP returns something");
    const ast::Expr& value = stmt.value[0];
    if (is_operation(value)) {
        call(value, ast::HandlerKind::operation, true, result);
        if (result) leave();
        return;
    }
    auto c = context();
    const Value page = x_.compile(value, c, Type::page);
    if (page.type != Type::page) return;
    if (!result) return end(EndOf::gup, e_.in_register(page, stmt.span));
    e_.emit(Code::store_local, e_.in_register(page, stmt.span), 0, 0,
            static_cast<unsigned>(*result));
    leave();
}

void Handlers::call(const ast::Stmt& stmt, ast::HandlerKind kind) {
    call(stmt.value[0], kind, false);
}

void Handlers::call(const ast::Expr& expr, ast::HandlerKind kind, bool operation,
                    std::optional<std::int64_t> result) {
    const ast::Handler* handler = d_.handler(kind, expr.name);
    if (handler == nullptr) {
        const std::string what = kind == ast::HandlerKind::fault ? "fault" : "handler";
        return e_.complain(expr.span, "there is no " + what + " '" + expr.name + "'",
                           did_you_mean(expr.name, d_.handler_names(kind)));
    }
    if (handler->parameters.size() != expr.operands.size())
        return e_.complain(
            expr.span, "'" + expr.name + "' takes " + std::to_string(handler->parameters.size()) +
                           " arguments, not " + std::to_string(expr.operands.size()));
    Names names;
    for (std::size_t i = 0; i < expr.operands.size(); ++i) {
        const ast::Expr& argument = expr.operands[i];
        if (argument.kind == ast::ExprKind::boolean) {
            names.insert_or_assign(
                handler->parameters[i],
                Variable{Type::boolean, Variable::Kind::constant, argument.number, 0, {}});
            continue;
        }
        const auto& own = frames_.back().names;
        const auto found = own.find(argument.name);
        if (argument.kind != ast::ExprKind::name || found == own.end())
            return e_.complain(argument.span, "pass a local, a parameter, true or false; what else "
                                              "a handler needs, it looks at in a step of its own");
        names.insert_or_assign(handler->parameters[i], found->second);
    }
    body(*handler, std::move(names), kind == ast::HandlerKind::fault, operation, result);
}

}  // namespace cowcheck
