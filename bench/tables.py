"""Results as Markdown."""

import statistics

SUBJECTS = ("carousel", "reading", "submissions", "loading", "workshop", "round_trips", "epg", "programs")
LONG = ("linear", "million", "nightly", "sessions", "story")  # only if it is asked for

# README's figures: subject, the begin of the group's title, ours, what it is compared with, and what README calls it.
HEADLINES = (
    ("carousel", "ways to make a carousel", "export_carousel_to_file", (
        ("COPY of the same rows, binary", "COPY of the same rows, which encodes nothing"),
        ("SQL: bytea concatenated, string_agg", "sections put together in SQL"),
        ("Python: one query, server-side cursor, ctypes", "Python, one query, server-side cursor, ctypes"))),
    ("carousel", "ways to make a carousel, a tenth", "export_carousel_to_file", (
        ("Python: a query a campaign and a message (N+1)",
         "Python, a query a campaign and a message (N+1), over a tenth of the rows"),)),
    ("reading", "", "check_sections", (("tshark reads the packets", "tshark over the same sections"),)),
    ("submissions", "answers of 3 forms", "flatten_submission, jsonb", (
        ("SQL: each question by its path, jsonb", "SQL, each question by its path"),
        ("SQL: recursive query, jsonb", "SQL, recursive query over the document"))),
    ("submissions", "answers into a table", "INSERT ... SELECT flatten_submission", (
        ("Python: server-side cursor, rows back by COPY", "Python, server-side cursor, rows back by COPY"),)),
    ("workshop", "large, many users", "CALL load_response_events", (
        ("ORM: mappings by chunks of 1000, with a join",
         "SQLAlchemy, mappings in bulk, the leanest of the ETL workshop's processors"),
        ("ORM: naive", "SQLAlchemy, the workshop's first processor"))),
    ("round_trips", "", "onetrip, watch = on", (
        ("without a library", "a prepared look-up without the watch"),
        ("pg_stat_statements", "the same with pg_stat_statements"))),
)


def cells(*row):
    return "| " + " | ".join(row) + " |"


def three_digits(number):
    if number == 0 or abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.2f}" if abs(number) >= 10 else f"{number:.3f}" if abs(number) < 1 else f"{number:.2f}"


def scaled(number):
    """With the prefix that leaves one to three digits before the point."""
    for factor, prefix in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= factor:
            return f"{number / factor:.3g}{prefix}"
    return f"{number:.3g} "


def medians_of(group):
    return {name: statistics.median(run["cost"] for run in runs) for name, runs in group["runs"].items()}


def of_group(group):
    """The medians of works that were compared."""
    medians = medians_of(group)
    amount = f"{group['amount']:,.0f} {group['unit']}"
    if group["cost"] == "instructions":
        rows = [cells(f"**{group['title']}**", "instructions", "times"), "|---|---|---|"]
        rows += [cells(name, f"{cost:,.0f}", f"{cost / medians[group['base']]:.4f}") for name, cost in medians.items()]
        return "\n".join(rows)
    rows = [cells(f"**{group['title']}**, {amount}", group["cost"], f"{group['unit']}/s", "times"), "|---|---|---|---|"]
    for name, cost in medians.items():
        rows.append(cells(name, three_digits(cost), scaled(group["amount"] / cost).rstrip(),
                          f"{cost / medians[group['base']]:.2f}"))
    return "\n".join(map("".join, zip(rows, memory_columns(group), strict=True)))


def memory_columns(group):
    """What to add to each line: seconds of the clock, peaks of memory and queries, if they were measured."""
    measured = next(iter(group["runs"].values()))[0]
    if "client peak" not in measured:
        return [""] * (len(group["runs"]) + 2)
    queries = "queries" in measured
    lines = [" s | client MB | backend MB |" + " queries |" * queries, "---|---|---|" + "---|" * queries]
    for runs in group["runs"].values():
        wall, *peaks = (statistics.median(run[kind] for run in runs)
                        for kind in ("wall", "client peak", "backend peak"))
        lines.append(f" {three_digits(wall)} | " + " | ".join(f"{peak / 1e6:,.0f}" for peak in peaks) + " |"
                     + (f" {runs[0]['queries']:,} |" if queries else ""))
    return lines


def of_figure(figure):
    value, unit = figure["value"], figure["unit"]
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    text = f"{figure['name']}: {number}{unit}"
    for limit, word, met in ((figure["at_most"], "at most", lambda limit: value <= limit),
                             (figure["at_least"], "at least", lambda limit: value >= limit)):
        if limit is not None:
            text += f"; {word} {limit:g}{unit}: {'met' if met(limit) else 'MISSED'}"
    return text


def of_readme(results):
    """The headlines, as a table of ratios."""
    rows = [cells("", "compared with", "takes"), "|---|---|---|"]
    for subject, title, ours, others in HEADLINES:
        group = next(group for group in results["subjects"][subject]["groups"] if group["title"].startswith(title))
        medians = medians_of(group)
        measured = "instructions" if group["cost"] == "instructions" else "CPU"
        rows += [cells(f"`{ours}`", called, f"{medians[other] / medians[ours]:.3g} times the {measured}")
                 for other, called in others]
    return "\n".join(rows) + "\n\n" + conditions(results) + "\n"


def of_workshop(results):
    """The manual's table: seconds and memory of each processor in the large scenarios, and how many times the loader's."""
    groups = [group for group in results["subjects"]["workshop"]["groups"] if group["title"].startswith("large")]
    heads = [f"{group['title']}, {group['amount']:,.0f} events: CPU s | times | s | client MB | backend MB"
             for group in groups]
    rows = [cells("", *heads), "|---" * (1 + 5 * len(groups)) + "|"]
    for name in groups[0]["runs"]:
        row = [f"`{name}`" if name.startswith("CALL") else name]
        for group in groups:
            medians = medians_of(group)
            median = {kind: statistics.median(run[kind] for run in group["runs"][name])
                      for kind in ("wall", "client peak", "backend peak")}
            row += [three_digits(medians[name]), f"{medians[name] / medians[group['base']]:.3g}",
                    three_digits(median["wall"]), f"{median['client peak'] / 1e6:,.0f}",
                    f"{median['backend peak'] / 1e6:,.0f}"]
        rows.append(cells(*row))
    return "\n".join(rows) + "\n\n" + conditions(run_of(results, "workshop")) + "\n"


def of_story(results):
    """The manual's tables: the cost of each step as a multiple of the one statement's, its memory and its queries; then what
    the index saves."""
    subject, parts = results["subjects"]["story"], []
    for group in subject["groups"][:2]:
        rows = [cells(group["title"], "times the CPU", "client MB", "backend MB", "queries"), "|---|---|---|---|---|"]
        for name, cost in medians_of(group).items():
            runs = group["runs"][name]
            peaks = (statistics.median(run[kind] for run in runs) / 1e6 for kind in ("client peak", "backend peak"))
            called = f"`{name}`" if name == group["base"] else name
            rows.append(cells(called, f"{cost / medians_of(group)[group['base']]:.3g}", *(f"{peak:,.0f}" for peak in peaks),
                              f"{runs[0]['queries']:,}"))
        parts.append("\n".join(rows))
    parts.append("\n".join(f"- {of_figure(figure)}" for figure in subject["figures"]))
    return "\n\n".join((*parts, conditions(run_of(results, "story")))) + "\n"


def of_round_trips(results):
    """The manual's table: what the watch and pg_stat_statements add to the instructions of each kind of transaction."""
    watched = ("onetrip, watch = on", "pg_stat_statements")
    rows = [cells("", *(f"`{name.removeprefix('onetrip, ')}`" for name in watched)), "|---|---|---|"]
    for group in results["subjects"]["round_trips"]["groups"]:
        medians = medians_of(group)
        rows.append(cells(group["title"], *(f"{100 * (medians[name] / medians[group['base']] - 1):+.1f} %"
                                            for name in watched)))
    return "\n".join(rows) + "\n"


def run_of(results, subject):
    """When and where a subject was measured: in a run of its own, or in that of all subjects."""
    return {**results, **results["subjects"][subject].get("run", {})}


def conditions(results):
    """When and where, in a sentence or two."""
    machine, versions = results["machine"], results["versions"]
    rounds = "One round" if results["rounds"] == 1 else f"Medians of {results['rounds']} rounds"
    return (f"These figures: `bench/run`, {results['date']}, commit {versions['commit']}, in {results['seconds']} s on"
            f" {machine['processors']} processors ({machine['model'] or machine['architecture']}), load"
            f" {machine['load before']} before and {machine['load after']} after; {versions['server'].split(' on ')[0]},"
            f" {versions['compiler']}, {versions['system']}. {rounds}; CPU seconds are those of backend and"
            " client together.")


def of_results(results):
    """All tables, a heading for each subject."""
    parts = ["# Results", conditions(results)]
    for name, subject in results["subjects"].items():
        parts.append(f"## {name}: {subject['title']}")
        if "run" in subject:
            parts.append(conditions(subject["run"]))
        parts += [of_group(group) for group in subject["groups"]]
        if subject["figures"]:
            parts.append("\n".join(f"- {of_figure(figure)}" for figure in subject["figures"]))
    return "\n\n".join(parts) + "\n"
