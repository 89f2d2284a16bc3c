// What the text of all operations together says about a field: who reads and writes it, and
// which locks are held wherever that happens.
#pragma once

#include "model/isa/effects.h"
#include "model/machine/program.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace cowcheck {

class FieldAccess {
public:
    static constexpr std::size_t actor_count = static_cast<std::size_t>(Actor::device) + 1;

    struct Access {
        std::uint8_t reads = 0xff;   // locks that are held wherever it is read
        std::uint8_t writes = 0xff;  // ... and wherever it is written
        std::array<std::uint8_t, actor_count> writes_by{};  // the same, by who writes it
        std::array<bool, actor_count> read_by{};
        bool read = false;
        bool asked = false;  // by a check of an event, whoever raises it
        bool written = false;
        std::optional<std::uint16_t> only_value;  // every store stores this constant

        Access() { writes_by.fill(0xff); }
    };

    // `program` must outlive it.
    explicit FieldAccess(const Program& program);

    [[nodiscard]] const Access& of(Field field) const {
        return access_[static_cast<std::size_t>(field)];
    }
    [[nodiscard]] bool always_under(Field field, std::uint8_t lock, bool readers_too) const {
        return (of(field).writes & lock) != 0 && (!readers_too || (of(field).reads & lock) != 0);
    }
    // Whether no other thread can change the field while this one rests here: they would need
    // mmap_lock in a way that excludes how it is held here.
    [[nodiscard]] bool others_excluded(Field field, const Rest& rest) const;
    // Whether the text of another thread than the one that rests here reads the field at all.
    [[nodiscard]] bool others_read(Field field, const Rest& rest) const;

    [[nodiscard]] bool trylock() const { return trylock_; }    // of a page: looks without waiting
    [[nodiscard]] bool seq_read() const { return seq_read_; }  // mm.write_protect_seq
    // A PTE may be writable and clean: the walk changes it, without a lock.
    [[nodiscard]] bool clean_writable() const { return clean_writable_; }

private:
    [[nodiscard]] Actor actor_of(const Rest& rest) const;
    [[nodiscard]] std::uint8_t locks_at(const Rest& rest) const;
    [[nodiscard]] bool is_of_others(std::size_t actor, const Rest& rest) const;
    void note(std::size_t at, std::uint8_t locks, Actor actor);
    [[nodiscard]] bool is_of_new_process(std::size_t at) const;
    template <class Visit>
    void each_field(FieldSet set, Visit&& visit) {
        for (std::size_t field = 0; field < access_.size(); ++field)
            if ((set >> field & 1U) != 0) visit(access_[field]);
    }
    void note_value(std::size_t at);
    [[nodiscard]] bool sets_dirty_too(std::size_t at) const;
    [[nodiscard]] bool takes_writable_too(std::size_t at) const;
    [[nodiscard]] bool puts_beside(std::size_t at, std::uint16_t bit, int constant) const;
    [[nodiscard]] int constant_before(std::size_t at) const;

    const Program& p_;
    std::vector<bool> after_start_;  // by address: a child may have been started before
    std::array<Access, field_table.size()> access_{};
    bool trylock_ = false;
    bool seq_read_ = false;
    bool clean_writable_ = false;
};

// Whether nobody changes a page table without its lock; a child's that does not run yet is
// nobody's but its parent's.
[[nodiscard]] bool page_tables_are_locked(const Program& program);

}  // namespace cowcheck
