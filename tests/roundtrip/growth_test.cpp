// Loops that run on, the ends of episodes, and the names of applications.

#include <catch2/catch.hpp>
#include <vector>

#include "roundtrip/detector.hpp"

namespace onetrip::roundtrip::test {

namespace {

class Sink : public LoopSink {
  public:
    void take(const Loop& /*loop*/) noexcept override { ++loops; }
    void end_episode() noexcept override { ++episodes; }

    int loops = 0;
    int episodes = 0;
};

Statement repeated_look_up(int number) {
    Statement statement;
    statement.id = 7;
    statement.rows = 1;
    statement.parameters = static_cast<std::uint64_t>(number) + 1;
    statement.begin = 1000 * number;
    statement.end = statement.begin + 100;
    statement.busy = 100;
    return statement;
}

}  // namespace

TEST_CASE("a loop is shown when it is born and when it has doubled") {
    Sink sink;
    Detector detector(sink);
    detector.begin_block();
    std::vector<std::uint64_t> shown;
    for (int i = 1; i <= 45; ++i) {
        detector.statement(repeated_look_up(i));
        if (detector.has_grown()) {
            const auto loop = detector.take_grown();
            REQUIRE(loop);
            shown.push_back(loop->statements);
        }
        CHECK_FALSE(detector.has_grown());
    }
    CHECK(shown == std::vector<std::uint64_t>{10, 20, 40});
    CHECK_FALSE(detector.take_grown());
    CHECK(sink.episodes == 0);
    detector.end_block();
    CHECK(sink.loops == 1);
    CHECK(sink.episodes == 1);
    // Nothing was reported: nothing ends.
    detector.end_episode();
    detector.begin_block();
    detector.end_block();
    CHECK(sink.episodes == 1);
}

}  // namespace onetrip::roundtrip::test
