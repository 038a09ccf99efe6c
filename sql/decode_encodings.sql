-- decode_section in databases of other encodings: text that they cannot hold comes back as bytes.
SET client_min_messages = warning;
SELECT current_database() AS here \gset
DROP DATABASE IF EXISTS regress_onetrip_decode_latin1;
DROP DATABASE IF EXISTS regress_onetrip_decode_euc_jp;
DROP DATABASE IF EXISTS regress_onetrip_decode_sql_ascii;
CREATE DATABASE regress_onetrip_decode_latin1 ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C'
    LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_decode_euc_jp ENCODING 'EUC_JP' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C'
    LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_decode_sql_ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE
    'C' LC_CTYPE 'C';

\set layout 'section_layout E''texts {\n c 16 char\n n 8 uimsbf = length(t)\n m 8 uimsbf = length(d)\n t * text\n d * dvbtext\n i * tlv(8,8)\n}'''
-- é; €; あ; and ～, which EUC_JP holds, next to 〜, which it has no other code for.
\set sections '(VALUES (1, ''\\x61e90203c3a915c3a90502c3a9050161''::bytea), (2, ''\\x61e90304e282ac15e282ac0503e282ac050161''), (3, ''\\x61200304e3818215e381820503e38182050161''), (4, ''\\x61200204616215efbd9e0503efbd9e0503e3809c'')) AS s(i, section)'

\c regress_onetrip_decode_latin1
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
SELECT decode_section(:layout, section), encode_section(:layout, decode_section(:layout, section)) = section AS same
    FROM :sections ORDER BY i;
SELECT i, problem FROM :sections, check_sections(:layout, section);
SELECT i, field, value FROM :sections, dissect_section(:layout, section) WHERE field IN ('c', 't', 'd', 'i[0].value')
    ORDER BY i, byte_offset;

\c regress_onetrip_decode_euc_jp
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
SELECT decode_section(:layout, section), encode_section(:layout, decode_section(:layout, section)) = section AS same
    FROM :sections ORDER BY i;
SELECT i, problem FROM :sections, check_sections(:layout, section);

\c regress_onetrip_decode_sql_ascii
SET client_min_messages = warning;
CREATE EXTENSION onetrip;
SELECT decode_section(:layout, section), encode_section(:layout, decode_section(:layout, section)) = section AS same
    FROM :sections ORDER BY i;
SELECT i, problem FROM :sections, check_sections(:layout, section);

\c :here
SET client_min_messages = warning;
\getenv abs_srcdir PG_ABS_SRCDIR
\set wait_for_exits :abs_srcdir '/tests/wait_for_exits.sql'
\i :wait_for_exits
DROP DATABASE regress_onetrip_decode_latin1;
DROP DATABASE regress_onetrip_decode_euc_jp;
DROP DATABASE regress_onetrip_decode_sql_ascii;
