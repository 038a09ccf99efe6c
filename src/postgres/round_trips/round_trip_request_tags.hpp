#pragma once

#include "postgres/round_trips/round_trip_text.hpp"
#include "roundtrip/request.hpp"

namespace onetrip::postgres {

/// Which requests a session's statements belong to, by the tag that onetrip.watch_request names.
/// It is looked for when a text is parsed.
class RequestTags {
  public:
    /// A statement has been analysed.
    void remember(const Query* query, const char* text);

    /// The request of the statement that runs with this text; 0 if it belongs to none.
    roundtrip::RequestId of(roundtrip::QueryId id, const char* text) const {
        const Known& known = known_[id % places];
        if (known.has_others && was_kept(text)) {
            return request_in(text);
        }
        return known.id == id ? known.request : 0;
    }

  private:
    /// The request of a statement, as it was last analysed.
    struct Known {
        roundtrip::QueryId id = 0;
        roundtrip::RequestId request = 0;
        bool has_others = false;  ///< a prepared statement or a cursor may be of another request
    };

    static bool was_kept(const char* text);
    static roundtrip::RequestId request_in(std::string_view text);
    roundtrip::RequestId request_of_message(const char* text);

    static constexpr std::size_t places = 256;
    Known known_[places];

    // The last message of several statements:
    const char* message_ = nullptr;
    TimestampTz message_time_ = 0;
    roundtrip::RequestId message_request_ = 0;
};

}  // namespace onetrip::postgres
