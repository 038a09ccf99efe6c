#pragma once

#include <optional>

#include "postgres/sections/layout_cache.hpp"
#include "section/encoder.hpp"

namespace onetrip::postgres {

/// The request of a job function.
struct CarouselRequest {
    text* zone;
    std::optional<DateADT> on_date;  ///< none: today, in the zone's time zone
    CompiledLayout* compiled;
    /// The rows may come from parallel workers. They must not if the job writes to the database.
    bool may_be_parallel = true;
};

/// The arguments that all job functions share: zone and date, the first two, and the layout. Only
/// the date may be NULL. ERRORs.
CarouselRequest carousel_request(FunctionCallInfo fcinfo, int layout_argument);

/// A message that is on air. Plain data, valid while its MessageJob runs.
struct Message {
    /// An id as the table has it: of any type, and NULL if no constraint forbids it.
    struct Id {
        Datum datum;
        bool is_null;
        Oid type;
    };

    Id campagne_id;
    Id message_id;
    std::span<const section::Value> row;
    bool is_added;  ///< of for_each_change: whether it is on air on the second day, or on the first
};

/// The work of a job function on each message.
class MessageJob {
  public:
    /// Called from the executor, in a memory context that is reset after the call. May ERROR;
    /// throws nothing.
    virtual void take(const Message& message) = 0;

  protected:
    ~MessageJob() = default;
};

/// Hands over every message that is on air, in the order of (campagne id, message id). The rows
/// stream through: nothing is collected. Reads with the caller's rights, under the snapshot of the
/// calling statement. ERRORs if a pair of ids occurs twice: the order of its messages would be that
/// on disk.
void for_each_message(const CarouselRequest& request, MessageJob& job);

/// Hands over, in the same way, every message that is on air on one of two days and not on the
/// other: that of the request, and this one. None: today.
void for_each_change(const CarouselRequest& request, std::optional<DateADT> to_date,
                     MessageJob& job);

/// Encodes a message. False if a field cannot hold its value, with `error` set; every other error
/// is raised. Parts of the message may have gone to the sink before the error.
bool try_encode_message(CompiledLayout* compiled, const Message& message,
                        section::SectionSink& sink, CaughtError& error);

/// Encodes a message; a bad value is an ERROR that names the message.
void encode_message(CompiledLayout* compiled, const Message& message, section::SectionSink& sink);

/// Reports in a WARNING that a message is left out, and why: try_encode_message has set `error`.
void warn_of_message(const Message& message, CaughtError& error);

/// Raises an error of try_encode_message, which names the message then.
[[noreturn]] void raise_for_message(const Message& message, CaughtError& error);

/// An id as the functions return it, a bigint or NULL. ERRORs if it is not an integer.
NullableDatum bigint_id(const Message::Id& id);

}  // namespace onetrip::postgres
