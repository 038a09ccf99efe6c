// JSON text as a tree. Knows nothing of the bytes of JSONB.

#include "jsonb/json_parser.hpp"

#include <algorithm>
#include <string>

#include "jsonb/format.hpp"
#include "jsonb/json_lexer.hpp"
#include "jsonb/json_tree.hpp"
#include "jsonb/jsonb_writer.hpp"
#include "jsonb/numeric_parser.hpp"

namespace onetrip::jsonb {

namespace {

/// No more text than a datum holds (MaxAllocSize), which keeps every position within 32 bits.
constexpr std::size_t longest_text = 0x3FFFFFFF;

/// More would take more JEntrys than the 2^28 bytes of a document hold, save for duplicate keys;
/// refused early, since the tree of a text of many small values is several times its size.
constexpr std::size_t most_nodes = (std::size_t{format::jentry_offlenmask} + 1) / 4;

/// RFC 8259's grammar as parse_json in PostgreSQL's src/common/jsonapi.c follows it, with the open
/// containers on a stack of its own instead of recursion.
class JsonParser {
  public:
    JsonParser(std::string_view text, Interrupt interrupt) : lexer_(text), ticker_(interrupt) {
        tree_.text = text;
    }

    JsonTree parse();

  private:
    void add_child();
    void add_value();
    void add_key();
    void add_string();
    void add_number();
    void open(Kind kind);
    void close();
    Node& add_node(Kind kind);

    JsonLexer lexer_;
    Ticker ticker_;
    JsonTree tree_;
    std::vector<std::uint32_t> open_;
};

JsonTree JsonParser::parse() {
    add_value();
    while (!open_.empty()) {
        ticker_.tick();
        add_child();
    }
    lexer_.expect_end();
    return std::move(tree_);
}

/// The next child of the innermost container, or its end.
void JsonParser::add_child() {
    Node& container = tree_.nodes[open_.back()];
    const bool object = container.kind == Kind::object;
    if (lexer_.take(object ? '}' : ']')) {
        close();
        return;
    }
    if (container.size > 0 && !lexer_.take(',')) {
        lexer_.unexpected();
    }
    ++container.size;
    if (object) {
        add_key();
    }
    add_value();
}

void JsonParser::add_value() {
    switch (lexer_.peek()) {
        case '{':
            open(Kind::object);
            break;
        case '[':
            open(Kind::array);
            break;
        case '"':
            add_string();
            break;
        case 't':
            lexer_.keyword("true");
            add_node(Kind::boolean).boolean = true;
            break;
        case 'f':
            lexer_.keyword("false");
            add_node(Kind::boolean);
            break;
        case 'n':
            lexer_.keyword("null");
            add_node(Kind::null);
            break;
        default:
            add_number();
    }
}

void JsonParser::add_key() {
    if (lexer_.peek() != '"') {
        lexer_.unexpected();
    }
    add_string();
    if (!lexer_.take(':')) {
        lexer_.unexpected();
    }
}

void JsonParser::add_string() {
    Node& node = add_node(Kind::string);
    const std::size_t position = tree_.decoded.size();
    const std::string_view plain = lexer_.string(tree_.decoded, node.decoded);
    if (node.decoded) {
        node.position = static_cast<std::uint32_t>(position);
        node.size = static_cast<std::uint32_t>(tree_.decoded.size() - position);
    } else {
        node.position = static_cast<std::uint32_t>(plain.data() - tree_.text.data());
        node.size = static_cast<std::uint32_t>(plain.size());
    }
}

void JsonParser::add_number() {
    const char first = lexer_.peek();
    if (first != '-' && (first < '0' || first > '9')) {
        lexer_.unexpected();
    }
    const std::size_t start = lexer_.position();
    Node& node = add_node(Kind::numeric);
    const std::size_t position = tree_.decoded.size();
    if (!append_numeric(lexer_.number(), tree_.decoded)) {
        JsonLexer::fail("value overflows numeric format", start);
    }
    node.decoded = true;
    node.position = static_cast<std::uint32_t>(position);
    node.size = static_cast<std::uint32_t>(tree_.decoded.size() - position);
}

void JsonParser::open(Kind kind) {
    lexer_.take(kind == Kind::object ? '{' : '[');
    open_.push_back(static_cast<std::uint32_t>(tree_.nodes.size()));
    add_node(kind);
}

void JsonParser::close() {
    tree_.nodes[open_.back()].next = static_cast<std::uint32_t>(tree_.nodes.size());
    open_.pop_back();
}

Node& JsonParser::add_node(Kind kind) {
    if (tree_.nodes.size() == most_nodes) {
        throw JsonError("more than " + std::to_string(most_nodes) + " values");
    }
    Node& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.next = static_cast<std::uint32_t>(tree_.nodes.size());
    return node;
}

/// The key in double quotes, cut between characters if it is long.
std::string quote_key(std::string_view key) {
    constexpr std::size_t longest = 60;
    std::size_t size = std::min(key.size(), longest);
    while (size > 0 && size < key.size() &&
           (static_cast<unsigned char>(key[size]) & 0xC0) == 0x80) {
        --size;
    }
    return '"' + std::string(key.substr(0, size)) + (size < key.size() ? "...\"" : "\"");
}

}  // namespace

DuplicateKeyError::DuplicateKeyError(std::string_view key)
    : JsonError("the key " + quote_key(key) + " is there twice in one object"), key_(key) {}

std::vector<std::uint8_t> parse_json(std::string_view text, DuplicateKeys duplicates,
                                     Interrupt interrupt) {
    if (text.size() > longest_text) {
        throw JsonError("the text is longer than " + std::to_string(longest_text) + " bytes");
    }
    return write_jsonb(JsonParser(text, interrupt).parse(), duplicates, interrupt);
}

}  // namespace onetrip::jsonb
