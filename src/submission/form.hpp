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

/// The value of an element of an answerEnum. A choice without a scalar value is not one that an
/// answer could be.
std::optional<jsonb::Value> value_of_choice(jsonb::Value choice);

/// A part of a form's lists of texts or choices.
struct FormRange {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
};

/// The description of one path in a form. If several nodes have the path, it is that of the last
/// one. It is small and has no memory of its own: a load keeps thousands of forms. The form has the
/// texts.
struct FormNode {
    std::uint32_t id = 0;      ///< its place in Form::nodes()
    std::uint32_t parent = 0;  ///< the id of the node above; 0 is the root

    /// The node whose object the answer lies in: the parent, or further out past inline groups.
    std::uint32_t context = 0;

    FormRange key;  ///< the name in a document
    FormRange tag;
    FormRange choices;
    AnswerType type = AnswerType::text;
    bool is_question = false;
    bool is_group = true;
    bool has_tag = false;
    bool has_choices = false;  ///< any value will do if there are none

    // ---- what only the further words say ----

    bool is_metadata = false;  ///< never missing, and loaded only if wanted
    bool is_inline = false;
    bool repeats = false;
    bool is_numbered = false;  ///< reading items: its item or answer has a number in idx
    bool is_spaced = false;    ///< a text is several choices
    bool has_empties = false;  ///< some text is not an answer
    bool takes_partial_dates = false;

    /// Whether an object, or an array in an array, is an answer as it is.
    bool takes_any_json() const { return type == AnswerType::json && !is_group; }

    /// Whether it is a group of which a document may have several.
    bool is_repeated_group() const { return repeats && !is_question; }

    /// Whether each item of it is a repetition: it repeats, or its items are numbered all the same.
    bool makes_repetitions() const { return is_numbered && !is_question; }
};

/// A form compiled: a hash of its nodes by the node in whose object they lie and their key there.
/// It owns all that it knows, in a few blocks of memory. Linear in the size of the form.
class Form {
  public:
    explicit Form(jsonb::Value form, Interrupt interrupt = never_interrupted)
        : Form(form, interrupt, nullptr) {}

    /// The same, and sets by the number of each FormItem the id of the node that its path leads to;
    /// 0 for one that is hidden.
    Form(jsonb::Value form, Interrupt interrupt, std::vector<std::uint32_t>* nodes_of_items);

    /// The words of the root about the whole.
    const FormWords& words() const { return words_; }

    const FormNode& root() const { return nodes_.front(); }
    const std::vector<FormNode>& nodes() const { return nodes_; }

    /// The node that has this key in the object of `context`; nullptr if the form has none.
    const FormNode* find(const FormNode& context, std::string_view key) const {
        const std::uint64_t hash = hash_of(context.id, key);
        for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
            const Slot& slot = slots_[at];
            if (slot.node == 0) {
                return nullptr;
            }
            if (slot.hash == static_cast<std::uint32_t>(hash >> 32)) {
                const FormNode& node = nodes_[slot.node];
                if (node.context == context.id && key_of(node) == key) {
                    return &node;
                }
            }
        }
    }

    std::string_view slug_of(const FormNode& node) const {
        return further_.empty() ? key_of(node) : text_at(further_[node.id].slug);
    }
    std::string_view key_of(const FormNode& node) const { return text_at(node.key); }

    std::optional<std::string_view> tag_of(const FormNode& node) const {
        return node.has_tag ? std::optional(text_at(node.tag)) : std::nullopt;
    }

    /// Whether the text is one of the node's choices, or any will do.
    bool allows(const FormNode& node, std::string_view text) const {
        return !node.has_choices || is_listed(node.choices, text);
    }

    /// Whether a value[x] of this name is right at the node.
    bool allows_value_type(const FormNode& node, std::string_view name) const {
        return further_.empty() || !further_[node.id].has_value_types ||
               is_listed(further_[node.id].value_types, name);
    }

    /// The node whose repetitions an answer belongs to: the context, or further out past groups
    /// that make none.
    std::uint32_t home_of(const FormNode& node) const {
        return further_.empty() ? node.context : further_[node.id].home;
    }

    /// Whether a document can have the node's answers: its place is not another one's.
    bool is_found(const FormNode& node) const {
        return node.is_inline || find(nodes_[node.context], key_of(node)) == &node;
    }

    /// The ids of the questions, each path once, in tree order.
    const std::vector<std::uint32_t>& questions() const { return questions_; }

    /// The number (FormItem) of the node that counts at a path.
    std::uint32_t number_of(const FormNode& node) const { return numbers_[node.id]; }

    std::string path_of(const FormNode& node) const;

    /// The keys that lead to the node in a document, but for indexes.
    std::vector<std::string_view> way_to(const FormNode& node) const;

    /// Puts into `slugs` those from below the root, or from below another node, down to the node.
    void find_slugs(const FormNode& node, std::vector<std::string_view>& slugs,
                    std::uint32_t from = 0) const;

    /// Puts into `way` what way_to returns.
    void find_way(const FormNode& node, std::vector<std::string_view>& way) const;

    /// About how much memory it takes, in bytes.
    std::size_t size() const { return size_; }

  private:
    /// `node` is 0 if the slot is free: the root is found by no key.
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t node = 0;
    };

    /// The part of a node that only a form with the further words keeps. While the form is read,
    /// the slug is the key, and the other way round.
    struct Further {
        FormRange slug;
        FormRange value_types;
        bool has_value_types = false;  ///< any will do if there are none
        std::uint32_t home = 0;
    };

    std::string_view text_at(FormRange range) const {
        return {texts_.data() + range.begin, range.size};
    }

    FormRange keep(std::string_view text);
    std::uint32_t add(std::uint32_t parent, std::string_view slug);
    void describe(FormNode& node, const NodeTraits& traits, Ticker& ticker);
    void describe_words(FormNode& node, const NodeTraits& traits, Ticker& ticker);
    FormRange keep_choices(jsonb::Array answer_enum, Ticker& ticker);
    FormRange keep_value_types(jsonb::Array names, Ticker& ticker);
    FormRange sort_from(std::size_t begin, Ticker& ticker);
    bool is_listed(FormRange list, std::string_view text) const;
    void place_by_keys();
    void insert_by_keys(std::vector<std::uint32_t>& nodes);
    void insert(std::uint32_t node);
    void grow();
    void list_questions(const std::vector<std::uint32_t>& ids);
    void settle();

    std::vector<FormNode> nodes_;
    std::vector<std::uint32_t> numbers_;
    std::vector<std::uint32_t> questions_;
    std::vector<Slot> slots_;
    std::vector<FormRange> lists_;  ///< choices and value types of each node, sorted
    std::vector<Further> further_;  ///< by node, or none
    std::string texts_;
    FormWords words_;
    std::size_t mask_ = 0;
    std::size_t size_ = 0;
};

}  // namespace onetrip::submission
