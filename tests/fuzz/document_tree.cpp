// Any document walked by jsonb_tree: every value is in one row, and `document #> keys` is it.

#include <algorithm>

#include "documents.hpp"
#include "jsonb/bytes.hpp"
#include "submission/document_tree.hpp"
#include "submission/rows.hpp"

namespace onetrip::fuzz {

namespace {

using submission::DocumentTreeWalk;
using submission::TreeRow;
using submission::test::keys_of;

/// A normalised path (RFC 9535, 2.7) taken apart: its keys, and its indexes among them.
class NormalisedPath {
  public:
    explicit NormalisedPath(std::string_view path) : rest_(path) {
        take("$");
        while (!rest_.empty()) {
            take("[");
            rest_.starts_with('\'') ? take_name() : take_index();
            take("]");
        }
    }

    std::vector<std::string> keys;
    std::vector<std::int32_t> indexes;

  private:
    void take(std::string_view expected) {
        expect(rest_.starts_with(expected), "a path is normalised", rest_);
        rest_.remove_prefix(expected.size());
    }

    void take_index() {
        const std::size_t size = std::min(rest_.find(']'), rest_.size());
        keys.emplace_back(rest_.substr(0, size));
        indexes.push_back(std::stoi(keys.back()));
        rest_.remove_prefix(size);
    }

    void take_name() {
        take("'");
        std::string name;
        while (!rest_.empty() && rest_.front() != '\'') {
            expect(static_cast<unsigned char>(rest_.front()) >= ' ', "controls are escaped");
            name += rest_.front() == '\\' ? escaped() : rest_.front();
            rest_.remove_prefix(1);
        }
        take("'");
        keys.push_back(name);
    }

    /// Leaves the last character of the escape.
    char escaped() {
        constexpr std::string_view letters = "bfnrt'\\";
        constexpr std::string_view meant = "\b\f\n\r\t'\\";
        rest_.remove_prefix(1);
        expect(!rest_.empty(), "an escape goes on");
        if (rest_.front() == 'u') {
            expect(rest_.size() > 4, "a \\u has four digits");
            const std::string digits(rest_.substr(1, 4));
            rest_.remove_prefix(4);
            return static_cast<char>(std::stoi(digits, nullptr, 16));
        }
        const std::size_t letter = letters.find(rest_.front());
        expect(letter != std::string_view::npos, "an escape is one of RFC 9535", rest_);
        return meant[letter];
    }

    std::string_view rest_;
};

std::size_t depth_of(const Document& document, std::size_t entry) {
    std::size_t depth = 0;
    for (; entry != 0; entry = document.entries()[entry].parent) {
        ++depth;
    }
    return depth;
}

void check_row(const Document& document, const DocumentTreeWalk& walk, const TreeRow& row) {
    const auto at = static_cast<std::size_t>(row.ord - 1);
    const Document::Entry& entry = document.entries()[at];
    expect(same_value(row.value, entry.value), "values come in their order");
    expect(row.parent_ord == (at == 0 ? 0 : static_cast<std::int64_t>(entry.parent + 1)),
           "parent_ord is its container's");
    expect(static_cast<std::size_t>(row.depth) == depth_of(document, at), "depth is counted");
    const auto keys = keys_of(walk.trail());
    expect(document.find(keys) == &entry, "document #> keys is the value");
    const NormalisedPath path(walk.path());
    expect(path.keys == keys, "path says the keys", walk.path());
    expect(std::equal(path.indexes.begin(), path.indexes.end(), walk.trail().indexes().begin(),
                      walk.trail().indexes().end()),
           "idx has the indexes", walk.path());
}

bool is_leaf(const Document::Entry& entry, std::size_t at) {
    return entry.next == at + 1;
}

void check(const Document& document, bool leaves_only) {
    DocumentTreeWalk walk(never_interrupted);
    walk.begin(document.entries().front().value, leaves_only);
    for (std::size_t at = 0; at < document.entries().size(); ++at) {
        if (leaves_only && !is_leaf(document.entries()[at], at)) {
            continue;
        }
        const TreeRow* const row = walk.next();
        expect(row != nullptr && row->ord == static_cast<std::int64_t>(at + 1),
               "every value has its row");
        check_row(document, walk, *row);
    }
    expect(walk.next() == nullptr && walk.next() == nullptr, "and there is no other");
}

}  // namespace

}  // namespace onetrip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip;
    const auto bytes = fuzz::parsed(fuzz::as_text({data, size}));
    if (bytes) {
        const jsonb::test::OddCopy odd(*bytes);
        const fuzz::Document document(jsonb::Value::root(odd.span()));
        fuzz::check(document, false);
        fuzz::check(document, true);
    }
    return 0;
}
