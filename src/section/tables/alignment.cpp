// Refuses what is off a byte boundary. Where something begins within its byte may hang on a row; so
// all that it may be is followed: a set of the numbers 0 to 7, for which every condition and every
// number of items has to hold.

#include <array>

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
    Aligner(const Unit& unit, UnitKind kind) : unit_(unit), kind_(kind) {
        shifts_.resize(unit.blocks.size());
        // Inner braces have higher numbers than those around them.
        for (auto block = static_cast<BlockId>(unit.blocks.size()); block-- > 0;) {
            shifts_[block] = by_bits(0);
            for (const Node& node : unit.blocks[block].nodes) {
                shifts_[block] = in_turn(shifts_[block], shift_of(node));
            }
        }
    }

    void check() {
        measured_.resize(unit_.scopes.size());
        own_lengths_.resize(unit_.scopes.size());
        for (ScopeId scope = 0; scope < unit_.scopes.size(); ++scope) {
            measured_[scope].resize(unit_.scopes[scope].names.size());
        }
        for (const PlannedBlock& block : unit_.blocks) {
            for (const Node& node : block.nodes) {
                note_length(node, block.scope);
            }
        }
        check_scope(0, boundary);
        const Set end = end_of(shifts_.front(), boundary);
        if (end != boundary) {
            refuse_end(end);
        }
    }

  private:
    void note_length(const Node& node, ScopeId scope);
    Shift shift_of(const Node& node) const;
    Shift shift_of_items(const Node& node, const Shift& item) const;
    void check_scope(ScopeId scope, Set begin);
    void check_block(BlockId block, Set begin);
    void check_node(const Node& node, ScopeId scope, Set begin);
    void check_inner(const Node& node, Set begin);
    void require(const Node& node, Set set, const std::string& what) const;
    [[noreturn]] void refuse_end(Set end) const;

    const Unit& unit_;
    UnitKind kind_;
    std::vector<Shift> shifts_;                       ///< by BlockId
    std::vector<std::vector<const Node*>> measured_;  ///< by scope and name: a length() of it
    std::vector<const Node*> own_lengths_;            ///< by scope: its length()
};

void Aligner::note_length(const Node& node, ScopeId scope) {
    if (node.kind != Node::Kind::bits) {
        return;
    }
    if (node.field->source.kind == Source::Kind::length_of_field) {
        measured_[scope][node.measured] = &node;
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
            const Shift body = node.unit != nullptr ? by_bits(0) : shifts_[node.block];
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

void Aligner::check_scope(ScopeId scope, Set begin) {
    const BlockId block = unit_.scopes[scope].block;
    check_block(block, begin);
    if (const Node* const length = own_lengths_[scope]; length != nullptr && scope != 0) {
        require(*length, end_of(shifts_[block], begin),
                "what field " + quoted(length->field->name) + " measures is off a byte boundary");
    }
}

void Aligner::check_block(BlockId id, Set begin) {
    const PlannedBlock& block = unit_.blocks[id];
    for (const Node& node : block.nodes) {
        check_node(node, block.scope, begin);
        check_inner(node, begin);
        begin = end_of(shift_of(node), begin);
    }
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

void Aligner::check_node(const Node& node, ScopeId scope, Set begin) {
    if (node.field == nullptr) {
        return;
    }
    const std::string name = "field " + quoted(node.field->name);
    const bool has_no_width = node.kind == Node::Kind::bytes && !node.field->width;
    const bool is_definition = node.kind == Node::Kind::object && node.unit != nullptr;
    if (has_no_width || is_definition || node.kind == Node::Kind::tlv ||
        (node.kind == Node::Kind::bits && node.field->type->begins_a_byte())) {
        require(node, begin, name + " does not begin on a byte boundary");
    }
    if (node.kind == Node::Kind::label) {
        require(node, begin, "label " + quoted(node.field->name) + " is off a byte boundary");
        return;
    }
    const Set end = end_of(shift_of(node), begin);
    if (node.name != none && measured_[scope][node.name] != nullptr) {
        const Node& length = *measured_[scope][node.name];
        const std::string what =
            "what field " + quoted(length.field->name) + " measures is off a byte boundary";
        require(length, begin, what);
        require(length, end, what);
    }
    if (node.kind == Node::Kind::bits && node.field->source.kind == Source::Kind::length_of_rest) {
        require(node, end, "what " + name + " measures is off a byte boundary");
    }
}

/// What stands in braces begins wherever its first item does, or the last.
void Aligner::check_inner(const Node& node, Set begin) {
    switch (node.kind) {
        case Node::Kind::list:
            check_scope(unit_.blocks[node.block].scope,
                        end_of(any_number(shifts_[node.block]), begin));
            break;
        case Node::Kind::object:
            if (node.unit == nullptr) {
                check_scope(unit_.blocks[node.block].scope, begin);
            }
            break;
        case Node::Kind::choice:
            for (const PlannedArm& arm : node.arms) {
                check_block(arm.block, begin);
            }
            if (node.otherwise != none) {
                check_block(node.otherwise, begin);
            }
            break;
        case Node::Kind::optional:
            check_block(node.block, begin);
            break;
        default:
            break;
    }
}

void Aligner::refuse_end(Set end) const {
    unsigned bits = 1;
    while ((end >> bits & 1) == 0) {
        ++bits;
    }
    const std::string what =
        kind_ == UnitKind::section ? std::string("the layout") : "definition " + quoted(unit_.name);
    refuse_layout(unit_.end_at, what + " does not end on a byte boundary",
                  count(bits, "bit") + " of an unfinished byte" +
                      ((end & boundary) != 0 ? " for some rows" : ""),
                  "a byte boundary");
}

}  // namespace

void align_unit(const Unit& unit, UnitKind kind) {
    Aligner(unit, kind).check();
}

}  // namespace onetrip::section::tables
