#pragma once

#include "postgres/carousel/export_target.hpp"
#include "postgres/carousel/program_supervisor.hpp"
#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// A program that reads the export on its standard input. It is started with the first bytes; if
/// the export does not come to its end, the program is ended before it can take a part for the
/// whole.
class ProgramTarget final : public ExportTarget {
  public:
    /// `command` is for the shell, and stays valid. The program ends with `memory`, at the latest.
    ProgramTarget(const char* command, MemoryContext memory);

    void write(std::span<const std::uint8_t> bytes) override;
    void finish() override;

  private:
    /// The program while it runs.
    struct Run {
        MemoryContextCallback callback;
        bool is_running;
        SupervisedProgram program;
    };

    static void end(void* run);
    void start();
    void wait_for(int descriptor, int event) const;
    ProgramReport read_report() const;
    void finish_early();
    [[noreturn]] void raise_lost_supervisor() const;
    void check(const ProgramReport& report) const;

    const char* command_;
    Run* run_;
};

}  // namespace onetrip::postgres
