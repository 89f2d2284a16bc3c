// The frame that the three kinds of files share: checks the bytes, reads one
// definition after the other, and goes on behind one that can't be read.
#pragma once

#include "model/language/build_tree.h"
#include "model/language/syntax_error.h"

#include <memory>

namespace cowcheck::syntax {

// What a kind of file consists of.
class FileReader {
public:
    FileReader(const SourceFile& file, Diagnostics& out) : build(file, out), out_(out) {}
    virtual ~FileReader() = default;
    FileReader(const FileReader&) = delete;
    FileReader& operator=(const FileReader&) = delete;

    // False if anything is wrong with the text.
    [[nodiscard]] bool read();

protected:
    // Separators, then a definition, or nothing at the end of the text. `first`:
    // nothing has been read yet. The tree has the definition's nodes.
    virtual std::unique_ptr<Node> parse(Input& in, bool first) = 0;
    // Takes what has been parsed.
    virtual void take(const Node& node) = 0;
    // Whether this line, which starts in column 1, may start a definition.
    [[nodiscard]] virtual bool starts_definition(std::string_view line) const = 0;
    // What an empty file should have: "'design NAME'".
    [[nodiscard]] virtual std::string_view beginning() const = 0;

    TreeBuilder build;

private:
    bool read_one(Input& in, bool first);
    [[nodiscard]] bool resume(Input& in, const Place& begin, const Place& error, bool first) const;

    Diagnostics& out_;
};

}  // namespace cowcheck::syntax
