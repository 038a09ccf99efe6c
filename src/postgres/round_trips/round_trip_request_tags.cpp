// Reads which request a statement belongs to when its text is parsed, and keeps that by the
// statement's identifier.
//
// It does not know what follows from a request.

#include "postgres/round_trips/round_trip_request_tags.hpp"

#include "postgres/round_trips/round_trip_settings.hpp"

extern "C" {
#include "access/xact.h"
}

namespace onetrip::postgres {

using roundtrip::RequestId;

namespace {

RequestId request_in(std::string_view text) {
    return roundtrip::request_of(text, round_trip_settings.request, {has_standard_strings(), true});
}

}  // namespace

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
    known_[id % places] = {id, request};
}

}  // namespace onetrip::postgres
