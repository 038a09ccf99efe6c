#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "section/tables/plan.hpp"

namespace onetrip::section::tables {

/// An element of a layout, for eyes: what layout_fields says of it.
struct FieldLine {
    std::string path;                         ///< `events[].event_id`
    std::optional<std::uint64_t> bit_offset;  ///< none after what varies, and in lists
    std::optional<std::uint32_t> width;
    std::string type;    ///< `list` and `object` of braces
    std::string source;  ///< empty if it has none
};

/// Takes the lines. A layout whose definitions have many arms may have very many: the receiver can
/// end the walk by an exception.
class FieldLines {
  public:
    virtual ~FieldLines() = default;
    virtual void add(const FieldLine& line) = 0;
};

/// The elements of a table in the order of its text, those of fields that have a definition's name
/// among them. Items of a tlv are not: they may be any of its sets.
void list_fields(const TablePlan& plan, FieldLines& lines);

}  // namespace onetrip::section::tables
