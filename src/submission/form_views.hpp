#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "submission/form_parts.hpp"
#include "submission/form_questions.hpp"

namespace onetrip::submission {

/// How many bytes of a text a name of at most so many bytes takes: no character is cut in two.
using ClipText = std::size_t (*)(std::string_view text, std::size_t most);

/// The names in the statements that do not come from the form.
struct ViewNames {
    std::string_view functions_schema;  ///< where the extension's functions are
    std::optional<std::string_view> view_schema;
    std::string_view view;
    std::optional<std::string_view> source_schema;
    std::string_view source;
    std::string_view id_column;
    std::string_view document_column;
    bool has_json_documents = false;           ///< json, which jsonb may refuse
    std::optional<std::string_view> language;  ///< of the comments; nullopt: there are none
};

/// Names that differ from one another and are as short as PostgreSQL's are: one that is too long is
/// cut, and one that is taken gets ~2, ~3 and so on.
class DistinctNames {
  public:
    explicit DistinctNames(ClipText clip) : clip_(clip) {}

    std::string take(std::string_view wanted);

  private:
    ClipText clip_;
    std::unordered_set<std::string> taken_;
    std::unordered_map<std::string, std::uint32_t> numbers_;  ///< of a cut name, the last one given
};

/// A row of form_views.
struct ViewStatement {
    std::string view_name;  ///< as SQL, with its schema if one was given
    std::string statement;
};

/// The statements that make typed views of a form's submissions (forms.md, chapter 7): one with a
/// row for each submission, and one with a row for each repetition of each repeat. A view is put
/// together only when its turn comes, so that very many columns take little memory.
class FormViews {
  public:
    /// The form and what `names` views must outlive this.
    FormViews(jsonb::Value form, const ViewNames& names, ClipText clip, Interrupt interrupt);

    /// Sets the next statement; false at the end.
    bool next(ViewStatement& statement);

  private:
    /// A question that counts.
    struct Question {
        std::uint32_t node;
        std::optional<jsonb::Value> label;
        std::optional<jsonb::Value> choices;
    };

    /// The views of the submissions (`repeat` is 0) or of a repeat.
    struct Sheet {
        std::uint32_t repeat = 0;
        std::vector<std::uint32_t> questions;  ///< places in questions_
    };

    /// A question, or one of its choices.
    struct Column {
        std::string name;
        std::string expression;
        std::optional<std::string_view> label;
        std::uint32_t node;
    };

    /// What becomes of the empty strings of an answer.
    enum class Empties : std::uint8_t { kept, left_out };

    const FormNode& node_at(std::uint32_t id) const { return form_.nodes()[id]; }
    bool reads_items() const { return form_.words().reading == Reading::items; }

    void find_places();
    void list_sheets();

    // ---- columns ----

    bool next_column(Column& column);
    bool next_choice(Column& column);
    void begin_choices(const Question& question);
    std::string column_name(const FormNode& node) const;
    bool is_row(const FormNode& node) const;
    bool has_several_in_row(const FormNode& node) const;
    Column column_of(const Question& question) const;
    std::optional<std::string_view> label_of(const std::optional<jsonb::Value>& label) const;

    std::string function(std::string_view name) const;
    std::vector<std::string_view> way_in(std::size_t level, const FormNode& node) const;
    std::string value_in(std::size_t level, const FormNode& node, Empties empties) const;
    std::string answer_in_row(const FormNode& node) const;
    std::string answers_in_rows(const FormNode& node) const;
    std::string cell_by_keys(const FormNode& node) const;
    std::string cell_by_items(const FormNode& node) const;
    std::string cell_of_choice(const FormNode& node, std::string_view choice) const;

    // ---- views ----

    bool next_view();
    void fill_view();
    std::string view_name() const;
    std::string create_statement();
    std::string comment_statement(const Column& column) const;
    std::string document() const;
    void append_rows_by_keys(std::string& statement) const;
    void append_repetitions(std::size_t level, std::string& statement) const;
    void append_rows_by_items(std::string& statement);
    void find_questions_of_view();
    std::size_t depth_of_rows() const;
    std::string is_value() const;
    std::string is_of_rows() const;
    std::string is_in_repetition() const;
    static std::string is_first(std::size_t from, std::size_t to);
    static std::string has_path(const std::vector<std::string>& paths);
    std::vector<std::string> paths_of(const std::vector<std::uint32_t>& nodes) const;
    void add_questions_below(std::uint32_t node);
    std::string free_slug_below(std::uint32_t group) const;
    std::string form_literal();

    ViewNames names_;
    ClipText clip_;
    Interrupt interrupt_;
    std::vector<std::uint32_t> nodes_of_items_;
    Form form_;
    std::vector<Question> questions_;
    std::vector<bool> is_found_;                  ///< by node: a document can have its answers
    std::vector<std::uint32_t> repeat_of_;        ///< by node: the innermost one around it, or 0
    std::vector<std::uint32_t> depth_of_repeat_;  ///< by node: how many repeats it lies in
    std::vector<std::uint32_t> depth_;            ///< by node: how many nodes have its item in them
    std::vector<bool> is_asked_;                  ///< by node: it is a question that counts
    std::vector<std::uint32_t> first_below_;      ///< by node: the first one below it, or 0
    std::vector<std::uint32_t> next_beside_;      ///< by node: the next one below the same, or 0
    std::vector<Sheet> sheets_;
    std::optional<FormParts> parts_;  ///< if documents are read by items

    // ---- where the statements have got to ----

    DistinctNames view_names_;
    std::size_t sheet_ = 0;
    std::size_t question_ = 0;         ///< the sheet's next one
    const Question* asked_ = nullptr;  ///< whose choices are gone through
    jsonb::Array::Iterator choice_;
    jsonb::Array::Iterator choices_end_;
    std::unordered_set<std::string> choices_seen_;
    std::optional<Column> ahead_;  ///< the first of the sheet's next view
    bool has_begun_sheet_ = false;

    std::string view_;                   ///< the name of the present view
    std::vector<std::uint32_t> levels_;  ///< its repeats, the outermost first
    std::vector<std::string> fixed_;     ///< its first columns: the id, and a number for each level
    std::vector<Column> columns_;
    std::size_t comment_ = 0;  ///< its next column to be commented

    // ---- the nodes of the questions that the present view of items asks for ----

    std::vector<std::uint32_t> shown_;    ///< those of its columns
    std::vector<std::uint32_t> of_rows_;  ///< those whose events say which rows there are
    FormParts::Witness witness_;          ///< of the rows of a group
};

}  // namespace onetrip::submission
