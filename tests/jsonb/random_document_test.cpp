#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "bytes.hpp"
#include "jsonb/json_parser.hpp"
#include "jsonb/jsonb.hpp"

namespace onetrip::jsonb::test {

namespace {

struct ShorterFirst {
    bool operator()(const std::string& left, const std::string& right) const {
        return left.size() != right.size() ? left.size() < right.size() : left < right;
    }
};

/// A JSON value as the generator knows it, apart from any JSON code.
struct Model {
    Kind kind = Kind::null;
    bool boolean = false;
    std::string text;  // of a string or a numeric
    std::vector<Model> elements;
    std::map<std::string, Model, ShorterFirst> members;
};

/// Writes random JSON text and the model of what it says.
class Generator {
  public:
    explicit Generator(std::uint32_t seed) : random_(seed) {}

    Model document(std::string& text) {
        space(text);
        Model model = value(text, static_cast<int>(below(5)));
        space(text);
        return model;
    }

    std::size_t below(std::size_t limit) { return random_() % limit; }

  private:
    Model value(std::string& text, int depth) {
        Model model;
        const std::size_t choice = below(depth > 0 ? 9 : 5);
        if (choice == 0) {
            text += "null";
        } else if (choice == 1) {
            model.kind = Kind::boolean;
            model.boolean = below(2) == 1;
            text += model.boolean ? "true" : "false";
        } else if (choice == 2) {
            model.kind = Kind::numeric;
            model.text = number(text);
        } else if (choice < 5) {
            model.kind = Kind::string;
            model.text = string(text);
        } else if (choice < 7) {
            array(model, text, depth - 1);
        } else {
            object(model, text, depth - 1);
        }
        return model;
    }

    std::size_t count(int depth) { return depth == 0 && below(4) == 0 ? 30 + below(70) : below(6); }

    void array(Model& model, std::string& text, int depth) {
        model.kind = Kind::array;
        text += '[';
        for (std::size_t left = count(depth), first = left; left > 0; --left) {
            text += left == first ? "" : ",";
            space(text);
            model.elements.push_back(value(text, depth));
            space(text);
        }
        text += ']';
    }

    void object(Model& model, std::string& text, int depth) {
        model.kind = Kind::object;
        text += '{';
        for (std::size_t left = count(depth), first = left; left > 0; --left) {
            text += left == first ? "" : ",";
            space(text);
            const std::string key = string(text);
            space(text);
            text += ':';
            space(text);
            model.members[key] = value(text, depth);
            space(text);
        }
        text += '}';
    }

    /// Returns the number as numeric_out has it.
    std::string number(std::string& text) {
        const std::uint64_t whole = random_() >> below(64);
        std::string plain = std::to_string(whole);
        if (below(3) == 0) {
            plain += '.';
            for (std::size_t left = 1 + below(12); left > 0; --left)
                plain += static_cast<char>('0' + below(10));
        }
        const bool zero = plain.find_first_not_of("0.") == std::string::npos;
        const bool negative = below(2) == 1;
        text += (negative ? "-" : "") + plain;
        return (negative && !zero ? "-" : "") + plain;
    }

    std::string string(std::string& text) {
        std::string plain;
        text += '"';
        for (std::size_t left = below(2) == 0 ? below(3) : below(40); left > 0; --left)
            character(text, plain);
        text += '"';
        return plain;
    }

    void character(std::string& text, std::string& plain) {
        static const std::pair<const char*, const char*> characters[] = {
            {"a", "a"},
            {"b", "b"},
            {"/", "/"},
            {"\\n", "\n"},
            {"\\\"", "\""},
            {"\\\\", "\\"},
            {"\u00e9", "\u00e9"},
            {"\\u00e9", "\u00e9"},
            {"\\u0061", "a"},
            {"\u20ac", "\u20ac"},
            {"\\ud83d\\ude00", "\U0001F600"},
            {"\x7f", "\x7f"},
        };
        const auto& [written, meant] = characters[below(std::size(characters))];
        text += written;
        plain += meant;
    }

    void space(std::string& text) {
        static const char* const spaces[] = {"", "", "", "", " ", "\n", "\t", "\r", "  "};
        text += spaces[below(std::size(spaces))];
    }

    std::mt19937_64 random_;
};

void check(const Value& value, const Model& model);

void check_array(const Array& array, const Model& model) {
    REQUIRE(array.size() == model.elements.size());
    auto expected = model.elements.begin();
    for (const Value element : array)
        check(element, *expected++);
    REQUIRE(expected == model.elements.end());
}

void check_object(const Object& object, const Model& model) {
    REQUIRE(object.size() == model.members.size());
    auto expected = model.members.begin();
    for (const Member member : object) {
        REQUIRE(member.key == expected->first);
        check(member.value, expected->second);
        const std::optional<Value> found = object.find(expected->first);
        REQUIRE(found);
        REQUIRE(found->kind() == member.value.kind());
        REQUIRE(found->data().data() == member.value.data().data());
        const std::string absent = expected->first + "!";
        REQUIRE_FALSE(object.find(absent));
        ++expected;
    }
    REQUIRE(expected == model.members.end());
}

void check(const Value& value, const Model& model) {
    REQUIRE(value.kind() == model.kind);
    switch (model.kind) {
        case Kind::null:
            break;
        case Kind::boolean:
            REQUIRE(value.boolean() == model.boolean);
            break;
        case Kind::numeric:
            REQUIRE(value.numeric().to_text() == model.text);
            break;
        case Kind::string:
            REQUIRE(value.string() == model.text);
            break;
        case Kind::array:
            check_array(value.array(), model);
            break;
        case Kind::object:
            check_object(value.object(), model);
            break;
    }
}

}  // namespace

TEST_CASE("random documents read back as they were meant") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    Generator generator(seed);
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        const Model model = generator.document(text);
        CAPTURE(text);
        const OddCopy document(parse_json(text));
        check(Value::root(document.span()), model);
    }
}

TEST_CASE("damaged documents are refused or read, never overrun") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    Generator generator(seed);
    for (int round = 0; round < 5000; ++round) {
        std::string text;
        generator.document(text);
        text[generator.below(text.size())] =
            static_cast<char>(generator.below(2) == 0 ? generator.below(256) : '"');
        text.resize(1 + generator.below(text.size()));
        const std::vector<char> copy(text.begin(), text.end());
        try {
            parse_json({copy.data(), copy.size()});
        } catch (const JsonError& error) {
            REQUIRE(std::string(error.what()).size() > 10);
        }
    }
}

}  // namespace onetrip::jsonb::test
