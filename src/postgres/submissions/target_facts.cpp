// The facts about the tables that a load writes, as data and as text. Knows no catalogue.

#include "postgres/submissions/target_facts.hpp"

namespace onetrip::postgres {

namespace {

constexpr const char* user_id = "user_id,";
constexpr const char* user = "user,";
constexpr const char* user_of_problems = "user_of_problems,";
constexpr const char* full_name = "user_full_name,";
constexpr char end_of_demands = ':';

bool has(std::string_view names, const char* name) {
    return names.find(name) != std::string_view::npos;
}

}  // namespace

void note_written(TargetFacts& facts) {
    facts.writes_form_id = has(facts.columns, "form_id,");
    facts.writes_form_name = has(facts.columns, "form_name,");
    facts.writes_user_id = has(facts.columns, user_id);
    facts.writes_full_name = has(facts.columns, full_name);
    facts.writes_created = has(facts.columns, "submission_created,");
}

const char* text_of(const TargetFacts& facts) {
    return psprintf("%s%s%s%s%c%s", facts.demands_user_id ? user_id : "",
                    facts.user_must_exist ? user : "",
                    facts.problems_user_must_exist ? user_of_problems : "",
                    facts.demands_full_name ? full_name : "", end_of_demands, facts.columns);
}

TargetFacts facts_of(std::string_view text) {
    const std::size_t end = Min(text.find(end_of_demands), text.size());
    const std::string_view demands = text.substr(0, end);
    const std::string_view columns = text.substr(Min(end + 1, text.size()));
    TargetFacts facts{};
    facts.demands_user_id = has(demands, user_id);
    facts.user_must_exist = has(demands, user);
    facts.problems_user_must_exist = has(demands, user_of_problems);
    facts.demands_full_name = has(demands, full_name);
    facts.columns = pnstrdup(columns.data(), columns.size());
    note_written(facts);
    return facts;
}

}  // namespace onetrip::postgres
