#pragma once

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// ERRORs if the transaction is read-only, if the schema is missing, if the caller may not create
/// tables in it, or if it has one of these tables already.
void require_room_for_tables(const char* schema, const char* const* tables, int count);

/// Runs utility statements, separated by semicolons, with the caller's rights and search_path, as
/// if the client had sent them: event triggers fire. Errors do not show their text.
void run_ddl_statements(const char* statements);

}  // namespace onetrip::postgres
