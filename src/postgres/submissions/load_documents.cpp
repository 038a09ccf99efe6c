// Documents of a load: json made jsonb without an error, and hashes of their text. Also
// jsonb_or_null.

#include "postgres/submissions/load_documents.hpp"

#include <algorithm>

#include "base/octets.hpp"
#include "base/utf8_writer.hpp"
#include "jsonb/json_parser.hpp"
#include "jsonb/json_printer.hpp"
#include "postgres/server/json_documents.hpp"
#include "postgres/server/text_encoding.hpp"

extern "C" {
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "utils/fmgrprotos.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(jsonb_or_null);

namespace {

static_assert(hash_size == PG_SHA256_DIGEST_LENGTH);

// ---- json ----

std::uint32_t code_unit(std::string_view escape) {
    std::uint32_t code = 0;
    for (const char digit : escape.substr(2, 4)) {
        code = code << 4 | static_cast<std::uint32_t>(hex_digit(digit));
    }
    return code;
}

/// The characters that the escapes \uXXXX of a text that parse_json takes stand for, in UTF-8.
std::string escaped_characters(std::string_view json) {
    std::string characters;
    for (std::size_t at = json.find('\\'); at < json.size(); at = json.find('\\', at)) {
        if (json[at + 1] != 'u') {
            at += 2;
            continue;
        }
        std::uint32_t code = code_unit(json.substr(at));
        at += 6;
        if (code >= 0xD800 && code <= 0xDBFF) {
            code = 0x10000 + ((code - 0xD800) << 10) + (code_unit(json.substr(at)) - 0xDC00);
            at += 6;
        }
        append_character(characters, code);
    }
    return characters;
}

/// How deeply containers are nested in a text that parse_json takes.
std::size_t depth_of(std::string_view json) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    bool is_in_string = false;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const char character = json[at];
        if (is_in_string && character == '\\') {
            ++at;
        } else if (character == '"') {
            is_in_string = !is_in_string;
        } else if (!is_in_string && (character == '{' || character == '[')) {
            deepest = std::max(deepest, ++depth);
        } else if (!is_in_string && (character == '}' || character == ']')) {
            --depth;
        }
    }
    return deepest;
}

/// Whether the server's own jsonb_in takes the text, which is in another encoding than UTF-8. In
/// the encodings of servers, bytes that are not ASCII have the highest bit set, so that another
/// character in their place changes nothing about the grammar. A document that is nested too deeply
/// for jsonb_in's recursion is not taken.
bool is_taken(std::string_view json) {
    constexpr std::size_t deepest = 1000;
    std::string masked(json);
    for (char& character : masked) {
        character = (static_cast<unsigned char>(character) & 0x80) != 0 ? 'x' : character;
    }
    try {
        jsonb::parse_json(masked);
    } catch (const jsonb::JsonError&) {
        return false;
    }
    const HoldsText holds = texts_of_database();
    return depth_of(json) <= deepest && (holds == nullptr || holds(escaped_characters(json)));
}

// ---- hashes ----

pg_cryptohash_ctx* begin_hash() {
    pg_cryptohash_ctx* const context = pg_cryptohash_create(PG_SHA256);
    if (pg_cryptohash_init(context) < 0) {
        elog(ERROR, "could not initialize %s context: %s", "SHA256", pg_cryptohash_error(context));
    }
    return context;
}

void add_to_hash(pg_cryptohash_ctx* context, const void* bytes, std::size_t size) {
    if (pg_cryptohash_update(context, static_cast<const std::uint8_t*>(bytes), size) < 0) {
        elog(ERROR, "could not update %s context: %s", "SHA256", pg_cryptohash_error(context));
    }
}

void end_hash(pg_cryptohash_ctx* context, std::uint8_t (&hash)[hash_size]) {
    if (pg_cryptohash_final(context, hash, sizeof hash) < 0) {
        elog(ERROR, "could not finalize %s context: %s", "SHA256", pg_cryptohash_error(context));
    }
    pg_cryptohash_free(context);
}

}  // namespace

const varlena* parse_json_text(const text* json) {
    const std::string_view characters = characters_of(json);
    if (GetDatabaseEncoding() == PG_UTF8) {
        return call_cpp([&] { return parse_or_null(characters); });
    }
    if (!call_cpp([&] { return is_taken(characters); })) {
        return nullptr;
    }
    return jsonb_by_server(text_to_cstring(json));
}

const varlena* document_or_null(NullableDatum column, bool is_json) {
    if (column.isnull) {
        return jsonb_by_server("null");
    }
    const varlena* const fetched = PG_DETOAST_DATUM_PACKED(column.value);
    return is_json ? parse_json_text(fetched) : fetched;
}

void hash_document(const varlena* document, std::uint8_t (&hash)[hash_size]) {
    pg_cryptohash_ctx* const context = begin_hash();
    const jsonb::Value value = document_of(document);
    call_cpp([&] {
        jsonb::JsonPrinter printer(value);
        for (std::string_view piece = printer.next(); !piece.empty(); piece = printer.next()) {
            check_for_interrupts();
            call_server([&] { add_to_hash(context, piece.data(), piece.size()); });
        }
    });
    end_hash(context, hash);
}

void hash_bytes_of(const void* bytes, std::size_t size, std::uint8_t (&hash)[hash_size]) {
    pg_cryptohash_ctx* const context = begin_hash();
    add_to_hash(context, bytes, size);
    end_hash(context, hash);
}

bytea* make_bytea(const std::uint8_t (&hash)[hash_size]) {
    return make_varlena(hash);
}

extern "C" {

Datum jsonb_or_null(PG_FUNCTION_ARGS) {
    const varlena* const document = parse_json_text(PG_GETARG_TEXT_PP(0));
    if (document == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(document);
}

}  // extern "C"

}  // namespace onetrip::postgres
