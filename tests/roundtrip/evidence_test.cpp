#include "roundtrip/evidence.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <initializer_list>
#include <vector>

namespace onetrip::roundtrip::test {

namespace {

enum : QueryId { authors = 101, books = 102, tags = 103, profiles = 104, publishers = 105 };

StatementValueHashes values(std::initializer_list<std::int64_t> numbers) {
    StatementValueHashes hashes;
    for (const std::int64_t number : numbers) {
        hashes.add(hash_of_number(number));
    }
    return hashes;
}

/// A session whose statements ask for numbers and get rows of them.
class AskingSession {
  public:
    using Rows = std::vector<std::vector<std::int64_t>>;

    Judgement run(QueryId id, std::initializer_list<std::int64_t> asked, const Rows& rows) {
        const StatementValueHashes hashes = values(asked);
        const Judgement judgement = evidence.judge(id, hashes);
        std::uint64_t parameters = 1;
        for (const std::int64_t number : asked) {
            parameters = mix_value(parameters ^ static_cast<std::uint64_t>(number));
        }
        Evidence::Place place = Evidence::nowhere;
        for (const auto& row : rows) {
            if (place == Evidence::nowhere) {
                place = evidence.begin_rows(id, parameters, false);
            }
            keep(place, row, hashes);
        }
        return judgement;
    }

    void keep(Evidence::Place place, const std::vector<std::int64_t>& row,
              const StatementValueHashes& asked) {
        if (evidence.is_full(place)) {
            evidence.count_row(place);
            return;
        }
        const auto value_of = [&row](std::size_t column) { return hash_of_number(row[column]); };
        evidence.add_row(place, row.size(), value_of, asked);
    }

    /// Rows that begin with these numbers, one after the other.
    static Rows list(std::int64_t first, int count) {
        Rows rows;
        for (int i = 0; i < count; ++i) {
            rows.push_back({first + i});
        }
        return rows;
    }

    Evidence evidence;
};

}  // namespace

TEST_CASE("values and types have hashes of their own, integers the same of all sizes") {
    CHECK(hash_of_number(7) != hash_of_number(8));
    CHECK(hash_of_number(7) != hash_of_date(7));
    const unsigned char text[] = {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'};
    CHECK(hash_of_bytes({text, 9}) != hash_of_bytes({text, 8}));
    CHECK(hash_of_bytes({text, 0}) != 0);
}

TEST_CASE("the result that held the values leads") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 20));
    session.run(tags, {}, AskingSession::list(5000, 12));
    for (int i = 0; i < 20; ++i) {
        const Judgement judgement = session.run(books, {1000 + i}, {{7000 + i}});
        CHECK(judgement.leader == authors);
        CHECK(judgement.is_many);
        CHECK(judgement.is_half == (i >= 9));
    }
    CHECK(session.evidence.columns_of(books, session.evidence.place_of(authors)) == 1);
}

TEST_CASE("what no result held has no leader") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 20));
    for (int i = 0; i < 50; ++i) {
        CHECK(session.run(books, {90'000 + i}, {}).leader == 0);
    }
    // A visitor who opens something of the list, once in a while.
    CHECK(session.run(books, {1003}, {}).leader == 0);
}

TEST_CASE("the first value that is found is not yet proof for those after it") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1, 20));
    CHECK(session.run(books, {5}, {}).leader == authors);
    CHECK(session.run(books, {500}, {}).leader == 0);
    CHECK(session.run(books, {501}, {}).leader == 0);
}

TEST_CASE("runs before the proof are brought along by the first one after it") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 20));
    for (int i = -1; i < 3; ++i) {
        CHECK(session.run(books, {1000 + i}, {}).leader == 0);
    }
    const Judgement judgement = session.run(books, {1003}, {});
    CHECK(judgement.leader == authors);
    CHECK(judgement.loose == 4);
    CHECK(session.run(books, {1004}, {}).loose == 0);
}

TEST_CASE("which values change is known over all runs, and how often") {
    AskingSession session;
    for (const std::int64_t number : {1, 1, 2, 2, 3}) {
        session.run(books, {7, number, 40 + number}, {});
    }
    session.run(books, {7, 3, 99}, {});
    const ValueChanges all = session.evidence.changes_of(books, 6);
    CHECK(all.changed == 0b110);
    CHECK(all.times[0] == 0);
    CHECK(all.times[1] == 2);
    CHECK(all.times[2] == 3);
    CHECK(session.evidence.changes_of(books, 2).changed == 0b100);
    CHECK(session.evidence.changes_of(books, UINT32_MAX).changed == 0b110);
    CHECK(session.evidence.changes_of(tags, 6).changed == 0);
    SECTION("a run with another number of values says nothing of their places") {
        session.run(books, {7, 4}, {});
        session.run(books, {7, 5}, {});
        CHECK(session.evidence.changes_of(books, 3).changed == 0b10);
    }
}

TEST_CASE("constants that do not change are not looked for") {
    AskingSession session;
    session.run(tags, {}, AskingSession::list(1, 12));
    session.run(authors, {}, AskingSession::list(1000, 20));
    session.run(books, {1, 1000}, {});
    for (int i = 1; i < 10; ++i) {
        CHECK(session.run(books, {1, 1000 + i}, {}).leader == authors);
    }
}

TEST_CASE("of dense values the latest result leads, but not one that came of the loop") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1, 20));
    session.run(tags, {}, AskingSession::list(1, 20));
    CHECK(session.run(profiles, {1}, {}).leader == tags);
    for (int i = 1; i <= 20; ++i) {
        CHECK(session.run(books, {i}, {{i, 3 * i}}).leader == tags);
        // The tags of each book: their numbers are among those of the authors by chance.
        session.run(publishers, {3 * i}, {{i}, {i + 1}});
    }
}

TEST_CASE("a column that has but what was asked for holds that of the last execution") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 20));
    for (int i = 0; i < 20; ++i) {
        CHECK(session.run(books, {1000 + i}, {{1000 + i, 1}, {1000 + i, 2}}).leader == authors);
        CHECK(session.run(profiles, {1000 + i}, {}).leader == books);
    }
    for (int i = 0; i < 19; ++i) {
        CHECK(session.run(tags, {1000 + i}, {}).leader == authors);
    }
}

TEST_CASE("a list of what was asked for leads not even for its first value") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 4));
    session.run(books, {1000, 1001, 1002, 1003},
                {{1000, 70}, {1000, 71}, {1001, 72}, {1002, 73}, {1003, 74}});
    for (int i = 0; i < 4; ++i) {
        CHECK(session.run(profiles, {1000 + i}, {{8000 + i}}).leader == authors);
    }
}

TEST_CASE("a look-up that is asked for again is no tree, and a tree is one") {
    AskingSession session;
    for (int i = 0; i < 60; ++i) {
        CHECK(session.run(profiles, {1000 + i % 5}, {{1000 + i % 5, 7}}).leader == 0);
    }
    AskingSession tree;
    tree.run(authors, {0}, {{1}, {2}});
    for (int i = 1; i < 30; ++i) {
        CHECK(tree.run(authors, {i}, {{2 * i + 1}, {2 * i + 2}}).leader == authors);
    }
}

TEST_CASE("executions of a loop add to a result until it is asked for with the same values again") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(0, 10));
    for (int i = 0; i < 10; ++i) {
        session.run(books, {i}, {{100 + 2 * i}, {101 + 2 * i}});
    }
    for (int i = 0; i < 20; ++i) {
        CHECK(session.run(profiles, {100 + i}, {}).leader == books);
    }
    session.run(books, {77}, AskingSession::list(9000, 2));
    session.run(books, {77}, AskingSession::list(9000, 2));
    AskingSession::Rows none;
    CHECK(session.run(publishers, {104}, none).leader == 0);
}

TEST_CASE("a list that nothing leads to begins anew with each execution") {
    AskingSession session;
    for (int turn = 0; turn < 20; ++turn) {
        session.run(books, {turn % 2}, AskingSession::list(1000 + 20 * (turn % 2), 20));
        // Visitors open some of it, and others each time.
        for (int i = 0; i < 5; ++i) {
            const int row = 20 * (turn % 2) + (5 * (turn / 2) + i) % 20;
            CHECK_FALSE(session.run(profiles, {1000 + row}, {}).is_half);
        }
    }
    // A look-up gives one row each time, to which others add.
    for (int i = 0; i < 10; ++i) {
        session.run(tags, {i}, {{9000 + i}});
    }
    for (int i = 0; i < 10; ++i) {
        CHECK(session.run(publishers, {9000 + i}, {}).leader == tags);
    }
}

TEST_CASE("the rows after the first 256 are counted and not kept, and what was proven stays so") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 2000));
    for (int i = 0; i < 2000; ++i) {
        REQUIRE(session.run(books, {1000 + i}, {}).leader == authors);
    }
    CHECK(session.run(books, {90'000}, {}).leader == 0);
}

TEST_CASE("many rows may have the same value: half is of what there is to ask for") {
    AskingSession session;
    AskingSession::Rows rows;
    for (int i = 0; i < 60; ++i) {
        rows.push_back({5000 + i, 1000 + i % 20});
    }
    session.run(books, {}, rows);
    for (int i = 0; i < 20; ++i) {
        CHECK(session.run(authors, {1000 + i}, {}).is_half == (i >= 9));
    }
}

TEST_CASE("what is not found is not a part of the half that is asked for") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 10));
    for (int i = 0; i < 4; ++i) {
        session.run(books, {1006 + i}, {});
    }
    const Judgement after = session.run(books, {1010}, {});
    CHECK(after.leader == authors);
    CHECK_FALSE(after.is_half);
}

TEST_CASE("who asks for a row again asks for no further one") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 6));
    for (int i = 0; i < 6; ++i) {
        CHECK_FALSE(session.run(books, {1000 + i / 3}, {}).is_half);
        CHECK_FALSE(session.run(profiles, {1000 + i % 2}, {}).is_half);
    }
    CHECK(session.run(books, {1002}, {}).is_half);
    CHECK(session.run(profiles, {1005}, {}).is_half);
}

TEST_CASE("of few values half is known exactly, and of many about") {
    for (int first = 1; first < 200; ++first) {
        AskingSession session;
        session.run(authors, {}, AskingSession::list(first, 20));
        for (int i = 0; i < 10; ++i) {
            CHECK(session.run(books, {first + 2 * i}, {}).is_half == (i == 9));
        }
    }

    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 256));
    int half = 0;
    while (!session.run(books, {1000 + half}, {}).is_half) {
        ++half;
    }
    CHECK(half > 120);
    CHECK(half < 136);
}

TEST_CASE("runs that nothing has led to are reported with the next one that something does") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 10));
    for (int i = 0; i < 5; ++i) {
        CHECK(session.run(books, {1000 + i}, {}).strays == 0);
    }
    for (int i = 0; i < 30; ++i) {
        session.run(books, {7000 + i}, {});
    }
    session.run(authors, {}, AskingSession::list(1000, 10));
    const Judgement again = session.run(books, {1005}, {});
    CHECK(again.leader == authors);
    CHECK(again.loose == 0);
    CHECK(again.strays > 25);
    CHECK(session.run(books, {1006}, {}).strays == 0);
}

TEST_CASE("a result that is dropped hides none of those before it, and leads to nothing") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 20));
    session.run(tags, {}, AskingSession::list(5000, 12));
    session.run(profiles, {}, AskingSession::list(9000, 12));
    session.evidence.drop(session.evidence.place_of(tags));
    CHECK(session.run(books, {1005}, {{7000}}).leader == authors);
    CHECK(session.run(publishers, {5005}, {}).leader == 0);
    // Its place is the next one to be taken.
    session.run(tags, {}, AskingSession::list(5000, 12));
    CHECK(session.run(publishers, {5006}, {}).leader == tags);
    CHECK(session.run(books, {1006}, {{7001}}).leader == authors);
}

TEST_CASE("a result leads on when the one that led to it has made room for the loop's own") {
    AskingSession session;
    session.run(publishers, {}, {{3}});
    for (QueryId id = 1; id <= 6; ++id) {
        session.run(id, {}, {{1'000'000 * static_cast<std::int64_t>(id)}});
    }
    session.run(books, {3}, AskingSession::list(1000, 20));
    for (int i = 0; i < 20; ++i) {
        CHECK(session.run(authors, {1000 + i}, {{7000 + i}}).leader == books);
    }
}

TEST_CASE("of columns that hold the same numbers one that was asked for passes the loop on") {
    AskingSession session;
    session.run(publishers, {}, AskingSession::list(1, 12));
    for (std::int64_t i = 1; i <= 12; ++i) {
        CAPTURE(i);
        session.run(books, {i}, {{2 * i - 1, i}, {2 * i, i}});
        const Judgement led = session.run(tags, {i}, {{2'000'000 + i}});
        CHECK(led.leader == books);
        CHECK(led.is(Judgement::is_echo));
    }
}

TEST_CASE("rows that were asked for by their numbers lead by what else they hold") {
    AskingSession session;
    session.run(publishers, {}, AskingSession::list(1, 24));
    session.run(books, {1, 2, 3, 4, 5, 6}, {{1, 50}, {2, 51}, {3, 1}, {4, 2}, {5, 3}, {6, 4}});
    for (std::int64_t i = 1; i <= 4; ++i) {
        CHECK(session.run(authors, {i}, {{4'000'000 + i}}).leader == books);
    }
    const Evidence::Place place = session.evidence.place_of(books);
    CHECK(session.evidence.columns_of(authors, place) == 0b10);
}

TEST_CASE("the last eight results are kept, and none after a pause") {
    AskingSession session;
    session.run(authors, {}, AskingSession::list(1000, 20));
    for (QueryId id = 1; id <= 7; ++id) {
        session.run(id, {}, AskingSession::list(1'000'000 * static_cast<std::int64_t>(id), 3));
    }
    CHECK(session.run(books, {1000}, {}).leader == authors);
    session.run(8, {}, AskingSession::list(50, 3));
    CHECK(session.run(profiles, {1001}, {}).leader == 0);
    session.run(authors, {}, AskingSession::list(1000, 20));
    session.evidence.forget();
    CHECK(session.run(tags, {1002}, {}).leader == 0);
}

}  // namespace onetrip::roundtrip::test
