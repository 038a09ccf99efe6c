// A form in which every node repeats. Under reading items, the idx of an event then says of each
// node on the way which of its items or answers it is in. Of a node that does not repeat it does so
// only for the second and further ones, and does not say which node that is. Knows nothing of
// views.

#include "submission/numbered_form.hpp"

#include "jsonb/json_tree_builder.hpp"
#include "jsonb/jsonb_writer.hpp"

namespace onetrip::submission {

using jsonb::Kind;
using jsonb::Value;

namespace {

class NumberedForm {
  public:
    explicit NumberedForm(Interrupt interrupt) : ticker_(interrupt) {}

    std::vector<std::uint8_t> write(jsonb::Object root) {
        begin(root, true);
        while (!open_.empty()) {
            ticker_.tick();
            go_on(open_.back());
        }
        return jsonb::write_jsonb(json_.tree());
    }

  private:
    /// The children of a node that is being written.
    struct Open {
        jsonb::Array::Iterator next;
        jsonb::Array::Iterator end;
    };

    void go_on(Open& open) {
        if (open.next == open.end) {
            open_.pop_back();
            json_.close();
            json_.close();
            return;
        }
        const Value child = *open.next;
        ++open.next;
        if (child.kind() == Kind::object) {
            begin(child.object(), false);
        } else {
            json_.copy(child);
        }
    }

    /// Writes a node, or as much of it as comes before its children.
    void begin(jsonb::Object node, bool is_root) {
        const Value children = node.find("children").value_or(Value());
        json_.open_object();
        for (const jsonb::Member member : node) {
            if (member.key != "children" && member.key != "repeats") {
                json_.key(member.key);
                json_.copy(member.value);
            }
        }
        if (!is_root) {
            json_.key("repeats");
            json_.boolean(true);
        }
        if (children.kind() != Kind::array) {
            json_.close();
            return;
        }
        json_.key("children");
        json_.open_array();
        open_.push_back({children.array().begin(), children.array().end()});
    }

    Ticker ticker_;
    std::vector<Open> open_;
    jsonb::JsonTreeBuilder json_;
};

}  // namespace

std::vector<std::uint8_t> with_numbered_nodes(Value form, Interrupt interrupt) {
    return NumberedForm(interrupt).write(form.object());
}

}  // namespace onetrip::submission
