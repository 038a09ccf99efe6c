// A form compiled for look-ups by key and path. Knows nothing of submissions.

#include "submission/form.hpp"

#include <algorithm>

#include "submission/paths.hpp"

namespace onetrip::submission {

namespace {

using jsonb::Kind;
using jsonb::Value;

/// Calls the interrupt once in a few thousand steps.
class Ticker {
  public:
    explicit Ticker(Interrupt interrupt) : interrupt_(interrupt) {}

    void tick() {
        constexpr std::uint32_t steps_between = 4096;
        if (++steps_ % steps_between == 0) {
            interrupt_();
        }
    }

  private:
    Interrupt interrupt_;
    std::uint32_t steps_ = 0;
};

/// The texts of the values of an answerEnum. What has no scalar value is no choice that an answer
/// could be.
std::vector<std::string> choices_of(jsonb::Array answer_enum, Ticker& ticker) {
    std::vector<std::string> choices;
    std::string room;
    for (const Value choice : answer_enum) {
        ticker.tick();
        const std::optional<Value> value =
            choice.kind() == Kind::object ? choice.object().find("value") : std::nullopt;
        if (value && value->kind() != Kind::null && value->kind() != Kind::array &&
            value->kind() != Kind::object) {
            choices.emplace_back(text_of(*value, room));
        }
    }
    std::sort(choices.begin(), choices.end(),
              [&](const std::string& left, const std::string& right) {
                  ticker.tick();
                  return left < right;
              });
    return choices;
}

void describe(FormNode& node, const NodeTraits& traits, Ticker& ticker) {
    std::string room;
    node.is_question = traits.is_question;
    node.is_group = traits.is_group;
    node.type = traits.type;
    node.tag.reset();
    if (traits.tag) {
        node.tag = text_of(*traits.tag, room);
    }
    node.choices.reset();
    if (traits.choices) {
        node.choices = choices_of(traits.choices->array(), ticker);
    }
}

std::size_t size_of(const FormNode& node) {
    std::size_t size = sizeof node + node.slug.capacity();
    size += node.tag ? node.tag->capacity() : 0;
    if (node.choices) {
        for (const std::string& choice : *node.choices) {
            size += sizeof(std::string) + choice.capacity();
        }
    }
    return size;
}

constexpr std::size_t first_slots = 16;

}  // namespace

bool FormNode::allows(std::string_view text) const {
    return !choices || std::binary_search(choices->begin(), choices->end(), text);
}

Form::Form(Value form, Interrupt interrupt) : slots_(first_slots), mask_(first_slots - 1) {
    constexpr std::uint32_t hidden = 0;  // the root is never defined again
    std::vector<std::uint32_t> ids;      // by the numbers of the items
    FormReader reader(form, interrupt);
    Ticker ticker(interrupt);
    FormItem item;
    while (reader.next(item)) {
        if (item.number == 0) {
            nodes_.emplace_back();
            numbers_.push_back(0);
            ids.push_back(0);
        } else if (item.is_hidden || !item.slug) {
            ids.push_back(hidden);
        } else {
            const std::uint32_t id = add(ids[item.parent], *item.slug);
            describe(nodes_[id], item.traits, ticker);
            numbers_[id] = item.number;
            ids.push_back(id);
        }
    }
    list_questions(ids);
    size_ = sizeof *this + slots_.capacity() * sizeof(Slot);
    for (const FormNode& node : nodes_) {
        size_ += size_of(node);
    }
}

std::uint32_t Form::add(std::uint32_t parent, std::string_view slug) {
    if (const FormNode* const known = find(nodes_[parent], slug)) {
        return known->id;
    }
    const auto id = static_cast<std::uint32_t>(nodes_.size());
    FormNode& node = nodes_.emplace_back();
    node.id = id;
    node.parent = parent;
    node.slug = slug;
    numbers_.push_back(0);
    if (2 * nodes_.size() > slots_.size()) {
        grow();
    } else {
        insert(id);
    }
    return id;
}

void Form::insert(std::uint32_t node) {
    const std::uint64_t hash = hash_of(nodes_[node].parent, nodes_[node].slug);
    std::size_t at = hash & mask_;
    while (slots_[at].node != 0) {
        at = (at + 1) & mask_;
    }
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32), node};
}

void Form::grow() {
    slots_.assign(4 * slots_.size(), Slot{});
    mask_ = slots_.size() - 1;
    for (std::uint32_t node = 1; node < nodes_.size(); ++node) {
        insert(node);
    }
}

void Form::list_questions(const std::vector<std::uint32_t>& ids) {
    for (std::uint32_t number = 1; number < ids.size(); ++number) {
        const FormNode& node = nodes_[ids[number]];
        if (node.is_question && numbers_[node.id] == number) {
            questions_.push_back(node.id);
        }
    }
}

std::string Form::path_of(const FormNode& node) const {
    std::string path;
    for (const std::string_view slug : way_to(node)) {
        append_schema_key(path, slug);
    }
    return path;
}

std::vector<std::string_view> Form::way_to(const FormNode& node) const {
    std::vector<std::string_view> way;
    for (const FormNode* at = &node; at->id != 0; at = &nodes_[at->parent]) {
        way.emplace_back(at->slug);
    }
    std::reverse(way.begin(), way.end());
    return way;
}

}  // namespace onetrip::submission
