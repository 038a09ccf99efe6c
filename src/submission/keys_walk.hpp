#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "submission/event_rows.hpp"

namespace onetrip::submission {

/// The walk over a submission that is read by the names of its members. Depth first, with the open
/// containers on a stack of its own; of every container first the scalars, then the containers.
/// Linear in the answers; MissingAnswers adds its own cost if missing ones are asked for.
class KeysWalk final : public EventRows {
  public:
    explicit KeysWalk(Interrupt interrupt) : EventRows(interrupt) {}

    void begin(const Form& form, jsonb::Value responses, Statuses included);

    const EventRow* next();

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
    bool put_choices(Place place, const FormNode& node, jsonb::Value value);
    void open(Place place, const FormNode* node, jsonb::Value container);
    MissingAnswers::Repetition enter(Place place, const FormNode* node, bool is_object);
    void push(const FormNode* node, jsonb::Value container, MissingAnswers::Repetition repetition);
    void extend(Place place, bool with_path);
    void extend_path(Place place, const FormNode* node);

    std::vector<Frame> frames_;
    std::vector<std::string_view> slugs_;
};

}  // namespace onetrip::submission
