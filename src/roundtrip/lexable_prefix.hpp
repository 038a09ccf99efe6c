#pragma once

#include <cstddef>
#include <string_view>

#include "base/interrupt.hpp"

namespace onetrip::roundtrip {

/// How the server reads a plain literal: in one that conforms to the standard a backslash is a
/// letter.
struct LiteralRules {
    bool standard_conforming = true;
    bool takes_escaped_quotes = true;  ///< E'it\'s'
    /// The text may have been read by the standard or not. A literal that ends elsewhere without
    /// the standard is taken for not closed, and all others are read by the standard.
    bool is_either = false;
};

/// The length of the longest prefix of an SQL text that the server's lexer takes without an error,
/// as far as quotes and comments go: it ends in front of a literal, a quoted name or a comment that
/// is not closed within the text, and of a literal that the rules forbid. `is_cut` says that text
/// is missing after it, so that its last word may be half of one. The text was a part of a
/// statement that the server has parsed, in an encoding of the server's. `interrupt` is called once
/// in a few thousand words.
std::size_t lexable_prefix(std::string_view text, bool is_cut, LiteralRules rules,
                           Interrupt interrupt = never_interrupted);

/// The end of the list in a statement of which a part may be left out: the select list in front of
/// FROM, or the list that UPDATE sets in front of WHERE; npos if none exists. Only the beginning
/// of a long text is looked at.
std::size_t end_of_list(std::string_view text, LiteralRules rules);

/// The first and the last comment of a text, /* … */ alone and without these ends; empty if it
/// has none.
struct EdgeComments {
    std::string_view first;
    std::string_view last;
};
EdgeComments edge_comments(std::string_view text, LiteralRules rules,
                           Interrupt interrupt = never_interrupted);

/// Where the comments begin that stand directly before the statement at `begin`, with nothing but
/// blanks between them; `begin` if there are none. The text may be that of thousands of statements:
/// only a few kilobytes before the statement are looked at.
std::size_t begin_with_comments(std::string_view text, std::size_t begin) noexcept;

/// The words in a comment of a statement that is to be in no loop.
inline constexpr const char* ignore_words = "onetrip:ignore";

/// Whether one of the comments in an SQL text has those words, and not as a part of other words.
bool has_ignore_comment(std::string_view text, LiteralRules rules);

}  // namespace onetrip::roundtrip
