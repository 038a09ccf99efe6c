// The tree that foreign forms are translated into, kept within bounds and written as JSONB. Knows
// no dialect.

#include "submission/dialects/form_tree.hpp"

#include "jsonb/jsonb_writer.hpp"
#include "submission/dialects/members.hpp"

namespace onetrip::submission::dialects {

namespace {

/// The bytes that a value or a key takes in addition to its own.
constexpr std::size_t overhead = 16;

std::size_t size_of(Value value) {
    return value.data().size() + overhead;
}

std::size_t size_of(const Word& word) {
    std::size_t size = overhead;
    if (const auto* const text = std::get_if<std::string_view>(&word)) {
        size += text->size();
    } else if (const auto* const value = std::get_if<Value>(&word)) {
        size += size_of(*value);
    } else if (const auto* const values = std::get_if<std::vector<Value>>(&word)) {
        for (const Value element : *values) {
            size += size_of(element);
        }
    } else if (const auto* const languages = std::get_if<Languages>(&word)) {
        for (const auto& [language, label] : *languages) {
            size += language.size() + overhead + size_of(label);
        }
    }
    return size;
}

std::size_t size_of(const TreeNode& node) {
    constexpr std::size_t words = 12 * overhead;
    std::size_t size = words + node.slug.value_or("").size() + node.key.value_or("").size() +
                       node.tag.value_or("").size() + size_of(node.label) + size_of(node.relevant) +
                       size_of(node.version);
    for (const std::string_view type : node.value_types.value_or(std::vector<std::string_view>())) {
        size += type.size() + overhead;
    }
    return size;
}

std::size_t size_of(const Choices& choices) {
    std::size_t size = 0;
    for (const Choice& choice : choices) {
        size += size_of(choice.value) + size_of(choice.label) + 3 * overhead;
    }
    return size;
}

std::string_view name_of(NodeType type) {
    switch (type) {
        case NodeType::form:
            return "form";
        case NodeType::section:
            return "section";
        case NodeType::metadata:
            return "metadata";
        default:
            return "question";
    }
}

}  // namespace

FormTree::FormTree(Interrupt interrupt) : ticker_(interrupt), nodes_(2) {
    nodes_[root].slug = "form";
    nodes_[root].type = NodeType::form;
    nodes_[root].has_children = true;
}

std::uint32_t FormTree::add(std::uint32_t parent, TreeNode node) {
    if (parent == left_out || is_full_) {
        return left_out;
    }
    const std::uint32_t id = add_loose(std::move(node));
    const auto added = id == left_out ? static_cast<std::uint32_t>(nodes_.size() - 1) : id;
    nodes_[parent].children.push_back(added);
    nodes_[parent].has_children = true;
    return id;
}

/// Adds a node that is not in the tree yet. If there is no room for it, a json question with its
/// slug and key stays.
std::uint32_t FormTree::add_loose(TreeNode node) {
    ticker_.tick();
    if (is_full_) {
        return left_out;
    }
    if (!has_room_for(node)) {
        is_full_ = true;
        TreeNode last = question(node.slug, "json");
        last.key = node.key;
        last.problem = too_many_nodes;
        nodes_.push_back(std::move(last));
        return left_out;
    }
    ++count_;
    spend_choices(node);
    nodes_.push_back(std::move(node));
    return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void FormTree::cut(std::uint32_t group) {
    TreeNode& node = nodes_[group];
    node.type = NodeType::question;
    node.answer_type = "json";
    node.has_children = false;
    node.children.clear();
    node.problem = too_many_nodes;
}

bool FormTree::has_room_for(const TreeNode& node) {
    bytes_ += size_of(node);
    return count_ + 1 < most_nodes && bytes_ <= most_bytes;
}

/// Questions share lists of choices, the tree has each anew: that is what can grow beyond the form.
void FormTree::spend_choices(TreeNode& node) {
    if (!node.choices) {
        return;
    }
    const std::size_t size = lists_[*node.choices].size;
    if (size > most_bytes - choice_bytes_) {
        node.choices.reset();
        node.has_open_choices = false;
        node.problem = too_many_choices;
        return;
    }
    choice_bytes_ += size;
}

void FormTree::add_copy(std::uint32_t parent, std::uint32_t original) {
    struct Copied {
        std::uint32_t from;
        std::uint32_t to;
        std::size_t child;
    };
    const auto copy_into = [&](std::uint32_t to, std::uint32_t from) {
        TreeNode node = nodes_[from];
        node.children.clear();
        return Copied{from, add(to, std::move(node)), 0};
    };
    std::vector<Copied> copied = {copy_into(parent, original)};
    while (!copied.empty()) {
        Copied& top = copied.back();
        if (top.to == left_out || top.child == nodes_[top.from].children.size()) {
            copied.pop_back();
            continue;
        }
        const std::uint32_t child = nodes_[top.from].children[top.child++];
        const std::uint32_t to = top.to;
        copied.push_back(copy_into(to, child));
    }
}

std::string_view FormTree::keep(std::string text) {
    bytes_ += text.size();
    if (bytes_ > most_bytes) {
        return {};
    }
    return kept_.emplace_back(std::move(text));
}

std::uint32_t FormTree::add_choices(Choices choices) {
    const std::size_t size = size_of(choices);
    lists_.push_back({std::move(choices), size});
    return static_cast<std::uint32_t>(lists_.size() - 1);
}

std::vector<std::uint8_t> FormTree::to_jsonb() {
    std::vector<Open> open;
    json_.clear();
    write_begin(root);
    open.push_back({root, 0});
    while (!open.empty()) {
        ticker_.tick();
        Open& top = open.back();
        const TreeNode& node = nodes_[top.node];
        if (top.child < node.children.size()) {
            const std::uint32_t child = node.children[top.child++];
            write_begin(child);
            open.push_back({child, 0});
            continue;
        }
        if (node.has_children) {
            json_.close();
        }
        json_.close();
        open.pop_back();
    }
    return jsonb::write_jsonb(json_.tree());
}

/// A node up to its children: their array is left open.
void FormTree::write_begin(std::uint32_t id) {
    const TreeNode& node = nodes_[id];
    json_.open_object();
    if (id == root) {
        write_text("reading", reads_items ? "items" : "keys");
        write_true("emptyIsNull", empty_is_null);
    }
    write_words(node);
    write_question(node);
    if (node.has_children) {
        json_.key("children");
        json_.open_array();
    }
}

void FormTree::write_words(const TreeNode& node) {
    json_.key("slug");
    if (node.slug) {
        json_.string(*node.slug);
    } else {
        json_.null();
    }
    write_text("nodeType", name_of(node.type));
    write_word("key", word_of(node.key));
    write_word("tag", word_of(node.tag));
    write_word("label", node.label);
    write_word("relevant", node.relevant);
    write_word("version", node.version);
    write_true("inline", node.is_inline);
    write_true("repeats", node.repeats);
    write_true("required", node.is_required);
    if (!node.problem.empty()) {
        write_text("problem", node.problem);
    }
}

void FormTree::write_question(const TreeNode& node) {
    if (!node.answer_type.empty()) {
        write_text("answerType", node.answer_type);
    }
    if (node.is_spaced) {
        write_text("multiple", "spaced");
    }
    write_true("openChoices", node.has_open_choices);
    write_true("partialDates", node.has_partial_dates);
    if (node.choices) {
        write_choices(lists_[*node.choices].choices);
    }
    if (node.value_types) {
        json_.key("valueTypes");
        json_.open_array();
        for (const std::string_view type : *node.value_types) {
            json_.string(type);
        }
        json_.close();
    }
}

void FormTree::write_word(std::string_view name, const Word& word) {
    if (!std::holds_alternative<std::monostate>(word)) {
        json_.key(name);
        write_value(word);
    }
}

void FormTree::write_text(std::string_view name, std::string_view text) {
    json_.key(name);
    json_.string(text);
}

void FormTree::write_true(std::string_view name, bool is_true) {
    if (is_true) {
        json_.key(name);
        json_.boolean(true);
    }
}

void FormTree::write_value(const Word& word) {
    if (const auto* const text = std::get_if<std::string_view>(&word)) {
        json_.string(*text);
    } else if (const auto* const value = std::get_if<Value>(&word)) {
        json_.copy(*value);
    } else if (const auto* const values = std::get_if<std::vector<Value>>(&word)) {
        json_.open_array();
        for (const Value element : *values) {
            json_.copy(element);
        }
        json_.close();
    } else if (const auto* const boolean = std::get_if<bool>(&word)) {
        json_.boolean(*boolean);
    } else if (const auto* const languages = std::get_if<Languages>(&word)) {
        json_.open_object();
        for (const auto& [language, label] : *languages) {
            json_.key(language);
            json_.copy(label);
        }
        json_.close();
    }
}

void FormTree::write_choices(const Choices& choices) {
    json_.key("answerEnum");
    json_.open_array();
    for (const Choice& choice : choices) {
        ticker_.tick();
        json_.open_object();
        json_.key("value");
        write_value(choice.value);
        write_word("label", choice.label);
        json_.close();
    }
    json_.close();
}

}  // namespace onetrip::submission::dialects
