// Parts of a form, each for the questions of one view. Under reading items, what the events of a
// part say of its questions does not depend on the nodes that are left out: items are counted by
// their linkIds. Knows nothing of views.

#include "submission/form_parts.hpp"

#include <algorithm>

#include "jsonb/jsonb_writer.hpp"
#include "submission/answers.hpp"
#include "submission/form_reader.hpp"

namespace onetrip::submission {

using jsonb::Kind;
using jsonb::Value;

FormParts::FormParts(Value form, const Form& compiled,
                     const std::vector<std::uint32_t>& nodes_of_items, Interrupt interrupt)
    : interrupt_(interrupt),
      items_of_(compiled.nodes().size(), none),
      seen_in_(compiled.nodes().size(), 0) {
    for (const FormNode& node : compiled.nodes()) {
        parents_.push_back(node.parent);
    }
    FormReader reader(form, interrupt);
    FormItem item;
    while (reader.next(item)) {
        const std::uint32_t node = nodes_of_items[item.number];
        items_.push_back({item.json, item.parent, none});
        if (node != 0) {
            items_.back().next_of_node = items_of_[node];
            items_of_[node] = item.number;
        }
    }
}

std::vector<std::uint8_t> FormParts::with(const std::vector<std::uint32_t>& questions,
                                          const Witness& witness) {
    item_of_witness_ = items_of_[witness.group];
    slug_of_witness_ = witness.slug;
    json_.clear();
    open(0);
    for (const std::uint32_t number : items_on_ways_to(questions, witness.group)) {
        interrupt_();
        while (open_.back().number != items_[number].parent) {
            close();
        }
        open(number);
    }
    while (!open_.empty()) {
        close();
    }
    return jsonb::write_jsonb(json_.tree());
}

/// The numbers of the items but the root, in tree order.
std::vector<std::uint32_t> FormParts::items_on_ways_to(const std::vector<std::uint32_t>& questions,
                                                       std::uint32_t group) {
    ++part_;
    std::vector<std::uint32_t> numbers;
    for (const std::uint32_t question : questions) {
        add_items_on_way_to(question, numbers);
    }
    add_items_on_way_to(group, numbers);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

void FormParts::add_items_on_way_to(std::uint32_t node, std::vector<std::uint32_t>& numbers) {
    for (; node != 0 && seen_in_[node] != part_; node = parents_[node]) {
        seen_in_[node] = part_;
        for (std::uint32_t item = items_of_[node]; item != none; item = items_[item].next_of_node) {
            numbers.push_back(item);
        }
    }
}

/// Writes an item, or as much of it as comes before its children.
void FormParts::open(std::uint32_t number) {
    constexpr std::string_view full_idx = "fullIdx";
    const jsonb::Object item = items_[number].json.object();
    json_.open_object();
    for (const jsonb::Member member : item) {
        if (member.key != "children" && member.key != full_idx) {
            json_.key(member.key);
            json_.copy(member.value);
        }
    }
    if (number == 0) {
        json_.key(full_idx);
        json_.boolean(true);
    }
    const bool has_witness = number != 0 && number == item_of_witness_;
    const bool has_children =
        has_witness || item.find("children").value_or(Value()).kind() == Kind::array;
    if (has_children) {
        json_.key("children");
        json_.open_array();
    }
    if (has_witness) {
        add_witness();
    }
    open_.push_back({number, has_children});
}

void FormParts::add_witness() {
    json_.open_object();
    json_.key("slug");
    json_.string(slug_of_witness_);
    json_.key("answerType");
    json_.string(name_of(AnswerType::text));
    json_.close();
}

void FormParts::close() {
    if (open_.back().has_children) {
        json_.close();
    }
    json_.close();
    open_.pop_back();
}

}  // namespace onetrip::submission
