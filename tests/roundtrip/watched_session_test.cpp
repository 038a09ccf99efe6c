// The evidence of a session and its detector together, as the server feeds them.

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

#include "roundtrip/detector.hpp"
#include "roundtrip/evidence.hpp"

namespace onetrip::roundtrip::test {

namespace {

enum : QueryId { parents = 101, tags = 102, write = 103, change = 104, look_up = 105, ping = 106 };

class WatchedSession : private LoopSink {
  public:
    explicit WatchedSession(std::uint32_t repeats) { detector_.set_limits({repeats, 1'000'000}); }

    /// Returns numbers from `first` on.
    void list(QueryId id, std::int64_t first, std::size_t count) {
        run(id, Kind::select, 0, first, count);
    }

    /// Asks for a number, and returns it if it is a read.
    void ask(QueryId id, Kind kind, std::int64_t number) {
        run(id, kind, number, number, kind == Kind::select ? 1 : 0);
    }

    void pause() {
        clock_ += 2'000'000;
        evidence_.forget();
    }

    void end_block() { detector_.end_block(); }
    void begin_block() {
        if (!detector_.is_in_block()) {
            detector_.begin_block();
        }
    }
    void end() { detector_.end_episode(); }

    bool is_of_request = false;
    std::map<QueryId, std::uint64_t> untold;  ///< runs of each statement
    std::map<QueryId, std::uint64_t> untold_of_requests;
    std::vector<Loop> loops;

  private:
    void run(QueryId id, Kind kind, std::int64_t number, std::int64_t first, std::size_t count) {
        StatementValueHashes asked;
        if (number != 0) {
            asked.add(hash_of_number(number));
        }
        const auto parameters = static_cast<std::uint64_t>(number);
        Statement statement{id, kind, Statement::Role::execution, 1, parameters};
        statement.evidence = evidence_.judge(id, asked);
        const Evidence::Place place =
            count == 0 ? Evidence::nowhere : evidence_.begin_rows(id, parameters, false);
        for (std::size_t i = 0; i < count; ++i) {
            keep(place, first + static_cast<std::int64_t>(i), asked);
        }
        statement.rows = kind == Kind::select ? count : 1;
        statement.begin = clock_ += 400;
        statement.end = clock_ += 100;
        statement.busy = 100;
        statement.transaction = ++transaction_;
        statement.has_relation = id != ping;
        statement.is_of_request = is_of_request;
        ++(is_of_request ? untold_of_requests : untold)[id];
        detector_.statement(statement);
    }

    void keep(Evidence::Place place, std::int64_t number, const StatementValueHashes& asked) {
        if (evidence_.is_full(place)) {
            evidence_.count_row(place);
            return;
        }
        evidence_.add_row(
            place, 1, [number](std::size_t) { return hash_of_number(number); }, asked);
    }

    void take(const Loop& loop) noexcept override { loops.push_back(loop); }

    Evidence evidence_;
    Detector detector_{*this};
    Microseconds clock_ = 1'000'000'000;
    std::uint64_t transaction_ = 0;
};

}  // namespace

TEST_CASE("values that are found from the second run on do not count the first one twice") {
    // The first number is none of the list.
    for (const std::int64_t runs : {6, 21}) {
        WatchedSession session(3);
        session.list(parents, 1, 20);
        for (std::int64_t number = 0; number < runs; ++number) {
            session.ask(write, Kind::insert, number);
        }
        session.end();
        REQUIRE(session.loops.size() == 1);
        CHECK(session.loops[0].key.leader == parents);
        CHECK(session.loops[0].statements == static_cast<std::uint64_t>(runs));
    }
}

TEST_CASE("a pool's ping between writes whose numbers are small hides no loop") {
    WatchedSession session(10);
    for (int i = 0; i < 1000; ++i) {
        session.list(ping, 1, 1);
        session.ask(write, Kind::insert, i % 10);
    }
    session.end();
    REQUIRE(session.loops.size() == 1);
    CHECK(session.loops[0].key.leader == 0);
    CHECK(session.loops[0].statements == 1000);
}

TEST_CASE("whatever values are found and when, no run is told twice") {
    const unsigned seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int turn = 0; turn < 300; ++turn) {
        WatchedSession session(turn % 2 == 0 ? 3 : 10);
        const bool has_requests = turn % 3 == 0;
        for (int step = 0; step < 60; ++step) {
            switch (random() % 12) {
                case 0:
                    session.list(parents, random() % 50, 1 + random() % 60);
                    break;
                case 1:
                    session.list(tags, random() % 100, 1 + random() % 30);
                    break;
                case 2:
                    session.begin_block();
                    break;
                case 3:
                    session.end_block();
                    break;
                case 4:
                    if (random() % 4 == 0) {
                        session.pause();
                    }
                    break;
                default: {
                    // One statement or two in turn, with pings between or not, for numbers that
                    // follow one another.
                    const auto first = static_cast<std::int64_t>(random() % 80);
                    const auto count = static_cast<std::int64_t>(random() % 40);
                    const unsigned shape = random() % 8;
                    for (std::int64_t number = first; number < first + count; ++number) {
                        session.is_of_request = has_requests && random() % 4 != 0;
                        if (shape == 0) {
                            session.list(ping, 1, 1);
                        }
                        if (shape < 3) {
                            session.ask(look_up, Kind::select, number);
                        }
                        if (shape > 1) {
                            session.ask(write, Kind::insert, number);
                        }
                        if (shape > 6) {
                            session.ask(change, Kind::update, number % 3);
                        }
                    }
                }
            }
        }
        session.end_block();
        session.end();
        for (const Loop& loop : session.loops) {
            auto& untold = loop.is_of_request ? session.untold_of_requests : session.untold;
            CAPTURE(turn, loop.key.repeated, loop.key.leader, loop.is_of_request);
            REQUIRE((loop.round_trips >= (turn % 2 == 0 ? 3 : 10) || !loop.is_new_in_episode));
            REQUIRE(loop.statements <= untold[loop.key.repeated]);
            untold[loop.key.repeated] -= loop.statements;
        }
    }
}

}  // namespace onetrip::roundtrip::test
