#include "roundtrip/lexable_prefix.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace onetrip::roundtrip::test {

namespace {

/// What is left of a text that is whole.
std::string whole(std::string_view text, LiteralRules rules = {}) {
    return std::string(text.substr(0, lexable_prefix(text, false, rules)));
}

/// What is left of a text that has been cut at its end.
std::string cut(std::string_view text) {
    return std::string(text.substr(0, lexable_prefix(text, true, {})));
}

}  // namespace

TEST_CASE("a whole statement stays whole") {
    for (const char* const text :
         {"", "SELECT 1", "SELECT 'it''s', \"a \"\"b\"\" c\" FROM t", "SELECT E'a\\n''b' || 'x'",
          "SELECT $1, $2::text", "SELECT $$it's$$, $tag$ $$ $tag$", "SELECT 1 -- it's",
          "SELECT 1 /* it's /* \"nested */ */ + 1", "SELECT B'01', X'ff', N'x', U&'\\0041'",
          "SELECT 'a\\'", "INSERT INTO t VALUES (1, 'été')", "SELECT e.e'x' FROM e"}) {
        CHECK(whole(text) == text);
    }
}

TEST_CASE("what is not closed is left out") {
    CHECK(whole("SELECT 'abc") == "SELECT ");
    CHECK(whole("SELECT f('a', 'abc''") == "SELECT f('a', ");
    CHECK(whole("SELECT \"abc") == "SELECT ");
    CHECK(whole("SELECT 1 /* /* */") == "SELECT 1 ");
    CHECK(whole("SELECT $a$ $b$ $$") == "SELECT ");
    CHECK(whole("SELECT E'abc\\") == "SELECT ");
}

TEST_CASE("a literal that another setting reads otherwise is left out") {
    const LiteralRules not_conforming = {false, true};
    CHECK(whole("SELECT 'a\\', 1", not_conforming) == "SELECT ");
    CHECK(whole("SELECT 'a\\', ' 1", not_conforming) == "SELECT 'a\\', ' 1");
    CHECK(whole("SELECT 'a\\n', 1", not_conforming) == "SELECT 'a\\n', 1");
    CHECK(whole("SELECT U&'x'", not_conforming) == "SELECT ");
    const LiteralRules without_escaped_quotes = {true, false};
    CHECK(whole("SELECT E'it\\'s', 1") == "SELECT E'it\\'s', 1");
    CHECK(whole("SELECT E'it\\'s', 1", without_escaped_quotes) == "SELECT ");
    CHECK(whole("SELECT E'a\\\\', 'a\\', 1", without_escaped_quotes) ==
          "SELECT E'a\\\\', 'a\\', 1");
}

TEST_CASE("a literal that may have been read by either setting is left out if they differ") {
    constexpr LiteralRules either{true, true, true};
    for (const char* const text :
         {"SELECT 'abc'", "SELECT 'C:\\users\\x' || '\\d+'", "SELECT 'a\\\\'", "SELECT U&'\\0041'",
          "SELECT E'it\\'s'", "SELECT \"a\\\""}) {
        CAPTURE(text);
        CHECK(whole(text, either) == text);
    }
    CHECK(whole("SELECT 1, 'abc\\' || 'x' || $1", either) == "SELECT 1, ");
    CHECK(whole("SELECT 1, 'it\\'s', 'x'", either) == "SELECT 1, ");
    CHECK(whole("SELECT 1, 'abc\\'", either) == "SELECT 1, ");
    CHECK(whole("SELECT 1, 'abc\\'") == "SELECT 1, 'abc\\'");
}

TEST_CASE("a literal with escapes has them in its next part too") {
    for (const char* const text :
         {"SELECT E'a'\n'b\\' , c', d", "SELECT e'a' -- '\n -- b\n 'b\\' , c', d",
          "SELECT E'a' 'b', c", "SELECT E'a' /* \n */ , 'b\\' , c"}) {
        CAPTURE(text);
        CHECK(whole(text) == text);
    }
    CHECK(whole("SELECT 1, E'a'\n'b\\' , c") == "SELECT 1, ");
    CHECK(whole("SELECT 1, E'a' -- x\n\n'b\\' , c") == "SELECT 1, ");
    CHECK(whole("SELECT E'a' 'b\\' , c") == "SELECT E'a' 'b\\' , c");
}

TEST_CASE("a text that was cut ends with a whole word") {
    CHECK(cut("SELECT abc, de") == "SELECT abc, ");
    CHECK(cut("SELECT abc, de ") == "SELECT abc, de ");
    CHECK(cut("SELECT 0x") == "SELECT ");
    CHECK(cut("SELECT 1e") == "SELECT ");
    CHECK(cut("SELECT (E") == "SELECT (");
    CHECK(cut("SELECT ('a'") == "SELECT (");
    CHECK(cut("SELECT") == "");
    CHECK(cut("SELECT 1 -- it's the ") == "SELECT 1 -- it's the ");
}

TEST_CASE("the comments before a statement are found from its beginning") {
    // Each text ends with the statement "S".
    const auto with_comments = [](std::string_view text) {
        return std::string(text.substr(begin_with_comments(text, text.size() - 1)));
    };
    for (const std::string all :
         {"S", "/* a */ S", "/* a *//* b */\n\t S", "/* a /* b */ c */ S", "/**/S", "/* -- */\nS",
          "-- a\nS", "-- a */\n S", "-- a\n/* b */ S", "-- a\r\n-- b\r\nS"}) {
        CAPTURE(all);
        CHECK(with_comments(all) == all);
        CHECK(with_comments(" \n " + all) == all);
        CHECK(with_comments("T;\n" + all) == all);
    }
    // What is no comment, or begins on the line of something else.
    for (const char* const text : {"S;S", "*/S", "/*/S", "-- a S", "T; -- a\nS",
                                   "/* a */; -- b */\nS", "T '/*', 1 */ 2; S"}) {
        CAPTURE(text);
        CHECK(with_comments(text) == "S");
    }
    // From 18 on a statement is located after its comments, and what looks like one may be the end
    // of a literal before it.
    for (const char* const text :
         {"T 'x\n-- a');\nS", "T 'x\n-- a'); -- it's; b\nS", "T 'x\n-- a' ;/* b */\nS",
          "T \"x\n-- a\";\nS", "T $$x\n-- a$$;\nS", "T /* x\n-- a */;\nS", "T '/* a'; -- b */\nS",
          "T '/* a\n b'; -- c */\nS"}) {
        CAPTURE(text);
        const std::string found = with_comments(text);
        CHECK((found == "S" || found == "/* b */\nS"));
    }
    for (const std::string all :
         {"-- it's; so\nS", "-- a; b\nS", "-- a;\nS", "/* 'a'; */\nS", "/* 'a';\n b -- c */\nS",
          "/* 'a'; -- b */ S", "/* 'a'; -- b\n c */\nS"}) {
        CAPTURE(all);
        CHECK(with_comments("T;\n" + all) == all);
    }
    CHECK(with_comments("/*" + std::string(4080, 'x') + "*/S").size() == 4085);
    CHECK(with_comments("/*" + std::string(5000, 'x') + "*/S") == "S");
    CHECK(begin_with_comments("", 0) == 0);
}

TEST_CASE("a text of many words can be interrupted") {
    static int calls = 0;
    struct Cancelled {};
    std::string text = "SELECT id FROM t WHERE id IN (1";
    for (int i = 0; i < 100'000; ++i) {
        text += ", 1";
    }
    text += ')';
    CHECK(lexable_prefix(text, false, {}, [] { ++calls; }) == text.size());
    CHECK(calls > 10);
    CHECK_THROWS_AS(lexable_prefix(text, false, {}, [] { throw Cancelled(); }), Cancelled);
}

}  // namespace onetrip::roundtrip::test
