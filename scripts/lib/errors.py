#!/usr/bin/env python3
"""The table of all errors in docs/errors.md, from the sources: SQLSTATE, message, cause (DETAIL) and cure (HINT).

    scripts/lib/errors.py INCLUDEDIR_SERVER           writes docs/errors.md anew
    scripts/lib/errors.py INCLUDEDIR_SERVER --check   fails if it is not what it would write

INCLUDEDIR_SERVER is what `pg_config --includedir-server` says: utils/errcodes.h there has the SQLSTATEs.
"""

import pathlib
import re
import sys

PAGE = pathlib.Path("docs/errors.md")
BEGIN, END = "<!-- scripts/lib/errors.py -->", "<!-- /scripts/lib/errors.py -->"
ANYTHING = "…"

# base/error.hpp.
KINDS = {
    "syntax_error": "42601",
    "undefined_column": "42703",
    "out_of_range": "22003",
    "null_not_allowed": "22004",
    "time_out_of_range": "22008",
    "invalid_value": "22023",
    "too_large": "54000",
}
# section/types/bad_value.cpp.
BAD_VALUES = {
    "out_of_range": "value out of range",
    "null_not_allowed": "null value not allowed",
    "time_out_of_range": "date or time out of range",
    "undefined_column": "no column",
}
LAYOUT = "invalid section layout, line …, column …: "


def without_comments(source):
    """The text with its comments blank; texts in quotes stay."""
    pattern = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.S)
    return pattern.sub(lambda found: " " if found[0].startswith("/") else found[0], source)


TOKENS = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[()\[\]{},+]', re.S)


def tokens(text, start=0):
    """Brackets, commas and pluses outside of quotes, each with how many brackets are open around it."""
    depth = 0
    for token in TOKENS.finditer(text, start):
        depth -= token[0] in ")]}"
        yield token, depth
        depth += token[0] in "([{"


def end_of_brackets(text, start):
    """The place after the bracket that closes the one at `start`."""
    for token, depth in tokens(text, start):
        if token[0] in ")]}" and depth == 0:
            return token.end()
    raise ValueError("a bracket that nothing closes: " + text[start : start + 80])


def split_at(separator, text):
    """The parts of a text between separators that stand in no brackets."""
    parts, last = [], 0
    for token, depth in tokens(text):
        if token[0] == separator and depth == 0:
            parts.append(text[last : token.start()].strip())
            last = token.end()
    parts.append(text[last:].strip())
    return [part for part in parts if part]


def calls(text, name):
    """The arguments of each call or construction of that name."""
    for found in re.finditer(r"(?<![\w])" + name + r"\s*([({])", text):
        start = found.end() - 1
        yield split_at(",", text[start + 1 : end_of_brackets(text, start) - 1])


def literal(expression):
    texts = re.findall(r'"((?:\\.|[^"\\])*)"', expression)
    return "".join(texts).replace('\\"', '"').replace("\\n", " ").replace("\\\\", "\\")


def shown(expression):
    """What a reader sees of a text that is put together: its constant parts, the others as an ellipsis."""
    text = "".join(part_shown(part) for part in split_at("+", expression))
    return re.sub(ANYTHING + "+", ANYTHING, text)


def part_shown(part):
    string = re.fullmatch(r"std::string\((.*)\)", part, re.S)
    if string:
        return part_shown(string[1].strip())
    if part.startswith('"'):
        return literal(part)
    quoted = re.match(r"quoted\(", part)
    return f'"{ANYTHING}"' if quoted else ANYTHING


def formatted(expression):
    """The same of a format of ereport."""
    return re.sub(r"%(?:l{0,2}[dux]|zu|s|m|c|\.\*s|\.?\d*f)", ANYTHING, literal(expression)).replace("%%", "%")


def sqlstates(folder):
    header = (pathlib.Path(folder) / "utils/errcodes.h").read_text(encoding="utf-8")
    pattern = r"#define (ERRCODE_\w+) MAKE_SQLSTATE\('(.)','(.)','(.)','(.)','(.)'\)"
    return {found[0]: "".join(found[1:]) for found in re.findall(pattern, header)}


def first_call(text, *names):
    for name in names:
        for found in calls(text, name):
            yield name, found


def reported(text, codes):
    """Rows of ereport(ERROR, …) and errsave."""
    for found in calls(text, "ereport"):
        if found[0] == "ERROR":
            yield from report_row(found[1], codes)
    for found in calls(text, "errsave"):
        yield from report_row(found[1], codes)


def report_row(report, codes):
    code = re.search(r"errcode\((ERRCODE_\w+)\)", report)
    message = next(first_call(report, "errmsg", "errmsg_plural"), None)
    if message is None:
        return
    name, parts = message
    text = formatted(parts[1] if name == "errmsg_plural" else parts[0])
    details = [formatted(found[0]) for _, found in first_call(report, "errdetail", "errdetail_plural")]
    hints = [formatted(found[0]) for _, found in first_call(report, "errhint")]
    state = codes[code[1]] if code else "of the system's error"
    yield state, text, " / ".join(details), " / ".join(hints)


def thrown(text):
    """Rows of Error, FieldError and BadValue, and of the refusals of a layout."""
    for name, at in (("throw Error", 1), ("throw FieldError", 2)):
        for found in calls(text, name):
            kind = re.fullmatch(r"ErrorKind::(\w+)", found[0])
            if kind and kind[1] != "syntax_error":
                yield (KINDS[kind[1]], *texts_of(found[at:]))
    for found in calls(text, "throw BadValue"):
        kind = re.fullmatch(r"ErrorKind::(\w+)", found[0])
        if kind:
            what = BAD_VALUES.get(kind[1], "invalid value")
            detail = f"The value {ANYTHING} {shown(found[2])}; the field has {ANYTHING}."
            hint = shown(found[3]) if len(found) > 3 else ""
            yield KINDS[kind[1]], f'{what} for field "{ANYTHING}" of layout "{ANYTHING}"', detail, hint
    for found in calls(text, "refuse_layout"):
        if len(found) == 4 and not found[0].startswith("TextPosition"):
            yield KINDS["syntax_error"], LAYOUT + shown(found[1]), f"Expected {shown(found[3])}.", ""
    for found in calls(text, "refuse_current"):
        if len(found) == 2 and not found[0].startswith("const"):
            yield KINDS["syntax_error"], LAYOUT + shown(found[0]), f"Expected {shown(found[1])}.", ""
    for found in calls(text, "refuse_unexpected"):
        if len(found) == 1 and not found[0].startswith("const"):
            yield KINDS["syntax_error"], LAYOUT + "unexpected " + ANYTHING, f"Expected {shown(found[0])}.", ""


def texts_of(parts):
    texts = [shown(part) for part in parts[:3]]
    return texts + [""] * (3 - len(texts))


def rows(codes):
    for path in sorted(pathlib.Path("src").rglob("*.cpp")):
        text = without_comments(path.read_text(encoding="utf-8"))
        subject = path.parts[2] if path.parts[1] == "postgres" else path.parts[1]
        for row in [*reported(text, codes), *thrown(text)]:
            if row[1].removeprefix(LAYOUT).strip(ANYTHING + " "):
                yield (subject, *row)


# The folders of src/, and what a reader calls their subject.
SUBJECTS = {
    "Layouts, sections and tables": ("section", "sections", "transport"),
    "Carousels and exports": ("carousel",),
    "Forms and submissions": ("submission", "submissions", "jsonb"),
    "Round trips": ("roundtrip", "round_trips"),
    "Everywhere": ("base", "server", "module.cpp"),
}


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;").strip()


def tables(codes):
    found = sorted(set(rows(codes)))
    unknown = {row[0] for row in found} - {name for names in SUBJECTS.values() for name in names}
    if unknown:
        raise SystemExit(f"no subject for {unknown}: see SUBJECTS")
    for title, names in SUBJECTS.items():
        lines = sorted({row[1:] for row in found if row[0] in names}, key=lambda row: (row[1].lower(), row))
        yield f"## {title}\n\n| SQLSTATE | message | cause (DETAIL) | cure (HINT) |\n|---|---|---|---|\n" + "".join(
            f"| {state} | {cell(message)} | {cell(detail)} | {cell(hint)} |\n" for state, message, detail, hint in lines
        )


def main(folder, *options):
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    made = f"{before}{BEGIN}\n\n" + "\n".join(tables(sqlstates(folder))) + f"\n{END}{after}"
    if "--check" in options:
        return 0 if made == page else f"{PAGE} is not what the sources say: run scripts/lib/errors.py {folder}"
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
