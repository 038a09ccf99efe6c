// form_from, form_dialect, merge_forms: forms of other systems as onetrip's own tree.

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "jsonb/json_parser.hpp"
#include "postgres/server/argument_bytes.hpp"
#include "postgres/server/arguments.hpp"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/json_documents.hpp"
#include "postgres/server/walls.hpp"
#include "submission/dialects/dialects.hpp"
#include "submission/dialects/merge_trees.hpp"

extern "C" {
#include "utils/array.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(form_from);
ONETRIP_SQL_FUNCTION(form_dialect);
ONETRIP_SQL_FUNCTION(merge_forms);

namespace {

using submission::dialects::Dialect;

constexpr ArgumentWord<Dialect> words_of_dialect[] = {{"kobo", Dialect::kobo},
                                                      {"xlsform", Dialect::xlsform},
                                                      {"odk", Dialect::odk},
                                                      {"fhir", Dialect::fhir},
                                                      {"formio", Dialect::formio},
                                                      {"surveyjs", Dialect::surveyjs},
                                                      {"jsonschema", Dialect::jsonschema},
                                                      {"redcap", Dialect::redcap},
                                                      {"onetrip", Dialect::onetrip}};

varlena* datum_of(std::span<const std::uint8_t> jsonb) {
    return call_server([&] { return make_varlena(jsonb); });
}

/// The last tree of a call site. The form is found again by the very bytes of the argument, as in
/// FormCache.
class LastTree {
  public:
    bool is_of(std::string_view argument, Dialect dialect) const {
        return argument_ == argument && dialect_ == dialect;
    }

    void set(std::string_view argument, Dialect dialect, jsonb::Value form) {
        dialect_.reset();
        tree_ = submission::dialects::tree_of(form, dialect, check_for_interrupts);
        argument_ = argument;
        dialect_ = dialect;
    }

    /// The tree, palloc'ed; nullptr if it is the form itself.
    varlena* datum() const { return tree_ ? datum_of(*tree_) : nullptr; }

  private:
    std::string argument_;
    std::optional<Dialect> dialect_;  ///< nullopt until there is a tree
    std::optional<std::vector<std::uint8_t>> tree_;
};

LastTree* last_tree_of_call(FunctionCallInfo fcinfo) {
    FmgrInfo* const site = fcinfo->flinfo;
    if (site->fn_extra == nullptr) {
        site->fn_extra = make_in_context<LastTree>(site->fn_mcxt);
    }
    return static_cast<LastTree*>(site->fn_extra);
}

/// The elements of an array of jsonb that are not NULL, in place of all.
int detoast_elements(Datum* elements, const bool* nulls, int count) {
    int kept = 0;
    for (int index = 0; index < count; ++index) {
        if (!nulls[index]) {
            elements[kept++] = PointerGetDatum(PG_DETOAST_DATUM_PACKED(elements[index]));
        }
    }
    return kept;
}

varlena* merge(const Datum* trees, int count) {
    submission::dialects::MergedTree merged(check_for_interrupts);
    for (int index = 0; index < count; ++index) {
        const void* const tree = DatumGetPointer(trees[index]);
        merged.add(document_of(static_cast<const varlena*>(tree)));
    }
    std::optional<std::vector<std::uint8_t>> result;
    try {
        result = merged.to_jsonb();
    } catch (const jsonb::JsonError& error) {
        throw Error(ErrorKind::too_large, "the merged form does not fit a jsonb",
                    std::string("The ") + error.what() + ".");
    }
    return result ? datum_of(*result) : nullptr;
}

}  // namespace

extern "C" {

Datum form_from(PG_FUNCTION_ARGS) {
    const Dialect dialect =
        value_of_word("dialect", characters_of(PG_GETARG_TEXT_PP(1)), words_of_dialect);
    LastTree* const last = last_tree_of_call(fcinfo);
    const std::string_view argument = argument_bytes(PG_GETARG_DATUM(0));
    if (!call_cpp([&] { return last->is_of(argument, dialect); })) {
        const jsonb::Value form = document_of(PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0)));
        call_cpp([&] { last->set(argument, dialect, form); });
    }
    varlena* const tree = call_cpp([&] { return last->datum(); });
    if (tree == nullptr) {
        PG_RETURN_DATUM(PointerGetDatum(PG_DETOAST_DATUM(PG_GETARG_DATUM(0))));
    }
    PG_RETURN_POINTER(tree);
}

Datum form_dialect(PG_FUNCTION_ARGS) {
    const jsonb::Value form = document_of(PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0)));
    const std::string_view name = call_cpp([&] {
        const std::optional<Dialect> dialect = submission::dialects::dialect_of(form);
        return dialect ? submission::dialects::name_of(*dialect) : std::string_view();
    });
    if (name.empty()) {
        PG_RETURN_NULL();
    }
    PG_RETURN_TEXT_P(cstring_to_text_with_len(name.data(), static_cast<int>(name.size())));
}

Datum merge_forms(PG_FUNCTION_ARGS) {
    Datum* trees = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), JSONBOID, -1, false, TYPALIGN_INT, &trees, &nulls,
                      &count);
    count = detoast_elements(trees, nulls, count);
    varlena* const merged = call_cpp([&] { return merge(trees, count); });
    if (merged == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(merged);
}

}  // extern "C"

}  // namespace onetrip::postgres
