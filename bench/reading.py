"""Sections encoded, checked, decoded, put into transport packets and taken out of them, next to tshark."""

import resource
import subprocess
import tempfile

from harness import ROUNDS, Report, Work, agree, in_turn, make_database, size

TITLE = "encoding and reading sections"
SECTIONS = size("SECTIONS", 300_000)

JOBS = {
    "read the rows": "SELECT count(r.payload) FROM layouts, rows AS r",
    "encode: section_agg": "SELECT octet_length(section_agg(layout, r)) FROM layouts, rows AS r",
    "check_sections": "SELECT count(*) FROM layouts, carousel, check_sections(layout, sections)",
    "decode_section": "SELECT count(decode_section(layout, section)) FROM layouts, parts",
    "ts_packets": "SELECT octet_length(ts_packets(sections, 100)) FROM carousel",
    "ts_sections": "SELECT count(*) FROM packets, ts_sections(packets, 100)",
}

# The ways there and back lead to where they began.
SAME = {
    "checked": "SELECT count(*) = 0 FROM layouts, carousel, check_sections(layout, sections)",
    "decoded": "SELECT bool_and(encode_section(layout, decode_section(layout, section)) = section) FROM layouts, parts",
    "out of packets": "SELECT section_agg(s.section ORDER BY s.ordinal) = (SELECT sections FROM carousel)"
                      " FROM packets, ts_sections(packets, 100) AS s",
}


def tshark(packets):
    """CPU seconds, and how many sections of how many bytes it saw."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(["tshark", "-o", "mpeg_sect.verify_crc:TRUE", "-r", packets, "-T", "fields", "-e",
                             "mpeg_sect.len"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The length of a section counts what follows it, and three bytes stand before.
    lengths = [int(length) + 3 for line in output.split() for length in line.split(",")]
    return ({"cost": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime},
            {"sections": len(lengths), "bytes": sum(lengths)})


def runs_of_tshark(backend, facts):
    runs = []
    with tempfile.NamedTemporaryFile(suffix=".ts") as file:
        file.write(backend.one("SELECT packets FROM packets"))
        file.flush()
        for _ in range(ROUNDS):
            run, found = tshark(file.name)
            agree(facts, "tshark", found)
            runs.append(run)
    return runs


def run():
    report = Report("reading", TITLE)
    with make_database("reading", "reading_data.sql", sections=SECTIONS) as backend:
        for what, question in SAME.items():
            if not backend.one(question):
                raise SystemExit(f"bench/run: the sections are not the same: {what}")
        total = backend.one("SELECT octet_length(sections) FROM carousel")
        runs, facts = in_turn(backend, {name: Work(job) for name, job in JOBS.items()})
        agree(facts, "section_agg", {"sections": SECTIONS, "bytes": total})
        runs["tshark reads the packets"] = runs_of_tshark(backend, facts)
        report.add(f"{SECTIONS:,} sections with CRC_32", runs, amount=total, unit="B", base="encode: section_agg",
                   facts=facts)
    return report
