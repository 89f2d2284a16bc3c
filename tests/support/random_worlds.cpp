#include "tests/support/random_worlds.h"

#include "model/language/parse.h"

#include <algorithm>
#include <array>
#include <memory>

namespace cowcheck::test {

namespace {

// What `maps va N` takes, as the front end says it; nobody has to add to a list here.
struct Memory {
    std::string words;
    Backing backing = Backing::anonymous;
    bool needs_zeropage = false;
};

std::optional<World> one_page_world(const std::string& memory, bool zeropage, Diagnostics& out) {
    const SourceFile file{"random.world", "world random\ntitle \"random\"\npages 2\nframes 6\n" +
                                              std::string(zeropage ? "zeropage shared\n" : "") +
                                              "process parent {\n    maps va 0 " + memory +
                                              "\n    may read\n}\n"};
    const auto tree = parse_world(file, out);
    return tree ? resolve_world(*tree, out) : std::nullopt;
}

std::vector<Memory> ask_for_memory() {
    Diagnostics complaint;
    (void)one_page_world("nothing known", true, complaint);
    std::vector<Memory> all;
    if (complaint.empty()) return all;
    const std::string& message = complaint.front().message;
    for (std::size_t at = message.find('\''); at != std::string::npos;) {
        const std::size_t end = message.find('\'', at + 1);
        if (end == std::string::npos) break;
        const std::string words = message.substr(at + 1, end - at - 1);
        Diagnostics out;
        const auto world = one_page_world(words, true, out);
        if (world) {
            Diagnostics without;
            all.push_back({words, world->backing, !one_page_world(words, false, without)});
        }
        at = message.find('\'', end + 1);
    }
    return all;
}

const std::vector<Memory>& all_memory() {
    static const std::vector<Memory> all = ask_for_memory();
    return all;
}

// More than one operation or setting may be meant by one word.
struct Group {
    std::string_view name;
    std::vector<std::string_view> members;
};

const std::vector<Group>& groups() {
    static const std::vector<Group> all{
        {"swap", {"swap_out"}},
        {"migration", {"migrate"}},
        {"ksm", {"ksm_merge", "alike"}},
        {"uffd", {"uffd_wp_protect", "uffd_wp_resolve"}},
        {"secondary", {"secondary_fault", "secondary_read", "secondary_write"}},
        {"device", {"gup", "dma_read", "dma_write", "unpin"}},
        {"dontfork", {"madvise_dontfork", "fork"}},
        {"lazyfree", {"madvise_free", "swap_out"}},
        {"soft_dirty", {"clear_refs", "write"}},
    };
    return all;
}

constexpr std::array<std::string_view, 9> setting_features{
    "arm64",      "fresh_mapping", "zeropage", "lru_batches",    "wp_async",
    "event_fork", "transient",     "outside",  "three_processes"};
constexpr std::array<std::string_view, 5> memory_features{"anonymous", "thp", "hugetlb", "memfd",
                                                          "alike"};

class Maker {
public:
    Maker(Random& random, const std::vector<std::string>& features) : random_(random) {
        for (const std::string& feature : features) {
            wanted_.push_back(feature);
            for (const Group& group : groups())
                if (group.name == feature)
                    wanted_.insert(wanted_.end(), group.members.begin(), group.members.end());
        }
    }

    WorldDraft make() {
        choose_memory();
        choose_settings();
        processes();
        services();
        numbers();
        return std::move(draft_);
    }

private:
    bool wants(std::string_view feature) const {
        return std::find(wanted_.begin(), wanted_.end(), feature) != wanted_.end();
    }
    bool has(std::string_view feature, unsigned of_hundred) {
        return chance(random_, of_hundred) || wants(feature);
    }

    void choose_memory() {
        if (wants("thp"))
            backing_ = Backing::huge;
        else if (wants("hugetlb"))
            backing_ = wants("memfd") ? Backing::hugetlb_file : Backing::hugetlb;
        else if (wants("memfd"))
            backing_ = Backing::file;
        else if (wants("anonymous") || wants("alike") || chance(random_, 60))
            backing_ = Backing::anonymous;
        else
            backing_ = one_of(random_, all_memory()).backing;
        thp_ = backing_ == Backing::huge;
        zeropage_ = has("zeropage", 25);
        pages_ = thp_ ? 2U : 1U + (chance(random_, 25) ? 1U : 0U) + (chance(random_, 2) ? 1U : 0U);
    }

    void choose_settings() {
        auto& lines = draft_.settings;
        lines.emplace_back(has("arm64", 15) ? "arch arm64" : "arch x86");
        lines.push_back("pages " + std::to_string(pages_));
        if (zeropage_) lines.emplace_back("zeropage shared");
        if (has("lru_batches", thp_ ? 0 : 8)) lines.emplace_back("lru batches");
        if (has("wp_async", thp_ ? 0 : 8)) lines.emplace_back("uffd wp_async");
        if (has("event_fork", thp_ ? 0 : 8)) lines.emplace_back("uffd event_fork");
        if (has("fresh_mapping", 35)) lines.emplace_back("munmap leaves fresh mapping");
        if (has("transient", thp_ ? 0 : 3))
            lines.push_back("every page has transient references at most " +
                            std::to_string(1 + below(random_, 2)));
    }

    std::string memory() {
        std::vector<std::string> fit;
        for (const Memory& known : all_memory())
            if (known.backing == backing_ && (!known.needs_zeropage || zeropage_))
                fit.push_back(known.words);
        const auto ends = [&](std::string_view word) {
            for (const std::string& words : fit)
                if (words.ends_with(word)) return words;
            return fit.front();
        };
        if (wants("alike") && chance(random_, 60)) return ends("alike");
        if (backing_ != Backing::huge && chance(random_, 45)) return fit.front();
        return one_of(random_, fit);
    }

    // As a menu names it, with random flags.
    std::string item(const OperationInfo& operation) {
        std::string text(operation.name);
        if (operation.name == "write" &&
            (wants("ksm") || wants("alike") ? chance(random_, 50) : chance(random_, 5)))
            return text + "(zeroes)";
        if (operation.parameters.find("flags") == std::string_view::npos ||
            operation.actor == Actor::device)
            return text;
        text += chance(random_, 50) ? "(read" : "(write";
        if (operation.actor == Actor::secondary_mmu) {
            if (chance(random_, 50)) text += chance(random_, 50) ? ", get, keep" : ", get";
        } else {
            text += chance(random_, 50) ? ", get" : ", pin";
            if (chance(random_, 30)) text += ", longterm";
        }
        return text + ")";
    }

    void add(std::vector<std::string>& menu, const OperationInfo& operation) {
        const std::string text = item(operation);
        if (std::find(menu.begin(), menu.end(), text) == menu.end()) menu.push_back(text);
        takes_pins_ = takes_pins_ || operation.needs == Needs::pin_slot;
        swaps_ = swaps_ || operation.name == "swap_out";
    }

    // What is only for huge memory is rare elsewhere, and forbidden by nobody.
    bool fits(const OperationInfo& operation) {
        if (wants(operation.name)) return true;
        if (operation.name == "fork" && alone_) return false;
        const bool range = operation.name.ends_with("_range") ||
                           operation.name == "madvise_collapse" || operation.name == "khugepaged" ||
                           operation.name == "split_folio";
        if (range && !thp_) return chance(random_, 8);
        if (thp_ && (operation.name == "migrate" || operation.name == "ksm_merge" ||
                     operation.name == "swap_out"))
            return false;
        return true;
    }

    // `some` of the actor's operations, and those that are asked for.
    std::vector<std::string> menu_of(Actor actor, unsigned some) {
        std::vector<const OperationInfo*> known;
        for (const OperationInfo& operation : operation_table)
            if (operation.actor == actor && fits(operation)) known.push_back(&operation);
        std::vector<std::string> menu;
        for (const OperationInfo* operation : known)
            if (wants(operation->name)) add(menu, *operation);
        // What moves pages meets most of the rest.
        std::vector<const OperationInfo*> drawn = known;
        for (const OperationInfo* operation : known)
            if (operation->name == "swap_out" || operation->name == "migrate")
                drawn.push_back(operation);
        for (unsigned i = 0; i < some && !drawn.empty(); ++i) add(menu, *one_of(random_, drawn));
        return menu;
    }

    const OperationInfo& operation(std::string_view name) const {
        return *std::find_if(operation_table.begin(), operation_table.end(),
                             [&](const OperationInfo& one) { return one.name == name; });
    }

    void processes() {
        const unsigned count = wants("three_processes")                ? 3U
                               : !wants("fork") && chance(random_, 30) ? 1U
                               : chance(random_, 15)                   ? 3U
                                                                       : 2U;
        alone_ = count == 1;
        const bool twins = chance(random_, 20);  // processes that are alike can swap their places
        const char* const names[] = {"parent", "child", "third"};
        bool outside = has("outside", thp_ ? 0 : 4);
        for (unsigned i = 0; i < count; ++i) {
            WorldDraft::Process process;
            process.name = names[i];
            process.cpus = 1U + (chance(random_, i == 0 ? 45 : 10) ? 1U : 0U);
            process.starts_free = i > 0 && chance(random_, 85);
            if (!process.starts_free)
                for (unsigned va = 0; va < (thp_ ? 1 : pages_); ++va) {
                    if (va > 0 && chance(random_, 10)) continue;
                    const std::string words = outside ? "anonymous written" : memory();
                    const std::string place = std::to_string(va);
                    process.lines.push_back("maps va " + place + " " + words);
                    mapped_ += thp_ ? 2 : 1;
                    if (outside && backing_ == Backing::anonymous)
                        process.lines.push_back(
                            "page of va " + place + " has outside " +
                            (chance(random_, 50) ? "references " : "mappings ") + amount());
                    outside = false;
                }
            if (chance(random_, i == 0 ? 75 : 45)) add(process.menu, operation("write"));
            if (chance(random_, i == 0 ? 15 : 60)) add(process.menu, operation("read"));
            if (i == 0 && !alone_ && chance(random_, 80)) add(process.menu, operation("fork"));
            // What was asked for is the first one's.
            const std::vector<std::string> asked = i == 0 ? std::vector<std::string>() : wanted_;
            if (i > 0) wanted_.clear();
            for (const std::string& more :
                 menu_of(Actor::cpu, i == 0 ? 1 + below(random_, 3) : below(random_, 2)))
                if (std::find(process.menu.begin(), process.menu.end(), more) == process.menu.end())
                    process.menu.push_back(more);
            if (i > 0) wanted_ = asked;
            if (twins && i > 0) {
                process.menu = draft_.processes.front().menu;
                process.cpus = draft_.processes.front().cpus;
            }
            if (process.menu.empty()) add(process.menu, operation("read"));
            draft_.processes.push_back(std::move(process));
        }
    }

    std::string amount() {
        const std::string low = std::to_string(below(random_, 3));
        switch (below(random_, 3)) {
        case 0: return "any number";
        case 1: return "at least " + low;
        default: return low + " .. " + std::to_string(2 + below(random_, 3));
        }
    }

    void service(const char* name, Actor actor, unsigned of_hundred) {
        const unsigned some = chance(random_, of_hundred) ? 1 + below(random_, 2) : 0;
        std::vector<std::string> menu = menu_of(actor, some);
        if (!menu.empty()) draft_.services.push_back({name, std::move(menu)});
    }

    void services() {
        service("monitor", Actor::monitor, 30);
        service("procfs", Actor::procfs, 22);
        service("kernel", Actor::kernel, 52);
        service("secondary_mmu", Actor::secondary_mmu, thp_ ? 0 : 16);
        service("device", Actor::device, takes_pins_ ? 70 : 0);
    }

    // Those that are about how much there is, once it is known what for.
    void numbers() {
        draft_.settings.push_back(
            "frames " + std::to_string(std::min(mapped_ + (thp_ ? 1 : 0) + 1 + below(random_, 3),
                                                thp_ ? 8U : 7U)));
        draft_.settings.push_back(
            "pins " + std::to_string(takes_pins_ ? 1 + below(random_, 2) : below(random_, 10) / 9));
    }

    Random& random_;
    std::vector<std::string> wanted_;
    WorldDraft draft_;
    Backing backing_ = Backing::anonymous;
    bool thp_ = false;
    bool zeropage_ = false;
    bool alone_ = false;
    bool takes_pins_ = false;
    bool swaps_ = false;
    unsigned pages_ = 1;
    unsigned mapped_ = 0;
};

std::string list(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
    return text;
}

}  // namespace

std::string WorldDraft::text() const {
    std::string text = "world random\ntitle \"random\"\n";
    for (const std::string& setting : settings) text += setting + "\n";
    for (const Process& process : processes) {
        text += "process " + process.name + " {\n";
        if (process.starts_free) text += "    starts free\n";
        text += "    cpus " + std::to_string(process.cpus) + "\n";
        for (const std::string& line : process.lines) text += "    " + line + "\n";
        if (!process.menu.empty()) text += "    may " + list(process.menu) + "\n";
        text += "}\n";
    }
    for (const Service& service : services)
        if (!service.menu.empty()) text += service.name + " { may " + list(service.menu) + " }\n";
    return text;
}

std::vector<std::string> feature_names() {
    std::vector<std::string> names;
    for (const Group& group : groups()) names.emplace_back(group.name);
    names.insert(names.end(), memory_features.begin(), memory_features.end());
    names.insert(names.end(), setting_features.begin(), setting_features.end());
    for (const OperationInfo& operation : operation_table) names.emplace_back(operation.name);
    return names;
}

std::optional<World> try_world(const std::string& text) {
    const SourceFile file{"random.world", text};
    Diagnostics out;
    const auto tree = parse_world(file, out);
    if (!tree) return std::nullopt;
    auto world = resolve_world(*tree, out);
    if (!out.empty()) return std::nullopt;
    return world;
}

WorldDraft wide_world(Random& random, const std::vector<std::string>& features) {
    for (unsigned tried = 0;; ++tried) {
        // What does not go together is given up in the end.
        WorldDraft draft =
            Maker(random, tried < 200 ? features : std::vector<std::string>()).make();
        if (try_world(draft.text())) return draft;
    }
}

}  // namespace cowcheck::test
