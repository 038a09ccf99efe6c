// The compiled forms that a load keeps from batch to batch. Knows nothing of submissions.

#include "postgres/loaded_forms.hpp"

namespace onetrip::postgres {

LoadedForm* LoadedForms::find(std::string_view key) {
    if (!forms_.empty() && forms_.front().key == key) {
        return &forms_.front();
    }
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        return nullptr;
    }
    forms_.splice(forms_.begin(), forms_, found->second);
    return &forms_.front();
}

LoadedForm* LoadedForms::add(std::string_view key, const std::uint8_t (&hash)[hash_size]) {
    std::list<LoadedForm> added(1);
    LoadedForm& form = added.front();
    form.key = key;
    std::memcpy(form.hash, hash, sizeof form.hash);
    by_key_.emplace(form.key, added.begin());
    forms_.splice(forms_.begin(), added);
    count(form);
    return &form;
}

void LoadedForms::compile(LoadedForm& form, jsonb::Value document) {
    form.compiled = std::make_unique<CompiledForm>(document, check_for_interrupts);
    count(form);
}

/// Counts what a form takes; what is written for its nodes later is about as much again.
void LoadedForms::count(LoadedForm& form) {
    std::size_t size = sizeof form + 2 * form.key.size();
    if (form.compiled) {
        size += 2 * form.compiled->form.size() +
                form.compiled->columns.size() * sizeof(CompiledForm::NodeColumns);
    }
    bytes_ += size - form.counted;
    form.counted = size;
    while (bytes_ > most_bytes && &forms_.back() != &form) {
        bytes_ -= forms_.back().counted;
        by_key_.erase(forms_.back().key);
        forms_.pop_back();
    }
}

}  // namespace onetrip::postgres
