#pragma once

#include <string_view>

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// ERRORs if the argument is NULL.
void refuse_null(FunctionCallInfo fcinfo, int argument, const char* name);

/// A word that an argument may be, and its meaning.
template <typename Value>
struct ArgumentWord {
    const char* word;
    Value value;
};

/// Appends one of `count` valid words to the list that the hint gives.
void append_valid_word(StringInfo list, const char* word, std::size_t index, std::size_t count);

/// ERRORs: the argument `name` has a value that is not one of the valid words.
[[noreturn]] void refuse_word(const char* name, std::string_view value, const char* valid_words);

/// The meaning of the argument's value. ERRORs, naming the valid words, if it is not one of them.
template <typename Value, std::size_t count>
Value value_of_word(const char* name, std::string_view value,
                    const ArgumentWord<Value> (&words)[count]) {
    for (const ArgumentWord<Value>& word : words) {
        if (value == word.word) {
            return word.value;
        }
    }
    StringInfoData list;
    initStringInfo(&list);
    for (std::size_t index = 0; index < count; ++index) {
        append_valid_word(&list, words[index].word, index, count);
    }
    refuse_word(name, value, list.data);
}

}  // namespace onetrip::postgres
