// A form compiled for look-ups by key and path. Knows nothing of submissions.

#include "submission/form.hpp"

#include <algorithm>
#include <limits>
#include <new>

#include "submission/paths.hpp"

namespace onetrip::submission {

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

namespace {

using jsonb::Kind;
using jsonb::Value;

constexpr std::size_t first_slots = 16;

/// What has no scalar value is no choice that an answer could be.
std::optional<Value> value_of_choice(Value choice) {
    const std::optional<Value> value =
        choice.kind() == Kind::object ? choice.object().find("value") : std::nullopt;
    const bool is_scalar = value && value->kind() != Kind::null && value->kind() != Kind::array &&
                           value->kind() != Kind::object;
    return is_scalar ? value : std::nullopt;
}

template <typename Element>
std::size_t bytes_of(const std::vector<Element>& list) {
    return list.capacity() * sizeof(Element);
}

}  // namespace

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
    settle();
}

/// Gives back what the lists have grown too much.
void Form::settle() {
    nodes_.shrink_to_fit();
    numbers_.shrink_to_fit();
    questions_.shrink_to_fit();
    choices_.shrink_to_fit();
    texts_.shrink_to_fit();
    size_ = sizeof *this + bytes_of(nodes_) + bytes_of(numbers_) + bytes_of(questions_) +
            bytes_of(slots_) + bytes_of(choices_) + texts_.capacity();
}

/// A form of more than 4 GB of texts is more than there is memory for.
FormRange Form::keep(std::string_view text) {
    constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
    if (text.size() > most - texts_.size()) {
        throw std::bad_alloc();
    }
    const auto begin = static_cast<std::uint32_t>(texts_.size());
    texts_ += text;
    return {begin, static_cast<std::uint32_t>(text.size())};
}

void Form::describe(FormNode& node, const NodeTraits& traits, Ticker& ticker) {
    std::string room;
    node.is_question = traits.is_question;
    node.is_group = traits.is_group;
    node.is_metadata = traits.is_metadata;
    node.type = traits.type;
    node.has_tag = traits.tag.has_value();
    if (traits.tag) {
        node.tag = keep(text_of(*traits.tag, room));
    }
    node.has_choices = traits.choices.has_value();
    if (traits.choices) {
        node.choices = keep_choices(traits.choices->array(), ticker);
    }
}

FormRange Form::keep_choices(jsonb::Array answer_enum, Ticker& ticker) {
    const std::size_t begin = choices_.size();
    std::string room;
    for (const Value choice : answer_enum) {
        ticker.tick();
        if (const std::optional<Value> value = value_of_choice(choice)) {
            choices_.push_back(keep(text_of(*value, room)));
        }
    }
    std::sort(choices_.begin() + static_cast<std::ptrdiff_t>(begin), choices_.end(),
              [&](FormRange left, FormRange right) {
                  ticker.tick();
                  return text_at(left) < text_at(right);
              });
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(choices_.size() - begin)};
}

bool Form::allows(const FormNode& node, std::string_view text) const {
    if (!node.has_choices) {
        return true;
    }
    const auto begin = choices_.begin() + node.choices.begin;
    const auto end = begin + node.choices.size;
    const auto found = std::lower_bound(
        begin, end, text,
        [this](FormRange choice, std::string_view wanted) { return text_at(choice) < wanted; });
    return found != end && text_at(*found) == text;
}

std::uint32_t Form::add(std::uint32_t parent, std::string_view slug) {
    if (const FormNode* const known = find(nodes_[parent], slug)) {
        return known->id;
    }
    const auto id = static_cast<std::uint32_t>(nodes_.size());
    FormNode& node = nodes_.emplace_back();
    node.id = id;
    node.parent = parent;
    node.slug = keep(slug);
    numbers_.push_back(0);
    if (2 * nodes_.size() > slots_.size()) {
        grow();
    } else {
        insert(id);
    }
    return id;
}

void Form::insert(std::uint32_t node) {
    const std::uint64_t hash = hash_of(nodes_[node].parent, slug_of(nodes_[node]));
    std::size_t at = hash & mask_;
    while (slots_[at].node != 0) {
        at = (at + 1) & mask_;
    }
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32), node};
}

void Form::grow() {
    slots_.assign(2 * slots_.size(), Slot{});
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
    find_way(node, way);
    return way;
}

void Form::find_way(const FormNode& node, std::vector<std::string_view>& way) const {
    way.clear();
    for (const FormNode* at = &node; at->id != 0; at = &nodes_[at->parent]) {
        way.emplace_back(slug_of(*at));
    }
    std::reverse(way.begin(), way.end());
}

}  // namespace onetrip::submission
