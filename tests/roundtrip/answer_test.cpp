// What one statement more would make, which is asked before it runs.

#include <catch2/catch.hpp>
#include <vector>

#include "roundtrip/detector.hpp"
#include "roundtrip/lexable_prefix.hpp"

namespace onetrip::roundtrip::test {

namespace {

enum : QueryId { orders = 1, order = 2, update = 3 };

/// A session that says what one statement more would make.
class TriedSession : private LoopSink {
  public:
    TriedSession() { detector_.set_limits({10, 1'000'000}); }

    Statement next(QueryId id, std::uint64_t rows = 1) {
        Statement statement;
        statement.id = id;
        statement.kind = id == update ? Kind::update : Kind::select;
        statement.rows = rows;
        statement.parameters = ++parameter_;
        statement.begin = clock_ += 400;
        statement.end = clock_ += 100;
        statement.busy = 100;
        if (id != orders) {
            statement.evidence = {orders, 1, 0, true, true};
        }
        return statement;
    }

    TriedSession& run(QueryId id, std::uint64_t rows = 1, int times = 1) {
        for (int i = 0; i < times; ++i) {
            detector_.statement(next(id, rows));
        }
        return *this;
    }

    std::optional<Loop> with(QueryId id) { return detector_.loop_with(next(id), trial_); }
    Detector& detector() { return detector_; }

    std::vector<Loop> loops;

  private:
    void take(const Loop& loop) noexcept override { loops.push_back(loop); }

    Detector detector_{*this};
    Detector trial_{*this};
    Microseconds clock_ = 1'000'000'000;
    std::uint64_t parameter_ = 0;
};

}  // namespace

TEST_CASE("the loop is known before the statement that makes it") {
    for (const bool in_block : {false, true}) {
        TriedSession session;
        if (in_block) {
            session.detector().begin_block();
        }
        session.run(orders, 20).run(order, 1, 8);
        CHECK_FALSE(session.with(order));
        session.run(order);
        const auto loop = session.with(order);
        REQUIRE(loop);
        CHECK(loop->key == LoopKey{orders, order, Kind::select});
        CHECK(loop->statements == 9);
        CHECK(loop->leader_rows == 20);
        CHECK(loop->busy == 9 * 100);
        CHECK(loop->is_by_values);
        // Only tried: nothing has been reported, and nothing has changed.
        CHECK(session.loops.empty());
        CHECK_FALSE(session.with(update));
        session.run(order);
        in_block ? session.detector().end_block() : session.detector().end_episode();
        REQUIRE(session.loops.size() == 1);
        CHECK(session.loops[0].statements == 10);
    }
}

TEST_CASE("a transaction for each row is a loop as if its block ended now") {
    TriedSession session;
    session.run(orders, 20);
    for (int i = 0; i < 9; ++i) {
        session.detector().begin_block();
        session.run(order).run(update);
        session.detector().end_block();
    }
    session.detector().begin_block();
    const auto loop = session.with(order);
    REQUIRE(loop);
    CHECK(loop->statements == 9);
    session.run(order);
    CHECK(session.with(update));
}

TEST_CASE("a loop is answered once an episode") {
    TriedSession session;
    Detector& detector = session.detector();
    const auto begins_answer = [&detector](const LoopKey& loop) {
        const bool is_first = !detector.is_answered(loop);
        if (is_first) {
            detector.begin_answer(loop);
        }
        return is_first;
    };
    const LoopKey key{orders, order, Kind::select};
    CHECK(begins_answer(key));
    CHECK_FALSE(begins_answer(key));
    CHECK(begins_answer({orders, update, Kind::update}));
    detector.end_episode();
    CHECK(begins_answer(key));
    // A block is an episode of its own, which a small one is not.
    detector.begin_block();
    CHECK_FALSE(begins_answer(key));
    session.run(orders, 20).run(order, 1, 3);
    CHECK(begins_answer(key));
    CHECK_FALSE(begins_answer(key));
    detector.end_block();
    CHECK(begins_answer(key));
    for (QueryId other = 100; other < 200; ++other) {
        CHECK(begins_answer({0, other, Kind::select}));
    }
}

TEST_CASE("after an ERROR the count begins at 0") {
    TriedSession session;
    session.detector().begin_block();
    session.run(orders, 20).run(order, 1, 9);
    REQUIRE(session.with(order));
    session.detector().begin_at_zero(order);
    session.run(order, 1, 8);
    CHECK_FALSE(session.with(order));
    session.run(order);
    CHECK(session.with(order));
    session.detector().end_block();
    CHECK(session.loops.empty());

    // Statements of a small block are held.
    TriedSession small;
    small.detector().set_limits({2, 1'000'000});
    small.run(orders, 20);
    small.detector().begin_block();
    small.run(order);
    REQUIRE(small.with(order));
    small.detector().begin_at_zero(order);
    CHECK_FALSE(small.with(order));
}

TEST_CASE("what goes on after an ERROR is of the same episode") {
    TriedSession session;
    Detector& detector = session.detector();
    detector.set_limits({3, 1'000'000});
    detector.begin_block();
    session.run(orders, 20).run(order, 1, 2);
    const auto answered = session.with(order);
    REQUIRE(answered);
    CHECK(answered->is_new_in_episode);
    CHECK(answered->leader_rows == 20);
    detector.begin_answer(answered->key);
    detector.begin_at_zero(order);
    session.run(order, 1, 4);
    detector.end_block();
    REQUIRE(session.loops.size() == 1);
    CHECK(session.loops[0].key == answered->key);
    CHECK_FALSE(session.loops[0].is_new_in_episode);
    CHECK(session.loops[0].leader_rows == 0);
    // The next block is another episode.
    session.loops.clear();
    detector.begin_block();
    session.run(orders, 20).run(order, 1, 4);
    detector.end_block();
    REQUIRE(session.loops.size() == 1);
    CHECK(session.loops[0].is_new_in_episode);
}

TEST_CASE("a comment that excuses a statement") {
    const auto has = [](std::string_view text) { return has_ignore_comment(text, {}); };
    CHECK(has("/* onetrip:ignore */ SELECT 1"));
    CHECK(has("SELECT 1 /*onetrip:ignore*/"));
    CHECK(has("SELECT 1 -- onetrip:ignore"));
    CHECK(has("SELECT 1 /* app:web, onetrip:ignore */"));
    CHECK(has("SELECT 1 /* a /* onetrip:ignore */ b */"));
    CHECK_FALSE(has("SELECT '/* onetrip:ignore */'"));
    CHECK_FALSE(has("SELECT $$/* onetrip:ignore */$$, \"/* onetrip:ignore */\""));
    CHECK_FALSE(has("SELECT 1 /* onetrip:ignored */"));
    CHECK_FALSE(has("SELECT 1 /* not-onetrip:ignore"));
    CHECK_FALSE(has("SELECT 1 /* xonetrip:ignore */"));
    CHECK_FALSE(has("onetrip:ignore"));
}

}  // namespace onetrip::roundtrip::test
