// Any text as JSON: it is refused, or its document is well-formed, and written as text and read
// again it is the same document.

#include <array>

#include "fuzz.hpp"
#include "jsonb/bytes.hpp"
#include "jsonb/jsonb.hpp"

namespace onetrip::fuzz {

namespace {

using jsonb::Kind;
using jsonb::Value;

/// Numbers of many digits are written out: 1e131071 has so many zeros.
constexpr std::size_t largest_text = std::size_t{1} << 20;

void write_string(std::string_view string, std::string& text) {
    text += '"';
    for (const char c : string) {
        if (static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\') {
            std::array<char, 7> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
            text += escape.data();
        } else {
            text += c;
        }
    }
    text += '"';
}

void write_scalar(Value value, std::string& text) {
    if (value.kind() == Kind::null) {
        text += "null";
    } else if (value.kind() == Kind::boolean) {
        text += value.boolean() ? "true" : "false";
    } else if (value.kind() == Kind::numeric) {
        text += value.numeric().to_text();
    } else {
        write_string(value.string(), text);
    }
}

bool is_before(std::string_view left, std::string_view right) {
    return left.size() != right.size() ? left.size() < right.size() : left < right;
}

void check_keys(const jsonb::Object& object) {
    std::optional<std::string_view> before;
    for (const jsonb::Member member : object) {
        expect(!before || is_before(*before, member.key), "keys are sorted and each is there once");
        before = member.key;
        const auto found = object.find(member.key);
        expect(found && found->kind() == member.value.kind() &&
                   found->data().data() == member.value.data().data(),
               "a key finds its value", member.key);
    }
}

/// A container that is being written: what is left of it.
struct Open {
    jsonb::Array::Iterator element, elements_end;
    jsonb::Object::Iterator member, members_end;
    bool is_object;
    bool is_first = true;

    bool at_end() const { return is_object ? member == members_end : element == elements_end; }
};

/// Without recursion: documents may be of any depth.
class Writer {
  public:
    std::string write(Value document) {
        put(document);
        while (!open_.empty() && text_.size() <= largest_text) {
            step();
        }
        return text_;
    }

  private:
    void step() {
        Open& open = open_.back();
        if (open.at_end()) {
            text_ += open.is_object ? '}' : ']';
            open_.pop_back();
            return;
        }
        text_ += open.is_first ? "" : ",";
        open.is_first = false;
        if (open.is_object) {
            const jsonb::Member member = *open.member++;
            write_string(member.key, text_);
            text_ += ':';
            put(member.value);
        } else {
            put(*open.element++);
        }
    }

    void put(Value value) {
        if (value.kind() == Kind::array) {
            text_ += '[';
            const jsonb::Array array = value.array();
            open_.push_back({array.begin(), array.end(), {}, {}, false});
        } else if (value.kind() == Kind::object) {
            text_ += '{';
            const jsonb::Object object = value.object();
            check_keys(object);
            open_.push_back({{}, {}, object.begin(), object.end(), true});
        } else {
            write_scalar(value, text_);
        }
    }

    std::string text_;
    std::vector<Open> open_;
};

}  // namespace

}  // namespace onetrip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip;
    const jsonb::test::OddCopy input({data, size});
    const auto document = fuzz::parsed(fuzz::as_text(input.span()));
    if (!document) {
        return 0;
    }
    const jsonb::test::OddCopy odd(*document);
    const std::string text = fuzz::Writer().write(jsonb::Value::root(odd.span()));
    if (text.size() <= fuzz::largest_text) {
        fuzz::expect(fuzz::parsed(text) == document, "written and read it is the same", text);
    }
    return 0;
}
