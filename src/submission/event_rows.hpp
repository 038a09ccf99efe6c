#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jsonb/jsonb.hpp"
#include "submission/form.hpp"
#include "submission/missing_answers.hpp"
#include "submission/trail.hpp"

namespace onetrip::submission {

/// The finding about an answer (submissions.md, chapter 2; forms.md, chapter 3).
enum class Status : std::uint8_t {
    ok,
    wrong_type,
    not_in_choices,
    null,
    unknown,
    structure,
    missing,
    part,
    frame,
};

inline constexpr std::size_t status_count = 9;

std::string_view name_of(Status status);

/// A set of statuses, a bit each.
using Statuses = std::uint16_t;

constexpr Statuses bit_of(Status status) {
    return static_cast<Statuses>(1U << static_cast<unsigned>(status));
}

inline constexpr Statuses always_returned =
    bit_of(Status::ok) | bit_of(Status::wrong_type) | bit_of(Status::not_in_choices);
inline constexpr Statuses all_statuses = (1U << status_count) - 1;

/// A row of flatten_submission, as far as the walk itself does not keep it.
struct EventRow {
    std::int32_t ord = 0;
    Status status = Status::ok;
    const FormNode* node = nullptr;  ///< nullptr if the path is not in the form

    /// The way to the answer is that to the node, without array indexes: it is not in the trail,
    /// since the node says it.
    bool is_at_node = false;

    jsonb::Value value;  ///< null for an empty array

    /// The node whose answer a row of status part is a part of, if the form has it.
    const FormNode* part_of = nullptr;
};

/// The row that a walk is at, and what every walk needs to make it.
class EventRows {
  public:
    /// The way to the answer of the last row, unless that is_at_node. A missing answer has only the
    /// indexes of its repetition.
    const Trail& trail() const { return trail_; }

    /// The schema path of the last row, whose path is not in the form.
    std::string_view path() const { return path_; }

  protected:
    explicit EventRows(Interrupt interrupt) : missing_(interrupt), interrupt_(interrupt) {}

    /// Whether there is anything to walk: the document is an object.
    bool begin_rows(const Form& form, jsonb::Value responses, Statuses included);

    /// Makes the only row of a document that is not an object.
    bool next_root() {
        if (!has_root_row_) {
            return false;
        }
        has_root_row_ = false;
        row_ = {++ord_, Status::structure, nullptr, false, row_.value};
        return is_selected(Status::structure);
    }

    bool is_selected(Status status) const { return (selected_ & bit_of(status)) != 0; }
    bool lists_missing() const { return is_selected(Status::missing); }

    Status judge(const FormNode& node, jsonb::Value answer) {
        if (answer.kind() == jsonb::Kind::null || (node.has_empties && is_empty(node, answer))) {
            return Status::null;
        }
        if (!has_type(answer, node.type, node.takes_partial_dates)) {
            return Status::wrong_type;
        }
        if (node.has_choices && !form_->allows(node, text_of(answer, room_))) {
            return Status::not_in_choices;
        }
        return Status::ok;
    }

    /// Makes the rows of an answer that is several choices, to be listed by next_choice. The trail
    /// leads to the answer and stays there. False if it is not such an answer.
    bool begin_choices(const FormNode& node, jsonb::Value answer,
                       MissingAnswers::Repetition repetition);
    bool has_choices() const { return !choices_.empty(); }
    bool next_choice();

    bool next_missing();

    void tick() {
        constexpr std::uint32_t steps_between = 256;
        if (++steps_ % steps_between == 0) {
            interrupt_();
        }
    }

    const Form* form_ = nullptr;
    std::int32_t ord_ = 0;
    EventRow row_;
    Trail trail_;
    std::string path_;
    MissingAnswers missing_;  ///< hears of the walk only if missing ones are asked for

  private:
    static bool is_empty(const FormNode& node, jsonb::Value answer);

    Interrupt interrupt_;
    Statuses selected_ = always_returned;
    std::uint32_t steps_ = 0;
    bool has_root_row_ = false;
    std::string room_;

    // ---- the answer of several choices that is being listed ----

    std::string_view choices_;  ///< those that are left
    const FormNode* choices_node_ = nullptr;
    MissingAnswers::Repetition choices_repetition_ = MissingAnswers::document;
    Trail::Mark choices_mark_;
    std::uint32_t choice_ = 0;
    std::vector<std::uint8_t> choice_document_;
};

}  // namespace onetrip::submission
