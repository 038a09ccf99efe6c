// Refuses what is off a byte boundary. Where something begins within its byte may hang on a row; so
// all that it may be is followed: a set of the numbers 0 to 7, for which every condition and every
// number of items has to hold.

#include <array>
#include <bit>
#include <map>
#include <unordered_map>

#include "base/words.hpp"
#include "section/language/layout_lexer.hpp"
#include "section/tables/compiler.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::tables {

namespace {

/// Bit n: n bits of an unfinished byte are possible.
using Set = std::uint8_t;

constexpr Set boundary = 1;

Set shifted(Set set, std::uint64_t bits) {
    const auto by = static_cast<unsigned>(bits % 8);
    return static_cast<Set>(set << by | set >> (8 - by));
}

/// Where something ends, for each place at which it may begin.
using Shift = std::array<Set, 8>;

Set end_of(const Shift& shift, Set set) {
    Set result = 0;
    for (unsigned from = 0; from < 8; ++from) {
        if ((set >> from & 1) != 0) {
            result = static_cast<Set>(result | shift[from]);
        }
    }
    return result;
}

Shift joined(const Shift& a, const Shift& b) {
    Shift both;
    for (unsigned from = 0; from < 8; ++from) {
        both[from] = static_cast<Set>(a[from] | b[from]);
    }
    return both;
}

Shift in_turn(const Shift& first, const Shift& second) {
    Shift result;
    for (unsigned from = 0; from < 8; ++from) {
        result[from] = end_of(second, first[from]);
    }
    return result;
}

Shift by_bits(std::uint64_t bits) {
    Shift shift;
    for (unsigned from = 0; from < 8; ++from) {
        shift[from] = shifted(static_cast<Set>(1U << from), bits);
    }
    return shift;
}

/// `times` of them one after another.
Shift repeated(Shift one, std::uint32_t times) {
    Shift result = by_bits(0);
    for (; times > 0; times >>= 1) {
        if ((times & 1) != 0) {
            result = in_turn(result, one);
        }
        one = in_turn(one, one);
    }
    return result;
}

/// Any number of them.
Shift any_number(const Shift& one) {
    Shift result = by_bits(0);
    for (int step = 0; step < 8; ++step) {
        result = joined(result, in_turn(result, one));
    }
    return result;
}

class Aligner {
  public:
    Aligner(const Unit& unit, UnitKind kind, Ticker& ticker)
        : unit_(unit), kind_(kind), ticker_(ticker) {
        shifts_.resize(unit.blocks.size());
        // Inner braces have higher numbers than those around them.
        for (auto block = static_cast<BlockId>(unit.blocks.size()); block-- > 0;) {
            shifts_[block] = by_bits(0);
            for (const Node& node : unit.blocks[block].nodes) {
                ticker_.tick();
                shifts_[block] = in_turn(shifts_[block], shift_of(node));
            }
        }
    }

    /// Notes how many bits each `align` fills, if always as many, and where the unit may end.
    void fill(Unit& unit) {
        unit.ends = end_of(shifts_.front(), boundary);
        for_each_node(0, boundary, [&](const Node& node, BlockId block, Set begin) {
            if (node.kind == Node::Kind::align && std::has_single_bit(begin)) {
                std::vector<Node>& nodes = unit.blocks[block].nodes;
                nodes[static_cast<std::size_t>(&node - nodes.data())].fixed =
                    (8 - std::countr_zero(begin)) % 8;
            }
        });
    }

    void check() {
        measured_.resize(unit_.scopes.size());
        own_lengths_.resize(unit_.scopes.size());
        for (BlockId block = 0; block < unit_.blocks.size(); ++block) {
            for (const Node& node : unit_.blocks[block].nodes) {
                note_length(node, block);
            }
        }
        for_each_node(0, boundary, [&](const Node& node, BlockId block, Set begin) {
            check_node(node, block, begin);
            check_ends_of_scope(node, begin);
        });
        const Set end = end_of(shifts_.front(), boundary);
        if (end != boundary && kind_ != UnitKind::type) {
            refuse_end(end);
        }
    }

  private:
    /// A length() and the block in which it stands.
    struct Length {
        const Node* node;
        BlockId block;
    };

    /// The length() fields of a name.
    struct Lengths {
        std::vector<Length> all;
        std::unordered_map<BlockId, std::uint32_t> within;  ///< how many stand in a block
        /// How many stand in all arms of the element of a block.
        std::map<std::pair<BlockId, std::uint32_t>, std::uint32_t> within_arms;
    };

    template <typename Visit>
    void for_each_node(BlockId id, Set begin, const Visit& visit) const;
    template <typename Visit>
    void for_each_inner(const Node& node, Set begin, const Visit& visit) const;
    Set begin_of_scope(const Node& node, Set begin) const;

    void note_length(const Node& node, BlockId block);
    Shift shift_of(const Node& node) const;
    Shift shift_of_items(const Node& node, const Shift& item) const;
    void check_node(const Node& node, BlockId block, Set begin) const;
    void check_measured(const Node& node, BlockId block, Set begin) const;
    void check_ends_of_scope(const Node& node, Set begin) const;
    static bool has_common(const Lengths& lengths, const Unit& unit, BlockId block);
    bool exclude_each_other(BlockId a, BlockId b) const;
    void require(const Node& node, Set set, const std::string& what) const;
    [[noreturn]] void refuse_end(Set end) const;

    const Unit& unit_;
    UnitKind kind_;
    Ticker& ticker_;
    std::vector<Shift> shifts_;                                  ///< by BlockId
    std::vector<std::unordered_map<NameId, Lengths>> measured_;  ///< by scope
    std::vector<const Node*> own_lengths_;                       ///< by scope: its length()
};

void Aligner::note_length(const Node& node, BlockId block) {
    if (node.kind != Node::Kind::bits) {
        return;
    }
    const ScopeId scope = unit_.blocks[block].scope;
    if (node.field->source.kind == Source::Kind::length_of_field) {
        Lengths& lengths = measured_[scope][node.measured];
        lengths.all.push_back({&node, block});
        for (; block != none; block = unit_.blocks[block].outer) {
            ++lengths.within[block];
            ++lengths.within_arms[{unit_.blocks[block].outer, unit_.blocks[block].outer_index}];
        }
    } else if (node.field->source.kind == Source::Kind::length_of_rest) {
        own_lengths_[scope] = &node;
    }
}

Shift Aligner::shift_of_items(const Node& node, const Shift& item) const {
    return node.count > 0 ? repeated(item, node.count) : any_number(item);
}

Shift Aligner::shift_of(const Node& node) const {
    switch (node.kind) {
        case Node::Kind::bits:
        case Node::Kind::bytes:
        case Node::Kind::tlv:
            return by_bits(node.field->width.value_or(0));
        case Node::Kind::align: {
            Shift shift;
            shift.fill(boundary);
            return shift;
        }
        case Node::Kind::values:
            return shift_of_items(node, by_bits(*node.field->width));
        case Node::Kind::list:
            return shift_of_items(node, shifts_[node.block]);
        case Node::Kind::object: {
            Shift body = shifts_[node.block != none ? node.block : 0];
            if (node.unit != nullptr) {
                body.fill(node.unit->ends);
            }
            return node.is_nullable ? joined(body, by_bits(0)) : body;
        }
        case Node::Kind::choice: {
            Shift shift{};
            for (const PlannedArm& arm : node.arms) {
                shift = joined(shift, shifts_[arm.block]);
            }
            return joined(shift, node.otherwise == none ? by_bits(0) : shifts_[node.otherwise]);
        }
        case Node::Kind::optional:
            return joined(shifts_[node.block], by_bits(0));
        case Node::Kind::label:
            return by_bits(0);
    }
    __builtin_unreachable();
}

/// Calls visit for each element, with the block in which it stands and where it may begin.
template <typename Visit>
void Aligner::for_each_node(BlockId id, Set begin, const Visit& visit) const {
    for (const Node& node : unit_.blocks[id].nodes) {
        ticker_.tick();
        visit(node, id, begin);
        for_each_inner(node, begin, visit);
        begin = end_of(shift_of(node), begin);
    }
}

template <typename Visit>
void Aligner::for_each_inner(const Node& node, Set begin, const Visit& visit) const {
    for (const PlannedArm& arm : node.arms) {
        for_each_node(arm.block, begin, visit);
    }
    if (node.otherwise != none) {
        for_each_node(node.otherwise, begin, visit);
    }
    if (node.block != none) {
        for_each_node(node.block, begin_of_scope(node, begin), visit);
    }
}

/// An item of a list begins where the first does, or any other.
Set Aligner::begin_of_scope(const Node& node, Set begin) const {
    return node.kind == Node::Kind::list ? end_of(any_number(shifts_[node.block]), begin) : begin;
}

void Aligner::require(const Node& node, Set set, const std::string& what) const {
    if (set == boundary) {
        return;
    }
    unsigned bits = 1;
    while ((set >> bits & 1) == 0) {
        ++bits;
    }
    refuse_layout(node.at, what,
                  count(bits, "bit") + " of an unfinished byte" +
                      ((set & boundary) != 0 ? " for some rows" : ""),
                  "a byte boundary");
}

void Aligner::check_node(const Node& node, BlockId block, Set begin) const {
    if (node.field == nullptr) {
        return;
    }
    const std::string name = "field " + in_quotes(node.field->name);
    const bool has_no_width = node.kind == Node::Kind::bytes && !node.field->width;
    const bool is_definition = node.kind == Node::Kind::object && node.unit != nullptr;
    if (has_no_width || is_definition || node.kind == Node::Kind::tlv ||
        (node.kind == Node::Kind::bits && node.field->type->begins_a_byte())) {
        require(node, begin, name + " does not begin on a byte boundary");
    }
    if (node.kind == Node::Kind::label) {
        require(node, begin, "label " + in_quotes(node.field->name) + " is off a byte boundary");
    }
    check_measured(node, block, begin);
    if (node.kind == Node::Kind::bits && node.field->source.kind == Source::Kind::length_of_rest) {
        require(node, end_of(shift_of(node), begin),
                "what " + name + " measures is off a byte boundary");
    }
}

/// Checks an element with every length() of it that may stand in the same bytes.
void Aligner::check_measured(const Node& node, BlockId block, Set begin) const {
    const Set end = end_of(shift_of(node), begin);
    if (node.name == none || node.kind == Node::Kind::label ||
        (begin == boundary && end == boundary)) {
        return;
    }
    const auto& measured = measured_[unit_.blocks[block].scope];
    const auto lengths = measured.find(node.name);
    if (lengths == measured.end() || !has_common(lengths->second, unit_, block)) {
        return;
    }
    for (const Length& length : lengths->second.all) {
        if (!exclude_each_other(length.block, block)) {
            const std::string what = "what field " + in_quotes(length.node->field->name) +
                                     " measures is off a byte boundary";
            require(*length.node, begin, what);
            require(*length.node, end, what);
        }
    }
}

/// Whether one of them may stand in the same bytes as a block, which is counted: those in the other
/// arms around the block do not.
bool Aligner::has_common(const Lengths& lengths, const Unit& unit, BlockId block) {
    std::size_t excluded = 0;
    for (; unit.blocks[block].outer != none; block = unit.blocks[block].outer) {
        const auto arms =
            lengths.within_arms.find({unit.blocks[block].outer, unit.blocks[block].outer_index});
        if (arms != lengths.within_arms.end()) {
            const auto own = lengths.within.find(block);
            excluded += arms->second - (own == lengths.within.end() ? 0 : own->second);
        }
    }
    return excluded < lengths.all.size();
}

/// Whether two blocks stand in different arms of one `if`. Inner braces have higher numbers than
/// those around them.
bool Aligner::exclude_each_other(BlockId a, BlockId b) const {
    std::uint32_t at_a = none;
    std::uint32_t at_b = none;
    while (a != b) {
        BlockId& inner = a > b ? a : b;
        (a > b ? at_a : at_b) = unit_.blocks[inner].outer_index;
        inner = unit_.blocks[inner].outer;
    }
    return at_a != none && at_a == at_b;
}

void Aligner::check_ends_of_scope(const Node& node, Set begin) const {
    const bool is_scope = node.kind == Node::Kind::list || node.kind == Node::Kind::object;
    if (!is_scope || node.block == none) {
        return;
    }
    if (const Node* const length = own_lengths_[unit_.blocks[node.block].scope]) {
        require(
            *length, end_of(shifts_[node.block], begin_of_scope(node, begin)),
            "what field " + in_quotes(length->field->name) + " measures is off a byte boundary");
    }
}

void Aligner::refuse_end(Set end) const {
    unsigned bits = 1;
    while ((end >> bits & 1) == 0) {
        ++bits;
    }
    const std::string what = kind_ == UnitKind::section ? std::string("the layout")
                                                        : "definition " + in_quotes(unit_.name);
    refuse_layout(unit_.end_at, what + " does not end on a byte boundary",
                  count(bits, "bit") + " of an unfinished byte" +
                      ((end & boundary) != 0 ? " for some rows" : ""),
                  "a byte boundary");
}

}  // namespace

void fill_alignment(Unit& unit, UnitKind kind, Ticker& ticker) {
    Aligner(unit, kind, ticker).fill(unit);
}

void align_unit(const Unit& unit, UnitKind kind, Ticker& ticker) {
    Aligner(unit, kind, ticker).check();
}

}  // namespace onetrip::section::tables
