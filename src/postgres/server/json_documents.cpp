// jsonb datums of JSON text, and of values in other documents. Knows nothing of the documents'
// content.

#include "postgres/server/json_documents.hpp"

#include "jsonb/format.hpp"
#include "jsonb/json_parser.hpp"
#include "postgres/server/walls.hpp"

extern "C" {
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
}

namespace onetrip::postgres {

namespace {

std::uint32_t type_of_scalar(jsonb::Value scalar) {
    switch (scalar.kind()) {
        case jsonb::Kind::string:
            return JENTRY_ISSTRING;
        case jsonb::Kind::numeric:
            return JENTRY_ISNUMERIC;
        case jsonb::Kind::boolean:
            return scalar.boolean() ? JENTRY_ISBOOL_TRUE : JENTRY_ISBOOL_FALSE;
        default:
            return JENTRY_ISNULL;
    }
}

}  // namespace

ScalarHead head_of_scalar(jsonb::Value scalar) {
    const bool is_numeric = scalar.kind() == jsonb::Kind::numeric;
    const auto size =
        static_cast<std::uint32_t>(scalar.data().size() + (is_numeric ? VARHDRSZ : 0));
    return {JB_FARRAY | JB_FSCALAR | 1, JENTRY_HAS_OFF | type_of_scalar(scalar) | size,
            jsonb::format::varsize_4b(size)};
}

varlena* make_jsonb(jsonb::Value value) {
    const std::span<const std::uint8_t> data = value.data();
    if (value.kind() == jsonb::Kind::array || value.kind() == jsonb::Kind::object) {
        return make_varlena(data);
    }
    const ScalarHead head = head_of_scalar(value);
    const std::size_t head_size = size_of_head(value);
    const std::size_t size = VARHDRSZ + head_size + data.size();
    auto* const datum = static_cast<varlena*>(palloc(size));
    SET_VARSIZE(datum, size);
    std::memcpy(VARDATA(datum), &head, head_size);
    if (!data.empty()) {  // no bytes may have no address
        std::memcpy(VARDATA(datum) + head_size, data.data(), data.size());
    }
    return datum;
}

const varlena* parse_or_null(std::string_view json) {
    std::vector<std::uint8_t> document;
    try {
        document = jsonb::parse_json(json);
    } catch (const jsonb::JsonError&) {
        return nullptr;
    }
    const std::span<const std::uint8_t> bytes = document;
    return call_server([&] { return make_varlena(bytes); });
}

const varlena* jsonb_by_server(const char* json) {
    const Datum document = DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
    return reinterpret_cast<const varlena*>(DatumGetPointer(document));
}

}  // namespace onetrip::postgres
