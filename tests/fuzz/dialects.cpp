// Any JSON as a form of any dialect: nothing raises, the tree is the same the second time, is
// within its bounds, can be compiled, and has views; so is the union of two versions.

#include "submission/dialects/dialects.hpp"

#include <algorithm>

#include "fuzz.hpp"
#include "jsonb/bytes.hpp"
#include "submission/dialects/form_tree.hpp"
#include "submission/dialects/merge_trees.hpp"
#include "submission/form.hpp"
#include "submission/form_views.hpp"

namespace onetrip::fuzz {

namespace {

using jsonb::Value;
using submission::dialects::Dialect;
using submission::dialects::FormTree;
using submission::dialects::MergedTree;
using Bytes = std::vector<std::uint8_t>;

constexpr Dialect dialects[] = {Dialect::kobo,       Dialect::xlsform, Dialect::odk,
                                Dialect::fhir,       Dialect::formio,  Dialect::surveyjs,
                                Dialect::jsonschema, Dialect::redcap,  Dialect::onetrip};

std::size_t nodes_of(Value tree) {
    submission::FormReader reader(tree, never_interrupted);
    submission::FormItem item;
    std::size_t nodes = 0;
    while (reader.next(item)) {
        ++nodes;
    }
    return nodes;
}

std::size_t clip(std::string_view text, std::size_t most) {
    return std::min(text.size(), most);
}

/// The first statements, of which a form may have very many.
void check_views(Value tree) {
    submission::ViewNames names;
    names.functions_schema = "f";
    names.view = names.source = names.id_column = names.document_column = "n";
    names.language = "fr";
    submission::FormViews views(tree, names, clip, never_interrupted);
    submission::ViewStatement statement;
    for (int count = 0; count < 20 && views.next(statement); ++count) {
        const std::string_view text = statement.statement;
        expect(text.starts_with("CREATE VIEW \"n") || text.starts_with("COMMENT ON COLUMN \"n"),
               "a statement makes a view or a comment");
    }
}

/// The tree of the form, which is the form itself if it is onetrip's.
Bytes check_dialect(Value form, std::span<const std::uint8_t> bytes, Dialect dialect) {
    const std::optional<Bytes> tree = submission::dialects::tree_of(form, dialect);
    expect(tree == submission::dialects::tree_of(form, dialect), "a form has one tree");
    if (!tree) {
        expect(dialect == Dialect::onetrip, "a foreign form has a tree of its own");
        return {bytes.begin(), bytes.end()};
    }
    const Value root = Value::root(*tree);
    expect(nodes_of(root) <= FormTree::most_nodes, "a tree has not too many nodes");
    expect(tree->size() <= 2 * FormTree::most_bytes + (std::size_t{1} << 20), "a tree is bounded");
    expect(root.object().find("children")->kind() == jsonb::Kind::array, "a tree has children");
    const submission::Form compiled(root);
    expect(compiled.nodes().size() <= FormTree::most_nodes, "a tree can be compiled");
    check_views(root);
    return *tree;
}

std::optional<Bytes> merged(std::initializer_list<Value> trees) {
    MergedTree merged(never_interrupted);
    for (const Value tree : trees) {
        merged.add(tree);
    }
    return merged.to_jsonb();
}

void check_versions(Value first, Value second) {
    const std::optional<Bytes> both = merged({first, second});
    expect(both == merged({first, second}), "versions have one union");
    expect(both.has_value() ==
               (first.kind() == jsonb::Kind::object || second.kind() == jsonb::Kind::object),
           "objects have a union");
    if (both) {
        const submission::Form compiled(Value::root(*both));
    }
}

void check(std::span<const std::uint8_t> bytes) {
    const Value form = Value::root(bytes);
    const std::optional<Dialect> guess = submission::dialects::dialect_of(form);
    expect(guess != Dialect::xlsform, "an XLSForm looks like Kobo's");
    Bytes before(bytes.begin(), bytes.end());
    for (const Dialect dialect : dialects) {
        Bytes tree = check_dialect(form, bytes, dialect);
        check_versions(Value::root(before), Value::root(tree));
        before = std::move(tree);
    }
}

}  // namespace

}  // namespace onetrip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip;
    const auto bytes = fuzz::parsed(fuzz::as_text({data, size}));
    if (bytes) {
        const jsonb::test::OddCopy odd(*bytes);
        fuzz::check(odd.span());
    }
    return 0;
}
