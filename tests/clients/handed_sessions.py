"""Sends statements in several sessions, as the requests of a web server with a pool do: argv[1] is a file of lines
`session<TAB>statement`, in their order. A session is opened when it is first named; `session@role` is one of that role."""

import sys

import psycopg2

sessions = {}
for line in open(sys.argv[1], encoding="utf-8"):
    name, statement = line.rstrip("\n").split("\t", 1)
    if name not in sessions:
        role = name.partition("@")[2]
        sessions[name] = psycopg2.connect(user=role) if role else psycopg2.connect("")
        sessions[name].autocommit = True
    cursor = sessions[name].cursor()
    try:
        cursor.execute(statement)
        if cursor.description:
            cursor.fetchall()
    except psycopg2.Error as error:
        print(error.pgcode, str(error).split("\n")[0])
for session in sessions.values():
    session.close()
