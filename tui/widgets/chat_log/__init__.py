"""The message list: a model of rows, their heights, how a row is drawn, and the widget that scrolls over them.

One widget per message does not scale: a thousand of them take half a second to re-flow. Here a hundred thousand rows are a
list and an array of heights, only what is visible is ever drawn, and heights are estimated until a row comes near the view.
"""

from tui.widgets.chat_log.widget import ChatLog

__all__ = ["ChatLog"]
