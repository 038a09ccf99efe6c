#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "layouts.hpp"
#include "section/decoder.hpp"
#include "section/rows.hpp"
#include "section/section_walk.hpp"

/// What is promised of any row and of any bytes under a layout: for the targets that make layouts,
/// rows and sections in different ways.
namespace onetrip::fuzz {

using section::Decoder;
using section::Fault;
using section::Plan;
using section::SectionWalk;
using section::Splitting;
using section::test::Bytes;
using section::test::Row;
using section::test::to_hex;
using Section = std::span<const std::uint8_t>;

// ---- rows -------------------------------------------------------------------------------------

/// The sections in hexadecimal digits; none where the row is refused.
inline std::vector<std::string> sections_of(const Plan& plan, const Row& row, Splitting splitting) {
    try {
        const auto sections = encode(plan, row, splitting);
        expect(!sections.empty(), "a row makes a section");
        return sections;
    } catch (const FieldError& error) {
        expect(error.message().find("field \"" + error.field() + '"') != std::string::npos &&
                   error.message().find("layout \"" + plan.name + '"') != std::string::npos,
               "an error names field and layout", error.message());
        expect(!error.detail().empty(), "an error has a detail", error.message());
        return {};
    }
}

/// A section that was encoded is sound, and its row makes it again.
inline void come_back(const Plan& plan, Decoder& decoder, const std::string& hex) {
    const Bytes section = section::test::from_hex(hex);
    expect(section.size() <= plan.max_bytes, "no section is larger than max", hex);
    for (const Fault& fault : decoder.check(section)) {
        if (!fault.is_note) {
            fail("what was encoded is sound", fault.name() + ": " + fault.problem + " in " + hex);
        }
    }
    const std::string json = section::test::json_row(decoder, section);
    const auto again = sections_of(plan, Row::of_json(json), Splitting::refused);
    expect(again.size() == 1 && again.front() == hex, "a section comes back", json);
}

/// The sections of the row, in hexadecimal digits.
inline std::vector<std::string> check_row(const Plan& plan, std::string_view json) {
    const Row row = Row::of_json(json);
    auto sections = sections_of(plan, row, Splitting::allowed);
    const auto alone = sections_of(plan, row, Splitting::refused);
    expect(sections.size() == 1 ? alone == sections : alone.empty(),
           "a row of one section needs no split, and others are refused");
    Decoder decoder(plan);
    for (const std::string& section : sections) {
        come_back(plan, decoder, section);
    }
    return sections;
}

// ---- bytes ------------------------------------------------------------------------------------

inline void check_faults(const std::vector<Fault>& faults, std::size_t size) {
    for (const Fault& fault : faults) {
        expect((fault.field != nullptr || !fault.path.empty()) && !fault.problem.empty(),
               "a fault says where and what");
        expect(fault.byte <= size, "a fault is within its section", fault.problem);
        expect(std::all_of(fault.problem.begin(), fault.problem.end(),
                           [](char c) { return c >= ' ' && c <= '~'; }),
               "a problem is ASCII", fault.problem);
    }
    expect(std::is_sorted(faults.begin(), faults.end(),
                          [](const Fault& a, const Fault& b) { return a.byte < b.byte; }),
           "faults come in the order of their bytes");
}

/// The JSON row; nullopt where the section has faults.
inline std::optional<std::string> decoded(Decoder& decoder, Section section) {
    try {
        return section::test::json_row(decoder, section);
    } catch (const FieldError& error) {
        expect(!error.field().empty(), "an error names its field", error.message());
        return std::nullopt;
    }
}

/// The row of a section makes the same section.
inline void encode_again(const Plan& plan, const std::string& json, Section section) {
    const auto document = parsed(json);
    expect(document && jsonb::Value::root(*document).kind() == jsonb::Kind::object,
           "what is decoded is a JSON object", json);
    try {
        const auto again = encode(plan, Row::of_json(json), Splitting::refused);
        expect(again.size() == 1 && again.front() == to_hex(section),
               "what decodes is encoded to the same bytes", json);
    } catch (const FieldError& error) {
        fail("what decodes can be encoded", error.message() + "\n" + error.detail() + "\n" + json);
    }
}

inline void dissect(Decoder& decoder, Section section) {
    for (const section::DissectedField& line : decoder.dissect(section)) {
        expect(!line.name.empty() && line.byte <= section.size() && line.bit < 8,
               "a dissected field is within its section", line.name);
    }
}

/// The walk ends, goes forward, and judges one section as the decoder does.
inline void walk(Decoder& decoder, Section sections, bool is_sound) {
    std::size_t count = 0;
    std::size_t faults = 0;
    std::size_t behind = 0;
    for (SectionWalk walk(decoder, sections); walk.next();) {
        expect(walk.ordinal() == ++count, "sections are numbered from 1");
        expect(count == 1 || walk.begin() > behind, "the walk goes forward");
        behind = walk.begin();
        check_faults(walk.faults(), sections.size() - behind);
        faults += count_faults(walk.faults());
    }
    expect(!is_sound || faults == 0 || !decoder.plan().has_section_length,
           "a sound section is sound in a carousel");
    expect(is_sound || faults > 0 || count != 1, "a faulty section is faulty in a carousel");
}

/// Sound sections one after another are found each.
inline void walk_carousel(Decoder& decoder, Section section) {
    if (!decoder.plan().has_section_length) {
        return;
    }
    Bytes carousel(section.begin(), section.end());
    carousel.insert(carousel.end(), section.begin(), section.end());
    std::size_t count = 0;
    for (SectionWalk walk(decoder, carousel); walk.next(); ++count) {
        expect(walk.begin() == count * section.size() && count_faults(walk.faults()) == 0,
               "sound sections are sound one after another");
    }
    expect(count == 2, "sections one after another are found each");
}

inline bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// As in a database whose encoding holds no more than ASCII. Fields of one source may then differ:
/// their types send one text as different bytes, and bytes are what is given.
inline void check_ascii(const Plan& plan, Section section) {
    Decoder decoder(plan, is_ascii);
    const bool is_sound = count_faults(decoder.check(section)) == 0;
    const auto json = decoded(decoder, section);
    expect(json.has_value() == is_sound, "faults are there exactly where it does not decode");
    if (json) {
        expect(is_ascii(*json), "texts that the database does not hold are given as bytes", *json);
        encode_again(plan, *json, section);
    }
}

inline void check_section(const Plan& plan, Section section) {
    Decoder decoder(plan);
    const std::vector<Fault> faults = decoder.check(section);
    check_faults(faults, section.size());
    const bool is_sound = count_faults(faults) == 0;
    const auto json = decoded(decoder, section);
    expect(json.has_value() == is_sound, "faults are there exactly where it does not decode",
           json ? *json : "");
    dissect(decoder, section);
    walk(decoder, section, is_sound);
    if (json) {
        encode_again(plan, *json, section);
        check_ascii(plan, section);
        walk_carousel(decoder, section);
    }
}

}  // namespace onetrip::fuzz
