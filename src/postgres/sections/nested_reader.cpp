// Reads arrays and composite values as JSON, by their types and by the braces of a layout. It makes
// no section.

#include "postgres/sections/nested_reader.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "nodes/makefuncs.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"
}

namespace onetrip::postgres {

using section::tables::InnerScope;
using section::tables::ScopeKey;

struct NestedReader {
    enum class Kind : std::uint8_t { array, composite, value };

    Kind kind;

    // An array:
    Oid element_type;
    std::int16_t element_length;
    bool element_by_value;
    char element_alignment;
    const NestedReader* element;

    // A composite value; nullptr for attributes that the braces do not name:
    TupleDesc descriptor;
    const NestedReader** attributes;

    // An array, for one of several dimensions, and any other:
    FmgrInfo* to_json;
};

namespace {

template <typename T>
T* palloc_zeroed() {
    return static_cast<T*>(palloc0(sizeof(T)));
}

/// Calls to_json of a value of that type.
FmgrInfo* to_json_of(Oid type) {
    auto* const function = palloc_zeroed<FmgrInfo>();
    fmgr_info(F_TO_JSON, function);
    Param* const argument = makeNode(Param);
    argument->paramkind = PARAM_EXTERN;
    argument->paramid = 1;
    argument->paramtype = type;
    argument->paramtypmod = -1;
    FuncExpr* const call = makeFuncExpr(F_TO_JSON, JSONOID, list_make1(argument), InvalidOid,
                                        InvalidOid, COERCE_EXPLICIT_CALL);
    fmgr_info_set_expr(reinterpret_cast<Node*>(call), function);
    return function;
}

const NestedReader* make_reader(Oid type, const ScopeKey* key);

const NestedReader* make_value_reader(Oid type) {
    auto* const reader = palloc_zeroed<NestedReader>();
    reader->kind = NestedReader::Kind::value;
    reader->to_json = to_json_of(type);
    return reader;
}

/// The key of that name in one of the braces; nullptr if none has it.
const ScopeKey* find_key(const ScopeKey& outer, const char* name) {
    for (const InnerScope& inner : outer.inner) {
        for (const ScopeKey& key : inner.unit->scopes[inner.scope].keys) {
            if (key.name == name) {
                return &key;
            }
        }
    }
    return nullptr;
}

const NestedReader* make_composite_reader(Oid type, const ScopeKey& key) {
    auto* const reader = palloc_zeroed<NestedReader>();
    reader->kind = NestedReader::Kind::composite;
    reader->descriptor = lookup_rowtype_tupdesc_copy(type, -1);
    const auto attributes = static_cast<std::size_t>(reader->descriptor->natts);
    reader->attributes = static_cast<const NestedReader**>(palloc0(attributes * sizeof(void*)));
    for (int i = 0; i < reader->descriptor->natts; ++i) {
        const Form_pg_attribute attribute = TupleDescAttr(reader->descriptor, i);
        if (attribute->attisdropped) {
            continue;
        }
        if (const ScopeKey* const found = find_key(key, NameStr(attribute->attname))) {
            reader->attributes[i] = make_reader(attribute->atttypid, found);
        }
    }
    return reader;
}

const NestedReader* make_reader(Oid type, const ScopeKey* key) {
    check_stack_depth();
    const Oid base = getBaseType(type);
    if (!key->inner.empty() && get_typtype(base) == TYPTYPE_COMPOSITE) {
        return make_composite_reader(base, *key);
    }
    const Oid element = get_element_type(base);
    if (key->inner.empty() || !OidIsValid(element)) {
        return make_value_reader(type);
    }
    auto* const reader = palloc_zeroed<NestedReader>();
    reader->kind = NestedReader::Kind::array;
    reader->to_json = to_json_of(type);
    reader->element_type = element;
    get_typlenbyvalalign(element, &reader->element_length, &reader->element_by_value,
                         &reader->element_alignment);
    reader->element = make_reader(element, key);
    return reader;
}

void append_value(const NestedReader& reader, Datum datum, StringInfo json);

void append_json(const NestedReader& reader, Datum datum, StringInfo json) {
    text* const value = DatumGetTextPP(FunctionCall1(reader.to_json, datum));
    appendBinaryStringInfo(json, VARDATA_ANY(value), static_cast<int>(VARSIZE_ANY_EXHDR(value)));
}

void append_array(const NestedReader& reader, Datum datum, StringInfo json) {
    ArrayType* const array = DatumGetArrayTypeP(datum);
    if (ARR_NDIM(array) > 1) {
        append_json(reader, datum, json);  // arrays in an array, which the writer refuses by path
        return;
    }
    Datum* elements = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    deconstruct_array(array, reader.element_type, reader.element_length, reader.element_by_value,
                      reader.element_alignment, &elements, &nulls, &count);
    appendStringInfoChar(json, '[');
    for (int i = 0; i < count; ++i) {
        if (i > 0) {
            appendStringInfoChar(json, ',');
        }
        if (nulls[i]) {
            appendStringInfoString(json, "null");
        } else {
            append_value(*reader.element, elements[i], json);
        }
    }
    appendStringInfoChar(json, ']');
}

void append_composite(const NestedReader& reader, Datum datum, StringInfo json) {
    HeapTupleHeader const header = DatumGetHeapTupleHeader(datum);
    HeapTupleData tuple{};
    tuple.t_len = HeapTupleHeaderGetDatumLength(header);
    tuple.t_data = header;
    appendStringInfoChar(json, '{');
    bool is_first = true;
    for (int i = 0; i < reader.descriptor->natts; ++i) {
        if (reader.attributes[i] == nullptr) {
            continue;
        }
        bool is_null = false;
        const Datum value = heap_getattr(&tuple, i + 1, reader.descriptor, &is_null);
        if (!is_first) {
            appendStringInfoChar(json, ',');
        }
        is_first = false;
        escape_json(json, NameStr(TupleDescAttr(reader.descriptor, i)->attname));
        appendStringInfoChar(json, ':');
        if (is_null) {
            appendStringInfoString(json, "null");
        } else {
            append_value(*reader.attributes[i], value, json);
        }
    }
    appendStringInfoChar(json, '}');
}

void append_value(const NestedReader& reader, Datum datum, StringInfo json) {
    switch (reader.kind) {
        case NestedReader::Kind::array:
            append_array(reader, datum, json);
            break;
        case NestedReader::Kind::composite:
            append_composite(reader, datum, json);
            break;
        case NestedReader::Kind::value:
            append_json(reader, datum, json);
            break;
    }
}

}  // namespace

const NestedReader* nested_reader(Oid type, const ScopeKey& key) {
    const Oid base = getBaseType(type);
    if (get_typtype(base) != TYPTYPE_COMPOSITE && !OidIsValid(get_element_type(base))) {
        return nullptr;
    }
    return make_reader(type, &key);
}

bool makes_composites(const NestedReader* reader, const ScopeKey& key) {
    check_stack_depth();
    switch (reader->kind) {
        case NestedReader::Kind::array:
            return makes_composites(reader->element, key);
        case NestedReader::Kind::value:
            return key.inner.empty();
        case NestedReader::Kind::composite:
            break;
    }
    for (int i = 0; i < reader->descriptor->natts; ++i) {
        const NestedReader* const attribute = reader->attributes[i];
        if (attribute != nullptr &&
            !makes_composites(
                attribute,
                *find_key(key, NameStr(TupleDescAttr(reader->descriptor, i)->attname)))) {
            return false;
        }
    }
    return true;
}

StringInfo read_nested(const NestedReader* reader, Datum datum) {
    StringInfo const json = makeStringInfo();
    append_value(*reader, datum, json);
    return json;
}

}  // namespace onetrip::postgres
