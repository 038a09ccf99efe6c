#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "postgres/sections/backend_library.hpp"
#include "postgres/server/text_encoding.hpp"
#include "postgres/server/walls.hpp"
#include "section/decoder.hpp"
#include "section/encoder.hpp"
#include "section/plan.hpp"

namespace onetrip::postgres {

/// What is stored of a section_layout: a version and the canonical text (UTF-8), nothing compiled.
struct StoredLayout {
    static constexpr std::uint8_t current_version = 1;

    /// Where the text begins, after the varlena header and the version.
    static constexpr std::size_t text_offset = 5;

    std::int32_t vl_len_;  // varlena header: do not touch directly
    std::uint8_t version;

    char* text() { return reinterpret_cast<char*>(this) + text_offset; }
    const char* text() const { return reinterpret_cast<const char*>(this) + text_offset; }
};

/// A layout ready for use.
struct CompiledLayout {
    CompiledLayout(std::string_view text, BackendLibrary& library, Interrupt interrupt)
        : plan(section::compile(section::parse_layout(text, interrupt), interrupt,
                                &library.definitions)),
          encoder(plan, interrupt),
          decoder(plan, texts_of_database(), interrupt) {}
    CompiledLayout(const CompiledLayout&) = delete;
    CompiledLayout& operator=(const CompiledLayout&) = delete;

    section::Plan plan;
    section::Encoder encoder;
    section::Decoder decoder;
    struct RowBinding* binding = nullptr;    ///< of the row type last seen
    MemoryContext binding_memory = nullptr;  ///< holds nothing but the binding
};

/// The compiled layouts of one call site, found again by the very bytes of the argument, so that a
/// value out of line is recognised without being fetched.
class LayoutCache {
  public:
    /// `memory` holds the cache, and has no children but the layouts' bindings.
    explicit LayoutCache(MemoryContext memory) : memory_(memory) {}

    MemoryContext memory() const { return memory_; }

    /// nullptr where the argument has not been seen.
    CompiledLayout* find(std::string_view argument);

    /// Throws Error where the text is no layout.
    CompiledLayout* add(std::string_view argument, std::string_view text, BackendLibrary& library,
                        MemoryContext binding_memory);

    /// A query over a table of layouts has few; one made up to have many may not grow without end.
    bool is_full() const { return layouts_.size() >= most_layouts; }
    void clear() noexcept;

  private:
    static constexpr std::size_t most_layouts = 64;

    MemoryContext memory_;
    std::unordered_map<std::string, std::unique_ptr<CompiledLayout>> layouts_;
    const std::string* last_argument_ = nullptr;
    CompiledLayout* last_ = nullptr;
};

/// The compiled layout of a call's argument, which is not NULL; compiled once for the call site
/// whose FmgrInfo this is. ERRORs where the stored value is damaged.
CompiledLayout* layout_of_call(FmgrInfo* call_site, Datum argument);

/// The text of a stored layout; ERRORs where the version is not one that this library writes.
std::string_view text_of_layout(const StoredLayout* stored);

/// Stores canonical text; palloc'ed.
StoredLayout* store_layout(const char* text, std::size_t size);

}  // namespace onetrip::postgres
