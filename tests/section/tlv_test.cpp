#include "section/types/tlv.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "rows.hpp"

namespace onetrip::section::test {

namespace {

const std::string unbounded = "* tlv(8,8)";

Row jsonb_row(std::string_view text) {
    Row row;
    row.jsonb("v", text);
    return row;
}

/// The items as jsonb, as json and inside a JSON row: the same bytes.
std::string items(std::string_view text, const std::string& type = unbounded) {
    const std::string bytes = section_of_field(type, jsonb_row(text));
    Row json;
    json.json("v", text);
    CHECK(section_of_field(type, json) == bytes);
    CHECK(section_of_field(type, Row::of_json("{\"v\": " + std::string(text) + "}")) == bytes);
    return bytes;
}

Failure bad_items(std::string_view text, const std::string& type = unbounded) {
    const Failure found = failure_of_field(type, jsonb_row(text));
    CHECK(found.field == "v");
    CHECK(found.message.find("field \"v\"") != std::string::npos);
    CHECK(found.message.find("layout \"x\"") != std::string::npos);
    return found;
}

void check_invalid(std::string_view text, const std::string& fragment,
                   const std::string& type = unbounded) {
    INFO(text);
    const Failure found = bad_items(text, type);
    CHECK(found.kind == ErrorKind::invalid_value);
    CHECK_THAT(found.detail, Catch::Contains(fragment));
}

void check_range(std::string_view text, const std::string& fragment,
                 const std::string& type = unbounded) {
    INFO(text);
    const Failure found = bad_items(text, type);
    CHECK(found.kind == ErrorKind::out_of_range);
    CHECK_THAT(found.detail, Catch::Contains(fragment));
}

std::string text_item(std::size_t size) {
    return R"([{"tag": 1, "value": ")" + std::string(size, 'a') + "\"}]";
}

/// `levels` arrays of one item, one inside the other.
std::string nested_arrays(std::size_t levels) {
    return repeated(R"([{"tag":1,"value":)", levels) + "null" + repeated("}]", levels);
}

std::string nested_objects(std::size_t levels) {
    return repeated(R"({"1":)", levels) + "null" + repeated("}", levels);
}

/// How the walk goes on after an overflow.
struct Walk {
    explicit Walk(std::string_view text) : value(row.jsonb("v", text).values(layout).front()) {}

    Plan layout = plan_of(one_field(unbounded));
    Row row;
    Value value;
    TlvItems items{value, TlvFormat{}};
};

}  // namespace

TEST_CASE("NULL and nothing give no bytes", "[tlv]") {
    CHECK(section_of_field(unbounded, Row().null("v")).empty());
    CHECK(items("[]").empty());
    CHECK(items("{}").empty());
    CHECK(items("null").empty());
    CHECK(section_of_field(unbounded, Row::of_json(R"({"v": null})")).empty());
    CHECK(failure_of_field(unbounded, Row::of_json("{}")).kind == ErrorKind::null_not_allowed);
}

TEST_CASE("other JSON than an array or an object is an error", "[tlv]") {
    for (const char* const text : {"1", "\"x\"", "true", "\"\""}) {
        check_invalid(text, "neither an array nor an object");
    }
    check_invalid("[1]", "is no item");
    check_invalid("[[]]", "is no item");
    check_invalid("[null]", "is no item");
}

TEST_CASE("other SQL types than jsonb and json are an error", "[tlv]") {
    CHECK(failure_of_field(unbounded, Row().text("v", "[]")).kind == ErrorKind::invalid_value);
    CHECK(failure_of_field(unbounded, Row().integer("v", 1)).kind == ErrorKind::invalid_value);
    const Failure found = failure_of_field(unbounded, Row().json("v", "[{]"));
    CHECK(found.kind == ErrorKind::invalid_value);
    CHECK_THAT(found.detail, Catch::Contains("is not valid JSON"));
}

TEST_CASE("values by their JSON kind", "[tlv]") {
    CHECK(items(R"([{"tag": 1, "value": "é!"}])") == "0103c3a921");
    CHECK(items(R"([{"tag": 1, "value": ""}])") == "0100");
    CHECK(items(R"([{"tag": 1, "value": true}, {"tag": 2, "value": false}])") == "010101020100");
    CHECK(items(R"([{"tag": 255, "value": null}])") == "ff00");
    CHECK(items(R"([{"value": "z", "tag": 0}])") == "00017a");
}

TEST_CASE("integers take the fewest of 1, 2, 4 or 8 bytes", "[tlv]") {
    struct Case {
        const char* number;
        const char* bytes;
    };
    for (const Case& c :
         {Case{"0", "010100"}, Case{"255", "0101ff"}, Case{"256", "01020100"},
          Case{"65535", "0102ffff"}, Case{"65536", "010400010000"},
          Case{"4294967295", "0104ffffffff"}, Case{"4294967296", "01080000000100000000"},
          Case{"18446744073709551615", "0108ffffffffffffffff"}, Case{"1.0", "010101"},
          Case{"1e2", "010164"}, Case{"2560e-1", "01020100"}, Case{"-0", "010100"},
          Case{"-0.0", "010100"}}) {
        INFO(c.number);
        CHECK(items(std::string(R"([{"tag":1,"value":)") + c.number + "}]") == c.bytes);
    }
    check_range(R"([{"tag":7,"value":18446744073709551616}])", "item with tag 7");
    check_range(R"([{"tag":7,"value":1e400}])", "64 bits");
    check_invalid(R"([{"tag":7,"value":1.5}])", "fraction");
    check_invalid(R"([{"tag":7,"value":-1}])", "needs a size");
}

TEST_CASE("integers of a size", "[tlv]") {
    CHECK(items(R"([{"tag":1,"value":5,"size":3}])") == "0103000005");
    CHECK(items(R"([{"tag":1,"value":255,"size":1}])") == "0101ff");
    CHECK(items(R"([{"tag":1,"value":-1,"size":1}])") == "0101ff");
    CHECK(items(R"([{"tag":1,"value":-128,"size":1}])") == "010180");
    CHECK(items(R"([{"tag":1,"value":-129,"size":2}])") == "0102ff7f");
    CHECK(items(R"([{"tag":1,"value":1e2,"size":2.0}])") == "01020064");
    CHECK(items(R"([{"tag":1,"value":-9223372036854775808,"size":8}])") == "01088000000000000000");
    CHECK(items(R"([{"tag":1,"value":18446744073709551615,"size":8}])") == "0108ffffffffffffffff");
    check_range(R"([{"tag":9,"value":256,"size":1}])", "item with tag 9");
    check_range(R"([{"tag":9,"value":-129,"size":1}])", "size of 1");
    check_range(R"([{"tag":9,"value":-9223372036854775809,"size":8}])", "size of 8");
    check_range(R"([{"tag":9,"value":18446744073709551616,"size":8}])", "item with tag 9");
    check_invalid(R"([{"tag":9,"value":1.5,"size":8}])", "fraction");
    for (const char* const size : {"0", "9", "-1", "1.5", "\"1\"", "null", "true", "1e30"}) {
        check_invalid(std::string(R"([{"tag":1,"value":1,"size":)") + size + "}]",
                      "size of 1 to 8");
    }
    for (const char* const value : {"\"a\"", "true", "null", "[]"}) {
        check_invalid(std::string(R"([{"tag":1,"size":1,"value":)") + value + "}]",
                      "not an integer");
    }
}

TEST_CASE("bytes in hexadecimal digits and base64", "[tlv]") {
    CHECK(items(R"([{"tag":5,"hex":"deAD"}])") == "0502dead");
    CHECK(items(R"([{"tag":5,"hex":""}])") == "0500");
    CHECK(items(R"([{"tag":5,"base64":"3q0="}])") == "0502dead");
    CHECK(items(R"([{"tag":5,"base64":"+/8A"}])") == "0503fbff00");
    CHECK(items(R"([{"tag":5,"base64":"/w=="}])") == "0501ff");
    CHECK(items(R"([{"tag":5,"base64":""}])") == "0500");
    for (const char* const hex :
         {"\"d\"", "\"de ad\"", "\"\\\\xde\"", "\"0g\"", "\"é\"", "1", "null", "\"dead \"", "[]"}) {
        check_invalid(std::string(R"([{"tag":5,"hex":)") + hex + "}]", "hexadecimal");
    }
    for (const char* const base64 :
         {"\"3q0\"", "\"3q0=\\n\"", "\"3q 0=\"", "\"3q1=\"", "\"3q==\"", "\"====\"", "\"=\"",
          "\"A===\"", "\"3q0=3q0=\"", "\"-_8A\"", "1", "null"}) {
        check_invalid(std::string(R"([{"tag":5,"base64":)") + base64 + "}]", "base64");
    }
}

TEST_CASE("tags", "[tlv]") {
    const auto tagged = [](const char* tag) {
        return std::string(R"([{"tag": )") + tag + R"(, "value": null}])";
    };
    for (const char* const tag : {"128", "128.0", "1.28e2", "\"128\"", "\"0x80\"", "\"0128\""}) {
        CHECK(items(tagged(tag)) == "8000");
    }
    CHECK(items(tagged("\"0xfF\"")) == "ff00");
    CHECK(items(tagged("0")) == "0000");
    CHECK(items(tagged("65535"), "* tlv(16,8)") == "ffff00");
    for (const char* const tag :
         {"256", "-1", "1e30", "\"256\"", "\"0x100\"", "\"99999999999999999999999\""}) {
        check_range(tagged(tag), "outside 0 to 255");
    }
    check_range(tagged("65536"), "outside 0 to 65535", "* tlv(16,8)");
    check_invalid(tagged("1.5"), "fraction");
    for (const char* const tag :
         {"null", "true", "[]", "{}", "\"\"", "\"0x\"", "\"x80\"", "\" 1\"", "\"1 \"", "\"+1\"",
          "\"-1\"", "\"1.0\"", "\"0b1\"", "\"80h\"", "\"1e2\""}) {
        check_invalid(tagged(tag), "is not a tag");
    }
}

TEST_CASE("keys of an item", "[tlv]") {
    check_invalid(R"([{"value": 1}])", "without tag");
    check_invalid(R"([{}])", "without tag");
    check_invalid(R"([{"tag": 3}])", "item with tag 3");
    check_invalid(R"([{"tag": 3, "size": 1}])", "item with tag 3");
    check_invalid(R"([{"tag": 3, "value": 1, "hex": ""}])", "item with tag 3");
    check_invalid(R"([{"tag": 3, "base64": "", "hex": ""}])", "item with tag 3");
    check_invalid(R"([{"tag": 3, "value": null, "base64": ""}])", "item with tag 3");
    check_invalid(R"([{"tag": 3, "hex": "00", "size": 1}])", "value only");
    check_invalid(R"([{"tag": 3, "base64": "", "size": 1}])", "value only");
    check_invalid(R"([{"tag": 3, "value": 1, "Value": 1}])", "\"Value\"");
    check_invalid(R"([{"tag": 3, "value": 1, "comment": ""}])", "\"comment\"");
}

TEST_CASE("an object is its items in order of tag", "[tlv]") {
    CHECK(items(R"({"0x81": 2, "9": 1, "128": "z"})") == "09010180017a810102");
    CHECK(items(R"({"10": null, "9": null, "0x0": null})") == "000009000a00");
    CHECK(items(R"({"1": [], "2": {"4": null, "3": null}})") == "0100020403000400");
    check_invalid(R"({"128": 1, "0x80": 2})", "128");
    check_invalid(R"({"1": 1, "01": 2})", "twice");
    check_invalid(R"({"x": 1})", "is not a tag");
    check_invalid(R"({"tag": 1, "value": 2})", "is not a tag");
    check_range(R"({"256": 1})", "outside 0 to 255");
}

TEST_CASE("an array keeps its order and may repeat tags", "[tlv]") {
    CHECK(items(R"([{"tag":9,"value":1},{"tag":1,"value":2},{"tag":9,"value":1}])") ==
          "090101010102090101");
}

TEST_CASE("lengths of every form at their boundaries", "[tlv]") {
    const auto head = [](std::size_t size, const char* type) {
        const std::string bytes = items(text_item(size), type);
        const std::size_t digits = bytes.size() - 2 * size;
        CHECK(bytes.substr(digits) == repeated("61", size));
        return bytes.substr(0, digits);
    };
    CHECK(head(255, "* tlv(8,8)") == "01ff");
    CHECK(head(255, "* tlv(16,8)") == "0001ff");
    CHECK(head(256, "* tlv(8,16)") == "010100");
    CHECK(head(4092, "* tlv(16,16)") == "00010ffc");
    CHECK(head(0, "* tlv(8,ber)") == "0100");
    CHECK(head(127, "* tlv(8,ber)") == "017f");
    CHECK(head(128, "* tlv(8,ber)") == "018180");
    CHECK(head(255, "* tlv(8,ber)") == "0181ff");
    CHECK(head(256, "* tlv(8,ber)") == "01820100");
    CHECK(head(4092, "* tlv(8,ber)") == "01820ffc");
    CHECK(head(4091, "* tlv(16,ber)") == "0001820ffb");
}

TEST_CASE("a value longer than its length can say", "[tlv]") {
    check_invalid(text_item(256), "item with tag 1", "* tlv(8,8)");
    check_invalid(text_item(65'536), "item with tag 1", "* tlv(8,16)");
    check_invalid(text_item(70'000), "item with tag 1", "* tlv(16,8)");
    const std::string inner = R"({"tag":2,"value":")" + std::string(126, 'a') + "\"}";
    check_invalid("[{\"tag\":77,\"value\":[" + inner + "," + inner + "]}]", "item with tag 77");
    CHECK(items("[{\"tag\":77,\"value\":[" + inner + "]}]").substr(0, 8) == "4d80027e");
}

TEST_CASE("items that overflow the largest section", "[tlv]") {
    check_invalid(text_item(4093), "4096 bytes", "* tlv(8,ber)");
    check_invalid(text_item(4094), "4096 bytes", "* tlv(8,16)");
    check_invalid(text_item(65'535), "4096 bytes", "* tlv(8,16)");
    check_invalid(text_item(70'000), "4096 bytes", "* tlv(8,ber)");
}

TEST_CASE("nested items with BER lengths", "[tlv]") {
    const auto nested = [](std::size_t size) {
        const std::string text = R"([{"tag":1,"value":[{"tag":2,"value":")" +
                                 std::string(size, 'a') + R"("}]},{"tag":3,"value":null}])";
        const std::string bytes = items(text, "* tlv(8,ber)");
        CHECK(bytes.substr(bytes.size() - 2 * size - 4) == repeated("61", size) + "0300");
        return bytes.substr(0, bytes.size() - 2 * size - 4);
    };
    CHECK(nested(125) == "017f027d");
    CHECK(nested(126) == "018180027e");
    CHECK(nested(127) == "018181027f");
    CHECK(nested(128) == "018183028180");
    CHECK(nested(252) == "0181ff0281fc");
    CHECK(nested(253) == "018201000281fd");
    CHECK(nested(4000) == "01820fa402820fa0");
}

TEST_CASE("a nested item whose longer length no longer fits", "[tlv]") {
    const auto nested = [](std::size_t size) {
        return R"([{"tag":1,"value":[{"tag":2,"hex":")" + repeated("00", size) + "\"}]}]";
    };
    const std::string layout = "x (max 200) {\n v * tlv(8,ber)\n}";
    CHECK(section(layout, jsonb_row(nested(194))).size() == 400);
    CHECK_THAT(failure(layout, jsonb_row(nested(195))).detail, Catch::Contains("200 bytes"));
    CHECK_THAT(failure(layout, jsonb_row(nested(196))).detail, Catch::Contains("200 bytes"));
}

TEST_CASE("deep nesting up to what a section holds", "[tlv]") {
    CHECK(items(nested_arrays(3)) == "010401020100");
    CHECK(items(nested_arrays(128)).size() == 2 * 256);
    check_invalid(nested_arrays(129), "item with tag 1");
    CHECK(items(nested_objects(1365), "* tlv(8,16)").size() == 2 * 4095);
    CHECK(items(nested_arrays(1365), "* tlv(8,16)").substr(0, 12) == "010ffc010ff9");
    check_invalid(nested_arrays(1366), "4096 bytes", "* tlv(8,16)");
    check_invalid(nested_arrays(2048), "4096 bytes", "* tlv(8,ber)");
    const std::string deepest = items(nested_arrays(1055), "* tlv(8,ber)");
    CHECK(deepest.substr(deepest.size() - 4) == "0100");
}

TEST_CASE("nesting far beyond what a section holds is an error", "[tlv]") {
    for (const char* const type : {"* tlv(8,8)", "* tlv(16,16)", "* tlv(8,ber)"}) {
        for (const std::string& text : {nested_arrays(50'000), nested_objects(50'000)}) {
            CHECK(failure_of_field(type, jsonb_row(text)).kind == ErrorKind::invalid_value);
            CHECK(failure("x {\n v " + std::string(type) + " split\n}", jsonb_row(text)).kind ==
                  ErrorKind::invalid_value);
        }
    }
}

TEST_CASE("an item that overflows leaves writer and walk where they were", "[tlv]") {
    Walk walk(R"([{"tag":1,"value":"ab"},{"tag":2,"value":"cde"},{"tag":3,"value":null}])");
    Bytes room(8);
    ByteWriter writer(room.data(), room.size());
    walk.items.write_next(writer);
    CHECK(writer.size() == 4);
    walk.items.write_next(writer);
    CHECK(writer.overflowed());
    CHECK(writer.size() == 4);
    CHECK_FALSE(walk.items.at_end());
    CHECK(walk.items.describe_next() == "of the item with tag 2");
    ByteWriter next(room.data(), room.size());
    walk.items.write_next(next);
    walk.items.write_next(next);
    CHECK(walk.items.at_end());
    CHECK(to_hex({room.data(), next.size()}) == "02036364650300");
}

TEST_CASE("a walk begins again", "[tlv]") {
    for (const char* const text : {R"([{"tag":2,"value":"b"},{"tag":1,"value":"a"}])",
                                   R"({"1":"a","2":"b"})", "[]", "{}", "null"}) {
        INFO(text);
        Walk walk(text);
        std::string bytes[2];
        for (std::string& of_walk : bytes) {
            Bytes room(6);
            ByteWriter writer(room.data(), room.size());
            while (!walk.items.at_end()) {
                walk.items.write_next(writer);
            }
            of_walk = to_hex({room.data(), writer.size()});
            walk.items.restart();
        }
        CHECK(bytes[0] == bytes[1]);
        walk.items.restart();
        CHECK(walk.items.at_end() == bytes[0].empty());
    }
}

TEST_CASE("messages about items read as sentences", "[tlv]") {
    for (const std::string& text :
         {text_item(256), std::string(R"([{"tag":3}])"),
          std::string(R"([{"tag":3,"value":1,"hex":""}])"), std::string(R"([{"tag":3,"hex":"x"}])"),
          std::string(R"([{"tag":3,"value":-1}])"), std::string(R"({"1":1,"01":1})")}) {
        CHECK_THAT(bad_items(text).detail, !Catch::Contains("  "));
    }
}

}  // namespace onetrip::section::test
