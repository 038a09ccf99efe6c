#pragma once

#include <cstdint>

#include "base/bits.hpp"
#include "section/tables/plan.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::tables {

/// The bits of a field that was written or read; `field` is nullptr if it is not there.
struct FieldBits {
    const Field* field = nullptr;
    std::uint64_t bits = 0;
};

/// Whether a comparison holds for a field. None holds for one that is not there (tables.md, 2.2).
inline bool compare(const TestedCondition& condition, FieldBits found) {
    if (found.field == nullptr) {
        return false;
    }
    const auto& type = static_cast<const BitsType&>(*found.field->type);
    const jsonb::Integer number = type.number_of(found.bits, *found.field->width);
    const std::uint64_t masked =
        condition.mask ? (number.negative ? found.bits : number.magnitude) & *condition.mask
                       : number.magnitude;
    const bool is_negative = number.negative && !condition.mask && number.magnitude > 0;
    const int order = is_negative || masked < condition.constant ? -1
                      : masked > condition.constant              ? 1
                                                                 : 0;
    switch (condition.comparison) {
        case Condition::Operator::equal:
            return order == 0;
        case Condition::Operator::not_equal:
            return order != 0;
        case Condition::Operator::less:
            return order < 0;
        case Condition::Operator::less_or_equal:
            return order <= 0;
        case Condition::Operator::greater:
            return order > 0;
        case Condition::Operator::greater_or_equal:
            return order >= 0;
    }
    __builtin_unreachable();
}

/// Tests a condition; `find` gives the FieldBits of an Operand.
template <typename Find>
bool holds(const Unit& unit, ConditionId id, const Find& find) {
    const TestedCondition& condition = unit.conditions[id];
    if (condition.kind == Condition::Kind::comparison) {
        return compare(condition, find(condition.field));
    }
    const bool is_any = condition.kind == Condition::Kind::any_of;
    for (const ConditionId operand : condition.operands) {
        if (holds(unit, operand, find) == is_any) {
            return is_any;
        }
    }
    return !is_any;
}

/// The block that a choice takes; `none` for none.
template <typename Find>
BlockId chosen(const Unit& unit, const Node& choice, const Find& find) {
    for (const PlannedArm& arm : choice.arms) {
        if (holds(unit, arm.condition, find)) {
            return arm.block;
        }
    }
    return choice.otherwise;
}

}  // namespace onetrip::section::tables
