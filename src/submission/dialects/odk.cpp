// ODK Central's list of a form's fields; the answers are OData JSON with all that is expanded.
// Knows of no other dialect.

#include <array>
#include <unordered_map>

#include "submission/dialects/members.hpp"
#include "submission/dialects/rooms.hpp"

namespace onetrip::submission::dialects::odk {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<Pair, 9> answer_types = {{{"int", "integer"},
                                               {"decimal", "number"},
                                               {"boolean", "boolean"},
                                               {"date", "date"},
                                               {"time", "time"},
                                               {"dateTime", "datetime"},
                                               {"geopoint", "json"},
                                               {"geotrace", "json"},
                                               {"geoshape", "json"}}};

/// The keys that Central adds to each submission, in `__system`.
constexpr std::array<Pair, 12> system_keys = {{{"submissionDate", "datetime"},
                                               {"updatedAt", "datetime"},
                                               {"submitterId", "text"},
                                               {"submitterName", "text"},
                                               {"attachmentsPresent", "integer"},
                                               {"attachmentsExpected", "integer"},
                                               {"status", "text"},
                                               {"reviewState", "text"},
                                               {"deviceId", "text"},
                                               {"edits", "integer"},
                                               {"formVersion", "text"},
                                               {"deletedAt", "datetime"}}};

constexpr std::string_view link = "@odata.navigationLink";

std::string_view answer_type_of(std::string_view type) {
    for (const auto& [name, answer_type] : answer_types) {
        if (name == type) {
            return answer_type;
        }
    }
    return "text";
}

bool is_letter(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           character == '_';
}

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

/// The identifier that Central makes of a field's name: characters that OData does not take become
/// an underscore, one for several in a row.
std::string odata_name(std::string_view name) {
    std::string result;
    if (!name.empty() && !is_letter(name.front())) {
        result += '_';
    }
    bool in_gap = false;
    for (const char character : name) {
        const bool is_taken = is_letter(character) || is_digit(character);
        if (is_taken || !in_gap) {
            result += is_taken ? character : '_';
        }
        in_gap = !is_taken;
    }
    return result;
}

class Translator {
  public:
    explicit Translator(FormTree& tree) : tree_(tree) { groups_.emplace("", FormTree::root); }

    void add(Object field);
    void add_system_keys();

  private:
    void add_group(std::uint32_t parent, Object field, TreeNode group, std::string_view path);
    void add_link(std::uint32_t parent, std::string_view name);

    FormTree& tree_;
    std::unordered_map<std::string_view, std::uint32_t> groups_;  ///< by their paths
};

void Translator::add(Object field) {
    const std::string_view path = text(field, "path").value_or("");
    const std::size_t slash = path.rfind('/');
    const bool has_slash = slash != std::string_view::npos;
    const auto above = groups_.find(has_slash ? path.substr(0, slash) : std::string_view());
    const std::uint32_t parent = above == groups_.end() ? FormTree::root : above->second;
    const std::string_view last = has_slash ? path.substr(slash + 1) : path;
    const std::string_view name = filled_text(field, "name").value_or(last);
    const std::string_view type = text(field, "type").value_or("");
    TreeNode node = question(name, answer_type_of(type));
    const std::string key = odata_name(name);
    if (key != name) {
        node.key = tree_.keep(key);
    }
    if (type == "structure" || type == "repeat") {
        return add_group(parent, field, std::move(node), path);
    }
    if (path.starts_with("/meta/")) {
        node.type = NodeType::metadata;
    }
    node.is_spaced = is_true(field, "selectMultiple");
    tree_.add(parent, std::move(node));
}

void Translator::add_group(std::uint32_t parent, Object field, TreeNode group,
                           std::string_view path) {
    group.type = NodeType::section;
    group.answer_type = {};
    group.has_children = true;
    group.repeats = has_text(field, "type", "repeat");
    const bool repeats = group.repeats;
    const std::string_view name = *group.slug;
    const std::uint32_t node = tree_.add(parent, std::move(group));
    groups_[path] = node;
    if (repeats) {
        add_link(parent, name);
        tree_.add(node, metadata("__id"));
    }
}

void Translator::add_link(std::uint32_t parent, std::string_view name) {
    TreeNode node = metadata(tree_.keep(std::string(name).append(link)));
    node.key = tree_.keep(odata_name(name).append(link));
    tree_.add(parent, std::move(node));
}

void Translator::add_system_keys() {
    tree_.add(FormTree::root, metadata("__id"));
    const std::uint32_t system = tree_.add(FormTree::root, section("__system"));
    for (const auto& [name, answer_type] : system_keys) {
        tree_.add(system, metadata(name, answer_type));
    }
}

}  // namespace

void translate(Value form, FormTree& tree) {
    Translator translator(tree);
    for (const Value field : form.array()) {
        if (field.kind() == Kind::object) {
            translator.add(field.object());
        }
    }
    translator.add_system_keys();
}

}  // namespace onetrip::submission::dialects::odk
