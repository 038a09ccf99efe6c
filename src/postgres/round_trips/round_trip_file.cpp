// Loops, heavy rows and totals over a clean restart: a file of the postmaster's.
//
// A header has the version, the sizes of the rows and their numbers; a checksum ends the file. The
// file is unlinked once it is read: it does not outlive a crash. Nothing is raised: a file that
// cannot be used is a line in the log.

#include "postgres/round_trips/round_trip_file.hpp"

#include "postgres/round_trips/heavy_memory.hpp"
#include "postgres/round_trips/round_trip_requests.hpp"
#include "postgres/round_trips/round_trip_totals.hpp"

extern "C" {
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/pg_control.h"
#include "common/controldata_utils.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"
#include "storage/ipc.h"
}

namespace onetrip::postgres {

namespace {

constexpr const char* path = PGSTAT_STAT_PERMANENT_DIRECTORY "/onetrip.stat";
constexpr const char* new_path = PGSTAT_STAT_PERMANENT_DIRECTORY "/onetrip.stat.tmp";

struct Header {
    char magic[8];
    std::uint32_t version;
    std::uint32_t sizes[4];  ///< of the totals, a loop, a heavy result, a heavy plan
    std::uint32_t counts[3];
};

constexpr char magic[8] = {'o', 'n', 'e', 't', 'r', 'i', 'p', '\n'};
constexpr std::uint32_t version = 1;

Header header_for(int loops, int results, int plans) {
    Header header{};
    std::memcpy(header.magic, magic, sizeof magic);
    header.version = version;
    header.sizes[0] = sizeof(RoundTripTotals);
    header.sizes[1] = sizeof(StoredRoundTrip);
    header.sizes[2] = sizeof(HeavyResult);
    header.sizes[3] = sizeof(HeavyPlan);
    header.counts[0] = static_cast<std::uint32_t>(loops);
    header.counts[1] = static_cast<std::uint32_t>(results);
    header.counts[2] = static_cast<std::uint32_t>(plans);
    return header;
}

/// A file and the checksum of what has gone through it.
struct Stream {
    FILE* file;
    pg_crc32c crc;
    bool is_good;
};

Stream stream_of(FILE* file) {
    Stream stream{file, 0, file != nullptr};
    INIT_CRC32C(stream.crc);
    return stream;
}

void put(Stream& stream, const void* data, std::size_t size) {
    COMP_CRC32C(stream.crc, data, size);
    stream.is_good = stream.is_good && std::fwrite(data, size, 1, stream.file) == 1;
}

bool get(Stream& stream, void* data, std::size_t size) {
    stream.is_good = stream.is_good && std::fread(data, size, 1, stream.file) == 1;
    if (stream.is_good) {
        COMP_CRC32C(stream.crc, data, size);
    }
    return stream.is_good;
}

void log_of_file(const char* action, const char* name) {
    const int error = errno;
    ereport(LOG, (errcode_for_file_access(),
                  errmsg("could not %s file \"%s\": %s", action, name, strerror(error))));
}

// ---- at the server's end ------------------------------------------------------------------------

void put_all(Stream& stream) {
    const Header header =
        header_for(count_of_round_trips(), heavy_results.count(), heavy_plans.count());
    put(stream, &header, sizeof header);
    RoundTripTotals totals{};
    copy_totals(totals);
    put(stream, &totals, sizeof totals);
    each_round_trip_at_end([](const StoredRoundTrip& loop,
                              void* to) { put(*static_cast<Stream*>(to), &loop, sizeof loop); },
                           &stream);
    const auto put_row = [&stream](const auto& row) { put(stream, &row, sizeof row); };
    heavy_results.each_at_end(put_row);
    heavy_plans.each_at_end(put_row);
    pg_crc32c crc = stream.crc;
    FIN_CRC32C(crc);
    put(stream, &crc, sizeof crc);
}

/// An immediate end has the exit code of a clean one, and leaves shared memory as it was.
bool is_clean_end() {
    bool is_intact = false;
    ControlFileData* const control = get_controlfile(DataDir, &is_intact);
    return is_intact &&
           (control->state == DB_SHUTDOWNED || control->state == DB_SHUTDOWNED_IN_RECOVERY);
}

void write_file(int code, Datum /*argument*/) {
    if (code != 0 || !has_round_trip_memory() || !is_clean_end()) {
        return;
    }
    end_requests_at_end();
    Stream stream = stream_of(AllocateFile(new_path, PG_BINARY_W));
    if (stream.is_good) {
        put_all(stream);
    }
    const bool is_closed = stream.file == nullptr || FreeFile(stream.file) == 0;
    if (stream.is_good && is_closed && durable_rename(new_path, path, LOG) == 0) {
        return;
    }
    log_of_file("write", new_path);
    unlink(new_path);
}

// ---- at its start -------------------------------------------------------------------------------

// A user who may write the server's files may write one with a checksum that fits. Values that
// would be read beyond their end or break a view are therefore checked.

/// Whether a text has an end and is valid in its encoding.
template <std::size_t room>
bool is_sound(const char (&text)[room], int encoding) {
    const std::size_t size = strnlen(text, room);
    return size < room && pg_verify_mbstr(encoding, text, static_cast<int>(size), true);
}

bool are_sound(const roundtrip::Tags& tags, int encoding) {
    if (!tags.are_sound()) {
        return false;
    }
    for (std::size_t i = 0; i < tags.count(); ++i) {
        for (const std::string_view text : {tags[i].key, tags[i].value}) {
            if (!pg_verify_mbstr(encoding, text.data(), static_cast<int>(text.size()), true)) {
                return false;
            }
        }
    }
    return true;
}

bool are_times(TimestampTz first, TimestampTz last) {
    return IS_VALID_TIMESTAMP(first) && IS_VALID_TIMESTAMP(last);
}

bool is_sound(const RoundTripTotals& totals) {
    return totals.count >= 0 && totals.count <= RoundTripTotals::most &&
           IS_VALID_TIMESTAMP(totals.since);
}

bool is_sound(const StoredRoundTrip& loop) {
    const int encoding = loop.encoding;
    return PG_VALID_BE_ENCODING(encoding) &&
           loop.key.base.kind <= static_cast<std::uint64_t>(roundtrip::Kind::page) &&
           are_times(loop.numbers.first_seen, loop.numbers.last_seen) &&
           IS_VALID_TIMESTAMP(loop.logged_at) && are_sound(loop.owner.tags, encoding) &&
           is_sound(loop.owner.application_name, encoding) &&
           is_sound(loop.owner.traceparent, encoding) && is_sound(loop.leader_column, encoding) &&
           is_sound(loop.leader, encoding) && is_sound(loop.repeated, encoding) &&
           is_sound(loop.advice, encoding);
}

/// Whether the members that heavy results and heavy plans have in common are sound.
template <typename Row>
bool is_sound_heavy(const Row& row) {
    return PG_VALID_BE_ENCODING(row.encoding) && are_times(row.first_seen, row.last_seen) &&
           is_sound(row.application_name, row.encoding) && is_sound(row.query, row.encoding) &&
           is_sound(row.advice, row.encoding);
}

bool is_sound(const HeavyResult& row) {
    return is_sound_heavy(row) && is_sound(row.widest_column, row.encoding);
}

bool is_sound(const HeavyPlan& row) {
    return is_sound_heavy(row) && is_sound(row.seq_scan, row.encoding);
}

/// Goes through the file, and hands its rows to shared memory if that is asked for.
template <typename Row, typename Taker>
bool get_rows(Stream& stream, std::uint32_t count, Row& row, Taker&& take) {
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!get(stream, &row, sizeof row) || !is_sound(row)) {
            return false;
        }
        take(row);
    }
    return true;
}

/// Room for one row of each kind, which is too much for the stack.
struct FileRows {
    RoundTripTotals totals;
    StoredRoundTrip loop;
    HeavyResult result;
    HeavyPlan plan;
};

bool get_all(FILE* file, bool is_kept, FileRows& rows) {
    Stream stream = stream_of(file);
    Header header{};
    if (!get(stream, &header, sizeof header)) {
        return false;
    }
    const Header own =
        header_for(static_cast<int>(header.counts[0]), static_cast<int>(header.counts[1]),
                   static_cast<int>(header.counts[2]));
    if (std::memcmp(&header, &own, sizeof own) != 0 ||
        !get(stream, &rows.totals, sizeof rows.totals) || !is_sound(rows.totals)) {
        return false;
    }
    if (is_kept) {
        set_totals(rows.totals);
    }
    const auto keep_loop = [&](const StoredRoundTrip& loop) {
        is_kept ? restore_round_trip(loop) : void();
    };
    const auto keep_result = [&](const HeavyResult& row) {
        is_kept ? heavy_results.restore(row) : void();
    };
    const auto keep_plan = [&](const HeavyPlan& row) {
        is_kept ? heavy_plans.restore(row) : void();
    };
    if (!get_rows(stream, header.counts[0], rows.loop, keep_loop) ||
        !get_rows(stream, header.counts[1], rows.result, keep_result) ||
        !get_rows(stream, header.counts[2], rows.plan, keep_plan)) {
        return false;
    }
    pg_crc32c crc = stream.crc;
    FIN_CRC32C(crc);
    pg_crc32c stored = 0;
    return get(stream, &stored, sizeof stored) && EQ_CRC32C(crc, stored) && std::fgetc(file) == EOF;
}

/// Whether the file is a plain one or missing. Anything else, such as a FIFO, might keep the server
/// from starting.
bool is_plain_file_or_none() {
    struct stat status {};
    return stat(path, &status) != 0 || S_ISREG(status.st_mode);
}

void read_file() {
    if (!is_plain_file_or_none()) {
        ereport(LOG, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                      errmsg("ignoring \"%s\": it is not a file", path)));
        return;
    }
    FILE* const file = AllocateFile(path, PG_BINARY_R);
    if (file == nullptr) {
        if (errno != ENOENT) {
            log_of_file("read", path);
        }
        return;
    }
    auto* const rows = static_cast<FileRows*>(palloc0(sizeof(FileRows)));
    // Nothing of a file is kept until all of it is known to be whole.
    const bool is_whole = get_all(file, false, *rows) && std::fseek(file, 0, SEEK_SET) == 0 &&
                          get_all(file, true, *rows);
    pfree(rows);
    FreeFile(file);
    if (!is_whole) {
        ereport(LOG, (errcode(ERRCODE_DATA_CORRUPTED),
                      errmsg("ignoring file \"%s\": it is damaged or of another version", path),
                      errdetail("The views of round trips are empty.")));
    }
    unlink(path);
}

}  // namespace

void restore_round_trips_at_start() {
    if (!IsUnderPostmaster) {
        on_shmem_exit(write_file, Datum{0});
        read_file();
    }
}

}  // namespace onetrip::postgres
