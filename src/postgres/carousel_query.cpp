#include "postgres/carousel_query.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "nodes/makefuncs.h"
#include "storage/lockdefs.h"
}

namespace onetrip::postgres {

namespace {

using section::Layout;

/// One of the tables; `relation` is InvalidOid where there is none.
struct Table {
    const char* name;
    const char* alias;  ///< in the messages query
    Oid relation;

    bool exists() const { return OidIsValid(relation); }
};

struct Tables {
    Table messages;
    Table campagnes;
    Table zones;
};

bool can_be_read(Oid relation) {
    switch (get_rel_relkind(relation)) {
        case RELKIND_RELATION:
        case RELKIND_PARTITIONED_TABLE:
        case RELKIND_VIEW:
        case RELKIND_MATVIEW:
        case RELKIND_FOREIGN_TABLE:
            return true;
        default:
            return false;
    }
}

/// Found along the search_path, and locked as the query will lock it: what is looked up of the
/// table until then stays true, whatever DDL was under way.
Table find_table(const char* name, const char* alias) {
    RangeVar* const wanted = makeRangeVar(nullptr, pstrdup(name), -1);
    const Oid relation = RangeVarGetRelid(wanted, AccessShareLock, true);
    if (OidIsValid(relation) && !can_be_read(relation)) {
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                        errmsg("\"%s\" is not a table or view", name)));
    }
    return {name, alias, relation};
}

[[noreturn]] void refuse_missing_table(const char* name) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table \"%s\" does not exist", name),
                    errdetail("The carousel's tables are looked for in the search_path: %s.",
                              namespace_search_path),
                    errhint("Make them with SELECT create_carousel_tables('schema'), or add their "
                            "schema to search_path; you need USAGE on it.")));
    pg_unreachable();
}

Tables find_tables() {
    const Tables tables = {find_table("messages", "m"), find_table("campagnes", "c"),
                           find_table("zones_diffusion", "z")};
    for (const Table& table : {tables.messages, tables.campagnes}) {
        if (!table.exists()) {
            refuse_missing_table(table.name);
        }
    }
    return tables;
}

const char* qualified_name(const Table& table) {
    const char* const schema = get_namespace_name(get_rel_namespace(table.relation));
    return quote_qualified_identifier(schema, get_rel_name(table.relation));
}

bool has_column(const Table& table, const char* column) {
    return table.exists() && get_attnum(table.relation, column) > 0;
}

/// The table whose column a name of the layout means: chapter 5's order.
const Table* table_of_column(const Tables& tables, const char* column) {
    for (const Table* const table : {&tables.messages, &tables.campagnes, &tables.zones}) {
        if (has_column(*table, column)) {
            return table;
        }
    }
    return nullptr;
}

/// The columns of the row that a layout sees, each once.
const char* list_columns(const Tables& tables) {
    StringInfoData list;
    initStringInfo(&list);
    appendStringInfoString(&list, "campagne_id, message_id");
    for (const Table* const table : {&tables.messages, &tables.campagnes, &tables.zones}) {
        const char* column = nullptr;
        for (AttrNumber i = 1;
             table->exists() && (column = get_attname(table->relation, i, true)) != nullptr; ++i) {
            // The second condition fails for a column that was dropped.
            if (table_of_column(tables, column) == table &&
                get_attnum(table->relation, column) == i) {
                appendStringInfo(&list, ", %s", column);
            }
        }
    }
    return list.data;
}

[[noreturn]] void refuse_rights(const Table& table, const char* column) {
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("permission denied for table %s", get_rel_name(table.relation)),
                    errdetail("Column \"%s\" must be read.", column),
                    errhint("Grant it with GRANT SELECT ON %s TO %s.", qualified_name(table),
                            quote_identifier(GetUserNameFromId(GetUserId(), false)))));
    pg_unreachable();
}

/// The executor would refuse as well, but without saying what to do.
void check_rights(const Table& table, const char* column) {
    const Oid user = GetUserId();
    if (pg_class_aclcheck(table.relation, user, ACL_SELECT) != ACLCHECK_OK &&
        pg_attribute_aclcheck(table.relation, get_attnum(table.relation, column), user,
                              ACL_SELECT) != ACLCHECK_OK) {
        refuse_rights(table, column);
    }
}

void require_column(const Table& table, const char* column) {
    if (!has_column(table, column)) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                        errmsg("column \"%s\" of table \"%s\" does not exist", column,
                               get_rel_name(table.relation)),
                        errdetail("The carousel cannot be read without it."),
                        errhint("Tables made by create_carousel_tables have all columns.")));
    }
    check_rights(table, column);
}

void require_columns(const Tables& tables) {
    for (const char* const column : {"id", "campagne_id_fk"}) {
        require_column(tables.messages, column);
    }
    for (const char* const column : {"id", "zone_diffusion", "valid_start", "valid_end"}) {
        require_column(tables.campagnes, column);
    }
    if (tables.zones.exists()) {
        require_column(tables.zones, "zone_diffusion");
    }
}

[[noreturn]] void refuse_unknown_source(const Tables& tables, const Layout& layout,
                                        std::size_t slot) {
    ereport(
        ERROR,
        (errcode(ERRCODE_UNDEFINED_COLUMN),
         errmsg("the carousel's tables have no column \"%s\" for field \"%s\" of layout \"%s\"",
                layout.slots[slot].name.c_str(), layout.field_of_slot(slot).name.c_str(),
                layout.name.c_str()),
         errdetail("A message has the columns %s.", list_columns(tables)),
         tables.zones.exists()
             ? errhint("Add the column to \"messages\" or \"campagnes\", or name another in the "
                       "layout.")
             : errhint("There is no table \"zones_diffusion\", so that \"campagnes\" must have "
                       "its columns; create_carousel_tables would make all tables.")));
    pg_unreachable();
}

void append_slot(StringInfo query, const Tables& tables, const Layout& layout, std::size_t slot) {
    const char* const name = layout.slots[slot].name.c_str();
    if (layout.slots[slot].names_part) {
        appendStringInfoString(query, ", NULL::pg_catalog.int8");
    } else if (std::strcmp(name, "campagne_id") == 0) {
        appendStringInfoString(query, ", c.id");
    } else if (std::strcmp(name, "message_id") == 0) {
        appendStringInfoString(query, ", m.id");
    } else {
        const Table* const table = table_of_column(tables, name);
        if (table == nullptr) {
            refuse_unknown_source(tables, layout, slot);
        }
        check_rights(*table, name);
        appendStringInfo(query, ", %s.%s", table->alias, quote_identifier(name));
    }
}

/// Whether the layout takes a column from zones_diffusion, so that it must be joined.
bool needs_zones(const Tables& tables, const Layout& layout) {
    for (const section::Slot& slot : layout.slots) {
        if (!slot.names_part && table_of_column(tables, slot.name.c_str()) == &tables.zones) {
            return true;
        }
    }
    return false;
}

/// On air: whole days of the session's TimeZone. The wider bounds beside them are what an index on
/// the bare columns serves.
constexpr const char* on_air =
    " WHERE c.zone_diffusion::pg_catalog.text OPERATOR(pg_catalog.=) $1"
    " AND c.valid_start OPERATOR(pg_catalog.<=) $3"
    " AND c.valid_end OPERATOR(pg_catalog.>=) $4"
    " AND pg_catalog.date_trunc('day', c.valid_start) OPERATOR(pg_catalog.<=) $2"
    " AND $2 OPERATOR(pg_catalog.<=) pg_catalog.date_trunc('day', c.valid_end)"
    " ORDER BY c.id, m.id";

const char* messages_query(const Tables& tables, const Layout& layout) {
    StringInfoData query;
    initStringInfo(&query);
    appendStringInfoString(&query, "SELECT c.id, m.id");
    for (std::size_t slot = 0; slot < layout.slots.size(); ++slot) {
        append_slot(&query, tables, layout, slot);
    }
    appendStringInfo(&query,
                     " FROM %s AS m JOIN %s AS c ON c.id OPERATOR(pg_catalog.=) m.campagne_id_fk",
                     qualified_name(tables.messages), qualified_name(tables.campagnes));
    if (needs_zones(tables, layout)) {
        appendStringInfo(
            &query, " JOIN %s AS z ON z.zone_diffusion::pg_catalog.text OPERATOR(pg_catalog.=) $1",
            qualified_name(tables.zones));
    }
    appendStringInfoString(&query, on_air);
    return query.data;
}

}  // namespace

CarouselQuery carousel_query(const Layout& layout) {
    const Tables tables = find_tables();
    require_columns(tables);
    const Table& zones = tables.zones.exists() ? tables.zones : tables.campagnes;
    CarouselQuery query{};
    query.messages = messages_query(tables, layout);
    query.zones_table = qualified_name(zones);
    query.zones = psprintf(
        "SELECT DISTINCT z.zone_diffusion::pg_catalog.text FROM %s AS z WHERE z.zone_diffusion IS "
        "NOT NULL ORDER BY 1",
        query.zones_table);
    return query;
}

}  // namespace onetrip::postgres
