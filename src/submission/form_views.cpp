// The statements that make typed views of a form's submissions. Knows nothing of the server that
// runs them but its SQL: every name in them is quoted or has its schema, so that they mean the same
// whatever the search_path is.

#include "submission/form_views.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "jsonb/json_printer.hpp"
#include "submission/form_choices.hpp"
#include "submission/paths.hpp"
#include "submission/sql_text.hpp"

namespace onetrip::submission {

using jsonb::Value;

namespace {

constexpr std::size_t longest_name = 63;
constexpr std::size_t most_columns = 1600;  // MaxHeapAttributeNumber

std::string identifier(std::string_view name) {
    std::string sql;
    append_identifier(name, sql);
    return sql;
}

std::string literal(std::string_view text) {
    std::string sql;
    append_literal(text, sql);
    return sql;
}

std::string qualified(const std::optional<std::string_view>& schema, std::string_view name) {
    return (schema ? identifier(*schema) + '.' : std::string()) + identifier(name);
}

std::string operation(std::string_view left, std::string_view operation, std::string_view right) {
    std::string sql(left);
    sql += " OPERATOR(pg_catalog.";
    sql += operation;
    sql += ") ";
    sql += right;
    return sql;
}

/// Whether documents may repeat the nodes under the node. An inline group has no object of its own,
/// so that it does not repeat.
bool is_repeat(const FormNode& node) {
    return node.repeats && node.is_group && !node.is_inline;
}

std::string_view sql_type_of(AnswerType type) {
    switch (type) {
        case AnswerType::number:
        case AnswerType::integer:
            return "pg_catalog.numeric";
        case AnswerType::boolean:
            return "pg_catalog.bool";
        case AnswerType::date:
            return "pg_catalog.date";
        case AnswerType::datetime:
            return "pg_catalog.timestamptz";
        case AnswerType::time:
            return "pg_catalog.time";
        default:
            return "pg_catalog.text";
    }
}

/// The function that reads an answer of the type; empty if its text is what it is.
std::string_view reader_of(AnswerType type) {
    switch (type) {
        case AnswerType::number:
            return "answer_number";
        case AnswerType::integer:
            return "answer_integer";
        case AnswerType::boolean:
            return "answer_boolean";
        case AnswerType::date:
            return "answer_date";
        case AnswerType::datetime:
            return "answer_datetime";
        case AnswerType::time:
            return "answer_time";
        default:
            return {};
    }
}

/// Whether it has several answers in one cell, as a text: choices, and texts. A cell of numbers,
/// days or times without choices has the first one, with their type. An array at a question that
/// takes any JSON is one answer.
bool has_several(const FormNode& node, Reading reading) {
    const bool is_joined = node.has_choices || reader_of(node.type).empty();
    return node.is_spaced || (node.repeats && is_joined &&
                              (node.type != AnswerType::json || reading == Reading::items));
}

/// The text of an array of texts.
std::string array_of(const std::vector<std::string_view>& texts) {
    std::string array = "{";
    for (const std::string_view text : texts) {
        array += array.size() > 1 ? "," : "";
        append_element(text, array);
    }
    return array + '}';
}

}  // namespace

std::string DistinctNames::take(std::string_view wanted) {
    std::string name(wanted.substr(0, clip_(wanted, longest_name)));
    if (taken_.insert(name).second) {
        return name;
    }
    std::uint32_t& number = numbers_.try_emplace(name, 1).first->second;
    for (;;) {
        const std::string end = '~' + std::to_string(++number);
        std::string numbered(wanted.substr(0, clip_(wanted, longest_name - end.size())));
        numbered += end;
        if (taken_.insert(numbered).second) {
            return numbered;
        }
    }
}

FormViews::FormViews(Value form, const ViewNames& names, ClipText clip, Interrupt interrupt)
    : names_(names),
      clip_(clip),
      interrupt_(interrupt),
      form_(form, interrupt, &nodes_of_items_),
      view_names_(clip) {
    FormQuestions reader(form, interrupt);
    FormQuestion question;
    while (reader.next(question)) {
        if (question.is_question && question.counts) {
            questions_.push_back(
                {question.node->id, question.traits.label, question.traits.choices});
        }
    }
    if (reads_items()) {
        parts_.emplace(form, form_, nodes_of_items_, interrupt);
    }
    find_places();
    list_sheets();
}

/// A node lies after those around it.
void FormViews::find_places() {
    const std::size_t count = form_.nodes().size();
    is_found_.assign(count, true);
    repeat_of_.assign(count, 0);
    depth_of_repeat_.assign(count, 0);
    depth_.assign(count, 0);
    is_asked_.assign(count, false);
    for (const Question& question : questions_) {
        is_asked_[question.node] = true;
    }
    first_below_.assign(count, 0);
    next_beside_.assign(count, 0);
    for (auto id = static_cast<std::uint32_t>(count); --id > 0;) {
        next_beside_[id] = std::exchange(first_below_[node_at(id).parent], id);
    }
    for (std::uint32_t id = 1; id < count; ++id) {
        const FormNode& node = node_at(id);
        const bool is_in_repeat = node.parent != 0 && is_repeat(node_at(node.parent));
        depth_[id] = node.context == 0 ? 0 : depth_[node.context] + 1;
        is_found_[id] = form_.is_found(node) && is_found_[node.context];
        repeat_of_[id] = is_in_repeat ? node.parent : repeat_of_[node.parent];
        depth_of_repeat_[id] = depth_of_repeat_[node.parent] + (is_in_repeat ? 1 : 0);
    }
}

/// The sheets in tree order. One that no document can have rows of is left out, and one that is
/// nested so deep that its view would have too many columns.
void FormViews::list_sheets() {
    std::vector<std::uint32_t> repeats;
    for (const FormNode& node : form_.nodes()) {
        if (node.id != 0 && is_repeat(node) && is_found_[node.id] &&
            depth_of_repeat_[node.id] + 3 < most_columns) {
            repeats.push_back(node.id);
        }
    }
    std::sort(repeats.begin(), repeats.end(), [this](std::uint32_t left, std::uint32_t right) {
        return form_.number_of(node_at(left)) < form_.number_of(node_at(right));
    });
    std::unordered_map<std::uint32_t, std::size_t> places = {{0, 0}};
    sheets_.emplace_back();
    for (const std::uint32_t repeat : repeats) {
        places[repeat] = sheets_.size();
        sheets_.push_back({repeat, {}});
    }
    const auto add = [&](std::uint32_t repeat, std::uint32_t question) {
        const auto place = places.find(repeat);
        if (place != places.end()) {
            sheets_[place->second].questions.push_back(question);
        }
    };
    for (std::uint32_t at = 0; at < questions_.size(); ++at) {
        add(repeat_of_[questions_[at].node], at);
        if (reads_items()) {
            add(questions_[at].node, at);
        }
    }
}

bool FormViews::next(ViewStatement& statement) {
    interrupt_();
    for (; names_.language && comment_ < columns_.size(); ++comment_) {
        if (columns_[comment_].label) {
            statement = {view_name(), comment_statement(columns_[comment_++])};
            return true;
        }
    }
    if (!next_view()) {
        return false;
    }
    statement = {view_name(), create_statement()};
    return true;
}

// ---- columns ----

/// The label for a comment.
std::optional<std::string_view> FormViews::label_of(const std::optional<Value>& label) const {
    return label && names_.language ? submission::label_of(*label, names_.language) : std::nullopt;
}

bool FormViews::next_column(Column& column) {
    if (asked_ != nullptr) {
        if (next_choice(column)) {
            return true;
        }
        asked_ = nullptr;
    }
    const std::vector<std::uint32_t>& questions = sheets_[sheet_].questions;
    if (question_ == questions.size()) {
        return false;
    }
    const Question& question = questions_[questions[question_++]];
    column = column_of(question);
    begin_choices(question);
    return true;
}

/// Whether the rows of the sheet are the answers to the question.
bool FormViews::is_row(const FormNode& node) const {
    return node.id == sheets_[sheet_].repeat;
}

/// Whether a cell may have several answers.
bool FormViews::has_several_in_row(const FormNode& node) const {
    return is_row(node) ? node.is_spaced : has_several(node, form_.words().reading);
}

/// The question's path, below the repeat if it is in one.
std::string FormViews::column_name(const FormNode& node) const {
    std::vector<std::string_view> slugs;
    form_.find_slugs(node, slugs, is_row(node) ? node.parent : sheets_[sheet_].repeat);
    std::string name;
    for (const std::string_view slug : slugs) {
        append_schema_key(name, slug);
    }
    return name;
}

FormViews::Column FormViews::column_of(const Question& question) const {
    const FormNode& node = node_at(question.node);
    std::string cell = "NULL::";
    if (!is_found_[node.id]) {
        cell += sql_type_of(node.type);
    } else {
        cell = reads_items() ? cell_by_items(node) : cell_by_keys(node);
    }
    return {column_name(node), std::move(cell), label_of(question.label), node.id};
}

void FormViews::begin_choices(const Question& question) {
    const FormNode& node = node_at(question.node);
    const bool has_columns = question.choices && is_found_[node.id] && has_several_in_row(node);
    if (has_columns) {
        asked_ = &question;
        choice_ = question.choices->array().begin();
        choices_end_ = question.choices->array().end();
        choices_seen_.clear();
    }
}

/// The next choice whose text is not that of another.
bool FormViews::next_choice(Column& column) {
    std::string room;
    for (; choice_ != choices_end_; ++choice_) {
        const std::optional<Value> value = value_of_choice(*choice_);
        if (!value || !choices_seen_.emplace(text_of(*value, room)).second) {
            continue;
        }
        const std::string_view text = text_of(*value, room);
        const FormNode& node = node_at(asked_->node);
        column = {column_name(node) + '/' + std::string(text), cell_of_choice(node, text),
                  label_of((*choice_).object().find("label")), node.id};
        ++choice_;
        return true;
    }
    return false;
}

std::string FormViews::function(std::string_view name) const {
    return qualified(names_.functions_schema, name);
}

/// The keys that lead to a node from the document of a level.
std::vector<std::string_view> FormViews::way_in(std::size_t level, const FormNode& node) const {
    const std::uint32_t from = level == 0 ? 0 : levels_[level - 1];
    std::vector<std::string_view> way;
    for (const FormNode* at = &node; at->id != from && at->id != 0; at = &node_at(at->context)) {
        way.push_back(form_.key_of(*at));
    }
    std::reverse(way.begin(), way.end());
    return way;
}

/// The value at a node in the document of a level. A single key needs no function of ours.
std::string FormViews::value_in(std::size_t level, const FormNode& node, Empties empties) const {
    const std::vector<std::string_view> way = way_in(level, node);
    const std::string document = 'r' + std::to_string(level) + ".d";
    if (way.size() == 1 && empties == Empties::kept) {
        return operation(document, "->", literal(way.front()));
    }
    return function("answer_at") + '(' + document + ", " + literal(array_of(way)) +
           (empties == Empties::kept ? ")" : ", true)");
}

/// The answer to a question in the row's document.
std::string FormViews::answer_in_row(const FormNode& node) const {
    return value_in(levels_.size(), node,
                    form_.words().empty_is_null ? Empties::left_out : Empties::kept);
}

/// The array of the answers that the question has in the row's repetition.
std::string FormViews::answers_in_rows(const FormNode& node) const {
    return operation("r0.v", "->", literal(form_.path_of(node)));
}

std::string FormViews::cell_by_keys(const FormNode& node) const {
    const std::string answer = answer_in_row(node);
    if (has_several(node, Reading::keys) || reader_of(node.type).empty()) {
        if (node.takes_any_json() && !node.is_spaced) {
            return operation('(' + answer + ')', "#>>", "'{}'");
        }
        return function("answer_text") + '(' + answer + ')';
    }
    return function(reader_of(node.type)) + '(' + answer + ')';
}

/// The events' values have been judged, so that all that a number can be is in answer_number.
std::string FormViews::cell_by_items(const FormNode& node) const {
    if (has_several_in_row(node)) {
        return function("answer_text") + '(' + answers_in_rows(node) + ')';
    }
    std::string value = operation(answers_in_rows(node), "->>", "0");
    const std::string_view reader =
        node.type == AnswerType::integer ? reader_of(AnswerType::number) : reader_of(node.type);
    return reader.empty() ? value : function(reader) + '(' + value + ')';
}

std::string FormViews::cell_of_choice(const FormNode& node, std::string_view choice) const {
    const bool is_split = node.is_spaced && !reads_items();
    return function("answer_has") + '(' +
           (reads_items() ? answers_in_rows(node) : answer_in_row(node)) + ", " + literal(choice) +
           (is_split ? ", true)" : ")");
}

// ---- views ----

/// Goes on to the next view; false at the end.
bool FormViews::next_view() {
    if (has_begun_sheet_ && !ahead_) {
        ++sheet_;
        question_ = 0;
        has_begun_sheet_ = false;
    }
    if (sheet_ == sheets_.size()) {
        columns_.clear();
        return false;
    }
    fill_view();
    return true;
}

void FormViews::fill_view() {
    const std::uint32_t repeat = sheets_[sheet_].repeat;
    std::string wanted(names_.view);
    if (repeat != 0) {
        wanted += '.' + form_.path_of(node_at(repeat));
    }
    view_ = view_names_.take(wanted);
    levels_.clear();
    for (std::uint32_t level = repeat; level != 0; level = repeat_of_[level]) {
        levels_.push_back(level);
    }
    std::reverse(levels_.begin(), levels_.end());
    DistinctNames names(clip_);
    fixed_ = {names.take(names_.id_column)};
    for (std::size_t level = 1; level <= levels_.size(); ++level) {
        fixed_.push_back(names.take('i' + std::to_string(level)));
    }
    columns_.clear();
    comment_ = 0;
    Column column;
    if (!has_begun_sheet_) {
        ahead_ = next_column(column) ? std::optional(column) : std::nullopt;
        has_begun_sheet_ = true;
    }
    while (ahead_ && fixed_.size() + columns_.size() < most_columns) {
        ahead_->name = names.take(ahead_->name);
        columns_.push_back(*std::move(ahead_));
        ahead_ = next_column(column) ? std::optional(column) : std::nullopt;
    }
}

std::string FormViews::view_name() const {
    return qualified(names_.view_schema, view_);
}

std::string FormViews::create_statement() {
    std::string statement = "CREATE VIEW " + view_name() + " AS\nSELECT s." +
                            identifier(names_.id_column) + " AS " + identifier(fixed_[0]);
    for (std::size_t level = 1; level <= levels_.size(); ++level) {
        const std::string number = std::to_string(level);
        const std::string place = std::to_string(depth_[levels_[level - 1]] + 1);
        statement += reads_items() ? ", r0.i[" + place + ']' : ", r" + number + ".i";
        statement += " AS " + identifier(fixed_[level]);
    }
    for (const Column& column : columns_) {
        statement += ",\n    " + column.expression + " AS " + identifier(column.name);
    }
    statement += "\nFROM " + qualified(names_.source_schema, names_.source) + " AS s";
    if (reads_items()) {
        append_rows_by_items(statement);
    } else {
        append_rows_by_keys(statement);
    }
    return statement;
}

std::string FormViews::comment_statement(const Column& column) const {
    return "COMMENT ON COLUMN " + view_name() + '.' + identifier(column.name) + " IS " +
           literal(*column.label);
}

/// The document of a row of the source. One that jsonb refuses is NULL, so that the rows of others
/// can be read.
std::string FormViews::document() const {
    const std::string column = "(s." + identifier(names_.document_column) + ')';
    return names_.has_json_documents ? function("jsonb_or_null") + column
                                     : column + "::pg_catalog.jsonb";
}

/// The document is fetched once for all columns: OFFSET 0 keeps the planner from putting the
/// expression into each of them.
void FormViews::append_rows_by_keys(std::string& statement) const {
    statement += "\n    CROSS JOIN LATERAL (SELECT pg_catalog.jsonb_path_query_first(" +
                 document() + ", 'strict $ ? (@.type() == \"object\")') AS d OFFSET 0) AS r0";
    for (std::size_t level = 1; level <= levels_.size(); ++level) {
        append_repetitions(level, statement);
    }
}

/// The objects of an array, or an object as it is, which has no number.
void FormViews::append_repetitions(std::size_t level, std::string& statement) const {
    const std::string number = std::to_string(level);
    const std::string found = value_in(level - 1, node_at(levels_[level - 1]), Empties::kept);
    const std::string value = 'x' + number + ".x";
    const std::string type = "pg_catalog.jsonb_typeof(" + value + ')';
    const std::string is_array = operation(type, "=", "'array'");
    statement += "\n    CROSS JOIN LATERAL (SELECT " + found + " AS x OFFSET 0) AS x" + number;
    statement += "\n    CROSS JOIN LATERAL (SELECT e.d, CASE WHEN " + is_array + " THEN (" +
                 operation("e.n", "-", "1") + ")::pg_catalog.int4 END AS i";
    statement += "\n        FROM pg_catalog.jsonb_array_elements(CASE WHEN " + is_array + " THEN " +
                 value + " WHEN " + operation(type, "=", "'object'") +
                 " THEN pg_catalog.jsonb_build_array(" + value + ") END)";
    statement += " WITH ORDINALITY AS e (d, n)\n        WHERE " +
                 operation("pg_catalog.jsonb_typeof(e.d)", "=", "'object'") + ") AS r" + number;
}

/// Appends the events by path, and by repetition. They have a full idx, which says for each node
/// around them which of its items or answers they are in. Events without an answer are asked for as
/// well, since a repetition in which nothing is answered is a row too.
void FormViews::append_rows_by_items(std::string& statement) {
    find_questions_of_view();
    const std::size_t depth = depth_of_rows();
    const bool is_repeat = depth > 0;
    const std::string row = "f.idx[1:" + std::to_string(depth) + ']';
    statement += "\n    CROSS JOIN LATERAL (SELECT ";
    statement += is_repeat ? "g.i, " : "";
    statement += "pg_catalog.jsonb_object_agg(g.p, g.a) AS v\n        FROM (SELECT ";
    statement += is_repeat ? row + " AS i, " : "";
    statement += "f.schema_path AS p, pg_catalog.jsonb_agg(CASE WHEN " +
                 operation("f.status", "<>", "'wrong_type'") + " THEN f.value END ORDER BY f.ord)";
    if (is_repeat) {
        statement += "\n                FILTER (WHERE " +
                     operation("f.status", "=", "ANY ('{ok,wrong_type,not_in_choices}')") +
                     " AND (" + is_value() + "))";
    }
    statement += " AS a\n            FROM " + function("flatten_submission") + '(' + document() +
                 ",\n" + form_literal() + "::pg_catalog.jsonb, '{" +
                 (is_repeat ? "missing,null,structure" : "") + "}') AS f\n            WHERE " +
                 (is_repeat ? is_in_repetition() : is_value()) + "\n            GROUP BY ";
    statement += is_repeat ? row + ", f.schema_path) AS g\n        GROUP BY g.i) AS r0"
                           : "f.schema_path) AS g) AS r0";
}

/// How many nodes a row is in, with the repeat itself: so many indexes say which row it is.
std::size_t FormViews::depth_of_rows() const {
    const std::uint32_t repeat = sheets_[sheet_].repeat;
    return repeat == 0 ? 0 : depth_[repeat] + 1;
}

/// A condition for events of the view's own questions. Items of a group that does not repeat count
/// by the first of them, and so do answers of a question that has others below it, so that a row is
/// not made of several.
std::string FormViews::is_value() const {
    // The key is the last place of idx that has to be 0.
    std::map<std::size_t, std::vector<std::uint32_t>> nodes;
    for (const std::uint32_t id : shown_) {
        const bool is_around_others = node_at(id).is_group && !node_at(id).repeats;
        nodes[depth_[id] + (is_around_others ? 1 : 0)].push_back(id);
    }
    std::string condition;
    for (const auto& [places, of_places] : nodes) {
        condition += condition.empty() ? "" : " OR ";
        condition += has_path(paths_of(of_places)) + is_first(depth_of_rows() + 1, places);
    }
    return condition.empty() ? "false" : condition;
}

/// A condition for events of the nodes that say which rows there are, and what is in them. Where a
/// witness says the former, questions that are missing are of no use: there are very many of them
/// if each of many repetitions has few answers.
std::string FormViews::is_of_rows() const {
    std::string has_node = has_path(paths_of(of_rows_));
    if (witness_.group == 0) {
        return has_node;
    }
    std::string path = form_.path_of(node_at(witness_.group));
    append_schema_key(path, witness_.slug);
    return '(' + has_node + " AND " + operation("f.status", "<>", "'missing'") + " OR " +
           operation("f.schema_path", "=", literal(path)) + ')';
}

/// A condition for events that are in a repetition of the sheet, in the first items of what does
/// not repeat around it.
std::string FormViews::is_in_repetition() const {
    std::string condition = is_of_rows();
    condition +=
        " AND " + operation("pg_catalog.cardinality(f.idx)", ">=", std::to_string(depth_of_rows()));
    std::size_t first = 1;
    for (const std::uint32_t level : levels_) {
        condition += is_first(first, depth_[level]);
        first = depth_[level] + 2;
    }
    return condition;
}

/// The further condition that the indexes from one place to another are of first items; empty if
/// there are none. A single one is compared without making an array of it.
std::string FormViews::is_first(std::size_t from, std::size_t to) {
    const std::string first = std::to_string(from);
    if (from == to) {
        return " AND " + operation("f.idx[" + first + ']', "=", "0");
    }
    return from > to ? ""
                     : " AND " + operation("0", "=",
                                           "ALL (f.idx[" + first + ':' + std::to_string(to) + "])");
}

std::string FormViews::has_path(const std::vector<std::string>& paths) {
    const std::vector<std::string_view> texts(paths.begin(), paths.end());
    return operation("f.schema_path", "=",
                     "ANY (" + literal(array_of(texts)) + "::pg_catalog.text[])");
}

/// Adds the questions below a node to those that show rows, in tree order.
void FormViews::add_questions_below(std::uint32_t node) {
    std::vector<std::uint32_t> open = {first_below_[node]};
    while (!open.empty()) {
        interrupt_();
        const std::uint32_t id = open.back();
        if (id == 0) {
            open.pop_back();
            continue;
        }
        open.back() = next_beside_[id];
        open.push_back(first_below_[id]);
        if (is_asked_[id] && is_found_[id]) {
            of_rows_.push_back(id);
        }
    }
}

/// The repetitions of a group are shown by a witness, which is missing in each of them. Those of a
/// question are its answers; one without a value is shown by all that is below it, also in other
/// repeats.
void FormViews::find_questions_of_view() {
    shown_.clear();
    for (const Column& column : columns_) {
        const bool is_new = shown_.empty() || shown_.back() != column.node;
        if (is_new && is_found_[column.node]) {
            shown_.push_back(column.node);
        }
    }
    const std::uint32_t repeat = sheets_[sheet_].repeat;
    of_rows_ = shown_;
    witness_ = {};
    if (repeat == 0) {
        return;
    }
    if (!node_at(repeat).is_question) {
        witness_ = {repeat, free_slug_below(repeat)};
        return;
    }
    of_rows_ = {repeat};
    add_questions_below(repeat);
}

/// A slug that no node below the group has.
std::string FormViews::free_slug_below(std::uint32_t group) const {
    std::unordered_set<std::string_view> taken;
    for (std::uint32_t id = first_below_[group]; id != 0; id = next_beside_[id]) {
        taken.insert(form_.slug_of(node_at(id)));
    }
    std::string slug = "?";
    while (taken.contains(slug)) {
        slug += '?';
    }
    return slug;
}

std::vector<std::string> FormViews::paths_of(const std::vector<std::uint32_t>& nodes) const {
    std::vector<std::string> paths;
    paths.reserve(nodes.size());
    for (const std::uint32_t node : nodes) {
        paths.push_back(form_.path_of(node_at(node)));
    }
    return paths;
}

/// The part of the form that has the view's questions. Those of its columns are among those of its
/// rows.
std::string FormViews::form_literal() {
    const std::vector<std::uint8_t> part = parts_->with(of_rows_, witness_);
    std::string text;
    jsonb::JsonPrinter printer(Value::root(part));
    for (std::string_view piece = printer.next(); !piece.empty(); piece = printer.next()) {
        text += piece;
    }
    return literal(text);
}

}  // namespace onetrip::submission
