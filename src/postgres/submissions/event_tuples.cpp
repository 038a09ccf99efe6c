// Rows of a submission's walk as tuples of flatten_submission. Knows nothing of arguments and
// tables.

#include "postgres/submissions/event_tuples.hpp"

#include "postgres/submissions/document_columns.hpp"

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
    // Before the row begins: it is written in the same memory.
    if (row.node != nullptr && !compiled.columns[row.node->id].is_written) {
        write_columns_of(compiled, *row.node);
    }
    builder_.begin();
    builder_.put_int4(row.ord);
    put_way(compiled, row, walk);
    put_value(row.value);
    put_description(compiled, row);
    return builder_.finish();
}

void EventTuples::write_columns_of(CompiledForm& compiled, const FormNode& node) {
    NodeColumns& columns = compiled.columns[node.id];
    write_way(columns, compiled.form, node);
    write_description(columns, node);
    columns.is_written = true;
    compiled.written_bytes += columns.way.capacity() + columns.description.capacity();
}

/// A long way is not kept: in a form of many levels, one inside the other, those of all nodes would
/// take the square of their number.
void EventTuples::write_way(NodeColumns& columns, const submission::Form& form,
                            const FormNode& node) {
    constexpr std::size_t longest_kept = 2048;
    builder_.begin();
    builder_.put_int4(0);
    const std::size_t start = builder_.size();
    builder_.put_text(form.path_of(node));
    const std::size_t path_size = builder_.size() - start;
    if (path_size > longest_kept) {
        return;
    }
    put_form_way(form, node);
    columns.path_size = static_cast<std::uint32_t>(path_size);
    columns.way = builder_.bytes(start);
}

/// keys and idx of a node, as they are if no index is on the way.
void EventTuples::put_form_way(const submission::Form& form, const FormNode& node) {
    way_.rewind({});
    for (const std::string_view slug : form.way_to(node)) {
        way_.push_key(slug);
    }
    put_keys(builder_, way_);
    put_indexes(builder_, way_);
}

void EventTuples::write_description(NodeColumns& columns, const FormNode& node) {
    builder_.begin();
    const std::size_t start = builder_.size();
    put_type_and_tag(&node);
    builder_.put_text(submission::name_of(Status::ok));
    columns.is_short = !node.tag || is_short(*node.tag);
    columns.description = builder_.bytes(start);
}

void EventTuples::put_way(CompiledForm& compiled, const EventRow& row, const SubmissionWalk& walk) {
    if (row.node == nullptr) {
        builder_.put_text(walk.path());
    } else {
        const NodeColumns& columns = compiled.columns[row.node->id];
        const bool is_at_node = row.is_at_node && row.status != Status::missing;
        if (is_at_node && !columns.way.empty()) {
            builder_.put_columns(columns.way, 3, 0);
            return;
        }
        put_path(compiled.form, *row.node, columns);
        if (is_at_node) {
            put_form_way(compiled.form, *row.node);
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

void EventTuples::put_path(const submission::Form& form, const FormNode& node,
                           const NodeColumns& columns) {
    if (columns.way.empty()) {
        builder_.put_text(form.path_of(node));
    } else {
        builder_.put_columns(std::string_view(columns.way).substr(0, columns.path_size), 1, 0);
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

void EventTuples::put_description(CompiledForm& compiled, const EventRow& row) {
    const FormNode* const node = row.node;
    if (node != nullptr && row.status == Status::ok && compiled.columns[node->id].is_short) {
        constexpr unsigned tag = 1U << 1;
        builder_.put_columns(compiled.columns[node->id].description, 3, node->tag ? 0 : tag);
        return;
    }
    put_type_and_tag(node);
    builder_.put_text(submission::name_of(row.status));
}

void EventTuples::put_type_and_tag(const FormNode* node) {
    if (node != nullptr && node->is_question) {
        builder_.put_text(submission::name_of(node->type));
    } else {
        builder_.put_null();
    }
    if (node != nullptr && node->tag) {
        builder_.put_text(*node->tag);
    } else {
        builder_.put_null();
    }
}

}  // namespace onetrip::postgres
