// The two walls between PostgreSQL and C++: exceptions as ERRORs, and their texts in the encoding
// of the database. Knows the exceptions of base/ and jsonb/, and no SQL function.

#include "postgres/server/walls.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "jsonb/json_parser.hpp"
#include "postgres/server/text_encoding.hpp"

namespace onetrip::postgres {

namespace {

int sqlstate_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::syntax_error:
            return ERRCODE_SYNTAX_ERROR;
        case ErrorKind::undefined_column:
            return ERRCODE_UNDEFINED_COLUMN;
        case ErrorKind::out_of_range:
            return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
        case ErrorKind::null_not_allowed:
            return ERRCODE_NULL_VALUE_NOT_ALLOWED;
        case ErrorKind::time_out_of_range:
            return ERRCODE_DATETIME_VALUE_OUT_OF_RANGE;
        case ErrorKind::invalid_value:
            return ERRCODE_INVALID_PARAMETER_VALUE;
        case ErrorKind::too_large:
            return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
    }
    return ERRCODE_INTERNAL_ERROR;
}

/// Copies UTF-8 text into a buffer, cut between characters.
template <std::size_t room>
void copy_text(char (&to)[room], std::string_view text) {
    std::size_t size = std::min(text.size(), room - 1);
    while (size < text.size() && size > 0 &&
           (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
        --size;
    }
    text.copy(to, size);
    to[size] = '\0';
}

void set(CaughtError& error, int sqlstate, std::string_view message, std::string_view detail = {},
         std::string_view hint = {}) {
    error.is_server_error = false;
    error.sqlstate = sqlstate;
    error.field[0] = '\0';
    copy_text(error.message, message);
    copy_text(error.detail, detail);
    copy_text(error.hint, hint);
}

/// The text with a question mark for each character beyond ASCII.
const char* without_other_than_ascii(const char* text, int encoding) {
    StringInfoData plain;
    initStringInfo(&plain);
    for (std::string_view left = text; !left.empty();) {
        const auto size = static_cast<std::size_t>(pg_encoding_mblen(encoding, left.data()));
        appendStringInfoChar(&plain, IS_HIGHBIT_SET(left.front()) ? '?' : left.front());
        left.remove_prefix(std::min(size, left.size()));
    }
    return plain.data;
}

/// The text in another encoding, with question marks for characters that it does not have.
const char* convert(const char* text, int from_encoding, int to_encoding) {
    if (from_encoding == to_encoding || from_encoding == PG_SQL_ASCII ||
        to_encoding == PG_SQL_ASCII) {
        return text;
    }
    const Oid conversion = FindDefaultConversionProc(from_encoding, to_encoding);
    if (!OidIsValid(conversion)) {
        // MULE_INTERNAL and UTF8.
        return without_other_than_ascii(text, from_encoding);
    }
    StringInfoData converted;
    initStringInfo(&converted);
    for (std::string_view left = text; !left.empty();) {
        const ConvertedText start = convert_start(conversion, from_encoding, to_encoding, left);
        appendBinaryStringInfo(&converted, start.text, static_cast<int>(start.size));
        left.remove_prefix(static_cast<std::size_t>(start.taken));
        if (!left.empty()) {
            appendStringInfoChar(&converted, '?');
            const auto size =
                static_cast<std::size_t>(pg_encoding_mblen(from_encoding, left.data()));
            left.remove_prefix(std::min(size, left.size()));
        }
    }
    return converted.data;
}

}  // namespace

const char* utf8_to_server(const char* text) {
    return convert(text, PG_UTF8, GetDatabaseEncoding());
}

const char* any_to_utf8(const char* text, int encoding) {
    return convert(text, encoding, PG_UTF8);
}

void describe_current_exception(CaughtError& error) noexcept {
    try {
        throw;
    } catch (const ServerError&) {
        error.is_server_error = true;
    } catch (const FieldError& thrown) {
        set(error, sqlstate_of(thrown.kind()), thrown.message(), thrown.detail(), thrown.hint());
        copy_text(error.field, thrown.field());
    } catch (const Error& thrown) {
        set(error, sqlstate_of(thrown.kind()), thrown.message(), thrown.detail(), thrown.hint());
    } catch (const jsonb::DuplicateKeyError& thrown) {
        set(error, ERRCODE_INVALID_PARAMETER_VALUE, thrown.what(), {},
            "The cast to jsonb takes the last of them.");
    } catch (const jsonb::JsonError& thrown) {
        // The server's own message, as json_in has it.
        set(error, ERRCODE_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type json",
            "The text is not valid JSON: " + std::string(thrown.what()) + ".");
    } catch (const std::bad_alloc&) {
        set(error, ERRCODE_OUT_OF_MEMORY, "out of memory", "A request of the extension failed.");
    } catch (const std::exception& thrown) {
        set(error, ERRCODE_INTERNAL_ERROR, thrown.what());
    } catch (...) {
        set(error, ERRCODE_INTERNAL_ERROR, "unknown C++ exception");
    }
}

void prepend_detail(CaughtError& error, const char* prefix) {
    const char* const utf8 =
        pg_server_to_any(prefix, static_cast<int>(std::strlen(prefix)), PG_UTF8);
    const char* const detail = psprintf("%s%s", utf8, error.detail);
    copy_text(error.detail, detail);
}

void raise(const CaughtError& error, [[maybe_unused]] Node* soft_error) {
    if (error.is_server_error) {
        PG_RE_THROW();
    }
    errsave(soft_error,
            (errcode(error.sqlstate), errmsg_internal("%s", utf8_to_server(error.message)),
             error.detail[0] != '\0' ? errdetail_internal("%s", utf8_to_server(error.detail)) : 0,
             error.hint[0] != '\0' ? errhint("%s", utf8_to_server(error.hint)) : 0));
}

void raise(const CaughtError& error) {
    raise(error, nullptr);
    pg_unreachable();
}

}  // namespace onetrip::postgres
