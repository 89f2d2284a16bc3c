#include "lab/cpio.h"
#include "lab/kernel.h"
#include "lab/wire_text.h"

#include <doctest/doctest.h>

using namespace cowcheck;

TEST_CASE("a newc archive has headers of 110 bytes, names and contents at multiples of four") {
    const std::string archive =
        newc_archive({{"init", 0100755, "hello", 0, 0}, {"dev/console", 0020600, {}, 5, 1}});
    CHECK(archive.size() % 512 == 0);
    CHECK(archive.substr(0, 14) == "07070100000001");
    CHECK(archive.substr(14, 8) == "000081ED");  // mode
    CHECK(archive.substr(54, 8) == "00000005");  // size of the content
    CHECK(archive.substr(94, 8) == "00000005");  // size of the name, with its end
    CHECK(archive.substr(110, 5) == std::string("init\0", 5));
    CHECK(archive.substr(116, 5) == "hello");                   // 115 rounded up
    CHECK(archive.substr(124, 6) == "070701");                  // 121 rounded up
    CHECK(archive.substr(124 + 78, 16) == "0000000500000001");  // the device's numbers
    CHECK(archive.find("TRAILER!!!") != std::string::npos);
}

TEST_CASE("a swap header names its last page and has the signature at the end of the page") {
    const std::string header = swap_header(64);
    REQUIRE(header.size() == 4096);
    CHECK(header.substr(4086) == "SWAPSPACE2");
    CHECK(header[1024] == 1);
    CHECK(header.substr(1028, 4) == std::string("\xff\x3f\0\0", 4));  // 16384 pages, from 0 on
}

TEST_CASE("the console of a kernel that crashed is told by what it said of the crash") {
    CHECK(
        last_words("[ 1.0] fine\r\n[ 2.2] Kernel panic - not syncing: VFS\r\n[ 2.3] CPU: 0\r\n") ==
        "Kernel panic - not syncing: VFS");
    CHECK(last_words("[ 1.0] one\r\n[ 2.0] two\r\n") == "[ 2.0] two");
    CHECK(last_words("").empty());
}

TEST_CASE("a program for the agent is one line a step") {
    using wire::Operation;
    std::vector<wire::Step> steps(2);
    steps[0].operation = Operation::write;
    steps[0].slot = 1;
    steps[0].arguments = {1, 18, 0, 0};
    steps[1].operation = Operation::protect;
    steps[1].group = 1;
    steps[1].branch = 2;
    steps[1].arguments = {0, 1, 1, 0};
    CHECK(wire::program_text(7, 3, 5, steps) ==
          "program 7 repeat 3 seed 5\n0 0 1.0 write 1 18\n1 2 - protect 0 1 1\ngo\n");
}

TEST_CASE("what the agent says is read, and what it cannot have said is not") {
    const auto hello = wire::parse_hello("hello 1 6.12.1-cloud 14046 has ksm swap\r");
    REQUIRE(hello);
    CHECK(hello->release == "6.12.1-cloud");
    CHECK(hello->zeropage == 14046);
    CHECK(hello->has.contains("ksm"));
    CHECK_FALSE(wire::parse_hello("hello 2 6.12.1 14046 has ksm"));
    CHECK_FALSE(wire::parse_hello("[ 1.0] Linux version"));

    const auto results =
        wire::parse_results("did 4 o v12 e14 f w u p81000000002fa59d n3 sno-THP", 4);
    REQUIRE(results);
    REQUIRE(results->size() == 9);
    CHECK((*results)[1] == wire::Result{wire::value, 0x12, {}});
    CHECK((*results)[2] == wire::Result{wire::failed, 14, {}});
    CHECK((*results)[6].number == 0x81000000002fa59d);
    CHECK((*results)[8].why == "no-THP");
    CHECK_FALSE(wire::parse_results("did 5 o", 4));
    CHECK_FALSE(wire::parse_results("did 4 o x9", 4));
    CHECK_FALSE(wire::parse_results("did 4 vxyz", 4));
    CHECK(wire::is_end("end 4", 4));
    CHECK_FALSE(wire::is_end("end 4 5", 4));
    CHECK(wire::parse_exited("exited 4 0\r") == std::pair(4, 0));
    CHECK_FALSE(wire::parse_exited("exited 4"));
    CHECK_FALSE(wire::parse_exited("exited four 0"));
    CHECK_FALSE(wire::parse_exited("# it exited 4 0"));
    for (const wire::Result& result : *results)
        CHECK(wire::parse_results("did 4 " + wire::to_text(result), 4)->front() == result);
}
