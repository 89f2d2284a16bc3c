// Who holds pages: an io_uring with a registered buffer (FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE), and
// a pipe that vmsplice() has put a page into (FOLL_GET).
#include "lab/agent/shared.h"

#include <linux/io_uring.h>

namespace cowcheck::agent {

namespace {

struct Ring {
    int fd = -1;
    int disk = -1;  // what is written there was read from memory, and the other way round
    unsigned* sq_tail = nullptr;
    unsigned* sq_array = nullptr;
    unsigned sq_mask = 0;
    unsigned* cq_head = nullptr;
    unsigned* cq_tail = nullptr;
    unsigned cq_mask = 0;
    io_uring_sqe* sqes = nullptr;
    io_uring_cqe* cqes = nullptr;
};
Ring rings[wire::max_pins];

struct Buffer {
    std::uint64_t address;
    std::uint64_t size;
};

template <class T>
T* at(long base, unsigned offset) {
    return reinterpret_cast<T*>(base + offset);
}

bool make_ring(Ring& ring) {
    io_uring_params params{};
    const long fd = call(__NR_io_uring_setup, 4, &params);
    if (fd < 0) return false;
    ring.fd = static_cast<int>(fd);
    const long sq = call(__NR_mmap, 0, base_page, prot_read | prot_write, map_shared, fd,
                         IORING_OFF_SQ_RING);
    const long cq = call(__NR_mmap, 0, base_page, prot_read | prot_write, map_shared, fd,
                         IORING_OFF_CQ_RING);
    const long sqes =
        call(__NR_mmap, 0, base_page, prot_read | prot_write, map_shared, fd, IORING_OFF_SQES);
    ring.disk = static_cast<int>(call(__NR_memfd_create, "disk", 1));
    if (sq < 0 || cq < 0 || sqes < 0 || ring.disk < 0) return false;
    ring.sq_tail = at<unsigned>(sq, params.sq_off.tail);
    ring.sq_array = at<unsigned>(sq, params.sq_off.array);
    ring.sq_mask = *at<unsigned>(sq, params.sq_off.ring_mask);
    ring.cq_head = at<unsigned>(cq, params.cq_off.head);
    ring.cq_tail = at<unsigned>(cq, params.cq_off.tail);
    ring.cq_mask = *at<unsigned>(cq, params.cq_off.ring_mask);
    ring.cqes = at<io_uring_cqe>(cq, params.cq_off.cqes);
    ring.sqes = at<io_uring_sqe>(sqes, 0);
    return true;
}

// One transfer of eight bytes between the buffer and the device's memory, to its end.
long transfer(unsigned pin, unsigned char opcode) {
    const Ring& ring = rings[pin];
    const unsigned tail = *ring.sq_tail;
    const unsigned index = tail & ring.sq_mask;
    io_uring_sqe& entry = ring.sqes[index];
    entry = {};
    entry.opcode = opcode;
    entry.fd = ring.disk;
    entry.addr = shared->pins[pin].address;
    entry.len = 8;
    ring.sq_array[index] = index;
    __atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
    const long entered =
        call(__NR_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0);
    if (entered < 0) return entered;
    const unsigned head = *ring.cq_head;
    if (__atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE) == head) return -einval;
    const long result = ring.cqes[head & ring.cq_mask].res;
    __atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
    return result;
}

}  // namespace

bool make_rings() {
    for (Ring& ring : rings)
        if (!make_ring(ring)) return false;
    return true;
}

Result ring_pin(unsigned pin, std::uint64_t address, std::uint64_t size) {
    if (rings[pin].fd < 0) return unable("no-io_uring");
    const Buffer buffer{address, size};
    const long result =
        call(__NR_io_uring_register, rings[pin].fd, IORING_REGISTER_BUFFERS, &buffer, 1);
    if (result < 0) return of_call(result);
    shared->pins[pin].address = address;
    shared->pins[pin].kind = Pin::Kind::ring;
    return ok();
}

Result ring_read(unsigned pin) {
    const long result = transfer(pin, IORING_OP_WRITE_FIXED);
    if (result != 8) return of_call(result < 0 ? result : -einval);
    std::uint64_t value = 0;
    call(__NR_pread64, rings[pin].disk, &value, sizeof value, 0);
    return of_value(value);
}

Result ring_write(unsigned pin, std::uint64_t value) {
    call(__NR_pwrite64, rings[pin].disk, &value, sizeof value, 0);
    const long result = transfer(pin, IORING_OP_READ_FIXED);
    return result == 8 ? of_value(value) : of_call(result < 0 ? result : -einval);
}

Result pipe_pin(unsigned pin, std::uint64_t address) {
    Pin& holder = shared->pins[pin];
    int ends[2] = {-1, -1};
    const long made = call(__NR_pipe2, ends, o_nonblock);
    if (made < 0) return of_call(made);
    const Buffer buffer{address, 8};
    const long result = call(__NR_vmsplice, ends[1], &buffer, 1, 0);
    holder.pipe_out = ends[0];
    holder.pipe_in = ends[1];
    holder.kind = Pin::Kind::pipe;
    return result == 8 ? ok() : of_call(result < 0 ? result : -einval);
}

// By way of a copy of the pipe, since reading takes the page out.
Result pipe_read(unsigned pin) {
    int copy[2] = {-1, -1};
    const long made = call(__NR_pipe2, copy, o_nonblock);
    if (made < 0) return of_call(made);
    std::uint64_t value = 0;
    long result = call(__NR_tee, shared->pins[pin].pipe_out, copy[1], 8, 0);
    if (result == 8) result = call(__NR_read, copy[0], &value, 8);
    call(__NR_close, copy[0]);
    call(__NR_close, copy[1]);
    return result == 8 ? of_value(value) : of_call(result < 0 ? result : -einval);
}

void drop_pin(unsigned pin) {
    Pin& holder = shared->pins[pin];
    if (holder.kind == Pin::Kind::ring)
        call(__NR_io_uring_register, rings[pin].fd, IORING_UNREGISTER_BUFFERS, nullptr, 0);
    for (int* end : {&holder.pipe_in, &holder.pipe_out}) {
        if (*end >= 0) call(__NR_close, *end);
        *end = -1;
    }
    holder.kind = Pin::Kind::none;
}

void drop_all_pins() {
    for (unsigned pin = 0; pin < wire::max_pins; ++pin) {
        drop_pin(pin);
        if (rings[pin].fd >= 0)
            call(__NR_io_uring_register, rings[pin].fd, IORING_UNREGISTER_BUFFERS, nullptr, 0);
    }
}

}  // namespace cowcheck::agent
