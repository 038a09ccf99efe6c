// An export to a file of the server, which appears as a whole. Knows nothing of the content.

#include "postgres/carousel/file_target.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>

extern "C" {
#include "common/hashfn.h"
#include "storage/fd.h"
}

namespace onetrip::postgres {

namespace {

/// The mode that COPY gives a new file (BeginCopyTo, copyto.c).
constexpr mode_t new_file_mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;

/// So that the fsync at the end, which nothing can interrupt, has little left to do.
constexpr off_t flush_interval = off_t{8} << 20;

/// Distinguishes our advisory locks from those of SQL, which have 1 and 2 (lockfuncs.c).
constexpr uint16 path_lock = 0x7470;

void refuse_relative(const char* path) {
    if (!is_absolute_path(path)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_NAME),
                        errmsg("relative path not allowed for an export to a file"),
                        errdetail("The path is \"%s\".", path),
                        errhint("Begin it with \"/\": it is a path of the server.")));
    }
}

/// The last component of a path.
const char* file_name(const char* path) {
    const char* const name = last_dir_separator(path) + 1;
    if (name[0] == '\0' || std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_NAME), errmsg("path \"%s\" does not name a file", path),
                 errhint("End the path with the file's name.")));
    }
    return name;
}

/// The name of the server's user, or the number if it has none.
const char* user_of_server() {
    const passwd* const entry = getpwuid(geteuid());
    return entry != nullptr ? pstrdup(entry->pw_name)
                            : psprintf("%lu", static_cast<unsigned long>(geteuid()));
}

/// The directory of a path, with its last slash.
const char* directory_of(const char* path) {
    return pnstrdup(path, file_name(path) - path);
}

/// Refuses a file that cannot be written, as COPY TO does (BeginCopyTo, copyto.c).
[[noreturn]] void refuse_to_replace(const char* path, int error, const char* detail) {
    errno = error;
    ereport(ERROR, (errcode_for_file_access(),
                    errmsg("could not open file \"%s\" for writing: %s", path, strerror(error)),
                    errdetail_internal("%s", detail),
                    errhint("An export writes the file as the server's user \"%s\", next to its "
                            "place, and renames it.",
                            user_of_server())));
    pg_unreachable();
}

/// A file is made in its directory, and renamed over the old one.
void require_writable_directory(const char* path, const char* directory) {
    if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) != 0) {
        refuse_to_replace(path, errno,
                          psprintf(_("The directory \"%s\" cannot be written."), directory));
    }
}

/// Only a file's owner, or that of the directory, may rename over it in a sticky directory.
void require_replaceable(const char* path, const char* directory, const struct stat& file) {
    if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0) {
        refuse_to_replace(path, errno, _("The file that is there cannot be written."));
    }
    struct stat parent;
    if (stat(directory, &parent) != 0) {
        raise_system_error("access directory", directory);
    }
    const uid_t user = geteuid();
    if ((parent.st_mode & S_ISVTX) != 0 && file.st_uid != user && parent.st_uid != user) {
        refuse_to_replace(
            path, EPERM,
            psprintf(_("The directory \"%s\" is sticky, and the file belongs to another user."),
                     directory));
    }
}

/// The mode that the new file takes: that of the old one.
mode_t mode_of_file(const char* path, const char* directory) {
    struct stat found;
    if (lstat(path, &found) != 0) {
        if (errno == ENOENT) {
            return new_file_mode;
        }
        raise_system_error("stat file", path);
    }
    if (S_ISDIR(found.st_mode)) {
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is a directory", path),
                        errhint("Name a file in it.")));
    }
    if (!S_ISREG(found.st_mode)) {
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                        S_ISLNK(found.st_mode) ? errmsg("\"%s\" is a symbolic link", path)
                                               : errmsg("\"%s\" is not a regular file", path),
                        errdetail("An export replaces its file, and does not write into it."),
                        errhint("Name the path of a file, or one where there is nothing yet.")));
    }
    require_replaceable(path, directory, found);
    return found.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
}

/// The same for every spelling of a path.
uint64 path_key(const char* path, const char* directory) {
    struct stat found;
    if (stat(directory, &found) != 0) {
        raise_system_error("access directory", directory);
    }
    const char* const name = file_name(path);
    const uint64 seed = uint64{found.st_ino} ^ uint64 { found.st_dev } << 32;
    return hash_bytes_extended(reinterpret_cast<const unsigned char*>(name),
                               static_cast<int>(std::strlen(name)), seed);
}

/// The name, next to the file's own, under which the file is written: `key` stands for one that is
/// as long as a name can be.
const char* temporary_name(const char* name, uint64 key) {
    const char* const whole = psprintf(".%s.onetrip-tmp", name);
    return std::strlen(whole) <= NAME_MAX ? whole : psprintf("." UINT64_FORMAT ".onetrip-tmp", key);
}

}  // namespace

FileTarget::FileTarget(const char* path, MemoryContext memory) : path_(path) {
    refuse_relative(path);
    directory_ = directory_of(path);
    const uint64 key = path_key(path, directory_);
    temporary_ = psprintf("%s%s", directory_, temporary_name(file_name(path), key));
    leftover_ = static_cast<Leftover*>(MemoryContextAllocZero(memory, sizeof(Leftover)));
    leftover_->callback.func = remove_leftover;
    leftover_->callback.arg = leftover_;
    MemoryContextRegisterResetCallback(memory, &leftover_->callback);
    lock(key);
    require_writable_directory(path, directory_);
    mode_ = mode_of_file(path, directory_);
    open();
}

void FileTarget::remove_leftover(void* leftover) {
    const char* const name = static_cast<Leftover*>(leftover)->name;
    if (name != nullptr) {
        unlink(name);
    }
}

/// The lock is held until the file is in its place; an error releases it.
void FileTarget::lock(std::uint64_t key) {
    SET_LOCKTAG_ADVISORY(lock_, InvalidOid, static_cast<uint32>(key >> 32),
                         static_cast<uint32>(key), path_lock);
    LockAcquire(&lock_, ExclusiveLock, false, false);
}

/// The name may be taken by a file that a crash left, or by a link that somebody put there: neither
/// is opened.
void FileTarget::open() {
    if (unlink(temporary_) != 0 && errno != ENOENT) {
        raise_system_error("remove file", temporary_);
    }
    file_ = OpenTransientFilePerm(temporary_, O_WRONLY | O_CREAT | O_EXCL | PG_BINARY,
                                  S_IRUSR | S_IWUSR);
    if (file_ < 0) {
        raise_system_error("create file", temporary_);
    }
    leftover_->name = temporary_;
    if (fchmod(file_, mode_) != 0) {
        raise_system_error("set permissions of file", temporary_);
    }
}

void FileTarget::write(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file_, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            errno = count == 0 ? ENOSPC : errno;
            raise_system_error("write to file", temporary_);
        }
        written_ += count;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    if (written_ - flushed_ >= flush_interval) {
        pg_flush_data(file_, flushed_, written_ - flushed_);
        flushed_ = written_;
    }
}

/// Renames durably, as durable_rename (fd.c) does. That function would also open the old file,
/// which need not be readable.
void FileTarget::finish() {
    if (pg_fsync(file_) != 0) {
        raise_system_error("fsync file", temporary_);
    }
    if (CloseTransientFile(file_) != 0) {
        raise_system_error("close file", temporary_);
    }
    if (rename(temporary_, path_) != 0) {
        raise_system_error("replace file", path_);
    }
    leftover_->name = nullptr;
    fsync_fname_ext(directory_, true, false, ERROR);
    LockRelease(&lock_, ExclusiveLock, false);
}

}  // namespace onetrip::postgres
