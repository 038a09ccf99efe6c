// create_carousel_tables: the tables of sections.md, chapter 5. Knows nothing of how they are read.

#include "postgres/server/table_maker.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(create_carousel_tables);

namespace {

constexpr const char* carousel_table_names[] = {"zones_diffusion", "campagnes", "messages"};

/// Every name is qualified: the caller's search_path means nothing.
constexpr const char* carousel_tables =
    "CREATE TABLE {schema}.zones_diffusion ("
    " zone_diffusion pg_catalog.text PRIMARY KEY,"
    " network_id pg_catalog.int4 NOT NULL"
    " CHECK (network_id OPERATOR(pg_catalog.>=) 0 AND network_id OPERATOR(pg_catalog.<=) 255));"
    "CREATE TABLE {schema}.campagnes ("
    " id pg_catalog.int8 PRIMARY KEY,"
    " zone_diffusion pg_catalog.text NOT NULL REFERENCES {schema}.zones_diffusion,"
    " genre pg_catalog.text NOT NULL"
    " CHECK (pg_catalog.char_length(genre) OPERATOR(pg_catalog.=) 1),"
    " valid_start pg_catalog.timestamptz NOT NULL,"
    " valid_end pg_catalog.timestamptz NOT NULL"
    " CHECK (valid_end OPERATOR(pg_catalog.>=) valid_start),"
    " ack_count pg_catalog.int4 NOT NULL DEFAULT 0,"
    " ack_delay pg_catalog.int4 NOT NULL DEFAULT 0);"
    "CREATE TABLE {schema}.messages ("
    " id pg_catalog.int8 PRIMARY KEY,"
    " campagne_id_fk pg_catalog.int8 NOT NULL REFERENCES {schema}.campagnes,"
    " numero_abonne pg_catalog.int8 NOT NULL,"
    " template_id pg_catalog.int8 NOT NULL,"
    " storables pg_catalog.jsonb NOT NULL DEFAULT '[]');"
    // Zone and validity in one scan: campaigns that are over are the many.
    "CREATE INDEX ON {schema}.campagnes (zone_diffusion, valid_end, valid_start);"
    // The join and the order; PostgreSQL makes no index for a foreign key.
    "CREATE INDEX ON {schema}.messages (campagne_id_fk, id);"
    "COMMENT ON TABLE {schema}.zones_diffusion IS 'zones in which a carousel is broadcast';"
    "COMMENT ON TABLE {schema}.campagnes IS 'campaigns: a zone, a genre, and when they are on air';"
    "COMMENT ON TABLE {schema}.messages IS 'messages of the campaigns, one for each subscriber';"
    "COMMENT ON COLUMN {schema}.campagnes.ack_delay IS 'in seconds';"
    "COMMENT ON COLUMN {schema}.messages.storables IS 'tag-length-value items, for the type "
    "tlv(8,8)';";

/// The statements with the schema's name in them; palloc'ed.
const char* tables_in(const char* schema) {
    constexpr const char* gap = "{schema}";
    StringInfoData statements;
    initStringInfo(&statements);
    const char* rest = carousel_tables;
    while (const char* const next = std::strstr(rest, gap)) {
        appendBinaryStringInfo(&statements, rest, static_cast<int>(next - rest));
        appendStringInfoString(&statements, schema);
        rest = next + std::strlen(gap);
    }
    appendStringInfoString(&statements, rest);
    return statements.data;
}

}  // namespace

extern "C" {

Datum create_carousel_tables(PG_FUNCTION_ARGS) {
    const char* const schema = NameStr(*PG_GETARG_NAME(0));
    require_room_for_tables(schema, carousel_table_names, lengthof(carousel_table_names));
    run_ddl_statements(tables_in(quote_identifier(schema)));
    PG_RETURN_VOID();
}

}  // extern "C"

}  // namespace onetrip::postgres
