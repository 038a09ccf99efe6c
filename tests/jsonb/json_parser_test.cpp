#include "jsonb/json_parser.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "bytes.hpp"
#include "jsonb/jsonb.hpp"
#include "native_order.hpp"

namespace onetrip::jsonb::test {

namespace {

std::string hex_of(std::string_view text) {
    return to_hex(parse_json(text));
}

/// The phrase of the error, or nothing where the text is accepted.
std::string error_of(std::string_view text) {
    // A copy without a terminating zero, so that the sanitizers see a read past the end.
    const std::vector<char> copy(text.begin(), text.end());
    try {
        parse_json({copy.data(), copy.size()});
    } catch (const JsonError& error) {
        return error.what();
    }
    return {};
}

std::string bytes(std::string_view hex) {
    return to_hex(native_document(from_hex(hex)));
}

std::string string_of(std::string_view text) {
    const Bytes document = parse_json(text);
    return std::string(Value::root(document).string());
}

}  // namespace

TEST_CASE("documents written down byte by byte") {
    CHECK(hex_of("null") == bytes("01000050 000000c0"));
    CHECK(hex_of(" true\n") == bytes("01000050 000000b0"));
    CHECK(hex_of("\"abc\"") == bytes("01000050 03000080 616263"));
    CHECK(hex_of("7") == bytes("01000050 08000090 20000000 0080 0700"));
    CHECK(hex_of("[]") == bytes("00000040"));
    CHECK(hex_of("{}") == bytes("00000020"));
    CHECK(hex_of("{\"cc\":\"x\",\"a\":1,\"bb\":[true,null]}") ==
          bytes("03000020 01000080 02000000 02000000 0b000010 0c000050 01000000"
                "61 6262 6363 000000 20000000 0080 0100 02000040 000000b0 00000040 78"));
}

TEST_CASE("of equal keys the last wins") {
    CHECK(hex_of(R"({"a":1,"a":2})") == hex_of(R"({"a":2})"));
    CHECK(hex_of(R"({"a":{"x":[1]},"b":0,"\u0061":null,"b":1})") == hex_of(R"({"a":null,"b":1})"));
}

TEST_CASE("a key that is there twice is refused at any depth, if that is asked for") {
    const auto key_of = [](std::string_view text) -> std::string {
        try {
            parse_json(text, DuplicateKeys::refused);
        } catch (const DuplicateKeyError& error) {
            return error.key();
        }
        return "(none)";
    };
    CHECK(key_of(R"({"a":1,"a":2})") == "a");
    CHECK(key_of(R"({"b":1,"a":1,"\u0062":1})") == "b");
    CHECK(key_of(R"([1,{"x":[{"":0,"c":null,"":1}]}])").empty());
    CHECK(key_of(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})") == "(none)");
    std::string deep;
    for (int level = 0; level < 10000; ++level)
        deep += R"({"k":)";
    deep += R"({"inner":1,"inner":1})" + std::string(10000, '}');
    CHECK(key_of(deep) == "inner");

    const DuplicateKeyError long_key(std::string(59, 'x') + "\u00e9y");
    CHECK(std::string(long_key.what()) ==
          "the key \"" + std::string(59, 'x') + "...\" is there twice in one object");
    CHECK(parse_json(R"({"b":1,"a":2})", DuplicateKeys::refused) == parse_json(R"({"a":2,"b":1})"));
}

TEST_CASE("keys that are there twice are found in time, and interrupts taken") {
    constexpr int count = 400'000;  // where comparing each with each would take many minutes
    std::string text = "{";
    for (int i = 0; i < count; ++i)
        text += "\"key" + std::to_string((i * 7919LL) % count) + "\":1,";
    CHECK_NOTHROW(parse_json(text + "\"z\":1}", DuplicateKeys::refused));
    CHECK_THROWS_AS(parse_json(text + "\"key77\":1}", DuplicateKeys::refused), DuplicateKeyError);

    struct Ended {};
    const Interrupt end = [] { throw Ended{}; };
    CHECK_THROWS_AS(parse_json(text + "\"z\":1}", DuplicateKeys::last_wins, end), Ended);
}

TEST_CASE("escapes") {
    CHECK(string_of(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    CHECK(string_of(R"("x\u0041y\u00e9\u20AC")") == "xAy\u00e9\u20ac");
    CHECK(string_of(R"("\ud83d\uDE00")") == "\U0001F600");
    CHECK(string_of(R"("\uDBFF\uDFFF\uFFFF\u0001")") == "\U0010FFFF\uFFFF\x01");
}

TEST_CASE("documents as the server makes them") {
    const Bytes vectors = parse_json(read_vectors("jsonb.json"));
    std::size_t count = 0;
    for (const Value row : Value::root(vectors).array()) {
        const std::string text(row.object().find("text")->string());
        CAPTURE(text);
        CHECK(hex_of(text) == bytes(row.object().find("jsonb")->string()));
        ++count;
    }
    CHECK(count == 200);
}

TEST_CASE("what is no JSON is refused with the byte") {
    CHECK(error_of("") == "unexpected end of text at byte 0");
    CHECK(error_of("[1, 2") == "unexpected end of text at byte 5");
    CHECK(error_of(R"({"a": [1, 2, 3],})") == "unexpected \"}\" at byte 16");
    CHECK(error_of("[1,]") == "unexpected \"]\" at byte 3");
    CHECK(error_of("[,1]") == "unexpected \",\" at byte 1");
    CHECK(error_of("[1 2]") == "unexpected \"2\" at byte 3");
    CHECK(error_of("[1}") == "unexpected \"}\" at byte 2");
    CHECK(error_of("{1:2}") == "unexpected \"1\" at byte 1");
    CHECK(error_of(R"({"a" "b"})") == "unexpected string at byte 5");
    CHECK(error_of("nul") == "unexpected \"nul\" at byte 0");
    CHECK(error_of("[True]") == "unexpected \"True\" at byte 1");
    CHECK(error_of("1 x") == "unexpected \"x\" at byte 2");
    CHECK(error_of("\xc3\xa9") == "unexpected \"\xc3\xa9\" at byte 0");
    CHECK(error_of(std::string_view("\0", 1)) == "unexpected byte 0x00 at byte 0");
    CHECK(error_of("[\v]") == "unexpected byte 0x0b at byte 1");
    CHECK(error_of(std::string(100, 'z')) ==
          "unexpected \"" + std::string(32, 'z') + "\" at byte 0");
}

TEST_CASE("numbers outside the grammar or the range are refused") {
    for (const char* number : {"-", "01", "-01", "1.", "1.e5", "1e", "1e+", "1x", "0x10", "1.2.3"})
        CHECK(error_of(number) == std::string("invalid number \"") + number + "\" at byte 0");
    CHECK(error_of(".5") == "unexpected \".5\" at byte 0");
    CHECK(error_of("+1") == "unexpected \"+1\" at byte 0");
    CHECK(error_of("[NaN]") == "unexpected \"NaN\" at byte 1");

    const std::string overflow = "value overflows numeric format at byte 1";
    CHECK(error_of("[1e131072]") == overflow);
    CHECK(error_of("[1e400000]") == overflow);
    CHECK(error_of("[1e-16384]") == overflow);
    CHECK(error_of("[0e-16384]") == overflow);
    CHECK(error_of("[0e1073741823]") == overflow);
    CHECK(error_of("[1e99999999999999999999999]") == overflow);
    CHECK(error_of("[1e-99999999999999999999999]") == overflow);
    CHECK(error_of(R"({"a":1e999999,"a":1})") == "value overflows numeric format at byte 5");
    for (const char* number : {"1e131071", "1e-16383", "1e400", "0e1073741822", "-0e+7"})
        CHECK(error_of(number).empty());
}

TEST_CASE("strings that text has no place for are refused") {
    CHECK(error_of("[\"ab") == "unterminated string at byte 1");
    CHECK(error_of("\"ab\\") == "unterminated string at byte 3");
    CHECK(error_of("\"a\\\"") == "unterminated string at byte 0");
    CHECK(error_of("\"a\nb\"") == "control character 0x0a in a string at byte 2");
    CHECK(error_of(R"("a\q")") == "invalid escape \"\\q\" at byte 2");
    CHECK(error_of("\"\\\x01\"") == "invalid escape at byte 1");
    CHECK(error_of(R"("\u12g4")") == "\"\\u\" without four hexadecimal digits at byte 1");
    CHECK(error_of("\"\\u12") == "\"\\u\" without four hexadecimal digits at byte 1");
    CHECK(error_of(R"("a\u0000")") == "\\u0000 cannot be converted to text at byte 2");
    CHECK(error_of(R"("\udc00")") == "low surrogate without a high surrogate before it at byte 1");
    for (const char* text : {R"("\ud800")", R"("\ud800x")", R"("\ud800\n")", R"("\ud800\ud800")"})
        CHECK(error_of(text) == "high surrogate without a low surrogate after it at byte 1");
}

TEST_CASE("invalid UTF-8 is refused") {
    for (const char* text : {"\"\x80\"", "\"\xc0\x80\"", "\"\xc3\"", "\"\xe0\x9f\xbf\"",
                             "\"\xed\xa0\x80\"", "\"\xf0\x8f\xbf\xbf\"", "\"\xf4\x90\x80\x80\"",
                             "\"\xf5\x80\x80\x80\"", "\"\xe2\x82\"", "\"\xe2\x82"})
        CHECK(error_of(text) == "invalid UTF-8 at byte 1");
    CHECK(error_of("[\xff]") == "invalid UTF-8 at byte 1");
    CHECK(string_of("\"\xf4\x8f\xbf\xbf\xee\x80\x80\xed\x9f\xbf\"") ==
          "\xf4\x8f\xbf\xbf\xee\x80\x80\xed\x9f\xbf");
}

TEST_CASE("any depth") {
    constexpr std::size_t depth = 100000;
    const Bytes document = parse_json(std::string(depth, '[') + std::string(depth, ']'));
    Value value = Value::root(document);
    std::size_t levels = 1;
    for (; value.array().size() > 0; ++levels)
        value = *value.array().begin();
    CHECK(levels == depth);

    std::string objects;
    for (std::size_t level = 0; level < depth; ++level)
        objects += "{\"a\":";
    const Bytes nested = parse_json(objects + "1" + std::string(depth, '}'));
    value = Value::root(nested);
    for (std::size_t level = 0; level < depth; ++level)
        value = *value.object().find("a");
    CHECK(value.numeric().to_text() == "1");

    CHECK(error_of(std::string(depth, '[')) == "unexpected end of text at byte 100000");
}

// Some 300 MB each, so by name only: "[limits]".
TEST_CASE("the greatest document is 2^28 - 1 bytes", "[.limits]") {
    constexpr std::size_t most = 268435455;
    const auto quoted = [](std::size_t size) { return '"' + std::string(size, 'a') + '"'; };
    CHECK(parse_json(quoted(most - 8)).size() == most);
    CHECK(error_of(quoted(most - 7)) ==
          "total size of jsonb array elements exceeds the maximum of 268435455 bytes");
    CHECK(parse_json("{\"a\":" + quoted(most - 13) + '}').size() == most);
    CHECK(error_of("{\"a\":" + quoted(most - 12) + '}') ==
          "total size of jsonb object elements exceeds the maximum of 268435455 bytes");
}

}  // namespace onetrip::jsonb::test
