// Compiles a layout with its definitions: each is a unit, which sees nothing outside of itself but
// the names of others. What a unit consists of is decided in builder.cpp, bounds.cpp and
// alignment.cpp.

#include "section/tables/compiler.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/words.hpp"
#include "section/language/layout_lexer.hpp"

namespace onetrip::section::tables {

namespace {

constexpr std::uint32_t deepest_definitions = 16;

class Compiler final : public TypeUnits {
  public:
    Compiler(const Layout& layout, Interrupt interrupt)
        : layout_(layout), plan_(std::make_shared<TablePlan>()), ticker_(interrupt) {
        plan_->max_bytes = layout.max_bytes;
    }

    std::shared_ptr<const TablePlan> compile() {
        for (const Definition& definition : layout_.definitions) {
            if (definition.set.empty()) {
                types_.emplace(definition.name, OpenType{&definition, nullptr, false});
            } else {
                add_to_set(definition);
            }
        }
        for (SetOfItems& set : plan_->sets) {
            for (auto& [tag, definitions] : set.by_tag) {
                order(definitions);
            }
        }
        compile_unit(plan_->root, layout_.name, layout_.block, UnitKind::section);
        refuse_too_large();
        for (const Definition& definition : layout_.definitions) {
            if (definition.set.empty()) {
                type(definition.name, definition.at);
            }
        }
        auto item = plan_->items.begin();
        for (const Definition& definition : layout_.definitions) {
            if (!definition.set.empty()) {
                compile_unit(item++->unit, definition.name, definition.block, UnitKind::item);
            }
        }
        return plan_;
    }

    const Unit& type(const std::string& name, TextPosition at) override {
        OpenType& type = types_.at(name);
        if (type.is_open) {
            refuse_layout(at, "definition " + quoted(name) + " contains itself", quoted(name),
                          "a definition that does not, but through tlv");
        }
        if (type.unit == nullptr) {
            // Refused here already, since each is compiled within the one that names it.
            refuse_too_deep(++open_types_, name, at);
            type.is_open = true;
            Unit& unit = plan_->types.emplace_back();
            compile_unit(unit, name, type.written->block, UnitKind::type);
            type.unit = &unit;
            type.is_open = false;
            --open_types_;
        }
        refuse_too_deep(type.unit->depth, name, at);
        deepest_ = std::max(deepest_, type.unit->depth);
        return *type.unit;
    }

    const SetOfItems* set(const std::string& name, TextPosition at) override {
        const auto found = sets_.find(name);
        if (found == sets_.end()) {
            refuse_layout(at, "unknown set " + quoted(name), quoted(name),
                          "a set of the library, or one that a definition of the text has");
        }
        return found->second;
    }

  private:
    struct OpenType {
        const Definition* written;
        const Unit* unit;
        bool is_open;
    };

    static void refuse_too_deep(std::uint32_t depth, const std::string& name, TextPosition at) {
        if (depth > deepest_definitions) {
            refuse_layout(at, "definitions are nested too deep", quoted(name),
                          "at most " + std::to_string(deepest_definitions) + " in one another");
        }
    }

    void compile_unit(Unit& unit, const std::string& name, const Block& block, UnitKind kind) {
        const std::uint32_t outer = deepest_;
        deepest_ = 0;
        unit.name = name;
        unit.end_at = block.end_at;
        build_unit(unit, block, kind, layout_, *this, ticker_);
        unit.depth = deepest_ + 1;
        deepest_ = outer;
        fill_alignment(unit, kind, ticker_);
        bound_unit(unit, kind, ticker_);
        align_unit(unit, kind, ticker_);
    }

    void add_to_set(const Definition& definition) {
        const auto [found, is_new] = sets_.try_emplace(definition.set, nullptr);
        if (is_new) {
            found->second = &plan_->sets.emplace_back();
            found->second->name = definition.set;
        }
        ItemDefinition& item = plan_->items.emplace_back();
        item.tag = definition.tag.number;
        item.after = definition.after;
        if (definition.extension) {
            item.extension = static_cast<std::uint8_t>(definition.extension->number);
        }
        found->second->by_name[definition.name].push_back(&item);
        found->second->by_tag[definition.tag.number].push_back(&item);
    }

    /// Those that hold only after another item come first, and those with an extension before those
    /// that take any: what says more is asked first.
    static void order(std::vector<const ItemDefinition*>& definitions) {
        const auto rank = [](const ItemDefinition* item) {
            return (item->after.empty() ? 2 : 0) + (item->extension ? 0 : 1);
        };
        std::stable_sort(
            definitions.begin(), definitions.end(),
            [&](const ItemDefinition* a, const ItemDefinition* b) { return rank(a) < rank(b); });
    }

    void refuse_too_large() const {
        if (plan_->root.smallest > layout_.max_bytes * std::uint64_t{8}) {
            refuse_layout(layout_.block.end_at, "fixed fields alone exceed the largest section",
                          "at least " + std::to_string(plan_->root.smallest) + " bits",
                          "at most " + std::to_string(layout_.max_bytes * std::uint64_t{8}) +
                              " (max " + std::to_string(layout_.max_bytes) + " bytes)");
        }
    }

    const Layout& layout_;
    std::shared_ptr<TablePlan> plan_;
    Ticker ticker_;
    std::unordered_map<std::string, OpenType> types_;
    std::unordered_map<std::string, SetOfItems*> sets_;
    std::uint32_t open_types_ = 0;
    std::uint32_t deepest_ = 0;  ///< of the types that the open unit has named
};

}  // namespace

std::shared_ptr<const TablePlan> compile_tables(const Layout& layout, Interrupt interrupt) {
    return Compiler(layout, interrupt).compile();
}

}  // namespace onetrip::section::tables
