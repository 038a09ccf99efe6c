-- answer_number, answer_boolean, answer_date.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
SET datestyle = 'SQL, DMY';  -- which must not matter
SET timezone = 'Europe/Paris';

SELECT value, answer_number(value), answer_boolean(value), to_char(answer_date(value), 'YYYY-MM-DD') AS answer_date
FROM (VALUES (NULL), (''), ('0'), ('-0'), ('0.1000'), ('-12.50'), ('1e5'), ('1.5E-7'), ('12345678901234567890.5'),
    ('01'), ('1.'), ('.5'), ('+1'), ('1e'), ('0x1'), ('NaN'),
    ('Infinity'), (' 1'), ('1 '), (E'1\n'), ('1,5'), ('١'), ('1e200000'), ('1e-200000'),
    ('-1e99999999999999999999'), ('0e1'),
    ('true'), ('false'), ('t'), ('TRUE'), ('yes'), ('on'), (' true'), ('null'),
    ('2016-02-29'), ('2017-02-29'), ('2017-02-30'), ('0001-01-01'), ('9999-12-31'), ('0000-12-31'), ('10000-01-01'),
    ('2017-1-1'), ('20170101'), ('01/02/2017'),
    ('2017-01-01 00:00'), ('today'), ('infinity'), ('epoch')) AS v (value);

-- As the server's own casts, where those take the text too.
SELECT bool_and(answer_date(d) = d::date) FROM (SELECT to_char(day, 'YYYY-MM-DD') AS d
    FROM generate_series(timestamp '0001-01-01', '9999-12-31', '97 days') AS day) AS s;
SELECT bool_and(answer_number(n) = n::numeric AND answer_number(n)::text = n::numeric::text)
FROM (SELECT (k * 7919 % 100003 - 50000)::text || CASE k % 3 WHEN 0 THEN '' WHEN 1 THEN '.' || k
    ELSE 'e' || (k % 40 - 20) END AS n FROM generate_series(1, 5000) AS k) AS s;
SELECT length(answer_number('1e131071')::text), answer_number('1e131072'), length(answer_number('1e-16383')::text),
    answer_number('1e-16384');
SELECT length(answer_number(repeat('9', 131072))::text), answer_number(repeat('9', 131073));

-- The types by status ok: every such value has one, where a numeric can hold it.
SELECT value, answer_type, answer_number(value), answer_boolean(value),
    to_char(answer_date(value), 'YYYY-MM-DD') AS answer_date
FROM flatten_submission(jsonb '{"n": [1.50, "2e3", "1e999999"], "b": true, "d": "2026-11-21"}',
    '{"children": [{"slug": "n", "answerType": "number"}, {"slug": "b", "answerType": "boolean"},
    {"slug": "d", "answerType": "date"}]}') WHERE status = 'ok';
