#include "roundtrip/detector.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace onetrip::roundtrip::test {

namespace {

constexpr Microseconds millisecond = 1000;
constexpr Microseconds second = 1'000'000;

/// The statements of the traces.
enum : QueryId { campaigns = 101, messages = 102, campaign = 103, contacts = 104, other = 105 };

/// A client and a server with a clock: each statement takes the server 100 µs, and arrives 400 µs
/// after the one before has ended.
class Session : private LoopSink {
  public:
    static constexpr Microseconds busy = 100;
    static constexpr Microseconds wait = 400;

    Session() { detector_.set_limits({10, second}); }

    Session& run(QueryId id, std::uint64_t rows, std::uint64_t parameters = 0,
                 Kind kind = Kind::select) {
        return send({.id = id, .kind = kind, .rows = rows, .parameters = parameters});
    }

    Session& read_catalog(QueryId id, std::uint64_t rows) {
        Statement statement{.id = id, .rows = rows};
        statement.is_of_catalogs = true;
        return send(statement);
    }

    Session& fetch(QueryId id, std::uint64_t rows, bool is_first) {
        return send({.id = id,
                     .role = is_first ? Statement::Role::first_fetch : Statement::Role::next_fetch,
                     .rows = rows});
    }

    /// The statements to come ask for values of this one's result.
    Session& led_by(QueryId leader, bool is_half = true, bool is_many = true) {
        evidence_ = {leader, leader == 0 ? 0 : ++generation_, 0, is_half, is_many};
        return *this;
    }

    /// Which one of the leader's results that is.
    Session& of_reading(std::uint32_t generation) {
        evidence_.generation = generation;
        return *this;
    }

    /// The next statement comes after so many runs of it that nothing has led to.
    Session& stray(std::uint16_t runs) {
        evidence_.strays = runs;
        return *this;
    }

    /// The page after the last one, whose position nothing leads to.
    Session& read_next_page(QueryId id, std::uint64_t rows) {
        Statement statement{.id = id, .rows = rows, .parameters = ++parameter_};
        statement.is_next_page = true;
        evidence_ = {};
        evidence_.besides = Judgement::takes;
        return send(statement);
    }

    /// A statement whose parameter is another each time.
    Session& vary(QueryId id, std::uint64_t rows, Kind kind = Kind::select) {
        return run(id, rows, ++parameter_, kind);
    }

    /// The next statement comes after so many runs of it that are found to have the same leader.
    Session& loose(std::uint16_t runs) {
        evidence_.loose = runs;
        return *this;
    }

    /// A statement without any relation, such as a pool's SELECT 1.
    Session& ping(QueryId id, std::uint64_t parameters = 0) {
        Statement statement{.id = id, .rows = 1, .parameters = parameters};
        statement.has_relation = false;
        statement.names_none = true;
        return send(statement);
    }

    /// Whether the statements to come are of a request.
    Session& of_request(bool is_of_request = true) {
        is_of_request_ = is_of_request;
        return *this;
    }

    /// The request has had no room for so many runs.
    Session& keep_from_request(std::uint32_t runs) {
        detector_.keep_from_request(last_, runs);
        return *this;
    }

    Session& sleep(Microseconds time) {
        clock_ += time;
        return *this;
    }

    Session& utility() {
        const Microseconds begin = clock_ += wait;
        detector_.pass(begin, clock_ += busy);
        return *this;
    }

    Session& begin() {
        utility();
        detector_.begin_block();
        return *this;
    }

    Session& commit() {
        utility();
        detector_.end_block();
        detector_.busy_until(clock_);
        return *this;
    }

    /// What has been reported once nothing is left.
    const std::vector<Loop>& end() {
        detector_.end_episode();
        return loops;
    }

    Detector& detector() { return detector_; }
    Microseconds clock() const { return clock_; }

    std::vector<Loop> loops;   ///< reported at the ends of episodes
    std::vector<LoopKey> due;  ///< said when a loop was found

  private:
    Session& send(Statement statement) {
        statement.begin = clock_ += wait;
        statement.end = clock_ += busy;
        statement.busy = busy;
        if (statement.id != evidence_.leader && statement.role == Statement::Role::execution) {
            statement.evidence = evidence_;
            evidence_.strays = evidence_.loose = 0;
            if (evidence_.leader == 0) {
                statement.evidence.loose = 1;
            }
        }
        statement.is_of_request = is_of_request_;
        last_ = statement;
        if (const auto key = detector_.statement(statement)) {
            due.push_back(*key);
        }
        return *this;
    }

    void take(const Loop& loop) noexcept override { loops.push_back(loop); }

    Detector detector_{*this};
    Microseconds clock_ = 1000 * second;
    std::uint64_t parameter_ = 0;
    Judgement evidence_;
    bool is_of_request_ = false;
    Statement last_{};
    std::uint32_t generation_ = 0;
};

const Loop& loop_of(const std::vector<Loop>& loops, QueryId repeated) {
    const auto found = std::find_if(loops.begin(), loops.end(), [&](const Loop& loop) {
        return loop.key.repeated == repeated;
    });
    REQUIRE(found != loops.end());
    return *found;
}

}  // namespace

TEST_CASE("a query for each row of a list is a loop under the list") {
    Session session;
    session.run(campaigns, 20).led_by(campaigns);
    for (int i = 0; i < 20; ++i) {
        session.vary(messages, 1);
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 1);
    const Loop& loop = loops[0];
    CHECK(loop.key == LoopKey{campaigns, messages, Kind::select});
    CHECK(loop.statements == 20);
    CHECK(loop.leader_rows == 20);
    CHECK(loop.has_distinct_parameters);
    CHECK(loop.is_new_in_episode);
    CHECK(loop.busy == 20 * Session::busy);
    // The wait for the first of them is not inside the loop.
    CHECK(loop.wait == 19 * Session::wait);
    CHECK(loop.last_seen - loop.first_seen == 20 * Session::busy + 19 * Session::wait);
    REQUIRE(session.due.size() == 1);
    CHECK(session.due[0] == loop.key);
}

TEST_CASE("a loop begins with as many repeats as the limit says") {
    for (const int times : {9, 10}) {
        Session session;
        session.run(campaigns, 20).led_by(campaigns);
        for (int i = 0; i < times; ++i) {
            session.vary(messages, 1);
        }
        CHECK(session.end().size() == (times == 10 ? 1 : 0));
        CHECK(session.due.size() == session.loops.size());
    }
    Session session;
    session.detector().set_limits({2, second});
    session.run(campaigns, 20).led_by(campaigns).vary(messages, 1).vary(messages, 1);
    CHECK(session.end().size() == 1);
}

TEST_CASE("a leader by order has as many rows as there are runs") {
    for (const std::uint64_t rows : {0, 1, 9, 10}) {
        Session session;
        session.begin().run(campaigns, rows);
        for (int i = 0; i < 10; ++i) {
            session.vary(messages, 1);
        }
        session.commit();
        REQUIRE(session.loops.size() == 1);
        CHECK(session.loops[0].key.leader == (rows < 10 ? QueryId{0} : QueryId{campaigns}));
    }
}

TEST_CASE("the leader is the last statement before the loop that had rows") {
    Session session;
    session.begin().run(other, 30).run(campaigns, 12).run(contacts, 1);
    for (int i = 0; i < 12; ++i) {
        session.vary(messages, 1);
    }
    const auto& loops = session.commit().end();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].key.leader == campaigns);
    CHECK(loops[0].leader_rows == 12);
}

TEST_CASE("nested loops are reported each under its own leader") {
    const int many_campaigns = 15;
    const int many_messages = 7;
    for (const bool in_block : {false, true}) {
        Session session;
        const auto prove = [&](QueryId leader) { session.led_by(in_block ? 0 : leader); };
        if (in_block) {
            session.begin();
        }
        session.run(campaigns, many_campaigns);
        for (int i = 0; i < many_campaigns; ++i) {
            prove(campaigns);
            session.vary(messages, many_messages);
            prove(messages);
            for (int j = 0; j < many_messages; ++j) {
                session.vary(campaign, 1);
            }
        }
        if (in_block) {
            session.commit();
        }
        const auto& loops = session.end();
        REQUIRE(loops.size() == 2);
        const Loop& outer = loop_of(loops, messages);
        CHECK(outer.key.leader == campaigns);
        CHECK(outer.statements == many_campaigns);
        CHECK(outer.leader_rows == many_campaigns);
        const Loop& inner = loop_of(loops, campaign);
        CHECK(inner.key.leader == messages);
        CHECK(inner.statements == many_campaigns * many_messages);
        CHECK(inner.leader_rows == many_campaigns * many_messages);
        CHECK(inner.wait == (many_campaigns * many_messages - 1) * Session::wait);
    }
}

TEST_CASE("three loops within each other") {
    Session session;
    session.begin().run(campaigns, 10);
    for (int i = 0; i < 10; ++i) {
        session.vary(messages, 3);
        for (int j = 0; j < 3; ++j) {
            session.vary(contacts, 4);
            for (int k = 0; k < 4; ++k) {
                session.vary(other, 1);
            }
        }
    }
    const auto& loops = session.commit().end();
    REQUIRE(loops.size() == 3);
    CHECK(loop_of(loops, messages).key.leader == campaigns);
    CHECK(loop_of(loops, contacts).key.leader == messages);
    CHECK(loop_of(loops, contacts).statements == 30);
    CHECK(loop_of(loops, other).key.leader == contacts);
    CHECK(loop_of(loops, other).leader_rows == 120);
}

TEST_CASE("children that alternate are both under their one leader") {
    struct Rows {
        std::uint64_t messages;
        std::uint64_t contacts;
    };
    // Whether they have rows themselves or not, and also at the very limit.
    for (const Rows rows : {Rows{1, 1}, Rows{5, 1}, Rows{1, 5}, Rows{5, 5}, Rows{0, 3}}) {
        for (const int times : {10, 25}) {
            CAPTURE(rows.messages, rows.contacts, times);
            Session session;
            session.begin().run(campaigns, 25);
            for (int i = 0; i < times; ++i) {
                session.vary(messages, rows.messages).vary(contacts, rows.contacts);
            }
            const auto& loops = session.commit().end();
            REQUIRE(loops.size() == 2);
            for (const QueryId child : {messages, contacts}) {
                CHECK(loop_of(loops, child).key.leader == campaigns);
                CHECK(loop_of(loops, child).statements == static_cast<std::uint64_t>(times));
                CHECK(loop_of(loops, child).leader_rows == 25);
            }
        }
    }
}

TEST_CASE("a look-up before a list is not counted into the list's loop") {
    Session session;
    session.begin().vary(messages, 1).run(campaigns, 12);
    for (int i = 0; i < 12; ++i) {
        session.vary(messages, 1);
    }
    session.commit();
    REQUIRE(session.loops.size() == 1);
    CHECK(session.loops[0].statements == 12);
}

TEST_CASE("one statement under two leaders makes two loops") {
    Session session;
    session.begin().run(campaigns, 11);
    for (int i = 0; i < 11; ++i) {
        session.vary(messages, 1);
    }
    session.run(contacts, 13);
    for (int i = 0; i < 13; ++i) {
        session.vary(messages, 1);
    }
    const auto& loops = session.commit().end();
    REQUIRE(loops.size() == 2);
    CHECK(loops[0].key == LoopKey{campaigns, messages, Kind::select});
    CHECK(loops[0].statements == 11);
    CHECK(loops[1].key == LoopKey{contacts, messages, Kind::select});
    CHECK(loops[1].statements == 13);
}

TEST_CASE("the same look-up with one constant is a loop, without a leader too") {
    Session session;
    for (int i = 0; i < 12; ++i) {
        session.run(campaign, 1, 4711);
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].key == LoopKey{0, campaign, Kind::select});
    CHECK(loops[0].statements == 12);
    CHECK(loops[0].leader_rows == 0);
    CHECK_FALSE(loops[0].has_distinct_parameters);
}

TEST_CASE("a list that is asked for again and again has no constant to keep") {
    for (const bool in_block : {false, true}) {
        Session session;
        if (in_block) {
            session.begin();
        }
        for (int i = 0; i < 12; ++i) {
            session.run(campaigns, 20);
        }
        if (in_block) {
            session.commit();
        }
        CHECK(session.end().size() == (in_block ? 1 : 0));
    }
}

TEST_CASE("another constant ends the loop of the same one") {
    Session session;
    for (const int constant : {1, 2, 3}) {
        for (int i = 0; i < (constant == 2 ? 5 : 12); ++i) {
            session.run(campaign, 1, constant);
        }
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 2);
    CHECK(loops[0].statements == 12);
    CHECK(loops[0].is_new_in_episode);
    CHECK(loops[1].statements == 12);
    CHECK_FALSE(loops[1].is_new_in_episode);
    CHECK_FALSE(loops[1].has_distinct_parameters);
}

TEST_CASE("hot look-ups from a pool are no loop") {
    Session session;
    for (int i = 0; i < 1000; ++i) {
        session.vary(campaign, 1);
    }
    CHECK(session.end().empty());
    CHECK(session.due.empty());
}

TEST_CASE("requests with a list and a look-up each are no loop") {
    Session session;
    for (int i = 0; i < 100; ++i) {
        session.vary(campaigns, 20).vary(campaign, 1).vary(contacts, 3);
    }
    CHECK(session.end().empty());
}

TEST_CASE("row-at-a-time writes are loops in a block, and not outside of one") {
    for (const Kind kind : {Kind::insert, Kind::update, Kind::remove}) {
        for (const bool in_block : {false, true}) {
            Session session;
            if (in_block) {
                session.begin();
            }
            for (int i = 0; i < 50; ++i) {
                session.vary(messages, 1, kind);
            }
            if (in_block) {
                session.commit();
            }
            session.end();
            REQUIRE(session.loops.size() == (in_block ? 1 : 0));
            if (in_block) {
                CHECK(session.loops[0].key == LoopKey{0, messages, kind});
                CHECK(session.loops[0].statements == 50);
            }
        }
    }
}

TEST_CASE("inserts of many rows each are no loop") {
    Session session;
    session.begin();
    for (int i = 0; i < 50; ++i) {
        session.vary(messages, 100, Kind::insert);
    }
    session.commit();
    CHECK(session.loops.empty());
}

TEST_CASE("updates and deletes of a hundred rows each, that nothing leads, are no loop") {
    for (const Kind kind : {Kind::update, Kind::remove}) {
        for (const std::uint64_t rows : {99U, 100U}) {
            Session session;
            session.begin();
            for (int i = 0; i < 50; ++i) {
                session.vary(messages, rows, kind);
            }
            session.commit();
            CHECK(session.loops.size() == (rows < 100 ? 1 : 0));
        }
    }
    // They are one of the rows of a list all the same.
    Session led;
    led.begin().run(campaign, 50);
    for (int i = 0; i < 50; ++i) {
        led.vary(messages, 100, Kind::update);
    }
    led.commit();
    REQUIRE(led.loops.size() == 1);
    CHECK(led.loops.front().key.leader == campaign);
}

TEST_CASE("updates for each row of a list") {
    Session session;
    session.run(campaigns, 12);
    for (int i = 0; i < 12; ++i) {
        session.vary(messages, 3, Kind::update);
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].key == LoopKey{campaigns, messages, Kind::update});
}

TEST_CASE("a block around each statement counts as the statement alone") {
    SECTION("hot look-ups") {
        Session session;
        for (int i = 0; i < 100; ++i) {
            session.begin().vary(campaign, 1).commit();
        }
        CHECK(session.end().empty());
    }
    SECTION("a loop under a list") {
        Session session;
        session.begin().run(campaigns, 12).commit().led_by(campaigns);
        for (int i = 0; i < 12; ++i) {
            session.begin().vary(messages, 1).commit();
        }
        // Said while the statement of the tenth block could still be looked at.
        REQUIRE(session.due.size() == 1);
        CHECK(session.due[0] == LoopKey{campaigns, messages, Kind::select});
        const auto& loops = session.end();
        REQUIRE(loops.size() == 1);
        CHECK(loops[0].key == session.due[0]);
        CHECK(loops[0].statements == 12);
        // Three waits a turn: for BEGIN, for the statement and for COMMIT.
        CHECK(loops[0].wait == 11 * 3 * Session::wait);
    }
    SECTION("exactly at the limit") {
        Session session;
        session.run(campaigns, 12).led_by(campaigns);
        for (int i = 0; i < 10; ++i) {
            session.begin().vary(messages, 1).commit();
        }
        CHECK(session.due.size() == 1);
        CHECK(session.end().size() == 1);
    }
    SECTION("empty blocks") {
        Session session;
        session.run(campaigns, 12).led_by(campaigns);
        for (int i = 0; i < 12; ++i) {
            session.begin().commit().vary(messages, 1);
        }
        CHECK(session.end().size() == 1);
    }
    SECTION("after a pause") {
        Session session;
        session.run(campaigns, 12).led_by(campaigns);
        for (int i = 0; i < 9; ++i) {
            session.begin().vary(messages, 1).commit();
        }
        session.sleep(2 * second).begin().vary(messages, 1).commit();
        CHECK(session.end().empty());
        CHECK(session.due.empty());
    }
}

TEST_CASE("a block of several statements is an episode of its own") {
    Session session;
    session.run(campaigns, 12);
    for (int i = 0; i < 6; ++i) {
        session.vary(messages, 1);
    }
    session.begin();
    for (int i = 0; i < 6; ++i) {
        session.vary(messages, 1);
    }
    session.commit();
    CHECK(session.end().empty());

    session.begin();
    for (int i = 0; i < 10; ++i) {
        session.vary(messages, 1);
    }
    CHECK(session.loops.empty());
    session.commit();
    REQUIRE(session.loops.size() == 1);
    CHECK(session.loops[0].key.leader == 0);
    CHECK(session.loops[0].statements == 10);
}

TEST_CASE("a pause ends the episode outside of a block only") {
    for (const bool in_block : {false, true}) {
        Session session;
        if (in_block) {
            session.begin();
        }
        session.run(campaigns, 18);
        for (int i = 0; i < 18; ++i) {
            session.vary(messages, 1);
            if (i == 8) {
                session.sleep(3 * second);
            }
        }
        if (in_block) {
            session.commit();
        }
        const auto& loops = session.end();
        REQUIRE(loops.size() == (in_block ? 1 : 0));
        if (in_block) {
            CHECK(loops[0].statements == 18);
            CHECK(loops[0].wait == 17 * Session::wait + 3 * second);
        }
    }
}

TEST_CASE("a pause of exactly the gap ends nothing, a longer one does") {
    for (const Microseconds more : {0, 1}) {
        Session session;
        session.run(campaigns, 10).led_by(campaigns);
        for (int i = 0; i < 10; ++i) {
            if (i == 5) {
                session.sleep(second - Session::wait + more);
            }
            session.vary(messages, 1);
        }
        CHECK(session.end().size() == (more == 0 ? 1 : 0));
    }
}

TEST_CASE("loops are reported when the session has paused") {
    Session session;
    session.run(campaigns, 10).led_by(campaigns);
    for (int i = 0; i < 10; ++i) {
        session.vary(messages, 1);
    }
    Detector& detector = session.detector();
    CHECK(detector.has_open_loops());
    detector.end_episode_after_pause(session.clock() + second);
    CHECK(session.loops.empty());
    detector.end_episode_after_pause(session.clock() + second + 1);
    CHECK(session.loops.size() == 1);
    CHECK_FALSE(detector.has_open_loops());
    detector.end_episode_after_pause(session.clock() + 10 * second);
    CHECK(session.loops.size() == 1);

    session.led_by(0).begin();
    for (int i = 0; i < 10; ++i) {
        session.vary(messages, 1);
    }
    CHECK_FALSE(detector.has_open_loops());
    detector.end_episode_after_pause(session.clock() + 10 * second);
    CHECK(session.loops.size() == 1);
    session.commit();
    CHECK(session.loops.size() == 2);
}

TEST_CASE("a cursor's rows make its query the leader") {
    SECTION("fetched at once") {
        Session session;
        session.begin().fetch(campaigns, 12, true);
        for (int i = 0; i < 12; ++i) {
            session.vary(messages, 2);
        }
        session.commit();
        REQUIRE(session.loops.size() == 1);
        CHECK(session.loops[0].key == LoopKey{campaigns, messages, Kind::select});
        CHECK(session.loops[0].leader_rows == 12);
    }
    SECTION("in parts") {
        Session session;
        session.begin();
        for (int part = 0; part < 4; ++part) {
            session.fetch(campaigns, 5, part == 0);
            for (int i = 0; i < 5; ++i) {
                session.vary(messages, 2).vary(contacts, 1);
            }
        }
        session.commit();
        REQUIRE(session.loops.size() == 2);
        for (const Loop& loop : session.loops) {
            CHECK(loop.key.leader == campaigns);
            CHECK(loop.leader_rows == 20);
            CHECK(loop.statements == 20);
        }
    }
    SECTION("row by row, and the FETCH itself is no loop") {
        Session session;
        session.begin();
        for (int i = 0; i < 10; ++i) {
            session.fetch(campaigns, 1, i == 0).vary(messages, 1);
        }
        session.fetch(campaigns, 0, false).commit();
        REQUIRE(session.loops.size() == 1);
        CHECK(session.loops[0].key == LoopKey{campaigns, messages, Kind::select});
        CHECK(session.loops[0].statements == 10);
        CHECK(session.loops[0].leader_rows == 10);
    }
    SECTION("a cursor of one row is no leader") {
        Session session;
        session.begin().run(contacts, 10).fetch(campaigns, 1, true);
        for (int i = 0; i < 10; ++i) {
            session.vary(messages, 1);
        }
        session.commit();
        REQUIRE(session.loops.size() == 1);
        CHECK(session.loops[0].key.leader != campaigns);
    }
}

TEST_CASE("a batch job of different statements is no loop") {
    Session session;
    session.begin();
    for (QueryId id = 1; id <= 60; ++id) {
        session.run(id, id % 4, id, static_cast<Kind>(id % 4));
    }
    session.commit();
    CHECK(session.loops.empty());
    CHECK(session.due.empty());
}

TEST_CASE("a statement that fails counts as nothing, nor the wait around it") {
    Session session;
    session.run(campaigns, 12).led_by(campaigns);
    for (int i = 0; i < 12; ++i) {
        session.vary(messages, 1);
        if (i == 5) {
            session.sleep(500 * millisecond);
            session.detector().fail();
        }
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].statements == 12);
    CHECK(loops[0].wait == 10 * Session::wait);
}

TEST_CASE("a block that fails is reported as any other") {
    Session session;
    session.begin();
    for (int i = 0; i < 12; ++i) {
        session.vary(messages, 1, Kind::insert);
    }
    session.detector().fail();
    session.detector().end_block();
    REQUIRE(session.loops.size() == 1);
    session.detector().end_block();
    CHECK(session.loops.size() == 1);
}

TEST_CASE("utility statements are no statements, but nobody waits while they run") {
    Session session;
    session.begin();
    for (int i = 0; i < 20; ++i) {
        session.utility().vary(messages, 1, Kind::insert).utility();
    }
    session.commit();
    REQUIRE(session.loops.size() == 1);
    CHECK(session.loops[0].statements == 20);
    CHECK(session.loops[0].wait == 19 * 3 * Session::wait);
}

TEST_CASE("an episode ends after 10,000 statements, and its leader stays known") {
    Session session;
    session.begin().run(campaigns, 25'000);
    for (int i = 0; i < 25'000; ++i) {
        session.vary(messages, 1);
    }
    session.commit();
    REQUIRE(session.loops.size() == 3);
    std::uint64_t statements = 0;
    std::uint64_t leader_rows = 0;
    for (const Loop& loop : session.loops) {
        CHECK(loop.key == LoopKey{campaigns, messages, Kind::select});
        CHECK(loop.is_new_in_episode);
        CHECK(loop.statements <= Detector::most_statements);
        statements += loop.statements;
        leader_rows += loop.leader_rows;
    }
    CHECK(statements == 25'000);
    CHECK(leader_rows == 25'000);
    CHECK(session.due.size() == 3);
}

TEST_CASE("an episode ends after a minute") {
    Session session;
    session.begin().run(campaigns, 100);
    for (int i = 0; i < 100; ++i) {
        session.sleep(second).vary(messages, 1);
    }
    session.commit();
    REQUIRE(session.loops.size() == 2);
    CHECK(session.loops[0].statements + session.loops[1].statements == 100);
    CHECK(session.loops[0].last_seen - session.loops[0].first_seen <= 60 * second);
    CHECK(session.loops[1].key.leader == campaigns);
}

TEST_CASE("an episode has more statements than the table has places") {
    SECTION("the loop's are used again and again, and stay") {
        Session session;
        session.begin().run(campaigns, 30);
        QueryId id = 1000;
        for (int i = 0; i < 30; ++i) {
            session.vary(messages, 1);
            for (int j = 0; j < 40; ++j) {
                session.run(++id, j % 2);
            }
        }
        session.commit();
        REQUIRE(session.loops.size() == 1);
        CHECK(session.loops[0].key == LoopKey{campaigns, messages, Kind::select});
        CHECK(session.loops[0].statements == 30);
        CHECK(session.loops[0].leader_rows == 30);
    }
    SECTION("a loop that is long over is reported when it makes room") {
        Session session;
        session.begin();
        for (int i = 0; i < 12; ++i) {
            session.vary(messages, 1);
        }
        for (QueryId id = 1000; id < 1200; ++id) {
            session.run(id, id % 3);
        }
        REQUIRE(session.loops.size() == 1);
        CHECK(session.loops[0].statements == 12);
        session.commit();
        CHECK(session.loops.size() == 1);
    }
}

TEST_CASE("an episode may have as many loops as statements are remembered") {
    Session session;
    session.begin();
    for (int i = 0; i < 10; ++i) {
        for (QueryId id = 1; id <= Detector::places; ++id) {
            session.vary(id, 1);
        }
    }
    CHECK(session.loops.empty());
    session.commit();
    CHECK(session.loops.size() == Detector::places);
    for (const Loop& loop : session.loops) {
        CHECK(loop.statements == 10);
    }
}

TEST_CASE("what a loop had most in one episode is the sum of its parts") {
    Session session;
    for (int part = 0; part < 2; ++part) {
        for (int i = 0; i < 10; ++i) {
            session.run(messages, 1, 1);
        }
        session.run(other, 1);
    }
    session.end();
    REQUIRE(session.loops.size() == 2);
    CHECK(session.loops[0].statements_in_episode == 10);
    CHECK(session.loops[1].statements == 10);
    CHECK(session.loops[1].statements_in_episode == 20);
    CHECK_FALSE(session.loops[1].is_new_in_episode);
}

TEST_CASE("DISCARD ends the episode within a block too") {
    Session session;
    session.begin();
    for (int i = 0; i < 18; ++i) {
        session.vary(messages, 1);
        if (i == 8) {
            session.detector().end_episode();
        }
    }
    session.commit();
    CHECK(session.loops.empty());
}

TEST_CASE("what is dismissed is not reported, in this episode") {
    Session session;
    session.begin();
    for (int i = 0; i < 20; ++i) {
        session.vary(messages, 50);
        if (session.due.size() == 1 && i == 9) {
            session.detector().dismiss(session.due[0]);
        }
    }
    session.commit();
    CHECK(session.loops.empty());
    CHECK(session.due.size() == 1);
}

TEST_CASE("statements of one message begin one after the other") {
    std::vector<Loop> loops;
    struct Sink : LoopSink {
        explicit Sink(std::vector<Loop>& to) : to(&to) {}
        void take(const Loop& loop) noexcept override { to->push_back(loop); }
        std::vector<Loop>* to;
    } sink(loops);
    Detector detector(sink);
    detector.begin_block();
    const Microseconds arrival = 50 * second;
    for (int i = 1; i <= 10; ++i) {
        const Microseconds end = arrival + i * millisecond;
        Detector::Run run{{.id = messages,
                           .kind = Kind::insert,
                           .rows = 1,
                           .parameters = static_cast<std::uint64_t>(i),
                           .begin = arrival,
                           .end = end,
                           .busy = end - arrival}};
        detector.run(run);
        // What counts it after that, in a request, sees when it began.
        CHECK(run.statement.begin == end - millisecond);
        CHECK(run.statement.busy == millisecond);
    }
    detector.end_block();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].wait == 0);
    CHECK(loops[0].busy == 10 * millisecond);
}

TEST_CASE("what the client does between the messages of one statement is waited for") {
    std::vector<Loop> loops;
    struct Sink : LoopSink {
        explicit Sink(std::vector<Loop>& to) : to(&to) {}
        void take(const Loop& loop) noexcept override { to->push_back(loop); }
        std::vector<Loop>* to;
    } sink(loops);
    Detector detector(sink);
    detector.begin_block();
    Microseconds clock = 50 * second;
    for (int i = 0; i < 10; ++i) {
        clock += 2 * millisecond;
        detector.statement({.id = messages,
                            .rows = 1,
                            .parameters = static_cast<std::uint64_t>(i),
                            .begin = clock,
                            .end = clock + 5 * millisecond,
                            .busy = millisecond});
        clock += 5 * millisecond;
    }
    detector.end_block();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].busy == 10 * millisecond);
    CHECK(loops[0].wait == 9 * (2 + 4) * millisecond);
}

TEST_CASE("outside of a block order says nothing of reads") {
    Session session;
    session.run(campaigns, 20);
    for (int i = 0; i < 20; ++i) {
        session.vary(messages, 1);
    }
    CHECK(session.end().empty());
}

TEST_CASE("outside of a block a loop by values asks for half of the rows at least") {
    for (const bool is_half : {false, true}) {
        Session session;
        // A list, and visitors who open some of what it has, again and again.
        for (int turn = 0; turn < 5; ++turn) {
            session.led_by(0).run(campaigns, 20).led_by(campaigns, is_half);
            for (int i = 0; i < 4; ++i) {
                session.vary(messages, 1);
            }
        }
        const auto& loops = session.end();
        REQUIRE(loops.size() == (is_half ? 1 : 0));
        if (is_half) {
            CHECK(loops[0].statements == 20);
            CHECK(loops[0].is_by_values);
            CHECK(loops[0].leader_rows == 100);
        }
    }
}

TEST_CASE("outside of a block one run in five at most may be none of the loop") {
    for (const std::uint16_t strays : {1, 2}) {
        Session session;
        for (int turn = 0; turn < 5; ++turn) {
            session.led_by(0).run(campaigns, 5).led_by(campaigns).stray(turn == 0 ? 0 : strays);
            for (int i = 0; i < 5; ++i) {
                session.vary(messages, 1);
            }
        }
        CHECK(session.end().size() == (strays == 1 ? 1 : 0));
    }
}

TEST_CASE("a loop may follow other runs of its statement") {
    Session session;
    session.run(campaigns, 20).led_by(campaigns);
    for (int i = 0; i < 5; ++i) {
        session.vary(messages, 1);
    }
    session.led_by(0).run(campaigns, 20).led_by(campaigns).stray(40);
    for (int i = 0; i < 20; ++i) {
        session.vary(messages, 1);
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].statements == 20);
}

TEST_CASE("what a leader of one row hands on ends with that one's own loop") {
    Session session;
    session.run(campaigns, 20);
    for (int i = 0; i < 60; ++i) {
        session.led_by(i < 20 ? QueryId{campaigns} : QueryId{0}).vary(messages, 1);
        session.led_by(messages, true, false).vary(contacts, 1);
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 2);
    CHECK(loop_of(loops, messages).statements == 20);
    CHECK(loop_of(loops, contacts).statements == 20);
}

TEST_CASE("what is no loop hands none on") {
    // Of ten rows four are opened between two readings of the list, each by two statements.
    Session session;
    for (int turn = 0; turn < 5; ++turn) {
        session.led_by(0).run(campaigns, 10);
        for (int i = 0; i < 4; ++i) {
            session.led_by(campaigns, false).of_reading(1000 + turn).vary(messages, 1);
            session.led_by(messages, true, false).vary(contacts, 1);
        }
    }
    CHECK(session.end().empty());
}

TEST_CASE("two statements that ask for one another's values are no neighbours") {
    Session session;
    session.run(campaigns, 20);
    for (int i = 0; i < 40; ++i) {
        session.led_by(i < 5 ? QueryId{campaigns} : QueryId{0}).vary(messages, 1);
        session.led_by(messages, true, false).vary(contacts, 1);
    }
    CHECK(session.end().empty());
}

TEST_CASE("of two repeats a loop is made by what was held of its block") {
    Session session;
    session.detector().set_limits({2, second});
    session.begin().run(campaigns, 5);
    for (int i = 0; i < 5; ++i) {
        session.vary(messages, 1);
    }
    session.commit();
    REQUIRE(session.loops.size() == 1);
    CHECK(session.due == std::vector{session.loops[0].key});
}

TEST_CASE("of two repeats a loop is said before a small block of it ends") {
    Session session;
    session.detector().set_limits({2, second});
    session.begin().run(campaigns, 2).led_by(campaigns).vary(messages, 1).vary(messages, 1);
    const LoopKey loop{campaigns, messages, Kind::select};
    CHECK(session.due == std::vector{loop});
    session.commit();
    CHECK(session.end().size() == 1);
    CHECK(session.loops[0].key == loop);
    CHECK(session.loops[0].statements == 2);
}

TEST_CASE("what a list led to is counted over blocks") {
    Session session;
    for (int turn = 0; turn < 3; ++turn) {
        session.begin().led_by(0).run(campaigns, 5).led_by(campaigns);
        for (int i = 0; i < 5; ++i) {
            session.vary(messages, 1);
        }
        session.commit();
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].key == LoopKey{campaigns, messages, Kind::select});
    CHECK(loops[0].statements == 15);
    CHECK(loops[0].leader_rows == 15);
}

TEST_CASE("a leader of one row hands its loop on to its own leader") {
    for (const bool has_leader : {false, true}) {
        Session session;
        session.run(campaigns, 20);
        for (int i = 0; i < 20; ++i) {
            session.led_by(has_leader ? QueryId{campaigns} : QueryId{0}).vary(messages, 1);
            session.led_by(messages, true, false).vary(contacts, 1);
        }
        const auto& loops = session.end();
        REQUIRE(loops.size() == (has_leader ? 2 : 0));
        if (has_leader) {
            CHECK(loop_of(loops, messages).key.leader == campaigns);
            CHECK(loop_of(loops, contacts).key.leader == campaigns);
        }
    }
}

TEST_CASE("a tree is walked down by one statement") {
    Session session;
    session.begin().run(campaigns, 2, 1);
    for (int i = 0; i < 9; ++i) {
        Statement statement{
            .id = campaigns, .rows = 2, .parameters = static_cast<std::uint64_t>(i) + 2};
        statement.evidence = {campaigns, 7, 0, true, true};
        statement.begin = statement.end = session.clock() + i;
        if (const auto key = session.detector().statement(statement)) {
            CHECK(*key == LoopKey{campaigns, campaigns, Kind::select});
        }
    }
    session.commit();
    REQUIRE(session.loops.size() == 1);
    CHECK(session.loops[0].key == LoopKey{campaigns, campaigns, Kind::select});
    // Its root too.
    CHECK(session.loops[0].statements == 10);
}

TEST_CASE("a neighbour of a loop outside of a block has its leader") {
    Session session;
    session.run(campaigns, 20);
    for (int i = 0; i < 20; ++i) {
        session.led_by(campaigns).vary(messages, 1).led_by(0).vary(other, 1, Kind::insert);
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 2);
    CHECK(loop_of(loops, other).key.leader == campaigns);
    CHECK_FALSE(loop_of(loops, other).is_by_values);
}

TEST_CASE("what follows a loop once a request is none of it") {
    Session session;
    for (int turn = 0; turn < 30; ++turn) {
        session.led_by(0).vary(contacts, 1).run(campaigns, 5).led_by(campaigns);
        for (int i = 0; i < 5; ++i) {
            session.vary(messages, 1);
        }
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].key.repeated == messages);
    CHECK(loops[0].statements == 150);
}

TEST_CASE("a small block of two statements for each row makes two loops") {
    Session session;
    session.run(campaigns, 20).led_by(campaigns);
    for (int i = 0; i < 20; ++i) {
        session.begin().vary(messages, 1).vary(contacts, 1, Kind::update).commit();
    }
    CHECK(session.due.size() == 2);
    const auto& loops = session.end();
    REQUIRE(loops.size() == 2);
    CHECK(loop_of(loops, messages).statements == 20);
    CHECK(loop_of(loops, contacts).statements == 20);
}

TEST_CASE("writes without a leader outside of a block are a loop if they are many and close") {
    for (const int times : {99, 100}) {
        Session session;
        for (int i = 0; i < times; ++i) {
            session.vary(messages, 1, Kind::insert);
        }
        CHECK(session.end().size() == (times == 100 ? 1 : 0));
        CHECK(session.due.size() == session.loops.size());
    }
    // Each visitor counts the page that he sees: requests that share a session.
    for (const int times : {99, 100}) {
        Session same;
        for (int i = 0; i < times; ++i) {
            same.run(messages, 1, 4711, Kind::update);
        }
        CHECK(same.end().size() == (times == 100 ? 1 : 0));
    }
    Session slow_same;
    for (int i = 0; i < 200; ++i) {
        slow_same.sleep(Episode::slowest_write).run(messages, 1, 4711, Kind::update);
    }
    CHECK(slow_same.end().empty());
    Session slow;
    for (int i = 0; i < 200; ++i) {
        slow.sleep(Episode::slowest_write).vary(messages, 1, Kind::insert);
    }
    CHECK(slow.end().empty());
    // On a busy machine single ones are late.
    for (const Microseconds late : {4, 10}) {
        Session busy;
        for (int i = 0; i < 100; ++i) {
            busy.sleep(i % 50 == 49 ? late * Episode::most_late : 0);
            busy.vary(messages, 1, Kind::insert);
        }
        CHECK(busy.end().size() == (late == 4 ? 1 : 0));
    }
    // What was written now and then does not hide what follows.
    Session rare;
    for (int i = 0; i < 200; ++i) {
        rare.sleep(i < 100 ? 3 * Episode::slowest_write : 0).vary(messages, 1, Kind::insert);
    }
    REQUIRE(rare.end().size() == 1);
    CHECK(rare.loops.front().statements < 105);
    Session between;
    for (int i = 0; i < 200; ++i) {
        between.vary(messages, 1, Kind::insert).vary(campaign, 1);
    }
    CHECK(between.end().empty());
}

TEST_CASE("writes directly after a list are under it, for as many as it had rows") {
    Session session;
    session.run(campaigns, 20);
    for (int i = 0; i < 20; ++i) {
        session.vary(messages, 1, Kind::insert);
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].key.leader == campaigns);
}

TEST_CASE("a value that the first of many writes asks for by chance makes no leader by order") {
    for (const bool is_between : {false, true}) {
        Session session;
        session.run(campaigns, 20);
        if (is_between) {
            session.run(contacts, 3);
        }
        session.led_by(campaigns).vary(messages, 1, Kind::insert).led_by(0);
        for (int i = 0; i < 15; ++i) {
            session.vary(messages, 1, Kind::insert);
        }
        CHECK(session.end().size() == (is_between ? 0 : 1));
    }
}

TEST_CASE("the catalogs lead no writes, whatever value the first of them has") {
    Session session;
    session.read_catalog(campaigns, 300);
    session.led_by(campaigns).vary(messages, 1, Kind::insert).led_by(0);
    for (int i = 0; i < 120; ++i) {
        session.vary(messages, 1, Kind::insert);
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].key.leader == 0);
}

TEST_CASE("outside of a block repeats that interleave or poll are no loop") {
    SECTION("they interleave") {
        Session session;
        for (int i = 0; i < 30; ++i) {
            session.run(campaign, 1, 4711).vary(messages, 1);
        }
        CHECK(session.end().empty());
    }
    SECTION("they poll") {
        Session session;
        for (int i = 0; i < 30; ++i) {
            session.sleep(Episode::slowest_repeat).run(campaign, 0, 4711);
        }
        CHECK(session.end().empty());
    }
}

TEST_CASE("runs that count in a request are reported there, and the others here") {
    // Each third run is of no request; or all are of one.
    for (const bool has_others : {false, true}) {
        Session session;
        session.begin().run(campaigns, 30);
        for (int i = 0; i < 30; ++i) {
            session.of_request(!has_others || i % 3 > 0).vary(messages, 2);
        }
        session.commit();
        REQUIRE(session.loops.size() == (has_others ? 2 : 1));
        CHECK(session.loops.front().is_of_request == !has_others);
        CHECK(session.loops.back().is_of_request);
        const Loop& loop = session.loops.front();
        CHECK(loop.is_new_in_episode);
        CHECK(loop.statements == (has_others ? 10 : 30));
        CHECK(loop.round_trips == loop.statements);
        CHECK(loop.rows == 2 * loop.statements);
        CHECK(loop.leader_rows == 30);
        CHECK(loop.busy == static_cast<Microseconds>(loop.statements) * Session::busy);
        // The first run is not waited for.
        CHECK(loop.wait == static_cast<Microseconds>(loop.statements - 1) * Session::wait);
    }
}

TEST_CASE("fewer runs of no request than make a loop are none beside those of one") {
    for (const bool in_block : {false, true}) {
        Session session;
        session.run(campaigns, 16).led_by(campaigns);
        if (in_block) {
            session.begin().run(campaigns, 16);
        }
        for (int i = 0; i < 16; ++i) {
            session.of_request(i < 15).vary(messages, 1);
        }
        in_block ? session.commit() : session;
        REQUIRE(session.end().size() == 1);
        CHECK(session.loops[0].is_of_request);
        CHECK(session.loops[0].statements == 15);
    }
}

TEST_CASE("too few runs of a request, and of none, are no loop together") {
    SECTION("in a block") {
        Session session;
        session.begin().run(campaigns, 18);
        for (int i = 0; i < 18; ++i) {
            session.of_request(i % 2 == 1).vary(messages, 1);
        }
        session.commit();
        CHECK(session.due.empty());
        CHECK_FALSE(session.detector().has_grown());
        CHECK(session.end().empty());
    }
    SECTION("by values") {
        Session session;
        session.run(campaigns, 18).led_by(campaigns);
        for (int i = 0; i < 18; ++i) {
            session.of_request(i < 9).vary(messages, 1);
        }
        CHECK(session.due.empty());
        CHECK(session.end().empty());
    }
    SECTION("writes without a leader") {
        for (const int times : {99, 100}) {
            Session session;
            for (int i = 0; i < 2 * times; ++i) {
                session.of_request(i < times).vary(messages, 1, Kind::insert);
            }
            CHECK(session.end().size() == (times == 100 ? 2 : 0));
        }
    }
    SECTION("in small blocks") {
        Session session;
        session.run(campaigns, 18).led_by(campaigns);
        for (int i = 0; i < 18; ++i) {
            session.begin().of_request(i % 2 == 0).vary(messages, 1).commit();
        }
        CHECK(session.due.empty());
        CHECK(session.end().empty());
    }
}

TEST_CASE("of small blocks each statement is taken for a request") {
    Session session;
    session.run(campaigns, 20).led_by(campaigns).of_request();
    for (int i = 0; i < 20; ++i) {
        session.begin();
        session.vary(messages, 1);
        session.vary(contacts, 1, Kind::update);
        session.commit();
    }
    const auto& loops = session.end();
    REQUIRE(loops.size() == 2);
    CHECK(loops[0].is_of_request);
    CHECK(loops[1].is_of_request);
}

TEST_CASE("what a request has no room for counts with what has no request") {
    for (const bool in_small_blocks : {false, true}) {
        Session session;
        session.run(campaigns, 20).led_by(campaigns).of_request();
        for (int i = 0; i < 20; ++i) {
            if (in_small_blocks) {
                session.begin();
            }
            session.vary(messages, 2);
            // That the first one repeats is known with the second.
            if (i > 0) {
                session.keep_from_request(i == 1 && !in_small_blocks ? 2 : 1);
            }
            if (in_small_blocks) {
                session.commit();
            }
        }
        REQUIRE(session.end().size() == 1);
        const Loop& loop = session.loops[0];
        CHECK_FALSE(loop.is_of_request);
        CHECK(loop.statements == (in_small_blocks ? 19 : 20));
        CHECK(loop.rows == 2 * loop.statements);
    }
    Session block;
    block.run(campaigns, 20).led_by(campaigns).of_request();
    for (int i = 0; i < 10; ++i) {
        block.begin().vary(messages, 1).vary(messages, 1).keep_from_request(2).commit();
    }
    REQUIRE(block.end().size() == 1);
    CHECK(block.loops[0].statements == 20);
    CHECK_FALSE(block.loops[0].is_of_request);
}

TEST_CASE("runs that counted by order do not count again when values lead") {
    for (const int runs : {11, 12, 15}) {
        Session session;
        session.run(campaigns, 20);
        for (int i = 0; i < runs; ++i) {
            // Of the first value it is not yet known that the list holds those after it.
            if (i == 5) {
                session.led_by(campaigns).loose(5);
            }
            session.vary(messages, 1, Kind::insert);
        }
        REQUIRE(session.end().size() == 1);
        const Loop& loop = session.loops[0];
        CHECK(loop.key.leader == campaigns);
        CHECK(loop.is_by_values);
        CHECK(loop.statements == static_cast<std::uint64_t>(runs));
        CHECK(loop.round_trips == loop.statements);
        CHECK(loop.rows == loop.statements);
    }
    Session few;
    few.run(campaigns, 20);
    for (int i = 0; i < 9; ++i) {
        i == 5 ? few.led_by(campaigns).loose(5) : few;
        few.vary(messages, 1, Kind::insert);
    }
    CHECK(few.end().empty());
}

TEST_CASE("runs without a leader are those of the values that are found later") {
    // The list was not the last statement: nothing leads by order.
    Session session;
    session.run(campaigns, 200).run(contacts, 1);
    for (int i = 0; i < 150; ++i) {
        i == 110 ? session.led_by(campaigns).loose(110) : session;
        session.vary(messages, 1, Kind::insert);
    }
    REQUIRE(session.end().size() == 1);
    CHECK(session.loops[0].key.leader == campaigns);
    CHECK(session.loops[0].statements == 150);
}

TEST_CASE("runs that have been reported do not come back with values") {
    SECTION("answered") {
        Session session;
        session.run(campaigns, 20);
        for (int i = 0; i < 9; ++i) {
            session.vary(messages, 1, Kind::insert);
        }
        session.detector().begin_at_zero(messages);
        session.led_by(campaigns).loose(9);
        for (int i = 0; i < 9; ++i) {
            session.vary(messages, 1, Kind::insert);
        }
        CHECK(session.end().empty());
    }
    SECTION("in a block that has ended") {
        Session session;
        session.run(campaigns, 20).begin().run(contacts, 20);
        for (int i = 0; i < 20; ++i) {
            session.vary(messages, 1, Kind::insert);
        }
        session.commit();
        CHECK(session.loops.size() == 1);
        session.run(campaigns, 20).led_by(campaigns).loose(20);
        session.vary(messages, 1, Kind::insert);
        CHECK(session.end().size() == 1);
    }
    SECTION("without a leader, before there were too many statements") {
        Session session;
        session.run(campaigns, 20).run(contacts, 1);
        for (std::uint32_t i = 2; i < Detector::most_statements; ++i) {
            session.vary(messages, 1, Kind::insert);
        }
        session.vary(messages, 1, Kind::insert);
        CHECK(session.loops.size() == 1);
        session.led_by(campaigns).loose(9000).vary(messages, 1, Kind::insert);
        CHECK(session.end().size() == 1);
    }
}

TEST_CASE("a value of a row that nothing led to interrupts no loop") {
    SECTION("a pool's ping returned what a write asks for") {
        Session session;
        for (int i = 0; i < 100; ++i) {
            session.ping(other).led_by(i == 1 ? QueryId{other} : 0, true, false);
            session.vary(messages, 1, Kind::insert);
        }
        REQUIRE(session.end().size() == 1);
        CHECK(session.loops[0].key.leader == 0);
        CHECK(session.loops[0].statements == 100);
    }
    SECTION("each number of a sequence is asked for first") {
        Session session;
        for (int i = 0; i < 100; ++i) {
            session.led_by(0).ping(other).led_by(other, true, false);
            session.vary(messages, 1, Kind::insert);
        }
        REQUIRE(session.end().size() == 1);
        CHECK(loop_of(session.loops, messages).key.leader == 0);
    }
    SECTION("the same read with pings between") {
        Session session;
        for (int i = 0; i < 20; ++i) {
            session.led_by(0).ping(other).led_by(other, true, false).run(messages, 1, 1);
        }
        REQUIRE(session.end().size() == 1);
        CHECK(session.loops[0].statements == 20);
    }
    SECTION("writes directly after a list") {
        Session session;
        session.run(campaigns, 20);
        for (int i = 0; i < 20; ++i) {
            session.ping(other).led_by(i == 1 ? QueryId{other} : 0, true, false);
            session.vary(messages, 1, Kind::insert);
        }
        REQUIRE(session.end().size() == 1);
        CHECK(session.loops[0].key.leader == campaigns);
        CHECK(session.loops[0].statements == 20);
    }
}

TEST_CASE("runs of pages are not those of another loop too") {
    Session session;
    session.detector().set_limits({2, second});
    session.led_by(campaigns).of_reading(1).vary(messages, 1);
    session.led_by(0).run(campaigns, 5).begin();
    session.led_by(campaigns, false).of_reading(2).vary(messages, 1);
    session.led_by(0).vary(messages, 1).run(campaigns, 5);
    session.led_by(other, false).of_reading(3).loose(1).vary(messages, 1);
    session.led_by(campaigns).of_reading(3).vary(messages, 1);
    session.read_next_page(messages, 2).commit();
    std::uint64_t statements = 0;
    for (const Loop& loop : session.end()) {
        statements += loop.key.repeated == messages ? loop.statements : 0;
    }
    CHECK(statements == 6);
}

TEST_CASE("whatever comes, a loop has its repeats and no run is reported twice") {
    // The others have found faults.
    const unsigned seed = GENERATE(std::random_device()(), 1268709361U, 1207532831U);
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int turn = 0; turn < 200; ++turn) {
        Session session;
        // Few statements that are led by one another come to the rarest cases.
        const unsigned different = 1 + random() % (turn % 2 == 0 ? 150 : 8);
        std::map<QueryId, std::uint64_t> unreported;
        for (int i = 0; i < 3000; ++i) {
            const QueryId id = 1 + random() % (1 + random() % different);
            switch (random() % 40) {
                case 0:
                    session.begin();
                    break;
                case 1:
                    session.commit();
                    break;
                case 2:
                    session.sleep(random() % (2 * second));
                    break;
                case 3:
                    session.fetch(id, random() % 3, random() % 2 == 0);
                    break;
                case 4:
                    session.detector().fail();
                    break;
                case 5:
                case 6:
                case 7:
                case 8:
                    session.led_by(random() % different, random() % 2 == 0, random() % 2 == 0);
                    break;
                case 9:
                    session.of_request(random() % 2 == 0);
                    break;
                default:
                    session.run(id, random() % 4, random() % 3, static_cast<Kind>(id % 4));
                    ++unreported[id];
            }
        }
        for (const Loop& loop : session.end()) {
            CAPTURE(loop.is_of_request);
            REQUIRE((loop.statements >= 10 || !loop.is_new_in_episode));
            REQUIRE(loop.busy >= 0);
            REQUIRE(loop.wait >= 0);
            REQUIRE(loop.first_seen <= loop.last_seen);
            REQUIRE(loop.busy + loop.wait <= loop.last_seen - loop.first_seen);
            REQUIRE(loop.statements <= unreported[loop.key.repeated]);
            unreported[loop.key.repeated] -= loop.statements;
        }
    }
}

}  // namespace onetrip::roundtrip::test
