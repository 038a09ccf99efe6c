"""What a test looks like that finds a loop, and how the code is fixed."""

import psycopg2
import pytest


def titles_one_by_one(cursor):
    cursor.execute("SELECT id FROM authors")
    titles = []
    for (author,) in cursor.fetchall():
        cursor.execute("SELECT title FROM books WHERE author_id = %s", (author,))
        titles += cursor.fetchall()
    return sorted(titles)


def titles_at_once(cursor):
    cursor.execute("SELECT title FROM authors JOIN books ON books.author_id = authors.id")
    return sorted(cursor.fetchall())


def test_loop_is_found(connection):
    with connection.cursor() as cursor, pytest.raises(psycopg2.Error) as caught:
        titles_one_by_one(cursor)
    assert caught.value.pgcode == "OT001"
    assert "JOIN books ON books.author_id = authors.id" in caught.value.diag.message_hint


def test_join_passes(connection):
    with connection.cursor() as cursor:
        assert len(titles_at_once(cursor)) == 20


@pytest.mark.allow_loops
def test_loop_is_allowed(connection):
    with connection.cursor() as cursor:
        assert titles_one_by_one(cursor) == titles_at_once(cursor)
