// Finds out which request a statement belongs to, by a tag in the comments at the edges of its
// text.
//
// It knows texts and tags, but not the use of a request.

#include "roundtrip/request.hpp"

#include <algorithm>
#include <array>

#include "roundtrip/tags.hpp"
#include "roundtrip/value_hash.hpp"

namespace onetrip::roundtrip {

namespace {

constexpr std::string_view begin_of_comment = "/*";
constexpr std::string_view end_of_comment = "*/";

/// The second field of a traceparent; empty if it is all zeros, which means no trace.
std::string_view trace_id_of(std::string_view traceparent) noexcept {
    const std::size_t dash = traceparent.find('-');
    if (dash == std::string_view::npos) {
        return {};
    }
    traceparent.remove_prefix(dash + 1);
    const std::string_view id = traceparent.substr(0, traceparent.find('-'));
    return id.find_first_not_of('0') == std::string_view::npos ? std::string_view{} : id;
}

RequestId request_of_value(std::string_view key, std::string_view value) noexcept {
    const std::string_view compared = key == "traceparent" ? trace_id_of(value) : value;
    return compared.empty() ? 0 : mix_value(hash_of_text(key) * 31 + hash_of_text(compared)) | 1U;
}

/// A value in which nothing is encoded is read where it stands.
RequestId request_of_tag(const RawTag& tag) noexcept {
    if (!has_encoded(tag)) {
        return request_of_value(tag.key, tag.value);
    }
    std::array<char, request_edge> value{};
    const std::optional<std::size_t> size = decode_tag(tag, value);
    return size ? request_of_value(tag.key, {value.data(), std::min(*size, value.size())}) : 0;
}

RequestId request_of_comment(std::string_view comment, std::string_view key) noexcept {
    TagReader reader(comment);
    while (const std::optional<RawTag> tag = reader.next()) {
        if (tag->key != key) {
            continue;
        }
        return request_of_tag(*tag);
    }
    return 0;
}

bool has(std::string_view text, std::string_view part) noexcept {
    return text.find(part) != std::string_view::npos;
}

/// Whether a dollar may begin a literal, rather than a parameter.
bool has_dollar_quote(std::string_view text) noexcept {
    for (std::size_t at = text.find('$'); at != std::string_view::npos;
         at = text.find('$', at + 1)) {
        const std::string_view after = text.substr(at + 1, 1);
        if (after < "0" || after > "9") {
            return true;
        }
    }
    return false;
}

/// The only comment of a text, with which that ends; empty if it is not certain that it is one
/// without looking at each word. It is how most clients tag.
std::string_view certain_comment(std::string_view text) noexcept {
    const std::size_t begin = text.find(begin_of_comment);
    const std::size_t end =
        begin == std::string_view::npos ? begin : text.find(end_of_comment, begin + 2);
    if (end == std::string_view::npos ||
        text.find_first_not_of(" \t\r\n\f\v;", end + 2) != std::string_view::npos) {
        return {};
    }
    const std::string_view before = text.substr(0, begin);
    const std::string_view comment = text.substr(begin + 2, end - begin - 2);
    const bool may_be_other = has(before, "'") || has(before, "\"") || has_dollar_quote(before) ||
                              has(before, "--") || has(comment, begin_of_comment);
    return may_be_other ? std::string_view{} : comment;
}

/// The comment with which a text ends, as far as it begins within this part of it.
std::string_view comment_at_end(std::string_view text) noexcept {
    const std::size_t last = text.find_last_not_of(" \t\r\n\f\v;");
    text = last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
    if (!text.ends_with(end_of_comment)) {
        return {};
    }
    text.remove_suffix(end_of_comment.size());
    const std::size_t begin = text.rfind(begin_of_comment);
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin + begin_of_comment.size());
}

}  // namespace

RequestId request_of(std::string_view text, std::string_view key, LiteralRules rules) noexcept {
    const std::string_view head = text.substr(0, request_edge);
    const std::string_view certain =
        text.size() <= request_edge ? certain_comment(text) : std::string_view{};
    if (!certain.empty()) {
        return request_of_comment(certain, key);
    }
    if (has(head, key)) {
        const EdgeComments comments = edge_comments(head, rules);
        for (const std::string_view comment : {comments.first, comments.last}) {
            if (const RequestId request = request_of_comment(comment, key)) {
                return request;
            }
        }
    }
    if (text.size() <= request_edge) {
        return 0;
    }
    // The text between the edges is not read: an end that looks like a comment is taken for one.
    const std::string_view tail = text.substr(text.size() - request_edge);
    return has(tail, key) ? request_of_comment(comment_at_end(tail), key) : 0;
}

}  // namespace onetrip::roundtrip
