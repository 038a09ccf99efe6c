"""The job of a night, over many messages: the export in packets, with a loop and SHA-256; what changed since the last
airing; what begins and ends; who fills the cycle. Next to each the Python design that it replaces. Not a part of a
run of everything.
"""

import hashlib
import pathlib
import tempfile
import threading

import nightly_peers as peers
from harness import ROUNDS, Backend, Report, Work, agree, make_database, measure, size

TITLE = "the nightly job of many messages"
MESSAGES = size("NIGHTLY", 2_000_000)

CALL = "'AFRIQUE', '2021-02-10'"
CHANGES = f"""SELECT change, count(*) FROM section_changes(
    'SELECT message_id, part, section FROM aired_sections ORDER BY message_id, part',
    $$SELECT message_id, part, section FROM carousel_sections({CALL}) ORDER BY message_id, part$$) GROUP BY 1 ORDER BY 1"""
BEGUN_OR_ENDED = """SELECT change, count(*) FROM carousel_changes('AFRIQUE', '2021-02-09', '2021-02-10')
    GROUP BY 1 ORDER BY 1"""
CAMPAIGNS = f"SELECT campagne_id, messages, bytes FROM carousel_campaigns({CALL}, bitrate => 2000000) ORDER BY bytes DESC, 1"


def client(design, facts):
    """A design in Python. Server-side cursors want a transaction."""
    def run(backend):
        backend.session.autocommit = False
        result = design(backend.session)
        backend.session.autocommit = True
        return result
    return Work(run, facts)


def facts_of_export(path):
    """Each way fills the loop in its own manner, so it is the sections that must be the same."""
    def facts(result):
        messages, sha256 = result[0] if isinstance(result, list) else result
        with open(path, "rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise SystemExit(f"bench/run: the SHA-256 that was returned is not that of {path.name}")
        md5, fills_loop = peers.sections_of(path)
        path.unlink()
        return {"messages": messages, "md5 of the sections": md5, "loop": fills_loop}
    return facts


def facts_of_rows(rows):
    return {"rows": [list(row) for row in rows]}


def jobs(folder):
    """What the night does: title, and the ways of doing it, ours first."""
    ours, theirs = folder / "ours.ts", folder / "theirs.ts"
    return {
        "export to a file of packets, loop and SHA-256": {
            "export_carousel_to_file": Work(
                f"SELECT messages, encode(sha256, 'hex') FROM export_carousel_to_file({CALL}, '{ours}', pid => 500)",
                facts_of_export(ours)),
            "Python: cursor, ctypes, packets, hashlib": client(
                lambda session: peers.export(session, theirs), facts_of_export(theirs))},
        "changes since the last airing": {
            "section_changes": Work(CHANGES, facts_of_rows),
            "Python: two cursors, ctypes, merged": client(peers.section_changes, facts_of_rows)},
        "what begins and ends": {
            "carousel_changes": Work(BEGUN_OR_ENDED, facts_of_rows),
            "Python: cursor, ctypes": client(peers.carousel_changes, facts_of_rows)},
        "who fills the cycle": {
            "carousel_campaigns": Work(CAMPAIGNS, facts_of_rows),
            "Python: cursor, ctypes, added up": client(peers.campaigns, facts_of_rows)},
    }


def private_memory_of_client():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel does not tell RssAnon")


def measure_with_peaks(work):
    """A run in a session of its own, with the most private memory of client and backend over that before it."""
    with Backend("nightly") as backend:
        backend.execute("SELECT encode_carousel('EUROPE', '2021-02-10')")
        readers = {"client peak": private_memory_of_client, "backend peak": lambda: backend.memory("RssAnon")}
        before = {kind: read() for kind, read in readers.items()}
        peaks, done = dict(before), threading.Event()

        def sample():
            while not done.wait(0.02):  # the client's own time, some thousandths
                for kind, read in readers.items():
                    peaks[kind] = max(peaks[kind], read())

        sampler = threading.Thread(target=sample)
        sampler.start()
        try:
            run, result = measure(backend, work)
        finally:
            done.set()
            sampler.join()
    return {**run, **{kind: peaks[kind] - before[kind] for kind in readers}}, result


def compare(report, title, works, messages):
    runs, facts = {name: [] for name in works}, {}
    for _ in range(ROUNDS):
        for name, work in works.items():
            run, result = measure_with_peaks(work)
            runs[name].append(run)
            agree(facts, name, work.facts(result))
    return report.add(title, runs, amount=messages, unit="messages", base=next(iter(works)), facts=facts)


def run():
    report = Report("nightly", TITLE)
    # 95 of the 100 campaigns are on air on each of the two days.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, \
            make_database("nightly", "carousel_data.sql", "nightly_data.sql", messages=-(-MESSAGES * 20 // 19)) as backend:
        folder = pathlib.Path(folder)
        folder.chmod(0o777)
        messages = backend.one(f"SELECT messages FROM carousel_stats({CALL})")
        costs = [list(compare(report, title, works, messages).values()) for title, works in jobs(folder).items()]
    ours, theirs = (sum(way) for way in zip(*costs, strict=True))
    report.figure("the whole night, CPU", ours, " s")
    report.figure("the whole night in Python, CPU", theirs, " s")
    report.figure("the whole night in Python / the whole night", theirs / ours)
    return report
