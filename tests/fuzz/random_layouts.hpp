#pragma once

#include <set>
#include <string>
#include <vector>

#include "choices.hpp"

namespace onetrip::fuzz {

/// Makes the text of a layout with every construct of tables. Most are made to be accepted: what
/// has no width is bounded by a length or a count before it, bits are filled up to bytes. Now and
/// then one of that is left out.
class LayoutMaker {
  public:
    explicit LayoutMaker(Choices& choices) : choices_(choices) {}

    std::string make() {
        is_careless_ = choices_.one_in(4);
        std::string definitions;
        for (std::uint64_t i = choices_.below(3); i > 0; --i) {
            definitions += type();
        }
        for (std::uint64_t i = choices_.below(5); i > 0; --i) {
            definitions += item();
        }
        std::string text = section() + definitions;
        for (const std::string& set : used_sets_) {
            text += "last_of_" + set + " (" + set + " 9) {\nrest * bytes\n}\n";
        }
        return text;
    }

  private:
    struct Integer {
        std::string name;
        unsigned width;
    };

    /// What is known of the braces that are filled.
    struct Braces {
        const Braces* outer = nullptr;
        bool is_section = false;
        bool end_is_known = false;
        bool may_split = false;
        std::vector<Integer> integers = {};  ///< that conditions may ask for
        std::vector<std::string> bytes = {};
    };

    bool slip() { return is_careless_ && choices_.one_in(12); }
    std::string number(std::uint64_t n) { return std::to_string(n); }

    std::string name() {
        static const std::vector<std::string> words = {"a",    "length", "count", "split",
                                                       "part", "max",    "Flag",  "optional"};
        return choices_.of(words) + number(names_++);
    }

    std::uint64_t constant(unsigned width) {
        const std::uint64_t all = width < 64 ? (std::uint64_t{1} << width) - 1 : ~std::uint64_t{0};
        switch (choices_.below(4)) {
            case 0:
                return 0;
            case 1:
                return all;
            case 2:
                return 1;
            default:
                return choices_.word(2) & all;
        }
    }

    // ---- fields -------------------------------------------------------------------------------

    std::string plain_integer(Braces& braces, unsigned width) {
        static const std::vector<std::string> types = {"uimsbf", "bslbf"};
        const std::string field = name();
        const bool is_decimal = width % 4 == 0 && choices_.one_in(6);
        const bool is_signed = width > 1 && !is_decimal && choices_.one_in(6);
        std::string text = field + " " + number(width) + " " +
                           (is_decimal  ? "bcd"
                            : is_signed ? "tcimsbf"
                                        : choices_.of(types));
        switch (choices_.below(8)) {
            case 5:
                return text + " = " + number(is_decimal || is_signed ? 0 : constant(width)) + "\n";
            case 6:
                braces.integers.push_back({field, width});
                return text + " default " + number(is_decimal || is_signed ? 1 : constant(width)) +
                       "\n";
            case 7:
                if (!braces.integers.empty()) {
                    text += " = " + choices_.of(braces.integers).name;
                    return text + "\n";
                }
                [[fallthrough]];
            default:
                braces.integers.push_back({field, width});
                return text + "\n";
        }
    }

    static std::string computed(const std::string& name, unsigned width,
                                const std::string& source) {
        return name + " " + std::to_string(width) + " uimsbf = " + source + "\n";
    }

    std::string align() { return name() + " * align = " + number(choices_.below(2)) + "\n"; }

    /// Integers that fill bytes together; or one of them says `source`.
    std::string bits(Braces& braces, const std::string& source = {}) {
        static const std::vector<unsigned> odd = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 33, 63};
        static const std::vector<unsigned> whole = {8, 8, 16, 24, 32, 64};
        if (choices_.below(2) == 0) {
            return source.empty() ? plain_integer(braces, choices_.of(whole))
                                  : computed(name(), 8, source);
        }
        std::string text;
        unsigned total = 0;
        for (std::uint64_t i = 1 + choices_.below(3); i > 0; --i) {
            const unsigned width = choices_.of(odd);
            text += plain_integer(braces, width);
            total += width;
        }
        if (!source.empty()) {
            const unsigned width = 8 - total % 8 + 8 * static_cast<unsigned>(choices_.below(2));
            return text + computed(name(), width, source);
        }
        if (total % 8 == 0 || slip()) {
            return text;
        }
        return text + (choices_.one_in(5) ? align() : plain_integer(braces, 8 - total % 8));
    }

    std::string fixed_type() {
        static const std::vector<std::string> types = {
            "40 utc",   "24 duration", "16 mjd",  "32 inet", "128 inet", "48 macaddr",
            "32 float", "64 float",    "24 char", "16 text", "32 utf16", "24 bytes"};
        return choices_.of(types);
    }

    std::string tlv_type() {
        static const std::vector<std::string> lengths = {"8", "16", "ber"};
        std::string type = choices_.one_in(4) ? "tlv(16," : "tlv(8,";
        type += choices_.of(lengths);
        for (const char* const set : {"own", "more"}) {
            if (choices_.below(3) > 0) {
                type += std::string(",") + set;
                used_sets_.insert(set);
            }
        }
        return type + ")";
    }

    std::string star_type() {
        static const std::vector<std::string> types = {
            "bytes", "text", "dvbtext", "char", "utf16", "dvbtext(8859-15)", "dvbtext(6937)"};
        return choices_.below(2) == 0 ? tlv_type() : choices_.of(types);
    }

    // ---- what a length or a count says --------------------------------------------------------

    /// Fields with a length() or count() of `element`, and perhaps others after them.
    std::string measure(Braces& braces, const std::string& kind, const std::string& element) {
        if (slip()) {
            return {};
        }
        std::string source = kind + "(" + element + ")";
        if (choices_.one_in(5)) {
            source += (choices_.below(2) == 0 ? " + " : " - ") + number(1 + choices_.below(3));
        }
        std::string text = bits(braces, source);
        return choices_.one_in(6) ? text + bits(braces) : text;
    }

    std::string bounded_bytes(Braces& braces) {
        const std::string field = name();
        const std::string type = star_type();
        const bool is_counted = type.starts_with("tlv") && choices_.one_in(4);
        std::string text = measure(braces, is_counted ? "count" : "length", field);
        text += field + " * " + type;
        if (!type.starts_with("tlv")) {
            if (choices_.one_in(6) && !braces.bytes.empty()) {
                text += " = " + choices_.of(braces.bytes);
            } else {
                braces.bytes.push_back(field);
            }
        }
        return text + "\n";
    }

    std::string values(Braces& braces) {
        static const std::vector<std::string> odd = {"1 bslbf", "3 uimsbf", "13 tcimsbf", "4 bcd"};
        const std::string list = name();
        const bool is_odd = choices_.one_in(2);
        const std::string type = is_odd ? choices_.of(odd) : fixed_type();
        if (choices_.one_in(4)) {
            return list + "[" + number(1 + choices_.below(9)) + "] " + type + "\n" +
                   (is_odd ? align() : "");
        }
        const bool is_counted = is_odd || choices_.below(2) == 0;
        return measure(braces, is_counted ? "count" : "length", list) + list + "[] " + type + "\n" +
               (is_odd ? align() : "");
    }

    // ---- braces -------------------------------------------------------------------------------

    /// What stands in the braces of a list's item: it begins with its length, or ends by itself.
    std::string item_body(const Braces& outer, unsigned depth) {
        Braces braces{&outer};
        std::string text;
        if (choices_.one_in(4)) {
            text = bits(braces, "length()");
            braces.end_is_known = true;
        }
        text += bits(braces) + several(braces, choices_.below(3), depth + 1);
        return braces.end_is_known && choices_.below(2) == 0 ? text + tail(braces, depth + 1)
                                                             : text;
    }

    std::string objects(Braces& braces, unsigned depth) {
        const std::string list = name();
        if (choices_.one_in(6)) {
            return list + "[" + number(1 + choices_.below(3)) + "] {\n" + item_body(braces, depth) +
                   "}\n";
        }
        const std::string before =
            measure(braces, choices_.below(2) == 0 ? "length" : "count", list);
        return before + list + "[] {\n" + item_body(braces, depth) + "}\n";
    }

    std::string object(Braces& braces, unsigned depth) {
        const std::string field = name();
        Braces inner{&braces};
        std::string before;
        if (choices_.below(2) == 0) {
            before = measure(braces, "length", field);
            inner.end_is_known = true;
        }
        std::string body = several(inner, 1 + choices_.below(2), depth + 1);
        if (inner.end_is_known && choices_.below(2) == 0) {
            body += tail(inner, depth + 1);
        }
        return before + field + " {\n" + body + "}\n";
    }

    std::string of_type(Braces& braces) {
        if (types_.empty()) {
            return bounded_bytes(braces);
        }
        const std::string field = name();
        const auto& [type, ends_itself] = choices_.of(types_);
        const bool is_measured = !ends_itself || choices_.one_in(3);
        return (is_measured ? measure(braces, "length", field) : std::string()) + field + " * " +
               type + "\n";
    }

    std::vector<Integer> known_integers(const Braces& braces) const {
        std::vector<Integer> known;
        for (const Braces* b = &braces; b != nullptr; b = b->outer) {
            known.insert(known.end(), b->integers.begin(), b->integers.end());
        }
        return known;
    }

    std::string condition(const std::vector<Integer>& known) {
        static const std::vector<std::string> operators = {"==", "!=", "<", "<=", ">", ">="};
        static const std::vector<std::string> joints = {" && ", " || "};
        std::string text;
        for (std::uint64_t i = 1 + choices_.below(2); i > 0; --i) {
            const Integer& field = choices_.of(known);
            text += (text.empty() ? "" : choices_.of(joints)) + field.name;
            text += choices_.one_in(6) ? " & " + number(constant(field.width)) : "";
            text += " " + choices_.of(operators) + " " + number(constant(field.width));
        }
        return text;
    }

    std::string choice(Braces& braces, unsigned depth) {
        const std::vector<Integer> known = known_integers(braces);
        if (known.empty()) {
            return bits(braces);
        }
        std::string text;
        const std::uint64_t arms = 1 + choices_.below(3);
        const bool has_else = choices_.below(2) == 0;
        for (std::uint64_t arm = 0; arm < arms + (has_else ? 1 : 0); ++arm) {
            text += arm == 0 ? "" : "} else ";
            text += arm < arms ? "if (" + condition(known) + ") {\n" : "{\n";
            Braces inside = braces;
            inside.is_section = inside.may_split = false;
            text += several(inside, 1 + choices_.below(2), depth + 1);
        }
        return text + "}\n";
    }

    /// present(x), and the `if` that goes by it.
    std::string flagged(Braces& braces, unsigned depth) {
        const std::string flag = name();
        const std::string field = name();
        std::string text = flag + " 1 bslbf = present(" + field + ")\n" + name() +
                           " 7 bslbf default 0x7F\nif (" + flag + " == 1) {\n";
        Braces inside = braces;
        switch (choices_.below(3)) {
            case 0:
                text += field + " " + choices_.of(std::vector<std::string>{"8 uimsbf", "32 inet"}) +
                        "\n";
                break;
            case 1:
                text += measure(inside, "length", field) + field + " * " + star_type() + "\n";
                break;
            default:
                text += field + " {\n" + item_body(inside, depth) + "}\n";
        }
        return text + "}\n";
    }

    std::string optional(Braces& braces, unsigned depth) {
        Braces inside = braces;
        inside.is_section = inside.may_split = false;
        inside.integers.clear();
        inside.bytes.clear();
        std::string text = "optional {\n" + bits(inside) + several(inside, choices_.below(2), 5);
        return text + (choices_.one_in(3) ? tail(inside, depth + 1) : "") + "}\n";
    }

    /// What takes the rest of braces whose end is known, and what may come after it.
    std::string tail(Braces& braces, unsigned depth) {
        const std::string after = choices_.one_in(3) ? bits(braces) : "";
        const std::string field = name();
        switch (depth < 6 ? choices_.below(6) : 0) {
            case 1:
                return field + "[] 16 uimsbf\n" + after;
            case 2:
                return field + "[] {\n" + item_body(braces, depth) + "}\n" + after;
            case 3:
                return optional(braces, depth) + after;
            case 4: {
                Braces inner{&braces};
                inner.end_is_known = true;
                return field + " {\n" + bits(inner) + tail(inner, depth + 1) + "}\n" + after;
            }
            case 5: {
                const std::vector<Integer> known = known_integers(braces);
                if (!known.empty()) {
                    return "if (" + condition(known) + ") {\n" + field + " * " + star_type() +
                           "\n} else {\n" + field + " * bytes\n}\n";
                }
                [[fallthrough]];
            }
            default:
                return field + " * " + star_type() + "\n" + after;
        }
    }

    std::string several(Braces& braces, std::uint64_t count, unsigned depth) {
        std::string text;
        for (; count > 0 && elements_ < 60; --count) {
            ++elements_;
            text += element(braces, depth);
        }
        return text;
    }

    std::string element(Braces& braces, unsigned depth) {
        if (slip()) {
            return choices_.below(2) == 0 ? tail(braces, depth) : optional(braces, depth);
        }
        switch (choices_.below(depth < 5 ? 12 : 6)) {
            case 2:
                return name() + " " + fixed_type() + "\n";
            case 3:
                return bounded_bytes(braces);
            case 4:
                return values(braces);
            case 5:
                return of_type(braces);
            case 6:
            case 7:
                return objects(braces, depth);
            case 8:
                return object(braces, depth);
            case 9:
            case 10:
                return choice(braces, depth);
            case 11:
                return flagged(braces, depth);
            default:
                return bits(braces);
        }
    }

    // ---- the text -----------------------------------------------------------------------------

    std::string head() {
        std::string text;
        if (choices_.below(2) == 1) {
            text += "max " + number(12 + choices_.below(300));
        }
        if (choices_.one_in(4)) {
            static const std::vector<std::string> tables = {"8859-15", "8859-1", "6937", "8859-5",
                                                            "arib"};
            text += (text.empty() ? "" : ", ") + std::string("text ") + choices_.of(tables);
        }
        if (choices_.one_in(6)) {
            text += (text.empty() ? "" : ", ") + std::string("time +9");
        }
        return text.empty() ? text : " (" + text + ")";
    }

    std::string split(Braces& braces) {
        const std::string list = name();
        std::string text;
        const bool is_by_key = choices_.one_in(2);
        if (!slip()) {
            text += computed(name(), 8, "part()");
        }
        text += choices_.below(2) == 0 ? computed(name(), 8, "last_part()") : "";
        if (!is_by_key) {
            text += choices_.below(2) == 0 ? computed(name(), 8, "parts()") : "";
            text += several(braces, choices_.below(2), 3);
            return choices_.below(2) == 0
                       ? text + list + " * " + tlv_type() + " split\n"
                       : text + list + "[] split {\n" + item_body(braces, 2) + "}\n";
        }
        text += choices_.below(2) == 0 ? computed(name(), 8, "last_part(segment)") : "";
        return text + list + "[] split(" + number(1 + choices_.below(8)) + ") by segment {\n" +
               item_body(braces, 2) + "}\n";
    }

    std::string section() {
        Braces braces;
        braces.is_section = braces.end_is_known = true;
        std::string text = "table" + head() + " {\n";
        if (choices_.below(2) == 0) {
            text +=
                "table_id 8 uimsbf = 0x80\nsyntax 1 bslbf = 1\nreserved 3 bslbf = 7\n"
                "section_length 12 uimsbf = length()\n";
        }
        if (choices_.one_in(3)) {
            text += split(braces);
        } else {
            text += several(braces, 1 + choices_.below(5), 1);
            text += choices_.below(2) == 0 ? tail(braces, 1) : "";
        }
        return text + (choices_.one_in(4) ? "CRC 32 rpchof\n" : "") + "}\n";
    }

    std::string type() {
        Braces braces;
        braces.end_is_known = choices_.one_in(3);
        const std::string type = "type" + number(types_.size());
        std::string text = type + " {\n" + bits(braces) + several(braces, choices_.below(3), 3);
        text += braces.end_is_known ? tail(braces, 3) : "";
        types_.push_back({type, !braces.end_is_known});
        return text + "}\n";
    }

    std::string item() {
        static const std::vector<std::string> tags = {"1", "2", "3", "2 1", "3 0"};
        static const std::vector<std::string> afters = {" after 1 0x01", " after 2 0x0000",
                                                        " after 5 0x00 after 1 0x02"};
        Braces braces;
        braces.end_is_known = true;
        std::string head = "item" + number(items_++) + " (" +
                           (choices_.below(2) == 0 ? "own " : "more ") + choices_.of(tags) +
                           (choices_.one_in(3) ? choices_.of(afters) : "") + ") {\n";
        std::string text = several(braces, choices_.below(3), 3);
        return head + text + (choices_.below(2) == 0 ? tail(braces, 3) : "") + "}\n";
    }

    struct Type {
        std::string name;
        bool ends_itself;
    };

    Choices& choices_;
    bool is_careless_ = false;
    unsigned names_ = 0;
    unsigned elements_ = 0;
    unsigned items_ = 0;
    std::set<std::string> used_sets_;
    std::vector<Type> types_;
};

}  // namespace onetrip::fuzz
