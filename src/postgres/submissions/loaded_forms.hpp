#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "postgres/submissions/form_cache.hpp"

namespace onetrip::postgres {

/// The size of a SHA-256.
inline constexpr std::size_t hash_size = 32;

/// A form of a load: its hash, and the form itself, compiled, while there is room for it.
struct LoadedForm {
    std::string key;
    std::string bytes;  ///< of the column, while it is compiled
    std::uint8_t hash[hash_size] = {};
    std::unique_ptr<CompiledForm> compiled;
    std::size_t counted = 0;  ///< of the compiled form and the column's bytes
};

/// The forms of a whole CALL. Past 64 MB compiled ones go that have not been used for the longest
/// time; their hashes stay, unless these alone take as much. Past a quarter of that, forms come
/// without the columns of their nodes, so that more of them have room.
class LoadedForms {
  public:
    LoadedForms() = default;
    LoadedForms(const LoadedForms&) = delete;
    LoadedForms& operator=(const LoadedForms&) = delete;

    /// nullptr if the form has not been seen.
    LoadedForm* find(std::string_view key);

    /// One of the last few forms that were used, by the bytes of the column: to compare them costs
    /// less than to make a key of them. nullptr if the form is not among these.
    LoadedForm* find_recent(std::string_view bytes);

    LoadedForm* add(std::string_view key, const std::uint8_t (&hash)[hash_size]);

    /// The form is the one that find or add has just returned.
    void compile(LoadedForm& form, jsonb::Value document, std::string_view bytes);

  private:
    using Forms = std::list<LoadedForm>;

    static constexpr std::size_t most_bytes = std::size_t{64} << 20;

    LoadedForm* use(Forms::iterator form);
    void count(LoadedForm& form);
    void make_room();

    Forms compiled_;  ///< the last used first
    Forms hashed_;    ///< those that are not compiled
    std::unordered_map<std::string_view, Forms::iterator> by_key_;
    std::size_t bytes_ = 0;
};

}  // namespace onetrip::postgres
