"""An EIT schedule made in Python: the rows of a query, packed by struct, in the bytes that onetrip makes of them; and the same events
as XML of TSDuck.
"""

import datetime
import itertools
import struct
import zlib
from xml.sax.saxutils import quoteattr

BEGIN = datetime.datetime(2026, 10, 22, tzinfo=datetime.timezone.utc)
MJD_ZERO = datetime.date(1858, 11, 17)
SEGMENT, SEGMENTS, SECTIONS_A_SEGMENT = 3 * 3600, 32, 8
LARGEST, HEAD, CRC = 4096, 14, 4

EVENTS = """
    SELECT s.service_id, s.transport_stream_id, s.original_network_id, e.event_id, e.starts, e.lasts, e.genre, e.rating, d.language, d.title, d.summary
    FROM services AS s JOIN events AS e ON e.service = s.id JOIN descriptions AS d ON d.event = e.id
    ORDER BY s.service_id, e.starts, d.language"""

REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
BCD = [number // 10 * 16 + number % 10 for number in range(100)]


def crc32_mpeg2(data):
    """By zlib's CRC, which takes the bits of each byte the other way round."""
    reflected = zlib.crc32(data.translate(REVERSED)) ^ 0xFFFFFFFF
    return struct.pack("<I", reflected).translate(REVERSED)


def dvb_text(text):
    encoded = text.encode()
    return encoded if text.isascii() else b"\x15" + encoded


def with_length(data):
    return bytes([len(data)]) + data


def descriptor(tag, body):
    return bytes([tag, len(body)]) + body


def descriptors_of(rows):
    genre, rating = rows[0][6:8]
    items = [descriptor(0x4D, language.encode() + with_length(dvb_text(title)) + with_length(dvb_text(summary)))
             for *_, language, title, summary in rows]
    return b"".join(items) + descriptor(0x54, bytes([genre, 0])) + descriptor(0x55, b"FRA" + bytes([rating]))


def event_of(rows):
    starts, lasts = rows[0][4:6]
    descriptors = descriptors_of(rows)
    minutes, second = divmod(int(lasts.total_seconds()), 60)
    hour, minute = divmod(minutes, 60)
    return struct.pack(">HH3B3BH", rows[0][3], (starts.date() - MJD_ZERO).days, BCD[starts.hour], BCD[starts.minute], BCD[starts.second],
                       BCD[hour], BCD[minute], BCD[second], len(descriptors)) + descriptors


def numbered(segments):
    """The section numbers, the last one of each segment, and the events that are in them."""
    for segment, events in enumerate(segments):
        parts, room = [[]], 0
        for event in events:
            if room + len(event) > LARGEST - HEAD - CRC:
                parts.append([])
                room = 0
            parts[-1].append(event)
            room += len(event)
        first = SECTIONS_A_SEGMENT * segment
        for number, part in enumerate(parts):
            yield first + number, first + len(parts) - 1, b"".join(part)


def table_of(table_id, service, last_table_id, segments):
    service_id, transport_stream_id, original_network_id = service
    parts = list(numbered(segments))
    for number, segment_last, events in parts:
        section = struct.pack(">BHHBBBHHBB", table_id, 0xF000 | HEAD - 3 + len(events) + CRC, service_id, 0xC0 | 7 << 1 | 1, number, parts[-1][0],
                              transport_stream_id, original_network_id, segment_last, last_table_id) + events
        yield section + crc32_mpeg2(section)


def sections_of(session):
    with session.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'")
        cursor.execute(EVENTS)
        for service, rows in itertools.groupby(cursor, key=lambda row: row[:3]):
            segments = {}
            for _, of_event in itertools.groupby(rows, key=lambda row: row[3:5]):
                of_event = list(of_event)
                segments.setdefault(int((of_event[0][4] - BEGIN).total_seconds()) // SEGMENT, []).append(event_of(of_event))
            tables = max(segments) // SEGMENTS
            for table in range(tables + 1):
                last = max(segment for segment in segments if segment // SEGMENTS == table)
                yield from table_of(0x50 + table, service, 0x50 + tables,
                                    [segments.get(segment, []) for segment in range(SEGMENTS * table, last + 1)])


def write_xml(session, path):
    """One EIT for each service and table_id, in the form of TSDuck's tables."""
    with session.cursor() as cursor, open(path, "w", encoding="utf-8") as file:
        cursor.execute(EVENTS)
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<tsduck>\n')
        for (service_id, stream, network), rows in itertools.groupby(cursor, key=lambda row: row[:3]):
            file.write(f'<EIT type="0" service_id="{service_id}" transport_stream_id="{stream}" original_network_id="{network}" version="7" last_table_id="0x51">\n')
            for (event_id, starts), of_event in itertools.groupby(rows, key=lambda row: row[3:5]):
                of_event = list(of_event)
                file.write(f'<event event_id="{event_id}" start_time="{starts:%Y-%m-%d %H:%M:%S}" duration="{of_event[0][5]!s:0>8}" running_status="undefined" CA_mode="false">\n')
                for *_, genre, rating, language, title, summary in of_event:
                    file.write(f'<short_event_descriptor language_code="{language}"><event_name>{quoteattr(title)[1:-1]}</event_name>'
                               f'<text>{quoteattr(summary)[1:-1]}</text></short_event_descriptor>\n')
                file.write(f'<content_descriptor><classification content_nibble_level_1="{genre // 16}" content_nibble_level_2="{genre % 16}" user_byte="0"/></content_descriptor>'
                           f'<parental_rating_descriptor><country country_code="FRA" rating="{rating}"/></parental_rating_descriptor>\n</event>\n')
            file.write("</EIT>\n")
        file.write("</tsduck>\n")


def events_in(sections):
    """How many events concatenated EIT sections have."""
    events = at = 0
    while at < len(sections):
        end = at + 3 + (int.from_bytes(sections[at + 1:at + 3], "big") & 0xFFF)
        event = at + HEAD
        while event < end - CRC:
            event += 12 + (int.from_bytes(sections[event + 10:event + 12], "big") & 0xFFF)
            events += 1
        at = end
    return events
