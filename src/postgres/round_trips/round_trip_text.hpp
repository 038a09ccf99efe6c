#pragma once

#include <string_view>

#include "postgres/round_trips/round_trip_memory.hpp"
#include "roundtrip/lexable_prefix.hpp"

extern "C" {
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
}

namespace onetrip::postgres {

/// The statement's part of its client's string, which may have several, with the comments before
/// it. A zero byte, or another statement, is after it.
std::string_view text_of(const Query* statement, const char* text);

/// A statement has been analysed; `statement` is as text_of has it. The setting of
/// standard_conforming_strings under which a single text was parsed is not known: its message may
/// have begun with a SET, and a prepared one is analysed again whenever a table changes. The
/// settings of all texts with a backslash are known.
void look_at_literals(std::string_view statement);

/// How the server has read the literals of statements that it has parsed.
roundtrip::LiteralRules literal_rules();
/// The same if only comments are looked for: a text that backslash_quote refuses was an error
/// before.
roundtrip::LiteralRules comment_rules();

/// The text of one statement, as its client sent it.
struct StatementSource {
    std::string_view text;
    bool is_cut;           ///< there was more of it
    std::size_t list = 0;  ///< the end of a list of which a part has been left out; 0 if none has
};

/// The beginning and the end of a statement's text, so that neither FROM nor WHERE is left out if a
/// select list is long.
struct StatementEdges {
    static constexpr std::size_t room = 2048;

    bool is_cut;
    std::size_t list;
    std::size_t size;
    char text[room];

    void set(StatementSource source);
    StatementSource source() const { return {{text, size}, is_cut, list}; }
};

/// The statement's part of a string of several.
StatementSource source_of(const PlannedStmt* statement, const char* text);
StatementSource source_of(const Query* statement, const char* text);

/// Gives the query of a cursor that has just been analysed the place of its DECLARE in a string of
/// several statements. The server leaves it as if it were all of the string
/// (transformDeclareCursorStmt of analyze.c), before 18.
void locate_query_of_cursor(Query* statement);

/// Whether a statement may have a comment `/* onetrip:ignore */`.
bool names_ignore(std::string_view statement);

/// Whether a statement has a comment `/* onetrip:ignore */`.
bool has_ignore_comment(StatementSource source);

/// Copies a text. If it is longer than 1 kB or `is_cut`, it is cut between characters and ends with
/// `…`.
void set_round_trip_text(RoundTripText& to, std::string_view text, bool is_cut);

/// Writes the statement with its constants replaced by $n, as the server's own lexer finds them. A
/// part of a long select list is left out, rather than what follows it.
void normalise_statement(RoundTripText& to, StatementSource source);

}  // namespace onetrip::postgres
