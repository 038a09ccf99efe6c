#pragma once

#include "submission/items_walk.hpp"
#include "submission/keys_walk.hpp"

namespace onetrip::submission {

/// The walk over one submission, read as its form says: pulled row by row, so that rows can stream,
/// and used again for the next one, so that its memory is.
class SubmissionWalk {
  public:
    /// `interrupt` is called once in a few hundred values, whether they become rows or not.
    explicit SubmissionWalk(Interrupt interrupt) : keys_(interrupt), items_(interrupt) {}
    SubmissionWalk(const SubmissionWalk&) = delete;
    SubmissionWalk& operator=(const SubmissionWalk&) = delete;

    /// Begins. `form` and the bytes of `responses` must stay until next() has returned false or
    /// begin is called again. `included` are the statuses to return in addition to always_returned.
    void begin(const Form& form, jsonb::Value responses, Statuses included) {
        reads_items_ = form.words().reading == Reading::items;
        if (reads_items_) {
            items_.begin(form, responses, included);
        } else {
            keys_.begin(form, responses, included);
        }
    }

    /// The next row to be returned; nullptr if none exists. It is good until the next call.
    const EventRow* next() { return reads_items_ ? items_.next() : keys_.next(); }

    /// The way to the answer of the last row (EventRows).
    const Trail& trail() const { return rows().trail(); }

    /// The schema path of the last row, whose path is not in the form.
    std::string_view path() const { return rows().path(); }

  private:
    const EventRows& rows() const {
        return reads_items_ ? static_cast<const EventRows&>(items_) : keys_;
    }

    KeysWalk keys_;
    ItemsWalk items_;
    bool reads_items_ = false;
};

}  // namespace onetrip::submission
