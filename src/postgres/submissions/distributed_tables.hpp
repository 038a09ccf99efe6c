#pragma once

#include "postgres/submissions/submission_relations.hpp"

namespace onetrip::postgres {

/// Where the rows of a load are read and written.
enum class LoadPlace : std::uint8_t {
    here,   ///< by this session
    shards  ///< by the nodes of Citus, each with what it has of the submissions
};

/// ERRORs if Citus distributes some of the tables but a submission, its row in the ledger and its
/// events are not on one node, with its form and user.
LoadPlace place_of(const Tables& tables);

/// Distributes a table of the loader's own that has just been made, like that of the submissions.
void distribute_like(const Tables& tables, const Table& made);

}  // namespace onetrip::postgres
