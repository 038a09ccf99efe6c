-- The layouts of the tables of ISO/IEC 13818-1 and EN 300 468 that the EPG sends, in the standards' own syntax.
CREATE TABLE epg_layouts (name text PRIMARY KEY, layout section_layout NOT NULL);
CREATE FUNCTION layout_of(name text) RETURNS section_layout LANGUAGE sql STABLE AS 'SELECT layout FROM epg_layouts AS l WHERE l.name = $1';
INSERT INTO epg_layouts VALUES
('pat', 'pat (max 1024) {
    table_id                  8  uimsbf  = 0x00
    section_syntax_indicator  1  bslbf   = 1
    zero                      1  bslbf   = 0
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    transport_stream_id      16  uimsbf
    reserved                  2  bslbf   = 0b11
    version_number            5  uimsbf
    current_next_indicator    1  bslbf   default 1
    section_number            8  uimsbf  = part()
    last_section_number       8  uimsbf  = last_part()
    programs[] split {
        program_number  16  uimsbf
        reserved         3  bslbf  = 0b111
        if (program_number == 0) {
            network_PID  13  uimsbf
        } else {
            program_map_PID  13  uimsbf
        }
    }
    CRC_32                   32  rpchof
}'),
('pmt', 'pmt (max 1024) {
    table_id                  8  uimsbf  = 0x02
    section_syntax_indicator  1  bslbf   = 1
    zero                      1  bslbf   = 0
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    program_number           16  uimsbf
    reserved                  2  bslbf   = 0b11
    version_number            5  uimsbf
    current_next_indicator    1  bslbf   default 1
    section_number            8  uimsbf  = 0
    last_section_number       8  uimsbf  = 0
    reserved                  3  bslbf   = 0b111
    PCR_PID                  13  uimsbf
    reserved                  4  bslbf   = 0b1111
    program_info_length      12  uimsbf  = length(program_info)
    program_info              *  tlv(8,8,mpeg)
    streams[] {
        stream_type      8  uimsbf
        reserved         3  bslbf   = 0b111
        elementary_PID  13  uimsbf
        reserved         4  bslbf   = 0b1111
        ES_info_length  12  uimsbf  = length(ES_info)
        ES_info          *  tlv(8,8,mpeg)
    }
    CRC_32                   32  rpchof
}
ISO_639_language_descriptor (mpeg 0x0A) {
    languages[] {
        ISO_639_language_code  24  char
        audio_type              8  uimsbf
    }
}'),
('nit', 'nit (max 1024) {
    table_id                       8  uimsbf
    section_syntax_indicator       1  bslbf   = 1
    reserved_future_use            1  bslbf   = 1
    reserved                       2  bslbf   = 0b11
    section_length                12  uimsbf  = length()
    network_id                    16  uimsbf
    reserved                       2  bslbf   = 0b11
    version_number                 5  uimsbf
    current_next_indicator         1  bslbf   default 1
    section_number                 8  uimsbf  = part()
    last_section_number            8  uimsbf  = last_part()
    reserved_future_use            4  bslbf   = 0b1111
    network_descriptors_length    12  uimsbf  = length(network_descriptors)
    network_descriptors            *  tlv(8,8,dvb)
    reserved_future_use            4  bslbf   = 0b1111
    transport_stream_loop_length  12  uimsbf  = length(transport_streams)
    transport_streams[] split {
        transport_stream_id           16  uimsbf
        original_network_id           16  uimsbf
        reserved_future_use            4  bslbf   = 0b1111
        transport_descriptors_length  12  uimsbf  = length(transport_descriptors)
        transport_descriptors          *  tlv(8,8,dvb)
    }
    CRC_32                        32  rpchof
}
network_name_descriptor (dvb 0x40) {
    network_name  *  dvbtext
}
service_list_descriptor (dvb 0x41) {
    services[] {
        service_id   16  uimsbf
        service_type  8  uimsbf
    }
}'),
('sdt', 'sdt (max 1024) {
    table_id                  8  uimsbf
    section_syntax_indicator  1  bslbf   = 1
    reserved_future_use       1  bslbf   = 1
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    transport_stream_id      16  uimsbf
    reserved                  2  bslbf   = 0b11
    version_number            5  uimsbf
    current_next_indicator    1  bslbf   default 1
    section_number            8  uimsbf  = part()
    last_section_number       8  uimsbf  = last_part()
    original_network_id      16  uimsbf
    reserved_future_use       8  bslbf   = 0xFF
    services[] split {
        service_id                 16  uimsbf
        reserved_future_use         6  bslbf   = 0b111111
        EIT_schedule_flag           1  bslbf
        EIT_present_following_flag  1  bslbf
        running_status              3  uimsbf
        free_CA_mode                1  bslbf
        descriptors_loop_length    12  uimsbf  = length(descriptors)
        descriptors                 *  tlv(8,8,dvb)
    }
    CRC_32                   32  rpchof
}
service_descriptor (dvb 0x48) {
    service_type                  8  uimsbf
    service_provider_name_length  8  uimsbf  = length(service_provider_name)
    service_provider_name         *  dvbtext
    service_name_length           8  uimsbf  = length(service_name)
    service_name                  *  dvbtext
}'),
('eit', 'eit {
    table_id                     8  uimsbf
    section_syntax_indicator     1  bslbf   = 1
    reserved_future_use          1  bslbf   = 1
    reserved                     2  bslbf   = 0b11
    section_length              12  uimsbf  = length()
    service_id                  16  uimsbf
    reserved                     2  bslbf   = 0b11
    version_number               5  uimsbf
    current_next_indicator       1  bslbf   default 1
    section_number               8  uimsbf  = part()
    last_section_number          8  uimsbf  = last_part()
    transport_stream_id         16  uimsbf
    original_network_id         16  uimsbf
    segment_last_section_number  8  uimsbf  
    last_table_id                8  uimsbf
    events[] {
        event_id                 16  uimsbf
        start_time               40  utc
        duration                 24  duration
        running_status            3  uimsbf
        free_CA_mode              1  bslbf
        descriptors_loop_length  12  uimsbf  = length(descriptors)
        descriptors               *  tlv(8,8,dvb)
    }
    CRC_32                      32  rpchof
}
short_event_descriptor (dvb 0x4D) {
    ISO_639_language_code  24  char
    event_name_length       8  uimsbf  = length(event_name)
    event_name              *  dvbtext
    text_length             8  uimsbf  = length(text)
    text                    *  dvbtext
}
content_descriptor (dvb 0x54) {
    contents[] {
        content_nibble_level_1  4  uimsbf
        content_nibble_level_2  4  uimsbf
        user_byte               8  uimsbf
    }
}
parental_rating_descriptor (dvb 0x55) {
    ratings[] {
        country_code  24  char
        rating         8  uimsbf
    }
}'),
('eit_pf', 'eit_pf {
    table_id                     8  uimsbf
    section_syntax_indicator     1  bslbf   = 1
    reserved_future_use          1  bslbf   = 1
    reserved                     2  bslbf   = 0b11
    section_length              12  uimsbf  = length()
    service_id                  16  uimsbf
    reserved                     2  bslbf   = 0b11
    version_number               5  uimsbf
    current_next_indicator       1  bslbf   default 1
    section_number               8  uimsbf  = part()
    last_section_number          8  uimsbf  = last_part()
    transport_stream_id         16  uimsbf
    original_network_id         16  uimsbf
    segment_last_section_number  8  uimsbf  = last_part()
    last_table_id                8  uimsbf
    events[] split(1) by position {
        event_id                 16  uimsbf
        start_time               40  utc
        duration                 24  duration
        running_status            3  uimsbf
        free_CA_mode              1  bslbf
        descriptors_loop_length  12  uimsbf  = length(descriptors)
        descriptors               *  tlv(8,8,dvb)
    }
    CRC_32                      32  rpchof
}
short_event_descriptor (dvb 0x4D) {
    ISO_639_language_code  24  char
    event_name_length       8  uimsbf  = length(event_name)
    event_name              *  dvbtext
    text_length             8  uimsbf  = length(text)
    text                    *  dvbtext
}
content_descriptor (dvb 0x54) {
    contents[] {
        content_nibble_level_1  4  uimsbf
        content_nibble_level_2  4  uimsbf
        user_byte               8  uimsbf
    }
}
parental_rating_descriptor (dvb 0x55) {
    ratings[] {
        country_code  24  char
        rating         8  uimsbf
    }
}'),
('eit_schedule', 'eit_schedule {
    table_id                     8  uimsbf
    section_syntax_indicator     1  bslbf   = 1
    reserved_future_use          1  bslbf   = 1
    reserved                     2  bslbf   = 0b11
    section_length              12  uimsbf  = length()
    service_id                  16  uimsbf
    reserved                     2  bslbf   = 0b11
    version_number               5  uimsbf
    current_next_indicator       1  bslbf   default 1
    section_number               8  uimsbf  = part()
    last_section_number          8  uimsbf  = last_part()
    transport_stream_id         16  uimsbf
    original_network_id         16  uimsbf
    segment_last_section_number  8  uimsbf  = last_part(segment)
    last_table_id                8  uimsbf
    events[] split(8) by segment {
        event_id                 16  uimsbf
        start_time               40  utc
        duration                 24  duration
        running_status            3  uimsbf
        free_CA_mode              1  bslbf
        descriptors_loop_length  12  uimsbf  = length(descriptors)
        descriptors               *  tlv(8,8,dvb)
    }
    CRC_32                      32  rpchof
}
short_event_descriptor (dvb 0x4D) {
    ISO_639_language_code  24  char
    event_name_length       8  uimsbf  = length(event_name)
    event_name              *  dvbtext
    text_length             8  uimsbf  = length(text)
    text                    *  dvbtext
}
content_descriptor (dvb 0x54) {
    contents[] {
        content_nibble_level_1  4  uimsbf
        content_nibble_level_2  4  uimsbf
        user_byte               8  uimsbf
    }
}
parental_rating_descriptor (dvb 0x55) {
    ratings[] {
        country_code  24  char
        rating         8  uimsbf
    }
}'),
('tdt', 'tdt {
    table_id                  8  uimsbf  = 0x70
    section_syntax_indicator  1  bslbf   = 0
    reserved_future_use       1  bslbf   = 1
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    UTC_time                 40  utc
}'),
('tot', 'tot {
    table_id                  8  uimsbf  = 0x73
    section_syntax_indicator  1  bslbf   = 0
    reserved_future_use       1  bslbf   = 1
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    UTC_time                 40  utc
    reserved                  4  bslbf   = 0b1111
    descriptors_loop_length  12  uimsbf  = length(descriptors)
    descriptors               *  tlv(8,8,dvb)
    CRC_32                   32  rpchof
}
local_time_offset_descriptor (dvb 0x58) {
    offsets[] {
        country_code               24  char
        country_region_id           6  uimsbf
        reserved                    1  bslbf  = 1
        local_time_offset_polarity  1  bslbf
        local_time_offset          16  bcd
        time_of_change             40  utc
        next_time_offset           16  bcd
    }
}');
