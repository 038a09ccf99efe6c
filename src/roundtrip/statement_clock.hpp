#pragma once

#include "roundtrip/statement.hpp"

namespace onetrip::roundtrip {

/// When the statements of a session began, and how long the server worked for each. A statement
/// begins when its first message arrives (Parse, Bind or Execute); what the client does between its
/// messages is not the server's work.
///
/// A message is known by the time of its arrival, which is never 0. Times come from one clock.
class StatementClock {
  public:
    /// Names a running statement: an address of the caller's, which is compared and not
    /// followed.
    using Handle = const void*;

    /// Whether the caller runs inside of a statement that the client sent with the current message.
    /// `message` returns that message, and is called only if something runs.
    template <typename Message>
    bool is_inside(Message&& message) const noexcept {
        return inside_ != 0 && inside_ == message();
    }

    /// A message of the client's begins to run. False if the one before has not left: it has
    /// failed. An ERROR ends its message, so that what it leaves here says nothing in the next one,
    /// and nothing has to be undone.
    bool enter(Microseconds message) noexcept {
        const bool has_left = inside_ == 0;
        inside_ = message;
        return has_left;
    }
    void leave() noexcept { inside_ = 0; }

    /// A message has worked until now for a statement that does not run yet: by parsing or
    /// planning.
    void prepare(QueryId id, Microseconds message, Microseconds now) noexcept;

    /// When this message began to plan a statement that has been prepared: after it parsed it, or
    /// when it arrived. 0 if this is not the one.
    Microseconds planning_begins(QueryId id, Microseconds message) const noexcept {
        if (id == 0 || prepared_.id != id) {
            return 0;
        }
        return prepared_.message == message ? prepared_.until : message;
    }

    /// The statement that has been prepared is not going to run.
    void forget_prepared() noexcept { prepared_.id = 0; }

    /// The statement begins to run, with what has been prepared of it.
    void begin(Handle statement, QueryId id, std::uint64_t parameters,
               Microseconds message) noexcept;

    /// A portal goes on, or the statement is not the one that has begun last: this message is all
    /// that is known.
    void go_on(Handle statement, std::uint64_t parameters, Microseconds message) noexcept {
        running_ = {statement, parameters, message, 0, message};
    }

    /// Whether this statement is the one that has begun last.
    bool is_running(Handle statement) const noexcept { return running_.statement == statement; }

    /// Forgets the statement: after an ERROR another one may begin at the same address.
    void forget(Handle statement) noexcept {
        if (is_running(statement)) {
            running_.statement = nullptr;
        }
    }

    /// The running statement has ended: its parameters and times.
    Statement end(Microseconds now) noexcept;

  private:
    /// A statement that has been parsed or planned and has not begun to run.
    struct Prepared {
        QueryId id = 0;
        Microseconds begin = 0;
        Microseconds busy = 0;     ///< with the messages before the last one
        Microseconds message = 0;  ///< the last one's arrival
        Microseconds until = 0;    ///< when that had been worked off
    };

    struct Running {
        Handle statement = nullptr;
        std::uint64_t parameters = 0;
        Microseconds begin = 0;
        Microseconds busy = 0;  ///< before `since`
        Microseconds since = 0;
    };

    Microseconds inside_ = 0;  ///< the message that runs, else 0
    Prepared prepared_;
    Running running_;
};

inline void StatementClock::prepare(QueryId id, Microseconds message, Microseconds now) noexcept {
    if (prepared_.id != id) {
        prepared_ = {id, message, 0, message, message};
    } else if (prepared_.message != message) {
        prepared_.busy += prepared_.until - prepared_.message;
        prepared_.message = message;
    }
    prepared_.until = now;
}

inline void StatementClock::begin(Handle statement, QueryId id, std::uint64_t parameters,
                                  Microseconds message) noexcept {
    go_on(statement, parameters, message);
    if (prepared_.id == id) {
        running_.begin = prepared_.begin;
        running_.busy = prepared_.busy;
        if (prepared_.message != message) {
            running_.busy += prepared_.until - prepared_.message;
        }
    }
    forget_prepared();
}

inline Statement StatementClock::end(Microseconds now) noexcept {
    Statement statement;
    statement.parameters = running_.parameters;
    statement.begin = running_.begin;
    statement.end = now;
    statement.busy = running_.busy + (now - running_.since);
    running_.statement = nullptr;
    return statement;
}

}  // namespace onetrip::roundtrip
