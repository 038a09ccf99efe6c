#pragma once

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// The text that stands for `{name}` in a pattern.
struct Word {
    const char* name;
    const char* text;
};

/// SQL with names in it. Words are looked up by a linear search: a pattern has few, and is filled
/// once a call.
class Words {
  public:
    void add(const char* name, const char* text) {
        Assert(size_ < lengthof(words_));
        words_[size_++] = {name, text};
    }

    /// The pattern with every `{name}` that is a word replaced; other braces stay. palloc'ed.
    const char* fill(const char* pattern) const;

  private:
    const Word* word_at(const char* name) const;

    Word words_[64];
    std::size_t size_ = 0;
};

}  // namespace onetrip::postgres
