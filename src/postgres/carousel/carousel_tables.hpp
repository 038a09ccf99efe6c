#pragma once

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// One of the carousel's tables; `relation` is InvalidOid if none exists.
struct CarouselTable {
    const char* name;
    const char* alias;  ///< in the statements
    Oid relation;

    bool exists() const { return OidIsValid(relation); }
    bool has_column(const char* column) const {
        return exists() && get_attnum(relation, column) > 0;
    }
    Oid type_of(const char* column) const {
        return get_atttype(relation, get_attnum(relation, column));
    }
    const char* qualified_name() const;
};

/// The three tables, as the caller's search_path finds them (sections.md, chapter 5).
struct CarouselTables {
    CarouselTable messages;
    CarouselTable campagnes;
    CarouselTable zones;

    /// The table whose rows are the zones.
    const CarouselTable& known_zones() const { return zones.exists() ? zones : campagnes; }

    /// The table whose column a name of the layout means; nullptr if none has it.
    const CarouselTable* table_of_column(const char* column) const;
};

/// Finds and locks the tables. ERRORs if one is missing, or if a column by which messages are
/// chosen and ordered is missing, may not be read or is of a type that cannot serve.
CarouselTables find_carousel_tables();

/// ERRORs, with a HINT, if the caller may not read the column.
void check_column_rights(const CarouselTable& table, const char* column);

/// Whether an index shows that a zone has no two campaigns of one id.
bool campaign_ids_are_unique(const CarouselTable& campagnes);

/// A user's text as messages show it, cut if it is too long.
const char* cut_for_message(const char* text);

/// A datum in the text form of its type, cut in the same way.
const char* print_for_message(Datum datum, bool is_null, Oid type);

}  // namespace onetrip::postgres
