#pragma once

#include "postgres/server/walls.hpp"
#include "roundtrip/tags.hpp"

/// The part of an application that a loop belongs to.
namespace onetrip::postgres {

constexpr std::size_t round_trip_trace_room = roundtrip::Tags::longest + 1;

/// The owner of a loop's row. Rows of one loop are kept apart by all members but the last.
struct RoundTripOwner {
    char application_name[NAMEDATALEN];
    roundtrip::Tags tags;
    char traceparent[round_trip_trace_room];  ///< of one request, as an example; empty if none

    /// A number, which is not 0, by which rows are kept apart.
    std::uint64_t variant() const;
};

/// `controller=books, action=index`, with its end; nothing is allocated.
using RoundTripTagsText = char[roundtrip::Tags::room + 4 * roundtrip::Tags::most];
void print_tags(RoundTripTagsText& to, const roundtrip::Tags& tags);

/// The name of this session's application, as far as it is the client's own.
std::string_view own_application_name();
void copy_application_name(char (&to)[NAMEDATALEN]);

/// Reads into an empty owner the session's application, and the tags that onetrip.watch_tags names
/// in the first and the last comment of the statement; if it has no comment, in those of the
/// client's text, which may have several statements.
void read_owner(RoundTripOwner& owner, std::string_view statement, std::string_view text);

}  // namespace onetrip::postgres
