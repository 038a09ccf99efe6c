#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace onetrip::section::tables {

/// Where an element stands: `events[3].descriptors[1].short_event_descriptor.event_name`.
class Path {
  public:
    static constexpr std::uint32_t no_index = ~std::uint32_t{0};

    void push(std::string_view name) { steps_.push_back({name, no_index}); }
    void push(std::uint32_t index) { steps_.push_back({{}, index}); }
    void pop() { steps_.pop_back(); }
    std::size_t size() const { return steps_.size(); }
    void resize(std::size_t size) { steps_.resize(size); }

    std::string print() const {
        std::string text;
        for (const Step& step : steps_) {
            if (step.index != no_index) {
                text += "[" + std::to_string(step.index) + "]";
            } else {
                text += (text.empty() ? "" : ".") + std::string(step.name);
            }
        }
        return text;
    }

  private:
    struct Step {
        std::string_view name;
        std::uint32_t index = no_index;
    };

    std::vector<Step> steps_;
};

}  // namespace onetrip::section::tables
