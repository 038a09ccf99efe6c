#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "postgres/form_cache.hpp"

namespace onetrip::postgres {

/// The size of a SHA-256.
inline constexpr std::size_t hash_size = 32;

/// A form of a load: its hash, and once it is needed the form itself, compiled.
struct LoadedForm {
    std::string key;
    std::unique_ptr<CompiledForm> compiled;
    std::uint8_t hash[hash_size] = {};
    std::size_t counted = 0;  ///< what LoadedForms has counted of it
};

/// The forms of a whole CALL, by the very bytes of the column. Past 64 MB those go that have not
/// been used for the longest time.
class LoadedForms {
  public:
    LoadedForms() = default;
    LoadedForms(const LoadedForms&) = delete;
    LoadedForms& operator=(const LoadedForms&) = delete;

    /// nullptr if the form has not been seen, or not lately.
    LoadedForm* find(std::string_view key);

    LoadedForm* add(std::string_view key, const std::uint8_t (&hash)[hash_size]);

    void compile(LoadedForm& form, jsonb::Value document);

  private:
    static constexpr std::size_t most_bytes = std::size_t{64} << 20;

    void count(LoadedForm& form);

    std::list<LoadedForm> forms_;  ///< the last used first
    std::unordered_map<std::string_view, std::list<LoadedForm>::iterator> by_key_;
    std::size_t bytes_ = 0;
};

}  // namespace onetrip::postgres
