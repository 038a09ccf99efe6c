// Which of the last results of a session held the values that a statement asks for.
//
// It knows hashes of values, in filters of a fixed size, and statements by their identifiers: no
// types, no texts, and nothing of loops.

#include "roundtrip/evidence.hpp"

#include <algorithm>
#include <bit>

namespace onetrip::roundtrip {

// ---- results ------------------------------------------------------------------------------------

void Evidence::forget() noexcept {
    results_.forget();
    asking_.fill(Asking{});
}

/// Whether an execution does not add to those before. The same row again is another request's,
/// unless a list led to it: then neighbours in the list have it in common.
inline bool Evidence::begins_anew(Place place, std::uint64_t parameters) const noexcept {
    const KeptResults::Result& result = results_[place];
    const bool is_same = result.parameters == parameters;
    return results_.is_full(place) || (result.is_many && (is_same || !comes_of_a_loop(result.id)));
}

Evidence::Place Evidence::begin_rows(QueryId id, std::uint64_t parameters, bool goes_on) noexcept {
    // It is mostly the result that was the last one before.
    const Place last = results_.latest_first().front();
    Place place = results_.id_at(last) == id ? last : results_.place_of(id);
    if (place == nowhere) {
        place = results_.add(id);
    } else if (!goes_on && begins_anew(place, parameters)) {
        results_.begin_generation(place);
    }
    results_.begin_execution(place, parameters, goes_on);
    return place;
}

// ---- statements ---------------------------------------------------------------------------------

const Asking* Evidence::find(QueryId id) const noexcept {
    const auto* const set = asking_.data() + (id ^ (id >> 32U)) % sets * ways;
    const auto* const found =
        std::find_if(set, set + ways, [id](const Asking& one) { return one.id == id; });
    return found == set + ways ? nullptr : found;
}

/// The result that held what the statement asked for when it last ran; nowhere if there was none,
/// or if another has taken its place.
inline Evidence::Place Evidence::leader_of(QueryId id) const noexcept {
    const Asking* const asking = find(id);
    const bool is_there = asking != nullptr && asking->leader != nowhere &&
                          results_.id_at(asking->leader) == asking->leader_id;
    return is_there ? asking->leader : nowhere;
}

/// Whether a list led to the statement more than once, be it by rows between. A row by itself, and
/// a result that holds only the values for which it was asked, are data that each request reads
/// about itself.
bool Evidence::comes_of_a_loop(QueryId id) const noexcept {
    constexpr int deepest = 4;
    for (int depth = 0; depth < deepest; ++depth) {
        const Place place = leader_of(id);
        if (place == nowhere) {
            return false;
        }
        if (results_.id_at(place) == id) {
            return true;
        }
        if (results_[place].is_many && !is_echo(place, id)) {
            const Tally& tally = find(id)->tallies[place];
            return tally.generation == results_[place].generation && tally.asked >= 2;
        }
        id = results_.id_at(place);
    }
    return false;
}

/// Whether the statement `id`, which the result leads, asked it for what that had been asked for
/// itself: so the result gave it nothing that its client did not have.
bool Evidence::is_echo(Place place, QueryId id) const noexcept {
    return ((results_[place].echo >> find(id)->column) & 1U) != 0;
}

inline Asking& Evidence::asking_of(QueryId id) noexcept {
    Asking* const set = asking_.data() + (id ^ (id >> 32U)) % sets * ways;
    Asking* oldest = set;
    ++clock_;
    for (Asking* one = set; one < set + ways; ++one) {
        if (one->id == id) {
            one->used = clock_;
            return *one;
        }
        oldest = one->used < oldest->used ? one : oldest;
    }
    *oldest = Asking{};
    oldest->id = id;
    oldest->used = clock_;
    return *oldest;
}

[[gnu::noinline]] void Evidence::remember_first(Asking& asking,
                                                const StatementValueHashes& values) noexcept {
    if (asking.count == Asking::none) {
        asking.is_same = true;
        first_[static_cast<std::size_t>(&asking - asking_.data())] = values;
    }
    asking.count = values.count;
    asking.changes[asking.runs % asking.changes.size()] |= other_count;
}

/// The values that are others than those of the run before, as bits.
inline std::uint32_t Evidence::take_changes(Asking& asking,
                                            const StatementValueHashes& values) noexcept {
    std::uint32_t changed = 0;
    const bool is_first = asking.count != values.count;
    for (std::size_t i = 0; i < values.count; ++i) {
        const std::uint32_t hash = short_hash(values.hashes[i]);
        if ((is_first || asking.last[i] != hash) && values.hashes[i] != 0) {
            changed |= 1U << i;
        }
        asking.last[i] = hash;
    }
    asking.changes[asking.runs % asking.changes.size()] = changed;
    if (is_first) {
        remember_first(asking, values);
    }
    return changed;
}

inline Tally& Evidence::tally_of(Asking& asking, Place place) const noexcept {
    Tally& tally = asking.tallies[place];
    if (tally.generation != results_[place].generation) {
        tally = Tally{};
        tally.generation = results_[place].generation;
        tally.since = asking.runs - 1;
    }
    return tally;
}

/// Counts in each column whether it holds one of the values.
inline bool Evidence::look_in(Place place, Tally& tally, const StatementValueHashes& values,
                              std::uint32_t changed) const noexcept {
    const Result& result = results_[place];
    bool is_found = false;
    for (std::size_t column = 0; column < result.width; ++column) {
        for (std::uint32_t left = changed; left != 0; left &= left - 1) {
            if (results_.has(place, values.hashes[std::countr_zero(left)], column)) {
                tally.hits[column] += tally.hits[column] < 0xFF ? 1 : 0;
                is_found = true;
                break;
            }
        }
    }
    return is_found;
}

/// Looks into one result and returns whether it holds the statement's values, most of the time. It
/// is added to `held` if it does now.
[[gnu::always_inline]] inline bool Evidence::judge_one(Asking& asking, Place place,
                                                       const StatementValueHashes& values,
                                                       std::uint32_t changed,
                                                       Places& held) const noexcept {
    Tally& tally = tally_of(asking, place);
    // Values after the rows that are kept cannot be found.
    const bool is_cut = results_[place].rows > KeptResults::most_rows &&
                        tally.judged + tally.same >= KeptResults::most_rows;
    if (!is_cut) {
        if (tally.judged >= Tally::most_judged) {
            tally.judged /= 2;
            tally.found /= 2;
        }
        ++tally.judged;
        if (look_in(place, tally, values, changed)) {
            ++tally.found;
            held |= static_cast<Places>(1U << place);
        }
    }
    return tally.holds();
}

/// Whether a result came of a loop over another statement's rows: then those did not come of it.
bool Evidence::is_led_by(Place place, QueryId id) const noexcept {
    constexpr int deepest = 4;
    for (int depth = 0; depth < deepest; ++depth) {
        const Place leader = leader_of(results_.id_at(place));
        if (leader == nowhere || leader == place || is_echo(leader, results_.id_at(place))) {
            return false;
        }
        place = leader;
        if (results_.id_at(place) == id) {
            return true;
        }
    }
    return false;
}

/// The columns in which the values were found most often. A column that was asked for the very
/// value has it each time, while others have it by chance. One that was asked for a list of values
/// has no more than its client knew, while others may have the values that it was read for.
Evidence::Columns Evidence::likely_columns(Place place, const Tally& tally) const noexcept {
    const Result& result = results_[place];
    const Columns most = tally.columns_of_most(result.width);
    const auto echo = static_cast<Columns>(most & result.echo);
    const auto own = static_cast<Columns>(most & ~result.asked);
    return echo != 0 ? echo : own != 0 ? own : most;
}

inline std::uint8_t Evidence::likely_column(Place place, const Tally& tally) const noexcept {
    return static_cast<std::uint8_t>(std::countr_zero(likely_columns(place, tally)) % columns);
}

/// Whether a result holds the values in a column that has only values which the result was asked
/// for itself.
inline bool Evidence::holds_what_it_was_asked_for(Place place, const Tally& tally) const noexcept {
    const Columns asked = results_[place].asked & static_cast<Columns>(~results_[place].echo);
    return asked != 0 && ((asked >> likely_column(place, tally)) & 1U) != 0;
}

/// The latest result that holds the values leads; one that was asked for them only if no other
/// does, and the statement's own one if none is left. Returns the results that hold them.
[[gnu::always_inline]] inline Evidence::Places Evidence::search(Asking& asking,
                                                                const StatementValueHashes& values,
                                                                std::uint32_t changed) noexcept {
    Places held = 0;
    Place leader = nowhere;
    Place asked = nowhere;
    Place own = nowhere;
    std::uint16_t found = 0;
    for (const Place place : results_.latest_first()) {
        if (results_.id_at(place) == 0) {
            break;
        }
        if (!judge_one(asking, place, values, changed, held)) {
            found |= asking.tallies[place].found;
            continue;
        }
        if (results_.id_at(place) == asking.id) {
            own = place;
        } else if (leader == nowhere && !is_led_by(place, asking.id)) {
            if (!holds_what_it_was_asked_for(place, asking.tallies[place])) {
                leader = place;
            } else if (asked == nowhere) {
                asked = place;
            }
        }
    }
    leader = leader != nowhere ? leader : asked != nowhere ? asked : own;
    asking.leader = leader;
    if (leader != nowhere) {
        asking.leader_id = results_.id_at(leader);
        asking.column = likely_column(leader, asking.tallies[leader]);
    } else if (found > 0) {
        note_asked(asking, values, changed);
    } else {
        is_found_nowhere_ = true;
    }
    return held;
}

/// The value among those that changed which a result's column holds; 0 if none.
[[gnu::always_inline]] inline ValueHash Evidence::value_in_column(
    Place place, std::size_t column, const StatementValueHashes& values,
    std::uint32_t changed) const noexcept {
    for (std::uint32_t left = changed; left != 0; left &= left - 1) {
        const ValueHash value = values.hashes[std::countr_zero(left)];
        if (results_.has(place, value, column)) {
            return value;
        }
    }
    return 0;
}

/// Whether a result that led before leads on: for as long as it has rows to ask for.
inline bool Evidence::leads_on(const Tally& tally, Place place) const noexcept {
    constexpr std::uint16_t enough = 2;
    return tally.generation == results_[place].generation && tally.judged >= enough &&
           tally.judged < Tally::most_judged && tally.asked - tally.same < results_[place].rows &&
           tally.holds();
}

/// A result that led before leads on. Returns the value that
/// it holds in the same column as before; 0 if none.
[[gnu::always_inline]] inline ValueHash Evidence::look_again(Asking& asking,
                                                             const StatementValueHashes& values,
                                                             std::uint32_t changed) const noexcept {
    const Place place = asking.leader;
    if (place == nowhere || results_.id_at(place) == asking.id) {
        return 0;
    }
    Tally& tally = asking.tallies[place];
    if (!leads_on(tally, place)) {
        return 0;
    }
    const ValueHash found = value_in_column(place, asking.column, values, changed);
    if (found != 0) {
        ++tally.judged;
        ++tally.found;
        ++asking.unsought;
    }
    return found;
}

/// How many values there are to ask for, in the columns that held those which were asked for: many
/// rows may have the same.
std::uint64_t Evidence::values_to_ask(Place place, const Tally& tally) const noexcept {
    const Result& result = results_[place];
    const auto& hits = tally.hits;
    std::uint8_t most = 1;
    std::uint64_t fewest = KeptResults::most_rows;
    for (std::size_t column = 0; column < result.width; ++column) {
        if (hits[column] > most) {
            most = hits[column];
            fewest = KeptResults::most_rows;
        }
        if (hits[column] == most) {
            fewest = std::min<std::uint64_t>(fewest, result.distinct[column]);
        }
    }
    return std::min(fewest, result.rows);
}

AskedValues& Evidence::asked_of(Asking& asking, Place place) const noexcept {
    AskedValues& asked = asking.asked;
    const std::uint32_t generation = results_[place].generation;
    if (asked.generation != generation) {
        asked = AskedValues{};
        asked.generation = generation;
    }
    return asked;
}

/// Whether the statement has now asked for half of what a result gave.
bool Evidence::asks_for_half(Asking& asking, Place place, ValueHash found) const noexcept {
    AskedValues& asked = asked_of(asking, place);
    asked.add(found);
    return asked.is_half_of(values_to_ask(place, asking.tallies[place]));
}

/// The same with those of several values that the column holds. The other values of a list that is
/// longer than is looked for are not known.
[[gnu::noinline]] bool Evidence::asks_for_half(Asking& asking, Place place, std::size_t column,
                                               const StatementValueHashes& values,
                                               std::uint32_t changed) const noexcept {
    AskedValues& asked = asked_of(asking, place);
    std::size_t added = 0;
    for (std::uint32_t left = changed; left != 0; left &= left - 1) {
        const ValueHash value = values.hashes[std::countr_zero(left)];
        if (results_.has(place, value, column)) {
            asked.add(value);
            ++added;
        }
    }
    return added == StatementValueHashes::most ||
           asked.is_half_of(values_to_ask(place, asking.tallies[place]));
}

/// Values that were asked for before a result is seen to lead are a part of the half too, if one
/// run at most asked for something else: visitors open one thing after the other, and some are of
/// the list.
[[gnu::noinline]] void Evidence::note_asked(Asking& asking, const StatementValueHashes& values,
                                            std::uint32_t changed) const noexcept {
    const auto* const likely = std::find_if(
        results_.latest_first().begin(), results_.latest_first().end(),
        [this, &asking](Place place) {
            const Tally& tally = asking.tallies[place];
            const bool is_open = tally.generation == results_[place].generation && !tally.is_half;
            return is_open && tally.found > 0 && tally.judged <= tally.found + 1 &&
                   results_.id_at(place) != asking.id;
        });
    if (likely == results_.latest_first().end()) {
        return;
    }
    Tally& tally = asking.tallies[*likely];
    const std::uint8_t column = likely_column(*likely, tally);
    tally.is_half = value_in_column(*likely, column, values, changed) != 0 &&
                    asks_for_half(asking, *likely, column, values, changed);
}

/// Judgement::is_echo if the column is an echo; else 0.
inline std::uint8_t Evidence::echo_of(const Result& result, std::uint8_t column) noexcept {
    static_assert(Judgement::is_echo == 4);
    return static_cast<std::uint8_t>((std::uint32_t{result.echo} << 2U >> column) & 4U);
}

/// Notes a run that the result leads to. `found` is one of its values that the result holds; 0 if
/// it holds none. `changed` says which are others than before.
[[gnu::always_inline]] inline void Evidence::lead(Judgement& led, Place place, Asking& asking,
                                                  ValueHash found,
                                                  const StatementValueHashes& values,
                                                  std::uint32_t changed) const noexcept {
    Tally& tally = asking.tallies[place];
    const Result& result = results_[place];
    ++tally.asked;
    asking.recent[tally.asked % asking.recent.size()] = short_hash(found);
    if (!tally.is_half && found != 0) {
        tally.is_half = (changed & (changed - 1)) == 0
                            ? asks_for_half(asking, place, found)
                            : asks_for_half(asking, place, asking.column, values, changed);
        if (tally.asked == 1) {
            led.rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(result.rows, UINT32_MAX));
        }
    }
    led.leader = result.id;
    led.generation = result.generation;
    led.place = place;
    led.is_half = tally.is_half;
    led.is_many = result.is_many;
    led.besides = echo_of(result, asking.column);
}

/// Whether the statement has asked for half of what a result gave, with `passed` more runs whose
/// values are not known: they were others each time, if they are no more than there are.
bool Evidence::asks_for_half_with(Asking& asking, Place place,
                                  std::uint16_t passed) const noexcept {
    AskedValues& asked = asked_of(asking, place);
    const std::uint64_t all = values_to_ask(place, asking.tallies[place]);
    asked.values = static_cast<std::uint16_t>(asked.values + (passed <= all ? passed : 0));
    return asked.is_half_of(all);
}

/// Other results than the leader held the values too. One that turns out to lead later, because it
/// has held all that were looked for, and the ones that led before have not, takes their runs.
[[gnu::noinline]] void Evidence::settle(Asking& asking, Places held,
                                        Judgement& led) const noexcept {
    for (std::uint32_t left = held; left != 0; left &= left - 1) {
        const auto place = static_cast<Place>(std::countr_zero(left));
        Tally& tally = asking.tallies[place];
        const bool leads = place == led.place;
        std::uint32_t passed = tally.passed + (leads ? 0U : 1U);
        passed += tally.passed > 0 ? asking.unsought : 0;
        tally.passed =
            static_cast<std::uint16_t>(std::min<std::uint32_t>(passed, Tally::most_judged));
        if (leads && passed > 0 && tally.found == tally.judged && led.leader != asking.id) {
            led.besides |= Judgement::takes;
            led.loose = tally.passed;
            tally.asked += tally.passed;
            led.is_half = tally.is_half =
                tally.is_half || asks_for_half_with(asking, place, tally.passed);
        }
        tally.passed = leads ? std::uint16_t{0} : tally.passed;
    }
    asking.unsought = 0;
}

[[gnu::always_inline]] inline void Evidence::judge_changed(Judgement& led, Asking& asking,
                                                           const StatementValueHashes& values,
                                                           std::uint32_t changed) noexcept {
    ValueHash found = look_again(asking, values, changed);
    Places held = 0;
    if (found == 0) {
        held = search(asking, values, changed);
        const Place leader = asking.leader;
        if (leader == nowhere) {
            return;
        }
        found = value_in_column(leader, asking.column, values, changed);
        // A value that is not found may be after those that are kept, but not after the last one.
        const Tally& tally = asking.tallies[leader];
        if (found == 0 && tally.asked - tally.same >= results_[leader].rows) {
            return;
        }
    }
    lead(led, asking.leader, asking, found, values, changed);
    const bool is_alone = (held & (held - 1)) == 0;
    if (held != 0 && !(is_alone && asking.tallies[led.place].passed == 0)) {
        settle(asking, held, led);
    }
}

/// Judges a run that asks for the same as the run before, which says nothing of what leads it. A
/// row by itself may be asked for again for other reasons than a loop.
[[gnu::noinline]] void Evidence::judge_same(Judgement& led, Asking& asking) const noexcept {
    const Place place = asking.leader;
    if (place == nowhere || results_.id_at(place) == 0) {
        return;
    }
    Tally& tally = asking.tallies[place];
    const Result& result = results_[place];
    if (tally.generation != result.generation) {
        asking.leader = nowhere;
        return;
    }
    if (!result.is_many && tally.asked >= result.rows && !comes_of_a_loop(result.id)) {
        return;
    }
    ++tally.same;
    lead(led, place, asking, 0, first_of(asking), 0);
    if (asking.runs - asking.changed >= result.rows) {
        led.besides |= Judgement::asks_again;
    }
}

inline const StatementValueHashes& Evidence::first_of(const Asking& asking) const noexcept {
    return first_[static_cast<std::size_t>(&asking - asking_.data())];
}

/// Takes back the finds for the first run by values that do not change, which may be chance.
/// Returns false if there were none.
bool Evidence::take_back_chance(Asking& asking, std::uint32_t changed) const noexcept {
    const StatementValueHashes& first = first_of(asking);
    std::uint32_t same = 0;
    for (std::size_t i = 0; i < first.count; ++i) {
        same |= static_cast<std::uint32_t>(first.hashes[i] != 0) << i;
    }
    same &= ~changed;
    bool was_chance = false;
    for (const Place place : results_.latest_first()) {
        Tally& tally = asking.tallies[place];
        Tally by_same;
        if (results_.id_at(place) == 0 || tally.generation != results_[place].generation ||
            tally.found == 0 || !look_in(place, by_same, first, same)) {
            continue;
        }
        tally.hits = {};
        tally.found = look_in(place, tally, first, changed) ? 1 : 0;
        tally.asked = 0;
        tally.passed = 0;
        tally.is_half = false;
        asking.asked = {};
        was_chance = true;
    }
    return was_chance;
}

/// The first run, whose values were found by chance, is led by the leader of this one.
[[gnu::noinline]] void Evidence::take_first(Asking& asking, QueryId led_first, Judgement& led,
                                            std::uint32_t changed) const noexcept {
    if (led.leader == 0) {
        return;
    }
    Tally& tally = asking.tallies[led.place];
    if (value_in_column(led.place, asking.column, first_of(asking), changed) != 0) {
        tally.is_half |= asks_for_half(asking, led.place, asking.column, first_of(asking), changed);
        led.is_half = tally.is_half;
        if (led_first != asking.id && led_first != led.leader) {
            led.besides |= Judgement::takes;
            ++led.loose;
        }
    }
}

/// Begins the first run with other values than those of all runs before: now it is known which of
/// them change. Returns what led the first run by chance; 0 if nothing was found by chance.
[[gnu::noinline]] QueryId Evidence::begin_second(Asking& asking,
                                                 std::uint32_t changed) const noexcept {
    asking.is_same = false;
    const QueryId led_first = asking.led > 0 ? asking.leader_id : asking.id;
    return take_back_chance(asking, changed) ? led_first : 0;
}

/// Counts the runs before this one to which its leader leads as well.
[[gnu::noinline]] void Evidence::take_unled(Asking& asking, Judgement& led) const noexcept {
    const Tally& tally = asking.tallies[led.place];
    const std::uint32_t loose = asking.runs - 1 - std::max(asking.led, tally.since);
    led.loose =
        static_cast<std::uint16_t>(std::min<std::uint32_t>(led.loose + loose, Tally::most_judged));
    const int judged_before = std::max(tally.judged - 1, 0);
    led.strays = static_cast<std::uint16_t>(std::max(asking.strays - judged_before, 0));
    asking.strays = 0;
}

/// Whether the leader of this run held the values that the runs so far asked for, which were the
/// same each time.
[[gnu::noinline]] bool Evidence::holds_first(const Asking& asking,
                                             const Judgement& led) const noexcept {
    constexpr std::uint32_t all = (1U << StatementValueHashes::most) - 1;
    const StatementValueHashes& first = first_of(asking);
    return value_in_column(led.place, asking.column, first,
                           all >> (StatementValueHashes::most - first.count)) != 0;
}

ONETRIP_WITHOUT_ARRAYS Judgement Evidence::judge(QueryId id,
                                                 const StatementValueHashes& values) noexcept {
    Asking& asking = asking_of(id);
    const bool was_led = asking.led == asking.runs;
    ++asking.runs;
    const bool is_same = asking.is_same;
    const std::uint32_t changed = take_changes(asking, values);
    Judgement found;
    changed_ = changed;
    is_found_nowhere_ = false;
    if (changed != 0) {
        asking.changed = asking.runs;
        const QueryId chance = is_same ? begin_second(asking, changed) : 0;
        judge_changed(found, asking, values, changed);
        if (chance != 0) {
            take_first(asking, chance, found, changed);
        }
    } else if (was_led && !is_same) {
        judge_same(found, asking);
    } else if (was_led && asking.runs == 2) {
        // Nothing leads to the same again, and so not to the first.
        found.besides |= Judgement::takes;
        asking.led = 0;
    }
    if (found.leader == 0) {
        asking.strays += changed != 0 && asking.strays < Tally::most_judged ? 1 : 0;
        found.loose = static_cast<std::uint16_t>(
            std::min<std::uint32_t>(asking.runs - asking.led, Tally::most_judged));
        return found;
    }
    if (!was_led) {
        take_unled(asking, found);
        if (is_same && found.loose > 0 && holds_first(asking, found)) {
            found.besides |= Judgement::takes;
        }
    }
    asking.led = asking.runs;
    return found;
}

namespace {

/// A hash of all values but one, and of how many there are.
ValueHash hash_of_others(const StatementValueHashes& values, std::size_t than) noexcept {
    ValueHash hash = values.count;
    for (std::size_t i = 0; i < values.count; ++i) {
        hash = i == than ? hash : mix_value(hash ^ values.hashes[i]);
    }
    return hash;
}

}  // namespace

Evidence::Expected Evidence::expected(QueryId id, const StatementValueHashes& values,
                                      const Judgement& last) const noexcept {
    if (last.leader == 0) {
        const bool is_same = changed_ == 0 && last.besides == 0;
        return {is_found_nowhere_ ? NextValues::nowhere
                : is_same         ? NextValues::same
                                  : NextValues::unknown};
    }
    // A row of a tree is found in the statement's own result.
    const bool is_of_list = last.is_many && last.leader != id && !last.is(Judgement::is_echo);
    const Asking* const asking = is_of_list && std::has_single_bit(changed_) ? find(id) : nullptr;
    if (asking == nullptr || asking->leader != last.place) {
        return {};
    }
    const Tally& tally = asking->tallies[last.place];
    if (!leads_on(tally, last.place)) {
        return {};
    }
    const std::uint64_t rows = results_[last.place].rows - (tally.asked - tally.same);
    const auto changing = static_cast<std::uint8_t>(std::countr_zero(changed_));
    return {NextValues::in_result,
            last.place,
            asking->column,
            changing,
            hash_of_others(values, changing),
            static_cast<std::uint32_t>(std::min<std::uint64_t>(rows, UINT32_MAX))};
}

bool Evidence::holds(const Expected& expected, const StatementValueHashes& values) const noexcept {
    return results_.has(expected.place, values.hashes[expected.changing], expected.column) &&
           hash_of_others(values, expected.changing) == expected.others;
}

/// Values of runs with another number of them than before say only that there are others.
ValueChanges Evidence::changes_of(QueryId id, std::uint32_t runs) const noexcept {
    ValueChanges found;
    const Asking* const asking = find(id);
    if (asking == nullptr) {
        return found;
    }
    const auto known = static_cast<std::uint32_t>(asking->changes.size());
    const std::uint32_t changes =
        std::min({std::max(runs, 2U) - 1, std::max(asking->runs, 2U) - 1, known});
    for (std::uint32_t i = 0; i < changes; ++i) {
        const std::uint32_t changed = asking->changes[(asking->runs - i) % known];
        if ((changed & other_count) != 0) {
            continue;
        }
        for (std::uint32_t left = changed; left != 0; left &= left - 1) {
            ++found.times[static_cast<std::size_t>(std::countr_zero(left))];
        }
        found.changed |= changed;
    }
    if (found.changed == 0) {
        found.changed = asking->changes[asking->runs % known] & (other_count - 1);
    }
    return found;
}

std::uint8_t Evidence::columns_of(QueryId id, Place place) const noexcept {
    const Asking* const asking = find(id);
    if (asking == nullptr || place >= results) {
        return 0;
    }
    return likely_columns(place, asking->tallies[place]);
}

std::uint32_t Evidence::out_of_turn(const Asking& asking, Place place,
                                    std::size_t column) const noexcept {
    const std::uint32_t last = asking.tallies[place].asked;
    const auto known = static_cast<std::uint32_t>(asking.recent.size());
    std::uint32_t count = 0;
    for (std::uint32_t turn = last; turn > 0 && turn + known > last; --turn) {
        const std::uint32_t value = asking.recent[turn % known];
        count += value != 0 && results_.is_out_of_turn(place, column, value, turn) ? 1 : 0;
    }
    return count;
}

std::uint8_t Evidence::columns_in_turn(std::uint8_t of, QueryId id, Place place) const noexcept {
    const Asking* const asking = find(id);
    std::uint32_t fewest = UINT32_MAX;
    std::uint32_t found = 0;
    for (std::uint32_t left = asking == nullptr ? 0 : of; left != 0; left &= left - 1) {
        const auto column = static_cast<std::size_t>(std::countr_zero(left));
        const std::uint32_t count = out_of_turn(*asking, place, column);
        if (count <= fewest) {
            found = (count < fewest ? 0 : found) | 1U << column;
            fewest = count;
        }
    }
    return static_cast<std::uint8_t>(found);
}

std::uint8_t Evidence::columns_with(ValueHash value, Place place) const noexcept {
    std::uint32_t found = 0;
    for (std::size_t column = 0; column < results_[place].width; ++column) {
        found |= results_.has(place, value, column) ? 1U << column : 0;
    }
    return static_cast<std::uint8_t>(found);
}

}  // namespace onetrip::roundtrip
