#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "roundtrip/episode_clock.hpp"
#include "roundtrip/loop_rules.hpp"
#include "roundtrip/statement.hpp"

/// Which statements of a session ran in a loop, and under which. Nothing here allocates or throws.
namespace onetrip::roundtrip {

/// What makes loops one and the same: the statements, and how they are used.
struct LoopKey {
    QueryId leader = 0;  ///< 0 where no statement's rows were looped over
    QueryId repeated = 0;
    Kind kind = Kind::select;

    bool operator==(const LoopKey&) const = default;
};

/// A loop in an episode, or the rest of one of which a part has been told.
struct Loop {
    LoopKey key;
    bool is_new_in_episode = true;
    bool has_distinct_parameters = false;
    bool is_by_values = false;  ///< the leader's result held the values that were asked for
    std::uint64_t statements = 0;
    std::uint64_t statements_in_episode = 0;  ///< with those of parts that were told before
    std::uint64_t round_trips = 0;   ///< of them, as far as it is known that they were none
    std::uint64_t rows = 0;          ///< of the statements
    std::uint64_t transactions = 0;  ///< in which they ran
    std::uint64_t leader_rows = 0;
    Microseconds busy = 0;
    Microseconds wait = 0;
    Microseconds first_seen = 0;
    Microseconds last_seen = 0;
    std::uint32_t sessions = 1;  ///< of the episode
    bool is_of_request = false;  ///< its runs count in a request, which tells of them
};

/// Takes the loops of an episode when it ends.
class LoopSink {
  public:
    virtual void take(const Loop& loop) noexcept = 0;

    /// An episode has ended, and all of its loops have been taken; there were some.
    virtual void end_episode() noexcept {}

  protected:
    ~LoopSink() = default;
};

/// Finds the loops of one session: its statements in, loops out. An episode is a transaction block,
/// or what runs outside of one without a longer pause; the loops are told when it ends. A small
/// block counts as its statements outside of one.
///
/// A statement's leader is the one whose result held the values that it asks for (evidence.hpp), in
/// whatever block that was. If none did, in a block it is the last one before it that had two rows
/// at least. That makes chains (campaigns, messages of each campaign, the campaign of each
/// message), in which every entry knows its parent.
// The entries are aligned to their size, so that a place is found by a shift.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
class Detector {
  public:
    /// How many different statements of an episode are remembered: the least recently used makes
    /// room.
    static constexpr std::size_t places = 64;

    /// An episode ends at the latest after so many statements, or so long.
    static constexpr std::uint32_t most_statements = EpisodeClock::most_statements;
    static constexpr Microseconds longest_episode = EpisodeClock::longest_episode;

    /// A block of at most so many statements, of which none runs more often than twice, is no
    /// episode.
    static constexpr std::size_t most_held = 16;
    static constexpr unsigned most_held_runs = 2;

    /// Outside of a block: a statement that is repeated more slowly than this, on average, polls.
    static constexpr Microseconds slowest_repeat = 50'000;

    /// Outside of a block writes without a leader follow one another within this, on average, and
    /// are so many times as many. By their average, because single ones are late on a busy
    /// machine; but where they are late by more than so much in all, they begin anew, so that rare
    /// writes do not hide those in a loop after them.
    static constexpr Microseconds slowest_write = 10'000;
    static constexpr Microseconds most_late = 50'000;
    static constexpr std::uint32_t writes_for_repeats = 10;

    /// A statement and what came before it.
    struct Run {
        Statement statement{};
        EpisodeClock::Wait wait{};
    };

    struct Limits {
        std::uint32_t repeats = 10;  ///< at least 2
        Microseconds gap = 1'000'000;
    };

    /// `sink` must outlive the detector.
    constexpr explicit Detector(LoopSink& sink) : sink_(&sink) {}

    /// May change at any time.
    void set_limits(Limits limits) noexcept {
        repeats_ = limits.repeats;
        time_.set_gap(limits.gap);
    }

    /// An explicit transaction block begins, or ends in whatever way.
    void begin_block();
    void end_block();
    bool is_in_block() const noexcept { return in_block_; }
    /// Whether the block has had no statement yet.
    bool is_block_empty() const noexcept { return !is_block_episode_ && held_count_ == 0; }

    /// The loop that this statement makes, or will have made when its block ends as a small one;
    /// said once a loop and episode, and again if values are found to lead it, or another leader.
    /// What is to be known of the statements themselves is to be looked up now. What came before
    /// the statement is found out here; if it arrived with the one before, it begins when that
    /// ends.
    std::optional<LoopKey> run(Run& run);
    std::optional<LoopKey> statement(const Statement& statement) {
        Run counted{statement};
        return run(counted);
    }

    /// Whether some of a loop's runs had no list of values, and it runs more often than what leads
    /// it: then lists of others are lists of a loop, and no batches.
    bool has_single_runs(const LoopKey& key) const noexcept;

    /// Whether some had one.
    bool has_lists(const LoopKey& key) const noexcept;

    /// Whether a loop's statement runs about once for each execution of another loop by values: its
    /// lists are what belongs to an element.
    bool runs_with_loop(const LoopKey& key) const noexcept;

    /// The loop to which the last run of a statement belongs, if it was one.
    std::optional<LoopKey> loop_of_last_run(QueryId id) const noexcept;

    /// There is no room in the request for the statement that was handed over last, nor for so many
    /// runs of it in all: they count here, and so do those to come.
    void keep_from_request(const Statement& statement, std::uint32_t runs) noexcept;
    bool is_kept_from_request(QueryId id) const noexcept;

    /// The last loop that statement() said is none: its statements do many things at once.
    void dismiss(const LoopKey& key);

    /// The loop, so far, that this statement will make if it runs now and its block, if any, ends
    /// with it: by the same rules, tried on `scratch`, whose content does not count. The
    /// statement's own rows are not known yet.
    std::optional<Loop> loop_with(const Statement& next, Detector& scratch) const;

    /// The loop with the most statements among those that were born or have doubled since this was
    /// last asked.
    bool has_grown() const noexcept { return grown_ != 0; }
    std::optional<Loop> take_grown();

    /// Whether a loop has been answered in this episode.
    bool is_answered(const LoopKey& key) const noexcept { return answer_to(key) != nullptr; }

    /// The loop is answered now.
    void begin_answer(const LoopKey& key) noexcept;

    /// The runs of the statement so far have been told: they count no longer.
    void begin_at_zero(QueryId id);

    /// A statement that is none of ours (COMMIT, SET): the client does not wait while it runs.
    void pass(Microseconds begin, Microseconds end) { time_.pass(begin, end); }

    /// The server worked until then for the statement before.
    void busy_until(Microseconds time) { time_.busy_until(time); }

    /// A statement failed; when is not known.
    void fail() noexcept { time_.fail(); }

    /// Tells the loops so far and forgets all statements.
    void end_episode();

    /// The same where the session has paused for longer than the gap. A pause in a block ends
    /// nothing.
    void end_episode_after_pause(Microseconds now);

    /// Whether loops outside of a block wait to be told.
    bool has_open_loops() const noexcept { return !in_block_ && loops_ > 0; }

    /// Whether the session has sent nothing for longer than a gap that may have changed since the
    /// last statement. For a signal handler too.
    bool has_paused(Microseconds now, Microseconds gap) const noexcept {
        return time_.has_paused(now, gap);
    }

  private:
    using Place = std::uint8_t;
    static constexpr Place nowhere = 0xFF;
    static constexpr std::size_t buckets = 64;

    /// Runs since the last one whose values a result held, which may turn out to be of that
    /// result's loop. They count in the entry until then, unless they have been forgotten.
    struct Unled {
        static constexpr std::uint16_t most = 60'000;  ///< further ones are not remembered

        std::uint16_t runs;
        std::uint16_t
            told;  ///< of the runs, those that have been told; the others have what follows
        std::uint16_t transactions;
        std::uint16_t
            handed;  ///< a row held the last one's values: the lower bits of its generation
        std::uint32_t rows;
        std::uint32_t busy;
        std::uint32_t wait;

        std::uint32_t untold() const { return static_cast<std::uint32_t>(runs - told); }
        void tell() { *this = {runs, runs, 0, 0, 0, 0, 0}; }
        void add(const Unled& other);
        Unled take(std::uint32_t some);
    };

    /// What runs that were found to be of a loop bring to it.
    struct Brought {
        std::uint32_t runs = 0;
        std::uint64_t rows = 0;
        std::uint64_t transactions = 0;
        Microseconds busy = 0;
        Microseconds wait = 0;

        void add(const Unled& unled, std::uint32_t part);
        void keep(std::uint32_t some);
    };

    struct Counted {
        Microseconds wait;  ///< that counts as waited for
        std::uint32_t brought;
    };

    /// Runs, and what they took.
    struct Tally {
        std::uint32_t runs;
        std::uint32_t trips;
        std::uint32_t turns;
        std::uint32_t busy;
        std::uint32_t wait;
    };

    /// What counts of the runs of an entry.
    struct Runs {
        std::uint64_t parameters;      ///< of the last one
        std::uint64_t relation_clock;  ///< at the last one
        std::uint64_t transaction;     ///< of the last one
        std::uint64_t run_rows;
        Microseconds busy;
        Microseconds wait;
        Microseconds first_seen;
        std::uint32_t runs;
        std::uint32_t trips;         ///< those that were waited for
        std::uint32_t transactions;  ///< in which they were
        std::uint32_t value_runs;    ///< under a leader by its values
        std::uint16_t strays;        ///< between these, to which no result's values led
        std::uint16_t lists;         ///< those that had a list of values
        std::uint16_t pages;         ///< those that asked for the next page
        std::uint16_t turns;         ///< executions of the parent under which there were some
        bool has_distinct_parameters;
    };

    /// A statement under one leader, and of requests or of none. Of a size by which a place is
    /// found without multiplying.
    struct alignas(256) Entry : Runs {
        QueryId id;
        QueryId leader;  ///< or what it runs next to, of which it may turn out to be a neighbour
        Kind kind;
        bool is_of_request;        ///< its runs count in requests, which tell of them
        bool is_kept;              ///< is_of_request, but there was no room for them
        bool is_loop;              ///< has been said to be one
        bool is_described;         ///< and what is to be known of it has been asked for
        bool is_dismissed;         ///< has been said to be none
        bool is_transaction_told;  ///< that of the last run
        bool is_many;              ///< has had two rows in one execution
        bool is_half;              ///< has asked for half of the rows of an execution of its leader
        bool is_one_row;           ///< the leader by values has had but one row in each execution
        bool is_echo;              ///< it held the values because it had been asked for them
        bool is_neighbour;         ///< outside of a block: runs next to another that has a leader
        bool follows_parent;   ///< writes without others between these and the parent's execution
        bool is_large_page;    ///< as its last run was
        bool counts_alone;     ///< has a relation, and locks no rows
        Kind loop_kind;        ///< if is_loop
        Place parent;          ///< the leader's entry, while that is remembered
        Place next;            ///< of the same bucket
        std::uint16_t serial;  ///< counts all its runs
        std::uint16_t parent_serial;  ///< the parent's at its last run
        QueryId loop_leader;          ///< if is_loop
        std::uint64_t rows;           ///< of all runs in the episode
        std::uint64_t all_rows;       ///< also of those before a part of the episode was told
        std::uint64_t execution;      ///< number of the last execution among those of all entries
        std::uint64_t parent_execution;  ///< of the parent, under which the last run was
        std::uint64_t used;              ///< when this entry was last of use
        Microseconds last_seen;
        std::uint32_t last_rows;    ///< of the last execution, with all its fetches, or the most
        std::uint32_t generation;   ///< of the leader's result
        std::uint32_t all_runs;     ///< also those before a part of the episode was told
        std::uint32_t next_report;  ///< runs at which the loop will have grown
        std::uint32_t told_runs;    ///< of this episode's loop
        std::uint32_t runs_before_block;  ///< of the runs
        std::uint32_t list_rows;          ///< of results that led here first, in whatever episode
        Unled unled;
        Tally confirmed;  ///< of generations before this, that were asked for half at least
    };
    static_assert(sizeof(Entry) == 256);

    /// A loop that was answered.
    struct Answer {
        LoopKey key;
        bool is_told;  ///< and its runs until then
    };

    struct Context {
        Place entry = nowhere;  ///< that the run belongs to; nowhere if it is the first
        Place parent = nowhere;
        QueryId leader = 0;
        bool is_neighbour = false;
        bool is_by_values = false;
        bool are_too_many = false;  ///< more writes than the list had rows that they followed
    };

    bool is_led_by(Place place, QueryId id) const;
    bool runs_once_each(const Entry& entry) const;
    bool is_next_to_parent(const Entry& entry) const;
    const Entry* entry_of_loop(const LoopKey& key) const noexcept;
    Entry* entry_of_last_run(QueryId id) noexcept;
    const Entry* entry_of_last_run(QueryId id) const noexcept;
    std::optional<LoopKey> add(const Run& run);
    std::optional<LoopKey> add_to(Entry& entry, Place place, const Run& run,
                                  const Context& context);
    std::optional<LoopKey> hold(const Run& run);
    std::optional<LoopKey> foresee(const Run& run);
    std::optional<LoopKey> loop_after_run(Entry& entry);
    unsigned runs_held(QueryId id) const;
    unsigned runs_held(const Statement& statement) const;
    void begin_block_episode();
    void release_held();
    void add_held(const Run& run);
    void describe_later(const LoopKey& loop);
    void count_statement(const Run& run);
    void restart_episode();
    void end_part();
    bool goes_on(const Entry& entry) const;
    bool is_of_block(const Entry& entry) const;
    bool counts_in_block(const Entry& entry) const;
    void tell_others(std::uint64_t open);
    bool keep_for_later(std::uint64_t open);
    void forget_all();
    void tell_all();
    void end_telling();
    void tell(Entry& entry);
    Loop as_loop(const Entry& entry) const;
    void look_at_growth(Entry& entry);
    void absorb_others(Entry& entry);

    Context context_of(const Statement& statement) const;
    Context context_by_values(const Statement& statement) const;
    Context context_by_order(const Statement& statement) const;
    /// Of a statement that is held, or of one that counts now.
    Context context_outside(const Statement& statement, bool is_held = false) const;
    Context context_of_write(const Statement& statement) const;
    /// Runs of the same statement, both of requests or both of none: of an entry or by themselves.
    template <typename One, typename Other>
    static bool are_alike(const One& one, const Other& other) {
        return one.id == other.id && one.is_of_request == other.is_of_request;
    }
    template <typename One>
    Place find(const One& one, QueryId leader) const;
    Place latest(QueryId id) const;
    Place insert(const Statement& statement, const Context& context);
    static Entry new_entry(const Statement& statement, const Context& context);
    Place free_place();
    void link(Place place);
    void unlink(Place place);
    void evict(Place place);

    void break_off(Entry& entry, const Run& run, const Context& context);
    static void begin_runs(Entry& entry, const Statement& first);
    bool follows_parent(const Entry& entry, const Context& context) const;
    void place_run(Entry& entry, const Statement& statement, const Context& context) const;
    Counted count_run(Entry& entry, const Run& run, const Context& context) const;
    /// They have been told or count for nothing, also those of generations that were confirmed.
    static void forget_runs(Entry& entry) {
        entry.runs = entry.list_rows = entry.runs_before_block = 0;
        entry.confirmed = {};
    }
    void begin_anew(Entry& entry);
    Entry* last_loop(QueryId id);
    const Answer* answer_to(const LoopKey& key) const noexcept;
    void forget_answers(std::size_t count);
    void count_generation(Entry& entry, const Judgement& evidence) const;
    Brought runs_to_bring(const Entry& entry, const Judgement& evidence,
                          const Context& context) const;
    Brought first_run_of(const Entry& entry) const;
    Brought runs_before_neighbour(const Entry& entry, const Context& context) const;
    [[gnu::noinline]] std::uint32_t bring_runs(Entry& entry, const Run& run,
                                               const Context& context) const;
    void take_brought(Entry& entry, std::uint32_t runs, bool is_by_values);
    void take_runs(Entry& entry, std::uint32_t runs);
    static void keep_share(Entry& entry, std::uint32_t runs);
    void move_runs(Entry& from, Entry& to);
    void release_runs(const Entry& entry, const Judgement& evidence);
    Entry* latest_led(const Entry& entry);
    static void set_told(Entry& entry);
    static bool may_bring(const Entry& entry, const Statement& statement, const Context& context);
    static Microseconds wait_of(const Run& run);
    static void count_unled(Entry& entry, const Run& run);
    static void count_led(Entry& entry, std::uint32_t runs, std::uint32_t late);
    void begin_generation(Entry& entry, const Judgement& evidence) const;
    void remember_rows(Entry& entry, Place place, const Statement& statement, bool is_by_values);
    QueryId leader_of(const Entry& entry) const;
    QueryId roomy_leader(const Entry& entry) const;
    std::optional<LoopKey> new_loop(const Entry& entry) const;
    std::uint32_t most_trips(const Entry& entry) const;
    std::optional<LoopKey> loop_of_pages(const Entry& entry) const;
    void count_numbers(Entry& entry, const Statement& statement) const;
    void count_page(Entry& entry, const Statement& statement);
    bool repeats_enough(const Entry& entry, QueryId leader) const;
    bool counts_with(const Entry& entry, const Entry& other, QueryId leader) const;
    static bool is_led_by_chance(const Entry& led, const Entry& others);
    bool belongs_to(const Entry& loop, const Entry& other) const;
    LoopKey key_of(const Entry& entry) const;
    bool counts_outside(const Entry& entry, QueryId leader) const;
    bool hands_on_none(const Statement& statement, const Context& context) const;
    bool is_apart_again(const Statement& statement, const Context& context) const;
    bool is_apart(const Entry& entry, const Statement& statement) const;
    bool will_be_loop(Place place) const;
    bool counts_without_leader(const Entry& entry) const;
    static bool is_late(const Entry& entry, const Run& run);
    bool counts_same_only(const Entry& entry) const;
    bool is_under(const Entry& entry, QueryId leader) const;
    /// All runs asked for one page after the other.
    static bool is_paging(const Entry& entry) {
        return entry.runs >= 2 && entry.pages + 1U == entry.runs;
    }
    static bool is_by_values(const Entry& entry) {
        return is_led_by_values(entry.value_runs, entry.runs);
    }
    Place place_of(const Entry& entry) const {
        return static_cast<Place>(&entry - entries_.data());
    }
    QueryId id_at(Place place) const { return place == nowhere ? 0 : entries_[place].id; }
    std::uint64_t execution_of(Place place) const {
        return place == nowhere ? 0 : entries_[place].execution;
    }
    std::uint64_t rows_of(QueryId id) const;
    std::uint64_t rows_of_leader(const Entry& loop) const;

    static std::size_t bucket_of(QueryId id) { return (id ^ (id >> 32U)) % buckets; }

    LoopSink* sink_;
    std::uint32_t repeats_ = Limits{}.repeats;
    EpisodeClock time_;

    std::array<Entry, places> entries_{};
    std::array<Place, buckets> heads_ = all_nowhere();
    std::size_t used_places_ = 0;
    Place last_many_ = nowhere;         ///< the last statement that had two rows at least
    Place last_led_ = nowhere;          ///< the last statement that had a leader by values
    Place last_ = nowhere;              ///< the last statement with a relation
    Place last_run_ = nowhere;          ///< the last statement
    std::uint64_t relation_clock_ = 0;  ///< counts runs with a relation
    std::uint64_t clock_ = 0;           ///< counts runs
    Microseconds last_wait_ = 0;        ///< that counts for the last run

    std::size_t loops_ = 0;  ///< entries that are loops

    std::uint64_t grown_ = 0;  ///< a bit for each entry that has_grown means
    bool has_told_ = false;    ///< a loop of this episode

    // Loops that were answered in this episode; of more, the last ones are answered again.
    static constexpr std::size_t most_answers = 32;
    std::size_t answers_ = 0;
    std::size_t answers_before_block_ = 0;
    std::array<Answer, most_answers> answered_{};

    // Of the block: its statements are held until it is clear that it is not a small one.
    bool in_block_ = false;
    bool is_block_episode_ = false;
    std::size_t held_count_ = 0;
    std::array<Run, most_held> held_{};
    std::size_t foreseen_count_ = 0;
    std::array<LoopKey, most_held> foreseen_{};  ///< loops that the held statements will make

    static constexpr std::array<Place, buckets> all_nowhere() {
        std::array<Place, buckets> heads{};
        heads.fill(nowhere);
        return heads;
    }
};

inline void Detector::begin_runs(Entry& entry, const Statement& first) {
    entry.has_distinct_parameters = false;
    entry.turns = 1;
    entry.value_runs = entry.strays = 0;
    entry.busy = entry.wait = 0;
    entry.trips = entry.lists = entry.pages = entry.transactions = 0;
    entry.transaction = entry.is_transaction_told ? entry.transaction : 0;
    entry.run_rows = 0;
    entry.runs_before_block = 0;
    entry.first_seen = first.begin;
}

}  // namespace onetrip::roundtrip
