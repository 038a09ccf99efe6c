// The library of the standards: every layout of it parses, compiles and prints as it stands, and
// rows of it come back.

#include "section/library/library.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/randomness.hpp"
#include "rows.hpp"
#include "section/decoder.hpp"
#include "section/library/inlining.hpp"
#include "section/library/standards.hpp"
#include "section/tables/item_sets.hpp"
#include "section/tables/library_units.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::test {

namespace {

using tables::Node;
using tables::none;
using tables::Unit;

std::string quoted_json(const std::string& text) {
    return "\"" + text + "\"";
}

/// A JSON row for a unit, small and at random. Arms are taken by the values that it has so far.
class RowMaker {
  public:
    explicit RowMaker(std::uint64_t seed) : random_(seed) {}

    std::string row(const Unit& unit) {
        open_.emplace_back();
        open_.back().unit = &unit;
        add_block(unit, 0);
        return close();
    }

  private:
    /// The braces that are being written.
    struct Open {
        const Unit* unit = nullptr;
        std::map<tables::NameId, std::uint64_t> numbers;
        std::map<tables::NameId, bool> present;
        std::map<std::string, std::string> members;
    };

    std::string close() {
        std::string text;
        for (const auto& [key, value] : open_.back().members) {
            text += (text.empty() ? "" : ",") + quoted_json(key) + ":" + value;
        }
        open_.pop_back();
        return "{" + text + "}";
    }

    std::string inner(const Unit& unit, tables::BlockId block) {
        open_.emplace_back();
        open_.back().unit = &unit;
        add_block(unit, block);
        return close();
    }

    void add_block(const Unit& unit, tables::BlockId block) {
        for (const Node& node : unit.blocks[block].nodes) {
            add_node(unit, node);
        }
    }

    void add_node(const Unit& unit, const Node& node) {
        switch (node.kind) {
            case Node::Kind::choice:
                add_block_of(unit, taken(unit, node));
                return;
            case Node::Kind::optional:
                add_block_of(unit, random_.one_in(2) ? node.block : none);
                return;
            case Node::Kind::label:
            case Node::Kind::align:
                return;
            default:
                break;
        }
        const auto absent = open_.back().present.find(node.name);
        if (absent != open_.back().present.end() && !absent->second) {
            return;
        }
        if (node.kind == Node::Kind::bits) {
            add_bits(node);
        } else {
            add(node, value_of(unit, node));
        }
    }

    void add_block_of(const Unit& unit, tables::BlockId block) {
        if (block != none) {
            add_block(unit, block);
        }
    }

    /// The key is the field's source; part numbers are set by the field's own name.
    void add(const Node& node, const std::string& value) {
        const Source& source = node.field->source;
        open_.back().members[source.kind == Source::Kind::column ? source.name : node.field->name] =
            value;
    }

    void add_bits(const Node& node) {
        using Kind = Source::Kind;
        const Field& field = *node.field;
        switch (field.source.kind) {
            case Kind::constant:
                open_.back().numbers[node.name] = node.constant;
                return;
            case Kind::present:
                open_.back().numbers[node.name] = random_.below(2);
                open_.back().present[node.measured] = open_.back().numbers[node.name] == 1;
                return;
            case Kind::part:
            case Kind::last_part:
            case Kind::last_part_of:
                add(node, "0");
                return;
            case Kind::column:
                break;
            default:
                return;
        }
        if (field.default_value && !random_.one_in(3)) {
            open_.back().numbers[node.name] = node.constant;
            return;
        }
        add(node, bits_value(node));
    }

    /// Numbers are small, or those that a condition of the unit asks for.
    std::uint64_t number_for(const Node& node) {
        std::vector<std::uint64_t> candidates = {0, 1, 2, 3};
        for (const tables::TestedCondition& condition : open_.back().unit->conditions) {
            candidates.push_back(condition.constant);
        }
        const std::uint32_t width = *node.field->width;
        const std::uint64_t largest =
            width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
        const std::uint64_t number = random_.pick(candidates);
        return number > largest ? number & largest : number;
    }

    std::string bits_value(const Node& node) {
        const std::string_view type = node.field->type->name();
        if (type == "uimsbf" || type == "bslbf") {
            std::uint64_t number = number_for(node);
            if (node.field->default_value && number == node.field->default_value->number) {
                number ^= 1;
            }
            open_.back().numbers[node.name] = number;
            return std::to_string(number);
        }
        return plain_value(*node.field);
    }

    std::string plain_value(const Field& field) {
        const std::string type(field.type->name());
        static const std::map<std::string, std::string> values = {
            {"utc", "\"2026-11-28T12:00:00Z\""},
            {"mjd", "\"2026-11-28\""},
            {"duration", "\"01:30:00\""},
            {"float", "0.5"},
            {"macaddr", "\"00:01:02:03:04:05\""},
            {"dvbtext", "\"A1\""},
            {"text", "\"a1\""},
            {"tcimsbf", "1"},
            {"bcd", "7"},
            {"uimsbf", "1"},
            {"bslbf", "1"},
        };
        const std::uint32_t bytes = field.width ? *field.width / 8 : random_.below(3);
        if (type == "inet") {
            return *field.width == 32 ? "\"10.0.0.1\"" : "\"2001:db8::1\"";
        }
        if (type == "char" || type == "text") {
            return quoted_json(std::string(bytes, 'a'));
        }
        if (type == "utf16") {
            return quoted_json("a");
        }
        if (type == "bytes") {
            std::string hex;
            for (std::uint32_t i = 0; i < bytes; ++i) {
                hex += "5a";
            }
            return quoted_json(hex);
        }
        return values.at(type);
    }

    std::string value_of(const Unit& unit, const Node& node) {
        switch (node.kind) {
            case Node::Kind::tlv:
                return "[]";
            case Node::Kind::object:
                return node.unit != nullptr ? inner(*node.unit, 0) : inner(unit, node.block);
            case Node::Kind::list:
            case Node::Kind::values: {
                std::string items;
                const std::uint32_t count = node.count > 0 ? node.count : random_.below(3);
                for (std::uint32_t i = 0; i < count; ++i) {
                    items += (items.empty() ? "" : ",") + (node.kind == Node::Kind::values
                                                               ? plain_value(*node.field)
                                                               : inner(unit, node.block));
                }
                return "[" + items + "]";
            }
            default:
                return plain_value(*node.field);
        }
    }

    // ---- conditions ---------------------------------------------------------------------------

    tables::BlockId taken(const Unit& unit, const Node& choice) {
        for (const tables::PlannedArm& arm : choice.arms) {
            if (holds(unit, arm.condition)) {
                return arm.block;
            }
        }
        return choice.otherwise;
    }

    bool holds(const Unit& unit, tables::ConditionId id) {
        const tables::TestedCondition& condition = unit.conditions[id];
        if (condition.kind != Condition::Kind::comparison) {
            const bool all = condition.kind == Condition::Kind::all_of;
            for (const tables::ConditionId operand : condition.operands) {
                if (holds(unit, operand) != all) {
                    return !all;
                }
            }
            return all;
        }
        const Open& open = open_[open_.size() - 1 - condition.field.levels];
        const auto found = open.numbers.find(condition.field.name);
        if (found == open.numbers.end()) {
            return false;
        }
        const std::uint64_t left = found->second & condition.mask.value_or(~std::uint64_t{0});
        using Operator = Condition::Operator;
        switch (condition.comparison) {
            case Operator::equal:
                return left == condition.constant;
            case Operator::not_equal:
                return left != condition.constant;
            case Operator::less:
                return left < condition.constant;
            case Operator::less_or_equal:
                return left <= condition.constant;
            case Operator::greater:
                return left > condition.constant;
            case Operator::greater_or_equal:
                return left >= condition.constant;
        }
        return false;
    }

    Randomness random_;
    std::vector<Open> open_;
};

/// How many rows at random are decoded to themselves, of those that can be encoded. All others come
/// to the same bytes again.
int rows_that_come_back(const std::string& text, const std::string& wrap_begin,
                        const std::string& wrap_end, const Unit& unit) {
    const Plan plan = plan_of(text);
    int rows = 0;
    for (std::uint64_t seed = 1; seed <= 60 && rows < 5; ++seed) {
        const std::string row = wrap_begin + RowMaker(seed).row(unit) + wrap_end;
        std::vector<std::string> sections;
        try {
            sections = encode(plan, Row::of_json(row));
        } catch (const Error&) {
            continue;  // lengths that do not fit what is random, and the like
        }
        INFO(text.substr(0, text.find('{')) << row);
        REQUIRE(sections.size() == 1);
        Decoder decoder(plan);
        const std::string json = json_row(decoder, from_hex(sections.front()));
        INFO(json);
        CHECK(encode(plan, Row::of_json(json)) == sections);
        // An object of no bytes is NULL where a length is before it.
        rows += jsonb::parse_json(json) == jsonb::parse_json(row) ? 1 : 0;
    }
    return rows;
}

/// The item that a definition must come after, as it is decoded in sets of mpeg and dvb.
std::string scoping_item(const After& after) {
    constexpr std::uint32_t registration = 0x05;
    std::uint32_t number = 0;
    for (const std::uint8_t byte : after.bytes) {
        number = number << 8 | byte;
    }
    return after.tag == registration
               ? "{\"registration_descriptor\":{\"format_identifier\":" + std::to_string(number) +
                     ",\"additional_identification_private_info\":\"\"}},"
               : "{\"private_data_specifier_descriptor\":{\"private_data_specifier\":" +
                     std::to_string(number) + "}},";
}

constexpr std::string_view around = "x {\n    a  8  uimsbf\n}\n";

}  // namespace

TEST_CASE("every definition of the library is canonical and compiles", "[library]") {
    tables::LibraryUnits units({TextTable::none, std::nullopt});
    std::set<std::string> names;
    for (const LibraryDefinition& definition : library_definitions()) {
        INFO(definition.set << " " << definition.name);
        const std::string text = std::string(around) + std::string(definition.text);
        CHECK(print_layout(parse_layout(text)) == text);
        CHECK(
            names.insert(std::string(definition.set) + " " + std::string(definition.name)).second);
        if (definition.set.empty()) {
            CHECK(units.find_type(std::string(definition.name)) != nullptr);
            continue;
        }
        const tables::SetOfItems* const set = units.find_set(std::string(definition.set));
        REQUIRE(set != nullptr);
        for (const tables::ItemDefinition* const item :
             set->by_name.at(std::string(definition.name))) {
            CHECK(tables::unit_of(*item).name == definition.name);
        }
    }
    CHECK(names.size() >= 353);
}

TEST_CASE("the definitions of a set differ in tag or scope", "[library]") {
    for (const std::string_view set : {"mpeg", "dvb", "isdb", "atsc", "ait", "int", "unt", "rnt",
                                       "dii", "eas", "splice", "dtmb", ""}) {
        INFO(set);
        std::string text(around);
        for (const LibraryDefinition& definition : library_set(set)) {
            text += std::string(definition.text) + "\n";
        }
        CHECK(text.size() > around.size());
        CHECK_NOTHROW(parse_layout(text));
    }
}

TEST_CASE("every table of the library is canonical and compiles in each standard", "[library]") {
    for (const LibraryTable& table : library_tables()) {
        INFO(table.name);
        CHECK(print_layout(parse_layout(table.text)) == table.text);
    }
    for (const std::string_view standard : standard_names()) {
        for (const LibraryTable* const table : tables_of_standard(standard)) {
            INFO(table->name << " " << standard);
            const std::string text = standard_layout(table->name, standard);
            CHECK(print_layout(parse_layout(text)) == text);
            CHECK(parse_layout(text).name == table->name);
            CHECK_NOTHROW(compile(parse_layout(text)));
        }
    }
}

TEST_CASE("rows of every table come back", "[library]") {
    for (const LibraryTable* const table : tables_of_standard("dvb")) {
        const std::string text = standard_layout(table->name, "dvb");
        const Plan plan = plan_of(text);
        INFO(table->name);
        if (plan.table != nullptr) {
            CHECK(rows_that_come_back(text, "", "", plan.table->root) > 0);
        }
    }
    for (const std::string_view standard : {"isdb", "atsc"}) {
        for (const LibraryTable* const table : tables_of_standard(standard)) {
            if (table->standards == standard) {
                const std::string text(table->text);
                const Plan plan = plan_of(text);
                INFO(table->name);
                if (plan.table != nullptr) {
                    CHECK(rows_that_come_back(text, "", "", plan.table->root) > 0);
                }
            }
        }
    }
}

TEST_CASE("rows of every descriptor come back", "[library]") {
    tables::LibraryUnits units({TextTable::none, std::nullopt});
    for (const LibraryDefinition& definition : library_definitions()) {
        if (definition.set.empty()) {
            continue;
        }
        const std::string name(definition.name);
        const tables::SetOfItems* const set = units.find_set(std::string(definition.set));
        const tables::ItemDefinition& item = *set->by_name.at(name).front();
        const std::string text = "x {\n d * tlv(8,8," + std::string(definition.set) +
                                 (definition.set == "mpeg" ? ",dvb" : "") + ")\n}";
        std::string before;
        if (!item.after.empty()) {
            before = scoping_item(item.after.front());
        }
        INFO(definition.set << " " << name);
        CHECK(rows_that_come_back(text, "{\"d\":[" + before + "{\"" + name + "\":", "}]}",
                                  tables::unit_of(item)) > 0);
    }
}

}  // namespace onetrip::section::test
