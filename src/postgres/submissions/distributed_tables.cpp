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
/// them that is not SQL.
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

// ---- views ----

/// Whether a view shows rows of tables that Citus distributes, through however many views.
bool shows_distributed(const Table& view) {
    SPI_execute(
        psprintf(
            "WITH RECURSIVE shown (relation) AS (SELECT %u::pg_catalog.oid"
            " UNION SELECT d.refobjid FROM shown AS s"
            " JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) s.relation"
            " AND c.relkind OPERATOR(pg_catalog.=) 'v'"
            " JOIN pg_catalog.pg_rewrite AS w ON w.ev_class OPERATOR(pg_catalog.=) c.oid"
            " JOIN pg_catalog.pg_depend AS d ON d.objid OPERATOR(pg_catalog.=) w.oid"
            " AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass"
            " AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass)"
            " SELECT FROM shown AS s JOIN pg_catalog.pg_dist_partition AS p"
            " ON p.logicalrelid OPERATOR(pg_catalog.=) s.relation"
            " WHERE p.partkey IS NOT NULL LIMIT 1",
            view.relation),
        true, 1);
    return SPI_processed > 0;
}

/// Refuses views, which the load reads in its own session: a statement on nodes does not see them.
void refuse_views(const PlacedTables& all) {
    for (const PlacedTable& placed : all.tables) {
        const Table& table = *placed.table;
        if (table.exists() && get_rel_relkind(table.relation) == RELKIND_VIEW && knows_citus() &&
            shows_distributed(table)) {
            ereport(ERROR,
                    (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                     errmsg("view %s shows tables that Citus distributes", table.qualified()),
                     errdetail("Submissions on the nodes of Citus are loaded from tables alone."),
                     errhint("Call load_response_events with the schema of the tables, or make a "
                             "table of what the view shows.")));
        }
    }
}

}  // namespace

LoadPlace place_of(const Tables& tables) {
    const PlacedTables all = placed(tables);
    if (!is_any_distributed(all)) {
        refuse_views(all);
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
