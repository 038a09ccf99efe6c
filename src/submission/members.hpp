#pragma once

#include <optional>
#include <string_view>

#include "jsonb/jsonb.hpp"

/// Values of forms and answers, as more than one file asks for them.
namespace onetrip::submission {

inline bool is_container(jsonb::Value value) {
    return value.kind() == jsonb::Kind::array || value.kind() == jsonb::Kind::object;
}

/// A member that is there and not null.
inline std::optional<jsonb::Value> filled_member(jsonb::Object object, std::string_view key) {
    const std::optional<jsonb::Value> value = object.find(key);
    return value && value->kind() != jsonb::Kind::null ? value : std::nullopt;
}

inline std::optional<std::string_view> text_at(jsonb::Object object, std::string_view key) {
    const std::optional<jsonb::Value> value = object.find(key);
    return value && value->is_string() ? std::optional(value->string()) : std::nullopt;
}

}  // namespace onetrip::submission
