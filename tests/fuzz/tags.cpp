// Any text as a statement with comments, any comment as tags: nothing is read outside of it, values
// decode to at most their size, and tags that are kept are given back as they were.

#include "roundtrip/tags.hpp"

#include <string>

#include "fuzz.hpp"
#include "roundtrip/lexable_prefix.hpp"

namespace onetrip::fuzz {

namespace {

using roundtrip::RawTag;
using roundtrip::Tags;

bool is_part(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

void check_comment(std::string_view comment) {
    roundtrip::TagReader reader(comment);
    Tags tags;
    std::size_t count = 0;
    while (const std::optional<RawTag> tag = reader.next()) {
        expect(++count <= comment.size(), "a comment has no more tags than bytes");
        expect(is_part(tag->key, comment) && is_part(tag->value, comment), "a tag is a part");
        char value[Tags::longest] = {};
        const std::optional<std::size_t> size = roundtrip::decode_tag(*tag, value);
        expect(!size || *size <= tag->value.size(), "a value does not grow");
        if (size && *size <= sizeof value && tags.add(tag->key, {value, *size})) {
            expect(tags[tags.count() - 1].key == tag->key, "a key is kept");
            expect(tags[tags.count() - 1].value == std::string_view(value, *size),
                   "a value is kept");
        }
        roundtrip::is_in_list(comment, tag->key);
    }
    expect(tags.count() <= Tags::most && (tags.count() == 0) == (tags.hash() == 0),
           "tags have a hash");
    expect(comment.starts_with(roundtrip::without_address(comment, 63)), "a name is a prefix");
}

}  // namespace

}  // namespace onetrip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip;
    // On the heap, in its own size: what is read past its end is seen.
    const std::string text(reinterpret_cast<const char*>(data), size);
    const roundtrip::EdgeComments comments = roundtrip::edge_comments(text, {});
    fuzz::expect(fuzz::is_part(comments.first, text) && fuzz::is_part(comments.last, text),
                 "a comment is a part of its text");
    fuzz::check_comment(comments.first);
    fuzz::check_comment(comments.last);
    fuzz::check_comment(text);
    return 0;
}
