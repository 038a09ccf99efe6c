#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/interrupt.hpp"
#include "jsonb/json_tree_builder.hpp"
#include "jsonb/jsonb.hpp"
#include "submission/form.hpp"

namespace onetrip::submission {

/// The parts of a form that the views of its questions need: the nodes on the way to these
/// questions, and no others. A part costs no more than what is in it, so that the parts for all
/// views of a form are not much larger than the form.
class FormParts {
  public:
    /// The form must outlive this. `nodes_of_items` are those of the compiled form.
    FormParts(jsonb::Value form, const Form& compiled,
              const std::vector<std::uint32_t>& nodes_of_items, Interrupt interrupt);

    /// A question that is added to a group. Its events say which repetitions of the group there
    /// are: it is missing in each, unless an item has its slug as linkId.
    struct Witness {
        std::uint32_t group = 0;  ///< 0: there is none
        std::string slug;         ///< that nothing else below the group has
    };

    /// The part for questions, by the ids of their nodes, as JSONB. Its events have an index for
    /// each node (FormWords::has_full_idx). Throws JsonError if it does not fit a jsonb.
    std::vector<std::uint8_t> with(const std::vector<std::uint32_t>& questions,
                                   const Witness& witness);

  private:
    static constexpr std::uint32_t none = 0;  ///< the root is an item of no node below it

    /// A node as the form's JSON has it. Several may describe one node of the compiled form.
    struct Item {
        jsonb::Value json;
        std::uint32_t parent = 0;
        std::uint32_t next_of_node = none;
    };

    /// An item that is being written.
    struct Open {
        std::uint32_t number;
        bool has_children;
    };

    void add_items_on_way_to(std::uint32_t node, std::vector<std::uint32_t>& numbers);
    std::vector<std::uint32_t> items_on_ways_to(const std::vector<std::uint32_t>& questions,
                                                std::uint32_t group);
    void open(std::uint32_t number);
    void add_witness();
    void close();

    Interrupt interrupt_;
    std::vector<std::uint32_t> parents_;   ///< by node
    std::vector<std::uint32_t> items_of_;  ///< by node: the last one, which leads to the others
    std::vector<std::uint32_t> seen_in_;   ///< by node: the last part that has it
    std::vector<Item> items_;              ///< by number
    std::uint32_t part_ = 0;
    std::uint32_t item_of_witness_ = none;  ///< it is added to this one
    std::string_view slug_of_witness_;
    jsonb::JsonTreeBuilder json_;
    std::vector<Open> open_;
};

}  // namespace onetrip::submission
