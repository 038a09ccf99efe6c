#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace onetrip {

/// The kind of an error, which becomes the caller's SQLSTATE (sections.md, chapter 2).
enum class ErrorKind : std::uint8_t {
    syntax_error,       ///< 42601: a layout that is wrong
    undefined_column,   ///< 42703: the row has no such column
    out_of_range,       ///< 22003: a number that does not fit
    null_not_allowed,   ///< 22004: NULL, or a key that a JSON row does not have
    time_out_of_range,  ///< 22008: a date or duration out of range
    invalid_value,      ///< 22023: any other bad value
    too_large,          ///< 54000: more than the server can hold in one value
};

/// An error for the user. All texts are UTF-8, in PostgreSQL's style: the message a phrase without
/// a full stop, detail and hint sentences; an empty one is not shown.
class Error : public std::exception {
  public:
    Error(ErrorKind kind, std::string message, std::string detail, std::string hint = {})
        : kind_(kind),
          message_(std::move(message)),
          detail_(std::move(detail)),
          hint_(std::move(hint)) {}

    const char* what() const noexcept override { return message_.c_str(); }
    ErrorKind kind() const { return kind_; }
    const std::string& message() const { return message_; }
    const std::string& detail() const { return detail_; }
    const std::string& hint() const { return hint_; }

  private:
    ErrorKind kind_;
    std::string message_;
    std::string detail_;
    std::string hint_;
};

/// A value that a field cannot hold. The message names field and layout, the detail value and
/// width.
class FieldError : public Error {
  public:
    FieldError(ErrorKind kind, std::string field, std::string message, std::string detail,
               std::string hint = {})
        : Error(kind, std::move(message), std::move(detail), std::move(hint)),
          field_(std::move(field)) {}

    const std::string& field() const { return field_; }

  private:
    std::string field_;
};

}  // namespace onetrip
