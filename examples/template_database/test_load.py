"""Tests of a loader: each begins with the template's rows, whatever the others have committed."""


def load(connection):
    with connection.cursor() as cursor:
        cursor.execute("CALL load_response_events('app', 'dwh')")
        return cursor.fetchone()[0]


def test_load_is_exactly_once(connection):
    assert load(connection) > 0
    assert load(connection) == 0


def test_each_test_begins_again(connection):
    assert load(connection) > 0
