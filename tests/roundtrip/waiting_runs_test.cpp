// Runs that count late, against the same runs that count at once.

#include "roundtrip/waiting_runs.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <vector>

#include "roundtrip/detector.hpp"
#include "roundtrip/evidence.hpp"

namespace onetrip::roundtrip::test {

namespace {

constexpr Microseconds gap = 1'000'000;

struct Sent {
    QueryId id = 0;
    Kind kind = Kind::select;
    std::vector<std::int64_t> asked{};
    std::vector<std::int64_t> rows{};
    bool is_trip = true;
};

/// A session that counts its statements as the server does.
class CountingSession : private LoopSink {
  public:
    CountingSession(std::uint32_t repeats, bool lets_wait) : lets_wait_(lets_wait) {
        detector_.set_limits({repeats, gap});
    }

    void run(const Sent& sent) {
        Statement statement{.id = sent.id, .kind = sent.kind, .is_trip = sent.is_trip};
        StatementValueHashes asked;
        for (const std::int64_t number : sent.asked) {
            asked.add(hash_of_number(number));
            statement.parameters =
                mix_value(statement.parameters ^ static_cast<std::uint64_t>(number));
        }
        statement.rows = sent.kind == Kind::select ? sent.rows.size() : 1;
        statement.begin = clock_ += 400;
        statement.end = clock_ += 100;
        statement.busy = 100;
        statement.transaction = detector_.is_in_block() ? transaction_ : ++transaction_;
        born.reset();
        has_waited = let_wait(statement, asked, sent.rows);
        if (!has_waited) {
            count_at_once(statement, asked, sent.rows);
        }
        has_grown = detector_.has_grown();
        detector_.take_grown();
    }

    void pause() { clock_ += 2 * gap; }

    void begin_block() {
        count_waiting();
        detector_.begin_block();
        ++transaction_;
    }
    void end_block() {
        count_waiting();
        detector_.end_block();
    }
    void end() {
        count_waiting();
        detector_.end_episode();
    }
    bool is_in_block() const { return detector_.is_in_block(); }

    std::optional<LoopKey> born;  ///< by the last statement
    bool has_grown = false;
    bool has_waited = false;
    std::vector<Loop> loops;
    int waited = 0;

  private:
    bool let_wait(const Statement& statement, const StatementValueHashes& asked,
                  const std::vector<std::int64_t>& rows) {
        if (rows.size() > 1 || !waiting_.has_room_for(statement.id, statement.begin, gap) ||
            !waiting_.is_as_expected(evidence_, asked, statement.parameters)) {
            return false;
        }
        WaitingRun& run = waiting_.next();
        run.has_row = !rows.empty();
        run.width = 1;
        run.row[0] = rows.empty() ? 0 : hash_of_number(rows[0]);
        run.is_trip = statement.is_trip;
        run.begin = statement.begin;
        run.end = statement.end;
        run.busy = statement.busy;
        run.transaction = statement.transaction;
        run.parameters = statement.parameters;
        run.values = asked;
        waiting_.add();
        ++waited;
        return true;
    }

    void count_at_once(Statement& statement, const StatementValueHashes& asked,
                       const std::vector<std::int64_t>& rows) {
        count_waiting();
        if (!detector_.is_in_block() && detector_.has_paused(statement.begin, gap)) {
            evidence_.forget();
        }
        statement.evidence = evidence_.judge(statement.id, asked);
        Evidence::Place place = Evidence::nowhere;
        for (const std::int64_t row : rows) {
            if (place == Evidence::nowhere) {
                place = evidence_.begin_rows(statement.id, statement.parameters, false);
            }
            if (evidence_.is_full(place)) {
                evidence_.count_row(place);
            } else {
                evidence_.add_row(
                    place, 1, [row](std::size_t) { return hash_of_number(row); }, asked);
            }
        }
        born = detector_.statement(statement);
        if (lets_wait_ && last_ == statement.id && statement.kind == Kind::select &&
            statement.rows == 1) {
            waiting_.open(statement.id, statement, asked, evidence_, detector_);
        }
        last_ = statement.id;
    }

    void count_waiting() {
        if (!waiting_.is_closed()) {
            waiting_.count(evidence_, detector_);
        }
    }

    void take(const Loop& loop) noexcept override { loops.push_back(loop); }

    bool lets_wait_;
    Evidence evidence_;
    Detector detector_{*this};
    WaitingRuns waiting_;
    QueryId last_ = 0;
    Microseconds clock_ = 1'000'000'000;
    std::uint64_t transaction_ = 0;
};

/// The same statements by two sessions, of which one lets runs wait.
class Pair {
  public:
    explicit Pair(std::uint32_t repeats) : waiting(repeats, true), at_once(repeats, false) {}

    void run(const Sent& sent) {
        waiting.run(sent);
        at_once.run(sent);
        const LoopKey one = waiting.born.value_or(LoopKey{});
        const LoopKey other = at_once.born.value_or(LoopKey{});
        CAPTURE(sent.id, one.repeated, one.leader, other.repeated, other.leader,
                at_once.is_in_block(), waiting.has_waited);
        REQUIRE(one == other);
        REQUIRE(waiting.has_grown == at_once.has_grown);
    }
    template <typename Step>
    void both(Step&& step) {
        step(waiting);
        step(at_once);
        compare();
    }
    void compare() {
        REQUIRE(waiting.loops.size() == at_once.loops.size());
        for (std::size_t i = 0; i < waiting.loops.size(); ++i) {
            compare(waiting.loops[i], at_once.loops[i]);
        }
        waiting.loops.clear();
        at_once.loops.clear();
    }

    CountingSession waiting;
    CountingSession at_once;

  private:
    static void compare(const Loop& one, const Loop& other) {
        CAPTURE(one.key.repeated, one.key.leader, other.key.leader);
        REQUIRE(one.key == other.key);
        REQUIRE(one.statements == other.statements);
        REQUIRE(one.round_trips == other.round_trips);
        REQUIRE(one.rows == other.rows);
        REQUIRE(one.transactions == other.transactions);
        REQUIRE(one.leader_rows == other.leader_rows);
        REQUIRE(one.has_distinct_parameters == other.has_distinct_parameters);
        REQUIRE(one.is_by_values == other.is_by_values);
        REQUIRE(one.is_new_in_episode == other.is_new_in_episode);
        REQUIRE(one.statements_in_episode == other.statements_in_episode);
        REQUIRE(one.busy == other.busy);
        REQUIRE(one.wait == other.wait);
        REQUIRE(one.first_seen == other.first_seen);
        REQUIRE(one.last_seen == other.last_seen);
    }
};

/// Random statements: lists, and runs of one statement in turn for their numbers, for others, and
/// for one and the same.
class RandomTrace {
  public:
    RandomTrace(std::mt19937& random, Pair& pair) : random_(random), pair_(pair) {}

    void step() {
        switch (any(0, 9)) {
            case 0:
                toggle_block();
                break;
            case 1:
                pair_.both([](CountingSession& session) { session.pause(); });
                break;
            case 2:
            case 3:
                list();
                break;
            case 4:
                pair_.run({.id = any_id(20, 21), .kind = Kind::update, .asked = {any(1, 40)}});
                break;
            default:
                run_in_turn();
        }
    }

  private:
    int any(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }
    QueryId any_id(int from, int to) { return static_cast<QueryId>(any(from, to)); }

    void toggle_block() {
        const bool ends = pair_.at_once.is_in_block();
        pair_.both([ends](CountingSession& session) {
            ends ? session.end_block() : session.begin_block();
        });
    }

    void list() {
        Sent sent{.id = any_id(1, 3)};
        const int first = any(1, 30);
        for (int i = any(0, 30); i > 0; --i) {
            sent.rows.push_back(first + i);
        }
        pair_.run(sent);
    }

    void run_in_turn() {
        Sent sent{.id = any_id(10, 12)};
        const int how = any(0, 4);
        std::int64_t number = how == 1 ? 1'000 + any(0, 100'000) : any(1, 30);
        const int longest = any(0, 3) == 0 ? 60 : 15;
        for (int i = any(1, longest); i > 0; --i) {
            sent.asked =
                how == 4 ? std::vector<std::int64_t>{7, number} : std::vector<std::int64_t>{number};
            const bool is_seldom_other = any(0, 15) == 0;
            sent.rows.assign(is_seldom_other ? static_cast<std::size_t>(any(0, 3)) : 1,
                             sent.id == 12 ? number + 1 : any(1, 40));
            sent.is_trip = any(0, 20) != 0;
            pair_.run(sent);
            number = how == 2 ? number : how == 3 ? any(1, 60) : number + 1;
        }
    }

    std::mt19937& random_;
    Pair& pair_;
};

}  // namespace

TEST_CASE("runs that count late make the same loops as runs that count at once") {
    const unsigned seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    int waited = 0;
    for (int traces = 0; traces < 400; ++traces) {
        Pair pair(traces % 3 == 0 ? 3U : 10U);
        RandomTrace trace(random, pair);
        for (int steps = 0; steps < 60; ++steps) {
            CAPTURE(traces, steps);
            trace.step();
        }
        pair.both([](CountingSession& session) { session.end(); });
        waited += pair.waiting.waited;
    }
    CHECK(waited > 10'000);
}

TEST_CASE("of a list and its twenty look-ups in a block three in four wait") {
    Pair pair(10);
    pair.both([](CountingSession& session) { session.begin_block(); });
    Sent list{.id = 1};
    for (std::int64_t number = 1; number <= 20; ++number) {
        list.rows.push_back(number);
    }
    pair.run(list);
    for (const std::int64_t number : list.rows) {
        pair.run({.id = 2, .asked = {number}, .rows = {100 + number}});
        CHECK(pair.waiting.born.has_value() == (number == 10));
        CHECK(pair.waiting.has_grown == (number == 10 || number == 20));
    }
    CHECK(pair.waiting.waited == 15);
    pair.waiting.end_block();
    REQUIRE(pair.waiting.loops.size() == 1);
    CHECK(pair.waiting.loops[0].statements == 20);
}

TEST_CASE("look-ups of others each time wait, but in eight one counts at once") {
    CountingSession session(10, true);
    for (std::int64_t number = 1; number <= 82; ++number) {
        session.run({.id = 2, .asked = {10'000 * number}, .rows = {number}});
    }
    CHECK(session.waited == 70);
    session.end();
    CHECK(session.loops.empty());
}

}  // namespace onetrip::roundtrip::test
