/* A library to preload into a server: the system as others have it.
 *
 *     ONETRIP_NO_CLOSE_RANGE  a sandbox refuses close_range, and no process may close 100000 descriptors in vain
 *     ONETRIP_NO_PROC         there is no /proc/self/fd
 *     ONETRIP_HANG=FILE       who opens /proc/self/fd stays there for as long as the file exists
 *
 * A file or folder whose name begins with "roots_" belongs to root.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { most_in_vain = 100000 };

__attribute__((constructor)) static void refuse_close_range(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

    if (getenv("ONETRIP_NO_CLOSE_RANGE") == NULL)
        return;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        abort();
}

int close(int descriptor) {
    static int in_vain = 0;
    const int result = (int)syscall(SYS_close, descriptor);

    if (result != 0 && errno == EBADF && getenv("ONETRIP_NO_CLOSE_RANGE") != NULL &&
        ++in_vain > most_in_vain)
        abort();
    return result;
}

static int open_any(const char* path, int flags, mode_t mode) {
    if (strcmp(path, "/proc/self/fd") == 0) {
        const char* const hang = getenv("ONETRIP_HANG");

        while (hang != NULL && access(hang, F_OK) == 0)
            usleep(10000);
        if (getenv("ONETRIP_NO_PROC") != NULL) {
            errno = ENOENT;
            return -1;
        }
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define DEFINE_OPEN(name)                                \
    int name(const char* path, int flags, ...) {         \
        mode_t mode = 0;                                 \
        if ((flags & (O_CREAT | O_TMPFILE)) != 0) {      \
            va_list arguments;                           \
            va_start(arguments, flags);                  \
            mode = (mode_t)va_arg(arguments, int);       \
            va_end(arguments);                           \
        }                                                \
        return open_any(path, flags, mode);              \
    }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

static int stat_any(const char* path, struct stat* found, int flags) {
    const int result = fstatat(AT_FDCWD, path, found, flags);
    size_t end = strlen(path);
    size_t begin;

    while (end > 0 && path[end - 1] == '/')
        --end;
    for (begin = end; begin > 0 && path[begin - 1] != '/';)
        --begin;
    if (result == 0 && strncmp(path + begin, "roots_", 6) == 0)
        found->st_uid = 0;
    return result;
}

int stat(const char* path, struct stat* found) {
    return stat_any(path, found, 0);
}

int lstat(const char* path, struct stat* found) {
    return stat_any(path, found, AT_SYMLINK_NOFOLLOW);
}
