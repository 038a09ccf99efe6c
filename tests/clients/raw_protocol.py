"""The extended protocol, message by message, as no driver in Debian's Python sends it.

Usage: raw_protocol.py CONVERSATION. Prints what the test needs to know of the run.
"""

import os
import socket
import struct
import sys
import time


class Connection:
    def __init__(self):
        host, port = os.environ["PGHOST"], int(os.environ["PGPORT"])
        if host.startswith("/"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(f"{host}/.s.PGSQL.{port}")
        else:
            self.socket = socket.create_connection((host, port))
        user = os.environ.get("PGUSER") or __import__("getpass").getuser()
        startup = struct.pack("!I", 196608) + b"".join(
            word.encode() + b"\0" for word in ("user", user, "database", os.environ["PGDATABASE"]))
        startup += b"\0"
        self.socket.sendall(struct.pack("!I", len(startup) + 4) + startup)
        self.received = b""
        self.to_send = b""
        self.read_until(b"Z")

    def add(self, kind, content=b""):
        self.to_send += kind + struct.pack("!I", len(content) + 4) + content
        return self

    def parse(self, name, text):
        return self.add(b"P", name.encode() + b"\0" + text.encode() + b"\0" + b"\0\0")

    def bind(self, portal, statement, *values):
        content = portal.encode() + b"\0" + statement.encode() + b"\0" + b"\0\0"
        content += struct.pack("!H", len(values))
        for value in values:
            text = str(value).encode()
            content += struct.pack("!I", len(text)) + text
        return self.add(b"B", content + b"\0\0")

    def execute(self, portal, rows=0):
        return self.add(b"E", portal.encode() + b"\0" + struct.pack("!I", rows))

    def sync(self):
        """Sends what has been added, and returns the kinds of messages that come back."""
        self.add(b"S")
        self.send()
        return self.read_until(b"Z")

    def send(self):
        self.socket.sendall(self.to_send)
        self.to_send = b""

    def query(self, text):
        self.socket.sendall(b"Q" + struct.pack("!I", len(text) + 5) + text.encode() + b"\0")
        return self.read_until(b"Z")

    def read(self, size):
        while len(self.received) < size:
            part = self.socket.recv(65536)
            if not part:
                sys.exit("the server has closed the connection")
            self.received += part
        content, self.received = self.received[:size], self.received[size:]
        return content

    def read_until(self, last):
        kinds = b""
        while not kinds.endswith(last):
            kind, size = struct.unpack("!cI", self.read(5))
            content = self.read(size - 4)
            if kind == b"E" and b"SFATAL" in content:
                sys.exit(content.decode(errors="replace"))
            kinds += kind
        return kinds


LIST = "SELECT id FROM campagnes"
ELEMENT = "SELECT genre FROM campagnes WHERE id = $1"


def begun_block():
    """Both statements are prepared, and the list has been read in a block."""
    server = Connection()
    server.parse("list", LIST).parse("element", ELEMENT).sync()
    server.query("BEGIN")
    server.bind("", "list").execute("").sync()
    return server


def prepared():
    """Statements prepared once, in a block, each run by Bind and Execute."""
    server = begun_block()
    for n in range(12):
        server.bind("", "element", n).execute("").sync()
    server.query("COMMIT")


def pipeline():
    """All in one go, with one Sync."""
    server = Connection()
    server.parse("", LIST).bind("", "").execute("")
    for n in range(12):
        server.parse("", ELEMENT).bind("", "", n).execute("")
    kinds = server.sync()
    if kinds.count(b"C") != 13:
        sys.exit(f"the server has answered {kinds}")


def syncs():
    """All in one go, in a block, with a Sync each."""
    server = begun_block()
    for n in range(1000):
        server.bind("", "element", n % 12).execute("").add(b"S")
    server.send()
    for _ in range(1000):
        server.read_until(b"Z")
    server.query("COMMIT")


def portals():
    """The list is read by Execute with a limit of rows, and elements in between."""
    server = Connection()
    server.query("BEGIN")
    server.parse("list", LIST).bind("rows", "list").sync()
    for _ in range(4):
        server.execute("rows", 3).sync()
        for n in range(3):
            server.parse("", ELEMENT).bind("", "", n).execute("").sync()
    server.query("COMMIT")


def elements_in_parts():
    """What belongs to each element is read by Execute with a limit of rows, some of it to its end."""
    server = begun_block()
    server.parse("messages", "SELECT id FROM messages WHERE campagne_id_fk = $1").sync()
    for n in range(12):
        server.bind("", "messages", n + 1)
        for _ in range(3):
            server.execute("", 1)
        server.sync()
    server.query("COMMIT")


def separate_parse():
    """Each statement is parsed in a round trip of its own, as PDO does it. Prints how long the
    client slept between the messages, in ms, without the first."""
    server = Connection()
    server.query("BEGIN")
    server.query(LIST)
    slept = []
    for n in range(12):
        server.parse("s", ELEMENT).sync()
        begin = time.monotonic()
        time.sleep(0.01)
        slept.append(time.monotonic() - begin)
        server.bind("", "s", n).execute("").sync()
        server.query("DEALLOCATE s")
    server.query("COMMIT")
    print(sum(slept[1:]) * 1000)


def errors():
    """An error in the middle of a pipeline, and portals that outlive others."""
    server = Connection()
    for n in range(12):
        server.parse("", ELEMENT).bind("", "", n).execute("")
        server.parse("", "SELECT 1 / (id - id) FROM campagnes").bind("", "").execute("")
        server.parse("", "SELECT 2").bind("", "").execute("")
        if b"E" not in server.sync():
            sys.exit("no error")
    server.query("BEGIN")
    server.parse("list", LIST).bind("a", "list").bind("b", "list")
    server.execute("a", 1).execute("b", 1).execute("a", 1).execute("b", 0).execute("a", 0).sync()
    for n in range(10):
        server.parse("", ELEMENT).bind("", "", n).execute("").sync()
    server.query("COMMIT")


globals()[sys.argv[1]]()
