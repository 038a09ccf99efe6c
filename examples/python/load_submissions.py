#!/usr/bin/env python3
"""Calls the loader from psycopg 2 or 3. It commits each batch by itself, so the connection must not open a transaction.

    load_submissions.py DSN APP_SCHEMA DWH_SCHEMA
"""

import sys

try:
    import psycopg
except ImportError:
    import psycopg2 as psycopg


def main(dsn, app_schema, dwh_schema):
    connection = psycopg.connect(dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CALL load_response_events(%s, %s)", (app_schema, dwh_schema))
        names = [column[0] for column in cursor.description]
        print(", ".join(f"{name} {value}" for name, value in zip(names, cursor.fetchone())))
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
