#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "submission/form_reader.hpp"

namespace onetrip::submission {

class Ticker;

/// A part of a form's lists of texts or choices.
struct FormRange {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
};

/// What a form says of one path. Where several nodes have the path it is the last one's. Small,
/// without memory of its own: a load keeps thousands of forms. The form has the texts.
struct FormNode {
    std::uint32_t id = 0;      ///< its place in Form::nodes()
    std::uint32_t parent = 0;  ///< the id of the node above; 0 is the root
    FormRange slug;
    FormRange tag;
    FormRange choices;
    bool is_question = false;
    bool is_group = true;
    bool is_metadata = false;
    bool has_tag = false;
    bool has_choices = false;  ///< any value will do if there are none
    AnswerType type = AnswerType::text;
};

/// A form compiled: a hash of its paths, each kept as the node above and a slug. It owns all that
/// it knows, in a few blocks of memory. Linear in the size of the form.
class Form {
  public:
    explicit Form(jsonb::Value form, Interrupt interrupt = never_interrupted);

    const FormNode& root() const { return nodes_.front(); }
    const std::vector<FormNode>& nodes() const { return nodes_; }

    /// The node that `key` leads to from `parent`; nullptr where the form has no such path.
    const FormNode* find(const FormNode& parent, std::string_view key) const {
        const std::uint64_t hash = hash_of(parent.id, key);
        for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
            const Slot& slot = slots_[at];
            if (slot.node == 0) {
                return nullptr;
            }
            if (slot.hash == static_cast<std::uint32_t>(hash >> 32)) {
                const FormNode& node = nodes_[slot.node];
                if (node.parent == parent.id && slug_of(node) == key) {
                    return &node;
                }
            }
        }
    }

    std::string_view slug_of(const FormNode& node) const { return text_at(node.slug); }

    std::optional<std::string_view> tag_of(const FormNode& node) const {
        return node.has_tag ? std::optional(text_at(node.tag)) : std::nullopt;
    }

    /// Whether the text is one of the node's choices, or any will do.
    bool allows(const FormNode& node, std::string_view text) const;

    /// The ids of the questions, each path once, in tree order.
    const std::vector<std::uint32_t>& questions() const { return questions_; }

    /// The number (FormItem) of the node that counts at a path.
    std::uint32_t number_of(const FormNode& node) const { return numbers_[node.id]; }

    std::string path_of(const FormNode& node) const;

    /// The slugs from below the root down to the node.
    std::vector<std::string_view> way_to(const FormNode& node) const;

    /// The same, in the place of what is in `way`.
    void find_way(const FormNode& node, std::vector<std::string_view>& way) const;

    /// About how much memory it takes, in bytes.
    std::size_t size() const { return size_; }

  private:
    /// `node` is 0 where the slot is free: the root is found by no key.
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t node = 0;
    };

    std::string_view text_at(FormRange range) const {
        return {texts_.data() + range.begin, range.size};
    }

    FormRange keep(std::string_view text);
    std::uint32_t add(std::uint32_t parent, std::string_view slug);
    void describe(FormNode& node, const NodeTraits& traits, Ticker& ticker);
    FormRange keep_choices(jsonb::Array answer_enum, Ticker& ticker);
    void insert(std::uint32_t node);
    void grow();
    void list_questions(const std::vector<std::uint32_t>& ids);
    void settle();

    std::vector<FormNode> nodes_;
    std::vector<std::uint32_t> numbers_;
    std::vector<std::uint32_t> questions_;
    std::vector<Slot> slots_;
    std::vector<FormRange> choices_;  ///< of each node, sorted
    std::string texts_;
    std::size_t mask_ = 0;
    std::size_t size_ = 0;
};

}  // namespace onetrip::submission
