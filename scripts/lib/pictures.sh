# shellcheck shell=bash
# The pictures of the manual, which are drawn from what they show.

# shellcheck disable=SC2034  # scripts/draw and the suite "docs" take it
PICTURES=(message_section eit_section way_of_a_row loop demo)

# draw_message_section: the bits of the message section, from its layout on a throw-away server.
draw_message_section() {
    with_server psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION onetrip' -c "
        COPY (SELECT field, width, type, source FROM layout_fields(message_layout()) ORDER BY ordinal) TO STDOUT" |
        python3 scripts/lib/draw_section.py 'message section'
}

# draw_eit_section: the bits of a section of an EIT schedule.
draw_eit_section() {
    with_server psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION onetrip' -c "
        COPY (SELECT field, width, type, source FROM layout_fields(standard_layout('eit_schedule')) ORDER BY ordinal) TO STDOUT" |
        python3 scripts/lib/draw_section.py 'EIT section'
}

# draw_way_of_a_row: the path of a message through the house, next to the path row by row.
draw_way_of_a_row() {
    python3 scripts/lib/draw_way.py
}

# draw_loop: a client's loop before and after its fix.
draw_loop() {
    PYTHONDONTWRITEBYTECODE=1 python3 scripts/lib/draw_loop.py
}

# draw_demo: a terminal with the demo in it, without its last part, which takes longer than all else.
draw_demo() {
    play_demo demo submissions | python3 scripts/lib/draw_demo.py
}
