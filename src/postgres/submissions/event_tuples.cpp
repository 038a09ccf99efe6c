// Rows of a submission's walk as tuples of flatten_submission. Knows nothing of arguments and
// tables.

#include "postgres/submissions/event_tuples.hpp"

#include "postgres/submissions/document_columns.hpp"
#include "submission/paths.hpp"

namespace onetrip::postgres {

namespace {

using submission::EventRow;
using submission::FormNode;
using submission::Status;
using submission::SubmissionWalk;

/// The JSON text of a container, palloc'ed.
const char* json_text(jsonb::Value container) {
    const std::uint8_t* const from = container.data().data();
    const std::size_t size = container.data().size();
    return call_server([&] {
        // The document may have a short header, and lie at any address.
        auto* const aligned = static_cast<JsonbContainer*>(palloc(size));
        std::memcpy(aligned, from, size);
        const char* const text = JsonbToCString(nullptr, aligned, static_cast<int>(size));
        pfree(aligned);
        return text;
    });
}

/// Whether it is stored with a short header.
bool is_short(std::string_view text) {
    return text.size() + VARHDRSZ_SHORT <= VARATT_SHORT_MAX;
}

}  // namespace

HeapTupleHeader EventTuples::make(CompiledForm& compiled, const EventRow& row,
                                  const SubmissionWalk& walk) {
    // The columns come before the row begins: they are written in the same memory.
    const NodeColumns* const columns = columns_of(compiled, row.node);
    builder_.begin();
    builder_.put_int4(row.ord);
    put_way(compiled, row, columns, walk);
    put_value(row.value);
    put_description(compiled, row, columns);
    return builder_.finish();
}

/// The columns that rows of the node have in common; nullptr if they are not kept.
const CompiledForm::NodeColumns* EventTuples::columns_of(CompiledForm& compiled,
                                                         const FormNode* node) {
    constexpr std::size_t most_bytes = std::size_t{64} << 20;
    if (node == nullptr || compiled.columns.empty()) {
        return nullptr;
    }
    const NodeColumns& columns = compiled.columns[node->id];
    if (!columns.is_written) {
        if (compiled.written.size() > most_bytes) {
            return nullptr;
        }
        write_columns(compiled, *node);
    }
    return &columns;
}

void EventTuples::write_columns(CompiledForm& compiled, const FormNode& node) {
    NodeColumns& columns = compiled.columns[node.id];
    columns.begin = static_cast<std::uint32_t>(compiled.written.size());
    write_way(compiled, node);
    write_description(compiled, node);
    columns.is_written = true;
}

/// A long way is not kept: in a form of many levels, one inside the other, those of all nodes would
/// take the square of their number.
void EventTuples::write_way(CompiledForm& compiled, const FormNode& node) {
    constexpr std::size_t longest_kept = 2048;
    builder_.begin();
    builder_.put_int4(0);
    const std::size_t start = builder_.size();
    find_way(compiled.form, node);
    builder_.put_text(path_);
    const std::size_t path_size = builder_.size() - start;
    if (path_size > longest_kept) {
        return;
    }
    put_form_way();
    NodeColumns& columns = compiled.columns[node.id];
    columns.path_size = static_cast<std::uint32_t>(path_size);
    columns.way_size = static_cast<std::uint32_t>(builder_.size() - start);
    compiled.written += builder_.bytes(start);
}

/// Makes path_ and way_ those of the node.
void EventTuples::find_way(const submission::Form& form, const FormNode& node) {
    form.find_slugs(node, slugs_);
    path_.clear();
    way_.rewind({});
    for (const std::string_view slug : slugs_) {
        submission::append_schema_key(path_, slug);
        if (!form.words().are_known) {
            way_.push_key(slug);
        }
    }
    if (form.words().are_known) {
        form.find_way(node, slugs_);
        for (const std::string_view key : slugs_) {
            way_.push_key(key);
        }
    }
}

/// keys and idx of way_, as they are if no index is on the way.
void EventTuples::put_form_way() {
    put_keys(builder_, way_);
    put_indexes(builder_, way_);
}

void EventTuples::write_description(CompiledForm& compiled, const FormNode& node) {
    builder_.begin();
    const std::size_t start = builder_.size();
    put_type_and_tag(compiled.form, &node);
    builder_.put_text(submission::name_of(Status::ok));
    NodeColumns& columns = compiled.columns[node.id];
    columns.is_short = !node.has_tag || is_short(*compiled.form.tag_of(node));
    columns.description_size = static_cast<std::uint32_t>(builder_.size() - start);
    compiled.written += builder_.bytes(start);
}

void EventTuples::put_way(const CompiledForm& compiled, const EventRow& row,
                          const NodeColumns* columns, const SubmissionWalk& walk) {
    if (row.node == nullptr) {
        builder_.put_text(walk.path());
    } else {
        const bool is_at_node = row.is_at_node && row.status != Status::missing;
        if (is_at_node && columns != nullptr && columns->way_size > 0) {
            builder_.put_columns(compiled.way_of(*columns), 3, 0);
            return;
        }
        put_path(compiled, *row.node, columns);
        if (is_at_node) {
            put_form_way();
            return;
        }
    }
    if (row.status == Status::missing) {
        builder_.put_null();
    } else {
        put_keys(builder_, walk.trail());
    }
    put_indexes(builder_, walk.trail());
}

/// Puts the path. Without columns, the way is made, whose keys may follow.
void EventTuples::put_path(const CompiledForm& compiled, const FormNode& node,
                           const NodeColumns* columns) {
    if (columns != nullptr && columns->way_size > 0) {
        builder_.put_columns(compiled.way_of(*columns).substr(0, columns->path_size), 1, 0);
    } else {
        find_way(compiled.form, node);
        builder_.put_text(path_);
    }
}

void EventTuples::put_value(jsonb::Value value) {
    switch (value.kind()) {
        case jsonb::Kind::null:
            builder_.put_null();
            break;
        case jsonb::Kind::array:
        case jsonb::Kind::object: {
            const char* const text = json_text(value);
            builder_.put_text(text);
            call_server([&] { pfree(const_cast<char*>(text)); });
            break;
        }
        default:
            builder_.put_text(submission::text_of(value, room_));
    }
}

void EventTuples::put_description(const CompiledForm& compiled, const EventRow& row,
                                  const NodeColumns* columns) {
    if (columns != nullptr && row.status == Status::ok && columns->is_short) {
        constexpr unsigned tag = 1U << 1;
        builder_.put_columns(compiled.description_of(*columns), 3, row.node->has_tag ? 0 : tag);
        return;
    }
    if (row.status == Status::part) {
        builder_.put_text(submission::name_of(submission::AnswerType::text));
        builder_.put_null();
    } else {
        put_type_and_tag(compiled.form, row.node);
    }
    builder_.put_text(submission::name_of(row.status));
}

void EventTuples::put_type_and_tag(const submission::Form& form, const FormNode* node) {
    if (node != nullptr && node->is_question) {
        builder_.put_text(submission::name_of(node->type));
    } else {
        builder_.put_null();
    }
    if (node != nullptr && node->has_tag) {
        builder_.put_text(*form.tag_of(*node));
    } else {
        builder_.put_null();
    }
}

}  // namespace onetrip::postgres
