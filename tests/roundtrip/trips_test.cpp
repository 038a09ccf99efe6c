// What counts in a loop: round trips, transactions, rows, pages and lists.

#include <catch2/catch.hpp>
#include <vector>

#include "roundtrip/detector.hpp"

namespace onetrip::roundtrip::test {

namespace {

class Loops final : public LoopSink {
  public:
    void take(const Loop& loop) noexcept override { loops.push_back(loop); }
    std::vector<Loop> loops;
};

/// A block of statements of one identifier, each of which is changed by `change` before it is sent.
template <typename Change>
std::vector<Loop> loops_of(int runs, Change&& change) {
    Loops sink;
    Detector detector(sink);
    detector.begin_block();
    for (int i = 0; i < runs; ++i) {
        Statement statement;
        statement.id = 7;
        statement.rows = 5;
        statement.parameters = static_cast<std::uint64_t>(i) + 1;
        statement.begin = statement.end = 1'000'000 + i * 1000;
        change(i, statement);
        detector.statement(statement);
    }
    detector.end_block();
    detector.end_episode();
    return sink.loops;
}

}  // namespace

TEST_CASE("a statement that was not waited for is no round trip") {
    const auto every = [](int n) {
        return [n](int i, Statement& statement) { statement.is_trip = i % n == 0; };
    };
    CHECK(loops_of(30, every(30)).empty());
    CHECK(loops_of(18, every(2)).empty());
    const std::vector<Loop> loops = loops_of(30, every(3));
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].statements == 30);
    CHECK(loops[0].round_trips == 10);
    CHECK(loops[0].rows == 150);
}

TEST_CASE("the first run of a loop is a round trip") {
    const std::vector<Loop> loops =
        loops_of(10, [](int i, Statement& statement) { statement.is_trip = i > 0; });
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].round_trips == 10);
}

TEST_CASE(
    "what comes in one message with another statement each time is waited for with that one") {
    const std::vector<Loop> loops = loops_of(40, [](int i, Statement& statement) {
        statement.id = i % 2 == 0 ? 7 : 8;
        statement.is_trip = i % 2 == 0;
    });
    REQUIRE(loops.size() == 2);
    CHECK(loops[0].round_trips == 20);
    CHECK(loops[1].round_trips == 20);
    // Of a message that has all of them the client has waited for one.
    CHECK(loops_of(40, [](int i, Statement& statement) {
              statement.id = i % 2 == 0 ? 7 : 8;
              statement.is_trip = i == 0;
          }).empty());
}

TEST_CASE("transactions of a loop are counted") {
    const std::vector<Loop> loops = loops_of(20, [](int i, Statement& statement) {
        statement.transaction = 1 + static_cast<std::uint64_t>(i) / 5;
    });
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].transactions == 4);
}

TEST_CASE("a transaction that goes on is counted in the first part of its loop alone") {
    const std::vector<Loop> loops =
        loops_of(10'500, [](int, Statement& statement) { statement.transaction = 1; });
    REQUIRE(loops.size() == 2);
    CHECK(loops[0].transactions == 1);
    CHECK(loops[1].transactions == 0);
    CHECK(loops[0].statements + loops[1].statements == 10'500);
}

TEST_CASE("pages are of their own kind, without a leader") {
    const auto page = [](int i, Statement& statement) { statement.is_next_page = i > 0; };
    const std::vector<Loop> loops = loops_of(12, page);
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].key.kind == Kind::page);
    CHECK(loops[0].key.leader == 0);
    CHECK(loops[0].statements == 12);
    CHECK(loops_of(9, page).empty());
    CHECK(loops_of(12, [&](int i, Statement& statement) {
              page(i, statement);
              statement.is_large_page = true;
          }).empty());
}

TEST_CASE("a run that asks for another list ends a loop of pages") {
    const std::vector<Loop> loops =
        loops_of(30, [](int i, Statement& statement) { statement.is_next_page = i % 15 != 0; });
    REQUIRE(loops.size() == 2);
    CHECK(loops[0].key.kind == Kind::page);
    CHECK(loops[0].statements == 15);
    CHECK(loops[1].key.kind == Kind::page);
    CHECK(loops[1].statements == 15);
}

TEST_CASE("lists of a loop are distinguished from batches by runs of a single value") {
    Loops sink;
    Detector detector(sink);
    const auto has_singles = [&](int of) {
        detector.end_episode();
        detector.begin_block();
        std::optional<LoopKey> loop;
        for (int i = 0; i < 20; ++i) {
            Statement statement;
            statement.id = 7;
            statement.parameters = static_cast<std::uint64_t>(i) + 1;
            statement.begin = statement.end = 1'000'000 + i * 1000;
            statement.has_list = of == 0 || i % of != 0;
            const std::optional<LoopKey> found = detector.statement(statement);
            loop = found ? found : loop;
        }
        const bool has = loop && detector.has_single_runs(*loop);
        detector.end_block();
        return has;
    };
    CHECK(has_singles(4));
    CHECK_FALSE(has_singles(0));
    CHECK_FALSE(has_singles(1));
    CHECK_FALSE(has_singles(20));
}

}  // namespace onetrip::roundtrip::test
