#pragma once

#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "postgres/server/interrupts.hpp"
#include "postgres/server/walls.hpp"
#include "submission/form.hpp"

namespace onetrip::postgres {

/// A form ready for use, with what rows of its nodes have in common, written when a node is first
/// met (see EventTuples).
struct CompiledForm {
    struct NodeColumns {
        bool is_written = false;
        bool is_short = false;               ///< the description has short headers
        std::uint32_t begin = 0;             ///< in `written`: the way, and then the description
        std::uint32_t path_size = 0;         ///< of schema_path, with its header; 0 without a way
        std::uint32_t way_size = 0;          ///< of schema_path, keys and idx, without an index
        std::uint32_t description_size = 0;  ///< of answer_type, tag and the status ok
    };

    /// Without columns each row is written anew: slower, in a quarter of the memory.
    explicit CompiledForm(jsonb::Value form, Interrupt interrupt, bool has_columns = true)
        : form(form, interrupt), columns(has_columns ? this->form.nodes().size() : 0) {}

    /// About how much memory it takes, in bytes.
    std::size_t size() const {
        return form.size() + columns.capacity() * sizeof(NodeColumns) + written.capacity();
    }

    std::string_view way_of(const NodeColumns& node) const {
        return {written.data() + node.begin, node.way_size};
    }

    std::string_view description_of(const NodeColumns& node) const {
        return {written.data() + node.begin + node.way_size, node.description_size};
    }

    submission::Form form;
    std::vector<NodeColumns> columns;  ///< by node, or none
    std::string written;               ///< what the columns are
};

/// The forms of one call site. They are found again by the very bytes of the argument, so that a
/// form out of line is recognised by its TOAST pointer and not fetched again. A query may mix as
/// many forms as it likes, but not fill the memory with them: past 64 MB those go that have not
/// been used for the longest time.
class FormCache {
  public:
    FormCache() = default;
    FormCache(const FormCache&) = delete;
    FormCache& operator=(const FormCache&) = delete;

    /// nullptr if the argument has not been seen, or not lately.
    CompiledForm* find(std::string_view argument);

    /// Forgets no form but those that the cache has no room for; the new one is always kept.
    CompiledForm* add(std::string_view argument, jsonb::Value form);

    /// The form of a call site whose argument is the same in every call; nullptr until it is known.
    CompiledForm* constant() const { return constant_; }
    void set_constant(CompiledForm* form) { constant_ = form; }

  private:
    struct Entry {
        Entry(std::string_view argument, jsonb::Value form);

        std::string argument;
        CompiledForm compiled;
        std::size_t counted = 0;  ///< what bytes_ has of it
    };

    /// Of all bytes: forms are often copies of one template, which differ anywhere.
    struct Hash {
        std::uint64_t seed;
        std::size_t operator()(std::string_view bytes) const { return hash_of(seed, bytes); }
    };

    using Entries = std::list<Entry>;

    static constexpr std::size_t most_bytes = std::size_t{64} << 20;

    Entries::iterator find_entry(std::string_view argument);
    void count(Entry& entry);
    void forget_oldest();

    Entries entries_;  ///< the last used first
    std::unordered_map<std::string_view, Entries::iterator, Hash> by_argument_{
        0, Hash{reinterpret_cast<std::uintptr_t>(this)}};
    std::size_t bytes_ = 0;
    CompiledForm* constant_ = nullptr;
};

/// The compiled form of a call, whose argument of this index is a jsonb that is not NULL. The cache
/// belongs to the call site.
CompiledForm* form_of_call(FunctionCallInfo fcinfo, int index, FormCache& cache);

}  // namespace onetrip::postgres
