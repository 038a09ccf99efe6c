#pragma once

#include <string>

#include "postgres/server/tuple_builder.hpp"
#include "postgres/submissions/form_cache.hpp"
#include "submission/submission_walk.hpp"

namespace onetrip::postgres {

/// Rows of a walk as tuples of flatten_submission. The columns that rows of one node have in common
/// are written once for each form and copied then.
class EventTuples {
  public:
    explicit EventTuples(TupleBuilder& builder) : builder_(builder) {}

    HeapTupleHeader make(CompiledForm& compiled, const submission::EventRow& row,
                         const submission::SubmissionWalk& walk);

  private:
    using NodeColumns = CompiledForm::NodeColumns;

    const NodeColumns* columns_of(CompiledForm& compiled, const submission::FormNode* node);
    void write_columns(CompiledForm& compiled, const submission::FormNode& node);
    void write_way(CompiledForm& compiled, const submission::FormNode& node);
    void write_description(CompiledForm& compiled, const submission::FormNode& node);
    void find_way(const submission::Form& form, const submission::FormNode& node);
    void put_form_way();
    void put_way(const CompiledForm& compiled, const submission::EventRow& row,
                 const NodeColumns* columns, const submission::SubmissionWalk& walk);
    void put_path(const CompiledForm& compiled, const submission::FormNode& node,
                  const NodeColumns* columns);
    void put_value(jsonb::Value value);
    void put_description(const CompiledForm& compiled, const submission::EventRow& row,
                         const NodeColumns* columns);
    void put_type_and_tag(const submission::Form& form, const submission::FormNode* node);

    TupleBuilder& builder_;
    std::string room_;

    // ---- the way to a node ----

    std::vector<std::string_view> slugs_;
    std::string path_;
    submission::Trail way_;
};

}  // namespace onetrip::postgres
