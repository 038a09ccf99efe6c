#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/interrupt.hpp"
#include "section/encoder.hpp"
#include "section/part_numbers.hpp"
#include "section/tables/bit_writer.hpp"
#include "section/tables/conditions.hpp"
#include "section/tables/item_sets.hpp"
#include "section/tables/path.hpp"
#include "section/tables/plan.hpp"
#include "section/types/bad_value.hpp"
#include "section/types/tlv.hpp"
#include "section/value.hpp"

namespace onetrip::section::tables {

/// Makes sections of rows, as a table's plan says: one recursion over scopes.
class Writer {
  public:
    /// `plan` must outlive the writer. `interrupt` is called now and then by what can take long.
    explicit Writer(const TablePlan& plan, Interrupt interrupt = never_interrupted);

    /// Encodes a row into one section, or several. `row` has a value for each key of the section's
    /// own braces. Returns the number of sections. Throws FieldError and what the sink throws.
    std::size_t write(std::span<const Value> row, SectionSink& sink, Splitting splitting);

  private:
    /// The state of a name while its scope is written.
    struct NameState {
        FieldBits value;        ///< of an integer field
        std::size_t begin = 0;  ///< in bits
        std::size_t end = 0;
        std::uint32_t items = 0;  ///< of a list
        bool is_written = false;
        bool is_asked = false;  ///< whether a present() has found out if the row has a value …
        bool is_given = false;  ///< … and that
    };

    /// A length, count or present, whose bits are filled in at the end of its scope.
    struct Computed {
        const Node* node;
        std::size_t position;  ///< in bits
    };

    /// The scope that is written.
    struct Frame {
        const Unit* unit;
        const Scope* scope;
        Frame* outer;          ///< in the same unit; nullptr for its own braces
        std::size_t names;     ///< where its NameStates begin
        std::size_t values;    ///< where the values of its keys begin
        std::size_t computed;  ///< where its open fields begin
        std::size_t begin;     ///< in bits
    };

    /// Sections of a row that is split: which bits of the items each takes, and its number.
    struct Share {
        std::vector<std::uint8_t> bytes;  ///< begins in the byte in which the items do
        std::size_t begin = 0;            ///< in bits
        std::size_t end = 0;
        std::uint32_t items = 0;
        std::uint64_t part = 0;
        std::uint64_t last_of_segment = 0;
    };

    /// An item of the split element, with its index in the row.
    struct IndexedItem {
        std::uint32_t index;
        JsonItem item;
    };

    // Rows and sections (writer.cpp):
    void take_row(std::span<const Value> row);
    void write_section(std::uint8_t* section);
    std::size_t finish(PartNumbers numbers, std::uint8_t* section);
    void write_part_numbers(PartNumbers numbers, std::uint8_t* section);
    void write_given_part_numbers(std::uint8_t* section);
    static void write_part_number(const Computed& part, std::uint64_t number,
                                  std::uint8_t* section);
    bool numbered_by_row() const;
    [[noreturn]] void refuse_missing_part() const;

    // Splitting (splitting.cpp):
    std::size_t split(SectionSink& sink, Splitting splitting);
    std::size_t write_shares(std::vector<Share>& shares, SectionSink& sink);
    void measure_room();
    std::vector<JsonItem> items_to_split() const;
    std::vector<Share> shares_of_segments(const std::vector<JsonItem>& items);
    std::uint64_t segment_of(const JsonItem& item, std::uint64_t largest);
    [[noreturn]] void refuse_missing_key(const std::string& key) const;
    void share_items(const std::vector<IndexedItem>& items, std::vector<Share>& shares);
    Share new_share() const;
    bool add_to_share(const IndexedItem& item, Share& share);
    void write_split_item(const IndexedItem& item);

    // Scopes and elements (writer.cpp, items in items_writer.cpp):
    void write_scope(const Unit& unit, const Scope& scope, Frame* outer, jsonb::Value object);
    void read_object(const Scope& scope, jsonb::Object object);
    void write_block(BlockId block, Frame& frame);
    void write_node(const Node& node, Frame& frame);
    void write_element(const Node& node, Frame& frame);
    void write_bits(const Node& node, Frame& frame);
    std::uint64_t bits_of_column(const Node& node, Frame& frame);
    void write_bytes(const Node& node, const Value& value);
    void write_align(const Node& node);
    [[noreturn]] static void refuse_null_list(const Node& node, const Value& value);
    void write_values(const Node& node, Frame& frame);
    void write_list(const Node& node, Frame& frame);
    void write_list_item(const Node& node, Frame* frame, std::uint32_t index, jsonb::Value item);
    void write_object(const Node& node, Frame& frame);
    void write_tlv(const Node& node, Frame& frame);
    void write_shared(const Node& node, Frame& frame);

    std::uint32_t write_items(const Node& node, jsonb::Value items);
    void write_item(const Node& node, const JsonItem& item, ItemsBefore& before);
    void write_plain_item(const Node& node, const JsonItem& item, ItemsBefore& before);
    void write_named_item(const Node& node, std::string_view name, jsonb::Value body,
                          ItemsBefore& before);
    const ItemDefinition& definition_to_write(const Node& node, std::string_view name,
                                              const ItemsBefore& before) const;
    static void refuse_hidden(const Node& node, const ItemDefinition& item,
                              std::span<const std::uint8_t> value, const ItemsBefore& before);
    void close_item(const Node& node, std::size_t item_at, std::size_t body_at);

    void close_scope(Frame& frame, bool is_of_object);
    void fill(const Computed& computed, Frame& frame);
    std::int64_t computed_value(const Node& node, const Frame& frame);
    void check_present(const Node& node, std::uint64_t bits, const Frame& frame);
    void refuse_missing_column(const Frame& frame, const Value& value) const;
    void check_unused(const Frame& frame);
    bool has_value(KeyId key, const Frame& frame) const;

    jsonb::Array array_of(const Node& node, const Value& value) const;
    const Value& value_of(const Node& node, const Frame& frame) const {
        static const Value null;
        const Value& value = values_[frame.values + node.key];
        const bool is_null =
            value.kind == Value::Kind::absent && frame.scope->keys[node.key].is_optional;
        return is_null ? null : value;
    }
    NameState& state_of(const Node& node, const Frame& frame) {
        return names_[frame.names + node.name];
    }
    FieldBits find(const Frame& frame, Operand operand) const;
    [[noreturn]] void raise(const BadValue& bad) const;
    [[noreturn]] void refuse_overflow() const;

    const TablePlan& plan_;
    const Unit& root_;
    Interrupt interrupt_;
    Ticker ticker_;

    // State of the row:
    std::span<const Value> row_;
    bool is_json_row_ = false;
    bool is_composite_ = false;  ///< the column that is written is made of composite values
    std::vector<std::vector<std::uint8_t>> documents_;  ///< JSON text, parsed
    const Share* share_ = nullptr;                      ///< what the split element takes
    bool is_measuring_ = false;                         ///< how much room a section has for items
    std::size_t room_ = 0;                              ///< that, in bits
    unsigned items_at_ = 0;                             ///< the bit in its byte at which they begin
    ItemsBefore before_;  ///< of the split tlv, in the section that is filled

    // State of the section:
    BitWriter out_{nullptr, 0};
    Path path_;
    const Node* node_ = nullptr;  ///< the element at fault if something is
    std::vector<Value> values_;
    std::vector<bool> used_;  ///< by the side of values_
    std::vector<NameState> names_;
    std::vector<Computed> computed_;
    std::vector<Computed> part_numbers_;
    std::vector<std::size_t> checksums_;
    std::vector<std::size_t> lengths_of_rest_;
    unsigned item_depth_ = 0;
    PartNumbersJudge judge_;
};

}  // namespace onetrip::section::tables
