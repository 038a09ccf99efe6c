#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jsonb/json_parser.hpp"
#include "jsonb/jsonb.hpp"
#include "submission/form.hpp"
#include "submission/submission_walk.hpp"

namespace onetrip::submission::test {

using Keys = std::vector<std::string>;

/// A row of flatten_submission as a reader sees it.
struct Row {
    int ord;
    std::string path;
    std::optional<Keys> keys;  // nullopt is NULL
    std::vector<int> idx;
    std::optional<std::string> value;  // a container as "object" or "array"
    std::string type;                  // empty is NULL, here and for the tag
    std::string tag;
    std::string status;

    bool operator==(const Row&) const = default;
};

/// The texts of a text[]'s elements.
inline Keys keys_of(const Trail& trail) {
    namespace format = jsonb::format;
    Keys keys;
    const auto bytes = trail.key_bytes();
    for (std::size_t at = 0; at < bytes.size();) {
        const auto header = format::load<std::uint32_t>(bytes.data() + at);
        const std::uint32_t size =
            std::endian::native == std::endian::little ? header >> 2 : header & 0x3FFFFFFF;
        keys.emplace_back(reinterpret_cast<const char*>(bytes.data()) + at + format::varhdrsz,
                          size - format::varhdrsz);
        at += format::int_align(size);
    }
    return keys;
}

inline std::optional<std::string> value_of(jsonb::Value value) {
    std::string room;
    switch (value.kind()) {
        case jsonb::Kind::null:
            return std::nullopt;
        case jsonb::Kind::array:
            return "array";
        case jsonb::Kind::object:
            return "object";
        default:
            return std::string(text_of(value, room));
    }
}

inline Row row_of(const Form& form, const SubmissionWalk& walk, const EventRow& event) {
    Row row;
    row.ord = event.ord;
    row.path = event.node == nullptr ? std::string(walk.path()) : form.path_of(*event.node);
    if (event.status != Status::missing) {
        row.keys = keys_of(walk.trail());
        if (event.is_at_node) {
            const auto way = form.way_to(*event.node);
            row.keys.emplace(way.begin(), way.end());
        }
    }
    row.idx.assign(walk.trail().indexes().begin(), walk.trail().indexes().end());
    if (event.is_at_node) {
        row.idx.clear();
    }
    row.value = value_of(event.value);
    if (event.status == Status::part) {
        row.type = "text";
    } else if (event.node != nullptr && event.node->is_question) {
        row.type = name_of(event.node->type);
    }
    if (event.node != nullptr) {
        row.tag = form.tag_of(*event.node).value_or("");
    }
    row.status = name_of(event.status);
    return row;
}

/// All rows of a walk that has begun.
inline std::vector<Row> rest_of(const Form& form, SubmissionWalk& walk) {
    std::vector<Row> rows;
    while (const EventRow* const event = walk.next()) {
        rows.push_back(row_of(form, walk, *event));
    }
    return rows;
}

inline std::vector<Row> flatten(std::string_view responses, std::string_view form_text,
                                Statuses included = all_statuses) {
    const auto form_bytes = jsonb::parse_json(form_text);
    const auto bytes = jsonb::parse_json(responses);
    const Form form(jsonb::Value::root(form_bytes));
    SubmissionWalk walk(never_interrupted);
    walk.begin(form, jsonb::Value::root(bytes), included);
    return rest_of(form, walk);
}

}  // namespace onetrip::submission::test
