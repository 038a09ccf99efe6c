#pragma once

#include <array>
#include <bit>
#include <optional>

#include "roundtrip/detector.hpp"

/// The loops of one request, in whatever sessions its statements run. Nothing here allocates or
/// throws.
namespace onetrip::roundtrip {

/// A statement of a request that has run in one of its sessions.
struct RequestRun {
    Statement statement;
    std::uint32_t session = 0;
    QueryId leader = 0;  ///< of the loop that the session has found in what it saw; 0 if none
    EpisodeClock::Wait wait{};  ///< of the session, also for other requests

    /// The statement has run once before, and was not counted then.
    struct Earlier {
        bool exists = false;
        std::uint32_t session = 0;
        std::uint32_t rows = 0;
        std::uint16_t transaction = 0;  ///< hash_of_transaction()
    };
    Earlier earlier{};
    bool is_repeated = false;  ///< the statement is known to have run before
};

/// Counts the statements of a request, which is one episode, as a transaction block is. The leaders
/// are known by the order of the statements alone, unless a session has found out more.
///
/// It lies in shared memory: plain data, of which each session has the same view.
class RequestEpisode {
  public:
    /// The size of the hash by which the transaction of an earlier run is known.
    static constexpr unsigned transaction_bits = 12;
    static std::uint16_t hash_of_transaction(std::uint64_t transaction) noexcept;

    /// How many different statements are counted. The least recently used one that is in no loop
    /// makes room: one that has not been seen to repeat, or else one that was not used lately. So
    /// statements that run in turn do not push one another out.
    static constexpr std::size_t places = 16;
    static constexpr std::uint64_t lately = 4 * places;  ///< in statements that are counted

    /// Counts a run; false if there is no room for its statement.
    bool count(const RequestRun& run) noexcept;

    /// The loop that the statement is in by now, if it is to be described: it has just become one,
    /// has doubled, or has another leader.
    std::optional<LoopKey> loop_to_describe(QueryId id, std::uint32_t repeats) noexcept;

    struct Described {
        bool has_distinct_parameters = false;
        bool has_single_runs = false;  ///< some runs had no list of values
    };
    Described described(QueryId id) const noexcept;

    /// The loop has been described: as `variant` of the rows of its key.
    void set_variant(const LoopKey& key, std::uint64_t variant) noexcept;

    /// The statement does many things at once: it is in no loop.
    void dismiss(QueryId id) noexcept;

    /// The runs so far have been published: they count no longer.
    void begin_at_zero(QueryId id) noexcept;

    /// Hands each loop that has been described to `take`, with its variant.
    template <typename Taker>
    void report(Taker&& take) const {
        for (std::size_t place = 0; place < used_places_; ++place) {
            const Entry& entry = entries_[place];
            if (entry.is_loop && entry.variant != 0 && entry.runs > 0) {
                take(as_loop(entry), entry.variant);
            }
        }
    }

    /// Whether the episode is too long already for a statement that begins then.
    bool is_full(Microseconds begin) const noexcept {
        return statements_ >= EpisodeClock::most_statements ||
               (statements_ > 0 && begin - begin_ > EpisodeClock::longest_episode);
    }

    /// Counts anew; the statements that were looped over stay known.
    void restart() noexcept;

    /// The number of sessions in which statements have run.
    std::uint32_t sessions() const noexcept;

  private:
    using Place = std::uint8_t;
    static constexpr Place nowhere = 0xFF;
    static constexpr std::size_t session_bits = 512;

    struct Entry {
        QueryId id;
        QueryId own_leader;   ///< that a session has found; 0 if none
        QueryId loop_leader;  ///< if is_loop
        std::uint64_t variant;
        std::uint64_t parameters;  ///< of the last run
        std::uint64_t all_rows;    ///< also of those before a restart
        std::uint64_t rows;
        std::uint64_t used;
        Microseconds busy;
        Microseconds wait;
        Microseconds first_seen;
        Microseconds last_seen;
        std::uint32_t last_rows;  ///< of the last execution, with all its fetches
        std::uint32_t runs;
        std::uint32_t trips;
        std::uint32_t lists;
        std::uint32_t pages;
        std::uint32_t transactions;
        std::uint32_t value_runs;  ///< under a leader by its values
        std::uint32_t next_report;
        std::uint32_t earlier_session;  ///< + 1: its next run may be of the earlier one's
        std::uint16_t earlier_transaction;
        std::array<std::uint16_t, 16> in_transactions;  ///< of the last runs, the last one first
        Place parent;                                   ///< the last list before the first run
        Kind kind;
        Kind loop_kind;  ///< if is_loop
        bool is_loop;
        bool is_many;
        bool is_dismissed;
        bool is_repeated;  ///< also if it has been counted but once
        bool is_large_page;
        bool has_distinct_parameters;
        bool is_in_one_piece;  ///< the last execution is a run, unless it turns out to go on
    };

    Entry* find(QueryId id) noexcept;
    const Entry* find(QueryId id) const noexcept;
    Entry* insert(const RequestRun& run) noexcept;
    Entry* entry_to_evict() noexcept;
    void evict(Place place) noexcept;
    static void begin_at_zero(Entry& entry) noexcept;
    void add_session(std::uint32_t session) noexcept;
    Microseconds wait_for(const RequestRun& run) const noexcept;
    void count_run(Entry& entry, const RequestRun& run) const noexcept;
    static void count_transaction(Entry& entry, const RequestRun& run) noexcept;
    static bool is_of_earlier_transaction(Entry& entry, const RequestRun& run) noexcept;
    static void count_earlier(Entry& entry, const RequestRun& run) noexcept;
    static void take_last_run(Entry& entry) noexcept;
    void remember_rows(Entry& entry, const Statement& statement) noexcept;
    static bool is_by_values(const Entry& entry) noexcept;
    bool own_leader_holds(const Entry& entry) const noexcept;
    QueryId leader_of(const Entry& entry) const noexcept;
    std::optional<LoopKey> loop_of(const Entry& entry, std::uint32_t repeats) const noexcept;
    Loop as_loop(const Entry& entry) const noexcept;
    /// Whether all runs asked for one page after the other; the first in each session has none
    /// before it.
    bool is_paging(const Entry& entry) const noexcept {
        return entry.pages > 0 && entry.pages + sessions() >= entry.runs;
    }
    Place place_of(const Entry& entry) const noexcept {
        return static_cast<Place>(&entry - entries_.data());
    }

    std::array<Entry, places> entries_;
    std::array<std::uint64_t, session_bits / 64> sessions_;
    std::uint64_t clock_;
    Microseconds begin_;
    Microseconds last_end_;
    std::uint32_t statements_;
    Place used_places_;
    Place last_many_;  ///< place + 1 of the last list; 0 if none exists
};

}  // namespace onetrip::roundtrip
