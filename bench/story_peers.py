"""The steps by which a team made its exporter of carousels faster, each as they wrote it: with peewee, then with psycopg2;
by a writer of single bits, then of whole fields, then with ctypes. As a program:

    story_peers.py DATABASE STEP FILE

runs one of them, which writes the carousel to the file, and prints what that took as JSON. A process of its own, since its
memory is measured too.
"""

import collections
import datetime
import functools
import json
import pathlib
import sys

import peewee
import psycopg2

from carousel_peers import CAROUSEL, CHUNK, ORDINAL_OF_MJD_0, bcd, make_section, pack_items
from workshop_loader import Costs

ZONE, DAY = "AFRIQUE", datetime.date(2021, 2, 10)
EXPORT = "export_carousel_to_file"


# ---- the models -----------------------------------------------------------------------------------

class CountingDatabase(peewee.PostgresqlDatabase):
    queries = 0

    def execute_sql(self, *arguments, **named):
        self.queries += 1
        return super().execute_sql(*arguments, **named)


database = CountingDatabase(None)


class JsonField(peewee.Field):
    """psycopg2 has parsed it already."""
    field_type = "JSONB"


class Model(peewee.Model):
    class Meta:
        database = database


class Zone(Model):
    zone_diffusion = peewee.TextField(primary_key=True)
    network_id = peewee.IntegerField()

    class Meta:
        table_name = "zones_diffusion"


class Campagne(Model):
    id = peewee.BigIntegerField(primary_key=True)
    zone = peewee.ForeignKeyField(Zone, column_name="zone_diffusion")
    genre = peewee.TextField()
    valid_start = peewee.DateTimeField()
    valid_end = peewee.DateTimeField()
    ack_count = peewee.IntegerField()
    ack_delay = peewee.IntegerField()

    class Meta:
        table_name = "campagnes"


class Message(Model):
    id = peewee.BigIntegerField(primary_key=True)
    campagne = peewee.ForeignKeyField(Campagne, column_name="campagne_id_fk", object_id_name="campagne_id")
    numero_abonne = peewee.BigIntegerField()
    template_id = peewee.BigIntegerField()
    storables = JsonField()

    class Meta:
        table_name = "messages"


# ---- read -----------------------------------------------------------------------------------------

ON_AIR = ((Campagne.zone == ZONE) & (peewee.fn.date_trunc("day", Campagne.valid_start) <= DAY)
          & (peewee.fn.date_trunc("day", Campagne.valid_end) >= DAY))


def campaigns_on_air():
    return Campagne.select(Campagne, Zone).join(Zone).where(ON_AIR).order_by(Campagne.id)


def row_of(message, campagne):
    return (campagne.id, message.id, message.numero_abonne, campagne.zone.network_id, message.template_id, campagne.genre,
            campagne.valid_start, campagne.valid_end, campagne.ack_count, campagne.ack_delay, message.storables)


def grouped(campaign_of):
    """All messages, in memory, by their campaigns."""
    messages = collections.defaultdict(list)
    for message in Message.select().order_by(Message.id):
        messages[campaign_of(message)].append(message)
    for campagne in campaigns_on_air():
        for message in messages[campagne.id]:
            yield row_of(message, campagne)


def by_object():
    """The attribute `campagne` is an object: the first look at it is a query, for each message."""
    yield from grouped(lambda message: message.campagne.id)


def by_key():
    """The attribute `campagne_id` is the column that the message already has."""
    yield from grouped(lambda message: message.campagne_id)


def by_campaign():
    for campagne in campaigns_on_air():
        for message in Message.select().where(Message.campagne == campagne.id).order_by(Message.id):
            yield row_of(message, campagne)


def by_join():
    joined = (Message.select(Message, Campagne, Zone).join(Campagne).join(Zone).where(ON_AIR)
              .order_by(Campagne.id, Message.id))
    for message in joined:
        yield row_of(message, message.campagne)


def with_peewee(rows, connection, queries):
    """peewee opens a connection of its own: it takes over this one."""
    database.init(connection.info.dbname)
    database._state.set_connection(connection)
    yield from rows()
    queries.append(database.queries)


def by_cursor(connection, queries):
    with connection.cursor("carousel") as cursor:
        cursor.itersize = CHUNK
        cursor.execute(CAROUSEL)
        yield from cursor
    queries.append(1)


# ---- encode ---------------------------------------------------------------------------------------

class BitWriter:
    """Bits, one at a time."""

    def __init__(self):
        self.bits = []

    def write(self, value, width):
        for position in reversed(range(width)):
            self.bits.append(value >> position & 1)

    def finish(self):
        section = bytearray()
        for begin in range(0, len(self.bits), 8):
            byte = 0
            for bit in self.bits[begin:begin + 8]:
                byte = byte << 1 | bit
            section.append(byte)
        return bytes(section)


def utc_fields(time):
    return [(time.toordinal() - ORDINAL_OF_MJD_0, 16), (bcd(time.hour), 8), (bcd(time.minute), 8), (bcd(time.second), 8)]


HEADER_BYTES, ADDRESSEE_BYTES = 38, 10


def header_fields(row, items):
    """The header's fields, as (value, width in bits)."""
    (campagne_id, _, numero_abonne, network_id, template_id, genre, valid_start, valid_end, ack_count, ack_delay, _) = row
    size = HEADER_BYTES + len(items) + ADDRESSEE_BYTES
    return [(0x92, 8), (0, 1), (1, 1), (0b11, 2), (size - 3, 12), (0, 8), (1, 8), (numero_abonne, 32), (network_id, 8),
            (campagne_id, 32), (template_id, 32), (ord(genre), 8), *utc_fields(valid_start), *utc_fields(valid_end),
            (ack_count, 8), (ack_delay, 16), (0, 16), (0, 16), (HEADER_BYTES + len(items), 16)]


def addressee_fields(row):
    return [(0x01, 8), (8, 8), (row[2], 64)]


def single_bits(row):
    items = pack_items(row[10])
    writer = BitWriter()
    for value, width in (*header_fields(row, items), *((byte, 8) for byte in items), *addressee_fields(row)):
        writer.write(value, width)
    return writer.finish()


def joined_fields(fields):
    number = size = 0
    for value, width in fields:
        number, size = number << width | value, size + width
    return number.to_bytes(size // 8, "big")


def larger_writes(row):
    """Three writes a section: the header as one number, the items, the addressee."""
    items = pack_items(row[10])
    return joined_fields(header_fields(row, items)) + items + joined_fields(addressee_fields(row))


# ---- write ----------------------------------------------------------------------------------------

def in_memory(sections, path):
    written = list(sections)
    path.write_bytes(b"".join(written))
    return len(written)


def streamed(sections, path):
    messages = 0
    with open(path, "wb") as file:
        for section in sections:
            file.write(section)
            messages += 1
    return messages


# How rows come, how a section is made of one, and how sections go.
READERS = {
    "peewee: message.campagne.id": (functools.partial(with_peewee, by_object), make_section, in_memory),
    "peewee: message.campagne_id": (functools.partial(with_peewee, by_key), make_section, in_memory),
    "peewee: a query for each campaign": (functools.partial(with_peewee, by_campaign), make_section, in_memory),
    "peewee: one join": (functools.partial(with_peewee, by_join), make_section, in_memory),
    "psycopg2: one join, server-side cursor, in memory": (by_cursor, make_section, in_memory),
    "psycopg2: one join, server-side cursor, streamed": (by_cursor, make_section, streamed),
}
WRITERS = {
    "a writer of single bits, in memory": (by_cursor, single_bits, in_memory),
    "a writer of single bits": (by_cursor, single_bits, streamed),
    "three larger writes": (by_cursor, larger_writes, streamed),
    "ctypes": (by_cursor, make_section, streamed),
}


def export(connection, path):
    with connection.cursor() as cursor:
        cursor.execute("SELECT messages FROM export_carousel_to_file(%s, %s, %s)", (ZONE, DAY, str(path)))
        return {"messages": cursor.fetchone()[0], "queries": 1}


def run_step(connection, step, path):
    if step == EXPORT:
        return export(connection, path)
    read, encode, write = {**READERS, **WRITERS}[step]
    queries = []
    messages = write(map(encode, read(connection, queries)), path)
    return {"messages": messages, "queries": sum(queries)}


def main(name, step, path):
    connection = psycopg2.connect(dbname=name)
    connection.autocommit = step == EXPORT
    costs = Costs(connection.info.backend_pid)
    result = run_step(connection, step, pathlib.Path(path))
    print(json.dumps({**costs.taken(), **result}))


if __name__ == "__main__":
    main(*sys.argv[1:])
