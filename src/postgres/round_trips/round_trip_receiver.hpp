#pragma once

#include "postgres/round_trips/column_of_table.hpp"
#include "postgres/round_trips/round_trip_parameters.hpp"
#include "postgres/round_trips/row_sizes.hpp"
#include "roundtrip/evidence.hpp"
#include "roundtrip/waiting_runs.hpp"

extern "C" {
#include "tcop/dest.h"
}

namespace onetrip::postgres {

/// The columns of a result whose values are kept.
struct ColumnsOfResult {
    std::uint64_t query_id = 0;  ///< the server's, of the statement
    int count = 0;
    NameData names[roundtrip::Evidence::columns];
    ColumnOfTable origins[roundtrip::Evidence::columns];  ///< as the client named them
};

/// Stands before the receiver of a result that goes to the client, and keeps the values of its rows
/// as evidence. There is one a session, for one statement at a time.
class WatchedReceiver {
  public:
    constexpr WatchedReceiver() = default;

    /// The statement to which the rows to come belong.
    struct Source {
        const PlannedStmt* planned;
        roundtrip::QueryId id;
        std::uint64_t parameters;
        const roundtrip::StatementValueHashes* asked;
        bool goes_on;      ///< they are a further part of an execution
        bool is_measured;  ///< their sizes are of interest
    };

    /// Called when a statement whose run was to wait has a second row: its values are to be judged
    /// now.
    using StopsWaiting = void (*)();

    /// The receiver to be taken instead of `inner`, which it hands everything on to.
    DestReceiver* put_before(DestReceiver* inner, const Source& source,
                             roundtrip::Evidence& evidence) {
        drop_unfinished();
        receiver_.receiver.receiveSlot = receive;
        receiver_.receiver.mydest = inner->mydest;
        inner_ = inner;
        source_ = source;
        evidence_ = &evidence;
        described_ = nullptr;
        place_ = roundtrip::Evidence::nowhere;
        sizes_.forget();
        return &receiver_.receiver;
    }

    /// The same for a statement whose run waits if it has no second row: its row is kept there.
    DestReceiver* put_before(DestReceiver* inner, const Source& source,
                             roundtrip::Evidence& evidence, roundtrip::WaitingRun& waiting,
                             StopsWaiting stops_waiting) {
        DestReceiver* const receiver = put_before(inner, source, evidence);
        receiver_.receiver.receiveSlot = receive_to_wait;
        waiting_ = &waiting;
        stops_waiting_ = stops_waiting;
        return receiver;
    }

    /// Forgets the rows of a statement that failed after some of them: clients throw those away. It
    /// is called before the evidence is asked again.
    void drop_unfinished() {
        if (is_unfinished_) {
            evidence_->drop(place_);
            is_unfinished_ = false;
        }
    }

    /// The sizes of the rows that came last.
    const RowSizes& sizes() const { return sizes_; }
    void forget_sizes() { sizes_.forget(); }

    /// The columns of the result at that place of the evidence.
    const ColumnsOfResult& columns_of(roundtrip::Evidence::Place place) const {
        return columns_[place];
    }

  private:
    struct Column {
        int number;  ///< in the row, from 0
        Oid type;
    };

    /// The receiver as the server sees it.
    struct Receiver {
        DestReceiver receiver;
        WatchedReceiver* owner;
    };

    static bool receive(TupleTableSlot* row, DestReceiver* self);
    static bool receive_to_wait(TupleTableSlot* row, DestReceiver* self);
    static void start_up(DestReceiver* self, int operation, TupleDesc columns);
    static void shut_down(DestReceiver* self);
    static void destroy(DestReceiver* self);

    void begin(TupleDesc columns);
    void find_columns(TupleDesc columns);
    roundtrip::ValueHash value_of(const TupleTableSlot* row, std::size_t place) const;
    void keep_to_wait(TupleTableSlot* row);
    void keep_second(TupleTableSlot* row);
    void measure(TupleTableSlot* row);
    void begin_with_waiting();
    void name_columns(TupleDesc columns);
    void keep(TupleTableSlot* row);

    Receiver receiver_{{receive, start_up, shut_down, destroy, DestNone}, this};
    DestReceiver* inner_ = nullptr;
    Source source_{};
    roundtrip::Evidence* evidence_ = nullptr;
    roundtrip::Evidence::Place place_ = roundtrip::Evidence::nowhere;
    TupleDesc described_ = nullptr;
    bool is_unfinished_ = false;  ///< rows have come, and not their end
    RowSizes sizes_;
    roundtrip::WaitingRun* waiting_ = nullptr;  ///< of a statement that waits
    StopsWaiting stops_waiting_ = nullptr;
    int count_ = 0;
    Column kept_[roundtrip::Evidence::columns] = {};
    ColumnsOfResult columns_[roundtrip::Evidence::results] = {};
};

}  // namespace onetrip::postgres
