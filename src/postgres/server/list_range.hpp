#pragma once

#include <iterator>

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/pg_list.h"
}

namespace onetrip::postgres {

/// The elements of a List of the server's, for a range loop:
///
///     for (const Plan* plan : each<Plan>(append->appendplans))
///
/// The list must not change meanwhile.
template <typename Element>
class ListRange {
  public:
    class Iterator {
      public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = Element*;
        using difference_type = std::ptrdiff_t;
        using pointer = Element* const*;
        using reference = Element*;

        explicit Iterator(const ListCell* cell) : cell_(cell) {}
        Element* operator*() const { return static_cast<Element*>(cell_->ptr_value); }
        Iterator& operator++() {
            ++cell_;
            return *this;
        }
        bool operator==(const Iterator&) const = default;

      private:
        const ListCell* cell_;
    };

    explicit ListRange(const List* list) : list_(list) {}

    Iterator begin() const { return Iterator(list_ == NIL ? nullptr : list_->elements); }
    Iterator end() const {
        return Iterator(list_ == NIL ? nullptr : list_->elements + list_->length);
    }

  private:
    const List* list_;
};

template <typename Element>
ListRange<Element> each(const List* list) {
    return ListRange<Element>(list);
}

}  // namespace onetrip::postgres
