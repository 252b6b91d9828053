"""Plain mode: the client as lines, for screen readers, dumb terminals and slow lines (``sottovoce --plain``).

    line_input   one line at a time from a terminal, and lines said in between
    lines        rows, conversations and events as lines of text
    numbers      the short numbers of rows
    session      an account: opened, its conversations, what comes in
    finding, messages, meeting, people, account
                 what lines with a slash do, by what they are about
    topics       their help, by topic; where the screen has the same command it is its own (``tui.keys``)
    commands     takes a line to what it is for
    run          the program

Nothing is drawn twice, moved or coloured: what was said stays where it was said, in order.
"""
