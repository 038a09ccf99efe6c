// Parses the parentheses after the names of layouts and definitions.

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <tuple>

#include "section/language/layout_parsing.hpp"
#include "section/value.hpp"

namespace onetrip::section {

namespace {

constexpr std::uint64_t largest_tag = 0xFFFF;
constexpr std::uint64_t largest_byte = 0xFF;

/// Words of a layout's head, which are not sets.
constexpr std::string_view options[] = {"max", "text", "time", "library"};

bool is_option(std::string_view word) {
    return std::find(std::begin(options), std::end(options), word) != std::end(options);
}

/// Keys of a tlv's item, which are not names of items.
bool is_key_of_item(std::string_view name) {
    static constexpr std::string_view keys[] = {"tag", "value", "hex", "base64", "size"};
    return std::find(std::begin(keys), std::end(keys), name) != std::end(keys);
}

// ---- of a layout ------------------------------------------------------------------------------

std::uint32_t parse_max(TokenReader& reader) {
    const Token number = reader.current();
    const std::string expected = "a number of bytes from " +
                                 std::to_string(Layout::smallest_section) + " to " +
                                 std::to_string(Layout::largest_section);
    if (number.kind != Token::Kind::number) {
        reader.refuse_unexpected(expected);
    }
    std::uint32_t bytes = 0;
    const char* const end = number.text.data() + number.text.size();
    const auto [stop, error] = std::from_chars(number.text.data(), end, bytes);
    if (stop != end || error != std::errc() || bytes < Layout::smallest_section ||
        bytes > Layout::largest_section) {
        reader.refuse_current("largest section of " + cut_short(number.text) + " bytes", expected);
    }
    reader.take();
    return bytes;
}

/// `+9`, `-3:30`: in minutes.
std::int32_t parse_time(TokenReader& reader) {
    constexpr std::uint32_t most_hours = 15;
    constexpr std::uint32_t most_minutes = 59;
    const bool is_minus = reader.current().is_symbol('-');
    if (!is_minus && !reader.current().is_symbol('+')) {
        reader.refuse_unexpected("hours ahead of UTC, as +9 or -3:30");
    }
    reader.take();
    std::uint32_t minutes = 60 * reader.take_decimal("hours of", 0, most_hours);
    if (reader.current().is_symbol(':')) {
        reader.take();
        const Token token = reader.current();
        if (token.kind == Token::Kind::number && token.text.size() != 2) {
            reader.refuse_current("minutes " + cut_short(token.text), "two digits, 00 to 59");
        }
        minutes += reader.take_decimal("minutes of", 0, most_minutes);
    }
    const auto offset = static_cast<std::int32_t>(minutes);
    return is_minus ? -offset : offset;
}

void parse_option(TokenReader& reader, std::string_view option, Layout& layout) {
    if (option == "max") {
        layout.max_bytes = parse_max(reader);
    } else if (option == "text") {
        layout.text_table = take_text_table(reader);
    } else if (option == "time") {
        layout.time_offset = parse_time(reader);
    } else {
        if (!reader.current().is_name("none")) {
            reader.refuse_unexpected("\"none\"");
        }
        reader.take();
        layout.uses_library = false;
    }
}

// ---- of a definition --------------------------------------------------------------------------

std::uint8_t digit_of(char c) {
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    return static_cast<std::uint8_t>(digit);
}

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// `TAG 0xHEX` after the word `after`.
After parse_after(TokenReader& reader) {
    After after;
    const Constant tag = reader.take_constant(largest_tag, "tag of more than 16 bits");
    after.tag = static_cast<std::uint32_t>(tag.number);
    after.tag_spelling = tag.spelling;
    const Token token = reader.current();
    const std::string expected = "0x and the hexadecimal digits of whole bytes";
    if (token.kind != Token::Kind::number) {
        reader.refuse_unexpected(expected);
    }
    const std::string_view digits = token.text.substr(std::min<std::size_t>(2, token.text.size()));
    if (!token.text.starts_with("0x") || digits.empty() || digits.size() % 2 != 0 ||
        !std::all_of(digits.begin(), digits.end(), is_hex_digit)) {
        reader.refuse_current("malformed bytes " + token.describe(), expected);
    }
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        after.bytes.push_back(
            static_cast<std::uint8_t>(digit_of(digits[i]) << 4 | digit_of(digits[i + 1])));
    }
    after.bytes_spelling = token.text;
    reader.take();
    return after;
}

/// The values that distinguish one definition of a set from another, for one of the ways to be
/// found.
using Scope = std::tuple<std::string_view, std::uint64_t, std::uint64_t, std::uint64_t,
                         std::vector<std::uint8_t>>;

std::vector<Scope> scopes_of(const Definition& definition) {
    constexpr std::uint64_t none = ~std::uint64_t{0};
    const std::uint64_t extension = definition.extension ? definition.extension->number : none;
    std::vector<Scope> scopes;
    for (const After& after : definition.after) {
        scopes.emplace_back(definition.set, definition.tag.number, extension, after.tag,
                            after.bytes);
    }
    if (scopes.empty()) {
        scopes.emplace_back(definition.set, definition.tag.number, extension, none,
                            std::vector<std::uint8_t>());
    }
    return scopes;
}

std::string kind_of(const Definition& definition) {
    return definition.set.empty() ? "type" : "item of set " + in_quotes(definition.set);
}

}  // namespace

void parse_layout_head(TokenReader& reader, Layout& layout) {
    std::set<std::string_view> seen;
    do {
        reader.take();
        const Token option = reader.current();
        if (!is_option(option.text)) {
            const bool is_name = option.kind == Token::Kind::name;
            reader.refuse_unexpected(is_name ? "\"max\", \"text\", \"time\" or \"library\""
                                             : "\"max\"");
        }
        if (!seen.insert(option.text).second) {
            reader.refuse_current(option.describe() + " twice", "each word of a head once");
        }
        reader.take();
        parse_option(reader, option.text, layout);
    } while (reader.current().is_symbol(','));
    reader.take_symbol(")", "\")\"");
}

void parse_definition_head(TokenReader& reader, Definition& definition) {
    reader.take();
    if (is_option(reader.current().text)) {
        reader.refuse_current("definition with the head of a layout", "a set and a tag");
    }
    definition.set = take_set(reader).text;
    if (is_key_of_item(definition.name)) {
        refuse_layout(definition.at, in_quotes(definition.name) + " names no definition with a set",
                      in_quotes(definition.name), "a name that is no key of items");
    }
    definition.tag = reader.take_constant(largest_tag, "tag of more than 16 bits");
    if (reader.current().kind == Token::Kind::number) {
        definition.extension = reader.take_constant(largest_byte, "extension of more than a byte");
    }
    while (reader.current().is_name("after")) {
        reader.take();
        definition.after.push_back(parse_after(reader));
    }
    reader.take_symbol(")", "\"after\" or \")\"");
}

/// `8859-15` is a number, a hyphen and a number.
TextTable take_text_table(TokenReader& reader) {
    const Token first = reader.current();
    if (first.kind != Token::Kind::number && first.kind != Token::Kind::name) {
        reader.refuse_unexpected("a table of characters: " + std::string(text_table_names()));
    }
    reader.take();
    std::string name(first.text);
    if (name == "8859") {
        reader.take_symbol("-", "\"-\" and a number, as in 8859-1");
        name += "-" + std::string(reader.current().text);
    }
    const auto table = text_table_of(name);
    if (!table) {
        refuse_layout(first.at, "unknown table of characters " + in_quotes(name), in_quotes(name),
                      std::string(text_table_names()));
    }
    if (name.size() > first.text.size()) {
        reader.take();
    }
    return *table;
}

Token take_set(TokenReader& reader) {
    const Token set = reader.take_name("the name of a set");
    if (is_option(set.text)) {
        refuse_layout(set.at, set.describe() + " is not a set", set.describe(),
                      "the name of a set");
    }
    return set;
}

void refuse_duplicate_definitions(const std::vector<Definition>& definitions) {
    std::set<std::pair<std::string_view, std::string_view>> names;
    std::map<Scope, const Definition*> found;
    for (const Definition& definition : definitions) {
        if (!names.emplace(definition.set, definition.name).second) {
            refuse_layout(definition.at, "duplicate definition " + in_quotes(definition.name),
                          "another " + kind_of(definition) + " of that name",
                          "a name that no definition before has");
        }
        if (definition.set.empty()) {
            continue;
        }
        for (const Scope& scope : scopes_of(definition)) {
            const auto [other, is_new] = found.emplace(scope, &definition);
            if (!is_new && other->second != &definition) {
                refuse_layout(definition.tag.at,
                              "definition " + in_quotes(definition.name) +
                                  " has the tag and scope of " + in_quotes(other->second->name),
                              definition.tag.spelling + " in set " + in_quotes(definition.set),
                              "a tag, extension or scope of its own");
            }
        }
    }
}

}  // namespace onetrip::section
