#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/interrupt.hpp"
#include "jsonb/json_tree_builder.hpp"
#include "jsonb/jsonb.hpp"

namespace onetrip::submission::dialects {

/// Texts by language, or by "default".
using Languages = std::vector<std::pair<std::string_view, jsonb::Value>>;

/// The value of a word of the tree: nothing, true or false, a text, a value of the foreign form as
/// it is, values in an array, or texts by language. It holds only views.
using Word = std::variant<std::monostate, bool, std::string_view, jsonb::Value,
                          std::vector<jsonb::Value>, Languages>;

struct Choice {
    Word value;
    Word label;
};

using Choices = std::vector<Choice>;

enum class NodeType : std::uint8_t { form, section, question, metadata };

/// A node of onetrip's form tree: the words of forms.md, chapter 1, and those of submissions.md.
/// Views point into the foreign form or into what FormTree::keep has kept.
struct TreeNode {
    std::optional<std::string_view> slug;  ///< nullopt stands as null
    NodeType type = NodeType::question;
    std::string_view answer_type;  ///< of a question
    std::optional<std::string_view> key;
    std::optional<std::string_view> tag;
    Word label;
    Word relevant;
    Word version;
    bool is_inline = false;
    bool is_spaced = false;
    bool has_open_choices = false;
    bool has_partial_dates = false;
    bool repeats = false;
    bool is_required = false;
    bool has_children = false;             ///< also if there are none in it
    std::optional<std::uint32_t> choices;  ///< of FormTree::add_choices
    std::optional<std::vector<std::string_view>> value_types;
    std::string_view problem;
    std::vector<std::uint32_t> children;
};

/// The tree that a foreign form is translated into. It has at most `most_nodes` nodes and so many
/// bytes that it fits a jsonb, whatever form it comes from: the first node that there is no room
/// for is a json question with a problem, and the nodes after it are left out.
class FormTree {
  public:
    static constexpr std::uint32_t most_nodes = 100000;
    static constexpr std::size_t most_bytes = std::size_t{64} << 20;
    static constexpr std::string_view too_many_nodes = "too many nodes";
    static constexpr std::string_view too_many_choices = "too many choices";

    /// The node that everything is in, and one that is not in the tree: what is added below that is
    /// left out as well.
    static constexpr std::uint32_t root = 0;
    static constexpr std::uint32_t left_out = 1;

    explicit FormTree(Interrupt interrupt);

    TreeNode& at(std::uint32_t node) { return nodes_[node]; }

    /// Adds a node and returns it; left_out if there is no room for it.
    std::uint32_t add(std::uint32_t parent, TreeNode node);

    /// A copy of a node, with all that is in it, as the last child of another.
    void add_copy(std::uint32_t parent, std::uint32_t original);

    /// A node that is in the tree only once it is a child of another.
    std::uint32_t add_loose(TreeNode node);

    /// Makes a group that there is no room for a json question with the problem.
    void cut(std::uint32_t group);

    /// How many nodes there is room for.
    std::uint32_t room() const { return is_full_ ? 0 : most_nodes - count_; }

    /// Keeps a text that is made, not found; it counts, and is cut off if there is no room.
    std::string_view keep(std::string text);

    std::uint32_t add_choices(Choices choices);

    /// The interrupt, now and then.
    void tick() { ticker_.tick(); }

    bool reads_items = false;
    bool empty_is_null = false;

    /// The tree as JSONB.
    std::vector<std::uint8_t> to_jsonb();

  private:
    struct List {
        Choices choices;
        std::size_t size;
    };

    /// A node that is being written, and which of its children comes next.
    struct Open {
        std::uint32_t node;
        std::size_t child;
    };

    bool has_room_for(const TreeNode& node);
    void spend_choices(TreeNode& node);
    void write_begin(std::uint32_t id);
    void write_words(const TreeNode& node);
    void write_question(const TreeNode& node);
    void write_word(std::string_view name, const Word& word);
    void write_text(std::string_view name, std::string_view text);
    void write_true(std::string_view name, bool is_true);
    void write_value(const Word& word);
    void write_choices(const Choices& choices);

    Ticker ticker_;
    std::vector<TreeNode> nodes_;
    std::vector<List> lists_;
    std::deque<std::string> kept_;
    jsonb::JsonTreeBuilder json_;
    std::uint32_t count_ = 1;       ///< of nodes, with the root
    std::size_t bytes_ = 0;         ///< of all nodes without their choices, or a bit more
    std::size_t choice_bytes_ = 0;  ///< of all choices of all nodes
    bool is_full_ = false;
};

// ---- nodes as translators make them ----

inline TreeNode question(std::optional<std::string_view> slug, std::string_view answer_type) {
    TreeNode node;
    node.slug = slug;
    node.answer_type = answer_type;
    return node;
}

inline TreeNode metadata(std::string_view slug, std::string_view answer_type = "text") {
    TreeNode node = question(slug, answer_type);
    node.type = NodeType::metadata;
    return node;
}

inline TreeNode section(std::optional<std::string_view> slug) {
    TreeNode node;
    node.slug = slug;
    node.type = NodeType::section;
    node.has_children = true;
    return node;
}

template <typename Source>
Word word_of(const std::optional<Source>& source) {
    return source ? Word(*source) : Word();
}

}  // namespace onetrip::submission::dialects
