#pragma once

#include "postgres/server/walls.hpp"
#include "roundtrip/detector.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/parsenodes.h"
}

namespace onetrip::postgres {

/// How values of a type lie in memory.
struct ValueLayout {
    Oid type = InvalidOid;
    std::int16_t length = 0;
    bool by_value = false;
};

/// Whether a statement runs with the same values as before: hashes of its parameters, and of the
/// constants in its text, which its identifier leaves out.
class StatementValues {
  public:
    /// Keeps a hash of the constants of a statement that has just been analysed.
    void remember_constants(Query* query);

    /// A hash of the constants that the statement had when it was last analysed, and of its
    /// parameters. Nothing is fetched: a value out of line counts by its pointer.
    std::uint64_t hash(roundtrip::QueryId id, ParamListInfo parameters);

  private:
    struct Constants {
        roundtrip::QueryId id = 0;
        std::uint64_t hash = 0;
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
