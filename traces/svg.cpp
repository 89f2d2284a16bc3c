#include "traces/svg.h"

#include "traces/text.h"

#include <algorithm>

namespace cowcheck {

namespace {

constexpr std::string_view style = R"(
text{font:11.6px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1a1f2b;white-space:pre}
.ground{fill:#fff}.box{fill:#fff;stroke:#8a93a3}.head{fill:#eceff3;stroke:#8a93a3}
.strong{font-weight:700}.quiet{fill:#555d6e}text.bad{fill:#b3211a}rect.bad{fill:#fde7e5}
rect.mark{fill:#ffedb3}.thread0{fill:#0a56b0}.thread1{fill:#97420a}.thread2{fill:#17703f}
.service{fill:#6a3fb0}.device{fill:#97214f}
path{fill:none;stroke:#1a1f2b;stroke-width:1.5}path.tip{fill:#1a1f2b;stroke:none}
path.pmd{stroke-width:3}path.pin{stroke:#6a3fb0;stroke-width:2.5}path.tlb{stroke:#17703f;stroke-dasharray:5 3}
path.stale{stroke:#b3211a;stroke-dasharray:3 3}path.migration,path.swap{stroke-dasharray:2 3}
path.spte{stroke:#97214f;stroke-dasharray:8 3 2 3}path.lru_batch{stroke-dasharray:2 4}
@media (prefers-color-scheme:dark){text{fill:#e7eaf0}.ground,.box{fill:#1a1e26}.head{fill:#272d38}
.quiet{fill:#a3abba}text.bad{fill:#ff8f85}rect.bad{fill:#46201e}rect.mark{fill:#4b3a0a}
.thread0{fill:#85bbff}.thread1{fill:#f8ae72}.thread2{fill:#74d09c}.service{fill:#c7adff}.device{fill:#ff9fbe}
path{stroke:#e7eaf0}path.tip{fill:#e7eaf0}path.pin{stroke:#c7adff}path.tlb{stroke:#74d09c}
path.stale{stroke:#ff8f85}path.spte{stroke:#ff9fbe}}
)";

std::string xml(std::string_view text) {
    std::string out;
    for (const char c : ascii(text)) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
        }
    }
    return out;
}

std::string attribute(std::string_view name, unsigned value) {
    return " " + std::string(name) + "=\"" + std::to_string(value) + "\"";
}

std::string class_attribute(std::string_view classes) {
    return classes.empty() ? std::string() : " class=\"" + std::string(classes) + "\"";
}

}  // namespace

void Svg::text(unsigned x, unsigned y, std::string_view classes, std::string_view text) {
    body_ += "<text" + attribute("x", x) + attribute("y", y) + class_attribute(classes) + ">" +
             xml(text) + "</text>\n";
}

void Svg::rect(unsigned x, unsigned y, unsigned width, unsigned height, std::string_view classes) {
    body_ += "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", width) +
             attribute("height", height) + class_attribute(classes) + "/>\n";
}

void Svg::circle(unsigned x, unsigned y, unsigned radius, std::string_view classes) {
    body_ += "<circle" + attribute("cx", x) + attribute("cy", y) + attribute("r", radius) +
             class_attribute(classes) + "/>\n";
}

void Svg::arrow(unsigned x1, unsigned y1, unsigned x2, unsigned y2, std::string_view classes) {
    const auto point = [](unsigned x, unsigned y) {
        return std::to_string(x) + " " + std::to_string(y);
    };
    const unsigned middle = (x1 + x2) / 2;
    body_ += "<path d=\"M" + point(x1, y1) + " C" + point(middle, y1) + " " + point(middle, y2) +
             " " + point(x2 - 7, y2) + "\"" + class_attribute(classes) + "/>\n";
    body_ += "<path d=\"M" + point(x2, y2) + " l-8 -4 v8 z\" class=\"tip\"/>\n";
}

std::string Svg::finish(unsigned width, unsigned height, std::string_view title,
                        std::string_view description) const {
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"" + attribute("width", width) +
           attribute("height", height) + " viewBox=\"0 0 " + std::to_string(width) + " " +
           std::to_string(height) + "\">\n<title>" + xml(title) + "</title>\n<desc>" +
           xml(description) + "</desc>\n<style>" + std::string(style) +
           "</style>\n<rect width=\"100%\" height=\"100%\" class=\"ground\"/>\n" + body_ +
           "</svg>\n";
}

std::string thread_class(std::string_view thread) {
    if (thread == "device") return "device";
    if (!thread.starts_with("cpu")) return "service";
    const char digit = thread.back();
    return "thread" + std::to_string(digit >= '0' && digit <= '9' ? (digit - '0') % 3 : 0);
}

}  // namespace cowcheck
