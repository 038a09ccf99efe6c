#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "submission/event_rows.hpp"
#include "submission/leaf_walk.hpp"

namespace onetrip::submission {

/// The walk over a QuestionnaireResponse of FHIR (forms.md, chapter 3): its items are found by
/// their linkIds, their answers by value[x]. It runs without recursion, and is linear in the
/// document. The members that frame the answers are listed after them, and not looked at if nobody
/// asks for them.
///
/// With full idx (FormWords) the idx of an event has exactly one index for each node on its way. A
/// question has the number of its answer, counted over all items of its linkId, where the events of
/// forms without it have none, one or two indexes. What an item has next to its answers is with its
/// first answer, and counted on after what that has, so that no two repetitions have one number.
class ItemsWalk final : public EventRows {
  public:
    explicit ItemsWalk(Interrupt interrupt)
        : EventRows(interrupt), parts_(trail_, path_), frames_of_answers_(trail_, path_) {}

    void begin(const Form& form, jsonb::Value responses, Statuses included);

    const EventRow* next();

  private:
    using Repetition = MissingAnswers::Repetition;

    enum class Kind : std::uint8_t {
        items,    ///< an array of items
        item,     ///< one of them
        answers,  ///< its answers
        answer,   ///< one of these
    };

    /// The work that is left on an item or an answer.
    enum class Stage : std::uint8_t { answers, items, frame };

    /// The repetition that the walk is in, and how many of the indexes on the way are its own.
    struct Around {
        Repetition repetition = MissingAnswers::document;
        std::uint32_t indexes = 0;
    };

    /// The members of an item, or of an answer, that are walked.
    struct Members {
        std::optional<jsonb::Value> link;
        std::optional<jsonb::Value> answers;
        std::optional<jsonb::Value> items;
    };

    /// An open value. The node of an array of items is the one that they are below. It is nullptr
    /// for what the form does not have, whose path is then the first `path_size` bytes of path_.
    struct Level {
        Kind kind = Kind::items;
        Stage stage = Stage::answers;
        const FormNode* node = nullptr;
        std::uint32_t path_size = 0;
        std::uint32_t place = 0;
        Trail::Mark mark;
        Around around;
        std::uint32_t index = 0;
        std::uint32_t scope = 0;         ///< the items in which a linkId is counted
        std::uint32_t first_answer = 0;  ///< with full idx: the number of the item's first answer
        bool is_shared = false;          ///< the scope may be left, and come back to
        jsonb::Array::Iterator element;
        jsonb::Array::Iterator elements_end;
        jsonb::Object object;
        Members members;
        jsonb::Object::Iterator member;
        jsonb::Object::Iterator members_end;
    };

    /// Where an item or an answer is: its index and the place of what it is in.
    struct Place {
        std::uint32_t parent = 0;
        std::uint32_t index = 0;
        Kind kind = Kind::items;
    };

    /// The frame of an item, an answer or, at place 0, the document.
    struct FrameOf {
        std::uint32_t place = 0;
        jsonb::Object object;
    };

    /// How many items of a scope have had the node's linkId.
    struct Stamp {
        std::uint32_t scope = 0;
        std::uint32_t count = 0;
    };

    /// A linkId in a scope.
    struct Link {
        std::uint32_t scope;
        std::string_view link;
        bool operator==(const Link&) const = default;
    };
    struct LinkHash {
        std::uint64_t seed;
        std::size_t operator()(const Link& link) const {
            return hash_of(seed ^ link.scope, link.link);
        }
    };

    bool step();
    bool next_item();
    bool next_answer();
    bool go_on_in_item();
    bool go_on_in_answer();
    bool open_items(jsonb::Value items);
    bool open_answers(jsonb::Value answers);
    bool take_only_value(const jsonb::Member& value);
    static Members members_of(jsonb::Object item);
    void open_item(const FormNode* node, jsonb::Object item, const Members& members);
    void enter_item(Level& level, std::uint32_t count);
    void enter_answer(const Level& level, std::uint32_t index);
    bool is_numbered_question(const FormNode* node) const {
        return has_full_idx_ && node != nullptr && node->is_question && node->id != 0;
    }
    bool take_value(std::string_view name, jsonb::Value value);
    bool take_object(std::string_view name, jsonb::Value value);
    bool take_scalar(std::string_view name, jsonb::Value value);
    bool take_whole(std::string_view name, jsonb::Value value);
    void begin_parts(jsonb::Object object, std::string_view passed);
    bool next_part();
    bool next_frame();
    bool begin_frame();
    void go_to_place(std::uint32_t place);
    bool put(Status status, const FormNode* node, jsonb::Value value);
    std::uint32_t& counter_of(const FormNode* node, std::string_view link);
    static std::uint32_t places_in(const Members& members);
    void rewind(const Level& level);
    void keep_frame(const Level& level);
    std::uint32_t add_place(std::uint32_t parent, std::uint32_t index, Kind kind);
    bool lists_frames() const { return is_selected(Status::frame) || lists_missing(); }

    std::vector<Level> levels_;
    LeafWalk parts_;
    const FormNode* parts_of_ = nullptr;

    // ---- counts of linkIds ----

    bool has_full_idx_ = false;
    std::uint32_t scopes_ = 0;   ///< that have been opened
    std::vector<Stamp> stamps_;  ///< by node
    std::unordered_map<Link, std::uint32_t, LinkHash> links_{
        0, LinkHash{reinterpret_cast<std::uintptr_t>(this)}};

    // ---- what frames the answers ----

    std::vector<Place> places_;
    std::vector<FrameOf> frames_;
    std::size_t next_frame_ = 0;
    LeafWalk frames_of_answers_;
    std::vector<std::uint32_t> way_;
};

}  // namespace onetrip::submission
