// Rewriting the `expect` lines of a design's text.
#include "tests/support/models.h"
#include "verify/expect/expectations.h"

#include <doctest/doctest.h>

using namespace cowcheck;
using namespace cowcheck::test;

namespace {

std::string rewritten(const std::string& text, const std::vector<NewExpectation>& lines) {
    Diagnostics out;
    const auto design = try_parse(text, out);
    REQUIRE(design);
    REQUIRE(out.empty());
    const std::string result = with_expectations(design->design(), text, lines);
    const auto again = try_parse(result, out);
    REQUIRE(again);
    CHECK(out.empty());
    CHECK(again->design().handlers.size() == design->design().handlers.size());
    return result;
}

}  // namespace

TEST_CASE("a line is replaced, its reason with it, and nothing else is touched") {
    CHECK(rewritten("design a extends v5.9\n"
                    "# expect holds no_deadlock because \"a comment\"\n"
                    "expect holds    no_deadlock  # agreed on\n"
                    "    because \"someone # said so\"   # in March\n"
                    "expect violated no_foreign_data because \"b\"\n"
                    "predicate p(page) = page.refcount > 1\n",
                    {{0, "no_deadlock", true, "cpu0 fork \"twice\""}}) ==
          "design a extends v5.9\n"
          "# expect holds no_deadlock because \"a comment\"\n"
          "expect violated no_deadlock because \"cpu0 fork 'twice'\"   # in March\n"
          "expect violated no_foreign_data because \"b\"\n"
          "predicate p(page) = page.refcount > 1\n");
}

TEST_CASE("a property without a line gets one behind the last, or behind the design's name") {
    CHECK(rewritten("design a extends v5.9\nexpect holds no_deadlock\n\n# end\n",
                    {{{}, "refcount_is_sound", false, "r"}}) ==
          "design a extends v5.9\nexpect holds no_deadlock\n"
          "expect holds refcount_is_sound because \"r\"\n\n# end\n");
    CHECK(rewritten("design a extends v5.9   # mine",
                    {{{}, "no_deadlock", true, "r"}, {{}, "refcount_is_sound", false, "s"}}) ==
          "design a extends v5.9   # mine\n\nexpect violated no_deadlock because \"r\"\n"
          "expect holds refcount_is_sound because \"s\"");
}

TEST_CASE("a line about some worlds is replaced by one about the same worlds") {
    CHECK(rewritten("design a extends v5.9\n"
                    "expect holds no_foreign_data because \"a\"\n"
                    "expect violated no_foreign_data in hugetlb,\n    memfd-hugetlb because \"b\"\n"
                    "expect violated no_foreign_data in tiny\n",
                    {{1, "no_foreign_data", false, "r"}, {2, "no_foreign_data", false, "s"}}) ==
          "design a extends v5.9\n"
          "expect holds no_foreign_data because \"a\"\n"
          "expect holds no_foreign_data in hugetlb, memfd-hugetlb because \"r\"\n"
          "expect holds no_foreign_data in tiny because \"s\"\n");
}

TEST_CASE("a world is spoken of by the line that names it, or by the one that names none") {
    Diagnostics out;
    const auto text = try_parse("design a extends v5.9\n"
                                "expect holds no_foreign_data\n"
                                "expect violated no_foreign_data in hugetlb, thp-vmsplice\n"
                                "expect violated no_deadlock in tiny\n",
                                out);
    REQUIRE(text);
    const ast::Design& design = text->design();
    REQUIRE(expectation_about(design, "no_foreign_data", "thp-vmsplice") != nullptr);
    CHECK(expectation_about(design, "no_foreign_data", "thp-vmsplice")->violated);
    REQUIRE(expectation_about(design, "no_foreign_data", "default") != nullptr);
    CHECK_FALSE(expectation_about(design, "no_foreign_data", "default")->violated);
    CHECK(expectation_about(design, "no_deadlock", "default") == nullptr);
    CHECK(expectation_about(design, "refcount_is_sound", "tiny") == nullptr);
}
