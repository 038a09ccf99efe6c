// JSON text as jsonb datums. Knows nothing of the documents' content.

#include "postgres/server/json_documents.hpp"

#include "jsonb/json_parser.hpp"
#include "postgres/server/walls.hpp"

extern "C" {
#include "utils/fmgrprotos.h"
}

namespace onetrip::postgres {

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
