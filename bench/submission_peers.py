"""The designs that flatten_submission and jsonb_tree replace: in SQL, and in a Python client."""

import csv
import functools
import io
import json

import psycopg2.extras

# The best that SQL alone does: a question's answer by its path, for every question of the form, which is a table
# here. It sees no arrays, and nothing that the form does not name.
# The concatenation makes a document in memory once: out of the table it would be fetched for every question.
SQL_FROM = """FROM (SELECT id, form_id, responses::jsonb || '{{}}' AS responses FROM {submissions} OFFSET 0) AS s
    JOIN {questions} AS e USING (form_id), LATERAL (SELECT responses #>> e.way AS value) AS a
    WHERE a.value IS NOT NULL"""


def sql_events(submissions, questions="known_questions"):
    source = SQL_FROM.format(submissions=submissions, questions=questions)
    return f"SELECT s.id, schema_path, a.value, answer_type, tag {source}"


def sql(submissions, questions="known_questions"):
    source = SQL_FROM.format(submissions=submissions, questions=questions)
    return f"SELECT count(schema_path), count(a.value), count(answer_type), count(tag) {source}"


# Every leaf by a recursive query, then the form's question for its path.
WALK = """
WITH RECURSIVE walk AS (
    SELECT id, form_id, '{}'::text[] AS way, responses AS value FROM submissions
    UNION ALL
    SELECT id, form_id, way || m.key, m.value
    FROM walk, jsonb_each(CASE jsonb_typeof(walk.value) WHEN 'object' THEN walk.value ELSE '{}' END) AS m
)"""
RECURSIVE = WALK + """
SELECT count(schema_path), count(value #>> '{}'), count(answer_type), count(tag)
FROM walk JOIN known_questions USING (form_id, way)"""
RECURSIVE_EVENTS = WALK + """
SELECT id, schema_path, value #>> '{}' AS value, answer_type, tag FROM walk JOIN known_questions USING (form_id, way)"""

TREE_WALK = """
WITH RECURSIVE walk AS (
    SELECT id, '{}'::text[] AS keys, document AS value FROM documents
    UNION ALL
    SELECT id, keys || key, child
    FROM walk, LATERAL (
        SELECT m.key, m.value FROM jsonb_each(CASE jsonb_typeof(walk.value) WHEN 'object' THEN walk.value ELSE '{}' END) AS m
        UNION ALL
        SELECT (n - 1)::text, e.value
        FROM jsonb_array_elements(CASE jsonb_typeof(walk.value) WHEN 'array' THEN walk.value ELSE '[]' END) WITH ORDINALITY AS e (value, n)
    ) AS c (key, child)
    WHERE jsonb_typeof(walk.value) IN ('object', 'array')
)"""
TREE = TREE_WALK + """
SELECT count(*) FROM walk WHERE jsonb_typeof(value) NOT IN ('object', 'array')"""
TREE_LEAVES = TREE_WALK + """
SELECT id, keys, value FROM walk WHERE jsonb_typeof(value) NOT IN ('object', 'array')"""

TARGET = """DROP TABLE IF EXISTS response_events;
CREATE TABLE response_events (submission_id bigint, schema_path text, value text, answer_type text, tag text)"""


def load_in_server(session):
    with session.cursor() as cursor:
        cursor.execute("""INSERT INTO response_events
            SELECT s.id, e.schema_path, e.value, e.answer_type, e.tag
            FROM submissions AS s JOIN forms AS f ON f.id = s.form_id, flatten_submission(responses, schema) AS e""")


def questions_of(node, path=()):
    """What an ETL process makes of a form first: path to type and tag."""
    questions = {}
    for child in node.get("children", ()):
        way = (*path, child["slug"])
        if "answerType" in child:
            questions[way] = (child["answerType"], child.get("tag"))
        questions.update(questions_of(child, way))
    return questions


def text_of(value):
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def events_of(responses, questions, path=()):
    for key, value in responses.items():
        way = (*path, key)
        if isinstance(value, dict):
            yield from events_of(value, questions, way)
        elif way in questions:
            yield (".".join(way), text_of(value), *questions[way])


def load_by_client(session):
    """Documents by a server-side cursor, which wants a transaction; rows by COPY, a few thousand submissions at a
    time."""
    session.autocommit = False
    # As floats, numbers would lose their trailing zeros.
    psycopg2.extras.register_default_jsonb(session, loads=functools.partial(json.loads, parse_float=str))
    with session.cursor() as cursor:
        cursor.execute("SELECT id, schema FROM forms")
        forms = {number: questions_of(schema) for number, schema in cursor.fetchall()}
    with session.cursor("submissions") as documents:
        documents.itersize = 2000
        documents.execute("SELECT id, form_id, responses FROM submissions")
        while batch := documents.fetchmany(documents.itersize):
            copy_events(session, batch, forms)
    session.commit()
    session.autocommit = True


def copy_events(session, batch, forms):
    lines = io.StringIO()
    writer = csv.writer(lines)
    for number, form, responses in batch:
        writer.writerows((number, *event) for event in events_of(responses, forms[form]))
    lines.seek(0)
    with session.cursor() as cursor:
        cursor.copy_expert("COPY response_events FROM STDIN (FORMAT csv)", lines)
