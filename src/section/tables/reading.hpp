#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bits.hpp"
#include "base/interrupt.hpp"
#include "section/tables/conditions.hpp"
#include "section/tables/item_sets.hpp"
#include "section/tables/plan.hpp"
#include "section/types/tlv_reader.hpp"

namespace onetrip::section::tables {

/// Index into Reading::entries.
using EntryId = std::uint32_t;

/// An element as it lies in a section, or an item of one. The entries in a container follow it, up
/// to `next`.
struct Entry {
    enum class Kind : std::uint8_t {
        field,      ///< a leaf: bits, bytes, align, a tlv without sets, a value of a list
        list,       ///< of `values` or `list`
        list_item,  ///< an object of a list
        object,
        null_object,  ///< of an object that takes no bytes
        tlv,          ///< with sets
        tlv_item,
    };

    Kind kind = Kind::field;
    bool is_raw = false;           ///< a tlv_item that no definition decodes
    const Node* node = nullptr;    ///< of a list_item its list, of a tlv_item its tlv
    const Scope* scope = nullptr;  ///< of what holds the elements of one
    EntryId parent = none;
    EntryId next = 0;
    std::uint32_t bit = 0;  ///< from the section's begin
    std::uint32_t width = 0;
    std::uint32_t index = none;  ///< of what is an item: from 0
    std::int64_t expected = 0;   ///< of a length, count, offset or present: what was found

    // Members of a tlv_item:
    const ItemDefinition* definition = nullptr;
    std::uint32_t item = 0;  ///< index into Reading::items
};

/// Why a section, or an item of a tlv, could not be read to its end.
struct Break {
    EntryId entry;
    std::size_t bit;
    std::string problem;  ///< a clause of ASCII without full stop
};

/// Places the elements of a section. Bytes are never trusted; what is placed lies within them.
class Reading {
  public:
    /// `plan` must outlive the reading.
    Reading(const TablePlan& plan, Interrupt interrupt) : plan_(plan), ticker_(interrupt) {}

    /// Takes no more memory than the section's bits and the plan's elements allow.
    void place(std::span<const std::uint8_t> section);

    std::span<const std::uint8_t> section() const { return section_; }
    std::vector<Entry>& entries() { return entries_; }
    const std::vector<Entry>& entries() const { return entries_; }
    const TlvItem& item(const Entry& entry) const { return items_[entry.item]; }

    /// The reason why a definition refused an item, by Entry::item; empty if it did not.
    const std::string& refusal(const Entry& entry) const { return refusals_[entry.item]; }
    void refuse_item(Entry& entry, std::string refusal);

    /// Where the section's own elements end, in bits; with a Break, where it was met.
    std::size_t end() const { return position_; }
    const std::optional<Break>& broken() const { return broken_; }

    /// The bits of a leaf of at most 64 bits.
    std::uint64_t bits_of(const Entry& entry) const {
        return load_bits_within(section_, entry.bit, entry.width);
    }

    /// The bytes of a leaf of whole bytes. `aligned` holds them if it does not begin on a byte
    /// boundary.
    std::span<const std::uint8_t> bytes_of(const Entry& entry,
                                           std::vector<std::uint8_t>& aligned) const;

    /// `events[3].descriptors[1].short_event_descriptor.event_name`.
    std::string path_of(EntryId id) const;

    /// The path of what stands in an item of a tlv, from the definition's name on.
    std::string path_within(EntryId item, EntryId id) const;

  private:
    struct NameState {
        FieldBits value;
        std::size_t begin = 0;  ///< in bits
        std::size_t end = 0;
        std::uint32_t items = 0;
        bool is_placed = false;
        bool has_length = false;
        bool has_count = false;
        std::uint64_t length = 0;  ///< in bytes, as the field before says
        std::uint64_t count = 0;
    };

    struct Frame {
        const Unit* unit;
        const Scope* scope;
        const Frame* outer;
        EntryId entry;         ///< the entry that holds the elements; none for the section
        std::size_t names;     ///< where its NameStates begin
        std::size_t computed;  ///< where its entries that are computed begin
        std::optional<std::size_t> end;  ///< in bits, if it is known
        std::size_t limit;               ///< the nearest known end around it, in bits
    };

    bool read_scope(const Unit& unit, const Scope& scope, const Frame* outer, EntryId entry,
                    std::optional<std::size_t> end, std::size_t limit);
    bool read_block(BlockId block, Frame& frame);
    bool read_node(BlockId block, std::uint32_t index, Frame& frame);
    bool read_element(const Node& node, std::size_t end, Frame& frame);
    bool read_bits(const Node& node, Frame& frame);
    bool note_bits(const Node& node, std::uint64_t bits, EntryId id, Frame& frame);
    bool read_own_length(const Node& node, std::uint64_t bits, EntryId id, Frame& frame);
    bool read_bytes(const Node& node, std::size_t end, Frame& frame);
    bool read_align(const Node& node, Frame& frame);
    bool read_list(const Node& node, std::size_t end, Frame& frame);
    bool read_list_item(const Node& node, EntryId list, std::uint32_t index, std::size_t limit,
                        Frame& frame);
    bool read_object(const Node& node, std::size_t end, Frame& frame);
    bool read_tlv(const Node& node, std::size_t end, Frame& frame);
    void read_item(const Node& node, EntryId tlv, std::uint32_t index, std::size_t tlv_at,
                   const ItemsBefore& before);
    bool read_body(EntryId id, const ItemDefinition& definition, std::size_t begin,
                   std::size_t end);
    bool is_written_again(const Node& node, const ItemDefinition& definition,
                          const ItemsBefore& before) const;

    std::optional<std::size_t> end_of(BlockId block, std::uint32_t index, Frame& frame);
    std::size_t size_after(BlockId block, std::uint32_t index, NameId label, const Frame& frame);
    std::size_t size_of(const Node& node, const Frame& frame);
    std::size_t size_of_block(BlockId block, const Frame& frame);
    void close(const Frame& frame);
    std::int64_t expected_of(const Entry& entry, const Frame& frame) const;

    EntryId add(Entry::Kind kind, const Node& node, EntryId parent, std::size_t width);
    bool break_at(EntryId id, std::string problem);
    bool break_before(const Node& node, const Frame& frame, std::string problem);
    bool refuse_cut(const Node& node, const Frame& frame);
    FieldBits find(const Frame& frame, Operand operand) const;
    NameState& state_of(const Node& node, const Frame& frame) {
        return names_[frame.names + node.name];
    }

    const TablePlan& plan_;
    Ticker ticker_;
    std::span<const std::uint8_t> section_;
    std::size_t position_ = 0;  ///< in bits
    std::vector<Entry> entries_;
    std::vector<TlvItem> items_;
    std::vector<std::string> refusals_;
    std::vector<NameState> names_;
    std::vector<EntryId> computed_;
    unsigned item_depth_ = 0;
    std::array<ItemsBefore, deepest_item + 1> before_;  ///< by item_depth_
    std::optional<Break> broken_;
};

}  // namespace onetrip::section::tables
