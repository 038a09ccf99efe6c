#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/argument_cache.hpp"
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

    /// Without columns, each row is written anew: it is slower, but takes a quarter of the memory.
    explicit CompiledForm(jsonb::Value form, Interrupt interrupt, bool has_columns = true)
        : form(form, interrupt), columns(has_columns ? this->form.nodes().size() : 0) {}

    /// About how many bytes it takes, with the argument of which it was made; more as columns of
    /// its nodes are written.
    std::size_t weight(std::size_t argument_size) const {
        constexpr std::size_t bookkeeping = 100;  // of the cache
        return sizeof *this + bookkeeping + argument_size + form.size() +
               columns.capacity() * sizeof(NodeColumns) + written.capacity();
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

/// The forms of one call site, up to 64 MB of them.
struct FormCache {
    ArgumentCache<CompiledForm> forms{std::size_t{64} << 20};

    /// The form of a call site whose argument never changes; nullptr until it is known.
    CompiledForm* constant = nullptr;
};

/// The compiled form of a call, whose argument of this index is a jsonb that is not NULL. The cache
/// belongs to the call site.
CompiledForm* form_of_call(FunctionCallInfo fcinfo, int index, FormCache& cache);

}  // namespace onetrip::postgres
