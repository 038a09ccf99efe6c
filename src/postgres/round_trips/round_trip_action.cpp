// The answer to a loop in the session that runs it: a NOTICE, a WARNING or an ERROR.
//
// It knows how a loop is put in words for its client. The session and its detector decide whether
// there is one, and when to answer.

#include "postgres/round_trips/round_trip_action.hpp"

#include "postgres/round_trips/round_trip_owner.hpp"

namespace onetrip::postgres {

namespace {

using roundtrip::Loop;

/// The advice as a sentence of its own.
const char* as_sentence(const char* advice) {
    char* const sentence = psprintf("%s.", advice);
    sentence[0] = static_cast<char>(pg_toupper(static_cast<unsigned char>(sentence[0])));
    return sentence;
}

const char* detail_of(const Loop& loop, const RoundTripTexts& texts) {
    const double server = static_cast<double>(loop.busy) / 1000;
    const double wait = static_cast<double>(loop.wait) / 1000;
    const char* const runs = psprintf("It ran " UINT64_FORMAT
                                      " times before (%.1f ms in the server, %.1f ms of waiting)",
                                      loop.statements, server, wait);
    RoundTripTagsText tags;
    print_tags(tags, texts.owner.tags);
    const char* const tagged =
        texts.owner.tags.count() == 0 ? runs : psprintf("%s, tagged %s", runs, tags);
    if (loop.key.leader == 0) {
        return psprintf("%s, and no statement's rows led to it.", tagged);
    }
    // The leader may have run in an episode before this one, which does not count its rows.
    if (loop.leader_rows == 0) {
        return psprintf("%s, for rows of: %s", tagged, texts.leader);
    }
    return psprintf("%s, for the " UINT64_FORMAT " rows of: %s", tagged, loop.leader_rows,
                    texts.leader);
}

/// A text in one line of the log. Nothing is allocated: a transaction may just have been committed.
template <std::size_t room>
struct Line {
    char text[room];

    const char* of(const char (&from)[room]) {
        strlcpy(text, from, sizeof text);
        for (char* c = text; *c != '\0'; ++c) {
            *c = *c == '\n' || *c == '\r' ? ' ' : *c;
        }
        return text;
    }
};

int level_of(WatchAction action) {
    switch (action) {
        case WatchAction::error:
            return ERROR;
        case WatchAction::warning:
            return WARNING;
        default:
            return NOTICE;
    }
}

}  // namespace

/// The statement that has just run is left out, and with it its constants.
void log_loop(const Loop& loop, roundtrip::Microseconds wait, const RoundTripTexts& texts) {
    static Line<sizeof(RoundTripText)> leader_line;
    static Line<sizeof(RoundTripText)> repeated_line;
    static Line<sizeof(RoundTripTagsText)> tags_line;
    RoundTripTagsText tags;
    print_tags(tags, texts.owner.tags);
    char application[NAMEDATALEN];
    copy_application_name(application);
    const char* const leader = loop.key.leader == 0 ? "none" : leader_line.of(texts.leader);
    ereport(LOG,
            (errmsg("round trips: %.1f ms of waiting in loops of an episode, application_name: "
                    "%s, tags: %s, statements: " UINT64_FORMAT ", wait: %.1f ms, server: %.1f ms, "
                    "leader rows: " UINT64_FORMAT ", leader: %s, repeated: %s",
                    static_cast<double>(wait) / 1000, application,
                    texts.owner.tags.count() == 0 ? "none" : tags_line.of(tags), loop.statements,
                    static_cast<double>(loop.wait) / 1000, static_cast<double>(loop.busy) / 1000,
                    loop.leader_rows, leader, repeated_line.of(texts.repeated)),
             errhidestmt(true), errhidecontext(true)));
}

void answer_loop(WatchAction action, const Loop& loop, const RoundTripTexts& texts) {
    const char* const detail = detail_of(loop, texts);
    const char* const hint =
        as_sentence(loop.has_distinct_parameters ? texts.advice : texts.advice_if_same);
    ereport(level_of(action), (errcode(errcode_of_loop), errmsg("N+1: %s", texts.repeated),
                               errdetail_internal("%s", detail), errhint("%s", hint)));
}

}  // namespace onetrip::postgres
