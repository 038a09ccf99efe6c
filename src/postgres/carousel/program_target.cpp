// An export to a program's standard input. Knows nothing of the content.

#include "postgres/carousel/program_target.hpp"

#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include "storage/fd.h"
#include "storage/latch.h"
#include "storage/pg_shmem.h"
#include "utils/wait_event.h"
}

namespace onetrip::postgres {

namespace {

/// A crashed server must not find its shared memory in use by a supervisor that is still at work
/// (PGSharedMemoryIsInUse, sysv_shmem.c).
void forget_server() {
    PGSharedMemoryDetach();
}

void acquire_descriptors() {
    for (int i = 0; i < program_descriptors; ++i) {
        ReserveExternalFD();
    }
}

void release_descriptors() {
    for (int i = 0; i < program_descriptors; ++i) {
        ReleaseExternalFD();
    }
}

/// Whole lines of a program's error output, in the database's encoding: other characters become
/// question marks.
const char* readable(const ProgramReport& report) {
    const char* text = report.error_output;
    const char* const end = text + report.error_size;
    const void* const newline = std::memchr(text, '\n', report.error_size);
    if (report.error_size == sizeof report.error_output && newline != nullptr) {
        text = static_cast<const char*>(newline) + 1;
    }
    StringInfoData lines;
    initStringInfo(&lines);
    while (text < end) {
        const int valid =
            pg_encoding_verifymbstr(GetDatabaseEncoding(), text, static_cast<int>(end - text));
        appendBinaryStringInfo(&lines, text, valid);
        text += valid;
        if (text < end) {
            appendStringInfoChar(&lines, '?');
            ++text;
        }
    }
    while (lines.len > 0 && lines.data[lines.len - 1] == '\n') {
        lines.data[--lines.len] = '\0';
    }
    return lines.data;
}

}  // namespace

ProgramTarget::ProgramTarget(const char* command, MemoryContext memory)
    : command_(command), run_(static_cast<Run*>(MemoryContextAllocZero(memory, sizeof(Run)))) {
    run_->callback.func = end;
    run_->callback.arg = run_;
    MemoryContextRegisterResetCallback(memory, &run_->callback);
}

void ProgramTarget::end(void* run) {
    auto* const ended = static_cast<Run*>(run);
    if (ended->is_running) {
        ended->is_running = false;
        release_program(ended->program);
        release_descriptors();
    }
}

void ProgramTarget::start() {
    acquire_descriptors();
    if (!start_program(command_, forget_server, run_->program)) {
        const int error = errno;
        release_descriptors();
        errno = error;
        raise_system_error("execute command", command_);
    }
    run_->is_running = true;
    ProgramStart start{};
    while ((start = read_start(run_->program)) == ProgramStart::pending) {
        wait_for(run_->program.report, WL_SOCKET_READABLE);
    }
    if (start == ProgramStart::failed) {
        raise_system_error("execute command", command_);
    }
}

/// Waits as the server does, so that a cancel or the server's end comes through.
void ProgramTarget::wait_for(int descriptor, int event) const {
    static std::uint32_t known = 0;
    WaitLatchOrSocket(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | event, descriptor, -1,
                      wait_event(known, "OnetripExportProgram"));
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
}

void ProgramTarget::write(std::span<const std::uint8_t> bytes) {
    if (!run_->is_running) {
        start();
    }
    const int input = run_->program.input;
    while (!bytes.empty()) {
        const ssize_t count = ::write(input, bytes.data(), bytes.size());
        if (count >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            wait_for(input, WL_SOCKET_WRITEABLE);
        } else if (errno == EPIPE) {
            finish_early();
        } else if (errno != EINTR) {
            raise_system_error("write to program", command_);
        }
    }
}

/// The program reads no more: how it ends says why.
void ProgramTarget::finish_early() {
    ProgramReport report = read_report();
    report.unread = Max(report.unread, 1);
    check(report);
}

void ProgramTarget::finish() {
    write({});
    if (!complete_input(run_->program)) {
        raise_lost_supervisor();
    }
    check(read_report());
    end(run_);
}

/// Waits for the program's end.
ProgramReport ProgramTarget::read_report() const {
    const int descriptor = run_->program.report;
    ProgramReport report;
    ssize_t count = 0;
    while ((count = read(descriptor, &report, sizeof report)) < 0 &&
           (errno == EAGAIN || errno == EINTR)) {
        wait_for(descriptor, WL_SOCKET_READABLE);
    }
    if (count != sizeof report) {
        raise_lost_supervisor();
    }
    return report;
}

/// Somebody killed it; the program is ended all the same.
void ProgramTarget::raise_lost_supervisor() const {
    ereport(ERROR,
            (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
             errmsg("lost the supervisor of program \"%s\"", command_),
             errhint("What the program stored so far, if anything, is not the whole export.")));
    pg_unreachable();
}

void ProgramTarget::check(const ProgramReport& report) const {
    if (report.wait_status == 0 && report.unread == 0) {
        return;
    }
    const char* const said = readable(report);
    ereport(
        ERROR,
        (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
         report.wait_status != 0
             ? errmsg("program \"%s\" failed: %s", command_, wait_result_to_str(report.wait_status))
             : errmsg("program \"%s\" ended before it had read all of the export", command_),
         said[0] != '\0' ? errdetail_internal("%s", said)
                         : errdetail("It wrote nothing to its standard error."),
         errhint("What the program stored so far, if anything, is not the whole export.")));
}

}  // namespace onetrip::postgres
