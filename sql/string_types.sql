-- Columns of the types that are strings: text by its memory, or by the type's output function.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
CREATE SCHEMA string_types;
SET search_path = string_types, public;

-- Numbers that say they are strings, as a type of version numbers does; enums, domains and what is made of them.
CREATE TYPE version;
CREATE FUNCTION version_in(cstring, oid, int) RETURNS version LANGUAGE internal IMMUTABLE STRICT AS 'numeric_in';
CREATE FUNCTION version_out(version) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'numeric_out';
CREATE TYPE version (INPUT = version_in, OUTPUT = version_out, LIKE = numeric, CATEGORY = 'S');
-- The memory of an integer, passed by value; one of fixed length; one that ends with a null byte.
CREATE TYPE port;
CREATE FUNCTION port_in(cstring) RETURNS port LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION port_out(port) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE port (INPUT = port_in, OUTPUT = port_out, LIKE = int4, CATEGORY = 'S');
CREATE TYPE guid;
CREATE FUNCTION guid_in(cstring) RETURNS guid LANGUAGE internal IMMUTABLE STRICT AS 'uuid_in';
CREATE FUNCTION guid_out(guid) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'uuid_out';
CREATE TYPE guid (INPUT = guid_in, OUTPUT = guid_out, LIKE = uuid, CATEGORY = 'S');
CREATE TYPE word;
CREATE FUNCTION word_in(cstring) RETURNS word LANGUAGE internal IMMUTABLE STRICT AS 'cstring_in';
CREATE FUNCTION word_out(word) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'cstring_out';
CREATE TYPE word (INPUT = word_in, OUTPUT = word_out, INTERNALLENGTH = -2, ALIGNMENT = char, CATEGORY = 'S');
-- The memory of text, with a cast that says so and without one.
CREATE TYPE note;
CREATE FUNCTION note_in(cstring) RETURNS note LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION note_out(note) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE note (INPUT = note_in, OUTPUT = note_out, LIKE = text, CATEGORY = 'S');
CREATE TYPE remark;
CREATE FUNCTION remark_in(cstring) RETURNS remark LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION remark_out(remark) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE remark (INPUT = remark_in, OUTPUT = remark_out, LIKE = text, CATEGORY = 'S');
CREATE CAST (remark AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE TYPE mood AS ENUM ('sad', 'fine');
CREATE DOMAIN version_domain AS version;
CREATE DOMAIN version_domain_domain AS version_domain CHECK (VALUE IS NOT NULL);
CREATE DOMAIN mood_domain AS mood;
CREATE DOMAIN name_domain AS name;
CREATE DOMAIN padded_domain AS char(5);
CREATE DOMAIN letter_domain AS "char";
CREATE DOMAIN text_domain AS text;
CREATE EXTENSION citext SCHEMA string_types;
CREATE DOMAIN citext_domain AS citext;

-- Each value as a row and as the JSON of that row, short and so long that it is kept compressed.
CREATE TABLE rows (what text, n serial, layout section_layout DEFAULT 'x { v * text }', sent bytea, by_json bytea);
CREATE FUNCTION try(type text, value text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE one (v %s)', type);
    EXECUTE format('INSERT INTO one VALUES (%L)', value);
    INSERT INTO rows (what, sent, by_json) SELECT type, encode_section('x { v * text }', one),
        encode_section('x { v * text }', to_jsonb(one)) FROM one;
    DROP TABLE one;
END $$;
SELECT count(try(type, value)) FROM (VALUES ('text', 'texte'), ('varchar', 'été'), ('varchar(9)', 'x'),
    ('char(5)', 'ab'), ('char', 'c'), ('"char"', 'q'), ('name', 'a name'), ('version', '1.25'),
    ('version', repeat('123456789', 200)),
    ('port', '8080'), ('guid', '00000000-0000-0000-0000-00000000000a'), ('word', 'a word'), ('note', 'noté'),
    ('note', repeat('long ', 300)), ('remark', 'remarqué'), ('remark', repeat('long ', 300)), ('mood', 'fine'),
    ('version_domain', '2.5'), ('version_domain_domain', '3.5'), ('mood_domain', 'sad'), ('name_domain', 'n'),
    ('padded_domain', 'ab'), ('letter_domain', 'z'), ('text_domain', 't'),
    ('citext', 'Ça va'), ('citext_domain', 'Ça')) AS v(type, value);
SELECT what, CASE WHEN length(sent) < 100 THEN convert_from(sent, 'UTF8') ELSE length(sent)::text END AS text,
    sent = by_json AS same
FROM rows ORDER BY n;
SELECT encode_section('x { v * text }', r) = encode_section('x { v * text }', to_jsonb(r)) AS same
FROM (SELECT 'a word'::cstring AS v) AS r;

-- The same in a carousel, whose columns are read in another place.
SELECT create_carousel_tables('string_types');
ALTER TABLE messages ADD firmware version DEFAULT '1.25', ADD mood mood DEFAULT 'fine', ADD word word DEFAULT 'w';
INSERT INTO zones_diffusion VALUES ('Z', 7);
INSERT INTO campagnes VALUES (1, 'Z', 'M', '2026-11-01', '2026-11-30');
INSERT INTO messages SELECT n, 1, n, n FROM generate_series(1, 3) AS n;
SELECT encode_carousel('Z', '2026-11-21', E'x {\n firmware 32 text\n mood 32 text\n word * text\n}');

-- NULL is what it is for text; a type that is no string is none still; and other fields take no string.
SELECT encode_section('x { v * text }', r) FROM (SELECT NULL::version AS v) AS r;
SELECT encode_section('x { v * text }', r) FROM (SELECT '{a}'::text[] AS v) AS r;
SELECT encode_section('x { v 8 uimsbf }', r) FROM (SELECT '7'::port AS v) AS r;
SELECT section_agg('x { v * text }', r ORDER BY v::text)
FROM (SELECT n::text::version AS v FROM generate_series(8, 11) AS n) AS r;

-- Labels of an enum can be renamed: what takes a record is STABLE ----------------------------------

CREATE TABLE people (mood mood);
INSERT INTO people SELECT 'sad' FROM generate_series(1, 1000);
\set VERBOSITY sqlstate
CREATE INDEX ON people (encode_section('x { mood * text }', people));
ALTER TABLE people ADD section bytea GENERATED ALWAYS AS (encode_section('x { mood * text }', people)) STORED;
CREATE INDEX ON people (mood) WHERE encode_section('x { mood * text }', people) = '\x';
\set VERBOSITY default
SELECT proname, provolatile, p.oid::regprocedure FROM pg_proc AS p JOIN pg_depend AS d ON d.objid = p.oid
JOIN pg_extension AS e ON e.oid = d.refobjid WHERE extname = 'onetrip'
    AND 'record'::regtype = ANY (proargtypes) ORDER BY 3::text;

-- A function that the user declares IMMUTABLE makes a generated column and an index all the same.
CREATE FUNCTION section_of(mood mood, OUT section bytea) LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT encode_section('x { mood * text }', r) FROM (SELECT mood) AS r);
ALTER TABLE people ADD section bytea GENERATED ALWAYS AS (section_of(mood)) STORED;
CREATE INDEX ON people (section_of(mood));
SELECT count(*), count(DISTINCT section) FROM people WHERE section_of(mood) = 'sad'::bytea;

DROP SCHEMA string_types CASCADE;
