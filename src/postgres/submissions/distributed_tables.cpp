// Which node of Citus has what of the six tables of submissions, and whether a load can be done
// there. Knows no statement of the loader's.

#include "postgres/submissions/distributed_tables.hpp"

namespace onetrip::postgres {

namespace {

using Kind = Placement::Kind;

/// A table, and the column that has to distribute its rows; nullptr: every node has to have all.
struct PlacedTable {
    const Table* table;
    const char* wanted;
    Placement placement;
};

constexpr int table_count = 6;

struct PlacedTables {
    PlacedTable tables[table_count];  ///< that of the submissions first

    const PlacedTable& submissions() const { return tables[0]; }
};

PlacedTables placed(const Tables& tables) {
    PlacedTables found{{{&tables.submissions, "id", {}},
                        {&tables.events, "submission_id", {}},
                        {&tables.problems, "submission_id", {}},
                        {&tables.loads, "submission_id", {}},
                        {&tables.forms, nullptr, {}},
                        {&tables.users, nullptr, {}}}};
    for (PlacedTable& placed : found.tables) {
        if (placed.table->exists()) {
            placed.placement = placement_of(placed.table->relation);
        }
    }
    return found;
}

// ---- the refusal ----

const char* what_it_is(const Placement& placement) {
    if (placement.kind == Kind::here) {
        return "is on this server alone";
    }
    if (placement.kind == Kind::copied) {
        return "is a reference table";
    }
    const auto group = static_cast<long long>(placement.group);
    return placement.column == nullptr
               ? psprintf("is on one node (colocation group %lld)", group)
               : psprintf("is distributed by column \"%s\" (colocation group %lld)",
                          placement.column, group);
}

const char* what_it_must_be(const PlacedTable& placed, const PlacedTable& submissions) {
    if (placed.wanted == nullptr) {
        return "be a reference table";
    }
    if (&placed == &submissions) {
        return psprintf("be distributed by column \"%s\"", placed.wanted);
    }
    return psprintf("be distributed by column \"%s\" and colocated with table %s (group %lld)",
                    placed.wanted, submissions.table->qualified(),
                    static_cast<long long>(submissions.placement.group));
}

[[noreturn]] void refuse_placement(const PlacedTable& placed, const PlacedTable& submissions) {
    ereport(ERROR,
            (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
             errmsg("table %s is not placed by Citus as load_response_events needs it",
                    placed.table->qualified()),
             errdetail("Some tables of submissions are distributed. This one %s, and must %s.",
                       what_it_is(placed.placement), what_it_must_be(placed, submissions)),
             errhint("Distribute form_responses by id, and response_events, "
                     "response_event_problems and submission_loads by submission_id with "
                     "colocate_with, and make form_schemas and users reference tables; or "
                     "undistribute_table all.")));
    pg_unreachable();
}

// ---- what is needed ----

/// Tables that are on one node as a whole do not count: Citus 13.2 writes an INSERT ... SELECT for
/// them that is no SQL.
bool is_placed_well(const PlacedTable& placed, const PlacedTable& submissions) {
    const Placement& placement = placed.placement;
    if (placed.wanted == nullptr) {
        return placement.kind == Kind::copied;
    }
    return placement.kind == Kind::distributed && placement.column != nullptr &&
           std::strcmp(placement.column, placed.wanted) == 0 &&
           placement.group == submissions.placement.group;
}

bool is_any_distributed(const PlacedTables& all) {
    for (const PlacedTable& placed : all.tables) {
        if (placed.placement.kind == Kind::distributed) {
            return true;
        }
    }
    return false;
}

}  // namespace

LoadPlace place_of(const Tables& tables) {
    const PlacedTables all = placed(tables);
    if (!is_any_distributed(all)) {
        return LoadPlace::here;
    }
    for (const PlacedTable& placed : all.tables) {
        if (placed.table->exists() && !is_placed_well(placed, all.submissions())) {
            refuse_placement(placed, all.submissions());
        }
    }
    return LoadPlace::shards;
}

void distribute_like(const Tables& tables, const Table& made) {
    SPI_execute(psprintf("SELECT pg_catalog.create_distributed_table(%s::pg_catalog.regclass,"
                         " 'submission_id', colocate_with => %s)",
                         quote_literal_cstr(made.qualified()),
                         quote_literal_cstr(tables.submissions.qualified())),
                false, 0);
}

}  // namespace onetrip::postgres
