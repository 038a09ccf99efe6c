// Exports the messages of a carousel to an ExportOutput. Knows nothing of files and programs.

#include "postgres/carousel/export_job.hpp"

namespace onetrip::postgres {

namespace {

/// A carousel may be all bad.
constexpr std::int64_t most_warnings = 100;

unsigned long plural_of(std::int64_t count) {
    return static_cast<unsigned long>(count);
}

}  // namespace

void ExportJob::take(const Message& message) {
    CaughtError error;
    if (!try_encode_message(compiled_, message, output_, error)) {
        output_.drop_unit();
        leave_out(message, error);
    } else if (!output_.keep_unit(pid_, error)) {
        raise_for_message(message, error);
    }
}

Encoded ExportJob::takes() const {
    if (!compiled_->plan.has_section_length) {
        return Encoded::nothing;
    }
    return on_error_ == OnError::skip ? Encoded::messages_and_problems : Encoded::blocks;
}

void ExportJob::take_encoded(const EncodedMessages& messages) {
    for_each_section(messages.sections, [this](std::span<const std::uint8_t> section) {
        call_cpp([&] {
            std::memcpy(output_.begin_section(section.size()), section.data(), section.size());
            output_.end_section(section.size());
        });
    });
    CaughtError error;
    if (!output_.keep_unit(pid_, error, messages.messages)) {
        messages.is_one()
            ? raise_for_message({messages.campagne_id, messages.message_id, {}, false}, error)
            : raise(error);
    }
}

void ExportJob::leave_out(const Message& message, CaughtError& error) {
    if (on_error_ == OnError::fail) {
        raise_for_message(message, error);
    }
    output_.count_skipped();
    const std::int64_t skipped = output_.counts().skipped;
    if (skipped <= most_warnings) {
        warn_of_message(message, error);
    }
    if (guards_.max_skipped && skipped > *guards_.max_skipped) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg_plural("the carousel has %lld message that cannot be encoded, more than "
                               "the %lld that may be left out",
                               "the carousel has %lld messages that cannot be encoded, more than "
                               "the %lld that may be left out",
                               plural_of(skipped), static_cast<long long>(skipped),
                               static_cast<long long>(*guards_.max_skipped)),
                 errhint("Use carousel_problems to list all of them; the argument "
                         "\"max_skipped\" says how many may be left out.")));
    }
}

ExportCounts ExportJob::finish() {
    const std::int64_t messages = output_.counts().units;
    if (messages < guards_.at_least) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg_plural("the carousel has %lld message, fewer than the %lld asked for",
                               "the carousel has %lld messages, fewer than the %lld asked for",
                               plural_of(messages), static_cast<long long>(messages),
                               static_cast<long long>(guards_.at_least)),
                 errhint("If the zone may have so few, say so by the argument \"at_least\"; 0 "
                         "allows an empty carousel.")));
    }
    const ExportCounts counts = output_.finish();
    if (counts.skipped > most_warnings) {
        const unsigned long unsaid = plural_of(counts.skipped - most_warnings);
        ereport(WARNING, (errmsg_plural("%lu more message left out", "%lu more messages left out",
                                        unsaid, unsaid),
                          errhint("Use carousel_problems to list all of them.")));
    }
    return counts;
}

}  // namespace onetrip::postgres
