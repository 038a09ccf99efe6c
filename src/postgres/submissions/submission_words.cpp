// SQL patterns with names in braces. Knows nothing of tables.

#include "postgres/submissions/submission_words.hpp"

namespace onetrip::postgres {

const char* Words::fill(const char* pattern) const {
    StringInfoData filled;
    initStringInfo(&filled);
    while (*pattern != '\0') {
        const Word* const word = *pattern == '{' ? word_at(pattern + 1) : nullptr;
        if (word == nullptr) {
            appendStringInfoChar(&filled, *pattern++);
        } else {
            appendStringInfoString(&filled, word->text);
            pattern += std::strlen(word->name) + 2;
        }
    }
    return filled.data;
}

const Word* Words::word_at(const char* name) const {
    for (std::size_t i = 0; i < size_; ++i) {
        const std::size_t length = std::strlen(words_[i].name);
        if (std::strncmp(name, words_[i].name, length) == 0 && name[length] == '}') {
            return &words_[i];
        }
    }
    return nullptr;
}

}  // namespace onetrip::postgres
