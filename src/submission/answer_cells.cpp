// Cells of views by the answers that documents have. Knows nothing of forms.

#include "submission/answer_cells.hpp"

#include <algorithm>

#include "jsonb/json_tree_builder.hpp"
#include "jsonb/jsonb_writer.hpp"
#include "submission/answers.hpp"

namespace onetrip::submission {

using jsonb::Kind;
using jsonb::Value;

namespace {

bool is_answer(Value value) {
    const Kind kind = value.kind();
    return kind != Kind::null && kind != Kind::array && kind != Kind::object;
}

bool is_empty_string(Value value) {
    return value.is_string() && value.string().empty();
}

/// JSON null if none exists.
Value first_object(jsonb::Array array) {
    for (const Value element : array) {
        if (element.kind() == Kind::object) {
            return element;
        }
    }
    return {};
}

/// Calls `take` with each answer until it returns true.
template <typename Take>
void find_answer(Value stored, Take take) {
    if (stored.kind() != Kind::array) {
        if (is_answer(stored)) {
            take(stored);
        }
        return;
    }
    for (const Value element : stored.array()) {
        if (is_answer(element) && take(element)) {
            return;
        }
    }
}

bool is_chosen(std::string_view text, std::string_view choice, bool is_spaced) {
    if (!is_spaced) {
        return text == choice;
    }
    for (std::string_view word = take_choice(text); !word.empty(); word = take_choice(text)) {
        if (word == choice) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool AnswerWay::take(std::string_view key) {
    if (!is_document_ && at_.kind() == Kind::array) {
        at_ = first_object(at_.array());
    }
    is_document_ = false;
    const std::optional<Value> found =
        at_.kind() == Kind::object ? at_.object().find(key) : std::nullopt;
    at_ = found.value_or(Value());
    return found.has_value();
}

bool has_empty_strings(Value stored) {
    if (stored.kind() != Kind::array) {
        return is_empty_string(stored);
    }
    const jsonb::Array array = stored.array();
    return std::any_of(array.begin(), array.end(), is_empty_string);
}

std::vector<std::uint8_t> without_empty_strings(jsonb::Array stored) {
    jsonb::JsonTreeBuilder json;
    json.open_array();
    for (const Value element : stored) {
        if (!is_empty_string(element)) {
            json.copy(element);
        }
    }
    json.close();
    return jsonb::write_jsonb(json.tree());
}

std::optional<Value> first_answer(Value stored) {
    std::optional<Value> first;
    find_answer(stored, [&](Value answer) {
        first = answer;
        return true;
    });
    return first;
}

bool join_answers(Value stored, std::string& text) {
    bool has_answer = false;
    std::string room;
    text.clear();
    find_answer(stored, [&](Value answer) {
        const std::string_view part = text_of(answer, room);
        text += text.empty() || part.empty() ? "" : " ";
        text += part;
        has_answer = true;
        return false;
    });
    return has_answer;
}

std::optional<bool> has_choice(Value stored, std::string_view choice, bool is_spaced) {
    if (stored.kind() == Kind::null || stored.kind() == Kind::object) {
        return std::nullopt;
    }
    bool is_found = false;
    std::string room;
    find_answer(stored, [&](Value answer) {
        is_found = is_chosen(text_of(answer, room), choice, is_spaced && answer.is_string());
        return is_found;
    });
    return is_found;
}

}  // namespace onetrip::submission
