#pragma once

#include <string>

namespace onetrip::section::test {

/// The message section as chapter 4 of the contract writes it: canonical text.
inline const std::string message = R"(message (max 512) {
    table_id                  8  uimsbf  = 0x92
    section_syntax_indicator  1  bslbf   = 0
    reserved_future_use       1  bslbf   = 1
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    index                     8  uimsbf  = part()
    total_count               8  uimsbf  = parts()
    target_filter            32  uimsbf  = numero_abonne
    network_id                8  uimsbf
    message_id               32  uimsbf  = campagne_id
    template_id              32  uimsbf
    genre                     8  char
    valid_start              40  utc
    valid_end                40  utc
    message_ack_count         8  uimsbf  = ack_count
    message_ack_delay        16  uimsbf  = ack_delay
    offset_appearance        16  uimsbf  = 0
    offset_filter            16  uimsbf  = 0
    offset_addressee         16  uimsbf  = offset(addressee)
    storables                 *  tlv(8,8) split
  addressee:
    addressee_tag             8  uimsbf  = 0x01
    addressee_length          8  uimsbf  = length(addressee_number)
    addressee_number         64  uimsbf  = numero_abonne
})";

}  // namespace onetrip::section::test
