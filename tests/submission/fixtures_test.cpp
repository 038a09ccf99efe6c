// Forms, submissions and the events that they are, as files. A second folder of such files may be
// named by ONETRIP_WORKSHOP_FIXTURES.

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "submission/form_questions.hpp"
#include "submission/rows.hpp"

namespace onetrip::submission::test {

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// schema_path, value, answer_type, tag.
using Event = std::array<std::string, 4>;

/// The fields of one line of RFC 4180.
Event read_line(std::string_view line) {
    Event event;
    std::size_t field = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] == '"' && quoted && at + 1 < line.size() && line[at + 1] == '"') {
            event.at(field) += line[at++];
        } else if (line[at] == '"') {
            quoted = !quoted;
        } else if (line[at] == ',' && !quoted) {
            ++field;
        } else {
            event.at(field) += line[at];
        }
    }
    REQUIRE(field == 3);
    return event;
}

std::vector<Event> read_events(const fs::path& path) {
    std::vector<Event> events;
    const std::string text = read(path);
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        events.push_back(read_line(std::string_view(text).substr(start, end - start)));
        start = end + 1;
    }
    std::sort(events.begin(), events.end());
    return events;
}

std::vector<Event> flattened(const fs::path& folder, const std::string& name) {
    std::vector<Event> events;
    for (const Row& row : flatten(read(folder / (name + "_responses.json")),
                                  read(folder / (name + "_schema.json")))) {
        if (row.status == "ok") {
            events.push_back({row.path, row.value.value_or("NULL"), row.type, row.tag});
        } else {
            CHECK(row.status == "missing");
        }
    }
    std::sort(events.begin(), events.end());
    return events;
}

/// The names N of which the folder has N_schema.json.
std::vector<std::string> names_in(const fs::path& folder) {
    constexpr std::string_view suffix = "_schema.json";
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        const std::string file = entry.path().filename().string();
        if (file.ends_with(suffix)) {
            names.push_back(file.substr(0, file.size() - suffix.size()));
        }
    }
    return names;
}

void check_folder(const fs::path& folder) {
    for (const std::string& name : names_in(folder)) {
        INFO(folder / name);
        CHECK(flattened(folder, name) == read_events(folder / (name + "_events.csv")));
    }
}

std::size_t count_questions(const std::string& form) {
    const auto bytes = jsonb::parse_json(form);
    FormQuestions questions(jsonb::Value::root(bytes), never_interrupted);
    FormQuestion question;
    std::size_t count = 0;
    while (questions.next(question)) {
        CHECK(question.problem.empty());
        ++count;
    }
    return count;
}

const char* workshop() {
    return std::getenv("ONETRIP_WORKSHOP_FIXTURES");
}

}  // namespace

TEST_CASE("fixtures") {
    const fs::path folder = "tests/submission/fixtures";
    REQUIRE(names_in(folder).size() == 3);
    check_folder(folder);
    CHECK(count_questions(read(folder / "registration_schema.json")) == 7);
}

TEST_CASE("fixtures of the workshop") {
    if (workshop() == nullptr) {
        SUCCEED("ONETRIP_WORKSHOP_FIXTURES is not set");
        return;
    }
    const fs::path folder = workshop();
    auto names = names_in(folder);
    std::sort(names.begin(), names.end());
    REQUIRE(names == std::vector<std::string>{"empty", "general", "simple"});
    check_folder(folder);
    const auto bytes = jsonb::parse_json(read(folder / "form_scip.json"));
    const Form form(jsonb::Value::root(bytes));
    CHECK(form.nodes().size() == 73);
    CHECK(form.questions().size() == 62);
    CHECK(count_questions(read(folder / "form_scip.json")) == 62);
}

}  // namespace onetrip::submission::test
