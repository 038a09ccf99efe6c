// Spreads the items of one list or tlv over sections. Each item is written once: the sections'
// shares are made first, since part numbers say how many there are.

#include <map>

#include "base/words.hpp"
#include "section/tables/writer.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::tables {

std::size_t Writer::split(SectionSink& sink, Splitting splitting) {
    measure_room();
    path_.resize(0);
    path_.push(root_.split->field->name);
    node_ = root_.split;
    const std::vector<JsonItem> items = items_to_split();
    std::vector<Share> shares;
    if (root_.split_rule.key.empty()) {
        std::vector<IndexedItem> indexed;
        indexed.reserve(items.size());
        for (const JsonItem& item : items) {
            indexed.push_back({static_cast<std::uint32_t>(indexed.size()), item});
        }
        share_items(indexed, shares);
        for (std::size_t i = 0; i < shares.size(); ++i) {
            shares[i].part = i;
        }
    } else {
        shares = shares_of_segments(items);
    }
    if (splitting == Splitting::refused && shares.size() > 1) {
        path_.resize(0);
        path_.push(root_.split->field->name);
        node_ = root_.split;
        throw BadValue{
            ErrorKind::invalid_value, "of " + count(items.size(), "item"),
            "needs several sections of at most " + std::to_string(plan_.max_bytes) + " bytes",
            "Use encode_sections, which has a row for each of them."};
    }
    return write_shares(shares, sink);
}

std::size_t Writer::write_shares(std::vector<Share>& shares, SectionSink& sink) {
    for (const Share& share : shares) {
        share_ = &share;
        std::uint8_t* const section = sink.begin_section(plan_.max_bytes);
        write_section(section);
        sink.end_section(finish(
            PartNumbers{share.part, shares.back().part, shares.size(), share.last_of_segment},
            section));
    }
    share_ = nullptr;
    return shares.size();
}

/// Measures the room for items by a section without them.
void Writer::measure_room() {
    std::vector<std::uint8_t> section(plan_.max_bytes);
    const Share nothing = Share();
    share_ = &nothing;
    is_measuring_ = true;
    try {
        write_section(section.data());
    } catch (const NoRoom&) {
        refuse_overflow();
    }
    is_measuring_ = false;
    share_ = nullptr;
    room_ = plan_.max_bytes * std::size_t{8} - out_.position();
    items_at_ = static_cast<unsigned>(names_[root_.split->name].begin % 8);
}

std::vector<JsonItem> Writer::items_to_split() const {
    std::vector<JsonItem> items;
    const Value& value = values_[root_.split->key];
    if (root_.split->kind == Node::Kind::list) {
        for (const jsonb::Value item : array_of(*root_.split, value)) {
            items.push_back({item, std::nullopt});
        }
    } else if (!value.is_null()) {
        for (TlvCursor cursor(value.json, root_.split->field->tlv); !cursor.at_end();
             cursor.advance()) {
            items.push_back(cursor.current());
        }
    }
    return items;
}

// ---- shares -----------------------------------------------------------------------------------

Writer::Share Writer::new_share() const {
    Share share;
    share.begin = share.end = items_at_;
    return share;
}

/// Puts as many items into a share as fit, in order, before the next one is begun; one share at
/// least is made.
void Writer::share_items(const std::vector<IndexedItem>& items, std::vector<Share>& shares) {
    shares.push_back(new_share());
    before_.clear();
    for (const IndexedItem& item : items) {
        if (add_to_share(item, shares.back())) {
            continue;
        }
        if (shares.back().items > 0) {
            shares.push_back(new_share());
            before_.clear();
            if (add_to_share(item, shares.back())) {
                continue;
            }
        }
        path_.resize(0);
        path_.push(root_.split->field->name);
        path_.push(item.index);
        node_ = root_.split;
        throw BadValue{ErrorKind::invalid_value, "of the item",
                       "does not fit into the " + std::to_string(room_ / 8) +
                           " bytes that a section has for items"};
    }
}

/// Adds an item to a share; false if it does not fit, and the share is then as before.
bool Writer::add_to_share(const IndexedItem& item, Share& share) {
    const Scope& scope = root_.scopes.front();
    path_.resize(0);
    names_.resize(scope.names.size());
    values_.resize(scope.keys.size());
    used_.resize(scope.keys.size());
    computed_.clear();
    item_depth_ = 0;
    share.bytes.resize(room_ / 8 + 2);
    out_ = BitWriter(share.bytes.data(), share.bytes.size());
    out_.truncate(share.end);
    try {
        write_split_item(item);
    } catch (const NoRoom&) {
        return false;
    }
    if (out_.position() > items_at_ + room_) {
        return false;
    }
    share.end = out_.position();
    ++share.items;
    return true;
}

/// Writes an item in the scope that measure_room has left: conditions may ask for fields before the
/// items.
void Writer::write_split_item(const IndexedItem& item) {
    const Node& node = *root_.split;
    Frame frame{&root_, &root_.scopes.front(), nullptr, 0, 0, 0, 0};
    is_composite_ = values_[node.key].from_composite;
    path_.push(node.field->name);
    if (node.kind == Node::Kind::list) {
        write_list_item(node, &frame, item.index, item.item.value);
    } else {
        path_.push(item.index);
        node_ = &node;
        write_item(node, item.item, before_);
    }
}

// ---- segments ---------------------------------------------------------------------------------

/// Items of segment k go into the sections from n·k on, n at most (EN 300 468, 5.2.4); every
/// segment up to the last has one.
std::vector<Writer::Share> Writer::shares_of_segments(const std::vector<JsonItem>& items) {
    const std::uint32_t each = root_.split_rule.sections;
    std::uint64_t largest = ~std::uint64_t{0};
    for (const Computed& part : part_numbers_) {
        const Field& field = *part.node->field;
        if (field.source.kind == Source::Kind::part) {
            const std::uint64_t last = largest_unsigned(*field.width);
            largest = std::min(largest, last + 1 < each ? 0 : (last - (each - 1)) / each);
        }
    }
    std::map<std::uint64_t, std::vector<IndexedItem>> segments;
    segments[0];
    for (std::uint32_t index = 0; index < items.size(); ++index) {
        path_.resize(0);
        path_.push(root_.split->field->name);
        path_.push(index);
        segments[segment_of(items[index], largest)].push_back({index, items[index]});
    }
    std::vector<Share> shares;
    const std::vector<IndexedItem> no_items;
    for (std::uint64_t segment = 0; segment <= segments.rbegin()->first; ++segment) {
        ticker_.tick();
        const auto found = segments.find(segment);
        const std::size_t first = shares.size();
        share_items(found == segments.end() ? no_items : found->second, shares);
        const std::size_t made = shares.size() - first;
        if (made > each) {
            path_.resize(0);
            path_.push(root_.split->field->name);
            node_ = root_.split;
            throw BadValue{ErrorKind::invalid_value, "of segment " + std::to_string(segment),
                           "needs " + std::to_string(made) + " sections, more than the " +
                               std::to_string(each) + " of a segment"};
        }
        for (std::size_t i = 0; i < made; ++i) {
            shares[first + i].part = segment * each + i;
            shares[first + i].last_of_segment = segment * each + made - 1;
        }
    }
    return shares;
}

/// The key of `split by`, which every item has.
void Writer::refuse_missing_key(const std::string& key) const {
    const bool is_attribute = !is_json_row_ && values_[root_.split->key].from_composite;
    throw BadValue{is_attribute ? ErrorKind::undefined_column : ErrorKind::null_not_allowed, "NULL",
                   "stands for the " + std::string(is_attribute ? "attribute " : "key ") +
                       in_quotes(key) + " that the item does not have",
                   print_split(root_.split_rule) + " asks every item for it."};
}

std::uint64_t Writer::segment_of(const JsonItem& item, std::uint64_t largest) {
    const std::string& key = root_.split_rule.key;
    Value value;
    value.kind = Value::Kind::absent;
    value.from_json_row = true;
    node_ = root_.split;
    if (item.value.kind() == jsonb::Kind::null) {
        throw BadValue{ErrorKind::null_not_allowed, "NULL", "stands in place of an object"};
    }
    if (item.value.kind() != jsonb::Kind::object) {
        throw BadValue{ErrorKind::invalid_value, section::describe(item.value), "is not an object"};
    }
    if (const auto found = item.value.object().find(key)) {
        value = Value::of_json(*found, true);
    }
    if (value.kind == Value::Kind::absent) {
        refuse_missing_key(key);
    }
    node_ = nullptr;
    return unsigned_number(value, largest);
}

}  // namespace onetrip::section::tables
