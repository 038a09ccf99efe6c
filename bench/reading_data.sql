-- :sections rows, the layout of their sections, the sections and their packets. Long sections with CRC_32: what tshark
-- can check as well.
SET default_toast_compression = 'lz4';
CREATE TABLE rows AS
SELECT n % 65536 AS table_id_extension, n AS message_id, timestamptz '2021-02-01Z' AS valid_start,
    jsonb_build_array(
        jsonb_build_object('tag', 1, 'value', 'Cher abonné, votre abonnement arrive à échéance : '
            || 'rechargez dès aujourd''hui et profitez d''un mois offert. n° ' || n),
        jsonb_build_object('tag', 2, 'value', n)) AS payload
FROM generate_series(1, :sections) AS n;
CREATE TABLE layouts AS SELECT section_layout 'bench {
    table_id                   8  uimsbf  = 0x80
    section_syntax_indicator   1  bslbf   = 1
    private_indicator          1  bslbf   = 0
    reserved                   2  bslbf   = 0b11
    private_section_length    12  uimsbf  = length()
    table_id_extension        16  uimsbf
    reserved2                  2  bslbf   = 0b11
    version_number             5  uimsbf  = 0
    current_next_indicator     1  bslbf   = 1
    section_number             8  uimsbf  = part()
    last_section_number        8  uimsbf  = last_part()
    message_id                32  uimsbf
    valid_start               40  utc
    payload                    *  tlv(8,8) split
    CRC_32                    32  rpchof
}' AS layout;
CREATE TABLE carousel AS SELECT section_agg(layout, r) AS sections FROM layouts, rows AS r;
CREATE TABLE parts AS SELECT s.ordinal, s.section FROM carousel, split_sections(sections) AS s;
CREATE TABLE packets AS SELECT ts_packets(sections, 100) AS packets FROM carousel;
VACUUM ANALYZE rows, carousel, parts, packets;
