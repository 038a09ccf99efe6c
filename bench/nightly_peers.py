"""The nightly job in Python: rows by a server-side cursor, sections by ctypes, packets and SHA-256 in the client."""

import collections
import hashlib
import itertools
import os
import pathlib

from carousel_peers import CAROUSEL, CHUNK, COLUMNS, TABLES, make_section

HELD = 64  # sections that wait, so that the end can be made a multiple of 16 packets
BEGUN_OR_ENDED = f"""SELECT date '2021-02-10' <= date_trunc('day', c.valid_end), {COLUMNS} FROM {TABLES}
    WHERE c.zone_diffusion = 'AFRIQUE'
        AND (date_trunc('day', c.valid_start) <= date '2021-02-09' AND date '2021-02-09' <= date_trunc('day', c.valid_end))
        <> (date_trunc('day', c.valid_start) <= date '2021-02-10' AND date '2021-02-10' <= date_trunc('day', c.valid_end))
    ORDER BY c.id, m.id"""


def rows_of(connection, name, query):
    with connection.cursor(name) as cursor:
        cursor.itersize = CHUNK
        cursor.execute(query)
        yield from cursor


class Packetizer:
    """Sections into packets of one PID, a section after the other."""

    def __init__(self, pid, write):
        self.pid, self.write = pid, write
        self.packets, self.pointer, self.payload = 0, None, bytearray()

    def flush(self):
        if not self.payload:
            return
        begins = self.pointer is not None
        packet = bytearray((0x47, begins << 6 | self.pid >> 8, self.pid & 0xFF, 0x10 | self.packets % 16))
        if begins:
            packet.append(self.pointer)
        packet += self.payload
        self.write(packet.ljust(188, b"\xff"))
        self.packets += 1
        self.pointer, self.payload = None, bytearray()

    def add(self, section):
        if 183 - len(self.payload) < 3:
            self.flush()
        if self.pointer is None:
            self.pointer = len(self.payload)
        done = 0
        while done < len(section):
            capacity = 184 - (self.pointer is not None)
            piece = section[done:done + capacity - len(self.payload)]
            self.payload += piece
            done += len(piece)
            if len(self.payload) == capacity:
                self.flush()

    def copy(self, write):
        other = Packetizer(self.pid, write)
        other.packets, other.pointer, other.payload = self.packets, self.pointer, bytearray(self.payload)
        return other

    def finish(self, held):
        """The last sections, as many of them in packets of their own as make a multiple of 16."""
        for alone in range(len(held) + 1):
            trial = self.copy(lambda _: None)
            trial.add_last(held, alone)
            if trial.packets % 16 == 0:
                self.add_last(held, alone)
                return
        raise ValueError("the last sections are too few to fill a loop")

    def add_last(self, held, alone):
        for number, section in enumerate(held):
            if number >= len(held) - alone:
                self.flush()
            self.add(section)
        self.flush()


def export(connection, path):
    """Returns messages and SHA-256 of the file, which replaces the old one when it is whole."""
    digest, messages, held = hashlib.sha256(), 0, collections.deque()
    partial = pathlib.Path(f"{path}.partial")
    with open(partial, "wb") as file:
        def write(packet):
            digest.update(packet)
            file.write(packet)

        packetizer = Packetizer(500, write)
        for row in rows_of(connection, "carousel", CAROUSEL):
            messages += 1
            held.append(make_section(row))
            if len(held) > HELD:
                packetizer.add(held.popleft())
        packetizer.finish(list(held))
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    connection.commit()
    return messages, digest.hexdigest()


def section_changes(connection):
    """Kept sections and those of today, both in the order of messages, merged; returns how many changed how."""
    counts = collections.Counter()
    kept = rows_of(connection, "kept", "SELECT message_id, section FROM aired_sections ORDER BY message_id, part")
    today = ((row[1], make_section(row)) for row in rows_of(connection, "carousel", CAROUSEL))
    old, new = next(kept, None), next(today, None)
    while old or new:
        if new is None or (old and old[0] < new[0]):
            counts["gone"] += 1
            old = next(kept, None)
        elif old is None or new[0] < old[0]:
            counts["added"] += 1
            new = next(today, None)
        else:
            counts["changed"] += bytes(old[1]) != new[1]
            old, new = next(kept, None), next(today, None)
    connection.commit()
    return sorted(counts.items())


def carousel_changes(connection):
    counts = collections.Counter()
    for is_on_air, *row in rows_of(connection, "changes", BEGUN_OR_ENDED):
        counts["added" if is_on_air else "gone"] += len(make_section(row)) > 0
    connection.commit()
    return sorted(counts.items())


def campaigns(connection):
    """Campaign, messages and bytes, the largest first."""
    found = []
    for campaign, rows in itertools.groupby(rows_of(connection, "carousel", CAROUSEL), key=lambda row: row[0]):
        sizes = [len(make_section(row)) for row in rows]
        found.append((campaign, len(sizes), sum(sizes)))
    connection.commit()
    return sorted(found, key=lambda campaign: (-campaign[2], campaign[0]))


def sections_of(path):
    """MD5 of the sections in a file of packets of one PID, and whether its packets fill a loop."""
    content, payload = path.read_bytes(), bytearray()
    for begin in range(0, len(content), 188):
        first = begin + 4
        if content[begin + 3] & 0x20:
            first += 1 + content[first]
        if content[begin + 1] & 0x40:
            pointer = content[first]
            payload += content[first + 1:first + 1 + pointer]
            first += 1 + pointer
        payload += content[first:begin + 188]
    digest, begin = hashlib.md5(), 0
    while begin < len(payload):
        if payload[begin] == 0xFF:  # stuffing up to the end of a packet
            begin += 1
            continue
        end = begin + 3 + ((payload[begin + 1] & 0x0F) << 8 | payload[begin + 2])
        digest.update(payload[begin:end])
        begin = end
    return digest.hexdigest(), len(content) % (16 * 188) == 0
