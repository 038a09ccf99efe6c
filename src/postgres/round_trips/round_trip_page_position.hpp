#pragma once

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

/// The parts of a query that say at which row of its order a page begins. The statement has just
/// been analysed, so that its tables are locked.
namespace onetrip::postgres {

template <typename Expression>
Node* as_tree(Expression* expression) {
    return reinterpret_cast<Node*>(expression);
}

/// A column of the query's own tables, without casts; nullptr if the expression is not one.
const Var* own_column(Node* node);

/// The order in which a query returns its rows.
struct Order {
    List* expressions;  ///< Node: the leading one first
    bool descends;      ///< by the leading one
};

Order order_of(const Query* query);

/// The query in FROM or WITH that a range of a query stands for; nullptr if it is not a query.
const Query* query_of_range(const Query* query, const RangeTblEntry* range);

/// Adds the parts of a query that say after which row of this order a page begins: conditions that
/// compare it with a value that the client gave, or with the row whose key the client gave, and the
/// queries and values in FROM or WITH that are or read that row.
void add_positions_of(List*& positions, const Query* query, const Order& order);

}  // namespace onetrip::postgres
