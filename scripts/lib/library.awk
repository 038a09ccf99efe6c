# Makes the arrays that src/section/library/library.cpp includes from the layouts next to it:
#
#     awk -f scripts/lib/library.awk src/section/library/*.layout >src/section/library/texts.inc
#
# A file of definitions (set_NAME.layout, types.layout) is cut into them: each begins with its name at the begin of a line
# and ends with a "}" there. Any other file is a table, with a head of comments: title, clause, standards, and table_ids if
# identify_section knows it by those. A definition of a set has a comment before it: the clause that it is from. Comments that
# fill a line are left out of the texts.

# The rows of both arrays are collected, since a file of either kind may come first.
function finish(    row) {
    if (text == "") {
        return
    }
    text = "R\"~(" text ")~\""
    if (is_table) {
        for (key in wanted) {
            if (head[key] == "") {
                fail("no " key)
            }
        }
        row = "{\"" name "\", \"" head["title"] "\", \"" head["clause"] "\", \"" head["standards"] "\", \"" \
            head["table_ids"] "\", " has_long_header ", " takes_any_header ",\n" text "},\n"
        tables = tables row
    } else {
        row = "{\"" set "\", \"" name "\",\n" text "},\n"
        if (set == "") {
            types = types row
        } else {
            definitions = definitions row
        }
    }
    text = ""
}

function fail(problem) {
    print FILENAME ":" FNR ": " problem >"/dev/stderr"
    failed = 1
    exit 1
}

BEGIN {
    wanted["title"] = wanted["clause"] = wanted["standards"] = 1
}

FNR == 1 {
    finish()
    split("", head)
    has_comment = 0
    file = FILENAME
    sub(/.*\//, "", file)
    sub(/\.layout$/, "", file)
    has_long_header = takes_any_header = "false"
    is_table = file !~ /^set_/ && file != "types"
}

/"|\)~/ {
    fail("a quotation mark or \")~\" would end the text")
}

/^ *--/ {
    has_comment = 1
    if (is_table && match($0, /^-- [a-z_]+: /)) {
        head[substr($0, 4, RLENGTH - 5)] = substr($0, RLENGTH + 1)
    }
    next
}

/^[A-Za-z_]/ {
    if (!is_table) {
        finish()
        if (!has_comment) {
            fail("no clause of " $1)
        }
        has_comment = 0
    }
    if (text == "") {
        name = $1
        set = $2 ~ /^\(/ ? substr($2, 2) : ""
    }
}

$1 == "section_syntax_indicator" {
    has_long_header = $(NF - 1) == "=" && $NF == 1 ? "true" : "false"
    takes_any_header = $(NF - 1) == "default" ? "true" : "false"
}

NF > 0 {
    text = text (text == "" ? "" : "\n") $0
}

END {
    if (!failed) {
        finish()
        print "// Made by scripts/lib/library.awk from the layouts in this folder.\n"
        print "constexpr LibraryDefinition definitions[] = {\n" definitions types "};\n"
        print "constexpr LibraryTable tables[] = {\n" tables "};"
    }
}
