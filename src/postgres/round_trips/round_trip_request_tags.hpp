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

    /// The request of the statement as it was last analysed; 0 if it belongs to none.
    roundtrip::RequestId of(roundtrip::QueryId id) const {
        const Known& known = known_[id % places];
        return known.id == id ? known.request : 0;
    }

  private:
    struct Known {
        roundtrip::QueryId id = 0;
        roundtrip::RequestId request = 0;
    };

    roundtrip::RequestId request_of_message(const char* text);

    static constexpr std::size_t places = 256;
    Known known_[places];

    // Of the last message of several statements:
    const char* message_ = nullptr;
    TimestampTz message_time_ = 0;
    roundtrip::RequestId message_request_ = 0;
};

}  // namespace onetrip::postgres
