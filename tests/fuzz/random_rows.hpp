#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "choices.hpp"
#include "section/language/layout.hpp"
#include "section/types/all_types.hpp"

namespace onetrip::fuzz {

/// Makes a JSON row for a layout, in the order of its elements, so that it takes the arms that its
/// own values choose. Now and then something in it is wrong.
class RowMaker {
  public:
    RowMaker(const section::Layout& layout, Choices& choices) : layout_(layout), choices_(choices) {
        is_wrong_ = choices_.one_in(6);
        most_items_ = 1 + choices_.below(choices_.one_in(8) ? 60 : 5);
    }

    std::string make() { return braces(layout_.block, nullptr, 0); }

  private:
    /// The braces that are filled: what conditions find, and what is written of the object.
    struct Braces {
        const Braces* outer;
        std::map<std::string, std::uint64_t> numbers = {};
        std::map<std::string, std::string> keys = {};
        std::map<std::string, bool> is_wanted = {};  ///< by the name in a present()
    };

    std::string braces(const section::Block& block, const Braces* outer, unsigned depth) {
        Braces inside{outer};
        if (depth < 12) {
            fill(block, inside, depth);
        }
        std::string text;
        for (const auto& [key, value] : inside.keys) {
            text += (text.empty() ? "\"" : ",\"") + key + "\":" + value;
        }
        return "{" + text + "}";
    }

    void fill(const section::Block& block, Braces& inside, unsigned depth) {
        section::for_each(
            block, [&](const section::Field& field) { add_field(field, inside, depth); },
            [&](const section::Label& /*label*/) {},
            [&](const section::List& list) {
                set(list.source, list.name, inside, [&] { return list_of(list, inside, depth); });
            },
            [&](const section::Object& object) {
                set(object.name, object.name, inside, [&] {
                    return choices_.one_in(12) ? "null" : braces(*object.block, &inside, depth + 1);
                });
            },
            [&](const section::Choice& choice) {
                for (const section::Arm& arm : choice.arms) {
                    if (holds(arm.condition, inside)) {
                        return fill(*arm.block, inside, depth);
                    }
                }
                if (choice.otherwise != nullptr) {
                    fill(*choice.otherwise, inside, depth);
                }
            },
            [&](const section::Optional& optional) {
                if (choices_.below(2) == 1) {
                    fill(*optional.block, inside, depth);
                }
            });
    }

    template <typename Make>
    void set(const std::string& key, const std::string& name, Braces& inside, Make make) {
        const auto wanted = inside.is_wanted.find(name);
        if ((wanted != inside.is_wanted.end() && !wanted->second) || inside.keys.contains(key) ||
            slip()) {
            return;
        }
        inside.keys[key] = slip() ? wrong() : make();
    }

    bool slip() { return is_wrong_ && choices_.one_in(16); }

    std::string wrong() {
        static const std::vector<std::string> values = {"null", "-1",   "1e99", "\"x\"",
                                                        "[]",   "{}",   "true", R"({"hex":"00"})",
                                                        "[1]",  "\"\"", "1.5",  R"({"a":1})"};
        return choices_.of(values);
    }

    // ---- fields -------------------------------------------------------------------------------

    void add_field(const section::Field& field, Braces& inside, unsigned depth) {
        using Kind = section::Source::Kind;
        const section::Source& source = field.source;
        if (source.kind == Kind::constant) {
            inside.numbers[field.name] = source.constant;
        } else if (source.kind == Kind::present) {
            const bool is_wanted = choices_.below(3) > 0;
            inside.is_wanted[source.name] = is_wanted;
            inside.numbers[field.name] = is_wanted ? 1 : 0;
        } else if (source.is_part() && choices_.one_in(30)) {
            inside.keys[field.name] = std::to_string(choices_.below(3));
        } else if (source.kind == Kind::column) {
            if (field.default_value && choices_.below(2) == 0) {
                inside.numbers[field.name] = field.default_value->number;
                return;
            }
            set(source.name, field.name, inside, [&] { return value_of(field, depth); });
            note_number(field, inside);
        }
    }

    static void note_number(const section::Field& field, Braces& inside) {
        const auto found = inside.keys.find(field.source.name);
        if (found != inside.keys.end() && !found->second.empty() && found->second.front() >= '0' &&
            found->second.front() <= '9') {
            inside.numbers[field.name] = std::strtoull(found->second.c_str(), nullptr, 10);
        }
    }

    std::string value_of(const section::Field& field, unsigned depth) {
        if (!field.definition.empty()) {
            for (const section::Definition& definition : layout_.definitions) {
                if (definition.name == field.definition && definition.set.empty()) {
                    return braces(definition.block, nullptr, depth + 1);
                }
            }
            return "null";
        }
        return field.type == &section::tlv ? items(field, depth) : plain(field);
    }

    /// A value of a type that is no tlv.
    std::string plain(const section::Field& field) {
        using namespace section;
        if (field.type == &uimsbf || field.type == &bslbf || field.type == &tcimsbf ||
            field.type == &bcd) {
            return integer(field);
        }
        static const std::map<const FieldType*, std::vector<std::string>> values = {
            {&utc,
             {R"("2026-11-28T13:50:00Z")", R"("1993-10-13T12:45:00+02:00")", "null",
              R"("2038-04-22T00:00:00Z")"}},
            {&duration, {R"("01:45:30")", R"("1 day 02:00:00")", R"("PT90M")"}},
            {&mjd, {R"("2026-11-28")", R"("1948-08-05")", R"("2128-01-09")"}},
            {&macaddr, {R"("08:00:2b:01:02:03")", R"("08002B010203")"}},
            {&float_type, {"0", "1", "-2.5", "\"NaN\"", "\"Infinity\"", R"({"hex":"80000000"})"}},
        };
        if (const auto found = values.find(field.type); found != values.end()) {
            return choices_.of(found->second);
        }
        if (field.type == &inet) {
            static const std::vector<std::string> v4 = {R"("192.0.2.1")", R"("0.0.0.0")"};
            static const std::vector<std::string> v6 = {R"("2001:db8::1")", R"("::ffff:1.2.3.4")"};
            return choices_.of(field.width == 32U ? v4 : v6);
        }
        return text(field);
    }

    std::string integer(const section::Field& field) {
        const std::uint32_t width = *field.width;
        std::uint64_t most = width < 64 ? (std::uint64_t{1} << width) - 1 : ~std::uint64_t{0};
        if (field.type == &section::tcimsbf) {
            most >>= 1;
        } else if (field.type == &section::bcd) {
            most = 1;
            for (std::uint32_t digit = 0; digit < width; digit += 4) {
                most *= 10;
            }
            --most;
        }
        switch (choices_.below(4)) {
            case 0:
                return "0";
            case 1:
                return std::to_string(most);
            case 2:
                return "1";
            default:
                const std::uint64_t bits = choices_.word(width > 16 ? 8 : 2);
                return std::to_string(most == ~std::uint64_t{0} ? bits : bits % (most + 1));
        }
    }

    std::string hex(std::size_t bytes) {
        static constexpr char digits[] = "0123456789abcdef";
        std::string text;
        for (; bytes > 0; --bytes) {
            const std::uint64_t byte = choices_.word(1);
            text += {digits[byte / 16], digits[byte % 16]};
        }
        return text;
    }

    std::string text(const section::Field& field) {
        const std::size_t size = field.width ? *field.width / 8 : choices_.below(9);
        if (field.type == &section::bytes_type) {
            return "\"" + hex(size) + "\"";
        }
        if (choices_.one_in(5)) {
            return R"({"hex":")" + hex(size) + "\"}";
        }
        const std::string letters = this->letters(field.type == &section::utf16 ? size / 2 : size,
                                                  field.type == &section::text_type && field.width);
        if (field.type == &section::dvbtext && choices_.one_in(5)) {
            static const std::vector<std::string> selectors = {"",   "01", "05", "100002",
                                                               "11", "15", "13", "1f01"};
            return R"({"text":")" + letters + R"(","selector":")" + choices_.of(selectors) + "\"}";
        }
        return "\"" + letters + "\"";
    }

    std::string letters(std::size_t count, bool is_ascii) {
        static const std::vector<std::string> all = {"a", "Z",      " ",   "\u00e9", "\u20ac", "~",
                                                     "0", "\u0416", "\\n", "\ue08a", "\u00df"};
        std::string text;
        for (; count > 0; --count) {
            text += is_ascii ? all[choices_.below(3)] : choices_.of(all);
        }
        return text;
    }

    // ---- lists --------------------------------------------------------------------------------

    std::string array(std::uint64_t count, auto make) {
        std::string text = "[";
        for (; count > 0; --count) {
            text += (text.size() > 1 ? "," : "") + make();
        }
        return text + "]";
    }

    std::string list_of(const section::List& list, const Braces& inside, unsigned depth) {
        const std::uint64_t most = depth < 3 ? most_items_ : 2;
        const std::uint64_t count = list.count ? *list.count : choices_.below(most + 1);
        return array(count, [&] {
            if (list.value) {
                return plain(*list.value);
            }
            std::string item = braces(*list.block, &inside, depth + 1);
            if (list.split && !list.split->key.empty() && item.size() > 2) {
                item.insert(
                    1, "\"" + list.split->key + "\":" + std::to_string(choices_.below(4)) + ",");
            }
            return item;
        });
    }

    std::string items(const section::Field& field, unsigned depth) {
        std::vector<const section::Definition*> known;
        for (const section::Definition& definition : layout_.definitions) {
            for (const std::string& set : field.sets) {
                if (definition.set == set) {
                    known.push_back(&definition);
                }
            }
        }
        if (choices_.one_in(20)) {
            return R"({"1":"a","0x02":258})";
        }
        return array(choices_.below((depth < 3 ? most_items_ : 2) + 1), [&] {
            if (known.empty() || depth > 10 || choices_.one_in(3)) {
                return plain_item();
            }
            const section::Definition& definition = *choices_.of(known);
            return "{\"" + definition.name + "\":" + braces(definition.block, nullptr, depth + 1) +
                   "}";
        });
    }

    std::string plain_item() {
        const std::string head = R"({"tag":)" + std::to_string(choices_.below(10)) + ",";
        switch (choices_.below(5)) {
            case 0:
                return head + R"("value":")" + letters(choices_.below(5), false) + "\"}";
            case 1:
                return head + R"("value":)" + std::to_string(choices_.word(2)) + "}";
            case 2:
                return head + R"("value":-3,"size":2})";
            case 3:
                return head + R"("value":[{"tag":1,"value":true},{"tag":2,"value":null}]})";
            default:
                return head + R"("hex":")" + hex(choices_.below(6)) + "\"}";
        }
    }

    // ---- conditions ---------------------------------------------------------------------------

    static bool holds(const section::Condition& condition, const Braces& inside) {
        if (condition.kind == section::Condition::Kind::comparison) {
            return compare(condition, inside);
        }
        const bool is_any = condition.kind == section::Condition::Kind::any_of;
        for (const section::Condition& operand : condition.operands) {
            if (holds(operand, inside) == is_any) {
                return is_any;
            }
        }
        return !is_any;
    }

    static bool compare(const section::Condition& condition, const Braces& inside) {
        for (const Braces* b = &inside; b != nullptr; b = b->outer) {
            const auto found = b->numbers.find(condition.field);
            if (found != b->numbers.end()) {
                const std::uint64_t number =
                    found->second & (condition.mask ? condition.mask->number : ~std::uint64_t{0});
                return compare(number, condition.comparison, condition.constant.number);
            }
        }
        return false;
    }

    static bool compare(std::uint64_t a, section::Condition::Operator comparison, std::uint64_t b) {
        using Operator = section::Condition::Operator;
        switch (comparison) {
            case Operator::equal:
                return a == b;
            case Operator::not_equal:
                return a != b;
            case Operator::less:
                return a < b;
            case Operator::less_or_equal:
                return a <= b;
            case Operator::greater:
                return a > b;
            case Operator::greater_or_equal:
                return a >= b;
        }
        __builtin_unreachable();
    }

    const section::Layout& layout_;
    Choices& choices_;
    bool is_wrong_ = false;
    std::uint64_t most_items_ = 1;
};

}  // namespace onetrip::fuzz
