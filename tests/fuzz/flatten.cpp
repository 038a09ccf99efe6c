// Any form and any document, each any JSON: nothing raises, and every scalar of the document is in
// exactly one row of all statuses, itself or within the text of one row. Of a text that is several
// choices each choice is a row.

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "documents.hpp"
#include "halves.hpp"
#include "submission/form_questions.hpp"
#include "submission/rows.hpp"

namespace onetrip::fuzz {

namespace {

using jsonb::Value;
using submission::EventRow;
using submission::Form;
using submission::FormNode;
using submission::Status;
using submission::Statuses;
using submission::SubmissionWalk;
using submission::test::Row;
using Keys = std::vector<std::string>;

/// The questions that form_questions shows without a problem are those that count.
void check_form(Value form_value, const Form& form) {
    submission::FormQuestions questions(form_value, never_interrupted);
    submission::FormQuestion question;
    std::set<std::string> paths;
    while (questions.next(question)) {
        expect(question.is_question || !question.problem.empty(), "a row has a reason");
        if (question.is_question && question.path && question.counts &&
            question.problem.find("hidden") == std::string::npos) {
            expect(paths.insert(*question.path).second, "a path counts once", *question.path);
        }
    }
    for (const std::uint32_t id : form.questions()) {
        const std::string path = form.path_of(form.nodes()[id]);
        expect(paths.erase(path) == 1, "a question that counts is shown", path);
    }
    expect(paths.empty(), "what is shown without a problem counts");
}

Keys keys_of(const Form& form, const SubmissionWalk& walk, const EventRow& row) {
    if (row.is_at_node) {
        const auto way = form.way_to(*row.node);
        return {way.begin(), way.end()};
    }
    return submission::test::keys_of(walk.trail());
}

/// A whole document that is no object has no node either.
void check_structure(const EventRow& row, const Document& document) {
    const Value root = document.entries().front().value;
    const bool is_whole = root.kind() != jsonb::Kind::object && same_value(row.value, root);
    expect(row.node != nullptr || is_whole, "structure is for what the form has");
}

/// A text without a character that counts is null where the form says so.
bool is_empty(const EventRow& row) {
    return row.value.kind() == jsonb::Kind::null ||
           (row.value.is_string() && row.node->has_empties &&
            row.value.string().find_first_not_of(" \t\n\v\f\r") == std::string_view::npos);
}

/// What can be said of a row without its document, however that is read.
void check_node(const EventRow& row) {
    const bool has_no_node =
        row.status == Status::unknown || row.status == Status::part || row.status == Status::frame;
    expect(row.status == Status::structure || has_no_node == (row.node == nullptr),
           "a status says whether the form has the path");
    expect(row.part_of == nullptr || row.status == Status::part, "a part is of an answer");
}

void check_item_status(const EventRow& row) {
    const bool is_part = row.status == Status::part || row.status == Status::frame;
    expect(!is_part || !Document::is_container(row.value), "parts and frames are scalars");
    expect(row.status != Status::null || is_empty(row), "null is for what is empty");
}

void check_status(const EventRow& row, const Document& document) {
    const bool is_question = row.node != nullptr && row.node->is_question;
    const bool is_container = Document::is_container(row.value);
    const bool is_null = row.value.kind() == jsonb::Kind::null;
    switch (row.status) {
        case Status::null:
            return expect(row.node != nullptr && is_empty(row), "null is for what the form has");
        case Status::unknown:
            return expect(row.node == nullptr && !is_container, "unknown is a scalar's");
        case Status::structure:
            return check_structure(row, document);
        case Status::missing:
            return expect(is_question, "missing is for a question");
        default:
            expect(is_question && !is_null && (!is_container || row.node->takes_any_json()),
                   "a judged answer is a question's");
    }
}

/// Every scalar is in exactly one row.
class Coverage {
  public:
    explicit Coverage(const Document& document)
        : document_(document), is_covered_(document.scalars()) {}

    void add(const Keys& keys, const EventRow& row) {
        const Document::Entry* const entry = document_.find(keys);
        const bool is_empty_array = entry != nullptr && row.status == Status::null &&
                                    entry->value.kind() == jsonb::Kind::array &&
                                    entry->value.array().size() == 0;
        if (is_choice(entry, row)) {
            const bool is_further = entry == choices_;
            choices_ = entry;
            if (is_further) {
                return;
            }
        } else {
            choices_ = nullptr;
            expect(entry != nullptr &&
                       (is_empty_array || (same_value(entry->value, row.value) &&
                                           (row.status != Status::null || row.node->is_question))),
                   "responses #> keys is the value");
        }
        for (std::size_t i = entry->scalars_before; i < document_.scalars_end(*entry); ++i) {
            expect(!is_covered_[i], "no scalar is in two rows");
            is_covered_[i] = true;
        }
    }

    void check() const {
        expect(std::all_of(is_covered_.begin(), is_covered_.end(), [](bool is) { return is; }),
               "every scalar is in a row");
    }

  private:
    /// Whether the row is one of several choices in the entry's text.
    static bool is_choice(const Document::Entry* entry, const EventRow& row) {
        return entry != nullptr && row.node != nullptr && row.node->is_spaced &&
               row.status != Status::null && entry->value.is_string() && row.value.is_string() &&
               entry->value.string().find(row.value.string()) != std::string_view::npos;
    }

    const Document& document_;
    std::vector<bool> is_covered_;
    const Document::Entry* choices_ = nullptr;  ///< whose rows are being added
};

/// What could hold a question's answer: an object of the document, or nothing.
struct Place {
    std::optional<Value> object;
    std::vector<std::int32_t> indexes;
};

/// Nothing is found at a node whose place is another one's.
std::optional<Value> member_of(const Form& form, const Place& place, const FormNode& node) {
    const bool is_found =
        form.find(form.nodes()[node.context], form.key_of(node)) == &node && !node.is_inline;
    return place.object && is_found ? place.object->object().find(form.key_of(node)) : std::nullopt;
}

void add_places(const Form& form, std::vector<Place>& places, const Place& around,
                const FormNode& group) {
    const std::optional<Value> value =
        group.is_group ? member_of(form, around, group) : std::nullopt;
    if (!value || !Document::is_container(*value)) {
        places.push_back({std::nullopt, around.indexes});
    } else if (value->kind() == jsonb::Kind::object) {
        places.push_back({value, around.indexes});
    } else {
        std::int32_t index = 0;
        for (const Value element : value->array()) {
            if (element.kind() == jsonb::Kind::object) {
                places.push_back({element, around.indexes});
                places.back().indexes.push_back(index);
            }
            ++index;
        }
    }
}

/// The repetitions of a node, by the rules and from the document's root on.
std::vector<Place> places_of(const Form& form, const FormNode& node, Value root) {
    if (node.id == 0) {
        const bool is_object = root.kind() == jsonb::Kind::object;
        return {{is_object ? std::optional(root) : std::nullopt, {}}};
    }
    std::vector<Place> places;
    for (const Place& around : places_of(form, form.nodes()[node.context], root)) {
        add_places(form, places, around, node);
    }
    return places;
}

bool is_walked(const FormNode& question, Value value) {
    return question.is_group && value.kind() == jsonb::Kind::object;
}

bool is_answered(const Form& form, const FormNode& question, const Place& place) {
    const std::optional<Value> value = member_of(form, place, question);
    if (!value || value->kind() != jsonb::Kind::array || value->array().size() == 0) {
        return value && !is_walked(question, *value);
    }
    const jsonb::Array elements = value->array();
    return std::any_of(elements.begin(), elements.end(),
                       [&](Value element) { return !is_walked(question, element); });
}

using Missing = std::vector<std::pair<const FormNode*, std::vector<std::int32_t>>>;

Missing missing_of(const Form& form, Value root) {
    Missing missing;
    for (const std::uint32_t id : form.questions()) {
        const FormNode& question = form.nodes()[id];
        if (question.is_metadata) {
            continue;
        }
        for (const Place& place : places_of(form, form.nodes()[question.context], root)) {
            if (!is_answered(form, question, place)) {
                missing.emplace_back(&question, place.indexes);
            }
        }
    }
    return missing;
}

void check_rows(const Form& form, const Document& document) {
    SubmissionWalk walk(never_interrupted);
    walk.begin(form, document.entries().front().value, submission::all_statuses);
    Coverage coverage(document);
    Missing missing;
    const bool reads_keys = form.words().reading == submission::Reading::keys;
    int ord = 0;
    while (const EventRow* const row = walk.next()) {
        expect(row->ord == ++ord, "rows are numbered from 1");
        check_node(*row);
        reads_keys ? check_status(*row, document) : check_item_status(*row);
        if (row->status == Status::missing) {
            const auto indexes = walk.trail().indexes();
            missing.emplace_back(row->node, std::vector(indexes.begin(), indexes.end()));
            continue;
        }
        expect(missing.empty(), "the missing ones come last");
        coverage.add(keys_of(form, walk, *row), *row);
    }
    coverage.check();
    expect(!reads_keys || missing == missing_of(form, document.entries().front().value),
           "a question is missing in each repetition without its answer");
}

Statuses bit_named(std::string_view name) {
    for (std::size_t status = 0; status < submission::status_count; ++status) {
        if (name_of(static_cast<Status>(status)) == name) {
            return bit_of(static_cast<Status>(status));
        }
    }
    fail("a status has a name", name);
}

/// What is included changes which rows come, and nothing in them.
void check_included(const Form& form, Value responses, Statuses included) {
    SubmissionWalk walk(never_interrupted);
    walk.begin(form, responses, submission::all_statuses);
    std::vector<Row> expected = submission::test::rest_of(form, walk);
    std::erase_if(expected, [&](const Row& row) {
        return ((included | submission::always_returned) & bit_named(row.status)) == 0;
    });
    walk.begin(form, responses, included);
    expect(submission::test::rest_of(form, walk) == expected,
           "include chooses among the same rows");
}

void check(Value form_value, Value responses, Statuses included) {
    const Form form(form_value);
    check_form(form_value, form);
    check_rows(form, Document(responses));
    check_included(form, responses, included);
}

}  // namespace

}  // namespace onetrip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip;
    const fuzz::Halves halves = fuzz::halves_of(data, size);
    const auto form = fuzz::parsed(fuzz::as_text(halves.first.span()));
    const auto responses = fuzz::parsed(fuzz::as_text(halves.second.span()));
    if (form && responses) {
        const jsonb::test::OddCopy odd_form(*form);
        const jsonb::test::OddCopy odd_responses(*responses);
        fuzz::check(jsonb::Value::root(odd_form.span()), jsonb::Value::root(odd_responses.span()),
                    static_cast<submission::Statuses>(size & submission::all_statuses));
    }
    return 0;
}
