"""When a person is told that something came, and in which words: ``decision`` and ``pauses`` are pure.

What a terminal is then sent stands in ``tui.terminal``; ``tui.app.notifier`` puts both together.
"""
