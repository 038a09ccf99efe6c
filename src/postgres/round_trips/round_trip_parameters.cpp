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

bool hash_constants(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    if (IsA(node, Const)) {
        const auto* const constant = reinterpret_cast<const Const*>(node);
        auto* const hash = static_cast<Hash*>(context);
        *hash = hash_value(
            *hash, constant->constvalue, constant->constisnull,
            ValueLayout{constant->consttype, static_cast<std::int16_t>(constant->constlen),
                        constant->constbyval});
        return false;
    }
    if (IsA(node, Query)) {
        return walk_query(reinterpret_cast<Query*>(node), hash_constants, context);
    }
    return walk_expression(node, hash_constants, context);
}

}  // namespace

void StatementValues::remember_constants(Query* query) {
    const auto id = static_cast<roundtrip::QueryId>(query->queryId);
    Hash hash = 0;
    walk_query(query, hash_constants, &hash);
    constants_[id % places] = {id, hash};
}

const ValueLayout& StatementValues::look_up_layout(Oid type) {
    ValueLayout found{type};
    get_typlenbyval(type, &found.length, &found.by_value);
    ValueLayout& layout = type < FirstUnpinnedObjectId ? layouts_[type % places] : other_layout_;
    layout = found;
    return layout;
}

std::uint64_t StatementValues::hash(roundtrip::QueryId id, ParamListInfo parameters) {
    const Constants& constants = constants_[id % places];
    Hash hash = constants.id == id ? constants.hash : 0;
    // A function gives its statements their parameters by paramFetch, a client does not.
    if (parameters == nullptr || parameters->paramFetch != nullptr) {
        return hash;
    }
    for (int i = 0; i < parameters->numParams; ++i) {
        const ParamExternData& parameter = parameters->params[i];
        if (OidIsValid(parameter.ptype)) {
            hash = hash_value(hash, parameter.value, parameter.isnull, layout_of(parameter.ptype));
        }
    }
    return hash;
}

}  // namespace onetrip::postgres
