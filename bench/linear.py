"""The same number of submissions of 50 answers with few forms and users and with many, loaded by turns: what a load
costs is to be linear in all of them. Not a part of a run of everything: it takes half an hour and 20 GB.
"""

from harness import Report, Work, make_database, measure, size

TITLE = "submissions of few forms and users, and of many"
SUBMISSIONS = size("LINEAR", 300_000)
FORMS = SUBMISSIONS // 30
ROUNDS = min(size("ROUNDS", 5), 3)

FEW, MANY = "3 forms, 1,000 users", f"{FORMS:,} forms, {SUBMISSIONS:,} users"


def run():
    report = Report("linear", TITLE)
    with make_database("linear", "linear_data.sql", submissions=SUBMISSIONS, forms=FORMS) as backend:
        works = {name: Work(f"CALL load_response_events('{app}', '{app}_dwh')", prepare=(
            f"TRUNCATE {app}_dwh.response_events, {app}_dwh.response_event_problems, {app}_dwh.submission_loads"))
            for name, app in ((FEW, "few"), (MANY, "many"))}
        runs = {name: [] for name in works}
        for _ in range(ROUNDS):
            for name, work in works.items():
                runs[name].append(measure(backend, work)[0])
        events = backend.one("SELECT count(*) FROM many_dwh.response_events")
        if events != backend.one("SELECT count(*) FROM few_dwh.response_events"):
            raise RuntimeError("not as many events of many forms as of few")
        costs = report.add(f"{SUBMISSIONS:,} submissions of 50 answers", runs, amount=events, unit="events", base=FEW)
        report.figure("many / few", costs[MANY] / costs[FEW], at_most=1.3)
    return report
