#pragma once

namespace onetrip::postgres {

/// The columns of flatten_submission and load_events, in their order.
enum EventField {
    field_ord,
    field_schema_path,
    field_keys,
    field_idx,
    field_value,
    field_answer_type,
    field_tag,
    field_status,
    field_count,

    // ---- what all events of a submission share ----

    field_form_id = field_count,
    field_form_name,
    field_user_id,
    field_user_full_name,
    field_submission_id,
    field_submission_created,
    field_processed_on,
    all_field_count,
};

/// A column of response_events, and what comes into it: in SQL, r is the submission with its form
/// and user as load_rows has it, e the event.
struct EventColumn {
    const char* name;
    const char* text;
    EventField field;
};

inline constexpr EventColumn event_columns[] = {
    {"form_id", "r.form_id", field_form_id},
    {"form_name", "r.form_name", field_form_name},
    {"user_id", "r.user_id", field_user_id},
    {"user_full_name", "r.user_full_name", field_user_full_name},
    {"submission_id", "r.id", field_submission_id},
    {"submission_created", "r.date_created", field_submission_created},
    {"processed_on", "r.processed_on", field_processed_on},
    {"schema_path", "e.schema_path", field_schema_path},
    {"idx", "e.idx", field_idx},
    {"value", "e.value", field_value},
    {"answer_type", "e.answer_type", field_answer_type},
    {"tag", "e.tag", field_tag},
    {"ord", "e.ord", field_ord},
    {"status", "e.status", field_status},
};

}  // namespace onetrip::postgres
