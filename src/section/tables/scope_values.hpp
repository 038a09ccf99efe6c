#pragma once

#include <map>
#include <vector>

#include "section/tables/reading.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::tables {

/// The leaves of a scope, whose elements are the entries from `from` to `to`, by the key that they
/// were written from.
std::map<KeyId, std::vector<EntryId>> fields_by_key(const Reading& reading, const Scope& scope,
                                                    EntryId from, EntryId to);

/// The contents of the fields of one key, as SharedValue takes them.
class CodedFields {
  public:
    CodedFields(const Reading& reading, const std::vector<EntryId>& ids);

    const std::vector<CodedField>& view() const { return fields_; }

  private:
    std::vector<std::vector<std::uint8_t>> aligned_;
    std::vector<CodedField> fields_;
};

}  // namespace onetrip::section::tables
