// The watch over one session: what the client sent, when, and which loops that makes.
//
// It decides what counts as sent by the client, asks the clock when that was, hands it to the
// detector, and has a loop's texts and advice looked up while its statement is there. It does not
// know how the server calls it (hooks), how loops are found (detector), nor where they are kept
// (memory).

#include "postgres/round_trips/round_trip_session.hpp"

#include "postgres/round_trips/round_trip_apart.hpp"
#include "postgres/round_trips/round_trip_requests.hpp"
#include "postgres/round_trips/round_trip_running.hpp"
#include "postgres/server/list_range.hpp"
#include "roundtrip/loop_rules.hpp"

extern "C" {
#include "access/transam.h"
#include "storage/ipc.h"
#include "tcop/pquery.h"
#include "utils/fmgrprotos.h"
}

namespace onetrip::postgres {

using roundtrip::Detector;
using roundtrip::Kind;
using roundtrip::LoopKey;
using roundtrip::Microseconds;
using roundtrip::QueryId;
using roundtrip::Statement;

constinit RoundTripSession round_trip_session;

namespace {

QueryId query_id_of(const PlannedStmt* planned) {
    return static_cast<QueryId>(planned->queryId);
}

/// The end of a transaction reads what is left of a cursor WITH HOLD.
bool is_being_held(Portal portal) {
    return portal->strategy == PORTAL_ONE_SELECT && portal->holdStore != nullptr;
}

/// Whether a portal runs this statement: mostly its only one, more are from rules.
bool is_of_portal(Portal portal, const PlannedStmt* planned) {
    return portal->stmts != NIL &&
           (linitial(portal->stmts) == planned || list_member_ptr(portal->stmts, planned));
}

/// A WITH that writes makes a write of a SELECT.
Kind kind_of(const PlannedStmt* planned) {
    if (planned->commandType == CMD_SELECT && !planned->hasModifyingCTE) {
        return Kind::select;
    }
    const ModifyTable* const in_with =
        planned->commandType == CMD_SELECT ? modification_of(planned) : nullptr;
    switch (in_with != nullptr ? in_with->operation : planned->commandType) {
        case CMD_INSERT:
            return Kind::insert;
        case CMD_DELETE:
            return Kind::remove;
        case CMD_SELECT:
            return Kind::select;
        default:
            // MERGE counts as UPDATE: row by row it is mostly one.
            return Kind::update;
    }
}

/// The properties of a statement that its plan shows. The plan's list of relations does not show
/// its tables: it has those of regclass constants too, which are not read.
inline PlanTraits traits_of(const PlannedStmt* planned) {
    PlanTraits traits{kind_of(planned), false, false, false, false};
    for (const RangeTblEntry* entry : each<RangeTblEntry>(planned->rtable)) {
        if (entry->rtekind == RTE_RELATION) {
            traits.has_relation = true;
            traits.is_of_catalogs = entry->relid < FirstNormalObjectId;
            if (!traits.is_of_catalogs) {
                break;
            }
        }
    }
    traits.names_none = !traits.has_relation && planned->relationOids == NIL;
    for (const PlanRowMark* mark : each<PlanRowMark>(planned->rowMarks)) {
        traits.locks_rows |= mark->markType < ROW_MARK_REFERENCE;
    }
    return traits;
}

void report_at_exit(int /*code*/, Datum /*argument*/) {
    round_trip_session.exiting();
}

}  // namespace

/// The inward wall. The detector throws nothing; should it ever, what the client sent goes on (an
/// ERROR after a commit would be a PANIC), unwatched, and the server's log says why.
template <typename Body>
[[gnu::always_inline]] inline void RoundTripSession::call_detector(Body&& body) {
    if (!try_cpp(thrown_, body)) {
        give_up();
    }
    loops_.log_episode();
}

[[gnu::cold]] void RoundTripSession::give_up() {
    has_given_up_ = true;
    detector_ = roundtrip::Detector(loops_);
    ereport(LOG,
            (errcode(thrown_.sqlstate), errmsg("round trips of this session are watched no longer"),
             errdetail_internal("%s", thrown_.message)));
}

/// A loop that was born or has doubled is shown while it runs.
void RoundTripSession::show_growth() {
    std::optional<roundtrip::Loop> loop;
    call_detector([&] { loop = detector_.take_grown(); });
    if (loop) {
        if (const RoundTripTexts* const texts = loops_.texts_of(loop->key)) {
            show_running_loop(*loop, *texts);
        }
    }
}

/// Runs in a signal handler.
bool RoundTripSession::is_pausing() {
    const RoundTripSession& session = round_trip_session;
    const TimestampTz now = GetCurrentTimestamp();
    const Microseconds gap = Microseconds{round_trip_settings.gap} * 1000;
    const bool has_run = !session.waiting_.is_empty() && now - session.waiting_.last_end() <= gap;
    return !session.is_inside() && !has_run && session.detector_.has_paused(now, gap);
}

inline void RoundTripSession::begin() {
    if (!has_begun_) {
        has_begun_ = true;
        before_shmem_exit(report_at_exit, Datum{0});
    }
}

void RoundTripSession::exiting() {
    count_waiting();
    call_detector([this] {
        detector_.end_block();
        detector_.end_episode();
    });
}

// ---- statements ---------------------------------------------------------------------------------

/// Whether the client sent this statement. One that a function runs through SPI is not among those
/// of the portal; deferred triggers may open portals of their own when the transaction ends.
bool RoundTripSession::is_sent_by_client(const QueryDesc* query) {
    const PlannedStmt* const planned = query->plannedstmt;
    return ActivePortal != nullptr && planned->queryId != 0 && planned->canSetTag &&
           is_of_portal(ActivePortal, planned) && !is_being_held(ActivePortal) &&
           DatumGetInt32(pg_trigger_depth(nullptr)) == 0;
}

inline void RoundTripSession::prepare(QueryId id) {
    clock_.prepare(id, GetCurrentStatementStartTimestamp(), GetCurrentTimestamp());
}

void RoundTripSession::parsed(Query* query, const char* text, int most_constants) {
    if (query->queryId != 0 && query->commandType != CMD_UTILITY) {
        const Fingerprints::Entry& known = fingerprints_.look_at(query, text);
        values_.remember_constants(query, known.page, most_constants);
        prepare(static_cast<QueryId>(query->queryId));
        if (round_trip_settings.has_request) {
            requests_.remember(query, text);
        }
    }
}

/// DECLARE CURSOR gives its query no identifier in some versions, and in others one that no hook
/// hears of.
void RoundTripSession::before_planning(Query* query, const char* text) {
    if (cursor_message_ == 0) {
        return;
    }
    if (cursor_message_ == GetCurrentStatementStartTimestamp() && IsQueryIdEnabled()) {
        if (query->queryId == 0) {
            identify_query(query, text);
        }
        if (round_trip_settings.has_request) {
            requests_.remember(query, text);
        }
    }
    cursor_message_ = 0;
}

void RoundTripSession::planned(const Query* query, const PlannedStmt* planned, const char* text,
                               TimestampTz begin) {
    if (query->queryId != 0) {
        prepare(static_cast<QueryId>(query->queryId));
    }
    if (HeavyPlans::is_heavy(planned) && !is_ignored(planned, text)) {
        plans_.planned(query, planned, text, GetCurrentTimestamp() - begin);
    }
}

/// Forgets the results after a pause outside of a block: they lead to nothing after it.
inline void RoundTripSession::forget_after_pause() {
    if (!detector_.is_in_block() && !chains_ &&
        detector_.has_paused(GetCurrentStatementStartTimestamp(),
                             Microseconds{round_trip_settings.gap} * 1000)) {
        evidence_.forget();
    }
}

/// The results of one role lead to no statement of another, which must not see the first one's
/// statements.
inline void RoundTripSession::look_at_role() {
    const Oid role = GetUserId();
    if (role_ == role) {
        return;
    }
    if (OidIsValid(role_)) {
        end_episode();
        loops_.forget_leaders();
    }
    role_ = role;
}

/// Another application ends the episode: outside of a block at once, in one when that ends. The
/// text of its name is mostly at the same address, and the same.
inline void RoundTripSession::look_at_application() {
    if (application_text_ != application_name) {
        look_at_other_application();
    }
}

void RoundTripSession::look_at_other_application() {
    const std::string_view name = own_application_name();
    const bool is_first = !has_application_;
    has_application_ = true;
    application_text_ = application_name;
    if (name == application_) {
        return;
    }
    application_[name.copy(application_, sizeof application_ - 1)] = '\0';
    if (is_first) {
        return;
    }
    ends_with_block_ = detector_.is_in_block();
    if (!ends_with_block_) {
        end_episode();
    }
}

/// Another request ends the episode, as another application does. A statement without a request
/// changes nothing.
void RoundTripSession::look_at_request(roundtrip::RequestId request) {
    if (request == 0 || request == request_) {
        return;
    }
    request_ = request;
    if (detector_.is_in_block() && !detector_.is_block_empty()) {
        ends_with_block_ = true;
    } else {
        end_episode();
    }
}

void RoundTripSession::end_episode() {
    call_detector([this] { detector_.end_episode(); });
    evidence_.forget();
    alarm_.clear();
}

/// The statement's values; how many rows it wants distinguishes runs, and is not looked for.
inline void RoundTripSession::collect(const Fingerprints::Entry* known, QueryId id,
                                      ParamListInfo parameters) {
    values_.collect(id, parameters, current_);
    if (known != nullptr && known->shape.limits != 0) {
        current_.each.drop(known->shape.limits);
    }
}

/// Finds out what the statement asks for, before its own rows are kept.
[[gnu::always_inline]] inline void RoundTripSession::look_at_values(const QueryDesc* query,
                                                                    QueryId query_id) {
    const bool is_passed_over = is_ignored(query->plannedstmt, query->sourceText);
    look_at_role();
    look_at_application();
    const roundtrip::RequestId request =
        is_passed_over ? 0 : request_of(query_id, query->sourceText);
    look_at_request(request);
    known_ = known_of(query_id);
    collect(known_, query_id, query->params);
    judged_query_ = query;
    receiver_.drop_unfinished();
    if (!round_trip_settings.values || is_passed_over) {
        judgement_ = {};
        return;
    }
    forget_after_pause();
    judgement_ = evidence_.judge(known_ != nullptr ? known_->fingerprint : query_id, current_.each);
    // Visitors of one page are different requests.
    judgement_.is_half |= request != 0;
}

ONETRIP_WITHOUT_ARRAYS void RoundTripSession::started(const QueryDesc* query) {
    const QueryId id = query_id_of(query->plannedstmt);
    const TimestampTz message = GetCurrentStatementStartTimestamp();
    if (may_wait(id, message) && begin_waiting(query, id)) {
        clock_.begin(query, id, current_.hash, message);
    } else {
        start_and_count(query, id, message);
    }
}

[[gnu::noinline]] void RoundTripSession::start_and_count(const QueryDesc* query, QueryId id,
                                                         TimestampTz message) {
    waits_ = nullptr;
    count_waiting();
    look_at_values(query, id);
    clock_.begin(query, id, current_.hash, message);
}

DestReceiver* RoundTripSession::receiver_before(const QueryDesc* query) {
    const QueryId id = query_id_of(query->plannedstmt);
    count_waiting();
    if (judged_query_ != query) {
        collect(known_of(id), id, query->params);
    }
    return receiver_.put_before(query->dest,
                                {query->plannedstmt, fingerprint_of(id), current_.hash,
                                 &current_.each, query->already_executed, true},
                                evidence_);
}

DestReceiver* RoundTripSession::receiver_before(const UtilityEffect& effect,
                                                DestReceiver* receiver) {
    const PlannedStmt* const planned =
        effect.cursor == nullptr ? nullptr : PortalGetPrimaryStmt(effect.cursor);
    if (!round_trip_settings.values || planned == nullptr || planned->queryId == 0 ||
        planned->commandType == CMD_UTILITY || receiver == nullptr ||
        is_ignored(planned, effect.cursor->sourceText)) {
        return receiver;
    }
    look_at_role();
    forget_after_pause();
    const QueryId id = query_id_of(planned);
    collect(known_of(id), id, effect.cursor->portalParams);
    judged_query_ = nullptr;
    return receiver_.put_before(receiver,
                                {planned, fingerprints_.of(id), current_.hash, &current_.each,
                                 !effect.is_first_fetch, false},
                                evidence_);
}

inline void RoundTripSession::begin_chained_block() {
    if (chains_) {
        chains_ = false;
        detector_.begin_block();
    }
}

inline void RoundTripSession::set_limits() {
    detector_.set_limits({static_cast<std::uint32_t>(round_trip_settings.repeats),
                          Microseconds{round_trip_settings.gap} * 1000});
}

inline const PlanTraits& RoundTripSession::look_at_plan(const PlannedStmt* planned) {
    if (traits_id_ != query_id_of(planned)) {
        traits_id_ = query_id_of(planned);
        traits_ = traits_of(planned);
    }
    return traits_;
}

/// Sets the statement's identifier, and returns what is known of its text, if it is among the last
/// ones.
inline const Fingerprints::Entry* RoundTripSession::identify(Statement& statement,
                                                             const PlannedStmt* planned) {
    const QueryId id = query_id_of(planned);
    const Fingerprints::Entry* const known = known_of(id);
    const PlanTraits& traits = look_at_plan(planned);
    statement.id = known != nullptr ? known->fingerprint : id;
    statement.has_list = known != nullptr && known->has_list;
    statement.kind = traits.kind;
    statement.has_relation = traits.has_relation;
    statement.names_none = traits.names_none;
    statement.is_of_catalogs = traits.is_of_catalogs;
    statement.locks_rows = traits.locks_rows;
    return known;
}

/// Reads walk down a tree by their own results; the number that a write returned is next to that of
/// a file's row by chance.
inline void RoundTripSession::set_evidence(Statement& statement) const {
    statement.evidence = judgement_;
    if (statement.kind != roundtrip::Kind::select && judgement_.leader == statement.id) {
        statement.evidence = {};
    }
}

/// Finds out whether the statement asks for the next page of a list.
void RoundTripSession::look_at_page(PagedLists& pages, Statement& statement, const PageShape& page,
                                    const QueryDesc* query) {
    const std::uint64_t others =
        values_.hash_without_page(query_id_of(query->plannedstmt), page, query->params);
    pages.look_at(statement, page.has_offset, current_.hash, others, query);
}

/// The loop, other than one of pages, that the statement makes if it runs.
std::optional<roundtrip::Loop> RoundTripSession::loop_with(const QueryDesc* query) {
    const PlannedStmt* const planned = query->plannedstmt;
    roundtrip::StatementClock clock = clock_;
    Statement statement = clock.end(GetCurrentTimestamp());
    const Fingerprints::Entry* const known = identify(statement, planned);
    set_evidence(statement);
    if (known != nullptr && known->page.is_page) {
        PagedLists pages = pages_;
        look_at_page(pages, statement, known->page, query);
    }
    TripCounter trips = trips_;
    statement.is_trip = trips.count();
    statement.transaction = static_cast<std::uint64_t>(trips.transaction());
    statement.is_of_request = request_of(query_id_of(planned), query->sourceText) != 0;
    std::optional<roundtrip::Loop> loop;
    call_detector([&] {
        begin_chained_block();
        set_limits();
        loop = detector_.loop_with(statement, trial_);
    });
    return loop && loop->key.kind == roundtrip::Kind::page ? std::nullopt : loop;
}

/// Answers the loop that the statement makes if it runs. A library's questions to the catalogs
/// about each table that it first uses are not a loop of the code under test.
void RoundTripSession::answer(const QueryDesc* query) {
    if (is_ignored(query->plannedstmt, query->sourceText) || !clock_.is_running(query) ||
        look_at_plan(query->plannedstmt).is_of_catalogs) {
        return;
    }
    std::optional<roundtrip::Loop> loop = loop_with(query);
    // The trial's episode counts, in which the statement has run: it may be the one that makes an
    // episode of the block.
    if (!loop || trial_.is_answered(loop->key)) {
        return;
    }
    const bool counts =
        describe(trial_, loop->key, query, columns_of_leader(loop->key, judgement_));
    const RoundTripTexts* const texts = loops_.texts_of(loop->key);
    if (!counts || texts == nullptr) {
        return;
    }
    detector_.begin_answer(loop->key);
    const auto action = static_cast<WatchAction>(round_trip_settings.action);
    if (action == WatchAction::error) {
        // The transaction will be gone, and the view is not part of it.
        loop->is_of_request = false;
        loops_.take(*loop);
        const roundtrip::RequestId request =
            request_of(query_id_of(query->plannedstmt), query->sourceText);
        if (request != 0) {
            begin_at_zero_in_request(request, loop->key.repeated);
        }
        call_detector([&] { detector_.begin_at_zero(loop->key.repeated); });
        detector_.fail();
    }
    answer_loop(action, *loop, *texts);
}

/// The client fetched the result in one piece.
void RoundTripSession::look_at_whole_result(const QueryDesc* query) {
    const bool is_of_client = query->operation == CMD_SELECT || query->plannedstmt->hasReturning;
    if (is_of_client && query->dest->mydest != DestNone && query->tupDesc != nullptr) {
        store_heavy_result(query, receiver_.sizes());
    }
}

void RoundTripSession::pass_over() {
    begin();
    call_detector([this] {
        begin_chained_block();
        detector_.pass(GetCurrentStatementStartTimestamp(), GetCurrentTimestamp());
    });
}

ONETRIP_WITHOUT_ARRAYS void RoundTripSession::ended(const QueryDesc* query, bool goes_on) {
    const TimestampTz now = GetCurrentTimestamp();
    waits(query) ? end_waiting(now) : end_and_count(query, now, goes_on);
}

[[gnu::noinline]] ONETRIP_WITHOUT_ARRAYS void RoundTripSession::end_and_count(
    const QueryDesc* query, TimestampTz now, bool goes_on) {
    count_waiting();
    const PlannedStmt* const planned = query->plannedstmt;
    if (is_ignored(planned, query->sourceText)) {
        pass_over();
        return;
    }
    const QueryId id = query_id_of(planned);
    if (goes_on || !clock_.is_running(query)) {
        collect(known_of(id), id, query->params);
        clock_.go_on(query, current_.hash, GetCurrentStatementStartTimestamp());
    }
    Detector::Run run{clock_.end(now)};
    Statement& statement = run.statement;
    const Fingerprints::Entry* const known = identify(statement, planned);
    statement.role = goes_on ? Statement::Role::next_part : Statement::Role::execution;
    statement.rows = query->estate->es_processed;
    if (judged_query_ == query && !goes_on) {
        set_evidence(statement);
    }
    judged_query_ = nullptr;
    if (known != nullptr && known->page.is_page && !goes_on) {
        look_at_page(pages_, statement, known->page, query);
    }
    if (statement.kind != Kind::select) {
        written_.note(written_table(planned), statement.end);
    }
    plans_.ended(id, statement);
    report(run, planned, query->sourceText, query);
}

/// Hands the statement to the detector, and has its loop described if it makes one. `query` may be
/// nullptr if there can be none.
[[gnu::always_inline]] inline void RoundTripSession::report(Detector::Run& run,
                                                            const PlannedStmt* planned,
                                                            const char* text,
                                                            const QueryDesc* query) {
    Statement& statement = run.statement;
    begin();
    statement.is_trip = trips_.count();
    statement.transaction = static_cast<std::uint64_t>(trips_.transaction());
    const roundtrip::RequestId request = request_of(query_id_of(planned), text);
    statement.is_of_request = request != 0;
    std::optional<LoopKey> loop;
    call_detector([&] {
        begin_chained_block();
        set_limits();
        loop = detector_.run(run);
    });
    if (statement.rows >= 2 || statement.role != Statement::Role::execution) {
        loops_.keep_leader(statement.id, planned, shape_of(planned), text);
    }
    if (request != 0) {
        count_in(request, run, planned, text, query);
    }
    if (loop && query != nullptr) {
        look_at_loop(*loop, statement.evidence, query);
    }
    if (detector_.has_grown()) {
        if (!loop && query != nullptr) {
            look_again(statement, query);
        }
        show_growth();
    }
    if (detector_.has_open_loops()) {
        alarm_.set(round_trip_settings.gap);
    }
    if (last_id_ == statement.id && query != nullptr) {
        let_wait(statement, planned);
    }
    last_id_ = statement.id;
}

/// Counts the statement in the request that it belongs to, in whatever sessions that runs.
void RoundTripSession::count_in(roundtrip::RequestId request, const Detector::Run& counted,
                                const PlannedStmt* planned, const char* text,
                                const QueryDesc* query) {
    const Statement& statement = counted.statement;
    if (detector_.is_kept_from_request(statement.id)) {
        return;
    }
    const CountedRun run =
        count_in_request(request, counted, detector_.loop_of_last_run(statement.id));
    if (!run.is_looked_for) {
        return;
    }
    if (run.left_out > 0) {
        detector_.keep_from_request(statement, run.left_out);
    }
    if (statement.rows >= 2 || statement.role != Statement::Role::execution) {
        share_leader_text(statement.id, planned, shape_of(planned), text);
    }
    if (run.loop && query != nullptr) {
        const bool is_described = run_apart([&] {
            describe_of_request(request, *run.loop, run.described, statement.evidence, query);
        });
        if (!is_described) {
            dismiss_in_request(request, run.loop->repeated);
        }
    }
}

/// The relations that the client named in a statement; nothing if its text is not among the last
/// ones.
const QueryShape& RoundTripSession::shape_of(const PlannedStmt* planned) const {
    static const QueryShape nothing;
    const Fingerprints::Entry* const known = known_of(query_id_of(planned));
    return known != nullptr ? known->shape : nothing;
}

/// A table that a statement reads and that the session has written between its runs.
Oid RoundTripSession::written_between(const Detector& detector, const LoopKey& loop,
                                      const PlannedStmt* planned) const {
    const std::optional<Microseconds> begin = detector.begin_of(loop);
    return begin ? written_.first_since(*begin,
                                        [planned](Oid table) { return reads(planned, table); })
                 : InvalidOid;
}

/// The findings in the statement's plan, and those in its text and in the session.
Findings RoundTripSession::look_at_findings(const Detector& detector, const LoopKey& loop,
                                            const QueryDesc* query) const {
    const Fingerprints::Entry* const known = known_of(query_id_of(query->plannedstmt));
    const std::uint32_t runs = detector.runs_of(loop);
    const ChangedValues changed = {
        round_trip_settings.values ? &current_.each : nullptr,
        evidence_.changes_of(loop.repeated, runs != 0 ? runs : UINT32_MAX)};
    Findings findings = findings_of(query, changed, known != nullptr ? &known->shape : nullptr);
    if (known != nullptr) {
        findings.paged_table = known->page.table;
    }
    findings.written_between = written_between(detector, loop, query->plannedstmt);
    return findings;
}

/// Whether the runs of a loop ask for, or write, many rows at once by lists of values, each of
/// which is worth its trip. Pages are of one list, by whatever else its rows are chosen. (A
/// statement that asks for the same each time is not a batch.)
bool RoundTripSession::is_batch(const Detector& detector, const LoopKey& loop,
                                const Findings& findings) {
    constexpr int large = roundtrip::rows_worth_a_trip;
    // This run may be the only one with a single value.
    const bool has_lists = findings.most_values > 1
                               ? does_many_at_once(findings)
                               : !findings.has_same_list && detector.has_lists(loop);
    return loop.kind != roundtrip::Kind::page && has_lists && !detector.has_single_runs(loop) &&
           (findings.most_values >= large || !detector.runs_with_loop(loop));
}

/// Makes the row of the loop, to which the request adds its numbers when it ends.
void RoundTripSession::describe_of_request(roundtrip::RequestId request, const LoopKey& loop,
                                           const roundtrip::RequestEpisode::Described& described,
                                           const roundtrip::Judgement& evidence,
                                           const QueryDesc* query) {
    const Findings findings = look_at_findings(detector_, loop, query);
    if (described.has_distinct_parameters && !described.has_single_runs &&
        is_batch(detector_, loop, findings)) {
        dismiss_in_request(request, loop.repeated);
        return;
    }
    loops_.import_leader(loop.leader);
    loops_.describe(loop, query, findings,
                    narrowed(columns_of_leader(loop, evidence), loop, findings));
    if (const RoundTripTexts* const texts = loops_.texts_of(loop)) {
        set_variant_in_request(request, loop,
                               hold_round_trip(*texts, described.has_distinct_parameters));
    }
}

/// The columns of the leader's result in which the values of the loop were found.
ColumnsOfLeader RoundTripSession::columns_of_leader(const LoopKey& loop,
                                                    const roundtrip::Judgement& evidence) const {
    if (loop.leader == 0 || evidence.leader == 0) {
        return {};
    }
    // A result of one row in between handed the loop on.
    const bool is_own = loop.leader == evidence.leader;
    const QueryId asking = is_own ? loop.repeated : evidence.leader;
    const roundtrip::Evidence::Place place = evidence_.place_of(loop.leader);
    if (place == roundtrip::Evidence::nowhere) {
        return {};
    }
    // A value that this row had been asked for itself is the list's too.
    return {&receiver_.columns_of(place), evidence_.columns_of(asking, place),
            !is_own && !evidence.is(roundtrip::Judgement::is_echo)};
}

/// Each of several values may be in another column: the columns that hold the one which is
/// compared.
ColumnsOfLeader RoundTripSession::narrowed(ColumnsOfLeader columns, const LoopKey& loop,
                                           const Findings& findings) const {
    const roundtrip::Evidence::Place place = evidence_.place_of(loop.leader);
    const roundtrip::ValueHash value = findings.comparison().value;
    if (columns.result == nullptr || columns.is_handed_on || value == 0 ||
        place == roundtrip::Evidence::nowhere) {
        return columns;
    }
    const std::uint8_t holding = evidence_.columns_with(value, place);
    const auto both = static_cast<std::uint8_t>(columns.found & holding);
    columns.found = both != 0 ? both : holding != 0 ? holding : columns.found;
    // The author and the editor of a book are people, and mostly the same few.
    const std::uint8_t in_turn = evidence_.columns_in_turn(columns.found, loop.repeated, place);
    columns.found = in_turn != 0 ? in_turn : columns.found;
    return columns;
}

void RoundTripSession::look_at_loop(const LoopKey& loop, const roundtrip::Judgement& evidence,
                                    const QueryDesc* query) {
    const ColumnsOfLeader columns = columns_of_leader(loop, evidence);
    if (loops_.renew(loop, query, columns)) {
        return;
    }
    if (!describe(detector_, loop, query, columns)) {
        call_detector([&] { detector_.dismiss(loop); });
    }
}

/// Describes a loop that has grown anew if values have changed since that had not before, such as
/// the first of two columns in whose order a list is gone over.
[[gnu::cold]] void RoundTripSession::look_again(const Statement& statement,
                                                const QueryDesc* query) {
    const std::optional<LoopKey> loop = detector_.loop_of_last_run(statement.id);
    if (!loop ||
        !loops_.knows_less(
            *loop, evidence_.changes_of(loop->repeated, detector_.runs_of(*loop)).changed)) {
        return;
    }
    const ColumnsOfLeader columns = columns_of_leader(*loop, statement.evidence);
    run_apart([&] {
        const Findings findings = look_at_findings(detector_, *loop, query);
        loops_.describe_again(*loop, query, findings, narrowed(columns, *loop, findings));
    });
}

/// Whether the loop counts: it has been described, and its statements do not do many things at
/// once.
bool RoundTripSession::describe(const Detector& detector, const LoopKey& loop,
                                const QueryDesc* query, const ColumnsOfLeader& columns) {
    bool counts = false;
    const bool is_described = run_apart([&] {
        const Findings findings = look_at_findings(detector, loop, query);
        const bool is_same = !findings.has_changed && !detector.has_distinct_parameters(loop);
        counts = is_same || !is_batch(detector, loop, findings);
        if (counts) {
            loops_.describe(loop, query, findings, narrowed(columns, loop, findings));
        }
    });
    return is_described && counts;
}

// ---- runs that count later ----------------------------------------------------------------------

inline bool RoundTripSession::may_wait(QueryId id, TimestampTz message) const {
    return waiting_.has_room_for(id, message, Microseconds{round_trip_settings.gap} * 1000) &&
           is_plain() && role_ == GetUserId() && application_text_ == application_name;
}

/// Begins a run that is to wait; false if it is not like those before.
inline bool RoundTripSession::begin_waiting(const QueryDesc* query, QueryId id) {
    collect(known_of(id), id, query->params);
    if (!waiting_.is_as_expected(evidence_, current_.each, current_.hash)) {
        return false;
    }
    waits_ = &waiting_.next();
    waits_->parameters = current_.hash;
    waits_->has_row = false;
    waits_->values.take(current_.each);
    judged_query_ = query;
    return true;
}

/// The statement has a second row, and so is no run that waits.
void RoundTripSession::count_running() {
    round_trip_session.stop_waiting();
}

inline void RoundTripSession::end_waiting(TimestampTz now) {
    const Statement ended = clock_.end(now);
    waits_->begin = ended.begin;
    waits_->end = now;
    waits_->busy = ended.busy;
    waits_->is_trip = trips_.count();
    waits_->transaction = static_cast<std::uint64_t>(trips_.transaction());
    waits_ = nullptr;
    judged_query_ = nullptr;
    waiting_.add();
}

void RoundTripSession::stop_waiting() {
    waits_ = nullptr;
    count_waiting();
    judgement_ = evidence_.judge(waiting_.id(), current_.each);
}

void RoundTripSession::count_waiting_runs() {
    // A portal that has begun, and runs after others.
    if (waits_ != nullptr) {
        waits_ = nullptr;
        judged_query_ = nullptr;
    }
    call_detector([this] {
        set_limits();
        waiting_.count(evidence_, detector_);
    });
}

/// Lets further runs of a statement that has run twice in turn wait, if they change nothing but
/// numbers.
inline void RoundTripSession::let_wait(const Statement& last, const PlannedStmt* planned) {
    const Fingerprints::Entry* const known = known_of(query_id_of(planned));
    const bool is_look_up = last.kind == Kind::select && last.role == Statement::Role::execution &&
                            last.rows == 1 && !planned->hasModifyingCTE && known != nullptr &&
                            !known->page.is_page;
    if (!is_look_up || !is_plain() || !plans_.is_empty()) {
        return;
    }
    waiting_.open(query_id_of(planned), last, current_.each, evidence_, detector_);
}

// ---- utility statements -------------------------------------------------------------------------

void RoundTripSession::before_utility(const UtilityEffect& effect) {
    count_waiting();
    cursor_message_ = effect.declares_cursor ? GetCurrentStatementStartTimestamp() : 0;
    // The pause is judged before the statement runs, which may set the gap for the pauses after it.
    forget_after_pause();
}

void RoundTripSession::utility_ended(const UtilityEffect& effect, std::uint64_t rows) {
    // It may be a CREATE that makes other plans.
    traits_id_ = 0;
    // It may be a SET, and the name's new text may be at the address of the old one.
    look_at_other_application();
    if (effect.cursor != nullptr) {
        fetch_ended(effect, rows);
        return;
    }
    begin();
    call_detector([&] {
        begin_chained_block();
        detector_.pass(GetCurrentStatementStartTimestamp(), GetCurrentTimestamp());
        if (effect.begins_block && !(effect.was_in_block && detector_.is_in_block())) {
            detector_.begin_block();
        }
        if (effect.ends_episode) {
            detector_.end_episode();
        }
    });
    if (effect.ends_episode) {
        evidence_.forget();
        alarm_.clear();
    }
    chains_ = effect.chains;
    if (effect.prepares) {
        clock_.forget_prepared();
    }
}

void RoundTripSession::fetch_ended(const UtilityEffect& effect, std::uint64_t rows) {
    const TimestampTz begin = GetCurrentStatementStartTimestamp();
    const TimestampTz end = GetCurrentTimestamp();
    const PlannedStmt* const planned = PortalGetPrimaryStmt(effect.cursor);
    if (planned == nullptr || planned->queryId == 0 || planned->commandType == CMD_UTILITY ||
        is_ignored(planned, effect.cursor->sourceText)) {
        call_detector([&] { detector_.pass(begin, end); });
        return;
    }
    Detector::Run run;
    Statement& statement = run.statement;
    identify(statement, planned);
    statement.role =
        effect.is_first_fetch ? Statement::Role::first_fetch : Statement::Role::next_fetch;
    statement.rows = rows;
    statement.begin = begin;
    statement.end = end;
    statement.busy = end - begin;
    report(run, planned, effect.cursor->sourceText, nullptr);
}

// ---- transactions -------------------------------------------------------------------------------

/// The client's transaction has failed. This is not called in a procedure, which may roll back a
/// transaction that the client did not begin.
void RoundTripSession::transaction_failed() {
    if (is_inside()) {
        clock_.leave();
        count_waiting();
        detector_.fail();
    }
    // ROLLBACK AND CHAIN has a block that is to be aborted; a COMMIT AND CHAIN that fails chains
    // none (TransactionBlockStatusCode, xact.c).
    chains_ = chains_ && TransactionBlockStatusCode() == 'E';
}

void RoundTripSession::end_block_or_pause(XactEvent event) {
    call_detector([this, event] {
        if (detector_.is_in_block()) {
            detector_.end_block();
        }
        if (ends_with_block_) {
            ends_with_block_ = false;
            detector_.end_episode();
            evidence_.forget();
        }
        if (alarm_.take_pause()) {
            detector_.end_episode_after_pause(GetCurrentTimestamp());
            evidence_.forget();
        } else if (event == XACT_EVENT_ABORT || TransactionIdIsValid(GetTopTransactionIdIfAny())) {
            // A commit does not wait for the client.
            detector_.busy_until(GetCurrentTimestamp());
        }
        if (!round_trip_settings.watch) {
            detector_.end_episode();
        }
    });
    if (detector_.has_grown()) {
        show_growth();
    }
    if (detector_.has_open_loops()) {
        alarm_.set(round_trip_settings.gap);
    } else if (alarm_.is_set()) {
        alarm_.clear();
    }
}

}  // namespace onetrip::postgres
