// Any bytes under any layout: what decodes is encoded to the same bytes again, and a section has
// faults exactly where it does not decode.

#include <algorithm>

#include "halves.hpp"
#include "layouts.hpp"
#include "section/decoder.hpp"
#include "section/rows.hpp"
#include "section/section_walk.hpp"

namespace onetrip::fuzz {

namespace {

using section::Decoder;
using section::Fault;
using section::Plan;
using section::SectionWalk;
using section::test::Bytes;
using section::test::Row;
using section::test::to_hex;
using Section = std::span<const std::uint8_t>;

void check_faults(const std::vector<Fault>& faults, std::size_t size) {
    for (const Fault& fault : faults) {
        expect(fault.field != nullptr && !fault.problem.empty(), "a fault says where and what");
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
std::optional<std::string> decoded(Decoder& decoder, Section section) {
    try {
        return section::test::json_row(decoder, section);
    } catch (const FieldError& error) {
        expect(!error.field().empty(), "an error names its field", error.message());
        return std::nullopt;
    }
}

void come_back(const Plan& plan, const std::string& json, Section section) {
    const auto document = parsed(json);
    expect(document && jsonb::Value::root(*document).kind() == jsonb::Kind::object,
           "what is decoded is a JSON object", json);
    try {
        const auto again = encode(plan, Row::of_json(json), section::Splitting::refused);
        expect(again.size() == 1 && again.front() == to_hex(section),
               "what decodes is encoded to the same bytes", json);
    } catch (const FieldError& error) {
        fail("what decodes can be encoded", error.message() + "\n" + error.detail() + "\n" + json);
    }
}

void dissect(Decoder& decoder, Section section) {
    for (const section::DissectedField& line : decoder.dissect(section)) {
        expect(!line.name.empty() && line.byte <= section.size() && line.bit < 8,
               "a dissected field is within its section", line.name);
    }
}

/// The walk ends, goes forward, and judges one section as the decoder does.
void walk(Decoder& decoder, Section sections, bool is_sound) {
    std::size_t count = 0;
    std::size_t faults = 0;
    std::size_t behind = 0;
    for (SectionWalk walk(decoder, sections); walk.next();) {
        expect(walk.ordinal() == ++count, "sections are numbered from 1");
        expect(count == 1 || walk.begin() > behind, "the walk goes forward");
        behind = walk.begin();
        check_faults(walk.faults(), sections.size() - behind);
        faults += walk.faults().size();
    }
    expect(!is_sound || faults == 0 || !decoder.plan().has_section_length,
           "a sound section is sound in a carousel");
    expect(is_sound || faults > 0 || count != 1, "a faulty section is faulty in a carousel");
}

/// Sound sections one behind the other are told apart.
void walk_carousel(Decoder& decoder, Section section) {
    if (!decoder.plan().has_section_length) {
        return;
    }
    Bytes carousel(section.begin(), section.end());
    carousel.insert(carousel.end(), section.begin(), section.end());
    std::size_t count = 0;
    for (SectionWalk walk(decoder, carousel); walk.next(); ++count) {
        expect(walk.begin() == count * section.size() && walk.faults().empty(),
               "sound sections are sound one behind the other");
    }
    expect(count == 2, "sections are told apart");
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// As in a database whose encoding holds no more than ASCII. Fields of one source may then differ:
/// their types send one text as different bytes, and bytes are what is given.
void check_ascii(const Plan& plan, Section section) {
    Decoder decoder(plan, is_ascii);
    const bool is_sound = decoder.check(section).empty();
    const auto json = decoded(decoder, section);
    expect(json.has_value() == is_sound, "faults are there exactly where it does not decode");
    if (json) {
        expect(is_ascii(*json), "texts that the database does not hold are given as bytes", *json);
        come_back(plan, *json, section);
    }
}

void check(const Plan& plan, Section section) {
    Decoder decoder(plan);
    const std::vector<Fault> faults = decoder.check(section);
    check_faults(faults, section.size());
    const auto json = decoded(decoder, section);
    expect(json.has_value() == faults.empty(), "faults are there exactly where it does not decode",
           json ? *json : "");
    dissect(decoder, section);
    walk(decoder, section, faults.empty());
    if (json) {
        come_back(plan, *json, section);
        check_ascii(plan, section);
        walk_carousel(decoder, section);
    }
}

}  // namespace

}  // namespace onetrip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip::fuzz;
    const Halves halves = halves_of(data, size);
    if (const auto layout = compiled_of(as_text(halves.first.span()))) {
        check(layout->plan, halves.second.span());
    }
    return 0;
}
