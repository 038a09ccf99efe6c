// Hashes of the values that a statement runs with: its parameters, and the constants of its text.
//
// It keeps hashes and no values, and does not know what they are compared for.

#include "postgres/round_trips/round_trip_parameters.hpp"

extern "C" {
#include "access/transam.h"
#include "common/hashfn.h"
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

/// Most parameters are numbers, which are in their Datum: those are not to pay for the others.
inline Hash hash_value(Hash hash, Datum datum, bool is_null, const ValueLayout& layout) {
    constexpr Hash null = 0x6E756C6C;
    hash = mix(hash, layout.type);
    if (is_null) {
        return mix(hash, null);
    }
    return layout.by_value ? mix(hash, datum) : hash_bytes_of(hash, datum, layout.length);
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

bool hash_constants(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    if (IsA(node, Const)) {
        const auto* const constant = reinterpret_cast<const Const*>(node);
        auto* const values = static_cast<ValuesOfStatement*>(context);
        values->hash = hash_value(
            values->hash, constant->constvalue, constant->constisnull,
            ValueLayout{constant->consttype, static_cast<std::int16_t>(constant->constlen),
                        constant->constbyval});
        values->each.add(
            constant->constisnull ? 0 : hash_of_value(constant->consttype, constant->constvalue));
        return false;
    }
    if (IsA(node, Query)) {
        return walk_query(reinterpret_cast<Query*>(node), hash_constants, context);
    }
    return walk_expression(node, hash_constants, context);
}

}  // namespace

roundtrip::ValueHash hash_of_value(Oid type, Datum datum) {
    switch (type) {
        case INT4OID:
            return roundtrip::hash_of_number(DatumGetInt32(datum));
        case INT8OID:
            return roundtrip::hash_of_number(DatumGetInt64(datum));
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

bool has_value_hash(Oid type) {
    switch (type) {
        case INT4OID:
        case INT8OID:
        case INT2OID:
        case OIDOID:
        case DATEOID:
        case UUIDOID:
        case TEXTOID:
        case VARCHAROID:
            return true;
        default:
            return false;
    }
}

void StatementValues::remember_constants(Query* query) {
    const auto id = static_cast<roundtrip::QueryId>(query->queryId);
    Constants& constants = constants_[id % places];
    constants.id = id;
    constants.values.hash = 0;
    constants.values.each.count = 0;
    walk_query(query, hash_constants, &constants.values);
}

const ValueLayout& StatementValues::look_up_layout(Oid type) {
    ValueLayout found{type};
    get_typlenbyval(type, &found.length, &found.by_value);
    ValueLayout& layout = type < FirstUnpinnedObjectId ? layouts_[type % places] : other_layout_;
    layout = found;
    return layout;
}

void StatementValues::collect(roundtrip::QueryId id, ParamListInfo parameters,
                              ValuesOfStatement& values) {
    const Constants& constants = constants_[id % places];
    values.hash = 0;
    values.each.count = 0;
    if (constants.id == id) {
        values.hash = constants.values.hash;
        for (std::size_t i = 0; i < constants.values.each.count; ++i) {
            values.each.add(constants.values.each.hashes[i]);
        }
    }
    // A function gives its statements their parameters by paramFetch, a client does not.
    if (parameters == nullptr || parameters->paramFetch != nullptr) {
        return;
    }
    for (int i = 0; i < parameters->numParams; ++i) {
        const ParamExternData& parameter = parameters->params[i];
        if (OidIsValid(parameter.ptype)) {
            values.hash = hash_value(values.hash, parameter.value, parameter.isnull,
                                     layout_of(parameter.ptype));
            values.each.add(parameter.isnull ? 0 : hash_of_value(parameter.ptype, parameter.value));
        }
    }
}

}  // namespace onetrip::postgres
