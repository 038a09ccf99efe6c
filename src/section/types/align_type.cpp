// align: the bits up to the next byte boundary. It knows neither values nor its place in a section.

#include "section/types/all_types.hpp"

namespace onetrip::section {

namespace {

/// Fills up to the next byte boundary with a bit that the layout says. It takes no value and gives
/// none: code that lays out, writes or reads a section looks at fills_to_byte first.
class AlignType final : public BytesType {
  public:
    using BytesType::BytesType;

    bool fills_to_byte() const override { return true; }

    void write(const Value& /*value*/, const Field& /*field*/,
               ByteWriter& /*writer*/) const override {
        __builtin_unreachable();
    }

    void append_json(std::span<const std::uint8_t> /*bytes*/, const Field& /*field*/,
                     HoldsText /*holds*/, jsonb::JsonbBuilder& /*json*/) const override {
        __builtin_unreachable();
    }

    std::string print(std::span<const std::uint8_t> /*bytes*/, const Field& /*field*/,
                      HoldsText /*holds*/) const override {
        return {};
    }
};

constinit const AlignType align_object("align", {true, 0, 0, 1}, SourceRule::constant);

}  // namespace

const BytesType& align = align_object;

}  // namespace onetrip::section
