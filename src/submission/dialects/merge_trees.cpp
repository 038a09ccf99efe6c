// The union of versions of one form, all in onetrip's own tree. Knows no dialect.

#include "submission/dialects/merge_trees.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "jsonb/json_printer.hpp"
#include "jsonb/jsonb_writer.hpp"
#include "submission/dialects/members.hpp"

namespace onetrip::submission::dialects {

namespace {

/// A key for what has no text: no string of a jsonb holds a zero byte.
constexpr std::string_view no_text = {"\0", 1};

/// The slug by which a child is matched; nullopt if it matches nothing.
std::optional<std::string_view> slug_of(Value child) {
    if (child.kind() != Kind::object) {
        return std::nullopt;
    }
    const Value slug = child.object().find("slug").value_or(Value());
    if (slug.kind() == Kind::null) {
        return no_text;
    }
    return slug.is_string() ? std::optional(slug.string()) : std::nullopt;
}

/// The text by which a choice is compared.
std::string text_of_choice(Value choice) {
    const Value value = object_of(choice).find("value").value_or(Value());
    if (!is_container(value)) {
        return value.kind() == Kind::null ? std::string(no_text) : text_of(value);
    }
    std::string text;
    jsonb::JsonPrinter printer(value);
    for (auto piece = printer.next(); !piece.empty(); piece = printer.next()) {
        text += piece;
    }
    return text;
}

std::string_view merged_type(std::string_view left, std::string_view right) {
    const auto is_number = [](std::string_view type) {
        return type == "integer" || type == "number";
    };
    if (left == right || (is_number(left) && is_number(right))) {
        return left == right ? left : "number";
    }
    return left == "json" || right == "json" ? "json" : "text";
}

}  // namespace

void MergedTree::add(Value tree) {
    if (tree.kind() != Kind::object) {
        return;
    }
    const bool is_first = nodes_.empty();
    if (is_first) {
        nodes_.emplace_back();
    }
    ++tree_;
    waiting_.push_back({0, tree, is_first});
    while (!waiting_.empty()) {
        ticker_.tick();
        const Version version = waiting_.back();
        waiting_.pop_back();
        add_version(version);
    }
}

void MergedTree::add_version(const Version& version) {
    const Object object = object_of(version.value);
    nodes_[version.node].last = version.value;
    merge_type(nodes_[version.node], object, version.is_first);
    if (const std::optional<Array> children = array(object, "children")) {
        merge_children(version.node, *children);
    }
}

void MergedTree::merge_type(Node& node, Object version, bool is_first) {
    const std::string_view type = text(version, "answerType").value_or("");
    const bool has_types = !node.type.empty() && !type.empty();
    const bool has_type = !is_first && (!node.type.empty() || !type.empty());
    merge_choices(node, version, has_type, has_types);
    node.has_merged_type = has_types && node.type != type;
    node.type = has_types ? merged_type(node.type, type) : type;
    const std::optional<std::string_view> multiple = filled_text(version, "multiple");
    node.has_earlier_multiple = has_type && node.multiple && !multiple;
    if (!node.has_earlier_multiple) {
        node.multiple = multiple ? version.find("multiple") : std::nullopt;
    }
}

/// Merges the choices of two questions: if one of them takes any answer, both do.
void MergedTree::merge_choices(Node& node, Object version, bool has_type, bool has_types) {
    const std::optional<Array> choices = array(version, "answerEnum");
    const bool has_both = node.choices && choices;
    node.choice_source = ChoiceSource::as_last;
    if (has_types && !has_both) {
        node.choice_source = ChoiceSource::none;
        node.choices.reset();
        return;
    }
    if (has_type && has_both) {
        node.choice_source = ChoiceSource::merged;
    } else {
        node.choices.reset();
    }
    if (choices) {
        node.choices = node.choices ? std::move(node.choices) : ListedChoices();
        list_choices(*node.choices, *choices);
    }
}

/// Each version costs as much as it has choices, whatever the earlier ones have.
void MergedTree::list_choices(ListedChoices& listed, Array choices) {
    forget_earlier(listed, listed.odd);
    std::uint32_t position = 0;
    for (const Value choice : choices) {
        ticker_.tick();
        std::vector<std::uint32_t>& same = listed.by_text[text_of_choice(choice)];
        forget_earlier(listed, same);
        const auto at = static_cast<std::uint32_t>(listed.entries.size());
        same.push_back(at);
        if (choice.kind() != Kind::object) {
            listed.odd.push_back(at);
        }
        listed.entries.push_back({choice, tree_, position++, false});
    }
}

/// Those of the present tree are in `entries` only once the earlier ones have been forgotten.
void MergedTree::forget_earlier(ListedChoices& listed, std::vector<std::uint32_t>& entries) const {
    if (entries.empty() || listed.entries[entries.back()].tree == tree_) {
        return;
    }
    for (const std::uint32_t at : entries) {
        listed.entries[at].is_gone = true;
    }
    entries.clear();
}

void MergedTree::merge_children(std::uint32_t node, Array children) {
    std::unordered_map<std::string_view, std::uint32_t> last;
    std::uint32_t position = 0;
    for (const Value child : children) {
        if (const auto slug = slug_of(child)) {
            last[*slug] = position;
        }
        ++position;
    }
    Children known = std::move(nodes_[node].children).value_or(Children());
    position = 0;
    for (const Value child : children) {
        const auto slug = slug_of(child);
        const bool is_last = slug && last[*slug] == position;
        const std::uint32_t old = slug ? entry_for(known, *slug, is_last) : 0;
        const bool is_new = old == 0;  // the root is nobody's child
        const auto id = is_new ? static_cast<std::uint32_t>(nodes_.size()) : old;
        if (is_new) {
            nodes_.emplace_back();
        }
        if (slug) {
            known.by_slug[*slug].push_back(static_cast<std::uint32_t>(known.entries.size()));
        }
        known.entries.push_back({id, tree_, position, false});
        waiting_.push_back({id, child, is_new});
        ++position;
    }
    nodes_[node].children = std::move(known);
}

/// The node of an earlier tree that the last child of its slug is merged with: the last there.
/// Other nodes of the slug in earlier trees go. 0 if none exists.
std::uint32_t MergedTree::entry_for(Children& known, std::string_view slug, bool is_last) {
    const auto found = known.by_slug.find(slug);
    if (!is_last || found == known.by_slug.end()) {
        return 0;
    }
    std::uint32_t node = 0;
    std::vector<std::uint32_t> kept;
    for (const std::uint32_t at : found->second) {
        Entry& entry = known.entries[at];
        if (entry.tree == tree_) {
            kept.push_back(at);
        } else {
            entry.is_gone = true;
            node = entry.node;
        }
    }
    found->second = std::move(kept);
    return node;
}

std::optional<std::vector<std::uint8_t>> MergedTree::to_jsonb() {
    if (nodes_.empty()) {
        return std::nullopt;
    }
    json_.clear();
    begin(0);
    while (!open_.empty()) {
        ticker_.tick();
        Open& top = open_.back();
        const std::optional<Children>& children = nodes_[top.node].children;
        if (children && top.next < children->entries.size()) {
            const Entry entry = children->entries[top.next++];
            if (!entry.is_gone) {
                begin(entry.node);
            }
            continue;
        }
        if (children) {
            json_.close();
        }
        json_.close();
        open_.pop_back();
    }
    return jsonb::write_jsonb(json_.tree());
}

/// Writes a node, or as much of it as comes before its children.
void MergedTree::begin(std::uint32_t id) {
    Node& node = nodes_[id];
    if (node.last.kind() != Kind::object) {
        json_.copy(node.last);
        return;
    }
    if (node.children) {
        std::vector<Entry>& entries = node.children->entries;
        std::sort(entries.begin(), entries.end(), [](const Entry& left, const Entry& right) {
            return left.tree != right.tree ? left.tree > right.tree
                                           : left.position < right.position;
        });
    }
    write_begin(node);
    open_.push_back({id, 0});
}

/// A node up to its children: their array is left open.
void MergedTree::write_begin(Node& node) {
    json_.open_object();
    for (const Member member : node.last.object()) {
        const bool is_changed =
            (member.key == "children" && node.children) ||
            (member.key == "answerType" && node.has_merged_type) ||
            (member.key == "answerEnum" && node.choice_source != ChoiceSource::as_last) ||
            (member.key == "multiple" && node.has_earlier_multiple);
        if (!is_changed) {
            json_.key(member.key);
            json_.copy(member.value);
        }
    }
    write_changes(node);
    if (node.children) {
        json_.key("children");
        json_.open_array();
    }
}

void MergedTree::write_changes(Node& node) {
    if (node.has_merged_type) {
        json_.key("answerType");
        json_.string(node.type);
    }
    if (node.choice_source == ChoiceSource::merged) {
        json_.key("answerEnum");
        write_choices(*node.choices);
    }
    if (node.has_earlier_multiple) {
        json_.key("multiple");
        json_.copy(*node.multiple);
    }
}

void MergedTree::write_choices(ListedChoices& listed) {
    std::erase_if(listed.entries, [](const ChoiceEntry& entry) { return entry.is_gone; });
    std::sort(listed.entries.begin(), listed.entries.end(),
              [](const ChoiceEntry& left, const ChoiceEntry& right) {
                  return left.tree != right.tree ? left.tree > right.tree
                                                 : left.position < right.position;
              });
    json_.open_array();
    for (const ChoiceEntry& entry : listed.entries) {
        json_.copy(entry.choice);
    }
    json_.close();
}

}  // namespace onetrip::submission::dialects
