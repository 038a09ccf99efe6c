// Reads which part of which application sends a statement: application_name, and the tags in the
// statement's comments.
//
// The texts that it keeps are valid in the database's encoding. It does not know what loops are.

#include "postgres/round_trips/round_trip_owner.hpp"

#include "postgres/round_trips/round_trip_settings.hpp"
#include "postgres/round_trips/round_trip_text.hpp"
#include "postgres/server/interrupts.hpp"
#include "roundtrip/lexable_prefix.hpp"
#include "roundtrip/value_hash.hpp"

extern "C" {
#include "parser/parser.h"
#include "utils/guc.h"
}

namespace onetrip::postgres {

using roundtrip::RawTag;
using roundtrip::Tags;

namespace {

bool is_valid(std::string_view text) {
    return pg_verifymbstr(text.data(), static_cast<int>(text.size()), true);
}

/// A tag's value, decoded and cut between characters; empty if it is not valid.
class TagValue {
  public:
    explicit TagValue(const RawTag& tag) {
        const std::optional<std::size_t> whole = roundtrip::decode_tag(tag, buffer_);
        const std::size_t size = whole ? Min(*whole, sizeof buffer_) : 0;
        // The value may have been cut in the middle of its last character.
        const int kept = pg_mbcliplen(buffer_, static_cast<int>(size), Tags::longest);
        is_valid_ = whole && is_valid({buffer_, static_cast<std::size_t>(kept)});
        size_ = static_cast<std::size_t>(kept);
    }

    bool is_valid_text() const { return is_valid_; }
    std::string_view view() const { return {buffer_, size_}; }

  private:
    char buffer_[Tags::longest + MAX_MULTIBYTE_CHAR_LEN] = {};
    std::size_t size_ = 0;
    bool is_valid_ = false;
};

void read_comment(std::string_view comment, std::string_view wanted, RoundTripOwner& owner) {
    roundtrip::TagReader reader(comment);
    while (const std::optional<RawTag> tag = reader.next()) {
        const bool is_trace = tag->key == "traceparent" && owner.traceparent[0] == '\0';
        const bool is_wanted = roundtrip::is_in_list(wanted, tag->key);
        if (!is_trace && !is_wanted) {
            continue;
        }
        const TagValue value(*tag);
        if (!value.is_valid_text()) {
            continue;
        }
        if (is_trace) {
            value.view().copy(owner.traceparent, sizeof owner.traceparent - 1);
        }
        if (is_wanted) {
            owner.tags.add(tag->key, value.view());
        }
    }
}

/// Reads the tags in the comments of a text; whether it has a comment.
bool read_comments(std::string_view text, std::string_view wanted, RoundTripOwner& owner) {
    // Most texts have nothing that begins one, and need not be looked at word by word.
    if (text.find("/*") == std::string_view::npos && text.find("--") == std::string_view::npos) {
        return false;
    }
    const roundtrip::LiteralRules rules = comment_rules();
    return call_cpp([&] {
        const roundtrip::EdgeComments comments =
            roundtrip::edge_comments(text, rules, check_for_interrupts);
        read_comment(comments.first, wanted, owner);
        read_comment(comments.last, wanted, owner);
        return comments.first.data() != nullptr;
    });
}

}  // namespace

std::string_view own_application_name() {
    // It is asked for with each loop, and rarely another one.
    static char last[NAMEDATALEN] = "";
    static std::size_t own_size = 0;
    const char* const name = application_name == nullptr ? "" : application_name;
    if (std::strcmp(name, last) != 0) {
        strlcpy(last, name, sizeof last);
        own_size = roundtrip::without_address(last, NAMEDATALEN - 1).size();
    }
    return {last, own_size};
}

void copy_application_name(char (&to)[NAMEDATALEN]) {
    const std::size_t size = own_application_name().copy(to, sizeof to - 1);
    to[size] = '\0';
}

void print_tags(RoundTripTagsText& to, const Tags& tags) {
    std::size_t size = 0;
    const auto append = [&](std::string_view part) {
        size += part.copy(to + size, sizeof to - 1 - size);
    };
    for (std::size_t i = 0; i < tags.count(); ++i) {
        append(i == 0 ? "" : ", ");
        append(tags[i].key);
        append("=");
        append(tags[i].value);
    }
    to[size] = '\0';
}

std::uint64_t RoundTripOwner::variant() const {
    return (roundtrip::hash_of_text(application_name) + tags.hash()) | 1U;
}

void read_owner(RoundTripOwner& owner, std::string_view statement, std::string_view text) {
    copy_application_name(owner.application_name);
    const std::string_view wanted = round_trip_settings.tags;
    if (!wanted.empty() && !read_comments(statement, wanted, owner) &&
        statement.size() < text.size()) {
        read_comments(text, wanted, owner);
    }
}

}  // namespace onetrip::postgres
