#include "roundtrip/tags.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "roundtrip/lexable_prefix.hpp"

namespace onetrip::roundtrip::test {

namespace {

/// The tags of a comment, a line each.
std::string read(std::string_view comment) {
    TagReader reader(comment);
    std::string all;
    while (const std::optional<RawTag> tag = reader.next()) {
        std::string value(200, ' ');
        const std::optional<std::size_t> size = decode_tag(*tag, value);
        all += std::string(tag->key) + "=" + (size ? value.substr(0, *size) : "(zero)") + "\n";
    }
    return all;
}

/// Where the bytes of tags lie, behind the begins of each and two counts.
constexpr std::size_t offset_of_bytes = sizeof(Tags) - Tags::room - 1;

std::string first(std::string_view text) {
    return std::string(edge_comments(text, {}).first);
}

std::string last(std::string_view text) {
    return std::string(edge_comments(text, {}).last);
}

}  // namespace

TEST_CASE("sqlcommenter's tags") {
    CHECK(read("controller='books',action='index'") == "controller=books\naction=index\n");
    CHECK(read(" route='%2Fpolls%201',b='DROP%20TABLE%20FOO'") ==
          "route=/polls 1\nb=DROP TABLE FOO\n");
    CHECK(read("name='it\\'s',  x = 'y'") == "name=it's\nx=y\n");
    CHECK(read("a='%zz%4',b=''") == "a=%zz%4\nb=\n");
    CHECK(read("a='1,2',b='3'") == "a=1,2\nb=3\n");
    CHECK(read("a='%00',b='3'") == "a=(zero)\nb=3\n");
    CHECK(read("a='no end") == "a=no end\n");
}

TEST_CASE("marginalia's tags") {
    CHECK(read("application:Shop,controller:books,line:/app/x.rb:12:in `each'") ==
          "application=Shop\ncontroller=books\nline=/app/x.rb:12:in `each'\n");
    CHECK(read("a:%20, b: c ") == "a=%20\nb=c\n");
    CHECK(read("a:1,b='2',c:3") == "a=1\nb=2\nc=3\n");
}

TEST_CASE("what is no tag is passed over") {
    CHECK(read("").empty());
    CHECK(read("+ IndexScan(t) ").empty());
    CHECK(read("all authors, x, y=z, a='1'") == "a=1\n");
    CHECK(read("=,:,'',a:1") == "a=1\n");
}

TEST_CASE("a value that is longer than its room says how long it is") {
    char room[3] = {};
    CHECK(decode_tag({"k", "a%20bcd", true}, room) == 5);
    CHECK(std::string(room, 3) == "a b");
}

TEST_CASE("lists of keys") {
    CHECK(is_in_list("application, controller ,action", "controller"));
    CHECK(is_in_list("application, controller ,action", "action"));
    CHECK_FALSE(is_in_list("application,controller", "control"));
    CHECK_FALSE(is_in_list("", ""));
    CHECK_FALSE(is_in_list("a,,b", ""));
}

TEST_CASE("tags have a fixed room") {
    Tags tags;
    CHECK(tags.hash() == 0);
    CHECK(tags.add("a", "1"));
    CHECK_FALSE(tags.add("a", "2"));
    CHECK_FALSE(tags.add("b", std::string(65, 'x')));
    CHECK(tags.add("b", std::string(64, 'x')));
    Tags reversed;
    reversed.add("b", std::string(64, 'x'));
    reversed.add("a", "1");
    CHECK(tags.hash() == reversed.hash());
    CHECK(tags.hash() != 0);
    for (const char* const key : {"c", "d", "e", "f", "g", "h"}) {
        CHECK(tags.add(key, std::string(60, 'y')));
    }
    CHECK_FALSE(tags.add("i", ""));
    CHECK(tags.count() == Tags::most);
    CHECK(tags[0].value == "1");
    CHECK(tags[7].key == "h");
    Tags large;
    int added = 0;
    for (const char* const key : {"c", "d", "e", "f", "g", "h", "i", "j"}) {
        added += large.add(std::string(64, *key), std::string(64, 'y')) ? 1 : 0;
    }
    CHECK(added == 3);
}

TEST_CASE("tags from elsewhere may be none") {
    Tags tags;
    CHECK(tags.are_sound());
    CHECK(tags.add("a", "1"));
    CHECK(tags.add("b", ""));
    CHECK(tags.are_sound());
    // Whatever byte is another, nothing beyond the tags is read.
    int sound = 0;
    for (std::size_t at = 0; at < sizeof tags; ++at) {
        for (const unsigned char byte : {0x00, 0x01, 0x80, 0xFF}) {
            std::array<unsigned char, sizeof(Tags)> bytes{};
            std::memcpy(bytes.data(), &tags, sizeof tags);
            bytes[at] = byte;
            Tags changed;
            std::memcpy(static_cast<void*>(&changed), bytes.data(), sizeof changed);
            if (!changed.are_sound()) {
                continue;
            }
            ++sound;
            const auto* const begin = reinterpret_cast<const char*>(&changed);
            for (std::size_t i = 0; i < changed.count(); ++i) {
                const std::string_view value = changed[i].value;
                CHECK(value.data() > begin);
                CHECK(value.data() + value.size() < begin + sizeof changed);
            }
        }
    }
    CHECK(sound > 0);
    CHECK(sound < static_cast<int>(4 * sizeof tags));
    // The end of a value is missing.
    std::array<unsigned char, sizeof(Tags)> bytes{};
    std::memcpy(bytes.data(), &tags, sizeof tags);
    std::fill(bytes.begin() + offset_of_bytes + 1, bytes.end(), 'x');
    std::memcpy(static_cast<void*>(&tags), bytes.data(), sizeof tags);
    CHECK(!tags.are_sound());
}

TEST_CASE("a key of a tag") {
    CHECK(is_tag_key("request_id"));
    CHECK(is_tag_key("x-request.id"));
    CHECK_FALSE(is_tag_key(""));
    CHECK_FALSE(is_tag_key("a,b"));
    CHECK_FALSE(is_tag_key("a b"));
}

TEST_CASE("the address that PgBouncer appends to a name") {
    const auto name = [](std::string_view text) { return std::string(without_address(text, 63)); };
    CHECK(name("web - 127.0.0.1:51234") == "web");
    CHECK(name("web - unix(4711):6432") == "web");
    CHECK(name("web - [::1]:6432") == "web");
    CHECK(name("web - fe80::1:6432") == "web");
    CHECK(name("a - b - 10.0.0.1:1") == "a - b");
    CHECK(name("billing - night") == "billing - night");
    CHECK(name("billing - 2026") == "billing - 2026");
    CHECK(name("web - 2:") == "web - 2:");
    CHECK(name("web - :2") == "web - :2");
    CHECK(name("web - a b:2") == "web - a b:2");
    CHECK(name("DBeaver 7 - Main <x>").size() == 20);
    CHECK(name("").empty());
    CHECK(name(std::string(54, 'n') + " - 127.0") == std::string(54, 'n') + " - 127.0");
    CHECK(name(std::string(55, 'n') + " - 127.0") == std::string(55, 'n'));
}

TEST_CASE("the first and the last comment of a text") {
    CHECK(first("/*a*/ SELECT /*b*/ 1 /*c*/") == "a");
    CHECK(last("/*a*/ SELECT /*b*/ 1 /*c*/;") == "c");
    CHECK(first("SELECT '/*x*/', $$/*y*/$$, \"/*z*/\" /* t:1 */ -- /*n*/") == " t:1 ");
    CHECK(last("SELECT '/*x*/' /* t:1 */, '/*y*/'") == " t:1 ");
    CHECK(first("SELECT 1").empty());
    CHECK(last("SELECT /*a*/ 1") == "a");
    CHECK(first("SELECT /* open").empty());
    CHECK(first("SELECT /**/ 1").empty());
    CHECK(last("/* a /* b */ c */") == " a /* b */ c ");
}

}  // namespace onetrip::roundtrip::test
