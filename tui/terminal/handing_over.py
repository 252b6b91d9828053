"""Gives the terminal to another program for a while: until it is taken back nothing of ours is written on it.

Textual stops the thread that writes and leaves its queue standing, so that a screen which goes on drawing would fill it and
then hang. What is drawn meanwhile is dropped here; everything is drawn anew afterwards.
"""

from __future__ import annotations

from textual.driver import Driver


def handing_over(driver: type[Driver]) -> type[Driver]:
    """Return a driver of Textual's that is silent while it is suspended."""
    away: set[int] = set()

    def write(self: Driver, data: str) -> None:
        if id(self) not in away:
            driver.write(self, data)

    def suspend(self: Driver) -> None:
        driver.suspend_application_mode(self)
        away.add(id(self))

    def resume(self: Driver) -> None:
        away.discard(id(self))
        driver.resume_application_mode(self)

    parts = {"write": write, "suspend_application_mode": suspend, "resume_application_mode": resume}
    return type("HandingOver", (driver,), parts)
