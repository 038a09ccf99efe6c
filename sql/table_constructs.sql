-- Each construct of tables, by sections that are written by hand from the standards' syntax tables. The clause of
-- each stands above it; a CRC_32 is put after the bytes by crc32_mpeg2.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';

CREATE FUNCTION pg_temp.with_crc(hex text) RETURNS bytea LANGUAGE sql AS $$
    SELECT bytes || decode(lpad(to_hex(crc32_mpeg2(bytes)), 8, '0'), 'hex')
    FROM decode(regexp_replace(hex, '\s', '', 'g'), 'hex') AS bytes
$$;

-- The row of a section, and whether the row makes its bytes, no fault is found, and each byte is shown.
CREATE FUNCTION pg_temp.show(layout section_layout, section bytea) RETURNS TABLE (key text, value jsonb)
LANGUAGE sql AS $$
    WITH r (j) AS MATERIALIZED (SELECT decode_section(layout, section))
    SELECT e.key, e.value FROM r, jsonb_each(j) AS e
    UNION ALL SELECT '-- comes back', to_jsonb(encode_section(layout, j) = section) FROM r
    UNION ALL SELECT '-- faults', to_jsonb(count(*)) FROM check_sections(layout, section)
    UNION ALL SELECT '-- bytes shown', to_jsonb(max(byte_offset + (bit + width + 7) / 8) = length(section))
              FROM dissect_section(layout, section)
$$;

-- program_association_section: ISO/IEC 13818-1, 2.4.4.3. `for` is a list, `if (program_number == '0')` an if.
SELECT * FROM pg_temp.show('pat (max 1024, library none) {
    table_id 8 uimsbf = 0x00
    section_syntax_indicator 1 bslbf = 1
    zero 1 bslbf = 0
    reserved 2 bslbf = 0b11
    section_length 12 uimsbf = length()
    transport_stream_id 16 uimsbf
    reserved 2 bslbf = 0b11
    version_number 5 uimsbf
    current_next_indicator 1 bslbf default 1
    section_number 8 uimsbf = part()
    last_section_number 8 uimsbf = last_part()
    programs[] split {
        program_number 16 uimsbf
        reserved 3 bslbf = 0b111
        if (program_number == 0) {
            network_PID 13 uimsbf
        } else {
            program_map_PID 13 uimsbf
        }
    }
    CRC_32 32 rpchof
}', pg_temp.with_crc('00 B011  002A  C7 00 00   0000 E010   0001 E100'));

-- TS_program_map_section: ISO/IEC 13818-1, 2.4.4.8; CA_descriptor 2.6.16, ISO_639_language_descriptor 2.6.18. Lists
-- that a length before them ends, and descriptors by their tags.
SELECT * FROM pg_temp.show('pmt (max 1024, library none) {
    table_id 8 uimsbf = 0x02
    section_syntax_indicator 1 bslbf = 1
    zero 1 bslbf = 0
    reserved 2 bslbf = 0b11
    section_length 12 uimsbf = length()
    program_number 16 uimsbf
    reserved 2 bslbf = 0b11
    version_number 5 uimsbf
    current_next_indicator 1 bslbf default 1
    section_number 8 uimsbf = 0
    last_section_number 8 uimsbf = 0
    reserved 3 bslbf = 0b111
    PCR_PID 13 uimsbf
    reserved 4 bslbf = 0b1111
    program_info_length 12 uimsbf = length(program_info)
    program_info * tlv(8,8,mpeg)
    streams[] {
        stream_type 8 uimsbf
        reserved 3 bslbf = 0b111
        elementary_PID 13 uimsbf
        reserved 4 bslbf = 0b1111
        ES_info_length 12 uimsbf = length(ES_info)
        ES_info * tlv(8,8,mpeg)
    }
    CRC_32 32 rpchof
}
CA_descriptor (mpeg 0x09) {
    CA_system_ID 16 uimsbf
    reserved 3 bslbf = 0b111
    CA_PID 13 uimsbf
    private_data * bytes
}
ISO_639_language_descriptor (mpeg 0x0A) {
    languages[] {
        ISO_639_language_code 24 char
        audio_type 8 bslbf
    }
}', pg_temp.with_crc('02 B023  0001  C1 00 00  E100  F006 09 04 0100 E064
                      1B E100 F000    03 E101 F006 0A 04 667265 00'));

-- service_description_section: EN 300 468, 5.2.3; service_descriptor 6.2.33. Texts with a length before them.
SELECT * FROM pg_temp.show('sdt (max 1024, library none) {
    table_id 8 uimsbf
    section_syntax_indicator 1 bslbf = 1
    reserved_future_use 1 bslbf = 1
    reserved 2 bslbf = 0b11
    section_length 12 uimsbf = length()
    transport_stream_id 16 uimsbf
    reserved 2 bslbf = 0b11
    version_number 5 uimsbf
    current_next_indicator 1 bslbf default 1
    section_number 8 uimsbf = part()
    last_section_number 8 uimsbf = last_part()
    original_network_id 16 uimsbf
    reserved_future_use 8 bslbf = 0xFF
    services[] split {
        service_id 16 uimsbf
        reserved_future_use 6 bslbf = 0b111111
        EIT_schedule_flag 1 bslbf
        EIT_present_following_flag 1 bslbf
        running_status 3 uimsbf
        free_CA_mode 1 bslbf
        descriptors_loop_length 12 uimsbf = length(descriptors)
        descriptors * tlv(8,8,dvb)
    }
    CRC_32 32 rpchof
}
service_descriptor (dvb 0x48) {
    service_type 8 uimsbf
    service_provider_name_length 8 uimsbf = length(service_provider_name)
    service_provider_name * dvbtext
    service_name_length 8 uimsbf = length(service_name)
    service_name * dvbtext
}', pg_temp.with_crc('42 F01C  0001  C1 00 00  20FA FF   0101 FD 800B  48 09 01 02 5446 04 4E657773'));

-- network_information_section: EN 300 468, 5.2.1; network_name_descriptor 6.2.27, cable_delivery_system_descriptor
-- 6.2.13.1. A list within a length, and digits.
SELECT * FROM pg_temp.show('nit (max 1024, library none) {
    table_id 8 uimsbf
    section_syntax_indicator 1 bslbf = 1
    reserved_future_use 1 bslbf = 1
    reserved 2 bslbf = 0b11
    section_length 12 uimsbf = length()
    network_id 16 uimsbf
    reserved 2 bslbf = 0b11
    version_number 5 uimsbf
    current_next_indicator 1 bslbf default 1
    section_number 8 uimsbf = part()
    last_section_number 8 uimsbf = last_part()
    reserved_future_use 4 bslbf = 0b1111
    network_descriptors_length 12 uimsbf = length(network_descriptors)
    network_descriptors * tlv(8,8,dvb)
    reserved_future_use 4 bslbf = 0b1111
    transport_stream_loop_length 12 uimsbf = length(transport_streams)
    transport_streams[] split {
        transport_stream_id 16 uimsbf
        original_network_id 16 uimsbf
        reserved_future_use 4 bslbf = 0b1111
        transport_descriptors_length 12 uimsbf = length(transport_descriptors)
        transport_descriptors * tlv(8,8,dvb)
    }
    CRC_32 32 rpchof
}
network_name_descriptor (dvb 0x40) {
    name * dvbtext
}
cable_delivery_system_descriptor (dvb 0x44) {
    frequency 32 bcd
    reserved_future_use 12 bslbf = 0xFFF
    FEC_outer 4 bslbf
    modulation 8 bslbf
    symbol_rate 28 bcd
    FEC_inner 4 bslbf
}', pg_temp.with_crc('40 F026  3001  C1 00 00  F006 40 04 54657374
                      F013   0001 20FA F00D 44 0B 03460000 FFF2 03 0068750F'));

-- event_information_section: EN 300 468, 5.2.4; short_event_descriptor 6.2.37; the time is the example of annex C.
SELECT * FROM pg_temp.show('eit_pf (library none) {
    table_id 8 uimsbf
    section_syntax_indicator 1 bslbf = 1
    reserved_future_use 1 bslbf = 1
    reserved 2 bslbf = 0b11
    section_length 12 uimsbf = length()
    service_id 16 uimsbf
    reserved 2 bslbf = 0b11
    version_number 5 uimsbf
    current_next_indicator 1 bslbf default 1
    section_number 8 uimsbf = part()
    last_section_number 8 uimsbf = last_part()
    transport_stream_id 16 uimsbf
    original_network_id 16 uimsbf
    segment_last_section_number 8 uimsbf = last_part()
    last_table_id 8 uimsbf
    events[] split(1) by position {
        event_id 16 uimsbf
        start_time 40 utc
        duration 24 duration
        running_status 3 uimsbf
        free_CA_mode 1 bslbf
        descriptors_loop_length 12 uimsbf = length(descriptors)
        descriptors * tlv(8,8,dvb)
    }
    CRC_32 32 rpchof
}
short_event_descriptor (dvb 0x4D) {
    ISO_639_language_code 24 char
    event_name_length 8 uimsbf = length(event_name)
    event_name * dvbtext
    text_length 8 uimsbf = length(text)
    text * dvbtext
}', pg_temp.with_crc('4E F028  0101  C1 00 00  0001 20FA 00 4E
                      0001 C079124500 014530 800D  4D 0B 667265 04 4E657773 02 4F6B'));

-- time_offset_section: EN 300 468, 5.2.6; local_time_offset_descriptor 6.2.20. A list to the end of its descriptor.
SELECT * FROM pg_temp.show('tot (library none) {
    table_id 8 uimsbf = 0x73
    section_syntax_indicator 1 bslbf = 0
    reserved_future_use 1 bslbf = 1
    reserved 2 bslbf = 0b11
    section_length 12 uimsbf = length()
    UTC_time 40 utc
    reserved 4 bslbf = 0b1111
    descriptors_loop_length 12 uimsbf = length(descriptors)
    descriptors * tlv(8,8,dvb)
    CRC_32 32 rpchof
}
local_time_offset_descriptor (dvb 0x58) {
    offsets[] {
        country_code 24 char
        country_region_id 6 uimsbf
        reserved 1 bslbf = 1
        local_time_offset_polarity 1 bslbf
        local_time_offset 16 bcd
        time_of_change 40 utc
        next_time_offset 16 bcd
    }
}', pg_temp.with_crc('73 701A  C079124500  F00F  58 0D 465241 02 0100 C091010000 0200'));

-- splice_info_section: ANSI/SCTE 35, 9.6; splice_insert 9.7.3, splice_time 9.8.1, break_duration 9.8.2. An object
-- with a length before it, named types, present().
CREATE TEMP TABLE splice (layout section_layout);
INSERT INTO splice VALUES ('splice_info_section (library none) {
    table_id 8 uimsbf = 0xFC
    section_syntax_indicator 1 bslbf = 0
    private_indicator 1 bslbf = 0
    sap_type 2 bslbf default 3
    section_length 12 uimsbf = length()
    protocol_version 8 uimsbf default 0
    encrypted_packet 1 bslbf default 0
    encryption_algorithm 6 uimsbf default 0
    pts_adjustment 33 uimsbf default 0
    cw_index 8 uimsbf default 0
    tier 12 uimsbf default 0xFFF
    splice_command_length 12 uimsbf = length(splice_insert)
    splice_command_type 8 uimsbf = 0x05
    splice_insert {
        splice_event_id 32 uimsbf
        splice_event_cancel_indicator 1 bslbf default 0
        reserved 7 bslbf = 0x7F
        if (splice_event_cancel_indicator == 0) {
            out_of_network_indicator 1 bslbf
            program_splice_flag 1 bslbf
            duration_flag 1 bslbf = present(break_duration)
            splice_immediate_flag 1 bslbf default 0
            reserved 4 bslbf = 0xF
            if (program_splice_flag == 1 && splice_immediate_flag == 0) {
                splice_time * splice_time
            }
            if (program_splice_flag == 0) {
                component_count 8 uimsbf = count(components)
                components[] {
                    component_tag 8 uimsbf
                    if (splice_immediate_flag == 0) {
                        splice_time * splice_time
                    }
                }
            }
            if (duration_flag == 1) {
                break_duration * break_duration
            }
            unique_program_id 16 uimsbf
            avail_num 8 uimsbf
            avails_expected 8 uimsbf
        }
    }
    descriptor_loop_length 16 uimsbf = length(descriptors)
    descriptors * tlv(8,8)
    CRC_32 32 rpchof
}
splice_time {
    time_specified_flag 1 bslbf = present(pts_time)
    if (time_specified_flag == 1) {
        reserved 6 bslbf = 0x3F
        pts_time 33 uimsbf
    } else {
        reserved 7 bslbf = 0x7F
    }
}
break_duration {
    auto_return 1 bslbf
    reserved 6 bslbf = 0x3F
    duration 33 uimsbf
}');
SELECT number, s.*
FROM splice, (VALUES
    -- A program splice at a time, for some time.
    (1, 'FC 3025  00 0000000000 FF FFF014 05  00000001 7F EF FE72BD0050 FE0052CCF5 0001 00 00  0000'),
    -- Two components, one of them without a time; no duration: component_count is count(components).
    (2, 'FC 3024  00 0000000000 00 FFF013 05  00000002 7F 8F 02 01 FE72BD0050 02 7F 0001 01 02  0000'),
    -- The event is cancelled: nothing follows.
    (3, 'FC 3016  00 0000000000 00 FFF005 05  00000003 FF  0000')) AS v (number, hex),
    pg_temp.show(layout, pg_temp.with_crc(hex)) AS s;

-- terrestrial_virtual_channel_table_section: ATSC A/65, 6.3.1; extended_channel_name_descriptor 6.9.4 with a
-- multiple_string_structure, 6.10. Lists by count, within one another.
SELECT * FROM pg_temp.show('tvct (max 1024, library none) {
    table_id 8 uimsbf = 0xC8
    section_syntax_indicator 1 bslbf = 1
    private_indicator 1 bslbf = 1
    reserved 2 bslbf = 0b11
    section_length 12 uimsbf = length()
    transport_stream_id 16 uimsbf
    reserved 2 bslbf = 0b11
    version_number 5 uimsbf
    current_next_indicator 1 bslbf default 1
    section_number 8 uimsbf = part()
    last_section_number 8 uimsbf = last_part()
    protocol_version 8 uimsbf default 0
    num_channels_in_section 8 uimsbf = count(channels)
    channels[] split {
        short_name 112 utf16
        reserved 4 bslbf = 0b1111
        major_channel_number 10 uimsbf
        minor_channel_number 10 uimsbf
        modulation_mode 8 uimsbf
        carrier_frequency 32 uimsbf default 0
        channel_TSID 16 uimsbf
        program_number 16 uimsbf
        ETM_location 2 uimsbf
        access_controlled 1 bslbf
        hidden 1 bslbf
        reserved 2 bslbf = 0b11
        hide_guide 1 bslbf
        reserved 3 bslbf = 0b111
        service_type 6 uimsbf
        source_id 16 uimsbf
        reserved 6 bslbf = 0b111111
        descriptors_length 10 uimsbf = length(descriptors)
        descriptors * tlv(8,8,atsc)
    }
    reserved 6 bslbf = 0b111111
    additional_descriptors_length 10 uimsbf = length(additional_descriptors)
    additional_descriptors * tlv(8,8,atsc)
    CRC_32 32 rpchof
}
extended_channel_name_descriptor (atsc 0xA0) {
    long_channel_name_text * multiple_string_structure
}
multiple_string_structure {
    number_strings 8 uimsbf = count(strings)
    strings[] {
        ISO_639_language_code 24 char
        number_segments 8 uimsbf = count(segments)
        segments[] {
            compression_type 8 uimsbf
            mode 8 uimsbf
            number_bytes 8 uimsbf = length(compressed_string)
            compressed_string * bytes
        }
    }
}', pg_temp.with_crc('C8 F03A  0001  C1 00 00  00  01
    0041 0042 0043 0000 0000 0000 0000  F01C01 04 00000000 0001 0001 0DC2 0001  FC0D A0 0B 01 656E67 01 00 00 03 414243
    FC00'));

-- time_offset_section of ISDB: ARIB STD-B10 part 2, 5.2.9: JST_time is Japan's, `time +9`.
SELECT * FROM pg_temp.show('tot (time +9, library none) {
    table_id 8 uimsbf = 0x73
    section_syntax_indicator 1 bslbf = 0
    reserved_future_use 1 bslbf = 1
    reserved 2 bslbf = 0b11
    section_length 12 uimsbf = length()
    JST_time 40 utc
    reserved 4 bslbf = 0b1111
    descriptors_loop_length 12 uimsbf = length(descriptors)
    descriptors * tlv(8,8)
    CRC_32 32 rpchof
}', pg_temp.with_crc('73 700B  C079124500  F000'));

-- TS_information_descriptor: ARIB STD-B10 part 2, 6.2.42: a length and a count of odd bits, a list of values in a
-- list, and what may follow. Its text is of ARIB STD-B24.
SELECT s.*
FROM (VALUES ('CD0C 01 11 0E4E484B 0F 02 0400 0401'), ('CD0D 01 11 0E4E484B 0F 02 0400 0401 FF')) AS v (hex),
    pg_temp.show('descriptors (text arib, library none) {
    descriptors * tlv(8,8,isdb)
}
TS_information_descriptor (isdb 0xCD) {
    remote_control_key_id 8 uimsbf
    length_of_ts_name 6 uimsbf = length(ts_name)
    transmission_type_count 2 uimsbf = count(transmission_types)
    ts_name * dvbtext
    transmission_types[] {
        transmission_type_info 8 bslbf
        num_of_service 8 uimsbf = count(service_ids)
        service_ids[] 16 uimsbf
    }
    reserved_future_use * bytes
}', decode(replace(hex, ' ', ''), 'hex')) AS s;

-- private_data_specifier_descriptor: EN 300 468, 6.2.31, and a descriptor that stands after it alone: `after`.
SELECT s.*
FROM (VALUES ('5F04 00000028 8304 0001 FC01'), ('5F04 00000031 8304 0001 FC01'), ('8304 0001 FC01')) AS v (hex),
    pg_temp.show('descriptors (library none) {
    descriptors * tlv(8,8,dvb)
}
private_data_specifier_descriptor (dvb 0x5F) {
    private_data_specifier 32 uimsbf
}
logical_channel_descriptor (dvb 0x83 after 0x5F 0x00000028) {
    services[] {
        service_id 16 uimsbf
        visible_service_flag 1 bslbf
        reserved 5 bslbf default 0b11111
        logical_channel_number 10 uimsbf
    }
}', decode(replace(hex, ' ', ''), 'hex')) AS s;

-- T2_delivery_system_descriptor: EN 300 468, 6.4.6.3: an extension descriptor (6.2.16), and
-- `if (descriptor_length > 4)`, which is optional.
SELECT s.* FROM (VALUES ('7F04 04 01 2000'), ('7F06 04 01 2000 3D2D')) AS v (hex),
    pg_temp.show('descriptors (library none) {
    descriptors * tlv(8,8,dvb)
}
T2_delivery_system_descriptor (dvb 0x7F 0x04) {
    plp_id 8 uimsbf
    T2_system_id 16 uimsbf
    optional {
        SISO_MISO 2 bslbf
        bandwidth 4 bslbf
        reserved_future_use 2 bslbf default 0b11
        guard_interval 3 bslbf
        transmission_mode 3 bslbf
        other_frequency_flag 1 bslbf
        tfs_flag 1 bslbf
    }
}', decode(replace(hex, ' ', ''), 'hex')) AS s;
