// CRC_32 of blocks in cache: the byte-wise table that most implementations use, next to each path
// of crc32_mpeg2. Prints a run a line, for bench/programs.py.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "transport/crc32_mpeg2.hpp"

namespace {

using onetrip::transport::Crc32Path;
using Bytes = std::span<const std::uint8_t>;

constexpr int rounds = 9;
constexpr std::size_t bytes_a_round = 100'000'000;

std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte << 24;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc << 1) ^ ((crc & 0x80000000) != 0 ? 0x04C11DB7 : 0);
        }
        table[byte] = crc;
    }
    return table;
}

const std::array<std::uint32_t, 256> table = make_table();

std::uint32_t crc_by_table(Bytes data) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const std::uint8_t byte : data) {
        crc = (crc << 8) ^ table[(crc >> 24) ^ byte];
    }
    return crc;
}

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void measure(const Crc32Path& path, Bytes data) {
    const std::size_t calls = bytes_a_round / data.size();
    const double start = cpu_seconds();
    for (std::size_t i = 0; i < calls; ++i) {
        // The compiler must not know that it is the same data again.
        const std::uint8_t* at = data.data();
        asm volatile("" : "+r"(at) : : "memory");
        const std::uint32_t crc = path.compute({at, data.size()});
        asm volatile("" : : "r"(crc));
    }
    std::printf("CRC_32 of %zu bytes\t%s\t%zu\t%.9f\n", data.size(), path.name, calls * data.size(),
                cpu_seconds() - start);
}

/// The paths take turns, so that all see the same of what else the machine does.
void compare(const std::vector<Crc32Path>& paths, Bytes data) {
    for (const Crc32Path& path : paths) {
        if (path.compute(data) != crc_by_table(data)) {
            std::fprintf(stderr, "%s: another result\n", path.name);
            std::exit(1);
        }
    }
    for (int round = 0; round < rounds; ++round) {
        for (const Crc32Path& path : paths) {
            measure(path, data);
        }
    }
}

}  // namespace

int main() {
    std::vector<Crc32Path> paths{{"byte-wise table", crc_by_table}};
    for (const Crc32Path& path : onetrip::section::crc32_paths()) {
        paths.push_back(path);
    }
    std::vector<std::uint8_t> data(4096);
    for (std::size_t i = 0; i < data.size(); ++i) {
        data[i] = static_cast<std::uint8_t>(i * i * 131 >> 3);
    }
    for (const std::size_t size : {64, 184, 1024, 4096}) {
        compare(paths, Bytes(data).first(size));
    }
    return 0;
}
