// form_views: the statements that make views of a form's submissions. It executes nothing.

#include <optional>

#include "postgres/server/datums.hpp"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/json_documents.hpp"
#include "postgres/server/row_source.hpp"
#include "postgres/server/tuple_builder.hpp"
#include "submission/form_views.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(form_views);

namespace {

/// The arguments; form, name, source, id_column and document_column must not be NULL.
constexpr int needed_arguments = 5;
constexpr int language_argument = 5;

class ViewSource final : public RowSource {
  public:
    ViewSource(MemoryContext memory, TupleDesc descriptor)
        : RowSource(memory), builder_(memory, descriptor) {}

    /// Both stay as long as the call's rows.
    void begin(jsonb::Value form, const submission::ViewNames& names) {
        views_.emplace(form, names, clip, check_for_interrupts);
        ord_ = 0;
    }

    void begin_none() { views_.reset(); }

    HeapTupleHeader next() override {
        if (!views_ || !views_->next(row_)) {
            views_.reset();
            return nullptr;
        }
        builder_.begin();
        builder_.put_int4(++ord_);
        builder_.put_text(row_.view_name);
        builder_.put_text(row_.statement);
        return builder_.finish();
    }

  private:
    static std::size_t clip(std::string_view text, std::size_t most) {
        return static_cast<std::size_t>(
            pg_mbcliplen(text.data(), static_cast<int>(text.size()), static_cast<int>(most)));
    }

    TupleBuilder builder_;
    std::optional<submission::FormViews> views_;
    submission::ViewStatement row_;
    std::int32_t ord_ = 0;
};

/// Splits a name as SQL has it. May ERROR.
void find_name(text* name, std::optional<std::string_view>& schema, std::string_view& relation) {
    char* schema_name = nullptr;
    char* relation_name = nullptr;
    DeconstructQualifiedName(textToQualifiedNameList(name), &schema_name, &relation_name);
    schema = schema_name == nullptr ? std::nullopt : std::optional<std::string_view>(schema_name);
    relation = relation_name;
}

std::string_view copy_text(Datum argument) {
    return characters_of(PG_DETOAST_DATUM_COPY(argument));
}

/// Whether the source has a column of documents that is json. The source need not be there yet: it
/// is taken for one of jsonb then. May ERROR.
bool has_json_documents(const submission::ViewNames& names) {
    const char* const source = names.source.data();  // with a zero at its end, as the schema has
    const Oid relation =
        names.source_schema
            ? get_relname_relid(source, LookupNamespaceNoError(names.source_schema->data()))
            : RelnameGetRelid(source);
    const char* const column = pnstrdup(names.document_column.data(), names.document_column.size());
    const AttrNumber number =
        OidIsValid(relation) ? get_attnum(relation, column) : InvalidAttrNumber;
    return number != InvalidAttrNumber && getBaseType(get_atttype(relation, number)) == JSONOID;
}

submission::ViewNames names_of_call(FunctionCallInfo fcinfo) {
    submission::ViewNames names;
    names.functions_schema = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
    find_name(PG_GETARG_TEXT_PP(1), names.view_schema, names.view);
    find_name(PG_GETARG_TEXT_PP(2), names.source_schema, names.source);
    names.id_column = copy_text(PG_GETARG_DATUM(3));
    names.document_column = copy_text(PG_GETARG_DATUM(4));
    names.has_json_documents = has_json_documents(names);
    if (!PG_ARGISNULL(language_argument)) {
        names.language = copy_text(PG_GETARG_DATUM(language_argument));
    }
    return names;
}

bool is_argument_missing(FunctionCallInfo fcinfo) {
    for (int argument = 0; argument < needed_arguments; ++argument) {
        if (PG_ARGISNULL(argument)) {
            return true;
        }
    }
    return false;
}

}  // namespace

extern "C" {

Datum form_views(PG_FUNCTION_ARGS) {
    auto* const source = source_of_call<ViewSource>(fcinfo);
    if (!source->is_returning() && is_argument_missing(fcinfo)) {
        source->begin_none();
    } else if (!source->is_returning()) {
        MemoryContextReset(source->call_memory());
        const MemoryContext caller = MemoryContextSwitchTo(source->call_memory());
        const jsonb::Value form = document_of(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0)));
        const submission::ViewNames names = names_of_call(fcinfo);
        MemoryContextSwitchTo(caller);
        call_cpp([&] { source->begin(form, names); });
    }
    return return_rows(fcinfo, *source);
}

}  // extern "C"

}  // namespace onetrip::postgres
