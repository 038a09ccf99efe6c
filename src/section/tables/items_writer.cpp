// Writes the items of a tlv that has sets of definitions. It knows no way to read them but to ask
// what a reader would find.

#include <algorithm>

#include "base/words.hpp"
#include "section/tables/writer.hpp"
#include "section/types/field_type.hpp"
#include "section/types/tlv.hpp"

namespace onetrip::section::tables {

namespace {

/// The keys of an item that has no definition (sections.md, chapter 3).
bool is_key_of_plain_item(std::string_view key) {
    return key == "tag" || key == "value" || key == "hex" || key == "base64" || key == "size";
}

/// The size of an item's tag and length, before its value.
std::size_t header_size(std::span<const std::uint8_t> item, TlvFormat format) {
    const std::size_t length_at = format.tag_bytes;
    switch (format.length) {
        case TlvFormat::Length::bits_8:
            return length_at + 1;
        case TlvFormat::Length::bits_16:
            return length_at + 2;
        case TlvFormat::Length::ber:
            return length_at + 1 + (item[length_at] < 0x80 ? 0 : item[length_at] & 0x7FU);
    }
    __builtin_unreachable();
}

}  // namespace

void Writer::write_tlv(const Node& node, Frame& frame) {
    if (share_ != nullptr && &node == root_.split) {
        write_shared(node, frame);
        return;
    }
    const Value value = value_of(node, frame);
    const bool has_items = !node.sets.empty() || frame.scope->is_counted[node.name];
    if (!has_items || value.is_null() || value.kind != Value::Kind::json) {
        write_bytes(node, value);
        return;
    }
    state_of(node, frame).items = write_items(node, value.json);
    node_ = &node;
}

std::uint32_t Writer::write_items(const Node& node, jsonb::Value items) {
    ItemsBefore before;
    std::uint32_t index = 0;
    for (TlvCursor cursor(items, node.field->tlv); !cursor.at_end(); cursor.advance()) {
        ticker_.tick();
        path_.push(index++);
        node_ = &node;
        write_item(node, cursor.current(), before);
        path_.pop();
    }
    return index;
}

void Writer::write_item(const Node& node, const JsonItem& item, ItemsBefore& before) {
    const bool may_be_named = !node.sets.empty() && !item.tag &&
                              item.value.kind() == jsonb::Kind::object &&
                              item.value.object().size() == 1;
    if (may_be_named) {
        const jsonb::Member member = *item.value.object().begin();
        if (!is_key_of_plain_item(member.key)) {
            write_named_item(node, member.key, member.value, before);
            return;
        }
    }
    write_plain_item(node, item, before);
}

void Writer::write_plain_item(const Node& node, const JsonItem& item, ItemsBefore& before) {
    const TlvFormat format = node.field->tlv;
    const std::span<std::uint8_t> rest = out_.rest();
    ByteWriter writer(rest.data(), rest.size());
    section::write_item(item, format, writer);
    if (writer.overflowed()) {
        throw NoRoom();
    }
    out_.take(writer.size());
    const std::span<const std::uint8_t> written = rest.first(writer.size());
    before.add(load_bits(written.data(), 0, format.tag_bytes * 8U),
               written.subspan(header_size(written, format)));
}

/// The first definition of that name that may stand here.
const ItemDefinition& Writer::definition_to_write(const Node& node, std::string_view name,
                                                  const ItemsBefore& before) const {
    const ItemDefinition* const item = definition_named(node.sets, std::string(name), before);
    if (item == nullptr) {
        throw BadValue{
            ErrorKind::invalid_value, in_quotes(name),
            "is neither a definition of the field's sets nor a key of items (tag, value, "
            "hex, base64, size)"};
    }
    if (item_depth_ == deepest_item) {
        throw BadValue{
            ErrorKind::invalid_value, in_quotes(name),
            "is an item deeper than " + std::to_string(deepest_item) + " in one another"};
    }
    const auto largest = largest_unsigned(node.field->tlv.tag_bytes * 8U);
    if (item->tag > largest) {
        throw BadValue{ErrorKind::invalid_value, in_quotes(name),
                       "has the tag " + std::to_string(item->tag) + ", which is outside 0 to " +
                           std::to_string(largest)};
    }
    return *item;
}

void Writer::write_named_item(const Node& node, std::string_view name, jsonb::Value body,
                              ItemsBefore& before) {
    const ItemDefinition& item = definition_to_write(node, name, before);
    const std::size_t item_at = out_.position() / 8;
    path_.push(name);
    out_.append(item.tag, node.field->tlv.tag_bytes * 8U);
    out_.append_zeros(size_of_length(node.field->tlv.length, 0) * 8);
    const std::size_t body_at = out_.position() / 8;
    if (item.extension) {
        out_.append(*item.extension, 8);
    }
    ++item_depth_;
    const Unit& unit = unit_of(item);
    write_scope(unit, unit.scopes.front(), nullptr, body);
    --item_depth_;
    path_.pop();
    node_ = &node;
    const std::size_t size = out_.position() / 8 - body_at;
    refuse_hidden(node, item, {out_.begin() + body_at, size}, before);
    close_item(node, item_at, body_at);
    before.add(item.tag, {out_.begin() + out_.position() / 8 - size, size});
}

/// A reader has to find the same definition again.
void Writer::refuse_hidden(const Node& node, const ItemDefinition& item,
                           std::span<const std::uint8_t> value, const ItemsBefore& before) {
    if (definition_of(node.sets, item.tag, value, before) == &item) {
        return;
    }
    throw BadValue{
        ErrorKind::invalid_value, in_quotes(item.name),
        "would not be found again by a reader: " +
            std::string(before.meet(item.after) ? "another definition hides it"
                                                : "the item that it must come after is not there")};
}

/// The length is known only now: room for the shortest was kept, and a longer BER one moves the
/// body.
void Writer::close_item(const Node& node, std::size_t item_at, std::size_t body_at) {
    const TlvFormat format = node.field->tlv;
    const std::size_t length = out_.position() / 8 - body_at;
    if (length > largest_length(format.length)) {
        throw BadValue{ErrorKind::invalid_value, "of the item",
                       "takes " + count(length, "byte") + ", more than the " +
                           std::to_string(largest_length(format.length)) +
                           " that its length can say"};
    }
    const unsigned size = size_of_length(format.length, length);
    const std::size_t length_at = item_at + format.tag_bytes;
    const std::size_t moved = length_at + size - body_at;
    if (moved > 0) {
        out_.append_zeros(static_cast<std::uint32_t>(moved * 8));
        std::memmove(out_.begin() + body_at + moved, out_.begin() + body_at, length);
    }
    store_length(format.length, out_.begin() + length_at, size, length);
}

}  // namespace onetrip::section::tables
