#pragma once

#include <cstdint>
#include <optional>

#include "roundtrip/answered_loops.hpp"
#include "roundtrip/episode.hpp"
#include "roundtrip/episode_clock.hpp"

/// Which statements of a session ran in a loop, and under which. Nothing here allocates or throws.
namespace onetrip::roundtrip {

/// Finds the loops of one session: its statements in, loops out. An episode is a transaction block,
/// or what runs outside of one without a longer pause; the loops are reported when it ends. A small
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
    static constexpr std::size_t places = EntryTable::places;

    /// An episode ends at the latest after so many statements.
    static constexpr std::uint32_t most_statements = EpisodeClock::most_statements;

    using Run = roundtrip::Run;

    struct Limits {
        std::uint32_t repeats = 10;  ///< at least 2
        Microseconds gap = 1'000'000;
    };

    /// `sink` must outlive the detector.
    constexpr explicit Detector(LoopSink& sink) : sink_(&sink) {}

    /// May change at any time.
    void set_limits(Limits limits) noexcept {
        episode_.repeats = limits.repeats;
        time_.set_gap(limits.gap);
    }

    /// An explicit transaction block begins, or ends in whatever way.
    void begin_block();
    void end_block();
    bool is_in_block() const noexcept { return in_block_; }
    /// Whether the block has had no statement yet.
    bool is_block_empty() const noexcept { return !episode_.is_block && episode_.held.is_empty(); }

    /// The loop that this statement makes, or will have made when its block ends as a small one. It
    /// is returned once per loop and episode, and again if it is found to be led by values or to
    /// have another leader. The caller looks up now all that it needs of the statements themselves.
    /// The wait before the statement is computed here; if it arrived with the one before, it begins
    /// when that ends.
    std::optional<LoopKey> run(Run& run);
    std::optional<LoopKey> statement(const Statement& statement) {
        Run counted{statement};
        return run(counted);
    }

    /// How many further runs of the statement that ran last may count late, since they make no loop
    /// and no loop grows by them, if nothing else runs between, their values are where they are
    /// expected, and they begin by latest_begin(). `last` is its last run.
    std::uint32_t runs_that_may_wait(const Statement& last, NextValues expected) const noexcept;
    Microseconds latest_begin() const noexcept { return time_.latest_begin(); }

    /// Counts such a run. What it makes of a loop is judged with the next run that is not late.
    void count_late(Run& run);

    /// Whether a loop's runs did not all ask for the same.
    bool has_distinct_parameters(const LoopKey& key) const noexcept;

    /// Whether some of a loop's runs had no list of values, and it runs more often than what leads
    /// it: then lists of others are lists of a loop, and no batches.
    bool has_single_runs(const LoopKey& key) const noexcept;

    /// When the first of a loop's runs began, if it is one.
    std::optional<Microseconds> begin_of(const LoopKey& key) const noexcept;

    /// Whether some of a loop's runs had a list of values.
    bool has_lists(const LoopKey& key) const noexcept;
    /// The runs of a loop in this episode so far; 0 if it is not known.
    std::uint32_t runs_of(const LoopKey& key) const noexcept;

    /// Whether a loop's statement runs about once for each execution of another loop by values: its
    /// lists are what belongs to an element.
    bool runs_with_loop(const LoopKey& key) const noexcept;

    /// The loop to which the last run of a statement belongs, if it was one.
    std::optional<LoopKey> loop_of_last_run(QueryId id) const noexcept;

    /// The request has no room for the statement that was handed over last, nor for `runs` of its
    /// runs in all: they count here, and so do those to come.
    void keep_from_request(const Statement& statement, std::uint32_t runs) noexcept;
    bool is_kept_from_request(QueryId id) const noexcept;

    /// The last loop that statement() returned is not one: its statements do many things at once.
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
    bool is_answered(const LoopKey& key) const noexcept { return answered_.has(key); }

    /// The loop is answered now.
    void begin_answer(const LoopKey& key) noexcept { answered_.add(key); }

    /// The runs of the statement so far have been reported: they count no longer.
    void begin_at_zero(QueryId id);

    /// A statement that does not count (COMMIT, SET): the client does not wait while it runs.
    void pass(Microseconds begin, Microseconds end) { time_.pass(begin, end); }

    /// The server worked until then for the statement before.
    void busy_until(Microseconds time) { time_.busy_until(time); }

    /// A statement failed, at a time that is not known.
    void fail() noexcept { time_.fail(); }

    /// Reports the loops so far and forgets all statements.
    void end_episode();

    /// Ends the episode if the session has paused for longer than the gap. A pause in a block ends
    /// nothing.
    void end_episode_after_pause(Microseconds now);

    /// Whether loops outside of a block wait to be reported.
    bool has_open_loops() const noexcept { return !in_block_ && episode_.loops() > 0; }

    /// Whether the session has sent nothing for longer than a gap that may have changed since the
    /// last statement. A signal handler may ask it too.
    bool has_paused(Microseconds now, Microseconds gap) const noexcept {
        return time_.has_paused(now, gap);
    }

  private:
    using Place = Entry::Place;
    static constexpr Place nowhere = Entry::nowhere;

    // Episodes and blocks:
    void end_before_block();
    void begin_block_episode();
    void restart_episode();
    void end_part();
    void report_others(std::uint64_t open);
    bool keep_for_later(std::uint64_t open);
    void forget_all();
    void forget_last() { last_many_ = last_led_ = last_ = nowhere; }
    std::optional<LoopKey> hold(const Run& run);
    std::optional<LoopKey> foresee(const Run& run);
    void release_held();
    void add_held(Run& run);
    void describe_later(const LoopKey& loop);

    // Where a run belongs:
    Placement place(const Statement& statement) const;
    bool is_of_last_run(const Statement& statement, QueryId leader) const;
    Place find(const Statement& statement, QueryId leader) const;
    Placement place_by_values(const Statement& statement) const;
    Placement place_by_order(const Statement& statement) const;
    /// The placement of a statement that counts now, or of one that is held.
    Placement place_outside(const Statement& statement, bool is_held = false) const;
    Placement place_write(const Statement& statement) const;
    bool is_led_by(Place place, QueryId id) const;
    bool hands_on_none(const Statement& statement, const Placement& placement) const;
    bool is_apart_again(const Statement& statement, const Placement& placement) const;
    bool is_apart(const Entry& entry, const Statement& statement) const;

    // Counting it:
    void count_statement(const Run& run);
    void take_part(const Statement& part);
    std::optional<LoopKey> add(Run& run);
    Entry& count(Run& run);
    void add_to(Entry& entry, Place place, const Run& run, const Placement& placement);
    std::uint32_t runs_of_others(const Entry& entry) const noexcept;
    std::uint32_t runs_before_change(const Entry& entry, const Statement& last,
                                     NextValues expected) const noexcept;
    Place insert(const Statement& statement, const Placement& placement);
    void evict(Place place);
    bool ends_with_parent(const Entry& loop, Place parent) const;
    void end_with_parent(Entry& entry, const Placement& placement);
    void break_off(Entry& entry, const Run& run, const Placement& placement);
    void begin_anew(Entry& entry);
    void move_runs(Entry& from, Entry& to);
    std::uint32_t count_run(Entry& entry, const Run& run, const Placement& placement) const;
    void place_run(Entry& entry, const Statement& statement, const Placement& placement,
                   std::uint64_t under) const;
    void count_generation(Entry& entry, const Judgement& evidence) const;
    void begin_generation(Entry& entry, const Judgement& evidence) const;
    bool follows_parent(const Entry& entry, const Placement& placement) const;
    void end_pages(Entry& entry);
    void count_page(Entry& entry, const Statement& statement);
    void remember_rows(Entry& entry, Place place, const Statement& statement, bool is_by_values);

    // Reporting:
    std::optional<LoopKey> loop_after_run(Entry& entry);
    const Entry* entry_of_last_run(QueryId id) const noexcept;
    Entry* last_loop(QueryId id);
    void look_at_growth(Entry& entry);
    void report_all();
    void end_report();
    void report(Entry& entry);
    Loop as_loop(const Entry& entry) const;

    LoopSink* sink_;
    EpisodeClock time_;
    Episode episode_;

    Place last_many_ = nowhere;         ///< the last statement that had two rows at least
    Place last_led_ = nowhere;          ///< the last statement that had a leader by values
    Place last_ = nowhere;              ///< the last statement with a relation
    Place last_run_ = nowhere;          ///< the last statement
    std::uint64_t relation_clock_ = 0;  ///< counts runs with a relation
    std::uint64_t clock_ = 0;           ///< counts runs
    std::uint64_t last_trip_ = 0;       ///< the last run that was waited for

    std::uint64_t grown_ = 0;    ///< a bit for each entry that has_grown means
    bool has_reported_ = false;  ///< a loop of this episode
    AnsweredLoops answered_;
    bool in_block_ = false;
};

}  // namespace onetrip::roundtrip
