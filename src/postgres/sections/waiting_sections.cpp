// Holds sections until it is known in which packets they go: in memory, then in a temporary file.
// Knows nothing of packets.

#include "postgres/sections/waiting_sections.hpp"

namespace onetrip::postgres {

namespace {

/// The most bytes that wait in memory. One PID alone never has that many.
constexpr std::size_t most_in_memory = std::size_t{4} << 20;

/// Sections that were read are dropped when they take so many bytes.
constexpr std::size_t drop_size = std::size_t{256} << 10;

constexpr std::size_t first_size = std::size_t{64} << 10;

std::string_view view_of(const void* data, std::size_t size) {
    return {static_cast<const char*>(data), size};
}

}  // namespace

WaitingSections::WaitingSections(MemoryContext memory)
    : memory_(memory),
      queue_(memory, first_size),
      section_(static_cast<std::uint8_t*>(MemoryContextAlloc(memory, transport::largest_section))) {
}

void* WaitingSections::allocate(std::size_t size) {
    return call_server([&] { return MemoryContextAllocZero(memory_, size); });
}

void WaitingSections::push(const transport::WaitingSection& section) {
    const Header header{section.pid, static_cast<std::uint16_t>(section.section.size())};
    if (file_ != nullptr || queue_.view().size() - read_ >= most_in_memory) {
        call_server([&] { write(header, section.section); });
        return;
    }
    if (read_ >= drop_size) {
        queue_.drop_front(read_);
        read_ = 0;
    }
    queue_.append(view_of(&header, sizeof header));
    queue_.append(view_of(section.section.data(), section.section.size()));
}

/// The file lives until the end of the transaction, at the latest.
void WaitingSections::write(const Header& header, std::span<const std::uint8_t> section) {
    CHECK_FOR_INTERRUPTS();
    const MemoryContext caller = MemoryContextSwitchTo(memory_);
    if (file_ == nullptr) {
        file_ = BufFileCreateTemp(false);
    }
    Header written = header;
    std::memcpy(section_, section.data(), section.size());
    BufFileWrite(file_, &written, sizeof written);
    BufFileWrite(file_, section_, section.size());
    ++in_file_;
    MemoryContextSwitchTo(caller);
}

bool WaitingSections::front(transport::WaitingSection& section) {
    const std::string_view waiting = queue_.view().substr(read_);
    if (!waiting.empty()) {
        Header header;
        std::memcpy(&header, waiting.data(), sizeof header);
        const auto* const bytes =
            reinterpret_cast<const std::uint8_t*>(waiting.data() + sizeof header);
        section = {header.pid, {bytes, header.size}};
        return true;
    }
    if (!has_front_ && in_file_ > 0) {
        has_front_ = call_server([&] { return read_from_file(); });
    }
    section = {header_.pid, {section_, header_.size}};
    return has_front_;
}

bool WaitingSections::read_from_file() {
    CHECK_FOR_INTERRUPTS();
    if (!is_reading_ && BufFileSeek(file_, 0, 0, SEEK_SET) != 0) {
        ereport(ERROR, (errcode_for_file_access(), errmsg("could not rewind temporary file")));
    }
    is_reading_ = true;
    if (BufFileRead(file_, &header_, sizeof header_) != sizeof header_ ||
        BufFileRead(file_, section_, header_.size) != header_.size) {
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("could not read temporary file")));
    }
    --in_file_;
    return true;
}

void WaitingSections::pop() {
    if (read_ < queue_.view().size()) {
        Header header;
        std::memcpy(&header, queue_.view().data() + read_, sizeof header);
        read_ += sizeof header + header.size;
    } else {
        has_front_ = false;
    }
}

void WaitingSections::close() {
    if (file_ != nullptr) {
        BufFileClose(file_);
        file_ = nullptr;
    }
}

}  // namespace onetrip::postgres
