-- The library of the standards: standard_layout, standard_layouts, library_layouts, with_library, identify_section.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET TimeZone = 'UTC';

-- What there is.
SELECT name, string_agg(standard, ' ' ORDER BY standard) AS standards, min(title) AS title, min(clause) AS clause,
    CASE cardinality(min(table_ids)) WHEN 0 THEN '' WHEN 1 THEN to_hex((min(table_ids))[1])
    ELSE to_hex((min(table_ids))[1]) || ' ' || to_hex((min(table_ids))[cardinality(min(table_ids))]) END AS table_ids
FROM standard_layouts GROUP BY name ORDER BY name COLLATE "C";
SELECT s AS "set", (SELECT count(*) FROM library_layouts(s)) AS layouts
FROM unnest('{mpeg,dvb,isdb,atsc,ait,int,unt,rnt,dii,eas,splice,dtmb,types}'::text[]) AS s;
SELECT layout FROM library_layouts('dvb') WHERE name = 'service_descriptor';

-- A table as each standard has it: its sets, and what texts and times mean.
SELECT standard, regexp_replace(layout::text, ' \{.*', '') AS head,
    (SELECT string_agg(m[1], ' ') FROM regexp_matches(layout::text, 'tlv\(8,8,([a-z,]*)\)', 'g') AS m) AS sets
FROM (SELECT standard, standard_layout(name, standard) AS layout FROM standard_layouts WHERE name = 'pmt') AS l;
SELECT standard_layout('ait', 'isdb')::text ~ 'tlv\(8,8,ait,isdb,dvb,mpeg\)' AS ait_of_isdb;

-- Every text of the library is canonical.
SELECT name, standard FROM standard_layouts
WHERE standard_layout(name, standard)::text::section_layout::text <> standard_layout(name, standard)::text;
SELECT s AS "set", name
FROM unnest('{mpeg,dvb,isdb,atsc,ait,int,unt,rnt,dii,eas,splice,dtmb,types}'::text[]) AS s, library_layouts(s)
WHERE (E'x {\n    a  8  uimsbf\n}\n' || layout)::section_layout::text <> E'x {\n    a  8  uimsbf\n}\n' || layout;

-- Names that there are not.
SELECT standard_layout('stt');
SELECT standard_layout('nothing', 'atsc');
SELECT standard_layout('sdt', 'DVB');
SELECT identify_section('\x000000', 'atsc3');
SELECT library_layouts('private');
SELECT library_layouts('');
SELECT standard_layout(NULL), identify_section(NULL), with_library(NULL);

-- ISO/IEC 13818-1.
CREATE FUNCTION same(section bytea, standard text DEFAULT 'dvb') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    layout CONSTANT section_layout := standard_layout(identify_section(section, standard), standard);
    "row" CONSTANT jsonb := decode_section(layout, section);
BEGIN
    ASSERT encode_section(layout, "row") = section, 'it is encoded otherwise: ' || encode_section(layout, "row")::text;
    ASSERT NOT EXISTS (SELECT FROM check_sections(layout, section)), 'check_sections finds a fault';
    RETURN "row";
END $$;
SELECT encode_section(standard_layout('pat'), '{"transport_stream_id": 1, "version_number": 3,
    "programs": [{"program_number": 0, "network_PID": 16}, {"program_number": 1, "program_map_PID": 256}]}'::jsonb);
SELECT same('\x00b00d0001c300000406e40682122808');
SELECT jsonb_pretty(same(encode_section(standard_layout('pmt'), '{
    "program_number": 1, "version_number": 0, "PCR_PID": 257, "program_info": [{"registration_descriptor":
      {"format_identifier": 1212435798, "additional_identification_private_info": ""}}],
    "streams": [
      {"stream_type": 27, "elementary_PID": 257, "ES_info": [{"stream_identifier_descriptor": {"component_tag": 1}}]},
      {"stream_type": 3, "elementary_PID": 258, "ES_info": [{"ISO_639_language_descriptor":
        {"languages": [{"ISO_639_language_code": "deu", "audio_type": 0}]}}]}]}'::jsonb)) -> 'streams');

-- EN 300 468.
CREATE TABLE sdt AS
SELECT encode_section(standard_layout('sdt'), '{"table_id": 66, "transport_stream_id": 1, "version_number": 5,
    "original_network_id": 2, "services": [{"service_id": 7, "EIT_schedule_flag": true,
      "EIT_present_following_flag": true, "running_status": 4, "free_CA_mode": false,
      "descriptors": [{"service_descriptor":
        {"service_type": 1, "service_provider_name": "Ärger & Co", "service_name": "Eins"}}]}]}'::jsonb) AS section;
SELECT section, same(section) #> '{services,0,descriptors}' AS descriptors FROM sdt;
SELECT same(encode_section(standard_layout('tot'), '{"UTC_time": "2026-10-25T00:59:59Z", "descriptors":
    [{"local_time_offset_descriptor": {"offsets": [{"country_code": "DEU", "country_region_id": 0,
      "local_time_offset_polarity": 0, "local_time_offset": 200, "time_of_change": "2026-10-25T01:00:00Z",
      "next_time_offset": 100}]}}]}'::jsonb));
SELECT part, get_byte(section, 6) AS section_number, get_byte(section, 12) AS segment_last,
    same(section) #> '{events,0,event_id}' AS event
FROM encode_sections(standard_layout('eit_schedule'), '{"table_id": 80, "service_id": 1, "version_number": 0,
    "transport_stream_id": 1, "original_network_id": 1, "last_table_id": 80, "events": [
      {"segment": 0, "event_id": 1, "start_time": "2026-11-28T01:00:00Z", "duration": "00:30:00", "running_status": 0,
       "free_CA_mode": false, "descriptors": []},
      {"segment": 2, "event_id": 2, "start_time": "2026-11-28T06:00:00Z", "duration": "00:30:00", "running_status": 0,
       "free_CA_mode": false, "descriptors": [{"short_event_descriptor":
         {"ISO_639_language_code": "fra", "event_name": "Météo", "text": ""}}]}]}'::jsonb)
    WITH ORDINALITY AS s (section, part);
SELECT part, get_byte(section, 6) AS section_number, get_byte(section, 7) AS last, get_byte(section, 12) AS segment_last
FROM encode_sections(standard_layout('eit_pf'), '{"table_id": 78, "service_id": 1, "version_number": 0,
    "transport_stream_id": 1, "original_network_id": 1, "last_table_id": 78, "events": [
      {"position": 1, "event_id": 2, "start_time": "2026-11-28T01:00:00Z", "duration": "00:30:00", "running_status": 1,
       "free_CA_mode": false, "descriptors": []}]}'::jsonb) WITH ORDINALITY AS s (section, part);

-- SCTE 35: the samples of the standard (splice_insert and time_signal).
SELECT same('\xfc302f000000000000fffff014054800008f7feffe7369c02efe0052ccf500000000000a0008435545490000013562dba30a');
SELECT same('\xfc3034000000000000fffff00506fe72bd0050001e021c435545494800008e7fcf'
    '0001a599b00808000000002ca0a18a3402009ac9d17e')
    #> '{descriptors,0,segmentation_descriptor}';

-- ATSC A/65: A/V virtual channel 5.1, and the time.
SELECT same(encode_section(standard_layout('stt', 'atsc'), '{
    "table_id_extension": 0, "version_number": 0, "protocol_version": 0,
    "system_time": 1479000000, "GPS_UTC_offset": 18, "DS_status": false, "DS_day_of_month": 0, "DS_hour": 0,
    "descriptors": []}'::jsonb), 'atsc');

-- ARIB STD-B10: texts in 8-unit code, and Japan Standard Time.
SELECT same(encode_section(standard_layout('tot', 'isdb'),
    '{"UTC_time": "2026-11-27T15:00:00Z", "descriptors": []}'::jsonb), 'isdb');

-- Which table a section is one of.
SELECT section, identify_section(section) AS dvb, identify_section(section, 'isdb') AS isdb,
    identify_section(section, 'atsc') AS atsc
FROM unnest(ARRAY['\x00b000', '\x42f000', '\x46f000', '\x4ef000', '\x6ff000', '\x70700a', '\x73700a', '\x807000',
    '\x80f000', '\xc7f000', '\xc87000', '\xc8f000', '\xd1f000', '\xfc3000', '\xfef000', '\xfff000', '\x0030',
    '\x']::bytea[]) AS section;
-- Of a section out of line nothing but its header is fetched.
SELECT identify_section('\x42f000'::bytea || decode(repeat('00', 1000000), 'hex'));

-- A layout of one's own: what it defines itself comes first, the library after.
CREATE TABLE layouts (id int PRIMARY KEY, layout section_layout, "row" jsonb);
INSERT INTO layouts VALUES
(1, 'x { d * tlv(8,8,dvb) }', '{"d": [{"stream_identifier_descriptor": {"component_tag": 1}}]}'),
(2, 'x { d * tlv(8,8,dvb) } stream_identifier_descriptor (dvb 0x52) { tag_of_mine 8 uimsbf }',
    '{"d": [{"stream_identifier_descriptor": {"tag_of_mine": 1}}]}'),
(3, 'x { d * tlv(8,8,dvb) } mine (dvb 0x52) { tag_of_mine 8 uimsbf }', '{"d": [{"mine": {"tag_of_mine": 1}}]}'),
(4, 'x { d * tlv(8,8,dvb) } mine (dvb 0x83 after 0x5F 0x00ABCDEF) { number 16 uimsbf }',
    '{"d": [{"private_data_specifier_descriptor": {"private_data_specifier": 11259375}}, {"mine": {"number": 7}}]}'),
(5, 'x { d * tlv(8,8,dvb) } mine (dvb 0x83 after 0x5F 0x00000028) { number 16 uimsbf }',
    '{"d": [{"private_data_specifier_descriptor": {"private_data_specifier": 40}}, {"mine": {"number": 7}}]}'),
(6, 'x { d * tlv(8,8,dvb) } mine (dvb 0x83 after 0x5F 0x00000028) { number 16 uimsbf }',
    '{"d": [{"private_data_specifier_descriptor": {"private_data_specifier": 9018}},
            {"logical_channel_descriptor": {"services": []}}]}'),
(7, 'x { t * multiple_string_structure }', '{"t": {"strings": []}}'),
(8, 'x { t * multiple_string_structure } multiple_string_structure { a 8 uimsbf }', '{"t": {"a": 1}}'),
(9, E'x { t * uimsbf\n a 8 bslbf\n d * tlv(8,8,atsc) } uimsbf { b 8 bslbf }', '{"t": {"b": 1}, "a": 2, "d": []}'),
(10, 'x (text 8859-15) { d * tlv(8,8,dvb) }',
    '{"d": [{"network_name_descriptor": {"network_name": "é€"}}]}'),
(11, 'x { d * tlv(8,8,acme,dvb) } own (acme 0x40) { a 8 uimsbf }',
    '{"d": [{"own": {"a": 3}}, {"stream_identifier_descriptor": {"component_tag": 1}}]}');
SELECT id, encode_section(layout, "row"), decode_section(layout, encode_section(layout, "row")) AS "row"
FROM layouts ORDER BY id;
-- With the library in its text a layout does the same, and looks nothing up.
SELECT id, encode_section(with_library(layout), "row") = encode_section(layout, "row") AS same_section,
    decode_section(with_library(layout), encode_section(layout, "row"))
      = decode_section(layout, encode_section(layout, "row")) AS same_row,
    with_library(with_library(layout)) = with_library(layout) AS is_whole
FROM layouts ORDER BY id;
SELECT with_library('x { t * multiple_string_structure }');
SELECT with_library(E'x { t * uimsbf\n s * tap\n d * tlv(8,8,rnt) } uimsbf { b 8 bslbf } tap { c 8 bslbf }')::text
    ~ E't  \\*  uimsbf_1\n.*s  \\*  tap\n.*uimsbf_1 \\{\n    b  8  bslbf\n\\}' AS renamed;
SELECT length(with_library(standard_layout('sdt'))::text) > 80000 AS is_long,
    decode_section(with_library(standard_layout('sdt')), section) = same(section) AS same
FROM sdt;
SELECT with_library('x { a 8 uimsbf }');
-- What would be found in another order in one text.
SELECT with_library('x { d * tlv(8,8,dvb) } mine (dvb 0x83 0x01) { number 16 uimsbf }');
-- Without the library.
SELECT 'x (library none) { d * tlv(8,8,dvb) }'::section_layout;
SELECT 'x (library none) { t * multiple_string_structure }'::section_layout;
SELECT 'x { d * tlv(8,8,nothing) }'::section_layout;
SELECT encode_section('x { d * tlv(8,8,dvb) }', '{"d": [{"service_location_descriptor": {}}]}'::jsonb);
SELECT encode_section('x { d * tlv(8,8,dvb) }', '{"d": [{"logical_channel_descriptor": {"services": []}}]}'::jsonb);

DROP TABLE layouts, sdt;
DROP FUNCTION same;
