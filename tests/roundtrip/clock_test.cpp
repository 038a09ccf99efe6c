#include <catch2/catch.hpp>

#include "roundtrip/episode_clock.hpp"
#include "roundtrip/statement_clock.hpp"

namespace onetrip::roundtrip::test {

namespace {

constexpr QueryId collection = 7;
constexpr QueryId element = 8;

Statement statement_at(Microseconds begin, Microseconds end, Microseconds busy = 0) {
    Statement statement;
    statement.begin = begin;
    statement.end = end;
    statement.busy = busy;
    return statement;
}

template <Microseconds time>
Microseconds message_at() {
    return time;
}

/// The statement as the clock places it.
Statement placed(EpisodeClock& clock, Statement statement, EpisodeClock::Wait& wait) {
    wait = clock.place(statement);
    return statement;
}

}  // namespace

// ---- the clock of statements --------------------------------------------------------------------

TEST_CASE("a statement of one message has that message's time") {
    StatementClock clock;
    const int handle = 0;
    clock.prepare(element, 1000, 1100);
    clock.prepare(element, 1000, 1200);
    clock.begin(&handle, element, 42, 1000);
    CHECK(clock.is_running(&handle));
    const Statement statement = clock.end(1500);
    CHECK(statement.begin == 1000);
    CHECK(statement.end == 1500);
    CHECK(statement.busy == 500);
    CHECK(statement.parameters == 42);
    CHECK_FALSE(clock.is_running(&handle));
}

TEST_CASE("planning begins after parsing, or with the message that does nothing before it") {
    StatementClock clock;
    const int handle = 0;
    clock.prepare(element, 1000, 1100);
    CHECK(clock.planning_begins(element, 1000) == 1100);
    CHECK(clock.planning_begins(element, 5000) == 5000);
    CHECK(clock.planning_begins(collection, 1000) == 0);
    clock.begin(&handle, element, 0, 5000);
    CHECK(clock.planning_begins(element, 5000) == 0);
    CHECK(clock.planning_begins(0, 5000) == 0);
}

TEST_CASE("a statement begins with its first message, and the server works with each") {
    StatementClock clock;
    const int handle = 0;
    clock.prepare(element, 1000, 1100);  // Parse
    clock.prepare(element, 5000, 5300);  // Bind, which plans
    clock.begin(&handle, element, 0, 9000);
    const Statement statement = clock.end(9050);
    CHECK(statement.begin == 1000);
    CHECK(statement.busy == 100 + 300 + 50);
}

TEST_CASE("what was prepared of another statement does not count") {
    StatementClock clock;
    const int handle = 0;
    clock.prepare(collection, 1000, 1100);
    clock.begin(&handle, element, 0, 9000);
    CHECK(clock.end(9050).begin == 9000);

    clock.prepare(element, 1000, 1100);
    clock.forget_prepared();
    clock.begin(&handle, element, 0, 9000);
    CHECK(clock.end(9050).begin == 9000);

    // Nor does it count twice.
    clock.prepare(element, 1000, 1100);
    clock.begin(&handle, element, 0, 2000);
    clock.end(2100);
    clock.begin(&handle, element, 0, 9000);
    CHECK(clock.end(9050).begin == 9000);
}

TEST_CASE("a portal that goes on has the time of its message") {
    StatementClock clock;
    const int handle = 0;
    clock.prepare(element, 1000, 1100);
    clock.begin(&handle, element, 1, 1000);
    clock.end(1500);
    clock.go_on(&handle, 1, 3000);
    CHECK(clock.is_running(&handle));
    const Statement statement = clock.end(3200);
    CHECK(statement.begin == 3000);
    CHECK(statement.busy == 200);
}

TEST_CASE("a statement is forgotten by its own address alone") {
    StatementClock clock;
    const int handle = 0;
    const int other = 0;
    clock.begin(&handle, element, 1, 1000);
    clock.forget(&other);
    CHECK(clock.is_running(&handle));
    clock.forget(&handle);
    CHECK_FALSE(clock.is_running(&handle));
}

TEST_CASE("what runs inside of a message is known by its arrival") {
    StatementClock clock;
    CHECK_FALSE(clock.is_inside(message_at<1000>));
    CHECK(clock.enter(1000));
    CHECK(clock.is_inside(message_at<1000>));
    clock.leave();
    CHECK_FALSE(clock.is_inside(message_at<1000>));
}

TEST_CASE("an error ends a message, and the next one says so") {
    StatementClock clock;
    CHECK(clock.enter(1000));
    // No leave(): the next message is not inside of it.
    CHECK_FALSE(clock.is_inside(message_at<2000>));
    CHECK_FALSE(clock.enter(2000));
    CHECK(clock.is_inside(message_at<2000>));
    clock.leave();
    CHECK(clock.enter(3000));
}

// ---- the clock of episodes ----------------------------------------------------------------------

TEST_CASE("the wait is from the end of a statement to the begin of the next") {
    EpisodeClock clock;
    EpisodeClock::Wait wait;
    placed(clock, statement_at(1000, 1100), wait);
    CHECK(wait.time == 0);
    placed(clock, statement_at(1600, 1700), wait);
    CHECK(wait.time == 500);
    CHECK_FALSE(wait.has_pause);
}

TEST_CASE("the times of statements of one message follow one another") {
    EpisodeClock clock;
    EpisodeClock::Wait wait;
    placed(clock, statement_at(1000, 1100), wait);
    const Statement second = placed(clock, statement_at(1000, 1300, 300), wait);
    CHECK(wait.time == 0);
    CHECK(second.begin == 1100);
    CHECK(second.busy == 200);
    // Even if the clock was set back.
    const Statement third = placed(clock, statement_at(500, 600, -5), wait);
    CHECK(third.begin == 1300);
    CHECK(third.end == 1300);
    CHECK(third.busy == 0);
}

TEST_CASE("what passes is no wait, but the client is waited for around it") {
    EpisodeClock clock;
    EpisodeClock::Wait wait;
    placed(clock, statement_at(1000, 1100), wait);
    clock.pass(1200, 1500);
    clock.busy_until(1550);
    placed(clock, statement_at(1650, 1700), wait);
    CHECK(wait.time == 100 + 100);
    placed(clock, statement_at(1800, 1900), wait);
    CHECK(wait.time == 100);
}

TEST_CASE("a pause is longer than the gap, with nothing in between") {
    EpisodeClock clock;
    clock.set_gap(1000);
    EpisodeClock::Wait wait;
    CHECK_FALSE(clock.has_paused(1'000'000));
    placed(clock, statement_at(100, 200), wait);
    CHECK_FALSE(clock.has_paused(1200));
    CHECK(clock.has_paused(1201));
    placed(clock, statement_at(1200, 1300), wait);
    CHECK_FALSE(wait.has_pause);
    placed(clock, statement_at(2301, 2400), wait);
    CHECK(wait.has_pause);
    // Two short ones are none, and one before a statement that passes is one.
    clock.pass(3400, 3400);
    placed(clock, statement_at(4400, 4400), wait);
    CHECK_FALSE(wait.has_pause);
    clock.pass(5401, 5401);
    placed(clock, statement_at(5402, 5500), wait);
    CHECK(wait.has_pause);
}

TEST_CASE("after a failure nothing is known of the wait") {
    EpisodeClock clock;
    clock.set_gap(1000);
    EpisodeClock::Wait wait;
    placed(clock, statement_at(100, 200), wait);
    CHECK_FALSE(wait.is_known);
    clock.fail();
    CHECK_FALSE(clock.has_paused(1'000'000));
    placed(clock, statement_at(9000, 9100), wait);
    CHECK_FALSE(wait.is_known);
    CHECK(wait.time == 0);
    CHECK_FALSE(wait.has_pause);
}

TEST_CASE("an episode is full by its statements or its time") {
    EpisodeClock clock;
    CHECK_FALSE(clock.is_full(5000));
    clock.count(5000);
    CHECK_FALSE(clock.is_full(5000 + EpisodeClock::longest_episode));
    CHECK(clock.is_full(5001 + EpisodeClock::longest_episode));
    for (std::uint32_t i = 1; i < EpisodeClock::most_statements; ++i) {
        CHECK_FALSE(clock.is_full(5000));
        clock.count(5000);
    }
    CHECK(clock.is_full(5000));
    clock.begin_episode();
    CHECK_FALSE(clock.is_full(5001 + EpisodeClock::longest_episode));
}

}  // namespace onetrip::roundtrip::test
