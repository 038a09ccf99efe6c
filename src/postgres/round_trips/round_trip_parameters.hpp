#pragma once

#include "postgres/round_trips/round_trip_page_shape.hpp"
#include "postgres/server/walls.hpp"
#include "roundtrip/statement.hpp"
#include "roundtrip/value_hash.hpp"

extern "C" {
#include "access/transam.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
}

namespace onetrip::postgres {

/// The layout of a type's values in memory.
struct ValueLayout {
    Oid type = InvalidOid;
    std::int16_t length = 0;  ///< 0 if the type has been dropped: values of it cannot be read
    bool by_value = false;
};

/// The hash of a value that is neither int4 nor int8; see hash_of_value.
roundtrip::ValueHash hash_of_other_value(Oid type, Datum datum);

/// The hash of a value whose type is looked for in results; else 0. Nothing is detoasted: a value
/// that is long, compressed or stored out of line is not looked for.
inline roundtrip::ValueHash hash_of_value(Oid type, Datum datum) {
    switch (type) {
        case INT4OID:
            return roundtrip::hash_of_number(DatumGetInt32(datum));
        case INT8OID:
            return roundtrip::hash_of_number(DatumGetInt64(datum));
        default:
            return hash_of_other_value(type, datum);
    }
}

/// Whether values of a type are looked for in results.
inline bool has_value_hash(Oid type) {
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

/// The type that a domain is over, however many lie between; any other type is its own.
[[gnu::cold]] Oid type_under_domains(Oid type);

/// The type by which the values of a column are looked for.
inline Oid type_of_values(Oid type) {
    return type < FirstUnpinnedObjectId ? type : type_under_domains(type);
}

/// The values that a statement runs with: its parameters, and the constants in its text, which its
/// identifier leaves out.
struct ValuesOfStatement {
    std::uint64_t hash = 0;  ///< of all of them
    /// Parameters come first: a client changes them. The keys of JSON that an object is built of
    /// may be many.
    roundtrip::StatementValueHashes each;
};

/// Whether a statement runs with the same values as before, and which they are, by hashes.
class StatementValues {
  public:
    /// Keeps a hash of the constants of a statement that has just been analysed. `page` has those
    /// that say which page of a list it asks for; `most` is the greatest number of constants that
    /// can have a place in the text.
    void remember_constants(Query* query, const PageShape& page, int most);

    /// The constants that the statement had when it was last analysed, and its parameters. Nothing
    /// is fetched: a value out of line counts by its pointer.
    void collect(roundtrip::QueryId id, ParamListInfo parameters, ValuesOfStatement& values);

    /// A hash of the values that do not say which page of a list the statement asks for.
    std::uint64_t hash_without_page(roundtrip::QueryId id, const PageShape& page,
                                    ParamListInfo parameters);

  private:
    struct Constants {
        roundtrip::QueryId id = 0;
        ValuesOfStatement values;
        std::uint64_t hash_without_page = 0;
    };

    const ValueLayout& layout_of(Oid type) {
        const ValueLayout& cached = layouts_[type % places];
        return cached.type == type ? cached : look_up_layout(type);
    }
    [[gnu::cold]] const ValueLayout& look_up_layout(Oid type);

    /// Layouts of types that cannot be dropped, and hashes of constants: each at the place that its
    /// number gives it, until a later one takes it.
    static constexpr std::size_t places = 64;
    ValueLayout layouts_[places];
    ValueLayout other_layout_;
    Constants constants_[places];
};

}  // namespace onetrip::postgres
