#pragma once

#include <optional>

#include "postgres/sections/layout_cache.hpp"
#include "section/encoder.hpp"
#include "transport/section_header.hpp"

namespace onetrip::postgres {

/// The request of a job function.
struct CarouselRequest {
    text* zone;
    std::optional<DateADT> on_date;  ///< none: today, in the zone's time zone
    CompiledLayout* compiled;
    Datum layout;  ///< what was compiled
    Oid function;  ///< the one that was called
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

/// The result of a statement that encodes messages where their rows are, on other servers. It has
/// no more than the job takes.
enum class Encoded : std::uint8_t {
    nothing,   ///< the job takes rows alone
    blocks,    ///< the sections of many messages of one campaign together
    messages,  ///< the sections of each message
    problems,  ///< what hinders each message from being encoded, if anything does
    messages_and_problems,
};

/// The sections of one message, or of several that follow one another. Plain data, valid during a
/// MessageJob's call.
struct EncodedMessages {
    Message::Id campagne_id;
    Message::Id message_id;  ///< NULL, of no type, for several
    std::int64_t messages;
    std::string_view sections;

    bool is_one() const { return OidIsValid(message_id.type); }
};

/// The work of a job function on each message. Its functions are called from the executor, in a
/// memory context that is reset after the call. They may ERROR; they throw nothing.
class MessageJob {
  public:
    virtual void take(const Message& message) = 0;

    // A job that takes what is encoded already has these as well. One that takes blocks takes
    // single messages too.
    virtual Encoded takes() const { return Encoded::nothing; }
    virtual void take_encoded(const EncodedMessages& /*messages*/) {}
    virtual void take_problem(const Message& /*message*/, CaughtError& /*error*/) {}

  protected:
    ~MessageJob() = default;
};

/// Hands the sections over one by one. They are those of a layout that says their length, and are
/// whole (require_sections).
template <typename Take>
void for_each_section(std::string_view sections, Take&& take) {
    std::span<const std::uint8_t> rest{reinterpret_cast<const std::uint8_t*>(sections.data()),
                                       sections.size()};
    while (!rest.empty()) {
        const std::size_t size = *transport::size_of_section(rest);
        take(rest.first(size));
        rest = rest.subspan(size);
    }
}

/// Takes sections and keeps nothing of them.
class NoSink final : public section::SectionSink {
  public:
    explicit NoSink(std::uint8_t* room) : room_(room) {}

    std::uint8_t* begin_section(std::size_t /*size*/) override { return room_; }
    void end_section(std::size_t /*size*/) override {}

  private:
    std::uint8_t* room_;
};

/// The form in which messages came: their rows, or sections that other servers had encoded.
enum class CarouselForm : std::uint8_t { rows, sections };

/// Hands over every message that is on air, in the order of (campagne id, message id). The rows
/// stream through: nothing is collected. Reads with the caller's rights, under the snapshot of the
/// calling statement. ERRORs if a pair of ids occurs twice: the order of its messages would be that
/// on disk. Messages on other servers are encoded there, if the job takes that and it can be done.
CarouselForm for_each_message(const CarouselRequest& request, MessageJob& job);

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
