// Shows what a reading of a table has placed, for eyes. It judges nothing: faults are given to it.

#include "section/tables/dissector.hpp"

#include <unordered_map>

#include "base/words.hpp"
#include "section/tables/scope_values.hpp"

namespace onetrip::section::tables {

namespace {

/// Puts the lines of an item's tag, length and value where the section's are.
class ItemLines final : public InnerLines {
  public:
    ItemLines(std::string name, std::size_t begin, std::span<const std::uint8_t> section,
              std::vector<DissectedField>& lines)
        : name_(std::move(name)), begin_(begin), section_(section), lines_(lines) {}

    void add(const std::string& name, std::size_t from, std::size_t to,
             std::string value) override {
        lines_.push_back({name_ + name, begin_ + from, 0, (to - from) * 8,
                          hex_of(section_.subspan(begin_ + from, to - from)), std::move(value)});
    }

  private:
    std::string name_;
    std::size_t begin_;
    std::span<const std::uint8_t> section_;
    std::vector<DissectedField>& lines_;
};

class TableDissector {
  public:
    TableDissector(const Reading& reading, const std::vector<Fault>& faults, HoldsText holds,
                   std::vector<DissectedField>& lines)
        : reading_(reading), holds_(holds), lines_(lines) {
        for (const Fault& fault : faults) {
            std::string& problems = problems_[fault.name()];
            problems += (problems.empty() ? "" : "; ") + fault.problem;
        }
    }

    void append() {
        for (EntryId id = 0; id < reading_.entries().size();) {
            id = append_entry(id);
        }
        const std::span<const std::uint8_t> section = reading_.section();
        const std::size_t end = (reading_.end() + 7) / 8;
        if (end < section.size()) {
            lines_.push_back({"(left over)", end, 0, (section.size() - end) * 8,
                              hex_of(section.subspan(end)), ""});
        }
    }

  private:
    EntryId append_entry(EntryId id);
    EntryId append_item(EntryId id);
    void append_leaf(EntryId id);
    void append_container(EntryId id, const std::string& what);

    const Reading& reading_;
    HoldsText holds_;
    std::vector<DissectedField>& lines_;
    std::unordered_map<std::string, std::string> problems_;
};

/// The entry after the one that was shown: what stands in it comes next.
EntryId TableDissector::append_entry(EntryId id) {
    const Entry& entry = reading_.entries()[id];
    switch (entry.kind) {
        case Entry::Kind::field:
            append_leaf(id);
            break;
        case Entry::Kind::tlv_item:
            return append_item(id);
        case Entry::Kind::list:
        case Entry::Kind::tlv: {
            std::size_t items = 0;
            for (EntryId item = id + 1; item < entry.next; ++items) {
                item = std::max(reading_.entries()[item].next, item + 1);
            }
            append_container(id, count(items, "item") + ", " + count(entry.width / 8, "byte"));
            break;
        }
        case Entry::Kind::object:
            append_container(id, count(entry.width / 8, "byte"));
            break;
        case Entry::Kind::null_object:
            append_container(id, "null");
            break;
        case Entry::Kind::list_item:
            break;  // its elements say where it is
    }
    return id + 1;
}

void TableDissector::append_container(EntryId id, const std::string& what) {
    const Entry& entry = reading_.entries()[id];
    std::string name = reading_.path_of(id);
    const auto found = problems_.find(name);
    lines_.push_back({std::move(name), entry.bit / 8, entry.bit % 8, entry.width, "",
                      what + (found == problems_.end() ? "" : " (wrong: " + found->second + ")")});
}

void TableDissector::append_leaf(EntryId id) {
    const Entry& entry = reading_.entries()[id];
    const Field& field = *entry.node->field;
    const std::string name = reading_.path_of(id);
    const auto found = problems_.find(name);
    const std::string problems = found == problems_.end() ? std::string() : found->second;
    if (entry.node->kind == Node::Kind::align || entry.width == 0) {
        const std::string raw =
            entry.width == 0 ? "" : print_raw(reading_.bits_of(entry), entry.width);
        const std::string remark = remark_of(field, problems);
        lines_.push_back({name, entry.bit / 8, entry.bit % 8, entry.width, raw,
                          remark.empty() ? "" : "(" + remark + ")"});
        return;
    }
    const CodedFields coded(reading_, {id});
    append_field_lines(coded.view().front(), name, entry.bit, remark_of(field, problems), holds_,
                       lines_);
}

/// Appends the tag and length of an item with a definition; its elements follow.
EntryId TableDissector::append_item(EntryId id) {
    const Entry& entry = reading_.entries()[id];
    const std::size_t tlv_at = reading_.entries()[entry.parent].bit / 8;
    TlvItem item = reading_.item(entry);
    const std::size_t first = lines_.size();
    ItemLines lines(reading_.path_of(id) + ".", tlv_at, reading_.section(), lines_);
    dissect_item(item, "", holds_, lines);
    if (!entry.is_raw) {
        lines_.pop_back();  // the value
        lines_[first].value += " (" + entry.definition->name + ")";
        return id + 1;
    }
    if (const std::string& refusal = reading_.refusal(entry); !refusal.empty()) {
        lines_.back().value += " (read as bytes: " + refusal + ")";
    }
    return entry.next;
}

}  // namespace

void dissect(const Reading& reading, const std::vector<Fault>& faults, HoldsText holds,
             std::vector<DissectedField>& lines) {
    TableDissector(reading, faults, holds, lines).append();
}

}  // namespace onetrip::section::tables
