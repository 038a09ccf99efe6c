#pragma once

#include <list>
#include <memory>
#include <utility>

#include "section/tables/library_units.hpp"

namespace onetrip::section::tables {

/// The part of the library that the plans of one user share: for each head that says what texts and
/// times mean, the definitions that have been compiled.
class SharedLibrary {
  public:
    std::shared_ptr<LibraryUnits> units(const LibraryHead& head) {
        for (const auto& [known, units] : shared_) {
            if (known == head) {
                return units;
            }
        }
        if (shared_.size() == most_heads) {
            shared_.pop_front();
        }
        return shared_.emplace_back(head, std::make_shared<LibraryUnits>(head)).second;
    }

  private:
    /// Networks differ in few ways. Plans keep what they use when it is forgotten here.
    static constexpr std::size_t most_heads = 8;

    std::list<std::pair<LibraryHead, std::shared_ptr<LibraryUnits>>> shared_;
};

}  // namespace onetrip::section::tables
