"""A million submissions of 50 answers, loaded once, and once more when nothing has changed: time, and the memory of the
backend. Not a part of a run of everything: it takes half an hour and 25 GB.
"""

import time

from harness import Report, make_database, measure, size, Work

TITLE = "many submissions of 50 answers"
SUBMISSIONS = size("MILLION", 1_000_000)

NEW, CHANGED = "load_response_events", "load_response_events, changed, nothing has"


def private_peak(backend):
    return backend.memory("VmHWM") - backend.memory("RssShmem") - backend.memory("RssFile")


def run():
    report = Report("million", TITLE)
    with make_database("million", "million_data.sql", submissions=SUBMISSIONS) as backend:
        runs, peaks = {}, {}
        for name, statement in ((NEW, "CALL load_response_events('app', 'dwh')"),
                                (CHANGED, "CALL load_response_events('app', 'dwh', 'changed')")):
            taken, result = measure(backend, Work(statement))
            runs[name], peaks[name] = [taken], private_peak(backend)
            print(f"{name}: {taken['wall']:.0f} s, {result[0]}, at {time.strftime('%H:%M:%S')}", flush=True)
        events = backend.one("SELECT count(*) FROM dwh.response_events")
        report.add(f"{SUBMISSIONS:,} submissions of 50 answers", runs, amount=events, unit="events", base=NEW)
        for name, peak in peaks.items():
            report.figure(f"{name}, private memory of the backend", peak / 2**20, " MB")
            report.figure(f"{name}, on the wall", runs[name][0]["wall"], " s")
        for name, table in (("documents", "app.form_responses"), ("events", "dwh.response_events")):
            taken = backend.one(f"SELECT pg_total_relation_size('{table}')")
            report.figure(f"size of the {name}", taken / 2**30, " GB")
    return report
