// Sections that another server has encoded, looked at before they are handed on. Knows nothing of
// messages.

#include "postgres/carousel/foreign_sections.hpp"

#include <optional>
#include <span>

#include "transport/crc32_mpeg2.hpp"
#include "transport/section_header.hpp"

namespace onetrip::postgres {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// The fault in the bytes at their begin.
enum class Fault : std::uint8_t { none, empty, cut_off, too_large, other_header, bad_checksum };

/// Whether the CRC_32 of a whole section is 0.
bool ends_with_checksum(const section::Plan& plan) {
    constexpr std::uint32_t checksum_bits = 32;
    const section::Scope& root = plan.root;
    return plan.table == nullptr && !root.checksums.empty() &&
           root.checksums.back().at.parts == root.end.parts &&
           root.checksums.back().at.bits + checksum_bits == root.end.bits;
}

struct Look {
    const section::Plan& plan;
    bool has_checksum;

    Fault fault_of(Bytes section) const {
        if (section.size() > plan.max_bytes) {
            return Fault::too_large;
        }
        if (!plan.header.are_in(section[0], section[1])) {
            return Fault::other_header;
        }
        return has_checksum && transport::crc32_mpeg2(section) != 0 ? Fault::bad_checksum
                                                                    : Fault::none;
    }
};

Fault first_fault(Bytes rest, const Look& look) {
    if (rest.empty()) {
        return Fault::empty;
    }
    while (!rest.empty()) {
        const std::size_t size = transport::size_of_section(rest).value_or(0);
        if (size == 0 || size > rest.size()) {
            return Fault::cut_off;
        }
        const Fault fault = look.fault_of(rest.first(size));
        if (fault != Fault::none) {
            return fault;
        }
        rest = rest.subspan(size);
    }
    return Fault::none;
}

const char* what_is_wrong(Fault fault) {
    switch (fault) {
        case Fault::empty:
            return "is missing";
        case Fault::cut_off:
            return "ends before its section_length does";
        case Fault::too_large:
            return "is larger than those of the layout";
        case Fault::other_header:
            return "has another table_id, or other flags, than those of the layout";
        default:
            return "has a wrong CRC_32";
    }
}

}  // namespace

void require_sections(std::string_view bytes, const section::Plan& plan) {
    if (!plan.has_section_length) {
        return;
    }
    const Look look{plan, ends_with_checksum(plan)};
    const Fault fault =
        first_fault({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, look);
    if (fault != Fault::none) {
        ereport(ERROR,
                (errcode(ERRCODE_FDW_ERROR),
                 errmsg("another server has sent bytes that are no sections of the layout"),
                 errdetail("A section %s.", what_is_wrong(fault)),
                 errhint("Its functions of the names of extension onetrip may be others: look at "
                         "the schema of the extension there.")));
    }
}

}  // namespace onetrip::postgres
