// What is explored, saved and loaded is what is explored in one go.
#include "tests/support/reference_explorer.h"
#include "tests/support/worlds.h"
#include "verify/run/bad_input.h"
#include "verify/run/checkpoint.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

namespace fs = std::filesystem;

class Memory : public ByteSink {
public:
    void write(std::span<const std::byte> more) override {
        bytes.insert(bytes.end(), more.begin(), more.end());
    }
    std::vector<std::byte> bytes;
};

class FromMemory : public ByteSource {
public:
    explicit FromMemory(const std::vector<std::byte>& bytes) : left_(bytes) {}
    ~FromMemory() override { CHECK(left_.empty()); }
    void read(std::span<std::byte> into) override {
        REQUIRE(into.size() <= left_.size());
        std::copy_n(left_.begin(), into.size(), into.begin());
        left_ = left_.subspan(into.size());
    }

private:
    std::span<const std::byte> left_;
};

// All that an exploration says.
struct Told {
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    int depth = 0;
    bool exhausted = false;
    bool decided = false;
    bool waited_for_frame = false;
    std::uint32_t reached = 0;
    std::vector<std::vector<Action>> violations;
    std::vector<std::vector<Action>> reached_at;

    bool operator==(const Told&) const = default;
};

doctest::String toString(const Told& t) {
    const std::string text =
        std::to_string(t.states) + " states, " + std::to_string(t.transitions) +
        " transitions, depth " + std::to_string(t.depth) + (t.exhausted ? ", exhausted" : "") +
        (t.decided ? ", decided" : "") + (t.waited_for_frame ? ", waited for frame" : "") + ", " +
        std::to_string(t.violations.size()) + " violations, reached " + std::to_string(t.reached) +
        " at " + std::to_string(t.reached_at.size());
    return text.c_str();
}

Told told(const Explorer& explorer) {
    Told all{explorer.states(),
             explorer.transitions(),
             explorer.depth(),
             explorer.exhausted(),
             explorer.decided(),
             explorer.waited_for_frame(),
             explorer.reached(),
             {},
             {}};
    for (const Violation& one : explorer.violations())
        all.violations.push_back(explorer.trace(one));
    for (const Violation& one : explorer.reached_at())
        all.reached_at.push_back(explorer.trace(one));
    return all;
}

void explore_to(Explorer& explorer, int depth, const Rests* rests = nullptr) {
    const Stop no_stop;
    while (explorer.depth() < depth && !explorer.exhausted() && !explorer.decided())
        REQUIRE(explorer.deepen(no_stop, rests) == StopReason::none);
}

struct Case {
    std::string world;
    int depth;
    bool symmetry;
    bool joined;
    std::uint32_t until_decided = 0;
};

}  // namespace

TEST_CASE("an exploration that is loaded from any of its rests finds what it would have found") {
    for (const Case& c : {Case{"default", 3, true, true}, Case{"default", 2, false, false},
                          Case{"migration", 3, true, true}, Case{"zeropage", 2, false, true},
                          Case{twins, 4, true, false}, Case{"default", 9, true, true, 1U}})
        for (const std::string design : {"v5.7", "v5.9"}) {
            INFO(design << " in " << c.world.substr(0, 30) << " " << c.depth);
            const Program program = compiled(design, c.world, c.joined);
            ExploreOptions options{
                .threads = 2, .symmetry = c.symmetry, .until_decided = c.until_decided};
            Explorer in_one_go(program, options);
            explore_to(in_one_go, c.depth);
            const Told expected = told(in_one_go);

            Explorer saved(program, options);
            std::deque<Memory> snapshots;
            std::size_t asked = 0;
            const Rests rests{[&] { return ++asked % 7 == 0; },
                              [&] { saved.save(snapshots.emplace_back()); }};
            explore_to(saved, c.depth, &rests);
            CHECK(told(saved) == expected);  // to rest changes nothing
            saved.save(snapshots.emplace_back());
            REQUIRE(snapshots.size() > 3);
            const std::size_t every = std::max<std::size_t>(1, snapshots.size() / 6);
            for (std::size_t i = 0; i < snapshots.size(); i += every) {
                options.threads = 1 + static_cast<unsigned>(i % 3);
                options.partitions = saved.partitions();
                Explorer loaded(program, options);
                FromMemory from(snapshots[i].bytes);
                loaded.load(from);
                explore_to(loaded, c.depth);
                CHECK(told(loaded) == expected);
            }
        }
}

TEST_CASE("an exploration that a limit has stopped goes on from its last rest") {
    const Program program = compiled("v5.9", "default", true);
    Explorer in_one_go(program, {});
    explore_to(in_one_go, 4);
    Explorer stopped(program, {});
    Memory snapshot;
    const Rests rests{[] { return false; }, [&] { stopped.save(snapshot); }};
    Stop stop;
    stop.max_states = in_one_go.states() / 2;
    while (stopped.deepen(stop, &rests) == StopReason::none) {}
    CHECK(stopped.states() < in_one_go.states());
    Explorer loaded(program, {});
    {
        FromMemory from(snapshot.bytes);
        loaded.load(from);
    }
    CHECK(loaded.states() == stopped.states());
    explore_to(loaded, 4);
    CHECK(told(loaded) == told(in_one_go));
}

namespace {

struct Folder {
    fs::path path = fs::temp_directory_path() / ("cowcheck-checkpoint-" + std::to_string(getpid()));
    ~Folder() { fs::remove_all(path); }
    [[nodiscard]] std::string file() const { return path / "run-0.checkpoint"; }
};

const Identity ours{{{"the world", "default"}, {"the text of the world", "0123", false}}};

std::string written(CheckpointFolder& folder, const std::string& content) {
    return folder.write(0, ours,
                        [&](ByteSink& sink) { sink.write(std::as_bytes(std::span(content))); });
}

std::string read(CheckpointFolder& folder, std::size_t bytes, const Identity& identity = ours) {
    const auto source = folder.open(0, identity);
    if (source == nullptr) return "nothing";
    std::string content(bytes, ' ');
    source->read(std::as_writable_bytes(std::span(content)));
    return content;
}

std::string why_refused(CheckpointFolder& folder, const Identity& identity = ours) {
    try {
        (void)folder.open(0, identity);
    } catch (const BadInput& error) {
        return error.what();
    }
    return "taken";
}

}  // namespace

TEST_CASE("what was written last is what is read") {
    const Folder place;
    CheckpointFolder folder(place.path);
    CHECK(read(folder, 0) == "nothing");
    CHECK(written(folder, "one").empty());
    const std::string large(5'000'000, 'x');
    CHECK(written(folder, large).empty());
    CHECK(read(folder, large.size()) == large);
    folder.clear();
    CHECK(read(folder, 0) == "nothing");
}

TEST_CASE("what could not be written leaves what was there before") {
    const Folder place;
    CheckpointFolder folder(place.path);
    CHECK(written(folder, "one").empty());
    const std::string why = folder.write(0, ours, [](ByteSink& sink) {
        sink.write(std::as_bytes(std::span("two", 3)));
        throw SnapshotError("the disk is full");
    });
    CHECK(why.ends_with("the disk is full"));
    CHECK(read(folder, 3) == "one");
    CHECK(std::distance(fs::directory_iterator(place.path), fs::directory_iterator()) == 2);
}

TEST_CASE("a checkpoint with any bit turned, or a part missing, is refused") {
    const Folder place;
    CheckpointFolder folder(place.path);
    REQUIRE(written(folder, "some states, and what was found among them").empty());
    std::ifstream in(place.file(), std::ios::binary);
    const std::string good{std::istreambuf_iterator<char>(in), {}};
    const auto put_back = [&](const std::string& text) {
        std::ofstream(place.file(), std::ios::binary | std::ios::trunc) << text;
    };
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string damaged = good;
        damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
        put_back(damaged);
        INFO(i);
        CHECK(why_refused(folder).find("its checksum does not match") != std::string::npos);
        put_back(good.substr(0, i));
        CHECK(why_refused(folder).find("can't go on from") != std::string::npos);
    }
    put_back(good + "x");
    CHECK(why_refused(folder).find("its checksum does not match") != std::string::npos);
    put_back(good);
    CHECK(why_refused(folder) == "taken");
}

TEST_CASE("a checkpoint of something else is refused, and what differs is named") {
    const Folder place;
    CheckpointFolder folder(place.path);
    REQUIRE(written(folder, "states").empty());
    Identity other = ours;
    other.parts[0].value = "two-pages";
    CHECK(why_refused(folder, other).find("the world is 'default' there, and 'two-pages' here") !=
          std::string::npos);
    other = ours;
    other.parts[1].value = "4567";
    CHECK(why_refused(folder, other).find("the text of the world is another one") !=
          std::string::npos);
}

TEST_CASE("two processes, or two checks, do not write to one folder") {
    const Folder place;
    const CheckpointFolder folder(place.path);
    CHECK_THROWS_WITH_AS(CheckpointFolder(place.path.string()),
                         doctest::Contains("another cowcheck is using"), BadInput);
}
