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

/// What is found of an answer (submissions.md, chapter 2).
enum class Status : std::uint8_t {
    ok,
    wrong_type,
    not_in_choices,
    null,
    unknown,
    structure,
    missing,
};

inline constexpr std::size_t status_count = 7;

std::string_view name_of(Status status);

/// A set of statuses, a bit each.
using Statuses = std::uint8_t;

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
    const FormNode* node = nullptr;  ///< nullptr where the path is not in the form

    /// The way to the answer is that to the node, without array indexes: it is not in
    /// SubmissionWalk::trail(), since the node says it.
    bool is_at_node = false;

    jsonb::Value value;  ///< null for an empty array
};

/// The walk over one submission: pulled row by row, so that rows can stream, and used again for the
/// next one, so that its memory is. Depth first, with the open containers on a stack of its own; of
/// every container first the scalars, then the containers. Linear in the answers; MissingAnswers
/// adds its own cost if missing ones are asked for.
class SubmissionWalk {
  public:
    /// `interrupt` is called once in a few hundred values, whether they become rows or not.
    explicit SubmissionWalk(Interrupt interrupt) : interrupt_(interrupt), missing_(interrupt) {}

    /// Begins. `form` and the bytes of `responses` must stay until next() has returned false or
    /// begin is called again. `included` are the statuses to return besides always_returned.
    void begin(const Form& form, jsonb::Value responses, Statuses included);

    /// The next row to be returned; nullptr where there is none. It is good until the next call.
    const EventRow* next();

    /// The way to the answer of the last row, unless that is_at_node. Of a missing answer there are
    /// the indexes of its repetition alone.
    const Trail& trail() const { return trail_; }

    /// The schema path of the last row, whose path is not in the form.
    std::string_view path() const { return path_; }

  private:
    /// A container on the way. The elements of an array are judged by the array's own node.
    struct Frame {
        jsonb::Object::Iterator members_begin;
        jsonb::Object::Iterator member;
        jsonb::Object::Iterator members_end;
        jsonb::Array::Iterator elements_begin;
        jsonb::Array::Iterator element;
        jsonb::Array::Iterator elements_end;
        const FormNode* node;
        MissingAnswers::Repetition repetition;  ///< set only if missing ones are asked for
        std::uint32_t index;
        std::uint32_t path_size;
        Trail::Mark mark;
        bool is_object;
        bool has_containers;
        bool in_containers;  ///< the second time through
    };

    /// Where a child hangs: a member's key or an element's index.
    struct Place {
        std::string_view key;
        std::uint32_t index;
        bool is_element;
    };

    bool next_member();
    bool next_element();
    void end_of_pass(Frame& frame);
    bool take_scalar(Place place, const FormNode* node, jsonb::Value value);
    bool take_container(Place place, const FormNode* node, jsonb::Value value);
    bool put(Status status, Place place, const FormNode* node, jsonb::Value value);
    bool put_empty_array(Place place, const FormNode& node);
    bool put_root(jsonb::Value responses);
    bool next_missing();
    void open(Place place, const FormNode* node, jsonb::Value container);
    MissingAnswers::Repetition enter(Place place, const FormNode* node, bool is_object);
    void push(const FormNode* node, jsonb::Value container, MissingAnswers::Repetition repetition);
    void extend(Place place, bool with_path);
    Status judge(const FormNode& node, jsonb::Value answer);
    void tick();
    bool lists_missing() const { return (selected_ & bit_of(Status::missing)) != 0; }

    Interrupt interrupt_;
    const Form* form_ = nullptr;
    Statuses selected_ = always_returned;
    std::uint32_t steps_ = 0;
    std::int32_t ord_ = 0;
    EventRow row_;
    bool has_root_row_ = false;
    std::vector<Frame> frames_;
    Trail trail_;
    std::string path_;
    std::string room_;
    MissingAnswers missing_;  ///< hears of the walk only if missing ones are asked for
};

}  // namespace onetrip::submission
