#!/usr/bin/env python3
"""The table of all errors in docs/errors.md, from the sources: message, SQLSTATE, cause (DETAIL) and cure (HINT).

    scripts/lib/errors.py INCLUDEDIR_SERVER                          writes docs/errors.md anew
    scripts/lib/errors.py INCLUDEDIR_SERVER --check [ERROR_CURES]    fails if it is not what it would write

INCLUDEDIR_SERVER is what `pg_config --includedir-server` says: utils/errcodes.h there has the SQLSTATEs. What the
sources do not say, since the error has no DETAIL or no HINT, is in scripts/lib/error_cures.txt (or ERROR_CURES). It is
an error if a message has no cause or no cure, or if that file has one that no message needs.
"""

import itertools
import pathlib
import re
import sys

PAGE = pathlib.Path("docs/errors.md")
CURES = pathlib.Path("scripts/lib/error_cures.txt")
BEGIN, END = "<!-- scripts/lib/errors.py -->", "<!-- /scripts/lib/errors.py -->"
ANYTHING = "…"

# base/error.hpp.
KINDS = {
    "syntax_error": "SYNTAX_ERROR",
    "undefined_column": "UNDEFINED_COLUMN",
    "out_of_range": "NUMERIC_VALUE_OUT_OF_RANGE",
    "null_not_allowed": "NULL_VALUE_NOT_ALLOWED",
    "time_out_of_range": "DATETIME_FIELD_OVERFLOW",
    "invalid_value": "INVALID_PARAMETER_VALUE",
    "too_large": "PROGRAM_LIMIT_EXCEEDED",
}
# section/types/bad_value.cpp.
BAD_VALUES = {
    "out_of_range": "value out of range",
    "null_not_allowed": "null value not allowed",
    "time_out_of_range": "date or time out of range",
    "undefined_column": "no column",
    "invalid_value": "invalid value",
}
LAYOUT = "invalid section layout, line …, column …: "
# SQLSTATEs that are no constant of PostgreSQL.
OTHER_CODES = {"errcode_of_loop": "OT001 of onetrip", "bad.kind": "that of the value's own error"}
SYSTEM_CODE = "that of the operating system's error"
SERVER_CODE = "that of the server's error"


def without_comments(source):
    """The text with its comments blank; texts in quotes stay."""
    pattern = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.S)
    return pattern.sub(lambda found: " " if found[0].startswith("/") else found[0], source)


# R"(...)" is a literal of one line here.
TOKENS = re.compile(r'R"\(.*?\)"|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|::|[()\[\]{},+?:]', re.S)


def tokens(text, start=0):
    """Brackets and separators outside of quotes, each with how many brackets are open around it."""
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
    """The arguments of each call or construction of that name, after what is known there: the constants of the file,
    and the text of the function before the call."""
    constants = "\n".join(re.findall(r"^constexpr [^;]*;", text, re.M))
    for found in re.finditer(r"(?<![\w])" + name + r"\s*([({])", text):
        start = found.end() - 1
        arguments = split_at(",", text[start + 1 : end_of_brackets(text, start) - 1])
        yield constants + text[text.rfind("\n}\n", 0, start) + 1 : start], arguments


def literal(expression):
    texts = re.findall(r'R"\((.*?)\)"|"((?:\\.|[^"\\])*)"', expression)
    return "".join(raw or plain.replace('\\"', '"').replace("\\n", " ").replace("\\\\", "\\") for raw, plain in texts)


def shown(expression, before=""):
    """What a reader may see of a text that is put together, one text for each choice: its constant parts, the others
    as an ellipsis. A variable of the function `before` is what it was last given."""
    choices = split_at("?", expression)
    if len(choices) > 1:
        return [text for choice in split_at(":", "?".join(choices[1:])) for text in shown(choice, before)]
    parts = [part_shown(part, before) for part in split_at("+", expression)]
    texts = dict.fromkeys("".join(chosen) for chosen in itertools.product(*parts))
    return [re.sub(ANYTHING + "+", ANYTHING, text) for text in texts]


def part_shown(part, before):
    brackets = re.fullmatch(r"(?:std::string)?\((.*)\)", part, re.S)
    if brackets:
        return shown(brackets[1].strip(), before)
    if part.startswith(('"', 'R"')):
        return [literal(part)]
    given = re.findall(rf"(?:string|char\*|string_view) {part} =\s*(.*?);", before, re.S) if part.isidentifier() else []
    if given:
        return shown(given[-1], before)
    if part.startswith("field_name("):
        return [f'field "{ANYTHING}"']
    return [f'"{ANYTHING}"' if part.startswith("in_quotes(") else ANYTHING]


def formatted(expression):
    """The same of a format of ereport."""
    return re.sub(r"%(?:l{0,2}[dux]|zu|s|m|c|\.\*s|\.?\d*f)", ANYTHING, literal(expression)).replace("%%", "%")


def sqlstates(folder):
    """The SQLSTATE and name of each constant; of two names with one SQLSTATE the first is the usual one."""
    header = (pathlib.Path(folder) / "utils/errcodes.h").read_text(encoding="utf-8")
    pattern = r"#define ERRCODE_(\w+) MAKE_SQLSTATE\('(.)','(.)','(.)','(.)','(.)'\)"
    return {found[0]: f"{''.join(found[1:])} {found[0].lower()}" for found in re.findall(pattern, header)}


class Row:
    """An error. `key` is what error_cures.txt calls it: the words that tell it from others."""

    def __init__(self, state, message, detail="", hint="", key=None):
        self.state, self.message, self.detail, self.hint = state, message, detail, hint
        self.key = key or message

    def has(self, text):
        """Whether a text says more than that the server will say it."""
        return bool(text.strip(ANYTHING + " ./"))


def reported(text, codes):
    """Rows of ereport that may end the statement, and of errsave."""
    for _, found in calls(text, "ereport"):
        if not re.match("LOG|NOTICE|WARNING|DEBUG|FATAL", found[0]):
            yield from report_rows(found[1], text, codes)
    for _, found in calls(text, "errsave"):
        yield from report_rows(found[1], text, codes)


def texts_of(report, text, *names):
    """What the calls of these names in a report say; a constant of the file for "%s" is known."""
    texts = []
    for name in names:
        for _, found in calls(report, name):
            constant = re.search(rf"constexpr const char\* {re.escape(found[-1])} =\s*(.*?);", text, re.S)
            format_at = 1 if name.endswith("_plural") else 0
            texts.append(formatted(constant[1] if constant else found[format_at]))
    return texts


def report_rows(report, text, codes):
    code = re.search(r"errcode\((\w+)\)", report)
    details = texts_of(report, text, "errdetail", "errdetail_plural", "errdetail_internal")
    hints = texts_of(report, text, "errhint")
    state = code_of(code[1], codes) if code else SERVER_CODE if "errcode(" in report else SYSTEM_CODE
    for message in texts_of(report, text, "errmsg", "errmsg_plural"):
        yield Row(state, message, " / ".join(details), " / ".join(hints))


def code_of(name, codes):
    return OTHER_CODES.get(name) or codes[name.removeprefix("ERRCODE_")]


def thrown(text, codes):
    """Rows of Error, FieldError and of what the wall to the server makes of other exceptions."""
    for name, at in (("(?:throw|:) Error", 1), ("throw FieldError", 2)):  # those of values are in bad_values
        for before, found in calls(text, name):
            kind = re.fullmatch(r"ErrorKind::(\w+)|bad\.kind", found[0])
            if kind and kind[1] != "syntax_error" and (kind[1] or at == 1):
                state = codes[KINDS[kind[1]]] if kind[1] else OTHER_CODES[kind[0]]
                texts = [" / ".join(shown(part, before)) for part in found[at : at + 3]]
                yield Row(state, *texts)
    for _, found in calls(text, "set"):
        if len(found) > 3 and found[1].startswith("ERRCODE_"):
            yield Row(code_of(found[1], codes), *(" / ".join(shown(part)) for part in found[2:] if part != "{}"))


# A function that only makes a BadValue of the complaint that it is given.
WRAPPER = re.compile(r"void (\w+)\([^)]*std::string complaint[^)]*\) \{\s*throw BadValue\{ErrorKind::(\w+)")


def bad_values(text, codes):
    """Rows of values that do not fit their field: what is wrong with one is in the DETAIL."""
    found_values = [(kind[1], before, found[2:]) for before, found in calls(text, "throw BadValue")
                    if (kind := re.fullmatch(r"ErrorKind::(\w+)", found[0])) and not found[2].startswith("std::move")]
    for name, kind in WRAPPER.findall(text):
        found_values += [(kind, before, found[1:]) for before, found in calls(text, name)
                         if len(found) > 1 and found[1] != "std::string complaint"]
    for kind, before, texts in found_values:
        message = f'{BAD_VALUES[kind]} for field "{ANYTHING}" of layout "{ANYTHING}"'
        hints = shown(texts[1], before) if len(texts) > 1 else [""]
        for complaint in shown(texts[0], before):
            detail = f"The value {ANYTHING} {complaint}; the field has {ANYTHING}."
            yield Row(codes[KINDS[kind]], message, detail, " / ".join(filter(None, hints)), key=complaint)


# What refuses a text that is no layout: how many arguments it has, and what it makes of them: the problem, what was
# found, and what was expected instead.
REFUSALS = {
    "refuse_layout": (4, "{1}", "{2}", "{3}"),
    "refuse_current": (2, "{0}", "token", "{1}"),
    "refuse_unexpected": (1, '"unexpected " + token', "token", "{0}"),
    "refuse_boundary": (3, "{1}", 'bits + " of an unfinished byte"', '"a byte boundary"'),
    "require": (3, "{2}", 'bits + " of an unfinished byte"', '"a byte boundary"'),
    "take_constant": (2, "{1}", "token", '"a number from 0 to " + largest'),
    "take_decimal": (3, '{0} + " " + token', "token", '"a number from " + from + " to " + to'),
}
DECLARED = re.compile(r"(const |TextPosition |std::uint64_t )")


def layout_refusals(text, codes):
    """Rows of texts that are no layout."""
    for name, (count, *templates) in REFUSALS.items():
        for before, arguments in calls(text, name):
            if len(arguments) != count or any(map(DECLARED.match, arguments)):
                continue
            problems, found, expected = (shown(template.format(*arguments), before) for template in templates)
            details = [f"Found {one}; expected {other}." for one in found for other in expected]
            for problem in problems:
                if problem.strip(ANYTHING + " "):
                    yield Row(codes["SYNTAX_ERROR"], LAYOUT + problem, " / ".join(details), key=problem)


def rows(codes):
    for path in sorted(pathlib.Path("src").rglob("*.cpp")):
        text = without_comments(path.read_text(encoding="utf-8"))
        for find in (reported, thrown, bad_values, layout_refusals):
            for row in find(text, codes):
                if row.message.strip(ANYTHING + " "):
                    yield row


def read_cures(path):
    """The causes and cures of a file, by the key of their error."""
    cures, texts, kind = {}, {}, "cure"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        if indent == 0:
            if line in cures:
                raise SystemExit(f"{path}, line {number}: {line} is there twice")
            texts = cures[line] = {"cause": [], "cure": []}
            kind = "cure"
            continue
        word, _, rest = line.strip().partition(": ")
        if indent == 4:
            kind = "cause" if word == "cause" else "cure"
            line = rest if word == "cause" else line
        texts[kind].append(line.strip())
    return {key: {kind: " ".join(lines) for kind, lines in texts.items()} for key, texts in cures.items()}


def complete(found, cures):
    """The errors with cause and cure; stops with the list of what is missing, or there for nothing."""
    faults, needed = [], set()
    for row in found:
        texts = cures.get(row.key, {})
        for kind, own in (("cause", row.detail), ("cure", row.hint)):
            if not row.has(own):
                needed.add((row.key, kind))
                if not texts.get(kind):
                    faults.append(f"no {kind}: {row.key}")
        row.cause = row.detail if row.has(row.detail) else texts.get("cause", "")
        row.cure = row.hint if row.has(row.hint) else texts.get("cure", "")
    faults += [f"{kind} that no message needs: {key}"
               for key, texts in cures.items() for kind, text in texts.items() if text and (key, kind) not in needed]
    if faults:
        raise SystemExit("\n".join([f"{CURES}:", *sorted(set(faults))]))


def place(row):
    """Where a reader looks for a message: at its first letters that are always the same."""
    return re.sub(r"^[^a-z]+", "", row.message.lower()), row.cause.lower()


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;").strip()


def table(found):
    """A line for each message, SQLSTATE and cure, with all causes that they have."""
    lines = {}
    for row in sorted(found, key=place):
        causes = lines.setdefault((row.message, row.state, row.cure), {})
        causes.update(dict.fromkeys(row.cause.split(" / ")))
    return "| message | SQLSTATE | cause (DETAIL) | cure (HINT) |\n|---|---|---|---|\n" + "".join(
        f"| {cell(message)} | {state} | {cell(' / '.join(causes))} | {cell(cure)} |\n"
        for (message, state, cure), causes in lines.items()
    )


def main(folder, *options):
    cures = pathlib.Path(options[1]) if len(options) > 1 else CURES
    found = list(rows(sqlstates(folder)))
    complete(found, read_cures(cures))
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    made = f"{before}{BEGIN}\n\n{table(found)}\n{END}{after}"
    if "--check" in options:
        return 0 if made == page else f"{PAGE} is not what the sources say: run scripts/lib/errors.py {folder}"
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
