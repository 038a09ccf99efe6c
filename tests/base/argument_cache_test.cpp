#include "base/argument_cache.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace onetrip::test {

namespace {

/// Counts what is alive, and weighs what the test says.
struct Made {
    Made(int& alive, std::size_t own) : alive(alive), own(own) { ++alive; }
    Made(const Made&) = delete;
    Made& operator=(const Made&) = delete;
    ~Made() { --alive; }

    std::size_t weight(std::size_t /*argument_size*/) const { return own; }

    int& alive;
    std::size_t own;
};

}  // namespace

TEST_CASE("what was made of an argument is found by its bytes") {
    int alive = 0;
    ArgumentCache<Made> cache(100);
    CHECK(cache.find("a") == nullptr);
    Made* const first = cache.add("a", alive, 1U);
    std::string copy = "a";
    CHECK(cache.find(copy) == first);
    CHECK(cache.find("b") == nullptr);
    CHECK(cache.find("") == nullptr);
    Made* const empty = cache.add("", alive, 1U);
    CHECK(cache.find("") == empty);
    CHECK(cache.find("a") == first);
}

TEST_CASE("among many arguments each is found again") {
    int alive = 0;
    ArgumentCache<Made> cache(1000);
    std::vector<Made*> made;
    made.reserve(1000);
    for (std::size_t i = 0; i < 1000; ++i) {
        made.push_back(cache.add("argument " + std::to_string(i), alive, 1U));
    }
    CHECK(cache.is_full());
    CHECK(alive == 1000);
    for (std::size_t i = 0; i < 1000; ++i) {
        CHECK(cache.find("argument " + std::to_string(i)) == made[i]);
    }
}

TEST_CASE("what has not been used for the longest time goes") {
    int alive = 0;
    ArgumentCache<Made> cache(3);
    cache.add("a", alive, 1U);
    cache.add("b", alive, 1U);
    cache.add("c", alive, 1U);
    CHECK(cache.is_full());
    CHECK(cache.find("a") != nullptr);
    cache.add("d", alive, 1U);
    CHECK(alive == 3);
    CHECK(cache.find("b") == nullptr);
    CHECK(cache.find("c") != nullptr);
    const Made* oldest = &cache.oldest();
    CHECK(oldest == cache.find("a"));
    oldest = &cache.oldest();
    CHECK(oldest == cache.find("d"));
    cache.forget_oldest();
    CHECK(alive == 2);
    CHECK_FALSE(cache.is_full());
}

TEST_CASE("what grows while it is used pushes others out") {
    int alive = 0;
    ArgumentCache<Made> cache(10);
    cache.add("a", alive, 2U);
    Made* const grows = cache.add("b", alive, 2U);
    grows->own = 9;
    cache.add("c", alive, 1U);
    CHECK(cache.find("a") == nullptr);
    CHECK(cache.find("b") == grows);
    grows->own = 1;
    cache.add("d", alive, 8U);
    CHECK(alive == 3);
}

TEST_CASE("the newest is kept however much it takes") {
    int alive = 0;
    {
        ArgumentCache<Made> cache(10);
        cache.add("a", alive, 1U);
        Made* const large = cache.add("b", alive, 1000U);
        CHECK(alive == 1);
        CHECK(cache.find("b") == large);
    }
    CHECK(alive == 0);
}

}  // namespace onetrip::test
