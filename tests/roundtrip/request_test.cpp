#include "roundtrip/request.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "roundtrip/request_episode.hpp"

namespace onetrip::roundtrip::test {

namespace {

const std::string trace = "0af7651916cd43dd8448eb211c80319c";

std::string comment(const std::string& span, const std::string& id = trace) {
    return "/*traceparent='00-" + id + "-" + span + "-01'*/";
}

RequestId of(const std::string& text, const std::string& key = "traceparent") {
    return request_of(text, key, {});
}

}  // namespace

TEST_CASE("a request is the trace of a traceparent") {
    const RequestId request = of("SELECT 1 " + comment("1111111111111111"));
    CHECK(request != 0);
    CHECK(of(comment("2222222222222222") + " SELECT 2") == request);
    CHECK(of("SELECT /* a */ 2" + comment("3") + " ; ") == request);
    CHECK(of("SELECT 1 " + comment("1", "1" + trace.substr(1))) != request);
    CHECK(of("SELECT 1 " + comment("1", std::string(32, '0'))) == 0);
    CHECK(of("SELECT 1 /*traceparent='01'*/") == 0);
    CHECK(of("SELECT 1") == 0);
    CHECK(of("") == 0);
}

TEST_CASE("of any other key the decoded value counts") {
    const RequestId request = of("SELECT 1 /*action:x,request_id:a b*/", "request_id");
    CHECK(request != 0);
    CHECK(of("SELECT 1 /*request_id='a%20b'*/", "request_id") == request);
    CHECK(of("SELECT 1 /*request_id='a%20b-c'*/", "request_id") != request);
    CHECK(of("SELECT 1 /*job_id='a%20b'*/", "job_id") != request);
    CHECK(of("SELECT 1 /*request_id=''*/", "request_id") == 0);
    CHECK(of("SELECT 1 /*my_request_id='a b'*/", "request_id") == 0);
}

TEST_CASE("a request stands in a comment at the edge of a text") {
    const std::string literal = "SELECT '" + comment("1") + "'";
    CHECK(of(literal) == 0);
    CHECK(of("SELECT $$" + comment("1") + "$$") == 0);
    const std::string wide(3000, 'x');
    const RequestId request = of("SELECT 1 " + comment("1"));
    CHECK(of("SELECT 1 AS " + wide + " " + comment("1") + "\n;\n") == request);
    CHECK(of(comment("1") + "SELECT 1 AS " + wide) == request);
    CHECK(of("SELECT 1 AS " + wide + " " + comment("1") + " FROM " + wide) == 0);
    CHECK(of("SELECT 1 AS " + wide + ", '" + comment("1") + "'") == 0);
    for (std::size_t size = 380; size < 620; ++size) {
        CHECK(of("SELECT 1 AS " + std::string(size, 'x') + " " + comment("1")) == request);
    }
}

namespace {

constexpr QueryId articles = 100;
constexpr QueryId detail = 200;
constexpr QueryId author = 300;
constexpr std::uint32_t repeats = 10;

/// A request whose statements take 10 µs, 90 µs after one another, each in a session of its own.
class Request {
  public:
    std::optional<LoopKey> run(QueryId id, std::uint64_t rows, std::uint32_t session = 0,
                               QueryId own = 0) {
        Statement statement;
        statement.id = id;
        statement.rows = rows;
        statement.parameters = ++number_;
        statement.begin = time_;
        statement.end = time_ + 10;
        statement.busy = 10;
        statement.transaction = number_;
        statement.evidence.leader = own;
        return run(statement, session, own);
    }

    std::optional<LoopKey> run(Statement statement, std::uint32_t session, QueryId own = 0) {
        time_ = statement.end + 90;
        is_counted_ = episode_.count({statement, session, own, wait, earlier, is_repeated});
        const std::optional<LoopKey> loop = episode_.loop_to_describe(statement.id, repeats);
        if (loop) {
            episode_.set_variant(*loop, 7);
        }
        return loop;
    }

    /// Its loops.
    std::vector<Loop> loops() const {
        std::vector<Loop> all;
        episode_.report([&all](const Loop& loop, std::uint64_t variant) {
            CHECK(variant == 7);
            all.push_back(loop);
        });
        return all;
    }

    RequestEpisode& episode() { return episode_; }
    bool is_counted() const { return is_counted_; }
    Microseconds now() const { return time_; }
    EpisodeClock::Wait wait{};
    RequestRun::Earlier earlier{};
    bool is_repeated = false;

  private:
    RequestEpisode episode_{};
    bool is_counted_ = true;
    std::uint64_t number_ = 0;
    Microseconds time_ = 1'000'000;
};

}  // namespace

TEST_CASE("what looks like the only comment of a text may be in a literal") {
    const std::string tag = "/*request_id='a'*/";
    const RequestId wanted = of(tag, "request_id");
    REQUIRE(wanted != 0);
    for (const char* const before :
         {"SELECT 1 ", "SELECT $1 + a$1 ", "SELECT - 1 ", "SELECT 'b' ", "SELECT $b$c$b$ "}) {
        CAPTURE(before);
        CHECK(of(before + tag, "request_id") == wanted);
        CHECK(of(before + tag + " ; ", "request_id") == wanted);
    }
    for (const char* const before : {"SELECT '", "SELECT \"", "SELECT $b$ ", "SELECT $$ ", "-- "}) {
        CAPTURE(before);
        CHECK(of(before + tag, "request_id") == 0);
    }
    CHECK(of("SELECT 1 /*" + tag, "request_id") == 0);
    CHECK(of("SELECT 1 /* /* */ request_id='a' */", "request_id") == 0);
}

TEST_CASE("a loop over several sessions is led by the last list with as many rows") {
    Request request;
    request.run(articles, 20);
    for (std::uint32_t i = 1; i <= 20; ++i) {
        const std::optional<LoopKey> loop = request.run(detail, 1, i % 4);
        CHECK(loop.has_value() == (i == 10 || i == 20));
    }
    const std::vector<Loop> loops = request.loops();
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].key == LoopKey{articles, detail, Kind::select});
    CHECK(loops[0].statements == 20);
    CHECK(loops[0].round_trips == 20);
    CHECK(loops[0].sessions == 4);
    CHECK(loops[0].leader_rows == 20);
    CHECK(loops[0].transactions == 20);
    CHECK(loops[0].wait == 19 * 90);
    CHECK(loops[0].busy == 200);
    CHECK(loops[0].has_distinct_parameters);
    CHECK_FALSE(loops[0].is_by_values);
}

TEST_CASE("what a session does for others between two runs is no wait of the request") {
    Request request;
    request.run(articles, 20);
    for (int i = 0; i < 20; ++i) {
        // Its last statement, of whatever request, ended so long before.
        request.wait = {30, false, true};
        request.run(detail, 1);
    }
    // The session has been idle for longer than the request.
    for (int i = 0; i < 10; ++i) {
        request.wait = {5000, false, true};
        request.run(author, 1);
    }
    request.wait = {};
    request.run(author, 1);
    const std::vector<Loop> loops = request.loops();
    REQUIRE(loops.size() == 2);
    CHECK(loops[0].wait == 19 * 30);
    CHECK(loops[1].wait == 10 * 90);
}

TEST_CASE("a list of fewer rows than there are runs leads no longer") {
    Request request;
    request.run(articles, 12);
    for (int i = 0; i < 12; ++i) {
        request.run(detail, 1);
    }
    CHECK(request.loops()[0].key.leader == articles);
    CHECK(request.run(detail, 1) == LoopKey{0, detail, Kind::select});
    CHECK(request.loops()[0].key.leader == 0);
}

TEST_CASE("loops next to one another have one leader, and nested ones each their own") {
    Request request;
    request.run(articles, 20);
    for (int i = 0; i < 20; ++i) {
        request.run(detail, 3);
        request.run(author, 1);
    }
    for (const Loop& loop : request.loops()) {
        CHECK(loop.key.leader == articles);
    }
    Request nested;
    nested.run(articles, 12);
    for (int i = 0; i < 12; ++i) {
        nested.run(detail, 5);
        for (int j = 0; j < 5; ++j) {
            nested.run(author, 1);
        }
    }
    REQUIRE(nested.loops().size() == 2);
    CHECK(nested.loops()[0].key.leader == articles);
    CHECK(nested.loops()[1].key.leader == detail);
}

TEST_CASE("what one session has found out counts") {
    Request request;
    for (int i = 0; i < 20; ++i) {
        request.run(detail, 1, 3, articles);
    }
    REQUIRE(request.loops().size() == 1);
    CHECK(request.loops()[0].key.leader == articles);
    CHECK(request.loops()[0].is_by_values);
    request.run(detail, 1, 4, articles);
    CHECK_FALSE(request.loops()[0].is_by_values);
}

TEST_CASE("what a session has found by order alone holds for as many runs as the list has rows") {
    Request request;
    request.run(articles, 10);
    Statement insert;
    insert.id = detail;
    insert.kind = Kind::insert;
    for (std::uint32_t i = 0; i < 10; ++i) {
        insert.begin = request.now();
        insert.end = insert.begin + 10;
        request.run(insert, i % 2, articles);
    }
    REQUIRE(request.loops().size() == 1);
    CHECK(request.loops()[0].key.leader == articles);
    for (std::uint32_t i = 0; i < 10; ++i) {
        insert.begin = request.now();
        insert.end = insert.begin + 10;
        request.run(insert, i % 2, articles);
    }
    REQUIRE(request.loops().size() == 1);
    CHECK(request.loops()[0].key.leader == 0);
    CHECK(request.loops()[0].statements == 20);
}

TEST_CASE("pages, inserts of many and what was dismissed are no loops of a request") {
    Request request;
    Statement page;
    page.id = articles;
    page.rows = 5;
    for (int i = 0; i < 20; ++i) {
        page.begin = request.now();
        page.end = page.begin + 10;
        page.is_next_page = i > 0;
        const std::optional<LoopKey> loop = request.run(page, 0);
        CHECK((!loop || loop->kind == Kind::page));
    }
    CHECK(request.loops()[0].key == LoopKey{0, articles, Kind::page});
    Request inserts;
    Statement insert;
    insert.id = detail;
    insert.kind = Kind::insert;
    insert.rows = 2;
    for (int i = 0; i < 20; ++i) {
        CHECK_FALSE(inserts.run(insert, 0).has_value());
    }
    Request dismissed;
    for (int i = 0; i < 20; ++i) {
        if (dismissed.run(detail, 1)) {
            CHECK(i == 9);
            dismissed.episode().dismiss(detail);
        }
    }
    CHECK(dismissed.loops().empty());
}

TEST_CASE("the run that was not looked for is counted with the first that was") {
    Request request;
    request.run(articles, 20);
    request.earlier = {true, 9, 1, 0};
    request.run(detail, 1, 1);
    request.earlier = {};
    for (int i = 0; i < 18; ++i) {
        request.run(detail, 1, 2);
    }
    CHECK(request.loops()[0].statements == 20);
    CHECK(request.loops()[0].rows == 20);
    CHECK(request.loops()[0].transactions == 20);
    CHECK(request.loops()[0].sessions == 4);
}

TEST_CASE("statements that run in turn do not push one another out") {
    Request request;
    for (int turn = 0; turn < 12; ++turn) {
        for (QueryId id = 1; id <= 30; ++id) {
            request.is_repeated = turn > 0;
            request.run(id, 2);
        }
    }
    CHECK(request.loops().size() >= RequestEpisode::places - 1);
    for (const Loop& loop : request.loops()) {
        CHECK(loop.statements >= 11);
    }
}

TEST_CASE("a statement that has not run lately makes room, though it repeats") {
    Request request;
    request.is_repeated = true;
    for (QueryId id = 1; id <= RequestEpisode::places; ++id) {
        request.run(id, 1);
    }
    request.run(99, 1);
    CHECK_FALSE(request.is_counted());
    for (std::uint64_t i = 0; i <= RequestEpisode::lately; ++i) {
        request.run(2, 1);
    }
    request.run(99, 1);
    CHECK(request.is_counted());
}

TEST_CASE("transactions are counted once, though sessions take turns") {
    // The run that was not looked for was of the same transaction, or of one before it.
    for (const std::uint64_t before : {5, 4}) {
        for (const std::uint32_t session_before : {0, 1, 7}) {
            Request request;
            request.earlier = {true, session_before, 0,
                               RequestEpisode::hash_of_transaction(before)};
            Statement statement;
            statement.id = detail;
            for (std::uint32_t i = 0; i < 12; ++i) {
                statement.transaction = 5;
                statement.begin = request.now();
                statement.end = statement.begin + 10;
                request.run(statement, i % 3);
                request.earlier = {};
            }
            CHECK(request.loops()[0].statements == 13);
            const bool is_same = before == 5 && session_before != 7;
            CHECK(request.loops()[0].transactions == (is_same ? 3 : 4));
        }
    }
}

TEST_CASE("sessions that take turns have one transaction each, however many they are") {
    Request request;
    Statement statement;
    statement.id = detail;
    for (std::uint32_t i = 0; i < 48; ++i) {
        statement.transaction = 5;
        statement.begin = request.now();
        statement.end = statement.begin + 10;
        request.run(statement, i % 12);
    }
    CHECK(request.loops()[0].transactions == 12);
}

TEST_CASE("what is read in parts is in no loop of a request") {
    for (const std::uint64_t in_parts : {0U, 5U, 20U}) {
        Request request;
        request.run(articles, 20);
        for (std::uint32_t i = 0; i < 20; ++i) {
            request.run(detail, 1, i % 4);
            Statement part;
            part.id = detail;
            part.rows = 1;
            part.role = Statement::Role::next_part;
            part.begin = request.now();
            part.end = part.begin + 10;
            for (int j = 0; i < in_parts && j < 2; ++j) {
                request.run(part, i % 4);
            }
        }
        const std::vector<Loop> loops = request.loops();
        CHECK(loops.size() == (in_parts == 20 ? 0U : 1U));
        CHECK((loops.empty() || loops[0].statements == 20 - in_parts));
    }
}

TEST_CASE("the least recently used statement makes room, if it is in no loop") {
    Request request;
    for (QueryId id = 1; id <= 40; ++id) {
        request.run(id, 2);
        CHECK(request.is_counted());
    }
    Request full;
    for (QueryId id = 1; id <= RequestEpisode::places; ++id) {
        for (std::uint32_t i = 0; i < repeats; ++i) {
            full.run(id, 1);
        }
    }
    full.run(1000, 2);
    CHECK_FALSE(full.is_counted());
    CHECK(full.loops().size() == RequestEpisode::places);
}

TEST_CASE("a request that is restarted keeps what is looped over") {
    Request request;
    request.run(articles, 20);
    for (int i = 0; i < 10; ++i) {
        request.run(detail, 1);
    }
    CHECK_FALSE(request.episode().is_full(request.now()));
    CHECK(request.episode().is_full(request.now() + EpisodeClock::longest_episode));
    request.episode().restart();
    CHECK(request.loops().empty());
    for (int i = 0; i < 10; ++i) {
        request.run(detail, 1);
    }
    REQUIRE(request.loops().size() == 1);
    CHECK(request.loops()[0].key.leader == articles);
    CHECK(request.loops()[0].statements == 10);
    request.episode().begin_at_zero(detail);
    CHECK(request.loops().empty());
}

TEST_CASE("a transaction that goes on over a restart is counted once") {
    Request request;
    Statement statement;
    statement.id = detail;
    statement.transaction = 5;
    const auto run = [&] {
        for (int i = 0; i < 12; ++i) {
            statement.begin = request.now();
            statement.end = statement.begin + 10;
            request.run(statement, 1);
        }
    };
    run();
    CHECK(request.loops()[0].transactions == 1);
    request.episode().restart();
    run();
    CHECK(request.loops()[0].transactions == 0);
    request.episode().restart();
    statement.transaction = 6;
    run();
    CHECK(request.loops()[0].transactions == 1);
}

TEST_CASE("whatever a request runs, a loop has its repeats and no run is reported twice") {
    const unsigned seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int turn = 0; turn < 200; ++turn) {
        Request request;
        std::map<QueryId, std::uint64_t> unreported;
        const auto take_loops = [&] {
            for (const Loop& loop : request.loops()) {
                REQUIRE(loop.round_trips >= repeats);
                REQUIRE(loop.statements <= unreported[loop.key.repeated]);
                REQUIRE(loop.transactions <= loop.statements);
                REQUIRE(loop.busy >= 0);
                REQUIRE(loop.wait >= 0);
                REQUIRE(loop.first_seen <= loop.last_seen);
                unreported[loop.key.repeated] -= loop.statements;
            }
        };
        const unsigned different = 1 + random() % 30;
        for (int i = 0; i < 2000; ++i) {
            const QueryId id = 1 + random() % (1 + random() % different);
            request.earlier = {};
            if (random() % 200 == 0) {
                take_loops();
                request.episode().restart();
            }
            request.run(id, random() % 4, random() % 3, random() % 5 == 0 ? random() % 30 : 0);
            unreported[id] += request.is_counted() ? 1 : 0;
        }
        take_loops();
    }
}

TEST_CASE("the end of a list that may be cut") {
    const auto rest = [](const std::string& text) {
        const std::size_t end = end_of_list(text, {});
        return end == std::string::npos ? "" : text.substr(end);
    };
    CHECK(rest("SELECT a, b FROM t") == "FROM t");
    CHECK(rest("select a, (select b from s), extract(year from d) from t where 1") ==
          "from t where 1");
    CHECK(rest("WITH x AS (SELECT a FROM b) SELECT c FROM x") == "FROM x");
    CHECK(rest("SELECT a IS DISTINCT FROM b FROM t") == "FROM t");
    CHECK(rest("SELECT 'x from y', \"a from b\", t.from /* from */ FROM t") == "FROM t");
    CHECK(rest("UPDATE t SET a = 1, b = 2 WHERE id = 3") == "WHERE id = 3");
    CHECK(rest("INSERT INTO t VALUES (1)").empty());
    CHECK(rest("SELECT 1").empty());
    CHECK(rest("DELETE FROM t WHERE a").empty());
    CHECK(rest("SELECT 'unclosed FROM t").empty());
}

}  // namespace onetrip::roundtrip::test
