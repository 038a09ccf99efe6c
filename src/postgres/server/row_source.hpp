#pragma once

#include "postgres/server/walls.hpp"

namespace onetrip::postgres {

/// The source from which a set-returning function takes its rows, one by one. It belongs to the
/// call site and is used for one call after the other.
class RowSource {
  public:
    /// `memory` lives as long as the call site.
    explicit RowSource(MemoryContext memory);
    RowSource(const RowSource&) = delete;
    RowSource& operator=(const RowSource&) = delete;
    virtual ~RowSource() = default;

    /// The next row, good until it is called again; nullptr at the end. It is to be called in
    /// call_cpp.
    virtual HeapTupleHeader next() = 0;

    MemoryContext memory() const { return memory_; }

    /// Memory that lives as long as one call's rows, for the document. Emptied before each call.
    MemoryContext call_memory() const { return call_memory_; }

    /// Whether the call site is in the middle of its rows: the next call goes on with them, and its
    /// arguments are those that it began with.
    bool is_returning() const { return is_returning_; }
    void set_returning(bool is_returning) { is_returning_ = is_returning; }

  private:
    MemoryContext memory_;
    MemoryContext call_memory_;
    bool is_returning_ = false;
};

/// ERRORs if the call cannot take rows.
void require_set_context(FunctionCallInfo fcinfo);

/// Returns the rows of a source that has been begun. Each call in the SELECT list returns one row,
/// so that rows stream. A call in FROM, which collects rows anyway, returns all of them at once.
Datum return_rows(FunctionCallInfo fcinfo, RowSource& source);

/// The blessed descriptor of the rows that the function returns.
TupleDesc row_descriptor(FunctionCallInfo fcinfo);

/// The row source of the call site, made by the first call. It is the call site's fn_extra.
template <typename Source>
Source* source_of_call(FunctionCallInfo fcinfo) {
    FmgrInfo* const site = fcinfo->flinfo;
    if (site->fn_extra == nullptr) {
        require_set_context(fcinfo);
        const MemoryContext memory = make_memory_context(site->fn_mcxt, "onetrip rows");
        const MemoryContext caller = MemoryContextSwitchTo(memory);
        const TupleDesc descriptor = row_descriptor(fcinfo);
        MemoryContextSwitchTo(caller);
        site->fn_extra =
            static_cast<RowSource*>(make_in_context<Source>(memory, memory, descriptor));
    }
    return static_cast<Source*>(static_cast<RowSource*>(site->fn_extra));
}

}  // namespace onetrip::postgres
