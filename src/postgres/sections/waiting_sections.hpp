#pragma once

#include "postgres/sections/section_buffer.hpp"
#include "transport/multiplexer.hpp"

extern "C" {
#include "storage/buffile.h"
}

namespace onetrip::postgres {

/// The sections that a Multiplexer holds back: in memory, and from a few megabytes on in a
/// temporary file of the server, which temp_file_limit counts. It has no destructor.
class WaitingSections final : public transport::MultiplexerStore {
  public:
    /// Memory comes from `memory`, which outlives it. ERRORs.
    explicit WaitingSections(MemoryContext memory);

    void* allocate(std::size_t size) override;
    void push(const transport::WaitingSection& section) override;
    bool front(transport::WaitingSection& section) override;
    void pop() override;
    bool is_long() const override { return file_ != nullptr; }

    /// Releases the file; it is to be called when all was read. ERRORs.
    void close();

  private:
    /// The header of each section in the queue.
    struct Header {
        std::uint16_t pid;
        std::uint16_t size;
    };

    void write(const Header& header, std::span<const std::uint8_t> section);
    bool read_from_file();

    MemoryContext memory_;
    SectionBuffer queue_;
    std::size_t read_ = 0;  ///< of the queue
    BufFile* file_ = nullptr;
    std::int64_t in_file_ = 0;  ///< sections that were not read yet
    bool is_reading_ = false;
    bool has_front_ = false;  ///< the first one of the file is in header_ and section_
    Header header_{};
    std::uint8_t* section_;
};

}  // namespace onetrip::postgres
