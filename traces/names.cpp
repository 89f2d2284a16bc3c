#include "traces/names.h"

#include <algorithm>
#include <cctype>

namespace cowcheck {

namespace {

std::string upper_initial(std::string_view name) {
    if (name.empty()) return {};
    return {static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])))};
}

}  // namespace

std::string frame_name(const Program& program, unsigned frame) {
    const World& world = program.world;
    if (world.zeropage && frame == world.frames) return "zeropage";
    if (world.has_huge_zeropage() && frame == world.huge_zeropage_frame()) return "huge zeropage";
    if (world.swap() && frame == world.swap_frame()) return "swap";
    if (world.file() && frame >= world.file_frame())
        return world.pages == 1 ? "file page"
                                : "file page " + std::to_string(frame - world.file_frame());
    return {static_cast<char>('A' + frame)};
}

std::string process_name(const Program& program, unsigned mm) {
    return program.world.processes[mm].name;
}

std::string pin_name(unsigned pin) { return "pin" + std::to_string(pin); }

std::string tlb_name(const Thread& thread, unsigned va) {
    return thread.name + ".tlb[" + std::to_string(va) + "]";
}

std::string pte_text(const Program& program, unsigned pte) {
    const auto with_flags = [](std::string text, unsigned bits) {
        for (const PteFlag& flag : pte_flags)
            if (flag.told && (bits & flag.bit) != 0) text += " " + std::string(flag.name);
        return text;
    };
    if ((pte & PteBit::present) != 0)
        return with_flags(frame_name(program, pte >> PteBit::frame_shift), pte);
    if ((pte & PteBit::swap) == 0) return "none";
    if (program.world.thp()) return "page table";
    // From `special` on the bits say something else than in a present PTE.
    return with_flags(is_migration_entry(pte)
                          ? "migration entry of " + frame_name(program, pte >> PteBit::frame_shift)
                          : "swap entry",
                      pte & (PteBit::special - 1U)) +
           ((pte & PteBit::exclusive) != 0 ? " exclusive" : "");
}

TraceOperation call_of(const MenuItem& item) {
    return {std::string(info(item.kind).name), flag_names(item)};
}

TracePlace place_of(const SourceSpan& span) {
    if (span.file == nullptr || span.line == 0) return {};
    return {span.file->name, span.line, span.column};
}

ValueNames::ValueNames(const Program& program)
    : frames_(program.layout.size(Scope::page)), expected_(program.layout.size(Scope::pte)) {
    const auto taken = [&](const std::string& prefix) {
        return prefix == "D" || std::any_of(sources_.begin(), sources_.end(),
                                            [&](const Source& s) { return s.prefix == prefix; });
    };
    for (const Process& process : program.world.processes) {
        const std::string initial = upper_initial(process.name);
        sources_.push_back({process.name, taken(initial) ? process.name + "." : initial});
    }
    sources_.push_back({"the device", "D", 1});
    const Layout& l = program.layout;
    for (unsigned f = 0; f < frames_.size(); ++f)
        if (l.get(program.start, Field::zeroed, f) != 0) frames_[f] = "0";
    for (unsigned i = 0; i < expected_.size(); ++i) {
        const unsigned pte = l.leaf(program.start, i / l.pages, i % l.pages);
        const unsigned frame = pte >> PteBit::frame_shift;
        if ((pte & PteBit::present) == 0 || !frames_[frame].empty()) continue;
        const unsigned expected = l.get(program.start, Field::expected, frame);
        for (unsigned f = 0; f < frames_.size(); ++f)  // memory that is alike
            if ((l.get(program.start, Field::expected, f) & expected) != 0 && !frames_[f].empty())
                frames_[frame] = frames_[f];
        if (frames_[frame].empty()) frames_[frame] = fresh(sources_[i / l.pages]);
    }
    for (Source& source : sources_) source.next = std::max(source.next, 1U);
    settle(program, program.start);
}

void ValueNames::stored(unsigned mm, unsigned frame) { frames_[frame] = fresh(sources_[mm]); }

void ValueNames::dma_written(unsigned frame) { frames_[frame] = fresh(sources_.back()); }

void ValueNames::settle(const Program& program, const State& state) {
    const Layout& l = program.layout;
    for (unsigned i = 0; i < expected_.size(); ++i) {
        if (l.get(state, Field::expects_zero, i) != 0) expected_[i] = "0";
        for (unsigned f = 0; f < frames_.size(); ++f)
            if (((l.get(state, Field::expected, f) >> i) & 1U) != 0) expected_[i] = frames_[f];
    }
}

std::string ValueNames::author(const std::string& value) const {
    const auto found = authors_.find(value);
    return found == authors_.end() ? std::string() : found->second;
}

std::string ValueNames::fresh(Source& source) {
    std::string value = source.prefix + std::to_string(source.next++);
    authors_.emplace(value, source.name);
    return value;
}

}  // namespace cowcheck
