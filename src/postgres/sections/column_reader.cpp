// Reads the columns of rows as the values that layouts take, by their types. Knows no layout.

#include "postgres/sections/column_reader.hpp"

#include "postgres/server/json_documents.hpp"
#include "postgres/server/text_encoding.hpp"

extern "C" {
#include "parser/parse_coerce.h"
}

namespace onetrip::postgres {

namespace {

using section::Value;

std::string_view detoast(Datum datum) {
    return characters_of(PG_DETOAST_DATUM_PACKED(datum));
}

/// Text of the database's encoding as a UTF-8 value of this kind. Text that cannot be converted is
/// a value too, malformed: its field reports that it cannot be sent, and the message can be
/// skipped.
Value to_utf8(Value::Kind kind, std::string_view text) {
    const int encoding = GetDatabaseEncoding();
    const auto size = static_cast<int>(text.size());
    if (encoding == PG_UTF8) {
        return Value::of_bytes(kind, text);
    }
    if (encoding == PG_SQL_ASCII) {
        const bool is_valid = pg_verify_mbstr(PG_UTF8, text.data(), size, true);
        return Value::of_bytes(is_valid ? kind : Value::Kind::malformed_text, text);
    }
    const Oid conversion = FindDefaultConversionProc(encoding, PG_UTF8);
    if (!OidIsValid(conversion)) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
                        errmsg("default conversion function for encoding \"%s\" to \"UTF8\" does "
                               "not exist",
                               GetDatabaseEncodingName())));
    }
    const ConvertedText converted = convert_start(conversion, encoding, PG_UTF8, text);
    if (converted.taken != size) {
        return Value::of_bytes(Value::Kind::malformed_text, text);
    }
    return Value::of_bytes(kind, {converted.text, converted.size});
}

Value read_int2(const ColumnReader& /*reader*/, Datum datum) {
    return Value::of_integer(DatumGetInt16(datum));
}

Value read_int4(const ColumnReader& /*reader*/, Datum datum) {
    return Value::of_integer(DatumGetInt32(datum));
}

Value read_int8(const ColumnReader& /*reader*/, Datum datum) {
    return Value::of_integer(DatumGetInt64(datum));
}

Value read_bool(const ColumnReader& /*reader*/, Datum datum) {
    return Value::of_boolean(DatumGetBool(datum));
}

Value read_float4(const ColumnReader& /*reader*/, Datum datum) {
    return Value::of_real(Value::Kind::float_4, DatumGetFloat4(datum));
}

Value read_float8(const ColumnReader& /*reader*/, Datum datum) {
    return Value::of_real(Value::Kind::float_8, DatumGetFloat8(datum));
}

Value read_numeric(const ColumnReader& /*reader*/, Datum datum) {
    return Value::of_bytes(Value::Kind::numeric, detoast(datum));
}

Value read_timestamptz(const ColumnReader& /*reader*/, Datum datum) {
    return Value::of_instant({DatumGetTimestampTz(datum)});
}

Value read_date(const ColumnReader& /*reader*/, Datum datum) {
    const DateADT date = DatumGetDateADT(datum);
    if (DATE_NOT_FINITE(date)) {
        return Value::of_instant({DATE_IS_NOEND(date) ? DT_NOEND : DT_NOBEGIN});
    }
    return Value::of_date(date);
}

Value read_interval(const ColumnReader& /*reader*/, Datum datum) {
    // The server's own macro would find our Interval.
    const auto* const interval = reinterpret_cast<const ::Interval*>(DatumGetPointer(datum));
    return Value::of_interval({interval->time, interval->day, interval->month});
}

Value read_text(const ColumnReader& /*reader*/, Datum datum) {
    return to_utf8(Value::Kind::text, detoast(datum));
}

Value read_output(const ColumnReader& reader, Datum datum) {
    return to_utf8(Value::Kind::text, OutputFunctionCall(reader.output, datum));
}

Value read_inet(const ColumnReader& reader, Datum datum) {
    return Value::of_bytes(Value::Kind::inet, OutputFunctionCall(reader.output, datum));
}

Value read_macaddr(const ColumnReader& reader, Datum datum) {
    return Value::of_bytes(Value::Kind::macaddr, OutputFunctionCall(reader.output, datum));
}

Value read_bytea(const ColumnReader& /*reader*/, Datum datum) {
    return Value::of_bytes(Value::Kind::bytes, detoast(datum));
}

Value read_json(const ColumnReader& /*reader*/, Datum datum) {
    return read_json_text(datum);
}

Value read_jsonb_column(const ColumnReader& /*reader*/, Datum datum) {
    return read_jsonb(datum, false);
}

Value read_timestamp(const ColumnReader& reader, Datum /*datum*/) {
    return Value::of_bytes(Value::Kind::local_time, reader.type_name);
}

/// The cast would ERROR at either end of time, far out of the range of every field.
Value read_session_timestamp(const ColumnReader& /*reader*/, Datum datum) {
    constexpr std::int64_t far = PG_INT64_MAX / 2;
    int overflow = 0;
    const TimestampTz instant = to_instant(DatumGetTimestamp(datum), overflow);
    return Value::of_instant({overflow == 0 ? instant : overflow > 0 ? far : -far});
}

Value read_nested_column(const ColumnReader& reader, Datum datum) {
    const StringInfo json = read_nested(reader.nested, datum);
    Value value =
        to_utf8(Value::Kind::json_text, {json->data, static_cast<std::size_t>(json->len)});
    value.from_composite = reader.makes_composites;
    return value;
}

Value read_unsupported(const ColumnReader& reader, Datum /*datum*/) {
    return Value::of_bytes(Value::Kind::unsupported, reader.type_name);
}

/// Enums, the string category, and the strings that the server keeps in other categories.
bool is_text_by_its_output(Oid type) {
    if (type == CHAROID || type == UNKNOWNOID || type == CSTRINGOID || type_is_enum(type)) {
        return true;
    }
    char category = '\0';
    bool is_preferred = false;
    get_type_category_preferred(type, &category, &is_preferred);
    return category == TYPCATEGORY_STRING;
}

/// The reader of a built-in type whose memory is known; nullptr for any other.
decltype(ColumnReader::read) reader_of_known(Oid type) {
    switch (type) {
        case INT2OID:
            return read_int2;
        case INT4OID:
            return read_int4;
        case INT8OID:
            return read_int8;
        case BOOLOID:
            return read_bool;
        case FLOAT4OID:
            return read_float4;
        case FLOAT8OID:
            return read_float8;
        case NUMERICOID:
            return read_numeric;
        case TIMESTAMPTZOID:
            return read_timestamptz;
        case TIMESTAMPOID:
            return read_timestamp;
        case DATEOID:
            return read_date;
        case INTERVALOID:
            return read_interval;
        case BYTEAOID:
            return read_bytea;
        case INETOID:
            return read_inet;
        case MACADDROID:
            return read_macaddr;
        case JSONBOID:
            return read_jsonb_column;
        case JSONOID:
            return read_json;
        default:
            return nullptr;
    }
}

decltype(ColumnReader::read) reader_of(Oid type) {
    if (const auto known = reader_of_known(type)) {
        return known;
    }
    // The memory of varchar, char(n) and citext is that of text. A type's category says nothing of
    // its memory.
    if (type == BPCHAROID || IsBinaryCoercible(type, TEXTOID)) {
        return read_text;
    }
    return is_text_by_its_output(type) ? read_output : read_unsupported;
}

FmgrInfo* output_function(Oid type) {
    Oid function = InvalidOid;
    bool is_varlena = false;
    getTypeOutputInfo(type, &function, &is_varlena);
    auto* const output = static_cast<FmgrInfo*>(palloc0(sizeof(FmgrInfo)));
    fmgr_info(function, output);
    return output;
}

}  // namespace

ColumnReader column_reader(Oid type, LocalTimes local_times, const section::Plan& plan,
                           std::size_t slot) {
    const Oid base = getBaseType(type);
    ColumnReader reader{nullptr, format_type_be(type), nullptr, nullptr, false};
    if (plan.table != nullptr) {
        const section::tables::ScopeKey& key = plan.table->root.scopes.front().keys[slot];
        reader.nested = key.is_container ? nested_reader(type, key) : nullptr;
        reader.makes_composites = reader.nested != nullptr && makes_composites(reader.nested, key);
    }
    const bool in_session = base == TIMESTAMPOID && local_times == LocalTimes::in_session_timezone;
    reader.read = reader.nested != nullptr ? read_nested_column
                  : in_session             ? read_session_timestamp
                                           : reader_of(base);
    const bool needs_output =
        reader.read == read_output || reader.read == read_inet || reader.read == read_macaddr;
    reader.output = needs_output ? output_function(base) : nullptr;
    return reader;
}

section::Value read_jsonb(Datum datum, bool is_row) {
    if (GetDatabaseEncoding() == PG_UTF8) {
        return Value::of_json(document_of(PG_DETOAST_DATUM_PACKED(datum)), is_row);
    }
    Jsonb* const jsonb = DatumGetJsonbP(datum);
    const auto size = static_cast<int>(VARSIZE(jsonb));
    return to_utf8(Value::Kind::json_text, JsonbToCString(nullptr, &jsonb->root, size));
}

section::Value read_json_text(Datum datum) {
    return to_utf8(Value::Kind::json_text, detoast(datum));
}

}  // namespace onetrip::postgres
