// Which columns of ids can be compared, and which compare exactly alike. Knows no statement of the
// loader's.

#include "postgres/submissions/id_columns.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>

extern "C" {
#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "parser/parse_coerce.h"
}

namespace onetrip::postgres {

namespace {

/// A column's type, its modifier and its collation.
struct ColumnType {
    Oid type;
    std::int32_t modifier;
    Oid collation;
};

ColumnType declared_type(const Table& table, const char* column) {
    ColumnType found{};
    get_atttypetypmodcoll(table.relation, require_column(table, column), &found.type,
                          &found.modifier, &found.collation);
    return found;
}

/// The same through all domains.
ColumnType id_column(const Table& table, const char* column) {
    ColumnType found = declared_type(table, column);
    found.type = getBaseTypeAndTypmod(found.type, &found.modifier);
    return found;
}

// ---- collations ----

/// ` COLLATE name`, qualified; empty if the type has no collation.
const char* collate_clause(Oid collation) {
    const HeapTuple tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
    if (!HeapTupleIsValid(tuple)) {
        return "";
    }
    const auto* const found = reinterpret_cast<Form_pg_collation>(GETSTRUCT(tuple));
    const char* const clause =
        psprintf(" COLLATE %s", quote_qualified_identifier(get_namespace_name(found->collnamespace),
                                                           NameStr(found->collname)));
    ReleaseSysCache(tuple);
    return clause;
}

bool is_deterministic(Oid collation) {
    return !OidIsValid(collation) || get_collation_isdeterministic(collation);
}

/// Whether values that are equal by one collation are equal by the other.
bool have_one_equality(Oid left, Oid right) {
    return left == right || (is_deterministic(left) && is_deterministic(right));
}

/// The clause for a type that has another collation than its own.
const char* clause_unless_default(Oid type, Oid collation) {
    return collation == get_typcollation(type) ? "" : collate_clause(collation);
}

/// The column's type as messages show it.
const char* shown_type(const Table& table, const char* column) {
    const ColumnType shown = declared_type(table, column);
    return psprintf("%s%s", format_type_with_typemod(shown.type, shown.modifier),
                    clause_unless_default(shown.type, shown.collation));
}

// ---- equalities ----

/// The comparison of a type by its default btree operator class: InvalidOid if none exists.
struct Comparison {
    Oid equality;
    Oid family;
    Oid input;
};

Comparison comparison_of(Oid type) {
    const TypeCacheEntry* const entry =
        lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY | TYPECACHE_EQ_OPR | TYPECACHE_LT_OPR);
    if (!OidIsValid(entry->btree_opf) || !OidIsValid(entry->lt_opr)) {
        return {InvalidOid, InvalidOid, InvalidOid};
    }
    return {entry->eq_opr, entry->btree_opf, entry->btree_opintype};
}

/// Casts name the very types of the operator, so that no operator of somebody else's fits better.
const char* cast_to(Oid input) {
    return IsPolymorphicType(input) ? "" : psprintf("::%s", type_name(input));
}

const char* operator_name(Oid operation) {
    const HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operation));
    if (!HeapTupleIsValid(tuple)) {
        elog(ERROR, "cache lookup failed for operator %u", operation);
    }
    const auto* const found = reinterpret_cast<Form_pg_operator>(GETSTRUCT(tuple));
    const char* const name =
        psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(found->oprnamespace)),
                 NameStr(found->oprname));
    ReleaseSysCache(tuple);
    return name;
}

/// The equality of two types, of one operator family; InvalidOid if none exists.
Oid equality_of(Oid left_type, const Comparison& left, Oid right_type, const Comparison& right) {
    if (!OidIsValid(left.equality) || left.family != right.family) {
        return InvalidOid;
    }
    if (IsPolymorphicType(left.input) || left.input == right.input) {
        const bool is_one_type = getBaseType(left_type) == getBaseType(right_type);
        return is_one_type || !IsPolymorphicType(left.input) ? left.equality : InvalidOid;
    }
    return get_opfamily_member(left.family, left.input, right.input, BTEqualStrategyNumber);
}

[[noreturn]] void refuse_collations(const Table& left, const char* left_column, const Table& right,
                                    const char* right_column) {
    ereport(ERROR,
            (errcode(ERRCODE_COLLATION_MISMATCH),
             errmsg("column \"%s\" of table %s cannot be compared with column \"%s\" of table %s",
                    left_column, left.qualified(), right_column, right.qualified()),
             errdetail("They have the types %s and %s, and equal values of one collation are not "
                       "equal by the other.",
                       shown_type(left, left_column), shown_type(right, right_column)),
             errhint("Give both columns the same collation.")));
    pg_unreachable();
}

/// The clause that decides between the collations of two columns: the right one's, if they differ.
const char* common_collation(const Table& left, const char* left_column, const Table& right,
                             const char* right_column) {
    const Oid of_left = id_column(left, left_column).collation;
    const Oid of_right = id_column(right, right_column).collation;
    if (!have_one_equality(of_left, of_right)) {
        refuse_collations(left, left_column, right, right_column);
    }
    return of_left == of_right ? "" : collate_clause(of_right);
}

// ---- ids that are stored in another column ----

bool is_one_of(Oid type, std::initializer_list<Oid> types) {
    return std::find(types.begin(), types.end(), type) != types.end();
}

bool is_integer(Oid type) {
    return is_one_of(type, {INT2OID, INT4OID, INT8OID});
}

/// Whether the type's values have one text each, whatever the settings of a session, which has
/// neither blanks nor letters of both cases.
bool has_one_text(Oid type) {
    return is_integer(type) || is_one_of(type, {UUIDOID, OIDOID, BOOLOID, BITOID, VARBITOID,
                                                INETOID, CIDROID, MACADDROID, MACADDR8OID});
}

/// Whether a text of the column is equal to another just if it is the same.
bool is_exact_text(const ColumnType& column) {
    return is_one_of(column.type, {TEXTOID, VARCHAROID}) && is_deterministic(column.collation);
}

/// Whether the target, of texts, has the source's ids as texts that are equal just if they are.
bool takes_as_text(const ColumnType& target, const ColumnType& source) {
    if (has_one_text(source.type)) {
        return is_deterministic(target.collation) &&
               (target.type == BPCHAROID || IsBinaryCoercible(target.type, TEXTOID));
    }
    return is_one_of(source.type, {BPCHAROID, NAMEOID}) && is_deterministic(source.collation) &&
           is_exact_text(target);
}

/// Whether the target's type has each value of the source's, and keeps them apart.
bool is_wider(Oid target, Oid source) {
    switch (target) {
        case NUMERICOID:
            return is_integer(source);
        case FLOAT8OID:
            return is_one_of(source, {FLOAT4OID, INT2OID, INT4OID});
        case FLOAT4OID:
            return source == INT2OID;
        case TIMESTAMPOID:
            return source == DATEOID;
        default:
            return false;
    }
}

/// Whether two types share their values and their equality, as varchar and text do.
bool is_same_but_for_its_name(Oid target, Oid source) {
    const Comparison of_target = comparison_of(target);
    return of_target.equality == comparison_of(source).equality &&
           !IsPolymorphicType(of_target.input) && IsBinaryCoercible(source, target);
}

bool has_same_values(const ColumnType& target, const ColumnType& source) {
    return target.type == source.type || (is_integer(target.type) && is_integer(source.type)) ||
           is_same_but_for_its_name(target.type, source.type);
}

/// Whether a modifier of the type rounds values.
bool is_rounded(Oid type) {
    return is_one_of(type, {NUMERICOID, TIMESTAMPOID, TIMESTAMPTZOID, TIMEOID, TIMETZOID});
}

/// How many digits after the point a value may have.
int fraction_of(const ColumnType& column) {
    constexpr int most = std::numeric_limits<int>::max();
    switch (column.type) {
        case NUMERICOID: {
            // The scale as numeric.c packs it: 11 bits with a sign.
            const int scale = (((column.modifier - VARHDRSZ) & 0x7ff) ^ 1024) - 1024;
            return column.modifier < 0 ? most : scale;
        }
        case TIMESTAMPOID:
        case TIMESTAMPTZOID:
        case TIMEOID:
        case TIMETZOID:
            return column.modifier < 0 ? MAX_TIMESTAMP_PRECISION : column.modifier;
        default:
            return 0;
    }
}

/// Whether the target's modifier changes no value: one that is too long for it is refused.
bool keeps_values(const ColumnType& target, const ColumnType& source) {
    if (is_rounded(target.type)) {
        return fraction_of(target) >= fraction_of(source);
    }
    return target.modifier < 0 ||
           is_one_of(target.type, {VARCHAROID, BPCHAROID, BITOID, VARBITOID}) ||
           (target.type == source.type && target.modifier == source.modifier);
}

bool compares_as(const ColumnType& target, const ColumnType& source) {
    if (!keeps_values(target, source)) {
        return false;
    }
    return (has_same_values(target, source) &&
            have_one_equality(target.collation, source.collation)) ||
           takes_as_text(target, source) || is_wider(target.type, source.type);
}

}  // namespace

Equality require_equality(const Table& left, const char* left_column, const Table& right,
                          const char* right_column) {
    const Oid left_type = type_of_column(left, left_column);
    const Oid right_type = type_of_column(right, right_column);
    const Comparison of_left = comparison_of(left_type);
    const Comparison of_right = comparison_of(right_type);
    const Oid operation = equality_of(left_type, of_left, right_type, of_right);
    if (!OidIsValid(operation)) {
        ereport(ERROR,
                (errcode(ERRCODE_DATATYPE_MISMATCH),
                 errmsg("column \"%s\" of table %s cannot be compared with column \"%s\" of table "
                        "%s",
                        left_column, left.qualified(), right_column, right.qualified()),
                 errdetail("They have the types %s and %s, and no default btree operator class "
                           "has an equality of these.",
                           format_type_be(left_type), format_type_be(right_type)),
                 errhint("Give both columns the same type, such as bigint, uuid or text.")));
    }
    return {operator_name(operation),
            psprintf("%s%s", cast_to(of_left.input),
                     common_collation(left, left_column, right, right_column)),
            cast_to(of_right.input)};
}

void require_comparable(const Table& table, const char* column) {
    const Oid type = type_of_column(table, column);
    if (!OidIsValid(comparison_of(type).equality)) {
        ereport(
            ERROR,
            (errcode(ERRCODE_DATATYPE_MISMATCH),
             errmsg("column \"%s\" of table %s cannot be an id", column, table.qualified()),
             errdetail("Its type, %s, has no default btree operator class.", format_type_be(type)),
             errhint("Change it to a type that has one, such as bigint, uuid or text.")));
    }
}

void require_ids_of(const Table& table, const char* column, const Table& source,
                    const char* source_column) {
    if (compares_as(id_column(table, column), id_column(source, source_column))) {
        return;
    }
    const char* const wanted = shown_type(source, source_column);
    ereport(ERROR,
            (errcode(ERRCODE_DATATYPE_MISMATCH),
             errmsg("column \"%s\" of table %s does not compare ids as column \"%s\" of table %s "
                    "does",
                    column, table.qualified(), source_column, source.qualified()),
             errdetail("They have the types %s and %s. The rows of a submission would be taken for "
                       "those of another, or not be found.",
                       shown_type(table, column), wanted),
             errhint("Change the column with ALTER TABLE %s ALTER COLUMN %s TYPE %s.",
                     table.qualified(), quote_identifier(column), wanted)));
}

IdMatch match_ids(const Table& table, const char* column, const Table& source,
                  const char* source_column) {
    const ColumnType target = id_column(table, column);
    const ColumnType ids = id_column(source, source_column);
    // An integer that the column cannot hold is in no row: a cast of it would be an error.
    const Oid id_type = is_integer(target.type) && is_integer(ids.type) ? ids.type : target.type;
    const Comparison of_row = comparison_of(target.type);
    const Oid operation = equality_of(target.type, of_row, id_type, comparison_of(id_type));
    return {operator_name(operation),
            psprintf("%s%s", cast_to(of_row.input), collate_clause(target.collation)),
            psprintf("::%s", type_name(id_type)), id_type};
}

const char* id_to_store(const Table& table, const char* column, const Table& source,
                        const char* source_column, const char* value) {
    const ColumnType target = id_column(table, column);
    const Oid type = id_column(source, source_column).type;
    if (target.type != VARCHAROID || target.modifier < 0 ||
        !is_one_of(type, {TEXTOID, VARCHAROID, NAMEOID})) {
        return value;
    }
    return psprintf(
        "CASE WHEN pg_catalog.char_length(%s::pg_catalog.text)"
        " OPERATOR(pg_catalog.>) %d THEN pg_catalog.concat(%s, '.') ELSE %s END",
        value, target.modifier - VARHDRSZ, value, value);
}

const char* column_type(const Table& table, const char* column) {
    const ColumnType found = declared_type(table, column);
    return psprintf("%s%s", type_name(found.type),
                    clause_unless_default(found.type, found.collation));
}

}  // namespace onetrip::postgres
