// Finds the tables of a carousel, and refuses those that its statements could not read. Knows
// nothing of layouts and rows.

#include "postgres/carousel/carousel_tables.hpp"

#include "postgres/server/relations.hpp"

extern "C" {
#include "access/relation.h"
#include "catalog/pg_index.h"
#include "nodes/value.h"
#include "parser/parse_oper.h"
#include "utils/rel.h"
#include "utils/relcache.h"
}

namespace onetrip::postgres {

namespace {

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

CarouselTable find_table(const char* name, const char* alias) {
    const Oid relation = find_relation(nullptr, name);
    if (OidIsValid(relation) && !can_be_read(relation)) {
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                        errmsg("\"%s\" is not a table or view", name)));
    }
    return {name, alias, relation};
}

[[noreturn]] void refuse_missing_table(const char* name) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table \"%s\" does not exist", name),
                    errdetail("The carousel's tables are looked for in the search_path: %s.",
                              cut_for_message(namespace_search_path)),
                    errhint("Make them with SELECT create_carousel_tables('schema'), or add their "
                            "schema to search_path; you need USAGE on it.")));
    pg_unreachable();
}

void require_column(const CarouselTable& table, const char* column) {
    if (!table.has_column(column)) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                        errmsg("column \"%s\" of table \"%s\" does not exist", column,
                               get_rel_name(table.relation)),
                        errdetail("The carousel cannot be read without it."),
                        errhint("Tables made by create_carousel_tables have all columns.")));
    }
    check_column_rights(table, column);
}

// ---- types ----

/// `example` is a type that would serve.
[[noreturn]] void refuse_type(const CarouselTable& table, const char* column, const char* wanted,
                              const char* example) {
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                    errmsg("column \"%s\" of table \"%s\" has type %s", column,
                           get_rel_name(table.relation), format_type_be(table.type_of(column))),
                    errdetail("The carousel needs %s.", wanted),
                    errhint("Change it with ALTER TABLE, or cast it to %s in a view named \"%s\" "
                            "that the search_path finds first.",
                            example, table.name)));
    pg_unreachable();
}

void require_time(const CarouselTable& table, const char* column) {
    require_column(table, column);
    switch (getBaseType(table.type_of(column))) {
        case TIMESTAMPTZOID:
        case TIMESTAMPOID:
        case DATEOID:
            return;
        default:
            refuse_type(table, column, "timestamp with time zone, timestamp or date",
                        "timestamp with time zone");
    }
}

bool is_textual(Oid type) {
    char category = '\0';
    bool is_preferred = false;
    get_type_category_preferred(type, &category, &is_preferred);
    return category == TYPCATEGORY_STRING || category == TYPCATEGORY_ENUM;
}

/// A zone is compared as text, so that its text must not depend on a setting as that of a date
/// does.
void require_zone(const CarouselTable& table) {
    constexpr const char* column = "zone_diffusion";
    require_column(table, column);
    const Oid type = getBaseType(table.type_of(column));
    if (!is_textual(type) && type != INT2OID && type != INT4OID && type != INT8OID &&
        type != NUMERICOID && type != UUIDOID) {
        refuse_type(table, column, "text, varchar, an enum, an integer or uuid", "text");
    }
}

void require_time_zone(const CarouselTable& table) {
    if (table.has_column("time_zone")) {
        check_column_rights(table, "time_zone");
        if (!is_textual(getBaseType(table.type_of("time_zone")))) {
            refuse_type(table, "time_zone", "the name of a time zone as text", "text");
        }
    }
}

/// An id is sorted.
void require_id(const CarouselTable& table) {
    require_column(table, "id");
    const TypeCacheEntry* const type = lookup_type_cache(
        table.type_of("id"), TYPECACHE_LT_OPR | TYPECACHE_EQ_OPR | TYPECACHE_EQ_OPR_FINFO);
    if (!OidIsValid(type->lt_opr) || !OidIsValid(type->eq_opr)) {
        refuse_type(table, "id", "a type that has an order, such as bigint or uuid", "bigint");
    }
}

/// Whether the join's pg_catalog.= takes the two types.
bool can_be_compared(Oid left, Oid right) {
    List* const equal = list_make2(makeString(pstrdup("pg_catalog")), makeString(pstrdup("=")));
    const Operator found = oper(nullptr, equal, left, right, true, -1);
    if (found == nullptr) {
        return false;
    }
    ReleaseSysCache(found);
    return true;
}

void require_campaign_of_message(const CarouselTables& tables) {
    constexpr const char* column = "campagne_id_fk";
    require_column(tables.messages, column);
    const Oid type = tables.campagnes.type_of("id");
    if (!can_be_compared(type, tables.messages.type_of(column))) {
        const char* const name = format_type_be(type);
        refuse_type(tables.messages, column,
                    psprintf("%s, the type of column \"id\" of table \"campagnes\", or one that "
                             "compares with it",
                             name),
                    name);
    }
}

void require_columns(const CarouselTables& tables) {
    require_id(tables.messages);
    require_id(tables.campagnes);
    require_campaign_of_message(tables);
    require_zone(tables.campagnes);
    require_time(tables.campagnes, "valid_start");
    require_time(tables.campagnes, "valid_end");
    if (tables.zones.exists()) {
        require_zone(tables.zones);
    }
    require_time_zone(tables.known_zones());
}

// ---- indexes ----

/// Whether the index holds each pair of zone and id once at most, for all rows of its table.
bool makes_ids_unique(Form_pg_index index, AttrNumber id, AttrNumber zone) {
    if (!index->indisunique || !index->indisvalid || !index->indimmediate) {
        return false;
    }
    bool has_id = false;
    for (int i = 0; i < index->indnkeyatts; ++i) {
        const AttrNumber column = index->indkey.values[i];
        if (column != id && column != zone) {
            return false;
        }
        has_id = has_id || column == id;
    }
    return has_id;
}

bool index_makes_ids_unique(Oid oid, AttrNumber id, AttrNumber zone) {
    const HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(oid));
    if (!HeapTupleIsValid(tuple)) {
        return false;
    }
    const bool is_unique =
        heap_attisnull(tuple, Anum_pg_index_indpred, nullptr) &&
        makes_ids_unique(reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple)), id, zone);
    ReleaseSysCache(tuple);
    return is_unique;
}

}  // namespace

const char* CarouselTable::qualified_name() const {
    return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)),
                                      get_rel_name(relation));
}

const CarouselTable* CarouselTables::table_of_column(const char* column) const {
    for (const CarouselTable* const table : {&messages, &campagnes, &zones}) {
        if (table->has_column(column)) {
            return table;
        }
    }
    return nullptr;
}

CarouselTables find_carousel_tables() {
    const CarouselTables tables = {find_table("messages", "m"), find_table("campagnes", "c"),
                                   find_table("zones_diffusion", "z")};
    for (const CarouselTable& table : {tables.messages, tables.campagnes}) {
        if (!table.exists()) {
            refuse_missing_table(table.name);
        }
    }
    require_columns(tables);
    return tables;
}

void check_column_rights(const CarouselTable& table, const char* column) {
    if (!has_right(table.relation, column, ACL_SELECT)) {
        // The executor would refuse as well, but without a hint.
        refuse_right(table.name, table.qualified_name(), "SELECT",
                     psprintf("Column \"%s\" must be read.", column));
    }
}

bool campaign_ids_are_unique(const CarouselTable& campagnes) {
    const AttrNumber id = get_attnum(campagnes.relation, "id");
    const AttrNumber zone = get_attnum(campagnes.relation, "zone_diffusion");
    const Relation relation = relation_open(campagnes.relation, NoLock);
    // The index of a table says nothing of the tables that inherit from it, but for partitions.
    const bool has_other_rows =
        relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE && relation->rd_rel->relhassubclass;
    bool are_unique = false;
    ListCell* cell = nullptr;
    foreach (cell, has_other_rows ? NIL : RelationGetIndexList(relation)) {
        are_unique = are_unique || index_makes_ids_unique(lfirst_oid(cell), id, zone);
    }
    relation_close(relation, NoLock);
    return are_unique;
}

const char* cut_for_message(const char* text) {
    constexpr int room = 128;
    const std::size_t size = std::strlen(text);
    if (size <= room) {
        return text;
    }
    // The end of a text that may be a megabyte does not matter to the length of its beginning.
    return psprintf("%.*s...", pg_mbcliplen(text, room + MAX_MULTIBYTE_CHAR_LEN, room), text);
}

const char* print_for_message(Datum datum, bool is_null, Oid type) {
    if (is_null) {
        return "NULL";
    }
    Oid output = InvalidOid;
    bool is_varlena = false;
    getTypeOutputInfo(type, &output, &is_varlena);
    return cut_for_message(OidOutputFunctionCall(output, datum));
}

}  // namespace onetrip::postgres
