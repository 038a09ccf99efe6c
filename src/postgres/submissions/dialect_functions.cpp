// form_from, form_dialect, merge_forms: forms of other systems as onetrip's own tree.

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/argument_cache.hpp"
#include "base/error.hpp"
#include "jsonb/json_parser.hpp"
#include "jsonb/json_printer.hpp"
#include "postgres/server/argument_bytes.hpp"
#include "postgres/server/arguments.hpp"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/json_documents.hpp"
#include "postgres/server/walls.hpp"
#include "postgres/submissions/form_trees.hpp"
#include "submission/dialects/dialects.hpp"
#include "submission/dialects/merge_trees.hpp"

extern "C" {
#include "mb/pg_wchar.h"
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

/// Whether the translators, which take UTF-8, see the characters that the database's texts have. A
/// database without an encoding (SQL_ASCII) may have any characters.
bool has_utf8_texts() {
    return GetDatabaseEncoding() == PG_UTF8 || GetDatabaseEncoding() == PG_SQL_ASCII;
}

std::string text_of(jsonb::Value document) {
    std::string text;
    jsonb::JsonPrinter printer(document);
    for (std::string_view piece = printer.next(); !piece.empty(); piece = printer.next()) {
        text += piece;
    }
    return text;
}

/// A copy with a null byte at its end, palloc'ed.
char* make_cstring(const std::string& text) {
    return call_server([&] { return pnstrdup(text.data(), text.size()); });
}

/// The tree of a form in a database of another encoding: both are converted as text.
const varlena* convert_tree(jsonb::Value form, Dialect dialect) {
    const char* const text = call_cpp([&] { return make_cstring(text_of(form)); });
    const char* const utf8 = pg_server_to_any(text, static_cast<int>(std::strlen(text)), PG_UTF8);
    const char* const tree = call_cpp([&]() -> const char* {
        const std::vector<std::uint8_t> parsed =
            jsonb::parse_json(utf8, jsonb::DuplicateKeys::last_wins, check_for_interrupts);
        const auto made = submission::dialects::tree_of(jsonb::Value::root(parsed), dialect,
                                                        check_for_interrupts);
        return made ? make_cstring(text_of(jsonb::Value::root(*made))) : nullptr;
    });
    return tree == nullptr ? nullptr
                           : jsonb_by_server(pg_any_to_server(
                                 tree, static_cast<int>(std::strlen(tree)), PG_UTF8));
}

/// The form's tree, palloc'ed; nullptr if that is the form itself. May ERROR.
const varlena* make_tree(jsonb::Value form, Dialect dialect) {
    if (dialect != Dialect::onetrip && !has_utf8_texts()) {
        return convert_tree(form, dialect);
    }
    return call_cpp([&]() -> const varlena* {
        const auto tree = submission::dialects::tree_of(form, dialect, check_for_interrupts);
        return tree ? datum_of(*tree) : nullptr;
    });
}

/// The tree that form_from made of a form; nothing if that is the form itself.
struct MadeTree {
    explicit MadeTree(const varlena* tree) {
        if (tree != nullptr) {
            const std::span<const std::uint8_t> made = bytes_of(tree);
            bytes.emplace(made.begin(), made.end());
        }
    }

    std::size_t weight(std::size_t argument_size) const {
        return sizeof *this + argument_size + (bytes ? bytes->capacity() : 0);
    }

    std::optional<std::vector<std::uint8_t>> bytes;
};

/// The trees of a call site, up to 64 MB of each dialect.
class TreeCache {
  public:
    ArgumentCache<MadeTree>& of(Dialect dialect) {
        return trees_.try_emplace(dialect, std::size_t{64} << 20).first->second;
    }

  private:
    std::map<Dialect, ArgumentCache<MadeTree>> trees_;
};

TreeCache* trees_of_call(FmgrInfo* call_site) {
    if (call_site->fn_extra == nullptr) {
        call_site->fn_extra = make_in_context<TreeCache>(call_site->fn_mcxt);
    }
    return static_cast<TreeCache*>(call_site->fn_extra);
}

/// The tree of a call's form, which is not NULL.
const MadeTree* tree_of_call(FmgrInfo* call_site, Datum form, Dialect dialect) {
    TreeCache* const trees = trees_of_call(call_site);
    const std::string_view argument = argument_bytes(form);
    if (const MadeTree* const found = call_cpp([&] { return trees->of(dialect).find(argument); })) {
        return found;
    }
    const varlena* const tree = make_tree(document_of(PG_DETOAST_DATUM_PACKED(form)), dialect);
    return call_cpp([&] { return trees->of(dialect).add(argument, tree); });
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

bool is_dialect(std::string_view word) {
    return std::any_of(std::begin(words_of_dialect), std::end(words_of_dialect),
                       [word](const ArgumentWord<Dialect>& known) { return word == known.word; });
}

const char* list_dialects() {
    StringInfoData list;
    initStringInfo(&list);
    for (const ArgumentWord<Dialect>& word : words_of_dialect) {
        appendStringInfo(&list, "%c%s", list.len == 0 ? '{' : ',', word.word);
    }
    appendStringInfoChar(&list, '}');
    return list.data;
}

const varlena* tree_of_form(const varlena* form, const text* dialect_name) {
    const Dialect dialect = value_of_word("dialect", characters_of(dialect_name), words_of_dialect);
    const varlena* const tree = make_tree(document_of(form), dialect);
    return tree == nullptr ? form : tree;
}

extern "C" {

Datum form_from(PG_FUNCTION_ARGS) {
    const Dialect dialect =
        value_of_word("dialect", characters_of(PG_GETARG_TEXT_PP(1)), words_of_dialect);
    const MadeTree* const tree = tree_of_call(fcinfo->flinfo, PG_GETARG_DATUM(0), dialect);
    if (!tree->bytes) {
        PG_RETURN_DATUM(PointerGetDatum(PG_DETOAST_DATUM(PG_GETARG_DATUM(0))));
    }
    PG_RETURN_POINTER(make_varlena(*tree->bytes));
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
