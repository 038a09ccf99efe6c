#pragma once

#include <deque>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "jsonb/bytes.hpp"
#include "jsonb/json_parser.hpp"
#include "jsonb/numeric_parser.hpp"
#include "plans.hpp"
#include "section/decoder.hpp"
#include "section/encoder.hpp"
#include "section/value.hpp"

namespace onetrip::section::test {

using jsonb::test::Bytes;
using jsonb::test::from_hex;
using jsonb::test::OddCopy;
using jsonb::test::to_hex;

/// A row for a layout and what its values point to: a record, or the members of a JSON object.
class Row {
  public:
    Row() = default;

    /// A JSON row.
    static Row of_json(std::string_view text) {
        Row row;
        row.is_json_ = true;
        row.object_ = row.document(text).object();
        return row;
    }

    Row& set(const std::string& name, Value value) {
        columns_[name] = value;
        return *this;
    }
    Row& null(const std::string& name) { return set(name, Value()); }
    Row& integer(const std::string& name, std::int64_t number) {
        return set(name, Value::of_integer(number));
    }
    Row& boolean(const std::string& name, bool value) {
        return set(name, Value::of_boolean(value));
    }
    Row& instant(const std::string& name, std::int64_t microseconds) {
        return set(name, Value::of_instant({microseconds}));
    }
    Row& interval(const std::string& name, Interval interval) {
        return set(name, Value::of_interval(interval));
    }
    Row& of_kind(Value::Kind kind, const std::string& name, std::string_view bytes) {
        return set(name, Value::of_bytes(kind, keep(bytes)));
    }
    Row& text(const std::string& name, std::string_view text) {
        return of_kind(Value::Kind::text, name, text);
    }
    Row& bytes(const std::string& name, std::string_view hex) {
        const Bytes bytes = from_hex(hex);
        return of_kind(Value::Kind::bytes, name,
                       {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    Row& numeric(const std::string& name, std::string_view digits) {
        Bytes bytes;
        if (!jsonb::append_numeric(digits, bytes)) {
            throw std::runtime_error("no numeric");
        }
        return of_kind(Value::Kind::numeric, name,
                       {reinterpret_cast<const char*>(bytes.data()) + 4, bytes.size() - 4});
    }
    Row& jsonb(const std::string& name, std::string_view text) {
        return set(name, Value::of_json(document(text), false));
    }
    Row& json(const std::string& name, std::string_view text) {
        return of_kind(Value::Kind::json_text, name, text);
    }

    Value column_value(const std::string& name) const { return columns_.at(name); }

    /// A value for each slot of the layout.
    std::vector<Value> values(const Plan& plan) const {
        std::vector<Value> values;
        for (const Slot& slot : plan.slots) {
            values.push_back(is_json_ ? member(slot) : column(slot));
        }
        return values;
    }

  private:
    static Value absent() {
        Value value;
        value.kind = Value::Kind::absent;
        return value;
    }

    Value member(const Slot& slot) const {
        if (const auto found = object_.find(slot.name)) {
            return Value::of_json(*found, true);
        }
        Value value = absent();
        value.from_json_row = true;
        return value;
    }

    Value column(const Slot& slot) const {
        return slot.names_part ? absent() : columns_.at(slot.name);
    }

    std::string_view keep(std::string_view bytes) {
        const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        kept_.emplace_back(std::span<const std::uint8_t>(data, bytes.size()));
        return {reinterpret_cast<const char*>(kept_.back().span().data()), bytes.size()};
    }

    jsonb::Value document(std::string_view text) {
        kept_.emplace_back(jsonb::parse_json(text));
        return jsonb::Value::root(kept_.back().span());
    }

    std::deque<OddCopy> kept_;
    std::map<std::string, Value> columns_;
    jsonb::Object object_;
    bool is_json_ = false;
};

/// Collects sections. The room is a heap block of exactly the size asked for, full of garbage.
class CollectingSink final : public SectionSink {
  public:
    std::uint8_t* begin_section(std::size_t size) override {
        room_ = std::make_unique<std::uint8_t[]>(size);
        std::memset(room_.get(), 0xA5, size);
        return room_.get();
    }

    void end_section(std::size_t size) override {
        sections.emplace_back(room_.get(), room_.get() + size);
        room_.reset();
    }

    std::vector<Bytes> sections;

  private:
    std::unique_ptr<std::uint8_t[]> room_;
};

/// The sections of a row, in hexadecimal digits.
inline std::vector<std::string> encode(const Plan& plan, const Row& row,
                                       Splitting splitting = Splitting::allowed) {
    Encoder encoder(plan);
    CollectingSink sink;
    const std::size_t count = encoder.encode(row.values(plan), sink, splitting);
    if (count != sink.sections.size()) {
        throw std::runtime_error("the encoder counts other sections than it made");
    }
    std::vector<std::string> sections;
    for (const Bytes& section : sink.sections) {
        sections.push_back(to_hex(section));
    }
    return sections;
}

inline std::vector<std::string> encode(std::string_view layout, const Row& row,
                                       Splitting splitting = Splitting::allowed) {
    return encode(plan_of(layout), row, splitting);
}

/// The one section of a row.
inline std::string section(std::string_view layout, const Row& row) {
    const auto sections = encode(layout, row);
    return sections.size() == 1 ? sections.front() : std::to_string(sections.size()) + " sections";
}

/// The JSON row of a section in hexadecimal digits.
inline std::string decoded(const Plan& plan, std::string_view hex) {
    Decoder decoder(plan);
    return json_row(decoder, OddCopy(from_hex(hex)).span());
}

inline std::string decoded(std::string_view layout, std::string_view hex) {
    return decoded(plan_of(layout), hex);
}

/// One field of `type` in a layout `x`, with the column `v`.
inline std::string one_field(const std::string& width_and_type) {
    return "x {\n v " + width_and_type + "\n}";
}

inline std::string section_of_field(const std::string& width_and_type, const Row& row) {
    return section(one_field(width_and_type), row);
}

struct Failure {
    ErrorKind kind;
    std::string field, message, detail, hint;
};

inline Failure failure(std::string_view layout_text, const Row& row,
                       Splitting splitting = Splitting::allowed) {
    const Plan plan = plan_of(layout_text);
    try {
        encode(plan, row, splitting);
    } catch (const FieldError& error) {
        return {error.kind(), error.field(), error.message(), error.detail(), error.hint()};
    }
    throw std::runtime_error("accepted");
}

inline Failure failure_of_field(const std::string& width_and_type, const Row& row) {
    return failure(one_field(width_and_type), row);
}

inline std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (; times > 0; --times) {
        all += text;
    }
    return all;
}

}  // namespace onetrip::section::test
