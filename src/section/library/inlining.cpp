// with_library: a layout's text with all that it can reach of the library. The text's own
// definitions come first, as they do when the library is looked up, so that items find the same
// definitions.

#include "section/library/inlining.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/error.hpp"
#include "base/words.hpp"
#include "section/library/library.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section {

namespace {

/// Calls `take` with each field of a block and of the braces in it, which are at most
/// deepest_braces deep.
template <typename Take>
void for_each_field(Block& block, const Take& take) {  // NOLINT(misc-no-recursion)
    for (Element& element : block.elements) {
        if (auto* const field = std::get_if<Field>(&element)) {
            take(*field);
        } else if (auto* const list = std::get_if<List>(&element)) {
            if (list->block != nullptr) {
                for_each_field(*list->block, take);
            } else {
                take(*list->value);
            }
        } else if (auto* const object = std::get_if<Object>(&element)) {
            for_each_field(*object->block, take);
        } else if (auto* const optional = std::get_if<Optional>(&element)) {
            for_each_field(*optional->block, take);
        } else if (auto* const choice = std::get_if<Choice>(&element)) {
            for (Arm& arm : choice->arms) {
                for_each_field(*arm.block, take);
            }
            if (choice->otherwise != nullptr) {
                for_each_field(*choice->otherwise, take);
            }
        }
    }
}

// ---- what a definition of the text hides ------------------------------------------------------

bool begins_with(const std::vector<std::uint8_t>& bytes, const std::vector<std::uint8_t>& prefix) {
    return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

/// Whether the last items before can be such that both hold.
bool can_both_hold(const After& left, const After& right) {
    return left.tag != right.tag || begins_with(left.bytes, right.bytes) ||
           begins_with(right.bytes, left.bytes);
}

bool have_one_extension(const Definition& left, const Definition& right) {
    return left.extension.has_value() == right.extension.has_value() &&
           (!left.extension || left.extension->number == right.extension->number);
}

[[noreturn]] void refuse_order(const Definition& own, const Definition& found) {
    throw Error(ErrorKind::invalid_value,
                "definition " + in_quotes(found.name) +
                    " of the library cannot be written into the "
                    "layout",
                "In one text it would be found before the layout's own " + in_quotes(own.name) +
                    ", which comes first now.",
                "Give one of them the other's scope or extension, or define " +
                    in_quotes(found.name) + " in the layout.");
}

/// Both hold only after another item. Takes the scopes that both have from the library's.
bool leave_scopes(const Definition& own, Definition& found, bool takes_all) {
    if (takes_all) {
        std::erase_if(found.after, [&](const After& after) {
            return std::find(own.after.begin(), own.after.end(), after) != own.after.end();
        });
    }
    if (found.extension && !own.extension) {
        for (const After& after : found.after) {
            if (std::any_of(own.after.begin(), own.after.end(),
                            [&](const After& other) { return can_both_hold(after, other); })) {
                refuse_order(own, found);
            }
        }
    }
    return !found.after.empty();
}

/// Takes from a definition of the library what the text's own hides. False if nothing is left.
bool leave_what_is_found(const Definition& own, Definition& found) {
    if (own.set != found.set) {
        return true;
    }
    if (own.name == found.name) {
        return false;
    }
    if (own.tag.number != found.tag.number ||
        (own.extension && found.extension && !have_one_extension(own, found))) {
        return true;
    }
    const bool takes_all = !own.extension || have_one_extension(own, found);
    if (!own.after.empty()) {
        return found.after.empty() || leave_scopes(own, found, takes_all);
    }
    if (!takes_all && !found.after.empty()) {
        refuse_order(own, found);
    }
    return !takes_all;
}

// ---- the layout -------------------------------------------------------------------------------

class Inliner {
  public:
    explicit Inliner(Layout& layout) : layout_(layout), own_count_(layout.definitions.size()) {}

    void inline_all() {
        reach_from(layout_.block, own_types());
        for (Definition& definition : layout_.definitions) {
            reach_from(definition.block, own_types());
        }
        // Each adds what it names itself to the end.
        std::size_t next = 0;
        while (next < waiting_.size()) {
            add(waiting_[next++]);
        }
        if (added_.empty()) {
            return;
        }
        rename_own_types();
        for (Definition& definition : added_) {
            layout_.definitions.push_back(std::move(definition));
        }
    }

  private:
    using Names = std::unordered_set<std::string>;

    Names own_types() const {
        Names names;
        for (const Definition& definition : layout_.definitions) {
            if (definition.set.empty()) {
                names.insert(definition.name);
            }
        }
        return names;
    }

    /// Notes what the fields of a block name and the library has.
    void reach_from(Block& block, const Names& own) {
        for_each_field(block, [&](Field& field) {
            if (!field.definition.empty() && !own.contains(field.definition)) {
                reach_type(field.definition);
            }
            for (const std::string& set : field.sets) {
                reach_set(set);
            }
        });
    }

    void reach_type(const std::string& name) {
        if (types_.insert(name).second) {
            waiting_.push_back(library_type(name));
        }
    }

    void reach_set(const std::string& name) {
        if (sets_.insert(name).second) {
            for (const LibraryDefinition& definition : library_set(name)) {
                waiting_.push_back(&definition);
            }
        }
    }

    void add(const LibraryDefinition* waiting) {
        Definition definition = parse_library_definition(waiting->text);
        for (std::size_t own = 0; own < own_count_ && !definition.set.empty(); ++own) {
            if (!leave_what_is_found(layout_.definitions[own], definition)) {
                return;
            }
        }
        reach_from(definition.block, Names());
        added_.push_back(std::move(definition));
    }

    /// A type of the text that is named like one of the language or of the library would be seen by
    /// the library's definitions, too. No row has names of types.
    void rename_own_types() {
        std::unordered_map<std::string, std::string> names;
        Names taken = own_types();
        taken.insert(types_.begin(), types_.end());
        for (Definition& definition : layout_.definitions) {
            if (definition.set.empty() &&
                (types_.contains(definition.name) || find_field_type(definition.name) != nullptr)) {
                definition.name = names[definition.name] = free_name(definition.name, taken);
            }
        }
        const auto rename = [&](Field& field) {
            const auto found = names.find(field.definition);
            if (found != names.end()) {
                field.definition = found->second;
            }
        };
        for_each_field(layout_.block, rename);
        for (Definition& definition : layout_.definitions) {
            for_each_field(definition.block, rename);
        }
    }

    static std::string free_name(const std::string& name, Names& taken) {
        constexpr std::size_t longest_stem = 56;
        for (int number = 1;; ++number) {
            std::string candidate = name.substr(0, longest_stem) + "_" + std::to_string(number);
            if (find_field_type(candidate) == nullptr && taken.insert(candidate).second) {
                return candidate;
            }
        }
    }

    Layout& layout_;
    std::size_t own_count_;
    std::deque<const LibraryDefinition*> waiting_;
    Names types_;
    Names sets_;
    std::vector<Definition> added_;
};

}  // namespace

void inline_library(Layout& layout) {
    if (layout.uses_library) {
        Inliner(layout).inline_all();
        layout.uses_library = false;
    }
}

}  // namespace onetrip::section
