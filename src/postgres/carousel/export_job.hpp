#pragma once

#include <optional>

#include "postgres/carousel/carousel.hpp"
#include "postgres/carousel/export_output.hpp"

namespace onetrip::postgres {

/// The treatment of a message that cannot be encoded.
enum class OnError : std::uint8_t { fail, skip };

/// The conditions under which a carousel is written.
struct ExportGuards {
    std::int64_t at_least;                    ///< messages written
    std::optional<std::int64_t> max_skipped;  ///< messages left out
};

/// An export of a carousel: the sections of its messages go to an ExportOutput.
class ExportJob final : public MessageJob {
  public:
    /// `pid` is that of the packets, if the output makes any.
    ExportJob(CompiledLayout* compiled, std::uint16_t pid, OnError on_error,
              const ExportGuards& guards, ExportOutput& output)
        : compiled_(compiled), output_(output), guards_(guards), on_error_(on_error), pid_(pid) {}

    void take(const Message& message) override;

    Encoded takes() const override;
    void take_encoded(const EncodedMessages& messages) override;
    void take_problem(const Message& message, CaughtError& error) override {
        leave_out(message, error);
    }

    /// Ends the export after the last message. ERRORs if a guard holds the carousel back, or if the
    /// target cannot finish.
    ExportCounts finish();

  private:
    void leave_out(const Message& message, CaughtError& error);

    CompiledLayout* compiled_;
    ExportOutput& output_;
    ExportGuards guards_;
    OnError on_error_;
    std::uint16_t pid_;
};

}  // namespace onetrip::postgres
