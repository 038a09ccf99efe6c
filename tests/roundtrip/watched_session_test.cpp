// The evidence of a session and its detector together, as the server feeds them.

#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <random>
#include <vector>

#include "roundtrip/detector.hpp"
#include "roundtrip/evidence.hpp"

namespace onetrip::roundtrip::test {

namespace {

enum : QueryId {
    parents = 101,
    children = 102,
    write = 103,
    change = 104,
    look_up = 105,
    ping = 106
};

class WatchedSession : private LoopSink {
  public:
    explicit WatchedSession(std::uint32_t repeats) { detector_.set_limits({repeats, 1'000'000}); }

    using Numbers = std::vector<std::int64_t>;

    static Numbers from(std::int64_t first, std::size_t count) {
        Numbers numbers(count);
        std::iota(numbers.begin(), numbers.end(), first);
        return numbers;
    }

    /// Returns numbers from `first` on.
    void list(QueryId id, std::int64_t first, std::size_t count) {
        run(id, Kind::select, {}, from(first, count));
    }

    /// Asks for a number, and returns it if it is a read.
    void ask(QueryId id, Kind kind, std::int64_t number) {
        run(id, kind, {number}, kind == Kind::select ? Numbers{number} : Numbers{});
    }

    /// A look-up whose rows hold nothing that is asked for.
    void look(std::int64_t number) { run(look_up, Kind::select, {number}, {1'000'000 + number}); }

    /// The same by a second value, of a type that is not kept.
    void look_by_two(std::int64_t number, std::int64_t not_kept) {
        not_kept_ = not_kept;
        look(number);
        not_kept_ = 0;
    }

    /// Asks for numbers, and returns others; zero is none of them.
    void run(QueryId id, Kind kind, const Numbers& numbers, const Numbers& rows) {
        send(id, kind, Statement::Role::execution, numbers, rows);
    }

    void fetch(QueryId id, std::int64_t number, bool is_first) {
        send(id, Kind::select,
             is_first ? Statement::Role::first_fetch : Statement::Role::next_fetch, {}, {number});
    }

    /// The portal of the last execution goes on.
    void read_on(QueryId id, std::int64_t number) {
        send(id, Kind::select, Statement::Role::next_part, {}, {number});
    }

    /// The next statement reads the page after the last one.
    WatchedSession& next_page() {
        is_next_page_ = true;
        return *this;
    }

    void pause() {
        clock_ += 2'000'000;
        evidence_.forget();
    }

    void end_block() { detector_.end_block(); }
    void begin_block() {
        if (!detector_.is_in_block()) {
            detector_.begin_block();
            ++transaction_;
        }
    }
    void end() { detector_.end_episode(); }

    bool is_of_request = false;
    std::map<QueryId, std::uint64_t> unreported;  ///< runs of each statement
    std::map<QueryId, std::uint64_t> unreported_of_requests;
    std::vector<Loop> loops;
    std::vector<LoopKey> due;

    /// The only loop of a statement; one without statements if there is none.
    Loop loop_of(QueryId id) const {
        Loop found{};
        for (const Loop& loop : loops) {
            if (loop.key.repeated == id) {
                CHECK(found.statements == 0);
                found = loop;
            }
        }
        return found;
    }

  private:
    void send(QueryId id, Kind kind, Statement::Role role, const Numbers& numbers,
              const Numbers& rows) {
        StatementValueHashes asked;
        Statement statement{.id = id,
                            .kind = kind,
                            .role = role,
                            .parameters = static_cast<std::uint64_t>(not_kept_)};
        for (const std::int64_t number : numbers) {
            asked.add(number == 0 ? 0 : hash_of_number(number));
            statement.parameters =
                mix_value(statement.parameters ^ static_cast<std::uint64_t>(number));
        }
        const bool is_fetch = role != Statement::Role::execution;
        if (!is_fetch) {
            statement.evidence = evidence_.judge(id, asked);
        }
        Evidence::Place place = Evidence::nowhere;
        for (const std::int64_t row : rows) {
            if (place == Evidence::nowhere) {
                place = evidence_.begin_rows(
                    id, statement.parameters,
                    role == Statement::Role::next_fetch || role == Statement::Role::next_part);
            }
            keep(place, row, asked);
        }
        statement.rows = kind == Kind::select ? rows.size() : 1;
        statement.begin = clock_ += 400;
        statement.end = clock_ += 100;
        statement.busy = 100;
        statement.transaction = detector_.is_in_block() ? transaction_ : ++transaction_;
        statement.has_relation = id != ping;
        statement.names_none = id == ping;
        statement.is_of_request = is_of_request;
        statement.is_next_page = is_next_page_;
        is_next_page_ = false;
        ++(is_of_request ? unreported_of_requests : unreported)[id];
        if (const auto key = detector_.statement(statement)) {
            due.push_back(*key);
        }
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
    bool is_next_page_ = false;
    std::int64_t not_kept_ = 0;
};

/// The loop's runs are among those that have not been reported, and no more.
void take_reported(WatchedSession& session, const Loop& loop, std::uint32_t repeats) {
    auto& unreported = loop.is_of_request ? session.unreported_of_requests : session.unreported;
    CAPTURE(loop.key.repeated, loop.key.leader, loop.is_of_request);
    REQUIRE((loop.round_trips >= repeats || !loop.is_new_in_episode));
    REQUIRE(loop.statements <= unreported[loop.key.repeated]);
    REQUIRE(loop.wait >= 0);
    REQUIRE(loop.busy + loop.wait <= loop.last_seen - loop.first_seen);
    unreported[loop.key.repeated] -= loop.statements;
}

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

TEST_CASE("lists of one row and of more lead what asks for their values") {
    for (const bool in_block : {false, true}) {
        WatchedSession session(3);
        if (in_block) {
            session.begin_block();
        }
        session.list(parents, 11, 3);
        std::int64_t number = 201;
        for (const std::int64_t parent : {11, 12, 13}) {
            const std::size_t count = parent == 11 ? 1 : 2;
            session.run(children, Kind::select, {parent}, WatchedSession::from(number, count));
            for (std::size_t i = 0; i < count; ++i) {
                session.look(number++);
            }
        }
        session.end_block();
        session.end();
        CHECK(session.loop_of(look_up).key.leader == children);
        CHECK(session.loop_of(look_up).statements == 5);
        CHECK(session.loop_of(children).key.leader == parents);
    }
}

TEST_CASE(
    "what each request does once for its user's row is no loop, whatever else its block does") {
    WatchedSession session(10);
    for (std::int64_t user = 5001; user <= 5030; ++user) {
        session.begin_block();
        session.run(parents, Kind::select, {9'000'000 + user}, {user});
        for (std::int64_t number = 1; number <= 3; ++number) {
            session.run(children, Kind::select, {number}, {});
        }
        session.look(user);
        session.end_block();
    }
    session.end();
    CHECK(session.loops.empty());
}

TEST_CASE("a page that is opened often, and one thing of another list, are no loop") {
    WatchedSession session(10);
    session.list(parents, 11, 10);
    for (int i = 0; i < 9; ++i) {
        session.look(11);
    }
    session.list(children, 201, 2);
    session.look(201);
    session.end();
    CHECK(session.loops.empty());
}

TEST_CASE("a list of what it was asked for leads too, if no other does") {
    for (const bool has_other : {false, true}) {
        WatchedSession session(10);
        if (has_other) {
            session.list(parents, 5, 20);
        }
        const auto numbers = WatchedSession::from(5, 16);
        session.run(children, Kind::select, numbers, numbers);
        for (std::int64_t number = 5; number < 21; ++number) {
            session.look(number);
        }
        session.end();
        CHECK(session.loop_of(look_up).key.leader == (has_other ? parents : children));
        CHECK(session.loop_of(look_up).statements == 16);
    }
    // Its first rows happen to hold its own constants.
    WatchedSession chance(10);
    chance.run(parents, Kind::select, {2, 1}, WatchedSession::from(1, 20));
    for (std::int64_t number = 1; number <= 20; ++number) {
        chance.look(number);
    }
    chance.end();
    CHECK(chance.loop_of(look_up).statements == 20);
}

TEST_CASE(
    "one thing that is asked for again and again counts from its first run, in a list or not") {
    for (const std::int64_t number : {15, 99}) {
        for (const std::size_t runs : {10, 20}) {
            WatchedSession session(10);
            session.list(parents, 11, 20);
            for (std::size_t i = 0; i < runs; ++i) {
                session.run(look_up, Kind::select, {number}, {1'000'000 + number});
            }
            session.end();
            CHECK(session.loop_of(look_up).key.leader == 0);
            CHECK(session.loop_of(look_up).statements == runs);
        }
    }
    // The first of a list, twice, and then the others.
    WatchedSession session(10);
    session.list(parents, 11, 20);
    session.look(11);
    for (std::int64_t number = 11; number < 31; ++number) {
        session.look(number);
    }
    session.end();
    CHECK(session.loop_of(look_up).key.leader == parents);
    CHECK(session.loop_of(look_up).statements == 21);
}

TEST_CASE("collections of each element are led by the list, whatever numbers they hold") {
    for (const bool in_block : {false, true}) {
        WatchedSession session(10);
        if (in_block) {
            session.begin_block();
        }
        session.list(parents, 11, 20);
        for (std::int64_t number = 11; number < 31; ++number) {
            session.run(children, Kind::select, {number}, {number, number, number});
            session.run(change, Kind::select, {number}, {number, number});
            session.look(number);
        }
        session.end_block();
        session.end();
        for (const QueryId id : {children, change, look_up}) {
            CHECK(session.loop_of(id).key.leader == parents);
            CHECK(session.loop_of(id).statements == 20);
            CHECK(session.loop_of(id).leader_rows == 20);
        }
    }
}

TEST_CASE(
    "the rows of a collection lead what is asked for each of them, if only its parent again") {
    WatchedSession session(10);
    session.list(parents, 11, 12);
    for (std::int64_t number = 11; number < 23; ++number) {
        session.run(children, Kind::select, {number}, {number, number, number});
        for (int i = 0; i < 3; ++i) {
            session.look(number);
        }
    }
    session.end();
    CHECK(session.loop_of(look_up).key.leader == children);
    CHECK(session.loop_of(look_up).statements == 36);
    CHECK(session.loop_of(children).key.leader == parents);
}

TEST_CASE("collections of each element of one list and then of another are loops of both") {
    constexpr QueryId others = 201;
    for (const bool is_block : {false, true}) {
        CAPTURE(is_block);
        WatchedSession session(10);
        if (is_block) {
            session.begin_block();
        }
        const auto loop_over = [&session](QueryId list, std::int64_t first, std::size_t count) {
            session.list(list, first, count);
            for (const std::int64_t number : WatchedSession::from(first, count)) {
                for (const QueryId collection : {children, write, change}) {
                    session.ask(collection, Kind::select, number);
                }
            }
        };
        loop_over(parents, 1, 20);
        loop_over(others, 101, 15);
        session.end_block();
        session.end();
        std::map<std::pair<QueryId, QueryId>, Loop> found;
        for (const Loop& loop : session.loops) {
            found[{loop.key.leader, loop.key.repeated}] = loop;
        }
        CHECK(session.loops.size() == 6);
        for (const QueryId collection : {children, write, change}) {
            CAPTURE(collection);
            for (const auto& [list, rows] : {std::pair(QueryId{parents}, 20U), {others, 15U}}) {
                const Loop& loop = found[{list, collection}];
                CHECK(loop.statements == rows);
                CHECK(loop.statements_in_episode == rows);
                CHECK(loop.leader_rows == rows);
                CHECK(loop.is_new_in_episode);
            }
        }
    }
}

TEST_CASE("what is read in parts is never in a loop") {
    for (const bool is_block : {false, true}) {
        for (const std::int64_t in_parts : {0, 5, 20}) {
            CAPTURE(is_block, in_parts);
            WatchedSession session(10);
            if (is_block) {
                session.begin_block();
            }
            session.list(parents, 1, 20);
            for (std::int64_t number = 1; number <= 20; ++number) {
                session.look(number);
                if (number <= in_parts) {
                    session.read_on(look_up, 2'000'000 + number);
                    session.read_on(look_up, 3'000'000 + number);
                }
            }
            session.end_block();
            session.end();
            const Loop loop = session.loop_of(look_up);
            CHECK(loop.statements == static_cast<std::uint64_t>(20 - in_parts));
            CHECK(loop.round_trips == loop.statements);
            CHECK(loop.key.leader == QueryId{in_parts == 20 ? 0U : 0U + parents});
        }
    }
}

TEST_CASE("a pause before a block ends what was before it, whatever the block is") {
    const auto block = [](WatchedSession& session, std::int64_t from, std::int64_t until) {
        session.begin_block();
        session.list(parents, 501, 12);
        for (std::int64_t number = from; number < until; ++number) {
            session.look(number);
        }
        session.end_block();
    };
    WatchedSession large(10);
    for (int i = 0; i < 3; ++i) {
        block(large, 501, 508);
        large.pause();
    }
    large.end();
    CHECK(large.loops.empty());
    WatchedSession after_reads(10);
    after_reads.list(parents, 501, 12);
    for (std::int64_t number = 501; number < 510; ++number) {
        after_reads.look(number);
    }
    after_reads.pause();
    block(after_reads, 501, 510);
    after_reads.end();
    CHECK(after_reads.loops.empty());
    WatchedSession twice(10);
    block(twice, 501, 513);
    twice.pause();
    block(twice, 501, 513);
    twice.end();
    REQUIRE(twice.loops.size() == 2);
    CHECK(twice.loops[1].statements == 12);
    // The first small block after the pause counts too.
    for (const bool pauses : {false, true}) {
        WatchedSession small(10);
        small.ask(children, Kind::select, 1);
        if (pauses) {
            small.pause();
        }
        block(small, 501, 502);
        for (std::int64_t number = 502; number < 511; ++number) {
            small.begin_block();
            small.look(number);
            small.end_block();
        }
        small.end();
        CHECK(small.loop_of(look_up).statements == 10);
    }
}

TEST_CASE("what was read before a block leads in it, whatever else goes on over blocks") {
    constexpr QueryId first = 201;
    constexpr QueryId one_of_first = 202;
    for (const bool has_other : {false, true}) {
        WatchedSession session(10);
        if (has_other) {
            session.list(first, 1001, 2);
            session.run(one_of_first, Kind::select, {1001}, {7'000'000});
        }
        session.list(parents, 5001, 12);
        session.begin_block();
        for (std::int64_t number = 5001; number <= 5012; ++number) {
            session.look(number);
        }
        session.end_block();
        session.end();
        const Loop loop = session.loop_of(look_up);
        CHECK(loop.key.leader == parents);
        CHECK(loop.statements == 12);
        CHECK(loop.leader_rows == 12);
        CHECK(loop.is_by_values);
    }
}

TEST_CASE("a leader has the rows of the loops under it, in however many blocks") {
    // In each block the loop in the middle is too short, and goes on; the last one is one.
    for (const std::int64_t blocks : {1, 2, 3, 8}) {
        CAPTURE(blocks);
        WatchedSession session(10);
        std::int64_t number = 1000;
        std::int64_t of_number = 500'000;
        for (std::int64_t block = 0; block < blocks; ++block) {
            session.begin_block();
            session.list(parents, number, 3);
            for (int i = 0; i < 3; ++i) {
                session.run(children, Kind::select, {number++}, WatchedSession::from(of_number, 4));
                for (int j = 0; j < 4; ++j) {
                    session.look(of_number++);
                }
            }
            session.end_block();
        }
        session.end();
        std::uint64_t statements = 0;
        std::uint64_t rows = 0;
        for (const Loop& loop : session.loops) {
            statements += loop.key.repeated == look_up ? loop.statements : 0;
            rows += loop.key.repeated == look_up ? loop.leader_rows : 0;
        }
        CHECK(statements == static_cast<std::uint64_t>(12 * blocks));
        CHECK(rows == statements);
        if (blocks == 8) {
            CHECK(session.loop_of(children).statements == 24);
            CHECK(session.loop_of(children).leader_rows == 24);
        }
    }
}

TEST_CASE("runs that are brought to a loop are of the transaction that it has counted") {
    WatchedSession session(10);
    session.begin_block();
    for (std::int64_t number = 501; number <= 512; ++number) {
        session.run(write, Kind::insert, {}, {number});
        for (int i = 0; i < 4; ++i) {
            session.run(change, Kind::insert, {number}, {9000 + 4 * number + i});
        }
    }
    session.end_block();
    session.end();
    CHECK(session.loop_of(change).statements == 48);
    CHECK(session.loop_of(change).transactions == 1);
}

TEST_CASE("of a long list the first runs are judged, also where some ask for the same") {
    for (const bool is_block : {false, true}) {
        for (const std::int64_t sharing : {1, 2, 3, is_block ? 50 : 9}) {
            CAPTURE(is_block, sharing);
            WatchedSession session(10);
            if (is_block) {
                session.begin_block();
            }
            WatchedSession::Numbers list;
            for (std::int64_t i = 0; i < 600; ++i) {
                list.push_back(5001 + i / sharing);
            }
            session.run(parents, Kind::select, {}, list);
            for (const std::int64_t number : list) {
                session.look(number);
            }
            session.end_block();
            session.end();
            const Loop loop = session.loop_of(look_up);
            CHECK(loop.statements == 600);
            CHECK(loop.key.leader == parents);
            CHECK(loop.is_by_values);
        }
    }
}

TEST_CASE("a chain is seen though neighbours have the same parent, or its parents one") {
    for (const bool is_block : {false, true}) {
        for (const std::int64_t sharing : {1, 2, 3}) {
            for (const std::int64_t shared_above : {1, 2}) {
                CAPTURE(is_block, sharing, shared_above);
                WatchedSession session(10);
                if (is_block) {
                    session.begin_block();
                }
                constexpr std::int64_t rows = 24;
                WatchedSession::Numbers list;
                for (std::int64_t i = 0; i < rows; ++i) {
                    list.push_back(501 + i / sharing);
                }
                session.run(parents, Kind::select, {}, list);
                for (std::int64_t i = 0; i < rows; ++i) {
                    const std::int64_t above = 101 + i / sharing / shared_above;
                    session.run(children, Kind::select, {list[static_cast<std::size_t>(i)]},
                                {above});
                    session.look(above);
                }
                session.end_block();
                session.end();
                for (const QueryId id : {children, look_up}) {
                    CAPTURE(id);
                    const Loop loop = session.loop_of(id);
                    CHECK(loop.statements == rows);
                    CHECK(loop.key.leader == parents);
                    CHECK(loop.is_by_values);
                }
            }
        }
    }
}

TEST_CASE("visitors who open one thing with its collections are no loop") {
    for (const bool in_block : {false, true}) {
        WatchedSession session(10);
        for (int i = 0; i < 60; ++i) {
            const std::int64_t number = 11 + i * 7 % 31;
            if (in_block) {
                session.begin_block();
            }
            session.run(children, Kind::select, {number}, {number, number, number});
            session.look(number);
            session.run(change, Kind::select, {number}, {});
            session.run(change, Kind::select, {number}, {});
            session.end_block();
        }
        session.end();
        CHECK(session.loops.empty());
    }
}

TEST_CASE("a later result that has some of the values by chance hides no loop") {
    for (const bool in_block : {false, true}) {
        // Outside of a block what asked for less than half of a list counts for nothing.
        for (const bool each : {false, in_block}) {
            CAPTURE(in_block, each);
            WatchedSession session(10);
            if (in_block) {
                session.begin_block();
            }
            session.list(parents, 1, 12);
            session.list(children, 1, 4);
            for (std::int64_t number = 1; number <= 12; ++number) {
                if (each) {
                    session.list(children, 1, 4);
                }
                session.run(look_up, Kind::select, {number}, {});
            }
            session.end_block();
            session.end();
            CHECK(session.loop_of(look_up).key.leader == parents);
            CHECK(session.loop_of(look_up).statements == 12);
        }
    }
    // Two loops in turn over lists that were read before: the second takes nothing of the first.
    WatchedSession turns(10);
    turns.list(parents, 101, 20);
    turns.list(children, 201, 20);
    for (std::int64_t number = 101; number <= 120; ++number) {
        turns.run(look_up, Kind::select, {number}, {});
    }
    for (std::int64_t number = 201; number <= 220; ++number) {
        turns.run(look_up, Kind::select, {number}, {});
    }
    turns.end();
    REQUIRE(turns.loops.size() == 2);
    CHECK(turns.loops[0].key.leader != turns.loops[1].key.leader);
    CHECK(turns.loops[0].statements == 20);
    CHECK(turns.loops[1].statements == 20);
}

TEST_CASE("a loop by values goes on over blocks, however many runs each has") {
    for (const std::int64_t of_block : {2, 3, 4, 8}) {
        CAPTURE(of_block);
        WatchedSession session(10);
        session.list(parents, 1, 24);
        for (std::int64_t number = 1; number <= 24; ++number) {
            if (number % of_block == 1) {
                session.begin_block();
            }
            session.ask(write, Kind::update, number);
            if (number % of_block == 0) {
                session.end_block();
            }
        }
        session.end();
        CHECK(session.loop_of(write).statements == 24);
        CHECK(session.loop_of(write).leader_rows == 24);
    }
    // Some of a list of twenty in each request are no loop.
    WatchedSession visitors(10);
    for (std::int64_t visit = 0; visit < 20; ++visit) {
        visitors.begin_block();
        visitors.list(parents, 1, 20);
        for (std::int64_t i = 0; i < 4; ++i) {
            visitors.run(look_up, Kind::select, {1 + (visit * 4 + i) % 20}, {});
        }
        visitors.end_block();
    }
    visitors.end();
    CHECK(visitors.loops.empty());
}

TEST_CASE("what is asked for twice for each row between a list and itself is by values") {
    for (const bool in_block : {false, true}) {
        WatchedSession session(10);
        if (in_block) {
            session.begin_block();
        }
        session.list(parents, 101, 15);
        for (std::int64_t number = 101; number <= 115; ++number) {
            session.run(children, Kind::select, {number}, {30'000 + number});
            session.run(look_up, Kind::select, {30'000 + number}, {});
            session.run(look_up, Kind::select, {30'000 + number}, {});
        }
        session.end_block();
        session.end();
        CHECK(session.loop_of(look_up).key.leader == parents);
        CHECK(session.loop_of(look_up).is_by_values);
        CHECK(session.loop_of(look_up).statements == 30);
    }
}

TEST_CASE("in the last of small blocks too a statement next to a loop is in one") {
    WatchedSession session(10);
    session.list(parents, 11, 10);
    for (std::int64_t number = 11; number < 21; ++number) {
        session.begin_block();
        session.ask(look_up, Kind::select, number);
        session.ask(change, Kind::update, number);
        session.end_block();
    }
    // They have been said while the block was there.
    CHECK(session.due.size() == 2);
    session.end();
    CHECK(session.loop_of(look_up).statements == 10);
    CHECK(session.loop_of(change).statements == 10);
}

TEST_CASE("in a small block too a loop is said when its values are found") {
    WatchedSession session(5);
    session.list(parents, 11, 2);
    for (const std::int64_t number : {90, 12, 11, 12}) {
        session.look(number);
    }
    CHECK(session.due.empty());
    session.begin_block();
    session.look(11);
    CHECK(session.due.size() == 1);
    session.end_block();
    session.end();
    CHECK(session.loop_of(look_up).statements == 5);
}

TEST_CASE("in the last of small blocks too a neighbour by order is in a loop") {
    WatchedSession session(5);
    session.list(parents, 11, 8);
    for (const std::int64_t number : {11, 12, 13, 14, 15}) {
        if (number == 15) {
            session.begin_block();
        }
        session.ask(change, Kind::update, number);
        session.look(900 + number);
    }
    CHECK(session.due.size() == 2);
    session.end_block();
    session.end();
    CHECK(session.loop_of(look_up).statements == 5);
    CHECK(session.loop_of(change).statements == 5);
}

TEST_CASE("a neighbour that runs first has all its runs") {
    for (const bool writes : {false, true}) {
        // Whether the other is in a loop is known when it has run as often as that takes.
        WatchedSession session(10);
        session.list(parents, 11, 11);
        for (std::int64_t number = 11; number < 22; ++number) {
            session.run(change, writes ? Kind::update : Kind::select, {900 + number}, {});
            session.look(number);
        }
        session.end();
        CHECK(session.loop_of(look_up).statements == 11);
        CHECK(session.loop_of(change).statements == 11);
        CHECK(session.loop_of(change).rows == (writes ? 11 : 0));
        CHECK(session.loop_of(change).key.leader == parents);
    }
}

TEST_CASE("what asks for the first row of a cursor is in its loop") {
    WatchedSession session(10);
    for (std::int64_t number = 11; number < 21; ++number) {
        session.fetch(parents, number, number == 11);
        session.look(number);
    }
    session.end();
    CHECK(session.loop_of(look_up).statements == 10);
    CHECK(session.loop_of(look_up).key.leader == parents);
}

TEST_CASE("pages are such whatever runs between them") {
    WatchedSession session(10);
    for (std::int64_t page = 0; page < 10; ++page) {
        if (page > 0) {
            session.next_page();
        }
        session.run(parents, Kind::select, {2, 2 * page}, {11 + 2 * page, 12 + 2 * page});
        session.look(11 + 2 * page);
        session.look(12 + 2 * page);
    }
    session.end();
    CHECK(session.loop_of(parents).key.kind == Kind::page);
    CHECK(session.loop_of(parents).statements == 10);
    CHECK(session.loop_of(look_up).statements == 20);
}

TEST_CASE("runs that another result led to by chance count by order with the others") {
    WatchedSession session(3);
    session.begin_block();
    session.list(parents, 11, 1);
    session.look(11);
    session.look(12);
    session.look(13);
    session.end_block();
    CHECK(session.loop_of(look_up).statements == 3);
    CHECK(session.loop_of(look_up).key.leader == 0);
    WatchedSession two(10);
    two.begin_block();
    two.list(children, 202, 2);
    two.list(parents, 11, 10);
    two.look(202);
    two.look(203);
    for (std::int64_t number = 901; number < 909; ++number) {
        two.look(number);
    }
    two.end_block();
    CHECK(two.loop_of(look_up).statements == 10);
    CHECK(two.loop_of(look_up).key.leader == parents);
}

TEST_CASE("a part of a loop is no row of its own") {
    WatchedSession session(5);
    session.begin_block();
    session.list(parents, 11, 10);
    session.look(11);
    session.look(12);
    session.look(13);
    session.run(children, Kind::select, {12}, {900});
    session.look(14);
    session.look(15);
    session.run(children, Kind::select, {12}, {900});
    session.look(900);
    session.look(16);
    session.end_block();
    CHECK(session.loop_of(look_up).statements >= 6);
}

TEST_CASE("runs before the first value that is found cost no more than themselves") {
    struct Case {
        WatchedSession::Numbers before;
        std::size_t found;
    };
    for (const Case& one :
         {Case{{1}, 10}, Case{{1}, 12}, Case{{1, 2}, 20}, Case{{1, 1}, 12}, Case{{1, 2, 3}, 20}}) {
        for (const bool in_block : {false, true}) {
            if (!in_block && one.before.size() > 2) {
                continue;
            }
            WatchedSession session(10);
            if (in_block) {
                session.begin_block();
            }
            session.list(parents, 1001, 20);
            for (const std::int64_t number : one.before) {
                session.look(number);
            }
            for (const std::int64_t number : WatchedSession::from(1001, one.found)) {
                session.look(number);
            }
            session.end_block();
            session.end();
            CAPTURE(in_block, one.before.size(), one.found);
            CHECK(session.loops.size() == 1);
            CHECK(session.loop_of(look_up).key.leader == parents);
            CHECK(session.loop_of(look_up).is_by_values);
            CHECK(session.loop_of(look_up).statements == one.before.size() + one.found);
        }
    }
}

TEST_CASE("a loop by order is said again when its values are found") {
    WatchedSession session(10);
    session.begin_block();
    session.list(parents, 1001, 40);
    for (const std::int64_t number : {1, 2, 3}) {
        session.look(number);
    }
    for (const std::int64_t number : WatchedSession::from(1001, 20)) {
        session.look(number);
    }
    session.end_block();
    REQUIRE(session.due.size() == 2);
    CHECK(session.due[0] == session.due[1]);
    CHECK(session.loop_of(look_up).is_by_values);
}

TEST_CASE("visitors who open what is on the list after two other things are no loop") {
    WatchedSession session(10);
    session.list(parents, 3, 10);
    for (std::int64_t number = 1; number < 40; ++number) {
        session.look(number);
    }
    session.end();
    CHECK(session.loops.empty());
}

TEST_CASE("what asks for the same as before is of the loop, however often") {
    struct Case {
        std::size_t rows;
        std::size_t asked;
        int times;
        int times_of_last;
        bool is_list_in_block;
    };
    for (const Case& one :
         {Case{12, 12, 1, 13, true}, Case{20, 20, 2, 2, true}, Case{20, 20, 2, 2, false},
          Case{20, 20, 3, 3, true}, Case{200, 100, 3, 3, true}, Case{300, 300, 2, 2, true}}) {
        for (const bool in_block : {false, true}) {
            WatchedSession session(10);
            if (in_block && one.is_list_in_block) {
                session.begin_block();
            }
            session.list(parents, 1001, one.rows);
            if (in_block) {
                session.begin_block();
            }
            std::uint64_t runs = 0;
            for (const std::int64_t number : WatchedSession::from(1001, one.asked)) {
                const bool is_last = number == static_cast<std::int64_t>(1000 + one.asked);
                for (int i = 0; i < (is_last ? one.times_of_last : one.times); ++i) {
                    session.look(number);
                    ++runs;
                }
            }
            session.end_block();
            session.end();
            CAPTURE(in_block, one.rows, one.times, one.times_of_last, one.is_list_in_block);
            CHECK(session.loops.size() == 1);
            CHECK(session.loop_of(look_up).key.leader == parents);
            CHECK(session.loop_of(look_up).is_by_values);
            CHECK(session.loop_of(look_up).statements == runs);
        }
    }
}

TEST_CASE("a value that does not change leads to nothing, though a result held it") {
    for (const bool in_block : {false, true}) {
        CAPTURE(in_block);
        WatchedSession session(10);
        if (in_block) {
            session.begin_block();
        }
        session.list(parents, 1, 30);
        for (const std::int64_t number : WatchedSession::from(1'000'000, 24)) {
            session.look_by_two(7, number);
        }
        session.end_block();
        session.end();
        CHECK_FALSE(session.loop_of(look_up).is_by_values);
        CHECK(session.loop_of(look_up).statements == (in_block ? 24 : 0));
    }
}

TEST_CASE("constants that never change lead to nothing, and take no run away") {
    for (const bool in_block : {false, true}) {
        for (const std::size_t count : {10U, 12U, 60U}) {
            CAPTURE(in_block, count);
            WatchedSession session(10);
            if (in_block) {
                session.begin_block();
            }
            session.list(parents, 1001, count);
            // Its row is the latest result that holds the constant.
            session.run(children, Kind::select, {307}, {307});
            for (const std::int64_t number : WatchedSession::from(1001, count)) {
                session.run(look_up, Kind::select, {number, 307}, {});
            }
            session.end_block();
            session.end();
            CHECK(session.loops.size() == 1);
            CHECK(session.loop_of(look_up).key.leader == parents);
            CHECK(session.loop_of(look_up).statements == count);
            CHECK(session.loop_of(look_up).wait == static_cast<Microseconds>(count - 1) * 400);
        }
    }
    // A ping whose constant the list held, and what follows each of them.
    WatchedSession visitors(10);
    visitors.run(parents, Kind::select, {}, std::vector<std::int64_t>(20, 1));
    for (const std::int64_t number : WatchedSession::from(500, 20)) {
        visitors.run(ping, Kind::select, {1}, {1});
        visitors.look(number);
    }
    visitors.end();
    CHECK(visitors.loops.empty());
}

TEST_CASE("a page by the last key, with a loop that returns what it was asked for") {
    for (const bool in_block : {false, true}) {
        CAPTURE(in_block);
        WatchedSession session(10);
        if (in_block) {
            session.begin_block();
        }
        session.list(parents, 1001, 12);
        for (int page = 0; page < 5; ++page) {
            const std::int64_t last = 1012 + 12 * page;
            for (const std::int64_t number : WatchedSession::from(last - 11, 12)) {
                session.run(look_up, Kind::select, {number}, {number, number});
            }
            session.run(children, Kind::select, {last}, WatchedSession::from(last + 1, 12));
        }
        session.end_block();
        session.end();
        std::uint64_t statements = 0;
        for (const Loop& loop : session.loops) {
            CHECK(loop.key.repeated == look_up);
            CHECK((loop.key.leader == parents || loop.key.leader == children));
            CHECK(loop.is_by_values);
            statements += loop.statements;
        }
        CHECK(statements == 60);
    }
}

TEST_CASE("two statements that each ask for each value twice are two loops") {
    for (const bool in_blocks : {false, true}) {
        WatchedSession session(10);
        session.list(parents, 1001, 20);
        for (const std::int64_t number : WatchedSession::from(1001, 20)) {
            if (in_blocks) {
                session.begin_block();
            }
            for (int i = 0; i < 2; ++i) {
                session.look(number);
                session.run(change, Kind::update, {number}, {});
            }
            session.end_block();
        }
        session.end();
        CAPTURE(in_blocks);
        CHECK(session.loops.size() == 2);
        for (const QueryId id : {look_up, change}) {
            CHECK(session.loop_of(id).key.leader == parents);
            CHECK(session.loop_of(id).is_by_values);
            CHECK(session.loop_of(id).statements == 40);
        }
    }
}

TEST_CASE("requests that ask for their user again are in no loop over a list with that user") {
    WatchedSession session(10);
    session.list(parents, 3, 2);
    for (int i = 0; i < 30; ++i) {
        session.look(3);
        session.run(children, Kind::select, {}, {7});
    }
    session.end();
    CHECK(session.loops.empty());
}

TEST_CASE("a ping for each element of a list is no loop outside of a block") {
    WatchedSession session(10);
    session.list(parents, 11, 12);
    for (std::int64_t number = 11; number < 23; ++number) {
        session.list(ping, 1, 1);
        session.look(number);
    }
    session.end();
    CHECK(session.loop_of(ping).statements == 0);
    CHECK(session.loop_of(look_up).statements == 12);
    // What is asked about each of its rows is no ping, with a table or without.
    WatchedSession asking(10);
    asking.list(parents, 11, 12);
    for (std::int64_t number = 11; number < 23; ++number) {
        asking.look(number);
        asking.run(ping, Kind::select, {1000 + number}, {1});
    }
    asking.end();
    CHECK(asking.loop_of(ping).statements == 12);
}

TEST_CASE("runs that are seen to be of a loop bring their rows") {
    WatchedSession session(3);
    session.list(parents, 11, 10);
    session.ask(write, Kind::insert, 11);
    session.ask(write, Kind::insert, 12);
    session.ask(write, Kind::insert, 77);
    session.ask(children, Kind::select, 11);
    for (const std::int64_t number : {14, 15, 16, 17}) {
        session.ask(write, Kind::insert, number);
    }
    session.end();
    CHECK(session.loop_of(write).statements == 7);
    CHECK(session.loop_of(write).rows == 7);
    CHECK(session.loop_of(write).transactions == 7);
    WatchedSession reads(3);
    reads.list(parents, 11, 10);
    for (const std::int64_t number : {77, 78, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 11, 12}) {
        reads.look(number);
    }
    reads.end();
    CHECK(reads.loop_of(look_up).statements == 14);
    CHECK(reads.loop_of(look_up).rows == 14);
    CHECK(reads.loop_of(look_up).transactions == 14);
    CHECK(reads.loop_of(look_up).busy == 14 * 100);
    CHECK(reads.loop_of(look_up).wait == 13 * 400);
}

TEST_CASE("the rows of a leader count once, in whatever episode it ran") {
    const auto numbers = WatchedSession::from(1001, 20);
    const auto rows_of_leader = [](const WatchedSession& session, QueryId id) {
        std::uint64_t rows = 0;
        for (const Loop& loop : session.loops) {
            CHECK(loop.key.leader == parents);
            rows += loop.key.repeated == id ? loop.leader_rows : 0;
        }
        return rows;
    };
    for (const bool is_list_in_block : {false, true}) {
        CAPTURE(is_list_in_block);
        WatchedSession session(10);
        if (!is_list_in_block) {
            session.list(parents, 1001, 20);
        }
        session.begin_block();
        if (is_list_in_block) {
            session.list(parents, 1001, 20);
        }
        for (const std::int64_t number : numbers) {
            session.run(children, Kind::select, {number}, {9000 + number});
            session.run(write, Kind::insert, {9000 + number}, {});
        }
        session.end_block();
        session.end();
        CHECK(session.loops.size() == 2);
        CHECK(rows_of_leader(session, children) == 20);
        CHECK(rows_of_leader(session, write) == 20);
    }
    WatchedSession blocks(10);
    for (int list = 0; list < 2; ++list) {
        blocks.list(parents, 1001, 20);
        for (int block = 0; block < 3; ++block) {
            blocks.begin_block();
            for (const std::int64_t number : numbers) {
                blocks.look(number);
            }
            blocks.end_block();
        }
    }
    CHECK(blocks.loops.size() == 6);
    CHECK(rows_of_leader(blocks, look_up) == 40);
}

TEST_CASE("writes that are more than the rows of the list before them are not led by it") {
    WatchedSession few(10);
    few.list(parents, 11, 10);
    for (std::int64_t number = 1000; number < 1014; ++number) {
        few.ask(write, Kind::insert, number);
    }
    few.end();
    CHECK(few.loops.empty());
    WatchedSession many(3);
    many.list(parents, 11, 10);
    for (std::int64_t number = 1000; number < 1040; ++number) {
        many.ask(write, Kind::insert, number);
    }
    many.end();
    CHECK(many.loop_of(write).key.leader == 0);
    CHECK(many.loop_of(write).statements == 40);
    CHECK(many.loop_of(write).rows == 40);
    CHECK(many.loop_of(write).wait == 39 * 400);
}

TEST_CASE("whatever values are found and when, no run is reported twice") {
    // The others have found faults.
    const unsigned seed = GENERATE(std::random_device()(), 2564179648U);
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
                    session.list(children, random() % 100, 1 + random() % 30);
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
        const auto all = session.unreported;
        const auto all_of_requests = session.unreported_of_requests;
        for (const Loop& loop : session.loops) {
            const auto& runs = loop.is_of_request ? all_of_requests : all;
            REQUIRE(loop.statements_in_episode <= runs.at(loop.key.repeated));
            CAPTURE(turn);
            take_reported(session, loop, turn % 2 == 0 ? 3 : 10);
            REQUIRE(loop.statements_in_episode >= loop.statements);
            // Each run of these has one row.
            const bool has_one = loop.key.repeated != parents && loop.key.repeated != children;
            REQUIRE((loop.rows == loop.statements || !has_one));
            REQUIRE(loop.transactions >= 1);
            REQUIRE(loop.transactions <= loop.statements);
        }
    }
}

TEST_CASE("whatever pages and values come, no run is reported twice") {
    const unsigned seed = GENERATE(std::random_device()());
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int turn = 0; turn < 40; ++turn) {
        const std::uint32_t repeats = turn % 3 == 0 ? 2 : turn % 3 == 1 ? 3 : 10;
        WatchedSession session(repeats);
        const unsigned different = 1 + random() % (turn % 2 == 0 ? 7 : 60);
        for (int step = 0; step < 1500; ++step) {
            switch (random() % 20) {
                case 0:
                    session.begin_block();
                    break;
                case 1:
                    session.end_block();
                    break;
                case 2:
                    if (random() % 20 == 0) {
                        session.pause();
                    }
                    break;
                default: {
                    // Every seventh statement reads pages, and most rows are numbers of a list.
                    const QueryId id = 1 + random() % (1 + random() % different);
                    const auto kind = id % 9 < 6 ? Kind::select : static_cast<Kind>(id % 4);
                    const auto first = static_cast<std::int64_t>(1 + random() % 40);
                    const unsigned rows = random() % 3 == 0 ? random() % 30 : random() % 3;
                    const unsigned runs = random() % 6 == 0 ? random() % 14 : 1;
                    for (unsigned run = 0; run < runs; ++run) {
                        if (id % 7 == 0 && kind == Kind::select && random() % 2 == 0) {
                            session.next_page();
                        }
                        session.run(
                            id, kind, {first + run},
                            WatchedSession::from(static_cast<std::int64_t>(random() % 30), rows));
                    }
                }
            }
        }
        session.end_block();
        session.end();
        for (const Loop& loop : session.loops) {
            CAPTURE(turn);
            take_reported(session, loop, repeats);
        }
    }
}

}  // namespace onetrip::roundtrip::test
