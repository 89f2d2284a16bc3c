#include "model/compile/merge_rests.h"

#include "model/compile/flow.h"

#include <map>
#include <vector>

namespace cowcheck {

namespace {

using Signature = std::vector<std::uint32_t>;

std::vector<bool> reached_rests(const Program& program) {
    std::vector<bool> rests(program.rests.size(), false);
    std::vector<bool> seen(program.code.size(), false);
    std::vector<std::size_t> work;
    for (const OperationCode& operation : program.operations) work.push_back(operation.entry);
    while (!work.empty()) {
        const std::size_t at = work.back();
        work.pop_back();
        if (at >= program.code.size() || seen[at]) continue;
        seen[at] = true;
        if (program.code[at].code == Code::rest) rests[program.code[at].imm] = true;
        for (const std::uint16_t next : successors(program.code[at], at)) work.push_back(next);
    }
    return rests;
}

// What must be the same for rests to be one, besides what they do.
Signature own_signature(const Program& program, const Rest& rest) {
    const OperationInfo& about = info(program.operations[rest.operation].item.kind);
    Signature all{static_cast<std::uint32_t>(about.actor), static_cast<std::uint32_t>(about.needs),
                  rest.held};
    const auto place = [&](const FrameLocal& local) {
        all.push_back(local.word * 0x10000U + local.shift * 0x100U + local.present_shift);
    };
    all.push_back(rest.locals);
    for (unsigned i = 0; i < rest.locals; ++i) place(rest.frames[i]);
    all.push_back(rest.processes);
    for (unsigned i = 0; i < rest.processes; ++i) place(rest.mms[i]);
    all.insert(all.end(), rest.live.begin(), rest.live.end());
    return all;
}

// What the code after a rest does: its instructions in the order of a walk, with
// addresses as numbers of that order, and the rests that end it by their class.
class Walk {
public:
    Walk(const Program& program, const std::vector<std::uint32_t>& classes)
        : p_(program), classes_(classes) {}

    Signature from(std::size_t address) {
        visit(address);
        return std::move(signature_);
    }

private:
    void visit(std::size_t at) {
        while (p_.code[at].code == Code::jump) at = p_.code[at].target;
        const auto [place, fresh] = order_.emplace(at, static_cast<std::uint32_t>(order_.size()));
        signature_.push_back(place->second);
        if (!fresh) return;
        const Instruction& i = p_.code[at];
        signature_.push_back(static_cast<std::uint32_t>(i.code));
        if (i.code == Code::rest) {
            signature_.push_back(classes_[i.imm]);
            return;
        }
        signature_.push_back(i.a * 0x10000U + i.b * 0x100U + i.c);
        signature_.push_back(i.imm);
        for (const std::uint16_t next : successors(i, at)) visit(next);
    }

    const Program& p_;
    const std::vector<std::uint32_t>& classes_;
    std::map<std::size_t, std::uint32_t> order_;
    Signature signature_;
};

// The class of each rest; 0 is idle.
std::vector<std::uint32_t> bisimilar(const Program& program, const std::vector<bool>& reached) {
    std::vector<std::uint32_t> classes(program.rests.size(), 0);
    std::size_t count = 0;
    for (bool first = true;; first = false) {
        std::map<Signature, std::uint32_t> numbers;
        std::vector<std::uint32_t> next(classes.size(), 0);
        for (std::size_t r = 1; r < classes.size(); ++r) {
            if (!reached[r]) continue;
            Signature signature;
            if (first) {
                signature = own_signature(program, program.rests[r]);
            } else {
                signature = Walk(program, classes).from(program.rests[r].address + 1U);
                signature.push_back(classes[r]);
            }
            next[r] = numbers.emplace(std::move(signature), numbers.size() + 1).first->second;
        }
        classes = std::move(next);
        if (!first && numbers.size() == count) return classes;
        count = numbers.size();
    }
}

// One rest for each class, in the order of the first of each; class 0 goes.
void keep_one_of_each(Program& program, const std::vector<std::uint32_t>& classes) {
    std::vector<std::uint16_t> number(program.rests.size(), 0);
    std::map<std::uint32_t, std::uint16_t> first_of;
    std::vector<Rest> kept{program.rests[0]};
    for (std::size_t r = 1; r < program.rests.size(); ++r) {
        if (classes[r] == 0) continue;
        const auto [place, fresh] =
            first_of.emplace(classes[r], static_cast<std::uint16_t>(kept.size()));
        number[r] = place->second;
        if (fresh) {
            kept.push_back(std::move(program.rests[r]));
            continue;
        }
        Rest& rest = kept[place->second];
        // Of one class are rests that go by the same; what is known at some is more than needed.
        rest.counted |= program.rests[r].counted;
        if (rest.operation != program.rests[r].operation)
            rest.others.push_back(program.rests[r].operation);
    }
    for (Instruction& i : program.code)
        if (i.code == Code::rest) i.imm = number[i.imm];
    program.rests = std::move(kept);
}

}  // namespace

void merge_rests(Program& program) {
    keep_one_of_each(program, bisimilar(program, reached_rests(program)));
}

void drop_unreached_rests(Program& program) {
    const std::vector<bool> reached = reached_rests(program);
    std::vector<std::uint32_t> classes(reached.size(), 0);
    for (std::size_t r = 1; r < reached.size(); ++r)
        classes[r] = reached[r] ? static_cast<std::uint32_t>(r) : 0;
    keep_one_of_each(program, classes);
}

}  // namespace cowcheck
