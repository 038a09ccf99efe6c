#pragma once

#include <cstdint>
#include <span>

namespace onetrip::postgres {

/// Where an export goes. A target is server code: its functions may ERROR, and it has no
/// destructor. What must be undone where the export does not come to its end hangs on a memory
/// context.
class ExportTarget {
  public:
    /// Takes the next bytes of the export.
    virtual void write(std::span<const std::uint8_t> bytes) = 0;

    /// All bytes were written: what has come so far becomes the export. Until then a reader sees
    /// nothing of it.
    virtual void finish() = 0;

  protected:
    ~ExportTarget() = default;
};

/// Raises errno as an ERROR: "could not ACTION "OBJECT": …", as the server says it.
[[noreturn]] void raise_system_error(const char* action, const char* object);

}  // namespace onetrip::postgres
