// A form compiled for look-ups by key and path. Knows nothing of submissions.

#include "submission/form.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

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

/// A copy has the memory that it needs. shrink_to_fit would pass over a lack of memory in silence.
template <typename List>
void fit(List& list) {
    List(list).swap(list);
}

template <typename Element>
std::size_t bytes_of(const std::vector<Element>& list) {
    return list.capacity() * sizeof(Element);
}

}  // namespace

std::optional<Value> value_of_choice(Value choice) {
    const std::optional<Value> value =
        choice.kind() == Kind::object ? choice.object().find("value") : std::nullopt;
    const bool is_scalar = value && value->kind() != Kind::null && value->kind() != Kind::array &&
                           value->kind() != Kind::object;
    return is_scalar ? value : std::nullopt;
}

Form::Form(Value form, Interrupt interrupt, std::vector<std::uint32_t>* nodes_of_items)
    : slots_(first_slots), mask_(first_slots - 1) {
    constexpr std::uint32_t hidden = 0;  // the root is never defined again
    std::vector<std::uint32_t> ids;      // by the numbers of the items
    FormReader reader(form, interrupt);
    words_ = reader.words();
    Ticker ticker(interrupt);
    FormItem item;
    while (reader.next(item)) {
        std::uint32_t id = hidden;
        if (item.number == 0) {
            nodes_.emplace_back();
            numbers_.push_back(0);
        } else if (!item.is_hidden && item.slug) {
            id = add(ids[item.parent], *item.slug);
            describe(nodes_[id], item.traits, ticker);
            numbers_[id] = item.number;
        }
        ids.push_back(id);
        if (words_.are_known && (id != hidden || item.number == 0)) {
            describe_words(nodes_[id], item.traits, ticker);
        }
    }
    list_questions(ids);
    if (words_.are_known) {
        place_by_keys();
    }
    settle();
    if (nodes_of_items != nullptr) {
        *nodes_of_items = std::move(ids);
    }
}

/// Gives back what the lists have grown too much.
void Form::settle() {
    fit(nodes_);
    fit(numbers_);
    fit(questions_);
    fit(lists_);
    fit(further_);
    fit(texts_);
    size_ = sizeof *this + bytes_of(nodes_) + bytes_of(numbers_) + bytes_of(questions_) +
            bytes_of(slots_) + bytes_of(lists_) + bytes_of(further_) + texts_.capacity();
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

/// Sets a node's further words. The root, which is in no list of paths, is described here, as far
/// as a row of a document's own array may show it.
void Form::describe_words(FormNode& node, const NodeTraits& traits, Ticker& ticker) {
    if (node.id == 0) {
        describe(node, traits, ticker);
    }
    const NodeWords& words = traits.words;
    node.has_choices = node.has_choices && !words.has_open_choices;
    node.is_metadata = words.is_metadata;
    node.is_inline = words.is_inline && !node.is_question;
    node.repeats = words.repeats;
    node.is_numbered = words_.has_full_idx ? node.id != 0 : words.repeats;
    node.is_spaced = words.is_spaced;
    node.has_empties = node.is_spaced || words_.empty_is_null;
    node.takes_partial_dates = words.takes_partial_dates;
    further_.resize(nodes_.size());
    Further& further = further_[node.id];
    further.slug = words.key ? keep(*words.key) : node.key;
    further.has_value_types = words.value_types.has_value();
    if (words.value_types) {
        further.value_types = keep_value_types(words.value_types->array(), ticker);
    }
}

FormRange Form::keep_choices(jsonb::Array answer_enum, Ticker& ticker) {
    const std::size_t begin = lists_.size();
    std::string room;
    for (const Value choice : answer_enum) {
        ticker.tick();
        if (const std::optional<Value> value = value_of_choice(choice)) {
            lists_.push_back(keep(text_of(*value, room)));
        }
    }
    return sort_from(begin, ticker);
}

FormRange Form::keep_value_types(jsonb::Array names, Ticker& ticker) {
    const std::size_t begin = lists_.size();
    for (const Value name : names) {
        ticker.tick();
        if (name.is_string()) {
            lists_.push_back(keep(name.string()));
        }
    }
    return sort_from(begin, ticker);
}

FormRange Form::sort_from(std::size_t begin, Ticker& ticker) {
    std::sort(lists_.begin() + static_cast<std::ptrdiff_t>(begin), lists_.end(),
              [&](FormRange left, FormRange right) {
                  ticker.tick();
                  return text_at(left) < text_at(right);
              });
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(lists_.size() - begin)};
}

bool Form::is_listed(FormRange list, std::string_view text) const {
    const auto begin = lists_.begin() + list.begin;
    const auto end = begin + list.size;
    const auto found = std::lower_bound(
        begin, end, text,
        [this](FormRange listed, std::string_view wanted) { return text_at(listed) < wanted; });
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
    node.context = parent;
    node.key = keep(slug);
    numbers_.push_back(0);
    if (2 * nodes_.size() > slots_.size()) {
        grow();
    } else {
        insert(id);
    }
    return id;
}

void Form::insert(std::uint32_t node) {
    const std::uint64_t hash = hash_of(nodes_[node].context, key_of(nodes_[node]));
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

/// While the form was read its nodes were found by their paths: from now on they are by the places
/// of their answers. A node lies after what it is under, so that contexts are known in time. The
/// last of two with one place counts.
void Form::place_by_keys() {
    std::vector<std::uint32_t> placed;
    for (std::uint32_t id = 1; id < nodes_.size(); ++id) {
        FormNode& node = nodes_[id];
        const FormNode& parent = nodes_[node.parent];
        node.context = parent.is_inline ? parent.context : parent.id;
        std::swap(node.key, further_[id].slug);
        const FormNode& context = nodes_[node.context];
        const bool makes_repetitions =
            words_.reading == Reading::keys || context.id == 0 || context.makes_repetitions();
        further_[id].home = makes_repetitions ? context.id : further_[context.id].home;
        if (!node.is_inline) {
            placed.push_back(id);
        }
    }
    insert_by_keys(placed);
}

void Form::insert_by_keys(std::vector<std::uint32_t>& nodes) {
    std::sort(nodes.begin(), nodes.end(), [this](std::uint32_t left, std::uint32_t right) {
        return numbers_[left] > numbers_[right];
    });
    slots_.assign(slots_.size(), Slot{});
    for (const std::uint32_t id : nodes) {
        if (find(nodes_[nodes_[id].context], key_of(nodes_[id])) == nullptr) {
            insert(id);
        }
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
    std::vector<std::string_view> slugs;
    find_slugs(node, slugs);
    std::string path;
    for (const std::string_view slug : slugs) {
        append_schema_key(path, slug);
    }
    return path;
}

void Form::find_slugs(const FormNode& node, std::vector<std::string_view>& slugs,
                      std::uint32_t from) const {
    slugs.clear();
    for (const FormNode* at = &node; at->id != from && at->id != 0; at = &nodes_[at->parent]) {
        slugs.emplace_back(slug_of(*at));
    }
    std::reverse(slugs.begin(), slugs.end());
}

std::vector<std::string_view> Form::way_to(const FormNode& node) const {
    std::vector<std::string_view> way;
    find_way(node, way);
    return way;
}

void Form::find_way(const FormNode& node, std::vector<std::string_view>& way) const {
    way.clear();
    for (const FormNode* at = &node; at->id != 0; at = &nodes_[at->context]) {
        way.emplace_back(key_of(*at));
    }
    std::reverse(way.begin(), way.end());
}

}  // namespace onetrip::submission
