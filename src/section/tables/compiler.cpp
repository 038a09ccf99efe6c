// Compiles a layout with its definitions: each is a unit, which sees nothing outside of itself but
// the names of others. The contents of a unit are decided in builder.cpp, bounds.cpp and
// alignment.cpp.

#include "section/tables/compiler.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/words.hpp"
#include "section/language/layout_lexer.hpp"
#include "section/tables/item_sets.hpp"
#include "section/tables/library_units.hpp"
#include "section/tables/shared_library.hpp"

namespace onetrip::section::tables {

namespace {

constexpr std::uint32_t deepest_definitions = 16;

class Compiler final : public UnitCompiler {
  public:
    Compiler(const Layout& layout, Interrupt interrupt, SharedLibrary* library)
        : layout_(layout), plan_(std::make_shared<TablePlan>()), ticker_(interrupt) {
        plan_->max_bytes = layout.max_bytes;
        if (layout.uses_library) {
            take_library(library);
        }
    }

    std::shared_ptr<const TablePlan> compile() {
        for (const Definition& definition : layout_.definitions) {
            if (definition.set.empty()) {
                types_.emplace(definition.name, OpenType{&definition, nullptr, false});
            } else {
                add_item(definition);
            }
        }
        for (SetOfItems& set : plan_->sets) {
            order_by_scope(set);
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
                auto unit = std::make_unique<Unit>();
                compile_unit(*unit, definition.name, definition.block, UnitKind::item);
                item++->unit = std::move(unit);
            }
        }
        return plan_;
    }

    const Unit& type(const std::string& name, TextPosition at) override {
        const auto own = types_.find(name);
        if (own == types_.end()) {  // the parser has found it in the library
            const Unit& type = *plan_->library->find_type(name);
            refuse_too_deep(open_types_ + type.depth, name, at);
            return name_type(type);
        }
        OpenType& type = own->second;
        if (type.is_open) {
            refuse_layout(at, "definition " + in_quotes(name) + " contains itself", in_quotes(name),
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
        return name_type(*type.unit);
    }

    const SetOfItems* set(const std::string& name, TextPosition at) override {
        const auto own = sets_.find(name);
        if (own != sets_.end()) {
            return own->second;
        }
        const SetOfItems* const found =
            plan_->library == nullptr ? nullptr : plan_->library->find_set(name);
        if (found == nullptr) {
            refuse_unknown_set(name, at);
        }
        return found;
    }

  private:
    struct OpenType {
        const Definition* written;
        const Unit* unit;
        bool is_open;
    };

    static void refuse_too_deep(std::uint32_t depth, const std::string& name, TextPosition at) {
        if (depth > deepest_definitions) {
            refuse_layout(at, "definitions are nested too deep", in_quotes(name),
                          "at most " + std::to_string(deepest_definitions) + " in one another");
        }
    }

    void take_library(SharedLibrary* shared) {
        const LibraryHead head(layout_.text_table, layout_.time_offset);
        if (shared != nullptr && !has_own_items(layout_)) {
            plan_->library = shared->units(head);
            return;
        }
        plan_->library = std::make_shared<LibraryUnits>(head);
        plan_->library->use_sets_of(*plan_);
    }

    void compile_unit(Unit& unit, const std::string& name, const Block& block, UnitKind kind) {
        UnitCompiler::compile_unit(unit, name, block, kind, layout_, ticker_);
    }

    void add_item(const Definition& definition) {
        const auto [found, is_new] = sets_.try_emplace(definition.set, nullptr);
        if (is_new) {
            found->second = &plan_->sets.emplace_back();
            found->second->name = definition.set;
            if (plan_->library != nullptr) {
                found->second->library = plan_->library->find_set(definition.set);
            }
        }
        add_to_set(*found->second, plan_->items.emplace_back(definition));
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
};

}  // namespace

void UnitCompiler::compile_unit(Unit& unit, const std::string& name, const Block& block,
                                UnitKind kind, const Layout& head, Ticker& ticker) {
    const std::uint32_t outer = deepest_;
    deepest_ = 0;
    unit.name = name;
    unit.end_at = block.end_at;
    build_unit(unit, block, kind, head, *this, ticker);
    unit.depth = deepest_ + 1;
    deepest_ = outer;
    fill_alignment(unit, kind, ticker);
    bound_unit(unit, kind, ticker);
    align_unit(unit, kind, ticker);
}

const Unit& UnitCompiler::name_type(const Unit& type) {
    deepest_ = std::max(deepest_, type.depth);
    return type;
}

void UnitCompiler::refuse_unknown_set(const std::string& name, TextPosition at) {
    refuse_layout(at, "unknown set " + in_quotes(name), in_quotes(name),
                  "a set of the library, or one that a definition of the text has");
}

bool has_own_items(const Layout& layout) {
    return std::any_of(layout.definitions.begin(), layout.definitions.end(),
                       [](const Definition& definition) { return !definition.set.empty(); });
}

std::shared_ptr<const TablePlan> compile_tables(const Layout& layout, Interrupt interrupt,
                                                SharedLibrary* library) {
    return Compiler(layout, interrupt, library).compile();
}

}  // namespace onetrip::section::tables
