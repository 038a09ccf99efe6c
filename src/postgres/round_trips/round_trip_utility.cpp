// Finds out what utility statements do to blocks, episodes, cursors and prepared statements.
//
// It reads the statement's tree, and whether the server is in a block. It knows neither the
// session's detector nor the consequences of its findings.

#include "postgres/round_trips/round_trip_utility.hpp"

extern "C" {
#include "access/xact.h"
#include "nodes/parsenodes.h"
}

namespace onetrip::postgres {

namespace {

UtilityEffect effect_of_transaction(const TransactionStmt* statement) {
    UtilityEffect effect;
    switch (statement->kind) {
        case TRANS_STMT_BEGIN:
        case TRANS_STMT_START:
            effect.begins_block = true;
            effect.was_in_block = IsTransactionBlock();
            break;
        case TRANS_STMT_COMMIT:
        case TRANS_STMT_ROLLBACK:
            effect.chains = statement->chain;
            break;
        default:
            break;
    }
    return effect;
}

UtilityEffect effect_of_fetch(const FetchStmt* fetch) {
    UtilityEffect effect;
    if (!fetch->ismove) {
        effect.cursor = GetPortalByName(fetch->portalname);
        effect.is_first_fetch = effect.cursor != nullptr && effect.cursor->atStart;
    }
    return effect;
}

}  // namespace

UtilityEffect effect_of_utility(const PlannedStmt* planned) {
    const Node* const statement = planned->utilityStmt;
    UtilityEffect effect;
    switch (nodeTag(statement)) {
        case T_TransactionStmt:
            return effect_of_transaction(reinterpret_cast<const TransactionStmt*>(statement));
        case T_FetchStmt:
            return effect_of_fetch(reinterpret_cast<const FetchStmt*>(statement));
        case T_DiscardStmt:
            effect.ends_episode = true;
            break;
        case T_VariableSetStmt:
            effect.ends_episode =
                reinterpret_cast<const VariableSetStmt*>(statement)->kind == VAR_RESET_ALL;
            break;
        case T_PrepareStmt:
            effect.prepares = true;
            break;
        case T_DeclareCursorStmt:
            effect.declares_cursor = true;
            break;
        default:
            break;
    }
    return effect;
}

}  // namespace onetrip::postgres
