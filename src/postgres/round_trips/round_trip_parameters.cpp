// Hashes of the values that a statement runs with: its parameters, and the constants of its text.
//
// It keeps hashes and no values, and does not know why they are compared.

#include "postgres/round_trips/round_trip_parameters.hpp"

#include "postgres/round_trips/expressions.hpp"
#include "postgres/server/list_range.hpp"

extern "C" {
#include "access/transam.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/primnodes.h"
}

namespace onetrip::postgres {

namespace {

using Hash = std::uint64_t;

Hash mix(Hash hash, Hash value) {
    hash = (hash ^ value) * 0x9E3779B97F4A7C15U;
    return hash ^ (hash >> 32U);
}

[[gnu::noinline]] Hash hash_bytes_of(Hash hash, Datum datum, std::int16_t length) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(DatumGetPointer(datum));
    const std::size_t size = length > 0     ? static_cast<std::size_t>(length)
                             : length == -1 ? VARSIZE_ANY(bytes)
                                            : std::strlen(reinterpret_cast<const char*>(bytes));
    return hash_bytes_extended(bytes, static_cast<int>(size), hash);
}

/// Mixes a value into a hash. The hash by which the value is looked for in results distinguishes
/// runs too. A value that has none counts with all of its bytes, which `layout` locates.
template <typename Layout>
inline Hash mix_value(Hash before, roundtrip::ValueHash value, Oid type, Datum datum, bool is_null,
                      Layout&& layout) {
    constexpr Hash null = 0x6E756C6C;
    if (value != 0 || is_null) {
        return mix(before, is_null ? null : value);
    }
    const ValueLayout& found = layout();
    if (found.by_value) {
        return mix(mix(before, type), datum);
    }
    return found.length == 0 ? mix(before, type)
                             : hash_bytes_of(mix(before, type), datum, found.length);
}

inline roundtrip::ValueHash hash_of(Oid type, Datum datum, bool is_null) {
    return is_null ? 0 : hash_of_value(type, datum);
}

/// Adds a value.
template <typename Layout>
inline void add_value(ValuesOfStatement& values, Oid type, Datum datum, bool is_null,
                      Layout&& layout) {
    const roundtrip::ValueHash hash = hash_of(type, datum, is_null);
    values.each.add(hash);
    values.hash = mix_value(values.hash, hash, type, datum, is_null, layout);
}

roundtrip::ValueHash hash_of_varlena(Datum datum) {
    constexpr std::size_t longest = 64;
    const auto* const text = reinterpret_cast<const varlena*>(DatumGetPointer(datum));
    if (VARATT_IS_EXTERNAL(text) || VARATT_IS_COMPRESSED(text) ||
        VARSIZE_ANY_EXHDR(text) > longest) {
        return 0;
    }
    return roundtrip::hash_of_bytes(
        {reinterpret_cast<const unsigned char*>(VARDATA_ANY(text)), VARSIZE_ANY_EXHDR(text)});
}

/// The walk over a statement for its constants.
struct ConstantWalk {
    ValuesOfStatement& values;
    const PageShape& page;
    Hash without_page;
    ConstantNumber number;
    bool has_limit;  ///< some query has LIMIT or OFFSET
    int left;        ///< constants with a place in the text
};

bool has_limit(const Query* query) {
    return query->limitCount != nullptr || query->limitOffset != nullptr;
}

/// Adds the hash of a constant; true if it was the last one.
bool hash_constant(const Const* constant, ConstantWalk& walk) {
    const auto layout = [constant] {
        return ValueLayout{constant->consttype, static_cast<std::int16_t>(constant->constlen),
                           constant->constbyval};
    };
    const Oid type = constant->consttype;
    const Datum datum = constant->constvalue;
    const bool is_null = constant->constisnull;
    const roundtrip::ValueHash hash = hash_of(type, datum, is_null);
    walk.values.each.add(hash);
    walk.values.hash = mix_value(walk.values.hash, hash, type, datum, is_null, layout);
    if (walk.page.is_page && !walk.page.has_constant(walk.number.value())) {
        walk.without_page = mix_value(walk.without_page, hash, type, datum, is_null, layout);
    }
    walk.number.pass();
    walk.left -= constant->location >= 0 ? 1 : 0;
    return walk.left == 0;
}

/// The walk ends with the last constant. The nodes that most trees consist of do not go through the
/// server's walker, which is slow.
bool hash_constants(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    switch (nodeTag(node)) {
        case T_Const:
            return hash_constant(reinterpret_cast<const Const*>(node),
                                 *static_cast<ConstantWalk*>(context));
        case T_Var:
        case T_Param:
        case T_RangeTblRef:
            return false;
        case T_TargetEntry:
            return hash_constants(
                reinterpret_cast<Node*>(reinterpret_cast<TargetEntry*>(node)->expr), context);
        case T_OpExpr:
            check_stack_depth();
            return hash_constants(reinterpret_cast<Node*>(reinterpret_cast<OpExpr*>(node)->args),
                                  context);
        case T_List:
            for (Node* element : each<Node>(reinterpret_cast<const List*>(node))) {
                if (hash_constants(element, context)) {
                    return true;
                }
            }
            return false;
        case T_ArrayExpr:
            static_cast<ConstantWalk*>(context)->number.walk_array(node, hash_constants, context);
            return false;
        case T_Query:
            static_cast<ConstantWalk*>(context)->has_limit |=
                has_limit(reinterpret_cast<Query*>(node));
            return walk_query(reinterpret_cast<Query*>(node), hash_constants, context);
        default:
            return walk_expression(node, hash_constants, context);
    }
}

/// The walk over a statement for those of its constants that are looked for. Constants that are
/// compared come before those that are shown, such as names and colours of a CASE. The number of
/// rows that are wanted does not count as a value.
struct ComparedWalk {
    const Query* query;  ///< that the walk is in
    bool is_in_select_list;
    roundtrip::StatementValueHashes compared;
    roundtrip::StatementValueHashes selected;
};

bool find_compared(Node* node, void* context) {
    auto& walk = *static_cast<ComparedWalk*>(context);
    if (node == nullptr) {
        return false;
    }
    if (IsA(node, Const)) {
        const auto* const constant = reinterpret_cast<const Const*>(node);
        (walk.is_in_select_list ? walk.selected : walk.compared)
            .add(hash_of(constant->consttype, constant->constvalue, constant->constisnull));
        return false;
    }
    const Query* const query = walk.query;
    if (query != nullptr && (node == query->limitCount || node == query->limitOffset) &&
        !reads_rows(node)) {
        return false;
    }
    const bool was_in_select_list = walk.is_in_select_list;
    bool ends = false;
    if (IsA(node, Query)) {
        walk.query = reinterpret_cast<const Query*>(node);
        ends = walk_query(reinterpret_cast<Query*>(node), find_compared, context);
    } else {
        walk.is_in_select_list |= query != nullptr && query->commandType == CMD_SELECT &&
                                  node == reinterpret_cast<const Node*>(query->targetList);
        ends = walk_expression(node, find_compared, context);
    }
    walk.query = query;
    walk.is_in_select_list = was_in_select_list;
    return ends;
}

/// Adds constants to the values; a prepared statement has mostly none.
[[gnu::noinline]] void add_constants(const roundtrip::StatementValueHashes& constants,
                                     roundtrip::StatementValueHashes& values) {
    for (std::size_t i = 0; i < constants.count; ++i) {
        values.add(constants.hashes[i]);
    }
}

/// Replaces the values by the constants without limits, those that are compared first: only so many
/// are kept.
[[gnu::noinline]] void put_compared_first(Query* query, roundtrip::StatementValueHashes& values) {
    ComparedWalk walk{nullptr, false, {}, {}};
    find_compared(reinterpret_cast<Node*>(query), &walk);
    values = walk.compared;
    add_constants(walk.selected, values);
}

}  // namespace

roundtrip::ValueHash hash_of_other_value(Oid type, Datum datum) {
    switch (type) {
        case INT2OID:
            return roundtrip::hash_of_number(DatumGetInt16(datum));
        case OIDOID:
            return roundtrip::hash_of_number(DatumGetObjectId(datum));
        case DATEOID:
            return roundtrip::hash_of_date(DatumGetDateADT(datum));
        case UUIDOID:
            return roundtrip::hash_of_bytes(
                {reinterpret_cast<const unsigned char*>(DatumGetPointer(datum)), 16});
        case TEXTOID:
        case VARCHAROID:
            return hash_of_varlena(datum);
        default:
            return 0;
    }
}

Oid type_under_domains(Oid type) {
    struct Known {
        Oid type;
        Oid base;
    };
    // No domain gets another type, and most queries name few of them.
    static Known known[16] = {};
    Known& place = known[type % lengthof(known)];
    if (place.type == type) {
        return place.base;
    }
    Oid base = type;
    // The type may have been dropped since its cursor was opened.
    for (;;) {
        const HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(base));
        if (!HeapTupleIsValid(tuple)) {
            return InvalidOid;
        }
        const auto* const row = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple));
        const Oid under = row->typtype == TYPTYPE_DOMAIN ? row->typbasetype : InvalidOid;
        ReleaseSysCache(tuple);
        if (!OidIsValid(under)) {
            break;
        }
        base = under;
    }
    place = {type, base};
    return base;
}

void StatementValues::remember_constants(Query* query, const PageShape& page, int most) {
    const auto id = static_cast<roundtrip::QueryId>(query->queryId);
    Constants& constants = constants_[id % places];
    constants.id = id;
    constants.values.hash = 0;
    constants.values.each.count = 0;
    constants.hash_without_page = 0;
    if (most > 0) {
        ConstantWalk walk{constants.values, page, 0, {}, has_limit(query), most};
        walk_query(query, hash_constants, &walk);
        constants.hash_without_page = walk.without_page;
        if (walk.has_limit ||
            constants.values.each.count == roundtrip::StatementValueHashes::most) {
            put_compared_first(query, constants.values.each);
        }
    }
}

const ValueLayout& StatementValues::look_up_layout(Oid type) {
    ValueLayout found{type};
    // The type may have been dropped since the client gave a value of it to a cursor.
    const HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
    if (HeapTupleIsValid(tuple)) {
        found.length = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple))->typlen;
        found.by_value = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple))->typbyval;
        ReleaseSysCache(tuple);
    }
    ValueLayout& layout = type < FirstUnpinnedObjectId ? layouts_[type % places] : other_layout_;
    layout = found;
    return layout;
}

void StatementValues::collect(roundtrip::QueryId id, ParamListInfo parameters,
                              ValuesOfStatement& values) {
    const Constants& constants = constants_[id % places];
    const bool has_constants = constants.id == id;
    values.hash = has_constants ? constants.values.hash : 0;
    values.each.count = 0;
    // A function gives its statements their parameters by paramFetch, a client does not.
    if (parameters != nullptr && parameters->paramFetch == nullptr) {
        for (int i = 0; i < parameters->numParams; ++i) {
            const ParamExternData& parameter = parameters->params[i];
            if (OidIsValid(parameter.ptype)) {
                add_value(values, parameter.ptype, parameter.value, parameter.isnull,
                          [&]() -> const ValueLayout& { return layout_of(parameter.ptype); });
            }
        }
    }
    if (has_constants && constants.values.each.count > 0) {
        add_constants(constants.values.each, values.each);
    }
}

std::uint64_t StatementValues::hash_without_page(roundtrip::QueryId id, const PageShape& page,
                                                 ParamListInfo parameters) {
    const Constants& constants = constants_[id % places];
    Hash hash = constants.id == id ? constants.hash_without_page : 0;
    for (int i = 0; parameters != nullptr && i < parameters->numParams; ++i) {
        const ParamExternData& parameter = parameters->params[i];
        if (OidIsValid(parameter.ptype) && !page.has_parameter(i)) {
            hash = mix_value(hash, hash_of(parameter.ptype, parameter.value, parameter.isnull),
                             parameter.ptype, parameter.value, parameter.isnull,
                             [&]() -> const ValueLayout& { return layout_of(parameter.ptype); });
        }
    }
    return hash;
}

}  // namespace onetrip::postgres
