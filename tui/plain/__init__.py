"""Plain mode: the client as lines, for screen readers, dumb terminals and slow lines (``sottovoce --plain``).

    line_input   one line at a time from a terminal, and lines said in between
    lines        rows, conversations and events as lines of text
    session      an account: opened, its conversations, what comes in
    commands     what a line with a slash does; names and help are those of ``tui.keys``
    run          the program

Nothing is drawn twice, moved or coloured: what was said stays where it was said, in order.
"""
