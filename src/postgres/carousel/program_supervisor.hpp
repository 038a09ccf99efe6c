#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace onetrip::postgres {

/// A program that reads its standard input from us, and must never take the end of our process for
/// the end of its input. So a supervisor, a process of its own, holds a second write end of that
/// pipe; if we end or give up before the input is complete, it ends the program and all of its
/// process group (SIGTERM, and SIGKILL after half a second), and only then lets go of the pipe.
struct SupervisedProgram {
    pid_t supervisor;
    pid_t group;  ///< process group of the program
    int input;    ///< write end of the program's standard input; not blocking
    int control;  ///< write end; closed without complete_input it gives up the program
    int report;   ///< read end, not blocking: a ProgramReport when the program has ended
};

/// How a program ended. Small enough for a pipe to take it whole (PIPE_BUF).
struct ProgramReport {
    int wait_status;           ///< as waitpid has it
    std::uint32_t unread;      ///< bytes of the input that it left in the pipe
    std::uint32_t error_size;  ///< of error_output
    char error_output[2048];   ///< the last bytes of its standard error
};

/// How many descriptors a SupervisedProgram holds.
constexpr int program_descriptors = 3;

/// Starts a supervisor for `/bin/sh -c command`. `forget_caller` is run in it, since it is a fork
/// of the calling process: it lets go of resources that must not outlive the calling process. False
/// with errno set if it cannot be started.
bool start_program(const char* command, void (*forget_caller)(), SupervisedProgram& program);

enum class ProgramStart : std::uint8_t { pending, started, failed };

/// Whether the supervisor has started the program; that it has said so makes `report` readable.
/// False with errno set if it could not, or if it is gone.
ProgramStart read_start(SupervisedProgram& program);

/// Says that the input is complete: the program gets its end of file when it has read all. False
/// with errno set if the supervisor is gone.
bool complete_input(SupervisedProgram& program);

/// Ends the program if it has not ended, and lets go of it all. Takes at most a second, or two if
/// the supervisor does not answer; it takes no time if the program has ended and was reported.
void release_program(SupervisedProgram& program);

}  // namespace onetrip::postgres
