"""Tests that fail where the code asks N+1 times.

Every connection of a test answers a loop by an ERROR (SQLSTATE OT001) before the statement that would make it one, so
that the stack trace of the failed test ends at the line of code. Once, as a superuser:

    GRANT SET ON PARAMETER onetrip.watch_repeats TO test;

A test that may loop says so: @pytest.mark.allow_loops.
"""

import os

import psycopg2
import pytest

OPTIONS = "-c onetrip.watch_action=error -c onetrip.watch_repeats=3"


def pytest_configure(config):
    config.addinivalue_line("markers", "allow_loops: the test may run statements in a loop")
    # For libpq, and so for psycopg, SQLAlchemy and Django: all connections, also those of a pool.
    os.environ["PGOPTIONS"] = f"{os.environ.get('PGOPTIONS', '')} {OPTIONS}"


@pytest.fixture
def connection(request):
    """A transaction that is rolled back after the test."""
    with psycopg2.connect(os.environ.get("TEST_DSN", "")) as connection:
        if request.node.get_closest_marker("allow_loops"):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL onetrip.watch_ignore = on")
        yield connection
        connection.rollback()
    connection.close()
