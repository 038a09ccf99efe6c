// Plurals and quoted text in messages. Knows nothing of the messages.

#include "base/words.hpp"

#include "base/invisible.hpp"
#include "base/utf8.hpp"

namespace onetrip {

namespace {

constexpr std::size_t most_characters_shown = 60;

}  // namespace

std::string count(std::size_t number, const char* noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string in_quotes(std::string_view text) {
    const std::string_view start = first_characters(text, most_characters_shown);
    std::string shown = "\"";
    for (std::string_view rest = start; !rest.empty();) {
        const Utf8Character character = first_character(rest);
        if (character.valid && is_invisible(character.code_point)) {
            shown += '<' + name_of_character(character.code_point) + '>';
        } else {
            shown += rest.substr(0, character.size);
        }
        rest.remove_prefix(character.size);
    }
    return shown + (start.size() < text.size() ? "...\"" : "\"");
}

std::string cut_short(std::string_view text) {
    const std::string_view start = first_characters(text, most_characters_shown);
    return std::string(start) + (start.size() < text.size() ? "..." : "");
}

}  // namespace onetrip
