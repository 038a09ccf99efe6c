"""The designs that encode_carousel replaces: in Python, to which the database hands out rows, and in SQL."""

import ctypes
import functools

# What the message section takes (docs: the message section), each column once.
COLUMNS = """c.id AS campagne_id, m.id AS message_id, m.numero_abonne, z.network_id, m.template_id,
    c.genre, c.valid_start, c.valid_end, c.ack_count, c.ack_delay, m.storables"""

TABLES = """messages AS m
    JOIN campagnes AS c ON c.id = m.campagne_id_fk
    JOIN zones_diffusion AS z ON z.zone_diffusion = c.zone_diffusion"""

ON_AIR = """c.zone_diffusion = 'AFRIQUE'
    AND c.valid_start <= date '2021-02-10' + 2 AND c.valid_end >= date '2021-02-10' - 1
    AND date_trunc('day', c.valid_start) <= date '2021-02-10'
    AND date '2021-02-10' <= date_trunc('day', c.valid_end)"""

CAROUSEL = f"SELECT {COLUMNS} FROM {TABLES} WHERE {ON_AIR} ORDER BY c.id, m.id"

# The best that SQL alone does, without any check: bytes put together by || and string_agg. Eight bytes of int8send,
# of which the last are taken, are an unsigned field.
SQL = f"""(
SELECT string_agg(header || items || addressee, '')
FROM (SELECT * FROM ({CAROUSEL}) AS r,
    LATERAL (SELECT coalesce(string_agg(substr(int8send((item ->> 'tag')::bigint), 8)
                || substr(int8send(octet_length(bytes)), 8) || bytes, '' ORDER BY ordinal), '') AS items
        FROM jsonb_array_elements(storables) WITH ORDINALITY AS e (item, ordinal),
        LATERAL (SELECT CASE jsonb_typeof(item -> 'value')
            WHEN 'string' THEN convert_to(item ->> 'value', 'UTF8')
            WHEN 'boolean' THEN substr(int8send((item -> 'value')::boolean::int), 8)
            ELSE (SELECT substr(int8send(n), CASE WHEN n < 256 THEN 8 WHEN n < 65536 THEN 7 WHEN n < 4294967296 THEN 5
                ELSE 1 END) FROM (SELECT (item -> 'value')::bigint AS n) AS v)
            END AS bytes) AS b) AS i,
    LATERAL (SELECT '\\x0108'::bytea || int8send(numero_abonne) AS addressee) AS a,
    LATERAL (SELECT '\\x92'::bytea || substr(int8send(28672 + 38 + octet_length(items) + 10 - 3), 7) || '\\x0001'
        || substr(int8send(numero_abonne), 5) || substr(int8send(network_id), 8) || substr(int8send(campagne_id), 5)
        || substr(int8send(template_id), 5) || convert_to(genre, 'LATIN1')
        || substr(int8send(valid_start::date - date '1858-11-17'), 7) || decode(to_char(valid_start, 'HH24MISS'), 'hex')
        || substr(int8send(valid_end::date - date '1858-11-17'), 7) || decode(to_char(valid_end, 'HH24MISS'), 'hex')
        || substr(int8send(ack_count), 8) || substr(int8send(ack_delay), 7) || '\\x00000000'
        || substr(int8send(38 + octet_length(items)), 7) AS header) AS h
    ORDER BY campagne_id, message_id) AS sections)"""

CHUNK = 2000
LARGEST_SECTION = 512
ORDINAL_OF_MJD_0 = 678576  # date.toordinal() of 1858-11-17


class UtcTime(ctypes.BigEndianStructure):
    _pack_ = 1
    _fields_ = [("mjd", ctypes.c_uint16), ("bcd", ctypes.c_uint8 * 3)]


class Header(ctypes.BigEndianStructure):
    _pack_ = 1
    _fields_ = [
        ("table_id", ctypes.c_uint8),
        ("section_syntax_indicator", ctypes.c_uint16, 1),
        ("reserved_future_use", ctypes.c_uint16, 1),
        ("reserved", ctypes.c_uint16, 2),
        ("section_length", ctypes.c_uint16, 12),
        ("index", ctypes.c_uint8),
        ("total_count", ctypes.c_uint8),
        ("target_filter", ctypes.c_uint32),
        ("network_id", ctypes.c_uint8),
        ("message_id", ctypes.c_uint32),
        ("template_id", ctypes.c_uint32),
        ("genre", ctypes.c_uint8),
        ("valid_start", UtcTime),
        ("valid_end", UtcTime),
        ("message_ack_count", ctypes.c_uint8),
        ("message_ack_delay", ctypes.c_uint16),
        ("offset_appearance", ctypes.c_uint16),
        ("offset_filter", ctypes.c_uint16),
        ("offset_addressee", ctypes.c_uint16),
    ]


class Addressee(ctypes.BigEndianStructure):
    _pack_ = 1
    _fields_ = [
        ("addressee_tag", ctypes.c_uint8),
        ("addressee_length", ctypes.c_uint8),
        ("addressee_number", ctypes.c_uint64),
    ]


def bcd(number):
    return number // 10 << 4 | number % 10


@functools.lru_cache(maxsize=1024)
def utc_time(time):
    """Kept, because the messages of one campaign share their times."""
    digits = (bcd(time.hour), bcd(time.minute), bcd(time.second))
    return UtcTime(time.toordinal() - ORDINAL_OF_MJD_0, (ctypes.c_uint8 * 3)(*digits))


def item_bytes(value):
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bool):
        return bytes((value,))
    for size in (1, 2, 4, 8):
        if value < 1 << 8 * size:
            return value.to_bytes(size, "big")
    raise ValueError(f"{value} takes more than 8 bytes")


def pack_items(storables):
    packed = bytearray()
    for item in storables:
        value = item_bytes(item["value"])
        packed.append(item["tag"])
        packed.append(len(value))
        packed += value
    return packed


def make_section(row):
    (campagne_id, _, numero_abonne, network_id, template_id, genre, valid_start, valid_end,
     ack_count, ack_delay, storables) = row
    items = pack_items(storables)
    offset_addressee = ctypes.sizeof(Header) + len(items)
    size = offset_addressee + ctypes.sizeof(Addressee)
    if size > LARGEST_SECTION:
        raise ValueError("the rows of this bench fit into one section each")
    header = Header(0x92, 0, 1, 0b11, size - 3, 0, 1, numero_abonne, network_id, campagne_id,
                    template_id, ord(genre), utc_time(valid_start), utc_time(valid_end),
                    ack_count, ack_delay, 0, 0, offset_addressee)
    return b"".join((header, items, Addressee(0x01, 8, numero_abonne)))


def write_by_cursor(connection, path):
    """The last version: one join, read by a server-side cursor in chunks."""
    with open(path, "wb") as file, connection.cursor("carousel") as cursor:
        cursor.itersize = CHUNK
        cursor.execute(CAROUSEL)
        for row in cursor:
            file.write(make_section(row))
    connection.commit()


def write_by_queries(connection, path):
    """The first version: a query for the campaigns, one for the messages of each, and one for each
    message: 1 + P(1 + Q). Returns how many queries that were."""
    queries = 1
    with open(path, "wb") as file, connection.cursor() as cursor:
        cursor.execute(f"SELECT c.id FROM campagnes AS c WHERE {ON_AIR} ORDER BY c.id")
        for (campagne,) in cursor.fetchall():
            cursor.execute("SELECT id FROM messages WHERE campagne_id_fk = %s ORDER BY id",
                           (campagne,))
            queries += 1
            for message in cursor.fetchall():
                cursor.execute(f"SELECT {COLUMNS} FROM {TABLES} WHERE m.id = %s", message)
                queries += 1
                file.write(make_section(cursor.fetchone()))
    connection.commit()
    return queries
