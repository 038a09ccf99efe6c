#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/interrupt.hpp"
#include "jsonb/json_tree_builder.hpp"
#include "jsonb/jsonb.hpp"

namespace onetrip::submission::dialects {

/// The union of the versions of a form's tree. They are added oldest first, and must outlive this.
/// Each costs as much as it is large, whatever came before it. Iterative: any depth.
class MergedTree {
  public:
    explicit MergedTree(Interrupt interrupt) : ticker_(interrupt) {}

    /// Adds a version; a tree that is not an object is not one.
    void add(jsonb::Value tree);

    /// nullopt if there is no version. Throws JsonError if the union does not fit a jsonb.
    std::optional<std::vector<std::uint8_t>> to_jsonb();

  private:
    /// A child, and where it stands: the children of a later tree come first, in that tree's order.
    struct Entry {
        std::uint32_t node;
        std::uint32_t tree;
        std::uint32_t position;
        bool is_gone;  ///< another of its slug has taken its place
    };

    struct Children {
        std::vector<Entry> entries;
        std::unordered_map<std::string_view, std::vector<std::uint32_t>> by_slug;
    };

    /// A choice, and where it stands, as an Entry does.
    struct ChoiceEntry {
        jsonb::Value choice;
        std::uint32_t tree;
        std::uint32_t position;
        bool is_gone;
    };

    struct ListedChoices {
        std::vector<ChoiceEntry> entries;
        std::unordered_map<std::string, std::vector<std::uint32_t>> by_text;
        std::vector<std::uint32_t> odd;  ///< the entries that are not objects
    };

    enum class ChoiceSource : std::uint8_t { as_last, none, merged };

    /// A node as its last version says it, and what earlier ones change in that.
    struct Node {
        jsonb::Value last;
        std::string_view type;  ///< empty if it has none
        bool has_merged_type = false;
        ChoiceSource choice_source = ChoiceSource::as_last;
        std::optional<ListedChoices> choices;
        std::optional<jsonb::Value> multiple;
        bool has_earlier_multiple = false;
        std::optional<Children> children;
    };

    struct Version {
        std::uint32_t node;
        jsonb::Value value;
        bool is_first;
    };

    /// A node that is being written, and which of its entries comes next.
    struct Open {
        std::uint32_t node;
        std::size_t next;
    };

    void add_version(const Version& version);
    void merge_type(Node& node, jsonb::Object version, bool is_first);
    void merge_choices(Node& node, jsonb::Object version, bool has_type, bool has_types);
    void list_choices(ListedChoices& listed, jsonb::Array choices);
    void forget_earlier(ListedChoices& listed, std::vector<std::uint32_t>& entries) const;
    void merge_children(std::uint32_t node, jsonb::Array children);
    std::uint32_t entry_for(Children& known, std::string_view slug, bool is_last);
    void begin(std::uint32_t id);
    void write_begin(Node& node);
    void write_changes(Node& node);
    void write_choices(ListedChoices& listed);

    Ticker ticker_;
    std::uint32_t tree_ = 0;
    std::vector<Node> nodes_;
    std::vector<Version> waiting_;
    std::vector<Open> open_;
    jsonb::JsonTreeBuilder json_;
};

}  // namespace onetrip::submission::dialects
