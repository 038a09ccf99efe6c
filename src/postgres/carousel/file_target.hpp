#pragma once

#include "postgres/carousel/export_target.hpp"
#include "postgres/server/server.hpp"

extern "C" {
#include "storage/lock.h"
}

namespace onetrip::postgres {

/// A file of the server. It is written next to its place under the name `.NAME.onetrip-tmp` (a
/// number for a NAME that is too long for that) and renamed, so that a reader sees the old file or
/// the new one, whole. Exports to one path wait for each other, and a temporary file that a crash
/// left is replaced by the next.
class FileTarget final : public ExportTarget {
  public:
    /// `path` is absolute, and stays valid. ERRORs if nothing can be written there, or if it is a
    /// symbolic link or anything but a file: renaming would put a file in its place.
    FileTarget(const char* path, MemoryContext memory);

    void write(std::span<const std::uint8_t> bytes) override;
    void finish() override;

  private:
    /// The temporary file of an export that did not finish; removed with its memory context.
    struct Leftover {
        MemoryContextCallback callback;
        const char* name;  ///< nullptr if none exists
    };

    static void remove_leftover(void* leftover);
    void lock(std::uint64_t key);
    void open();

    const char* path_;
    const char* directory_;
    const char* temporary_;
    mode_t mode_;
    LOCKTAG lock_{};
    Leftover* leftover_;
    int file_ = -1;
    off_t written_ = 0;
    off_t flushed_ = 0;
};

}  // namespace onetrip::postgres
