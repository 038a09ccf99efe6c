-- Tables: lists, objects, conditions and descriptors, in the layouts of the specification's chapter 5.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
SET timezone = 'Europe/Paris';  -- which must not matter

-- The texts look nothing up in the library, so that they stay as they are.
CREATE TEMP TABLE layouts (name text PRIMARY KEY, layout section_layout NOT NULL);
INSERT INTO layouts VALUES
('pat', 'pat (max 1024, library none) {
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
('pmt', 'pmt (max 1024, library none) {
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
    program_info              *  tlv(8,8,dvb,mpeg)
    streams[] {
        stream_type      8  uimsbf
        reserved         3  bslbf   = 0b111
        elementary_PID  13  uimsbf
        reserved         4  bslbf   = 0b1111
        ES_info_length  12  uimsbf  = length(ES_info)
        ES_info          *  tlv(8,8,dvb,mpeg)
    }
    CRC_32                   32  rpchof
}
registration_descriptor (mpeg 0x05) {
    format_identifier          32  uimsbf
    additional_identification   *  bytes
}
ISO_639_language_descriptor (mpeg 0x0A) {
    languages[] {
        ISO_639_language_code  24  char
        audio_type              8  uimsbf
    }
}
stream_identifier_descriptor (dvb 0x52) {
    component_tag  8  uimsbf
}'),
('sdt', 'sdt (max 1024, library none) {
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
        descriptors                 *  tlv(8,8,dvb,mpeg)
    }
    CRC_32                   32  rpchof
}
service_descriptor (dvb 0x48) {
    service_type                  8  uimsbf
    service_provider_name_length  8  uimsbf  = length(service_provider_name)
    service_provider_name         *  dvbtext
    service_name_length           8  uimsbf  = length(service_name)
    service_name                  *  dvbtext
}
logical_channel_descriptor (dvb 0x83 after 0x5F 0x00000028) {
    services[] {
        service_id              16  uimsbf
        visible_service_flag     1  bslbf
        reserved                 5  bslbf  default 0b11111
        logical_channel_number  10  uimsbf
    }
}
registration_descriptor (mpeg 0x05) {
    format_identifier          32  uimsbf
    additional_identification   *  bytes
}'),
('nit', 'nit (max 1024, library none) {
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
    network_descriptors            *  tlv(8,8,dvb,mpeg)
    reserved_future_use            4  bslbf   = 0b1111
    transport_stream_loop_length  12  uimsbf  = length(transport_streams)
    transport_streams[] split {
        transport_stream_id           16  uimsbf
        original_network_id           16  uimsbf
        reserved_future_use            4  bslbf   = 0b1111
        transport_descriptors_length  12  uimsbf  = length(transport_descriptors)
        transport_descriptors          *  tlv(8,8,dvb,mpeg)
    }
    CRC_32                        32  rpchof
}
registration_descriptor (mpeg 0x05) {
    format_identifier          32  uimsbf
    additional_identification   *  bytes
}
network_name_descriptor (dvb 0x40) {
    network_name  *  dvbtext
}'),
('eit_schedule', 'eit_schedule (library none) {
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
        descriptors               *  tlv(8,8,dvb,mpeg)
    }
    CRC_32                      32  rpchof
}
registration_descriptor (mpeg 0x05) {
    format_identifier          32  uimsbf
    additional_identification   *  bytes
}
short_event_descriptor (dvb 0x4D) {
    ISO_639_language_code  24  char
    event_name_length       8  uimsbf  = length(event_name)
    event_name              *  dvbtext
    text_length             8  uimsbf  = length(text)
    text                    *  dvbtext
}'),
('tot', 'tot (library none) {
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
}'),
('splice_info_section', 'splice_info_section (library none) {
    table_id                  8  uimsbf  = 0xFC
    section_syntax_indicator  1  bslbf   = 0
    private_indicator         1  bslbf   = 0
    sap_type                  2  bslbf   default 3
    section_length           12  uimsbf  = length()
    protocol_version          8  uimsbf  default 0
    encrypted_packet          1  bslbf   default 0
    encryption_algorithm      6  uimsbf  default 0
    pts_adjustment           33  uimsbf  default 0
    cw_index                  8  uimsbf  default 0
    tier                     12  uimsbf  default 0xFFF
    splice_command_length    12  uimsbf  = length(splice_command)
    splice_command_type       8  uimsbf
    if (encrypted_packet == 1) {
        encrypted  *  bytes
    } else {
        splice_command {
            if (splice_command_type == 0x05) {
                splice_event_id               32  uimsbf
                splice_event_cancel_indicator  1  bslbf  default 0
                reserved                       7  bslbf  = 0x7F
                if (splice_event_cancel_indicator == 0) {
                    out_of_network_indicator  1  bslbf
                    program_splice_flag       1  bslbf
                    duration_flag             1  bslbf  = present(break_duration)
                    splice_immediate_flag     1  bslbf  default 0
                    reserved                  4  bslbf  = 0xF
                    if (program_splice_flag == 1 && splice_immediate_flag == 0) {
                        splice_time  *  splice_time
                    }
                    if (program_splice_flag == 0) {
                        component_count  8  uimsbf  = count(components)
                        components[] {
                            component_tag  8  uimsbf
                            if (splice_immediate_flag == 0) {
                                splice_time  *  splice_time
                            }
                        }
                    }
                    if (duration_flag == 1) {
                        break_duration  *  break_duration
                    }
                    unique_program_id        16  uimsbf
                    avail_num                 8  uimsbf
                    avails_expected           8  uimsbf
                }
            } else if (splice_command_type == 0x06) {
                splice_time  *  splice_time
            } else {
                command_bytes  *  bytes
            }
        }
        descriptor_loop_length  16  uimsbf  = length(descriptors)
        descriptors              *  tlv(8,8,splice)
    }
    CRC_32                   32  rpchof
}
splice_time {
    time_specified_flag  1  bslbf  = present(pts_time)
    if (time_specified_flag == 1) {
        reserved   6  bslbf  = 0x3F
        pts_time  33  uimsbf
    } else {
        reserved  7  bslbf  = 0x7F
    }
}
break_duration {
    auto_return  1  bslbf
    reserved     6  bslbf  = 0x3F
    duration    33  uimsbf
}
avail_descriptor (splice 0x00) {
    identifier         32  uimsbf  = 0x43554549
    provider_avail_id  32  uimsbf
}');

CREATE FUNCTION pg_temp.l(name text) RETURNS section_layout LANGUAGE sql STABLE
    RETURN (SELECT layout FROM layouts AS t WHERE t.name = l.name);

-- The row of a section, and whether its bytes come back.
CREATE FUNCTION pg_temp.row_of(layout section_layout, section bytea, OUT "row" text, OUT same boolean) LANGUAGE sql
    RETURN (jsonb_pretty(decode_section(layout, section)),
            encode_section(layout, decode_section(layout, section)) = section);

-- What is raised, with its SQLSTATE and DETAIL.
CREATE FUNCTION pg_temp.raised(layout section_layout, "row" jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    RETURN encode_section(layout, "row");
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN SQLSTATE || ' ' || SQLERRM || E'\n' || detail;
END $$;

-- The canonical text is its own.
SELECT name, layout::text::section_layout::text = layout::text AS same FROM layouts ORDER BY name;

-- PAT ------------------------------------------------------------------------------------------------

CREATE TYPE program AS (program_number int, "network_PID" int, "program_map_PID" int, remark text);
CREATE TEMP TABLE programs AS
SELECT n AS program_number, CASE WHEN n = 0 THEN 16 END AS "network_PID",
    CASE WHEN n > 0 THEN 256 + n END AS "program_map_PID"
FROM generate_series(0, 300) AS n;

SELECT ordinal, length(section), substring(section FOR 16) AS begins
FROM (SELECT 1 AS transport_stream_id, 3 AS version_number, jsonb_agg(jsonb_strip_nulls(to_jsonb(p))) AS programs
      FROM programs AS p) AS r,
     encode_sections(pg_temp.l('pat'), r) WITH ORDINALITY AS s (section, ordinal);

-- Of composite values, with an attribute more.
SELECT array_agg(j ORDER BY n) = array_agg(c ORDER BY n) AS same, count(*)
FROM (SELECT 1 AS transport_stream_id, 3 AS version_number, jsonb_agg(jsonb_strip_nulls(to_jsonb(p))) AS programs
      FROM programs AS p) AS r,
     (SELECT 1 AS transport_stream_id, 3 AS version_number,
             array_agg((program_number, "network_PID", "program_map_PID",
                 'x')::program) AS programs FROM programs) AS q,
     ROWS FROM (encode_sections(pg_temp.l('pat'), r), encode_sections(pg_temp.l('pat'), q)) WITH ORDINALITY AS s (j,
         c, n);

SELECT p.* FROM pg_temp.row_of(pg_temp.l('pat'), encode_section(pg_temp.l('pat'),
    '{"transport_stream_id": 1, "version_number": 3, "current_next_indicator": 0, "programs":
        [{"program_number": 0, "network_PID": 16}, {"program_number": 1, "program_map_PID": 257}]}')) AS p;

-- No item.
SELECT encode_sections(pg_temp.l('pat'), '{"transport_stream_id": 1, "version_number": 3, "programs": null}');

-- What is refused.
SELECT pg_temp.raised(pg_temp.l('pat'), '{"transport_stream_id": 1, "version_number": 3}'
    || jsonb_build_object('programs', programs)) AS refused
FROM (VALUES (1, '[{"program_number": 1}]'::jsonb), (2, '[{"program_map_PID": 257}]'),
             (3, '[{"program_number": 1, "program_map_PID": 257, "network_PID": 16}]'),
             (4, '[{"program_number": 1, "program_map_PID": 257, "network_PID": null}]'),
             (5, '[{"program_number": 1, "program_map_PID": 257, "PCR_PID": 16}]'),
             (6, '[{"program_number": 1, "program_map_PID": 257}, {"program_number": 1, "program_map_PID": 8192}]'),
             (7, '[{"program_number": 1, "program_map_PID": "a"}]'), (8, '[null]'), (9, '[1]'),
                 (10, '{"program_number": 1}'),
             (11, '"a"')) AS v (n, programs)
ORDER BY n;

-- A key that the top does not know is passed over.
SELECT pg_temp.raised(pg_temp.l('pat'), '{"transport_stream_id": 1, "version_number": 3, "programs": [],
    "remark": 1}');

-- Arrays.
CREATE TYPE short_program AS (program_number int);
SELECT encode_section(pg_temp.l('pat'), r)
FROM (SELECT 1 AS transport_stream_id, 3 AS version_number,
             ARRAY[NULL, (1, NULL, 257, NULL)]::program[] AS programs) AS r;
SELECT encode_section(pg_temp.l('pat'), r)
FROM (SELECT 1 AS transport_stream_id, 3 AS version_number,
             ARRAY[ARRAY[(1, NULL, 257, NULL)::program], ARRAY[(2, NULL, 258, NULL)::program]] AS programs) AS r;
SELECT encode_section(pg_temp.l('pat'), r)
FROM (SELECT 1 AS transport_stream_id, 3 AS version_number, ARRAY[ROW(1)::short_program] AS programs) AS r;
SELECT encode_section(pg_temp.l('pat'), r)
FROM (SELECT 1 AS transport_stream_id, 3 AS version_number, ARRAY[1, 2] AS programs) AS r;
SELECT encode_section(pg_temp.l('pat'), r)
FROM (SELECT 1 AS transport_stream_id, 3 AS version_number, NULL::program[] AS programs) AS r;

-- PMT ------------------------------------------------------------------------------------------------

SELECT p.* FROM pg_temp.row_of(pg_temp.l('pmt'), encode_section(pg_temp.l('pmt'),
    '{"program_number": 1, "version_number": 0, "PCR_PID": 257,
      "program_info": [{"registration_descriptor": {"format_identifier": 1129661769,
          "additional_identification": ""}}],
      "streams": [{"stream_type": 27, "elementary_PID": 257,
          "ES_info": [{"stream_identifier_descriptor": {"component_tag": 1}}]},
                  {"stream_type": 4, "elementary_PID": 258, "ES_info":
                      [{"ISO_639_language_descriptor": {"languages": [{"ISO_639_language_code": "fra",
                          "audio_type": 0}]}},
                       {"tag": 254, "hex": "0102"}]}]}')) AS p;

-- SDT: descriptors -------------------------------------------------------------------------------------

CREATE TEMP TABLE service AS
SELECT jsonb '{"table_id": 66, "transport_stream_id": 1, "version_number": 3, "original_network_id": 2, "services": [
    {"service_id": 1, "EIT_schedule_flag": 1, "EIT_present_following_flag": 1, "running_status": 4, "free_CA_mode": 0,
     "descriptors": [{"service_descriptor": {"service_type": 25, "service_provider_name": "Été",
         "service_name": "One"}},
                     {"tag": 128, "value": 1}]}]}' AS r;

SELECT p.* FROM service, pg_temp.row_of(pg_temp.l('sdt'), encode_section(pg_temp.l('sdt'), r)) AS p;

-- After its private_data_specifier, and with that of another.
CREATE TEMP TABLE channels AS
SELECT n, encode_section(pg_temp.l('sdt'), jsonb_set(r, '{services,0,descriptors}', descriptors)) AS section
FROM service, (VALUES
    (1, '[{"tag": 95, "hex": "00000028"}, {"logical_channel_descriptor": {"services":
        [{"service_id": 1, "visible_service_flag": 1, "logical_channel_number": 8}]}}]'::jsonb),
    (2, '[{"tag": 95, "hex": "00000029"}, {"tag": 131, "hex": "0001fc08"}]'),
    (3, '[{"tag": 131, "hex": "0001fc08"}, {"tag": 95, "hex": "00000028"}, {"tag": 131, "hex": "0001f808"}]'),
    (4, '[{"tag": 95, "hex": "00000028"}, {"tag": 95, "hex": "00000029"}, {"tag": 131,
        "hex": "0001fc08"}]')) AS v (n, descriptors);
SELECT n, decode_section(pg_temp.l('sdt'), section) #> '{services,0,descriptors}' AS descriptors,
    encode_section(pg_temp.l('sdt'), decode_section(pg_temp.l('sdt'), section)) = section AS same
FROM channels ORDER BY n;

SELECT pg_temp.raised(pg_temp.l('sdt'), jsonb_set(r, '{services,0,descriptors}', descriptors)) AS refused
FROM service, (VALUES
    (1, '[{"logical_channel_descriptor": {"services": []}}]'::jsonb),
    (2, '[{"tag": 95, "hex": "00000028"}, {"logical_channel_descriptor": {"services":
        [{"service_id": 1, "visible_service_flag": 1, "logical_channel_number": 1024}]}}]'),
    (3, '[{"no_descriptor": {}}]'), (4, '[{"service_descriptor": {}}]'),
    (5, '[{"service_descriptor": {"service_type": 1, "service_provider_name": "", "service_name": ""}, "tag": 72}]'),
    (6, '[{"service_descriptor": null}]'),
    (7, '[{"service_descriptor": {"service_type": 1, "service_provider_name": "", "service_name": "", "colour": 1}}]'),
    (8, '{"service_descriptor": {}}')) AS v (n, descriptors)
ORDER BY n;

-- A malformed descriptor is read as bytes, and check_sections names it.
CREATE TEMP TABLE malformed AS
SELECT encode_section(pg_temp.l('sdt'), jsonb_set(r, '{services,0,descriptors}',
    '[{"tag": 72, "hex": "190345c3"}, {"tag": 72, "hex": "190001410100"}]')) AS section FROM service;
SELECT decode_section(pg_temp.l('sdt'), section) #> '{services,0,descriptors}' AS descriptors FROM malformed;
SELECT c.* FROM malformed, check_sections(pg_temp.l('sdt'), section) AS c;
SELECT c.* FROM service, check_sections(pg_temp.l('sdt'), encode_section(pg_temp.l('sdt'), r)) AS c;
SELECT d.* FROM malformed, dissect_section(pg_temp.l('sdt'), section) AS d WHERE byte_offset >= 11;

-- Texts.
SELECT p.row::jsonb #>> '{services,0,descriptors,0,service_descriptor}' AS texts, same
FROM service, (VALUES
    (1, '"Zoé"'::jsonb), (2, '"One"'), (3, '{"text": "Zoé", "selector": "05"}'),
        (4, '{"text": "Zoé", "selector": ""}'),
    (5, '{"text": "Οδός", "selector": "100007"}')) AS v (n, name),
    pg_temp.row_of(pg_temp.l('sdt'), encode_section(pg_temp.l('sdt'),
        jsonb_set(r, '{services,0,descriptors,0,service_descriptor,service_name}', name))) AS p
ORDER BY n;
SELECT pg_temp.raised(pg_temp.l('sdt'), jsonb_set(r, '{services,0,descriptors,0,service_descriptor,service_name}',
    name)) AS refused
FROM service, (VALUES (1, '{"text": "Ω", "selector": "05"}'::jsonb), (2, '{"text": "a", "selector": "zz"}'),
    (3, '{"text": "a", "colour": 1}'), (4, '{"text": "a"}'), (5, '1')) AS v (n, name)
ORDER BY n;

-- NIT ------------------------------------------------------------------------------------------------

SELECT p.* FROM pg_temp.row_of(pg_temp.l('nit'), encode_section(pg_temp.l('nit'),
    '{"table_id": 64, "network_id": 1, "version_number": 0, "network_descriptors":
        [{"network_name_descriptor": {"network_name": "Net"}}],
      "transport_streams": [{"transport_stream_id": 1, "original_network_id": 2,
          "transport_descriptors": []}]}')) AS p;

-- An item that fits no section.
SELECT pg_temp.raised(pg_temp.l('nit'), jsonb_build_object('table_id', 64, 'network_id', 1, 'version_number', 0,
    'network_descriptors', '[]'::jsonb, 'transport_streams',
        (SELECT jsonb_agg(jsonb_build_object('transport_stream_id', n,
        'original_network_id', 2, 'transport_descriptors', (SELECT jsonb_agg(jsonb_build_object('tag', 1, 'value',
            repeat('x', 200)))
            FROM generate_series(1, n)))) FROM generate_series(4, 5) AS n)));

-- TOT ------------------------------------------------------------------------------------------------

SELECT p.* FROM pg_temp.row_of(pg_temp.l('tot'), encode_section(pg_temp.l('tot'),
    '{"UTC_time": "2026-11-28T12:00:00Z", "descriptors": [{"local_time_offset_descriptor": {"offsets":
        [{"country_code": "FRA", "country_region_id": 0, "local_time_offset_polarity": 0, "local_time_offset": 100,
          "time_of_change": "2027-03-28T01:00:00Z", "next_time_offset": 200}]}}]}')) AS p;

-- SCTE 35 ----------------------------------------------------------------------------------------------

CREATE TEMP TABLE splices AS
SELECT n, encode_section(pg_temp.l('splice_info_section'),
    command || '{"descriptors": [{"avail_descriptor": {"provider_avail_id": 309}}]}') AS section
FROM (VALUES
    (1, '{"splice_command_type": 5, "splice_command": {"splice_event_id": 7, "out_of_network_indicator": 1,
        "program_splice_flag": 1, "splice_time": {"pts_time": 8589934591}, "break_duration": {"auto_return": 1,
            "duration": 2700000},
        "unique_program_id": 1, "avail_num": 0, "avails_expected": 0}}'::jsonb),
    (2, '{"splice_command_type": 5, "splice_command": {"splice_event_id": 7, "out_of_network_indicator": 1,
        "program_splice_flag": 0, "components": [{"component_tag": 1, "splice_time": {}}, {"component_tag": 2,
        "splice_time": {"pts_time": 5}}], "unique_program_id": 1, "avail_num": 0, "avails_expected": 0}}'),
    (3, '{"splice_command_type": 5, "splice_command": {"splice_event_id": 7, "splice_event_cancel_indicator": 1}}'),
    (4, '{"splice_command_type": 6, "splice_command": {"splice_time": {}}}'),
    (5, '{"splice_command_type": 0, "splice_command": {"command_bytes": ""}, "cw_index": 255}')) AS v (n, command);
SELECT n, section, decode_section(pg_temp.l('splice_info_section'), section) AS "row",
    encode_section(pg_temp.l('splice_info_section'), decode_section(pg_temp.l('splice_info_section'),
        section)) = section AS same
FROM splices ORDER BY n;

SELECT pg_temp.raised(pg_temp.l('splice_info_section'), command || '{"descriptors": []}')  AS refused
FROM (VALUES
    (1, '{"splice_command_type": 6, "splice_command": {"splice_time": null}}'::jsonb),
    (2, '{"splice_command_type": 6, "splice_command": {"splice_time": {}, "command_bytes": "00"}}'),
    (3, '{"splice_command_type": 5, "splice_command": {"splice_event_id": 7, "out_of_network_indicator": 1,
        "program_splice_flag": 1, "unique_program_id": 1, "avail_num": 0, "avails_expected": 0}}'),
    (4, '{"splice_command_type": 6, "splice_command": {"splice_time": {"pts_tim": 1}}}'),
    (5, '{"splice_command_type": 6}'),
    (6, '{"splice_command_type": 6, "cw_index": 256, "splice_command": {"splice_time": {}}}')) AS v (n, command)
ORDER BY n;

-- EIT schedule -----------------------------------------------------------------------------------------

CREATE FUNCTION pg_temp.schedule(segments int[]) RETURNS jsonb LANGUAGE sql
    RETURN jsonb_build_object('table_id', 80, 'service_id', 1, 'version_number', 7, 'transport_stream_id', 2,
        'original_network_id', 3,
        'last_table_id', 80, 'events', (SELECT jsonb_agg(jsonb_build_object('segment', segment, 'event_id', n,
            'start_time', timestamptz '2026-11-28 00:00:00Z' + segment * interval '3 hours', 'duration', '00:10:00',
                'running_status', 0,
            'free_CA_mode', false, 'descriptors', jsonb_build_array(jsonb_build_object('short_event_descriptor',
                jsonb_build_object(
                'ISO_639_language_code', 'fra', 'event_name', 'Journal ' || n, 'text', repeat('x', 230)))))
                ORDER BY n)
            FROM unnest(segments) WITH ORDINALITY AS e (segment, n)));

SELECT get_byte(section, 6) AS section_number, get_byte(section, 7) AS last_section_number,
    get_byte(section, 12) AS segment_last_section_number, length(section), d ->> 'section_number' AS decoded,
    jsonb_array_length(d -> 'events') AS events, encode_section(pg_temp.l('eit_schedule'), d) = section AS same
FROM encode_sections(pg_temp.l('eit_schedule'), pg_temp.schedule(array_fill(0,
    ARRAY[20]) || ARRAY[2] || array_fill(3, ARRAY[3]))) AS section,
    decode_section(pg_temp.l('eit_schedule'), section) AS d;

CREATE FUNCTION pg_temp.refused_schedule(segments int[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    RETURN (SELECT count(*) FROM encode_sections(pg_temp.l('eit_schedule'), pg_temp.schedule(segments)));
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN SQLSTATE || ' ' || SQLERRM || E'\n' || detail;
END $$;
SELECT pg_temp.refused_schedule('{31}') AS sections, pg_temp.refused_schedule('{0,32}') AS over,
    pg_temp.refused_schedule('{-1}') AS under,
    pg_temp.refused_schedule('{0,NULL}') AS missing;
SELECT pg_temp.refused_schedule(array_fill(1, ARRAY[130])) AS too_many;
SELECT section_agg(pg_temp.l('eit_schedule'), pg_temp.schedule(ARRAY[s, s + 1])) =
    (SELECT section_agg(section) FROM encode_sections(pg_temp.l('eit_schedule'), pg_temp.schedule(ARRAY[s,
        s + 1])) AS section) AS same
FROM generate_series(0, 0) AS s GROUP BY s;

-- Small layouts ----------------------------------------------------------------------------------------

-- Lists of values from arrays; N; filled up to the byte.
SELECT encode_section('x { n 8 uimsbf = count(pids); pids[] 13 uimsbf; fill * align = 1;
     days[2] 16 mjd; names[] 24 char }', r)
FROM (SELECT '{1,8191}'::int[] AS pids, '{2026-11-28,2026-11-29}'::date[] AS days, '{fra,deu}'::text[] AS names) AS r;
SELECT decode_section('x { n 8 uimsbf = count(pids); pids[] 13 uimsbf; fill * align = 1;
     days[2] 16 mjd; names[] 24 char }',
    '\x02000fffffeee3eee4667261646575');
SELECT encode_section('x { pids[] 8 uimsbf }', r) FROM (SELECT '{1,NULL}'::int[] AS pids) AS r;
SELECT encode_section('x { pids[] 8 uimsbf }', r) FROM (SELECT '{{1},{2}}'::int[] AS pids) AS r;
SELECT encode_section('x { pids[] 8 uimsbf }', r) FROM (SELECT '{1,256}'::int[] AS pids) AS r;
SELECT encode_section('x { pids[] 8 uimsbf }', r) FROM (SELECT '{}'::int[] AS pids) AS r;
SELECT encode_section('x { pids[] 8 uimsbf }', r) FROM (SELECT '[5:6]={1,2}'::int[] AS pids) AS r;
SELECT encode_section('x { pids[3] 8 uimsbf }', r) FROM (SELECT '{1,2}'::int[] AS pids) AS r;
SELECT encode_section('x { n 8 uimsbf = count(l) - 1; l[] { a 8 uimsbf } }', '{"l": []}'::jsonb);

-- default, present, optional.
SELECT v, encode_section(l, v) AS section, decode_section(l, encode_section(l, v)) AS decoded
FROM (SELECT section_layout 'x {
    reserved_1   4  bslbf   default 0b1111
    flag         1  bslbf   = present(a)
    other        1  bslbf   = present(more)
    reserved     2  bslbf   = 0b11
    if (flag == 1) {
        a  8  uimsbf
    }
    if (other == 1) {
        more {
            length  8  uimsbf  = length()
            b       8  uimsbf
            optional {
                c  8  uimsbf
                d  8  uimsbf  default 5
            }
        }
    }
}' AS l) AS l, (VALUES (1, '{}'::jsonb), (2, '{"a": 7}'), (3, '{"reserved_1": 0, "a": null}'),
    (4, '{"more": {"b": 1}}'),
    (5, '{"reserved_1": 15, "more": {"b": 1, "c": 2, "d": 6}}'), (6, '{"more": {"b": 1, "c": 2}}')) AS v (n, v)
ORDER BY n;
SELECT pg_temp.raised('x { flag 8 bslbf = present(a); if (flag == 1) { a 8 uimsbf };
    n 8 uimsbf; optional { c 8 uimsbf; d 8 uimsbf } }', v) AS refused
FROM (VALUES (1, '{"a": 256, "n": 1}'::jsonb), (2, '{"c": 1, "n": 1}'), (3, '{}')) AS v (n, v) ORDER BY n;

-- A column that only an arm names.
SELECT encode_section('x { a 8 uimsbf; if (a == 1) { b 8 uimsbf } }', r) FROM (SELECT 0 AS a) AS r;
SELECT encode_section('x { a 8 uimsbf; if (a == 1) { b 8 uimsbf } }', r) FROM (SELECT 1 AS a) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section('x { a 8 uimsbf; if (a == 1) { b 8 uimsbf } }', r) FROM (SELECT 1 AS a, NULL::int AS b) AS r;
SELECT encode_section('x { a 8 uimsbf; if (a == 1) { b 8 uimsbf } }', r) FROM (SELECT 0 AS a, 5 AS b) AS r;
SELECT encode_section('x { a 8 uimsbf; if (a == 1) { b 8 uimsbf } }', '{"a": 0, "b": 5}'::jsonb);
\echo :LAST_ERROR_SQLSTATE

-- An object from a composite value.
CREATE TYPE inner_object AS (b int, c int, remark text);
SELECT encode_section('x { o { b 8 uimsbf; c 8 uimsbf default 9 }; p[] { b 8 uimsbf } }', r)
FROM (SELECT (1, NULL, 'x')::inner_object AS o, ARRAY[(2, 3, 'y')]::inner_object[] AS p) AS r;
SELECT encode_section('x { o { b 8 uimsbf; c 8 uimsbf default 9 } }', r) FROM (SELECT NULL::inner_object AS o) AS r;
SELECT encode_section('x { n 8 uimsbf = length(o); o { b 8 uimsbf } }', r) FROM (SELECT NULL::inner_object AS o) AS r;

-- Bytes that break a table.
SELECT c.* FROM check_sections('x { n 8 uimsbf = count(l); l[] { a 4 bslbf = 1; b 4 uimsbf } }', '\x02112133') AS c;
SELECT c.* FROM check_sections('x { n 8 uimsbf = count(l); l[] { a 4 bslbf = 1; b 4 uimsbf } }', '\x0211') AS c;
SELECT decode_section('x { n 8 uimsbf = count(l); l[] { a 4 bslbf = 1; b 4 uimsbf } }', '\x021121');
SELECT c.* FROM check_sections('x { flag 8 bslbf = present(a); if (flag > 0) { a 8 uimsbf } }', '\x0301') AS c;

-- layout_fields.
-- Definitions that stand in one another, each four times in the one before.
SELECT count(*) FROM layout_fields((SELECT E'x { a 8 uimsbf\n t * t0 }\n' || string_agg(format(
    E't%s {\n f 8 uimsbf\n if (f == 1) {\n a * t%s\n b * t%s\n } else if (f == 2) {\n c * t%s\n d * t%s\n }\n}\n',
    i, i + 1, i + 1, i + 1, i + 1), '') || E't14 {\n a 8 uimsbf\n}' FROM generate_series(0, 13) AS i)::section_layout);
SELECT f.* FROM layout_fields(pg_temp.l('eit_schedule')) AS f WHERE ordinal > 8;
SELECT f.* FROM layout_fields(pg_temp.l('splice_info_section')) AS f WHERE ordinal > 7;
SELECT f.* FROM layout_fields('x {
    a      8  uimsbf  = count(l)
    c      4  bslbf   default 3
    d      4  uimsbf
    if (c == 3) {
        i  8  uimsbf
    } else {
        j  8  uimsbf  = column_of_j
    }
    xs[3]  1  bslbf
    fill   *  align   = 0
    o {
        q  8  uimsbf
    }
    l[] = items {
        b  8  uimsbf
    }
    optional {
        e  8  uimsbf
    }
}') AS f;

-- What is refused at entry.
CREATE FUNCTION pg_temp.refused(layout text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    RETURN layout::section_layout;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN SQLSTATE || ' ' || SQLERRM || E'\n' || detail;
END $$;
SELECT pg_temp.refused(layout) AS refused FROM (VALUES
    (1, 'x { d * tlv(8,8,no_set) }'), (2, 'x { d * no_type }'), (3, 'x { d * t } t { d * t }'),
    (4, 'x { d * tlv(8,8,s) } a (s 1) { b 8 uimsbf } a (s 2) { b 8 uimsbf }'),
    (5, 'x { d * tlv(8,8,s) } a (s 1) { b 8 uimsbf } c (s 1) { b 8 uimsbf }'),
    (6, 'x { if (a == 1) { b 8 uimsbf }; a 8 uimsbf }'),
        (7, 'x { a 8 uimsbf = length(t); if (a == 1) { b 8 uimsbf }; t * text }'),
    (8, 'x { a 40 utc; if (a == 1) { b 8 uimsbf } }'), (9, 'x { optional { a 8 uimsbf = 1 } }'), (10, 'x { l[] { } }'),
    (11, 'x { l[] * text }'), (12, 'x { a[] 8 uimsbf; b[] 8 uimsbf }'), (13, 'x { l[] { CRC_32 32 rpchof } }'),
    (14, 'x { l[2] split { a 8 uimsbf } }'), (15, 'x { l[] split(8) by s { a 8 uimsbf } }'),
    (16, 'x { a 8 uimsbf; b 8 uimsbf = a default 3 }'),
        (17, 'x { a 40 utc; f 8 bslbf = present(a) }')) AS v (n, layout)
ORDER BY n;
