#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/calendar.hpp"
#include "base/words.hpp"
#include "jsonb/jsonb.hpp"

namespace onetrip::section {

/// One column of the row that a section is made of, as plain data: a view of the caller's memory.
/// Texts are UTF-8.
struct Value {
    enum class Kind : std::uint8_t {
        null,            ///< SQL NULL
        absent,          ///< a key that the JSON row does not have
        boolean,         ///< `boolean`
        integer,         ///< `integer`
        numeric,         ///< `bytes`: a numeric after its varlena header
        float_4,         ///< `real`: a number of 32 bits
        float_8,         ///< `real`
        instant,         ///< `instant`
        date,            ///< `date`: midnight UTC of that day
        interval,        ///< `interval`
        text,            ///< `bytes`
        malformed_text,  ///< `bytes`: text that is not valid in the database's encoding
        bytes,           ///< `bytes`
        inet,            ///< `bytes`: as the server prints it
        macaddr,         ///< `bytes`: likewise
        json,            ///< `json`: a value inside a JSON row, or a jsonb column
        json_text,       ///< `bytes`: JSON text that has not been parsed yet
        local_time,      ///< `bytes`: name of the SQL type; a timestamp without time zone
        unsupported,     ///< `bytes`: name of a SQL type that no field takes
    };

    struct Bytes {
        const char* data;
        std::size_t size;
    };

    Kind kind = Kind::null;
    bool from_json_row = false;   ///< a jsonb column holds documents alone, a JSON row any value
    bool from_composite = false;  ///< json, json_text: made of composite values, without a key for
                                  ///< an attribute that their types do not have
    union {
        bool boolean;
        std::int64_t integer;
        double real;
        Instant instant;
        std::int32_t date;  ///< days since 2000-01-01
        Interval interval;
        Bytes bytes;
        jsonb::Value json;
    };

    /// NULL.
    Value() : integer(0) {}

    static Value of_integer(std::int64_t integer);
    static Value of_boolean(bool boolean);
    static Value of_real(Kind kind, double real);
    static Value of_instant(Instant instant);
    static Value of_date(std::int32_t date);
    static Value of_interval(Interval interval);
    static Value of_bytes(Kind kind, std::string_view bytes);
    static Value of_json(jsonb::Value json, bool from_json_row);

    std::string_view view() const { return {bytes.data, bytes.size}; }

    /// NULL, or JSON null.
    bool is_null() const {
        return kind == Kind::null || (kind == Kind::json && json.kind() == jsonb::Kind::null);
    }

    /// A string inside a JSON row.
    bool is_json_string() const {
        return kind == Kind::json && from_json_row && json.kind() == jsonb::Kind::string;
    }
};

/// The value as a message shows it: numbers and times plainly, text quoted and cut short.
std::string describe(const Value& value);
std::string describe(jsonb::Value value);

/// `null`, `a number`, `an array` …
const char* describe_kind(jsonb::Kind kind);

}  // namespace onetrip::section
