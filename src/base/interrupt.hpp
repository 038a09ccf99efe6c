#pragma once

#include <cstdint>

namespace onetrip {

/// A function that long work calls now and then, and that throws to end the work.
using Interrupt = void (*)();

inline void never_interrupted() {}

/// Calls an Interrupt once in a few thousand small steps.
class Ticker {
  public:
    explicit Ticker(Interrupt interrupt) : interrupt_(interrupt) {}

    void tick() {
        if (++steps_ % steps_per_call == 0) {
            interrupt_();
        }
    }

  private:
    static constexpr std::uint32_t steps_per_call = 4096;

    Interrupt interrupt_;
    std::uint32_t steps_ = 0;
};

}  // namespace onetrip
