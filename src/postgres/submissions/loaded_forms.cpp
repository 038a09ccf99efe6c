// The forms that a load keeps from batch to batch. Knows nothing of submissions.

#include "postgres/submissions/loaded_forms.hpp"

namespace onetrip::postgres {

namespace {

/// The bytes of the entry, of the list and of the hash table.
constexpr std::size_t bookkeeping = sizeof(LoadedForm) + 100;

}  // namespace

LoadedForm* LoadedForms::find(std::string_view key) {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : use(found->second);
}

LoadedForm* LoadedForms::find_recent(std::string_view bytes) {
    int left = 4;
    for (auto form = compiled_.begin(); form != compiled_.end() && left-- > 0; ++form) {
        if (form->bytes == bytes) {
            return use(form);
        }
    }
    return nullptr;
}

LoadedForm* LoadedForms::use(Forms::iterator form) {
    Forms& list = form->compiled ? compiled_ : hashed_;
    if (form->compiled && form != compiled_.begin()) {
        count(compiled_.front());
    }
    list.splice(list.begin(), list, form);
    return &*form;
}

LoadedForm* LoadedForms::add(std::string_view key, const std::uint8_t (&hash)[hash_size]) {
    Forms added(1);
    LoadedForm& form = added.front();
    form.key = key;
    std::memcpy(form.hash, hash, sizeof form.hash);
    by_key_.emplace(form.key, added.begin());
    hashed_.splice(hashed_.begin(), added);
    bytes_ += bookkeeping + key.size();
    make_room();
    return &form;
}

void LoadedForms::compile(LoadedForm& form, jsonb::Value document, std::string_view bytes) {
    if (!compiled_.empty()) {
        count(compiled_.front());
    }
    const bool has_columns = bytes_ < most_bytes / 4;
    form.compiled = std::make_unique<CompiledForm>(document, check_for_interrupts, has_columns);
    form.bytes = bytes;
    count(form);
    compiled_.splice(compiled_.begin(), hashed_, by_key_.find(form.key)->second);
    make_room();
}

/// Counts what a form takes now: it grows while it is used, as columns of its nodes are written.
void LoadedForms::count(LoadedForm& form) {
    const std::size_t size = form.compiled->weight(form.bytes.size());
    bytes_ += size - form.counted;
    form.counted = size;
}

/// All but the form that was used last may go.
void LoadedForms::make_room() {
    while (bytes_ > most_bytes && compiled_.size() > 1) {
        LoadedForm& oldest = compiled_.back();
        bytes_ -= oldest.counted;
        oldest.counted = 0;
        oldest.compiled.reset();
        oldest.bytes = {};
        hashed_.splice(hashed_.end(), compiled_, std::prev(compiled_.end()));
    }
    while (bytes_ > most_bytes && hashed_.size() > 1) {
        bytes_ -= bookkeeping + hashed_.back().key.size();
        by_key_.erase(hashed_.back().key);
        hashed_.pop_back();
    }
}

}  // namespace onetrip::postgres
