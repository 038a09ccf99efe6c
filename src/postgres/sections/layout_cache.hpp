#pragma once

#include "postgres/sections/backend_library.hpp"
#include "postgres/server/text_encoding.hpp"
#include "postgres/server/walls.hpp"
#include "section/decoder.hpp"
#include "section/encoder.hpp"
#include "section/plan.hpp"

namespace onetrip::postgres {

/// A section_layout as it is stored: a version and the canonical text (UTF-8), nothing compiled.
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
    /// Throws Error if the text is not a layout.
    CompiledLayout(std::string_view text, BackendLibrary& library, MemoryContext binding_memory,
                   Interrupt interrupt)
        : plan(section::compile(section::parse_layout(text, interrupt), interrupt,
                                &library.definitions)),
          encoder(plan, interrupt),
          decoder(plan, texts_of_database(), interrupt),
          binding_memory(binding_memory) {}
    CompiledLayout(const CompiledLayout&) = delete;
    CompiledLayout& operator=(const CompiledLayout&) = delete;

    /// They are counted.
    std::size_t weight(std::size_t /*argument_size*/) const { return 1; }

    section::Plan plan;
    section::Encoder encoder;
    section::Decoder decoder;
    struct RowBinding* binding = nullptr;  ///< of the row type last seen
    MemoryContext binding_memory;          ///< holds nothing but the binding
};

/// The compiled layout of a call's argument, which is not NULL; compiled once for the call site
/// whose FmgrInfo this is. ERRORs if the stored value is damaged.
CompiledLayout* layout_of_call(FmgrInfo* call_site, Datum argument);

/// The text of a stored layout; ERRORs if the version is not one that this library writes.
std::string_view text_of_layout(const StoredLayout* stored);

/// Stores canonical text; palloc'ed.
StoredLayout* store_layout(const char* text, std::size_t size);

}  // namespace onetrip::postgres
