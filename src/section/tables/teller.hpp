#pragma once

#include <vector>

#include "base/utf8.hpp"
#include "jsonb/jsonb_builder.hpp"
#include "section/shared_value.hpp"
#include "section/tables/reading.hpp"

namespace onetrip::section::tables {

/// Appends the JSON row that a sound section of a table was written from.
class Teller {
  public:
    Teller(const TablePlan& plan, const Reading& reading, HoldsText holds)
        : plan_(plan), reading_(reading), holds_(holds), shared_(holds) {}

    void tell(jsonb::JsonbBuilder& json);

  private:
    void tell_scope(const Scope& scope, EntryId from, EntryId to, jsonb::JsonbBuilder& json);
    void place_by_key(const Scope& scope, EntryId from, EntryId to);
    static bool is_shared(const Scope& scope, const Entry& entry);
    void tell_shared(EntryId first, EntryId to, jsonb::JsonbBuilder& json);
    void tell_entry(const Entry& entry, EntryId id, jsonb::JsonbBuilder& json);
    void tell_leaf(const Entry& entry, jsonb::JsonbBuilder& json);
    void tell_list(EntryId id, jsonb::JsonbBuilder& json);
    void tell_item(EntryId id, jsonb::JsonbBuilder& json);
    bool is_left_out(const Entry& entry) const;

    const TablePlan& plan_;
    const Reading& reading_;
    HoldsText holds_;
    SharedValue shared_;
    std::vector<EntryId> by_key_;  ///< of the scopes that are being appended, by KeyId; or none
};

}  // namespace onetrip::section::tables
