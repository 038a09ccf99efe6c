// dvb_text: the text in the JSON value of a dvbtext field. Knows nothing of character tables.

#include "postgres/server/json_documents.hpp"
#include "postgres/server/walls.hpp"
#include "section/types/bad_value.hpp"
#include "section/types/text/dvb_text.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(dvb_text);

namespace {

/// A text in the document, or none.
struct FoundText {
    const char* data;
    std::size_t size;
};

FoundText find_text(jsonb::Value value) {
    return call_cpp([&]() -> FoundText {
        try {
            const auto text = section::dvb_text_of(value);
            return text ? FoundText{text->data(), text->size()} : FoundText{nullptr, 0};
        } catch (const section::BadValue& bad) {
            throw Error(bad.kind, "JSON value stands for no text of a section",
                        "The value " + bad.value + " " + bad.complaint + ".", bad.hint);
        }
    });
}

}  // namespace

extern "C" {

/// The document is in the database's encoding, and so is the text.
Datum dvb_text(PG_FUNCTION_ARGS) {
    const FoundText text = find_text(document_of(PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0))));
    if (text.data == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_TEXT_P(cstring_to_text_with_len(text.data, static_cast<int>(text.size)));
}

}  // extern "C"

}  // namespace onetrip::postgres
