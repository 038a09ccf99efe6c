#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "postgres/interrupts.hpp"
#include "postgres/walls.hpp"
#include "submission/form.hpp"

namespace onetrip::postgres {

/// A form ready for use, with what rows of its nodes have in common, written when a node is first
/// met (see EventTuples).
struct CompiledForm {
    struct NodeColumns {
        bool is_written = false;
        std::size_t path_size = 0;  ///< of schema_path, with its header
        std::string way;            ///< schema_path, keys and idx, where no index is on the way
        std::string description;    ///< answer_type, tag and the status ok
        bool is_short = false;      ///< those have short headers
    };

    explicit CompiledForm(jsonb::Value form, submission::Interrupt interrupt)
        : form(form, interrupt), columns(this->form.nodes().size()) {}

    submission::Form form;
    std::vector<NodeColumns> columns;  ///< by node
};

/// The forms of one call site. They are found again by the very bytes of the argument, so that a
/// form out of line is recognised by its TOAST pointer and not fetched again.
class FormCache {
  public:
    /// nullptr where the argument has not been seen.
    CompiledForm* find(std::string_view argument);

    /// May forget the forms that it has.
    CompiledForm* add(std::string_view argument, jsonb::Value form);

    /// The form of a call site whose argument is the same in every call; nullptr until it is known.
    CompiledForm* constant() const { return constant_; }
    void set_constant(CompiledForm* form) { constant_ = form; }

  private:
    /// Of both ends of the bytes, since forms in line are long, and forms of one length seldom have
    /// the same ends. Transparent, so that bytes can be looked up without being copied.
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view bytes) const {
            constexpr std::size_t most = 32;
            const std::hash<std::string_view> hash;
            const std::size_t end = bytes.size() > most ? bytes.size() - most : 0;
            return bytes.size() + hash(bytes.substr(0, most)) + 31 * hash(bytes.substr(end));
        }
    };

    /// A query may mix as many forms as it likes, but not fill the memory with them.
    static constexpr std::size_t most_bytes = std::size_t{64} << 20;

    std::unordered_map<std::string, std::unique_ptr<CompiledForm>, Hash, std::equal_to<>> forms_;
    std::size_t bytes_ = 0;
    std::string_view last_argument_;
    CompiledForm* last_ = nullptr;
    CompiledForm* constant_ = nullptr;
};

/// The compiled form of a call, whose argument of this index is a jsonb that is not NULL. The cache
/// belongs to the call site.
CompiledForm* form_of_call(FunctionCallInfo fcinfo, int index, FormCache& cache);

/// The document of a jsonb datum that is not out of line, of any alignment.
jsonb::Value document_of(const varlena* datum);

}  // namespace onetrip::postgres
