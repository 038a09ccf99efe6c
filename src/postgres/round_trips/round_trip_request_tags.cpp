// Reads which request a statement belongs to when its text is parsed, and keeps that by the
// statement's identifier. Texts that differ in their comments alone have the same identifier: if
// there were several, the text of a prepared statement or of a cursor is read again when it runs.
//
// It does not know the use of a request.

#include "postgres/round_trips/round_trip_request_tags.hpp"

#include <cstring>

#include "postgres/round_trips/round_trip_settings.hpp"

extern "C" {
#include "access/xact.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
}

namespace onetrip::postgres {

using roundtrip::RequestId;

RequestId RequestTags::request_in(std::string_view text) {
    return roundtrip::request_of(text, round_trip_settings.request, comment_rules());
}

/// Whether a statement with this text was analysed for an earlier message: the message of an
/// EXECUTE or a FETCH has another text.
bool RequestTags::was_kept(const char* text) {
    return (ActivePortal != nullptr && ActivePortal->prepStmtName != nullptr) ||
           debug_query_string == nullptr ||
           (text != debug_query_string && std::strcmp(text, debug_query_string) != 0);
}

/// The tag of a message is that of all its statements, which may be thousands.
RequestId RequestTags::request_of_message(const char* text) {
    const TimestampTz time = GetCurrentStatementStartTimestamp();
    if (message_ != text || message_time_ != time) {
        message_ = text;
        message_time_ = time;
        message_request_ = request_in(text);
    }
    return message_request_;
}

void RequestTags::remember(const Query* query, const char* text) {
    const auto id = static_cast<roundtrip::QueryId>(query->queryId);
    RequestId request = request_in(source_of(query, text).text);
    if (request == 0 && query->stmt_len > 0) {
        request = request_of_message(text);
    }
    Known& known = known_[id % places];
    const bool is_other = known.id != 0 && (known.id != id || known.request != request);
    known = {id, request, known.has_others || is_other};
}

}  // namespace onetrip::postgres
