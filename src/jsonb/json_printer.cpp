// The text of a JSONB document as jsonb_out (JsonbToCString in jsonb.c) writes it. Knows nothing of
// the use of the text.

#include "jsonb/json_printer.hpp"

#include "base/escapes.hpp"

namespace onetrip::jsonb {

namespace {

/// Pieces are about this long, save for long strings.
constexpr std::size_t piece_size = 4096;

bool is_plain(char character) {
    return static_cast<unsigned char>(character) >= 0x20 && character != '"' && character != '\\';
}

}  // namespace

std::string_view JsonPrinter::next() {
    piece_.clear();
    if (!has_begun_) {
        has_begun_ = true;
        put(document_);
    }
    while (!frames_.empty() && piece_.size() < piece_size) {
        step();
    }
    return piece_;
}

/// The next child of the innermost container, or its end.
void JsonPrinter::step() {
    Frame& frame = frames_.back();
    const bool is_at_end =
        frame.is_object ? frame.member == frame.members_end : frame.element == frame.elements_end;
    if (is_at_end) {
        piece_ += frame.is_object ? '}' : ']';
        frames_.pop_back();
        return;
    }
    if (!frame.is_first) {
        piece_ += ", ";
    }
    frame.is_first = false;
    Value child;
    if (frame.is_object) {
        const Member member = *frame.member;
        ++frame.member;
        put_string(member.key);
        piece_ += ": ";
        child = member.value;
    } else {
        child = *frame.element;
        ++frame.element;
    }
    put(child);
}

void JsonPrinter::put(Value value) {
    const Kind kind = value.kind();
    if (kind == Kind::object || kind == Kind::array) {
        open(value);
    } else {
        put_scalar(value);
    }
}

void JsonPrinter::open(Value container) {
    Frame frame{};
    frame.is_object = container.kind() == Kind::object;
    frame.is_first = true;
    if (frame.is_object) {
        const Object object = container.object();
        frame.member = object.begin();
        frame.members_end = object.end();
    } else {
        const Array array = container.array();
        frame.element = array.begin();
        frame.elements_end = array.end();
    }
    piece_ += frame.is_object ? '{' : '[';
    frames_.push_back(frame);
}

void JsonPrinter::put_scalar(Value value) {
    switch (value.kind()) {
        case Kind::string:
            put_string(value.string());
            break;
        case Kind::numeric: {
            Integer integer;
            if (value.is_small_integer(integer)) {
                piece_ += std::to_string(integer.magnitude);
            } else {
                piece_ += value.numeric().to_text();
            }
            break;
        }
        case Kind::boolean:
            piece_ += value.boolean() ? "true" : "false";
            break;
        default:
            piece_ += "null";
    }
}

void JsonPrinter::put_string(std::string_view text) {
    piece_ += '"';
    std::size_t plain = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_plain(text[at])) {
            continue;
        }
        piece_.append(text, plain, at - plain);
        append_escaped(text[at], '"', piece_);
        plain = at + 1;
    }
    piece_.append(text, plain);
    piece_ += '"';
}

}  // namespace onetrip::jsonb
