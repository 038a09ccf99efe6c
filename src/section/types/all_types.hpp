#pragma once

#include "section/types/field_type.hpp"

namespace onetrip::section {

// The types, each defined in the file that is named after its kind of value. A new one is declared
// here and put into the list of all_types.cpp; nothing else knows it by name.
extern const BitsType& uimsbf;  // integer_types.cpp
extern const BitsType& tcimsbf;
extern const BitsType& bslbf;
extern const BitsType& bcd;
extern const BitsType& rpchof;  // a checksum: the encoder computes it
extern const BitsType& utc;     // time_types.cpp
extern const BitsType& duration;
extern const BitsType& mjd;
extern const BytesType& char_type;  // text_types.cpp
extern const BytesType& text_type;
extern const BytesType& dvbtext;
extern const BytesType& utf16;
extern const BytesType& bytes_type;
extern const BytesType& tlv;        // tlv.cpp
extern const BitsType& float_type;  // float_type.cpp
extern const BytesType& inet;       // address_types.cpp
extern const BitsType& macaddr;
extern const BytesType& align;  // align_type.cpp

}  // namespace onetrip::section
