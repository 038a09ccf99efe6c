-- The library against the standards' syntax: descriptors and sections made by hand, field by field.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET TimeZone = 'UTC';

-- The items that a list of bytes is, which must come back.
CREATE FUNCTION items("set" text, bytes text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    layout CONSTANT section_layout := format('x { items * tlv(8,8,%s) }', "set");
    section CONSTANT bytea := decode(regexp_replace(bytes, '\s', '', 'g'), 'hex');
    "row" CONSTANT jsonb := decode_section(layout, section);
BEGIN
    ASSERT encode_section(layout, "row") = section, 'it is encoded otherwise: ' || encode_section(layout, "row")::text;
    RETURN "row" -> 'items';
END $$;

-- ISO/IEC 13818-1, HEVC_subregion_descriptor: 2 patterns of 3 substreams, marked, and a layout of 1 pattern of 1.
SELECT jsonb_pretty(items('mpeg',
    '3F 1B 13  83 09 5A  C1 02 5D 0500 02D0 82 00 01 03  01 02 04  82 00 3C 0280 0168 81 FF') -> 0);
-- A pattern of 33 offsets is no choice of the definition: its bytes are kept.
SELECT items('mpeg', '3F 2C 13  03 09 5A  20 5D 0500 02D0 81' || repeat(' 01', 33)) #> '{0,tag}' AS tag;

-- T/AI 109.7, AVS2 audio: 2 channels, a text and a language, and the version with a bit rate; then neither of them.
SELECT items('mpeg', '05 04 41565341  D3 12 02 3E 06 00C400480069 646575 08 5F 0123 7F AA'),
    items('mpeg', '05 04 41565341  D3 02 06 30');
-- AVS3 audio: general, lossless with a sampling frequency of its own, and full rate with channels and objects.
SELECT items('mpeg', '05 04 41565341  D2 06 03 14 86 0123 BF  D2 07 1F 00BB80 2F 06 7F  D2 08 20 72 0F 0B 00C0 BF 99');

-- GB/T 28161, 6.2.10.3: 618 MHz, in a layout that looks for DTMB's descriptors before DVB's.
SELECT items('dtmb,dvb,mpeg', '5A 0B 03AEFE40 34 1217 FFFFFFFF  52 01 07');
SELECT replace(standard_layout('nit')::text, '(8,8,dvb', '(8,8,dtmb,dvb')::section_layout::text
    LIKE '%dtmb%' AS is_layout;
-- TS 101 812, 10.8.1.2: a transport by multiprotocol encapsulation, of another service, with two URLs.
SELECT items('ait', '02 14 0002 05 FF 0001 0002 0003 FF 04 61622F63 03 2F2F78');

-- ATSC A/52, A.4.3: mainid and priority of a main service, asvcflags of an associated one.
SELECT items('atsc', '81 06 08 28 05 FF 57 01'), items('atsc', '81 07 08 28 41 FF FF 12 01');
-- EN 301 192, 8.2: linkage to a TS that carries an INT, and to one whose BAT names it.
SELECT items('dvb',
    '4A 18 0001 0002 0003 0B 0F 000005 07 646575 03 49504D 00AA01 00 FF  4A 0A 0001 0002 0003 0C 02 0102');
-- EN 300 468, D.3: the reserved flags of AC-3 are 0.
SELECT encode_section('x { items * tlv(8,8,dvb) }', '{"items": [{"AC3_descriptor":
    {"component_type": 66, "additional_info": ""}}]}'::jsonb);
-- ISO/IEC 13818-1, 2.6.80 and 2.6.127, and LCEVC: what is reserved, and 0.
SELECT encode_section('x { items * tlv(8,8,mpeg) }', '{"items": [{"LCEVC_video_descriptor": {"lcevc_stream_tag": 1,
    "profile_idc": 0, "level_idc": 1, "sublevel_idc": 0, "processed_planes_type_flag": false,
    "picture_type_bit_flag": false, "field_type_bit_flag": false, "HDR_WCG_idc": 1,
    "video_properties_tag": 2}}]}'::jsonb);

-- ARIB STD-B21, 12.2.1.1: a download with two times of the schedule (in JST) and a descriptor, and one with neither.
CREATE FUNCTION checked(bytes text) RETURNS bytea LANGUAGE sql AS $$
    SELECT section || int4send(crc32_mpeg2(section)::bit(32)::int)
    FROM (SELECT decode(regexp_replace(bytes, '\s', '', 'g'), 'hex')) AS s (section)
$$;
CREATE FUNCTION same(section bytea, standard text DEFAULT 'dvb') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    layout CONSTANT section_layout := standard_layout(identify_section(section, standard), standard);
    "row" CONSTANT jsonb := decode_section(layout, section);
BEGIN
    ASSERT encode_section(layout, "row") = section, 'it is encoded otherwise: ' || encode_section(layout, "row")::text;
    ASSERT NOT EXISTS (SELECT FROM check_sections(layout, section)), 'check_sections finds a fault';
    RETURN "row";
END $$;
SELECT jsonb_pretty(same(checked('C3 F033 0001 C1 00 00  7FE1 0004 0065 02
    1 002 003 1 013 F 010 0  EFBC 010000 003000  EFBD 233000 003000  52 01 07
    2 004 005 5 000 7 000 F'), 'isdb') -> 'contents');
-- A length of the schedule that is not that of its times.
SELECT decode_section(standard_layout('sdtt', 'isdb'), checked('C3 F028 0001 C1 00 00  7FE1 0004 0065 01
    1 002 003 1 010 F 00F 0  EFBC 010000 003000  EFBD 233000 003000'));

-- TS 102 323, 12.2: three strings with bytes of 0 between them.
SELECT string_to_array(dvb_text("row" -> 'prepend_strings'), U&'\E000') AS prepend_strings, "row" -> 'crids' AS crids
FROM same(checked('77 F028 1234 C1 00 00 5678 ABCD
    14 666F6F3A2F2F626172 00 73636F6F 00 6269646F6F 0001 01 02 6162')) AS "row";
-- 7.3.1.4: a part of a container, any of its sections, and section 0 with its header.
SELECT same(checked('75 F00C 0007 C1 01 01 010203')) -> 'container_data' AS container_data;

-- EN 300 468: the bit after section_syntax_indicator is reserved_future_use; of ISO/IEC 13818-1's own tables it is 0.
SELECT name, (regexp_match(standard_layout(name)::text, '\n    (\w+) +1  bslbf +default'))[1] AS bit
FROM standard_layouts WHERE standard = 'dvb' ORDER BY name COLLATE "C";
SELECT same(checked('73 701A EFBC 010000 F00F 58 0D 444555 02 0100 EFE1 020000 0200')) AS tot;

-- ISO/IEC 13818-6, 7.2.2.1: messageLength counts the adaptation header too. The block's number is the section's.
SELECT same(checked('3C B022 0005 C1 05 09 11 03 1003 00000007 FF 03 000D 010203 0005 01 FF 0005 44415441')) AS download_data;
SELECT encode_section(standard_layout('dsmcc_download_data'), r) = checked('3C B01C 0005 C1 05 09 11 03 1003 00000007 FF 00 0007 0005 01 FF 0005 44') AS same
FROM (SELECT 5 AS "moduleId_extension", 0 AS version_number, 5 AS section_number, 9 AS last_section_number, 3 AS "dsmccType",
          4099 AS "messageId", 7 AS "downloadId",
          '{"adaptation": "", "moduleId": 5, "moduleVersion": 1, "blockNumber": 5, "block_data": "44"}'::jsonb AS message) AS r;
-- ATSC A/65, 6.3: a section of 1,024 bytes at most.
SELECT ordinal, length(section)
FROM encode_sections(standard_layout('vct', 'atsc'), jsonb_build_object('table_id', 200, 'transport_stream_id', 1,
    'version_number', 0, 'protocol_version', 0, 'additional_descriptors', '[]'::jsonb, 'channels', (
        SELECT jsonb_agg(jsonb_build_object('short_name', 'ABC', 'major_channel_number', 1, 'minor_channel_number', i,
            'modulation_mode', 4, 'carrier_frequency', 0, 'channel_TSID', 1, 'program_number', i, 'ETM_location', 0,
            'access_controlled', 0, 'hidden', 0, 'hide_guide', 0, 'service_type', 2, 'source_id', i, 'descriptors', '[]'::jsonb))
        FROM generate_series(1, 59) AS i))) WITH ORDINALITY AS s (section, ordinal);
SELECT name, standard FROM standard_layouts WHERE name IN ('vct', 'rrt', 'stt', 'tot') AND standard_layout(name, standard)::text !~ '^\w+ \([^)]*max 1024';
-- EN 303 560, 5.3.2.3: font information of a type to come.
SELECT same(checked('7C F011 0083 C1 00 00 04 03 616263 02 0010')) -> 'font_info' AS font_info;
-- EN 300 468, G.3: what bit_rate is, says post_encode_br_scaling_flag.
SELECT d #> '{d,0,DTS_HD_descriptor,substream_core,assets,0}' AS asset
FROM unnest('{7f080e870502670c0c03,7f080e870502670a0c03}'::text[]) AS item,
    decode_section('x { d * tlv(8,8,dvb) }', decode(item, 'hex')) AS d;
-- ARIB STD-B10: the frame of ITU-T J.83 C.
SELECT decode_section('x { d * tlv(8,8,isdb,dvb) }', '\x440b00000001fff1030052740f') = decode_section('x { d * tlv(8,8,dvb) }', '\x440b00000001fff1030052740f') AS same,
    decode_section('x { d * tlv(8,8,isdb,dvb) }', '\x440b00000001ff11030052740f') #>> '{d,0,cable_delivery_system_descriptor,frame_type}' AS frame_type;

DROP FUNCTION items, checked, same;
