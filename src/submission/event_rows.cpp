// The common parts of a submission's rows, however its document is read. Knows no document.

#include "submission/event_rows.hpp"

#include <cstring>

namespace onetrip::submission {

namespace {

/// Makes a document of the text alone, as the server makes it: an array of one element.
jsonb::Value string_of(std::string_view text, std::vector<std::uint8_t>& document) {
    namespace format = jsonb::format;
    const std::uint32_t head[] = {
        format::jb_farray | format::jb_fscalar | 1,
        format::jentry_isstring | format::jentry_has_off | static_cast<std::uint32_t>(text.size())};
    document.resize(sizeof head + text.size());
    std::memcpy(document.data(), head, sizeof head);
    std::memcpy(document.data() + sizeof head, text.data(), text.size());
    return jsonb::Value::root(document);
}

}  // namespace

std::string_view name_of(Status status) {
    constexpr std::string_view names[status_count] = {"ok",      "wrong_type", "not_in_choices",
                                                      "null",    "unknown",    "structure",
                                                      "missing", "part",       "frame"};
    return names[static_cast<std::size_t>(status)];
}

bool EventRows::begin_rows(const Form& form, jsonb::Value responses, Statuses included) {
    form_ = &form;
    selected_ = always_returned | included;
    ord_ = 0;
    trail_.rewind({});
    path_.clear();
    choices_ = {};
    if (lists_missing()) {
        missing_.begin(form);
    }
    has_root_row_ = responses.kind() != jsonb::Kind::object;
    row_.value = responses;
    return !has_root_row_;
}

bool EventRows::is_empty(const FormNode& node, jsonb::Value answer) {
    if (!answer.is_string()) {
        return false;
    }
    std::string_view text = answer.string();
    return text.empty() ? node.has_empties : node.is_spaced && take_choice(text).empty();
}

bool EventRows::begin_choices(const FormNode& node, jsonb::Value answer,
                              MissingAnswers::Repetition repetition) {
    if (!answer.is_string() || is_empty(node, answer)) {
        return false;
    }
    choices_ = answer.string();
    choices_node_ = &node;
    choices_repetition_ = repetition;
    choices_mark_ = trail_.mark();
    choice_ = 0;
    return true;
}

/// False at the end, with the trail as it was.
bool EventRows::next_choice() {
    trail_.rewind(choices_mark_);
    for (;;) {
        tick();
        const std::string_view choice = take_choice(choices_);
        if (choice.empty()) {
            choices_ = {};
            return false;
        }
        const jsonb::Value value = string_of(choice, choice_document_);
        const Status status = judge(*choices_node_, value);
        ++ord_;
        if (lists_missing()) {
            missing_.answer(*choices_node_, choices_repetition_);
        }
        const std::uint32_t number = choice_++;
        if (is_selected(status)) {
            trail_.push_bare_index(number);
            row_ = {ord_, status, choices_node_, false, value};
            return true;
        }
    }
}

bool EventRows::next_missing() {
    MissingAnswers::Row missing;
    if (!lists_missing() || !missing_.next(missing)) {
        return false;
    }
    tick();
    const std::span<const std::int32_t> indexes = missing_.indexes_of(missing.repetition);
    trail_.set_indexes(indexes);
    row_ = {++ord_, Status::missing, missing.question, indexes.empty(), {}};
    return true;
}

}  // namespace onetrip::submission
