// Any bytes as a text, under every table: they are read as a form that is written as the same
// bytes, and any text is written as bytes that are read as it.

#include "section/types/text/dvb_text.hpp"
#include "fuzz.hpp"
#include "jsonb/bytes.hpp"
#include "jsonb/jsonb_builder.hpp"
#include "section/types/bad_value.hpp"

namespace onetrip::fuzz {

namespace {

using section::BadValue;
using section::DecodedText;
using section::TextTable;
using section::Value;

constexpr TextTable last_table = TextTable::arib;

std::vector<std::uint8_t> encoded(const Value& value, TextTable table) {
    try {
        return section::encode_dvb_text(value, table);
    } catch (const BadValue& bad) {
        fail("what was read can be written", bad.value + " " + bad.complaint);
    }
}

void come_back(std::span<const std::uint8_t> bytes, TextTable table) {
    const DecodedText decoded = section::decode_dvb_text(bytes, table, nullptr);
    expect(!section::print_dvb_text(decoded, bytes).empty(), "a text is shown");
    jsonb::JsonbBuilder built;
    section::append_dvb_text(decoded, bytes, built);
    const jsonb::Value json = jsonb::Value::root(built.finish());
    const auto again = encoded(Value::of_json(json, true), table);
    expect(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()),
           "what is read is written as the same bytes", section::print_dvb_text(decoded, bytes));
    const auto text = section::dvb_text_of(json);
    expect(text.has_value() == (decoded.form != DecodedText::Form::bytes) &&
               text.value_or("") == decoded.text,
           "the text is that of the form");
}

/// Of well-formed text without U+0000: others are no values.
void write(std::string_view text, TextTable table) {
    for (std::string_view rest = text; !rest.empty();) {
        const Utf8Character character = first_character(rest);
        if (!character.valid || character.code_point == 0) {
            return;
        }
        rest.remove_prefix(character.size);
    }
    const auto bytes = encoded(Value::of_bytes(Value::Kind::text, text), table);
    const DecodedText decoded = section::decode_dvb_text(bytes, table, nullptr);
    expect(decoded.form == DecodedText::Form::string && decoded.text == text, "a string comes back",
           decoded.text);
}

}  // namespace

}  // namespace onetrip::fuzz

/// The first byte chooses the table.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip::fuzz;
    if (size == 0) {
        return 0;
    }
    const auto table =
        static_cast<onetrip::section::TextTable>(data[0] % (static_cast<unsigned>(last_table) + 1));
    const onetrip::jsonb::test::OddCopy bytes(std::span(data + 1, size - 1));
    come_back(bytes.span(), table);
    write(as_text(bytes.span()), table);
    return 0;
}
