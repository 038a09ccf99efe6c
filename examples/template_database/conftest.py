"""Each test gets a database of its own, copied from a template, since a CALL that commits cannot be rolled back.

The template has the extension, the tables and the rows that all tests begin with. Nobody may be connected to it:

    ALTER DATABASE app_template WITH IS_TEMPLATE true ALLOW_CONNECTIONS false;
"""

import itertools
import os

import psycopg2
import pytest

TEMPLATE = os.environ.get("TEMPLATE_DATABASE", "app_template")
numbers = itertools.count(1)


@pytest.fixture
def connection():
    """A connection to a fresh copy of the template, which commits automatically; the copy goes with the test."""
    name = f"test_{os.getpid()}_{next(numbers)}"
    admin = psycopg2.connect(dbname="postgres")
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        try:
            connection = psycopg2.connect(dbname=name)
            connection.autocommit = True
            yield connection
            connection.close()
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()
