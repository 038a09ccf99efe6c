"""What applications do by psycopg2: the loops that are to be seen, and how else it is done.

Usage: psycopg2_loops.py LOOP. Prints what the test needs to know of the run.
"""

import sys
import time

import psycopg2
from psycopg2.extras import execute_batch, execute_values


class Client:
    """A connection. Sleeps before each statement, and adds up how long."""

    def __init__(self, autocommit=False, pause=0.0):
        self.connection = psycopg2.connect("")
        self.connection.autocommit = autocommit
        self.cursor = self.connection.cursor()
        self.pause = pause
        self.slept = []

    def query(self, text, *values):
        begin = time.monotonic()
        if self.pause:
            time.sleep(self.pause)
        self.slept.append(time.monotonic() - begin)
        self.cursor.execute(text, values)
        return self.cursor.fetchall() if self.cursor.description else []

    def close(self):
        self.connection.commit()
        self.connection.close()


def nested(autocommit=False):
    """1 + P(1 + Q) statements; prints bounds of the inner loop's wait in ms: what was slept in it,
    and how long it all took."""
    client = Client(autocommit, 0.002)
    begin = time.monotonic()
    slept = []
    for (campaign,) in client.query("SELECT id FROM campagnes ORDER BY id"):
        for (_, parent) in client.query(
                "SELECT id, campagne_id_fk FROM messages WHERE campagne_id_fk = %s", campaign):
            client.query("SELECT genre FROM campagnes WHERE id = %s", parent)
            slept.append(client.slept[-1])
    print(sum(slept[1:]) * 1000, (time.monotonic() - begin) * 1000)
    client.close()


def nested_autocommit():
    nested(autocommit=True)


def join():
    client = Client()
    for _ in range(12):
        client.query("SELECT c.id, m.id, c.genre FROM campagnes AS c"
                     " JOIN messages AS m ON m.campagne_id_fk = c.id")
        client.connection.commit()
    client.close()


def inserts(autocommit=False):
    client = Client(autocommit)
    client.cursor.executemany("INSERT INTO written VALUES (%s, %s)",
                              [(n, str(n)) for n in range(30)])
    client.close()


def inserts_autocommit():
    inserts(autocommit=True)


def insert_batches():
    """Rows by the hundred, which is fine; execute_batch sends many statements a message."""
    client = Client()
    execute_values(client.cursor, "INSERT INTO written VALUES %s",
                   [(n, str(n)) for n in range(2000)])
    client.close()


def insert_pages():
    client = Client()
    execute_batch(client.cursor, "INSERT INTO written VALUES (%s, %s)",
                  [(n, str(n)) for n in range(30)])
    client.close()


def in_batches():
    client = Client()
    for start in range(0, 60, 3):
        client.query("SELECT * FROM messages WHERE id IN (%s, %s, %s)", start, start + 1, start + 2)
        client.query("SELECT * FROM messages WHERE id = ANY(%s)", [start, start + 1, start + 2])
        client.query("DELETE FROM written WHERE a IN (%s, %s, %s)", start, start + 1, start + 2)
    client.close()


def updates():
    client = Client()
    for (message,) in client.query("SELECT id FROM messages WHERE id <= 11"):
        client.query("UPDATE messages SET template_id = 1 WHERE id = %s", message)
        client.query("DELETE FROM written WHERE a = %s", message)
    client.close()


def named_cursor():
    client = Client()
    rows = client.connection.cursor("list of campaigns")
    rows.itersize = 5
    rows.execute("SELECT id FROM campagnes WHERE zone_diffusion = 'AFRIQUE'")
    for (campaign,) in rows:
        client.query("SELECT count(*) FROM messages WHERE campagne_id_fk = %s", campaign)
    rows.close()
    client.close()


def rereads():
    client = Client()
    for (message,) in client.query("SELECT id FROM messages WHERE campagne_id_fk < 4"):
        client.query("SELECT numero_abonne, template_id FROM messages WHERE id = %s", message)
    client.close()


def hot_lookups():
    client = Client(autocommit=True)
    for n in range(100):
        client.query("SELECT genre FROM campagnes WHERE id = %s", n)
    client.close()


def commits():
    """A pool that puts each statement into a block of its own."""
    client = Client()
    for n in range(100):
        client.query("SELECT genre FROM campagnes WHERE id = %s", n)
        client.connection.commit()
    client.close()


def commits_under_list():
    client = Client()
    campaigns = client.query("SELECT id FROM campagnes")
    client.connection.commit()
    for (campaign,) in campaigns:
        client.query("SELECT * FROM messages WHERE campagne_id_fk = %s", campaign)
        client.connection.commit()
    client.close()


def failures():
    """Errors at every turn: what ends well is counted, and nothing else."""
    client = Client()
    for n in range(12):
        client.query("SAVEPOINT s")
        for wrong in ("SELECT 1 / (id - id) FROM campagnes", "SELECT nothing", "SELEC",
                      "SELECT fails_in_function()", "INSERT INTO messages VALUES (1, 1, 1, 1)"):
            try:
                client.query(wrong)
                sys.exit(f"{wrong}: no error")
            except psycopg2.Error:
                client.query("ROLLBACK TO s")
        client.query("SELECT genre FROM campagnes WHERE id = %s", n)
    client.connection.commit()
    client.connection.autocommit = True
    for n in range(12):
        try:
            client.query("SELECT 1 / (id - id) FROM campagnes WHERE id = %s", n + 1)
            sys.exit("no error")
        except psycopg2.Error:
            pass
    client.close()


def rollback():
    client = Client()
    for n in range(10):
        client.query("INSERT INTO written VALUES (%s)", n)
    try:
        client.query("SELECT 1 / 0")
    except psycopg2.Error:
        client.connection.rollback()
    client.query("BEGIN")
    for n in range(9):
        client.query("INSERT INTO written VALUES (%s)", n)
    client.query("ROLLBACK AND CHAIN")
    for n in range(10):
        client.query("INSERT INTO written VALUES (%s)", n)
    client.query("COMMIT AND CHAIN")
    for n in range(12):
        client.query("INSERT INTO written VALUES (%s)", n)
    client.query("ROLLBACK")
    client.close()


globals()[sys.argv[1]]()
