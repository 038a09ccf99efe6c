// A tree as the bytes of JSONB. Knows nothing of the grammar of JSON.

#include "jsonb/jsonb_writer.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "jsonb/format.hpp"
#include "jsonb/json_parser.hpp"

namespace onetrip::jsonb {

namespace {

/// A member before its object is sorted. Its value is the node after the key.
struct Pair {
    std::string_view key;
    std::uint32_t key_node;
};

/// lengthCompareJsonbStringValue in jsonb_util.c.
int compare_keys(const Pair& left, const Pair& right) {
    if (left.key.size() != right.key.size()) {
        return left.key.size() < right.key.size() ? -1 : 1;
    }
    return left.key.compare(right.key);
}

/// lengthCompareJsonbPair: of members with one key, the last in the text comes first.
bool comes_before(const Pair& left, const Pair& right) {
    const int order = compare_keys(left, right);
    return order < 0 || (order == 0 && left.key_node > right.key_node);
}

/// uniqueifyJsonbObject: sorted, and of members with one key only the last in the text.
void uniqueify(std::vector<Pair>& pairs, DuplicateKeys duplicates, Ticker& ticker) {
    const auto not_ascending = [](const Pair& left, const Pair& right) {
        return compare_keys(left, right) >= 0;
    };
    // Texts that were jsonb before, or come from one program, are often in order.
    if (std::adjacent_find(pairs.begin(), pairs.end(), not_ascending) == pairs.end()) {
        return;
    }
    std::sort(pairs.begin(), pairs.end(), [&](const Pair& left, const Pair& right) {
        ticker.tick();
        return comes_before(left, right);
    });
    const auto same_key = [](const Pair& left, const Pair& right) {
        return compare_keys(left, right) == 0;
    };
    if (duplicates == DuplicateKeys::refused) {
        const auto twice = std::adjacent_find(pairs.begin(), pairs.end(), same_key);
        if (twice != pairs.end()) {
            throw DuplicateKeyError(twice->key);
        }
        return;
    }
    pairs.erase(std::unique(pairs.begin(), pairs.end(), same_key), pairs.end());
}

bool is_container(const Node& node) {
    return node.kind == Kind::array || node.kind == Kind::object;
}

/// The JEntry's type bits for a scalar.
std::uint32_t jentry_type(const Node& node) {
    switch (node.kind) {
        case Kind::string:
            return format::jentry_isstring;
        case Kind::numeric:
            return format::jentry_isnumeric;
        case Kind::boolean:
            return node.boolean ? format::jentry_isbool_true : format::jentry_isbool_false;
        default:
            return format::jentry_isnull;
    }
}

class JsonbWriter {
  public:
    JsonbWriter(const JsonTree& tree, DuplicateKeys duplicates, Interrupt interrupt)
        : tree_(tree), duplicates_(duplicates), ticker_(interrupt) {}

    std::vector<std::uint8_t> write();

  private:
    /// A container that is being written; the innermost is the last.
    struct Frame {
        std::size_t base;      // the begin of its bytes, padding included
        std::size_t jentry;    // the place of its next JEntry
        std::size_t children;  // its first in children_, up to the end of it
        std::size_t index;     // of the next child
        std::uint32_t total;   // the size of the children's data so far
        bool object;
    };

    void open_root();
    void open(std::uint32_t node);
    void open(std::size_t base, std::size_t children, std::uint32_t header, bool object);
    void add_elements(std::uint32_t node);
    void add_members(std::uint32_t node);
    void close();
    void add_scalars(Frame& frame);
    void add_jentry(Frame& frame, std::uint32_t type, std::size_t size);
    void pad_to_int() { size_ = (size_ + 3) & ~std::size_t{3}; }
    void append_bytes(const Node& node);
    void put(std::size_t at, std::uint32_t number) {
        std::memcpy(out_.data() + at, &number, sizeof number);
    }

    const JsonTree& tree_;
    DuplicateKeys duplicates_;
    Ticker ticker_;
    std::vector<std::uint8_t> out_;  ///< zeros from size_ on
    std::size_t size_ = 0;
    std::vector<Frame> frames_;
    std::vector<std::uint32_t> children_;  // of every open container: its nodes as JSONB has them
    std::vector<Pair> pairs_;
};

/// The most that the document takes: bytes, a JEntry for each node, the header of each container,
/// and three bytes of padding before each container and numeric.
std::size_t most_bytes(const JsonTree& tree) {
    std::size_t size = 2 * sizeof(std::uint32_t);
    for (const Node& node : tree.nodes) {
        size += sizeof(std::uint32_t) + (node.kind == Kind::string ? 0 : 7);
        size += is_container(node) ? 0 : node.size;
    }
    return size;
}

std::vector<std::uint8_t> JsonbWriter::write() {
    out_.resize(most_bytes(tree_));
    children_.reserve(tree_.nodes.size());
    open_root();
    while (!frames_.empty()) {
        ticker_.tick();
        Frame& frame = frames_.back();
        add_scalars(frame);
        if (frame.children + frame.index == children_.size()) {
            close();
        } else {
            open(children_[frame.children + frame.index]);
        }
    }
    out_.resize(size_);
    return std::move(out_);
}

/// A JEntry needs a container, so a scalar at the root is an array of one (jsonb_in_scalar).
void JsonbWriter::open_root() {
    const Kind kind = tree_.nodes.front().kind;
    if (kind == Kind::array || kind == Kind::object) {
        open(0);
        return;
    }
    children_.push_back(0);
    open(0, 0, format::jb_farray | format::jb_fscalar, false);
}

void JsonbWriter::open(std::uint32_t node) {
    const std::size_t base = size_;
    const std::size_t children = children_.size();
    const bool object = tree_.nodes[node].kind == Kind::object;
    if (object) {
        add_members(node);
    } else {
        add_elements(node);
    }
    pad_to_int();
    open(base, children, object ? format::jb_fobject : format::jb_farray, object);
}

void JsonbWriter::open(std::size_t base, std::size_t children, std::uint32_t header, bool object) {
    const std::size_t jentrys = children_.size() - children;
    const std::size_t start = size_;
    const std::size_t jentry = start + sizeof header;
    checked_size(jentrys * sizeof header, object);
    size_ = jentry + jentrys * sizeof header;
    put(start, header | static_cast<std::uint32_t>(object ? jentrys / 2 : jentrys));
    frames_.push_back({base, jentry, children, 0, 0, object});
}

void JsonbWriter::add_elements(std::uint32_t node) {
    const std::uint32_t end = tree_.nodes[node].next;
    for (std::uint32_t child = node + 1; child < end; child = tree_.nodes[child].next) {
        children_.push_back(child);
    }
}

void JsonbWriter::add_members(std::uint32_t node) {
    const std::uint32_t end = tree_.nodes[node].next;
    pairs_.clear();
    for (std::uint32_t key = node + 1; key < end; key = tree_.nodes[key + 1].next) {
        pairs_.push_back({tree_.bytes(tree_.nodes[key]), key});
    }
    uniqueify(pairs_, duplicates_, ticker_);
    for (const Pair& pair : pairs_) {
        children_.push_back(pair.key_node);
    }
    for (const Pair& pair : pairs_) {
        children_.push_back(pair.key_node + 1);
    }
}

void JsonbWriter::close() {
    const Frame frame = frames_.back();
    frames_.pop_back();
    children_.resize(frame.children);
    const std::size_t size = checked_size(size_ - frame.base, frame.object);
    if (!frames_.empty()) {
        add_jentry(frames_.back(), format::jentry_iscontainer, size);
    }
}

/// The children up to the next container (convertJsonbScalar in jsonb_util.c).
void JsonbWriter::add_scalars(Frame& frame) {
    for (std::size_t next = frame.children + frame.index; next < children_.size(); ++next) {
        const Node& node = tree_.nodes[children_[next]];
        if (is_container(node)) {
            return;
        }
        ticker_.tick();
        const std::size_t start = size_;
        if (node.kind == Kind::numeric) {
            pad_to_int();
        }
        append_bytes(node);
        add_jentry(frame, jentry_type(node), size_ - start);
    }
}

/// The child's JEntry, once its data are written: their size, or at every 32nd the offset of their
/// end.
inline void JsonbWriter::add_jentry(Frame& frame, std::uint32_t type, std::size_t size) {
    frame.total = checked_size(frame.total + size, frame.object);
    const bool has_off = frame.index % format::jb_offset_stride == 0;
    put(frame.jentry, has_off ? type | format::jentry_has_off | frame.total
                              : type | static_cast<std::uint32_t>(size));
    frame.jentry += sizeof(std::uint32_t);
    ++frame.index;
}

inline void JsonbWriter::append_bytes(const Node& node) {
    const std::string_view bytes = tree_.bytes(node);
    if (!bytes.empty()) {
        std::memcpy(out_.data() + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
    }
}

}  // namespace

void refuse_size(bool object) {
    throw JsonError(std::string("total size of jsonb ") + (object ? "object" : "array") +
                    " elements exceeds the maximum of " +
                    std::to_string(format::jentry_offlenmask) + " bytes");
}

std::vector<std::uint8_t> write_jsonb(const JsonTree& tree, DuplicateKeys duplicates,
                                      Interrupt interrupt) {
    return JsonbWriter(tree, duplicates, interrupt).write();
}

}  // namespace onetrip::jsonb
