// Runs a program under a supervisor, which ends the program if we end too early. No function of the
// server is called here: the supervisor is a fork of a backend, in which none may run. It calls
// only functions that POSIX allows between fork and exec.

#include "postgres/carousel/program_supervisor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

namespace onetrip::postgres {

namespace {

/// The byte that the supervisor gets after the last byte of the input.
constexpr char input_complete = 'C';

constexpr int shell_not_found = 127;  // a shell's exit status for a command that it cannot find
constexpr int grace = 500;            // milliseconds between SIGTERM and SIGKILL
constexpr int tick = 10;              // milliseconds between looks at a process that is to end

static_assert(sizeof(ProgramReport) <= PIPE_BUF, "a report must be written at once");

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

void close_end(int& descriptor) {
    if (descriptor >= 0) {
        close(descriptor);
        descriptor = -1;
    }
}

/// The pipes between the program, its supervisor and us.
struct Pipes {
    Pipe input;    ///< from us, and held open by the supervisor, to the program
    Pipe error;    ///< from the program to the supervisor
    Pipe control;  ///< from us to the supervisor
    Pipe report;   ///< and back

    bool open() { return make(input) && make(error) && make(control) && make(report); }

    void close() {
        for (Pipe* const pipe : {&input, &error, &control, &report}) {
            close_end(pipe->read_end);
            close_end(pipe->write_end);
        }
    }

  private:
    /// No other program that is started meanwhile may inherit an end.
    static bool make(Pipe& pipe) {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) {
            return false;
        }
        pipe = {ends[0], ends[1]};
        return fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
    }
};

/// Writes all of a small piece, for which a pipe has room. A reader that is gone needs no answer.
void write_all(int descriptor, const void* data, std::size_t size) {
    while (write(descriptor, data, size) < 0 && errno == EINTR) {
    }
}

ssize_t read_some(int descriptor, void* data, std::size_t size) {
    ssize_t count = 0;
    do {
        count = read(descriptor, data, size);
    } while (count < 0 && errno == EINTR);
    return count;
}

/// Signals as a process has them at its start.
void reset_handlers() {
    for (int signal = 1; signal < NSIG; ++signal) {
        std::signal(signal, SIG_DFL);
    }
}

void unblock_signals() {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// A signal to a whole service or terminal must not end the supervisor before the program.
void ignore_signals() {
    for (const int signal :
         {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM}) {
        std::signal(signal, SIG_IGN);
    }
}

/// Asks the system itself: the C library may be older than its kernel, or have no such function.
/// False if the kernel or a sandbox lacks it too.
bool close_range_at_once([[maybe_unused]] int first, [[maybe_unused]] int last) {
#ifdef SYS_close_range
    return syscall(SYS_close_range, static_cast<unsigned>(first), static_cast<unsigned>(last), 0) ==
           0;
#else
    return false;
#endif
}

#ifdef SYS_getdents64
/// The number that a name in /proc/self/fd is; -1 for "." and "..".
int descriptor_of(const char* name) {
    int descriptor = -1;
    for (; *name >= '0' && *name <= '9'; ++name) {
        descriptor = std::max(descriptor, 0) * 10 + (*name - '0');
    }
    return descriptor;
}

/// Closes the descriptors that a buffer of directory entries names (linux_dirent64, getdents(2)).
void close_listed(const char* entries, long size, int directory, int first, int last) {
    constexpr long length_offset = 16;
    constexpr long name_offset = 19;
    std::uint16_t length = 0;
    for (long at = 0; at < size; at += length) {
        std::memcpy(&length, entries + at + length_offset, sizeof length);
        const int descriptor = descriptor_of(entries + at + name_offset);
        if (descriptor != directory && descriptor >= first && descriptor <= last) {
            close(descriptor);
        }
    }
}

/// Closes the open descriptors, as /proc lists them. opendir would take memory, which a fork of any
/// process must not. False if there is no such list.
bool close_open_ones(int first, int last) {
    const int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return false;
    }
    alignas(std::uint64_t) std::array<char, 8192> entries;
    long size = 0;
    while ((size = syscall(SYS_getdents64, directory, entries.data(), entries.size())) > 0) {
        close_listed(entries.data(), size, directory, first, last);
    }
    close(directory);
    return size == 0;
}
#else
bool close_open_ones(int /*first*/, int /*last*/) {
    return false;
}
#endif

/// Descriptors get the lowest number that is free, so that those of a backend are small ones. A
/// limit of many millions, as containers have it, would take seconds.
constexpr long most_descriptors = 1L << 16;

void close_from_to(int first, int last) {
    if (close_range_at_once(first, last) || close_open_ones(first, last)) {
        return;
    }
    const auto limit = static_cast<int>(std::clamp(sysconf(_SC_OPEN_MAX), 1024L, most_descriptors));
    for (int descriptor = first; descriptor <= std::min(last, limit); ++descriptor) {
        close(descriptor);
    }
}

/// Closes all descriptors but the standard ones and `kept`: the caller's sockets and files must not
/// seem to be in use when it is gone.
template <std::size_t count>
void close_others(std::array<int, count> kept) {
    std::sort(kept.begin(), kept.end());
    int first = STDERR_FILENO + 1;
    for (const int descriptor : kept) {
        if (first < descriptor) {
            close_from_to(first, descriptor - 1);
        }
        first = std::max(first, descriptor + 1);
    }
    close_from_to(first, std::numeric_limits<int>::max());
}

[[noreturn]] void run_program(const char* command, const Pipes& pipes) {
    setpgid(0, 0);
    reset_handlers();
    dup2(pipes.input.read_end, STDIN_FILENO);
    dup2(pipes.error.write_end, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
    _exit(shell_not_found);
}

/// The first message of the supervisor.
struct Start {
    pid_t group;
    int error;  ///< errno if there is no program
};

/// The process that watches over the program, after its start.
class Supervisor {
  public:
    Supervisor(const Pipes& pipes, pid_t program)
        : input_(pipes.input.write_end),
          error_(pipes.error.read_end),
          control_(pipes.control.read_end),
          report_(pipes.report.write_end),
          program_(program) {}

    void run() {
        while (!has_ended() && !given_up_) {
            wait(input_is_complete_ ? tick : long_tick);
            close_input_if_read();
        }
        if (given_up_ || !input_is_complete_ || ended_.wait_status != 0) {
            end_group();
        }
        if (!given_up_) {
            report();
        }
    }

  private:
    static constexpr int long_tick = 50;  // milliseconds; the end of the program's output wakes us

    /// Also reaps the processes that outlive the program, which are then our children
    /// (adopt_orphans).
    bool has_ended() {
        int status = 0;
        for (pid_t child = 0; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
            if (child == program_) {
                ended_.wait_status = status;
                has_ended_ = true;
            }
        }
        return has_ended_;
    }

    void wait(int milliseconds) {
        std::array<pollfd, 2> descriptors{{{control_, POLLIN, 0}, {error_, POLLIN, 0}}};
        if (poll(descriptors.data(), descriptors.size(), milliseconds) > 0) {
            if (descriptors[0].revents != 0) {
                read_control();
            }
            if (descriptors[1].revents != 0) {
                read_error();
            }
        }
    }

    void read_control() {
        char said = '\0';
        if (read_some(control_, &said, 1) == 1 && said == input_complete) {
            input_is_complete_ = true;
        } else {
            given_up_ = true;
        }
    }

    /// Keeps the last bytes.
    void read_error() {
        std::array<char, sizeof ended_.error_output> bytes;
        const ssize_t count = read_some(error_, bytes.data(), bytes.size());
        if (count <= 0) {
            close_end(error_);
            return;
        }
        const auto added = static_cast<std::size_t>(count);
        const std::size_t kept = std::min<std::size_t>(ended_.error_size, bytes.size() - added);
        std::memmove(ended_.error_output, ended_.error_output + ended_.error_size - kept, kept);
        std::memcpy(ended_.error_output + kept, bytes.data(), added);
        ended_.error_size = static_cast<std::uint32_t>(kept + added);
    }

    /// Bytes of the input that nobody has read. 0 if the system does not report it.
    std::uint32_t unread() const {
        int count = 0;
        return input_ >= 0 && ioctl(input_, FIONREAD, &count) == 0
                   ? static_cast<std::uint32_t>(count)
                   : 0;
    }

    /// The program gets its end of file when it has read all: so it is known that it has.
    void close_input_if_read() {
        if (input_is_complete_ && unread() == 0) {
            close_end(input_);
        }
    }

    /// Signals go to the group even if its first process has ended: processes that it started may
    /// still run.
    void end_group() {
        kill(-program_, SIGTERM);
        for (int waited = 0; waited < grace && (has_ended(), kill(-program_, 0) == 0);
             waited += tick) {
            wait_for_error_output();
        }
        kill(-program_, SIGKILL);
    }

    /// A program that is about to end must not wait for a reader of its output.
    void wait_for_error_output() {
        pollfd descriptor{error_, POLLIN, 0};
        if (poll(&descriptor, 1, tick) > 0) {
            read_error();
        }
    }

    void report() {
        ended_.unread = unread();
        pollfd descriptor{error_, POLLIN, 0};
        while (error_ >= 0 && poll(&descriptor, 1, 0) > 0) {
            read_error();
            descriptor.fd = error_;
        }
        write_all(report_, &ended_, sizeof ended_);
    }

    int input_;
    int error_;
    int control_;
    int report_;
    pid_t program_;
    bool input_is_complete_ = false;
    bool given_up_ = false;
    bool has_ended_ = false;
    ProgramReport ended_{};
};

/// A process that the program started and did not wait for becomes a child of the supervisor, which
/// sees it end, if the system supports that.
void adopt_orphans() {
#ifdef PR_SET_CHILD_SUBREAPER
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

/// The supervisor's whole life. It leaves the caller's session, since the server signals a
/// backend's whole process group (signal_child, postmaster.c).
[[noreturn]] void supervise(const char* command, void (*forget_caller)(), Pipes& pipes) {
    setsid();
    adopt_orphans();
    reset_handlers();
    // A cancel that came before setsid was for us, too: it must be ignored before it can arrive.
    ignore_signals();
    unblock_signals();
    close_others(std::array{pipes.input.read_end, pipes.input.write_end, pipes.error.read_end,
                            pipes.error.write_end, pipes.control.read_end, pipes.report.write_end});
    forget_caller();
    const pid_t program = fork();
    if (program == 0) {
        run_program(command, pipes);
    }
    const Start start{program, errno};
    setpgid(program, program);  // whichever of the two comes first
    write_all(pipes.report.write_end, &start, sizeof start);
    if (program > 0) {
        close_end(pipes.input.read_end);
        close_end(pipes.error.write_end);
        Supervisor(pipes, program).run();
    }
    _exit(EXIT_SUCCESS);
}

/// No handler of the caller's may run in the fork before it has its own.
pid_t fork_with_signals_blocked() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    const pid_t child = fork();
    if (child != 0) {
        const int error = errno;
        sigprocmask(SIG_SETMASK, &before, nullptr);
        errno = error;
    }
    return child;
}

/// Waits for the supervisor's end for as long as it may take to end the program. False if it does
/// not end.
bool has_left(pid_t supervisor, int& status) {
    for (int waited = 0; waited < 3 * grace; ++waited) {
        const pid_t ended = waitpid(supervisor, &status, WNOHANG);
        if (ended == supervisor || (ended < 0 && errno != EINTR)) {
            return true;
        }
        poll(nullptr, 0, 1);
    }
    return false;
}

}  // namespace

bool start_program(const char* command, void (*forget_caller)(), SupervisedProgram& program) {
    Pipes pipes;
    const pid_t supervisor = pipes.open() ? fork_with_signals_blocked() : -1;
    if (supervisor == 0) {
        supervise(command, forget_caller, pipes);
    }
    if (supervisor < 0) {
        const int error = errno;
        pipes.close();
        errno = error;
        return false;
    }
    program = {supervisor, 0, std::exchange(pipes.input.write_end, -1),
               std::exchange(pipes.control.write_end, -1),
               std::exchange(pipes.report.read_end, -1)};
    pipes.close();
    fcntl(program.input, F_SETFL, O_NONBLOCK);
    fcntl(program.report, F_SETFL, O_NONBLOCK);
    return true;
}

ProgramStart read_start(SupervisedProgram& program) {
    Start start{-1, ECHILD};
    const ssize_t count = read_some(program.report, &start, sizeof start);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return ProgramStart::pending;
    }
    if (count == sizeof start && start.group > 0) {
        program.group = start.group;
        return ProgramStart::started;
    }
    errno = start.error;
    return ProgramStart::failed;
}

bool complete_input(SupervisedProgram& program) {
    // The order matters: without a supervisor the program must not see its end of file.
    if (write(program.control, &input_complete, 1) != 1) {
        return false;
    }
    close_end(program.input);
    return true;
}

void release_program(SupervisedProgram& program) {
    close_end(program.control);
    int status = -1;
    const bool left = has_left(program.supervisor, status);
    if (program.group == 0) {
        read_start(program);
    }
    // Somebody may have killed or stopped the supervisor; the program must not see its end of file
    // even so.
    if ((!left || status != 0) && program.group > 0) {
        kill(-program.group, SIGKILL);
    }
    if (!left) {
        kill(program.supervisor, SIGKILL);
        while (waitpid(program.supervisor, &status, 0) < 0 && errno == EINTR) {
        }
    }
    close_end(program.input);
    close_end(program.report);
}

}  // namespace onetrip::postgres
