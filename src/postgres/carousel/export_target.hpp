#pragma once

#include <cstdint>
#include <span>

namespace onetrip::postgres {

/// The destination of an export. A target is server code: its functions may ERROR, and it has no
/// destructor. A callback of a memory context undoes an export that does not come to its end.
class ExportTarget {
  public:
    /// Takes the next bytes of the export.
    virtual void write(std::span<const std::uint8_t> bytes) = 0;

    /// Finishes the export: all bytes were written and become visible. Until then a reader sees
    /// nothing of it.
    virtual void finish() = 0;

  protected:
    ~ExportTarget() = default;
};

/// Raises errno as an ERROR: "could not ACTION "OBJECT": …", as the server says it.
[[noreturn]] void raise_system_error(const char* action, const char* object);

}  // namespace onetrip::postgres
