"""Signs that are much used, and the words by which they are found: for a reaction, and by ``:name:`` while writing.

Each has names without blanks, as other programs have them, of which the first is shown, and words beside. A translation has
the words in its own language; names stay as they are. Whatever is not here is typed or pasted.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from tui.language import N_, tr


@dataclasses.dataclass(frozen=True, slots=True)
class Named:
    """A sign, its names, and further words, marked by ``N_``."""

    sign: str
    names: tuple[str, ...]
    words: str

    @property
    def name(self) -> str:
        """The name that is shown."""
        return self.names[0]

    def said(self) -> list[str]:
        """Return all by which it is found, in the language in use and in English."""
        return [*self.names, *f"{self.words} {tr(self.words)}".casefold().split()]


# What is offered for a reaction before anything is typed.
MUCH_USED: Final = (
    Named("👍", ("thumbsup", "+1"), N_("thumbs up yes good agree +1")),
    Named("❤️", ("heart",), N_("heart love")),
    Named("😂", ("joy", "lol"), N_("joy laugh tears funny lol")),
    Named("😮", ("open_mouth", "wow"), N_("surprised wow open mouth")),
    Named("😢", ("cry", "sad"), N_("sad cry tear")),
    Named("🙏", ("pray", "thanks"), N_("thanks please folded hands")),
    Named("🎉", ("tada", "party"), N_("party celebrate hurray tada")),
    Named("👀", ("eyes",), N_("eyes look see")),
    Named("✅", ("check", "white_check_mark"), N_("done check yes")),
    Named("❌", ("x", "cross"), N_("no cross wrong")),
    Named("🔥", ("fire",), N_("fire hot")),
    Named("🤔", ("thinking", "hmm"), N_("thinking hmm")),
    Named("👎", ("thumbsdown", "-1"), N_("thumbs down no bad disagree -1")),
    Named("👋", ("wave",), N_("wave hello bye")),
)
ALL: Final = (
    *MUCH_USED,
    Named("😄", ("smile",), N_("smile happy glad")),
    Named("🙂", ("slight_smile",), N_("smile friendly")),
    Named("😊", ("blush",), N_("blush warm smile")),
    Named("😀", ("grinning", "grin"), N_("grin happy")),
    Named("😅", ("sweat_smile",), N_("relief phew awkward smile")),
    Named("🤣", ("rofl",), N_("laugh floor rolling")),
    Named("😉", ("wink",), N_("wink")),
    Named("😍", ("heart_eyes",), N_("love in love")),
    Named("😘", ("kiss", "kissing_heart"), N_("kiss")),
    Named("🤗", ("hug", "hugs"), N_("hug embrace")),
    Named("😎", ("cool", "sunglasses"), N_("cool sunglasses")),
    Named("🙃", ("upside_down",), N_("upside down silly ironic")),
    Named("😋", ("yum",), N_("tasty delicious yum")),
    Named("😛", ("tongue",), N_("tongue cheeky")),
    Named("😏", ("smirk",), N_("smirk")),
    Named("😐", ("neutral",), N_("neutral blank")),
    Named("🙄", ("eyeroll", "roll_eyes"), N_("roll eyes annoyed")),
    Named("😬", ("grimace", "grimacing"), N_("awkward oops teeth")),
    Named("😴", ("sleeping",), N_("sleep tired night")),
    Named("🥱", ("yawn", "yawning"), N_("tired bored yawn")),
    Named("😭", ("sob",), N_("crying loudly sob")),
    Named("😞", ("disappointed",), N_("disappointed down")),
    Named("😟", ("worried",), N_("worried afraid")),
    Named("😱", ("scream",), N_("scream shock fear")),
    Named("😳", ("flushed",), N_("embarrassed flushed")),
    Named("😡", ("rage", "angry"), N_("angry rage furious")),
    Named("🤯", ("mind_blown", "exploding_head"), N_("mind blown amazed")),
    Named("🤒", ("sick",), N_("ill sick fever")),
    Named("🥳", ("partying",), N_("birthday party celebrate")),
    Named("🥺", ("pleading",), N_("please pleading puppy")),
    Named("🤷", ("shrug",), N_("shrug no idea")),
    Named("🤦", ("facepalm",), N_("facepalm")),
    Named("👏", ("clap",), N_("applause clap bravo")),
    Named("🙌", ("raised_hands",), N_("hurray raised hands")),
    Named("👌", ("ok_hand", "ok"), N_("okay fine perfect")),
    Named("💪", ("muscle",), N_("strong strength muscle")),
    Named("🤝", ("handshake",), N_("deal agreed handshake")),
    Named("🤞", ("fingers_crossed",), N_("fingers crossed luck hope")),
    Named("👉", ("point_right",), N_("right there point")),
    Named("💔", ("broken_heart",), N_("broken heart")),
    Named("💡", ("bulb", "idea"), N_("idea bulb light")),
    Named("💯", ("100",), N_("hundred exactly full")),
    Named("⭐", ("star",), N_("star favourite")),
    Named("✨", ("sparkles",), N_("sparkles new shiny")),
    Named("⚡", ("zap",), N_("lightning fast power")),
    Named("🚀", ("rocket",), N_("rocket launch fast")),
    Named("🎂", ("birthday", "cake"), N_("birthday cake")),
    Named("🎁", ("gift",), N_("gift present")),
    Named("🍀", ("four_leaf_clover", "luck"), N_("luck clover")),
    Named("🌹", ("rose",), N_("rose flower")),
    Named("☀️", ("sunny", "sun"), N_("sun weather warm")),
    Named("🌧️", ("rain",), N_("rain weather wet")),
    Named("❄️", ("snow", "snowflake"), N_("snow cold winter")),
    Named("🌙", ("moon",), N_("moon night")),
    Named("☕", ("coffee",), N_("coffee tea break")),
    Named("🍺", ("beer",), N_("beer drink")),
    Named("🥂", ("cheers",), N_("cheers wine drink")),
    Named("🍕", ("pizza",), N_("pizza food eat")),
    Named("🍎", ("apple",), N_("apple fruit")),
    Named("🐱", ("cat",), N_("cat")),
    Named("🐶", ("dog",), N_("dog")),
    Named("🐛", ("bug",), N_("bug fault error")),
    Named("🏠", ("house", "home"), N_("house home")),
    Named("🚆", ("train",), N_("train travel")),
    Named("🚗", ("car",), N_("car drive")),
    Named("🚲", ("bike",), N_("bicycle bike")),
    Named("✈️", ("airplane", "plane"), N_("plane flight travel")),
    Named("📞", ("phone", "call"), N_("telephone call")),
    Named("💻", ("computer", "laptop"), N_("computer laptop work")),
    Named("📷", ("camera",), N_("camera photo picture")),
    Named("📎", ("paperclip",), N_("paperclip attached")),
    Named("📅", ("calendar", "date"), N_("calendar date day")),
    Named("⏰", ("alarm_clock",), N_("alarm clock time late")),
    Named("⏳", ("hourglass",), N_("wait hourglass time")),
    Named("🔒", ("lock",), N_("lock secret closed")),
    Named("🔑", ("key",), N_("key")),
    Named("⚠️", ("warning",), N_("warning careful attention")),
    Named("❓", ("question",), N_("question what")),
    Named("❗", ("exclamation",), N_("exclamation important")),
    Named("💤", ("zzz",), N_("sleep zzz")),
    Named("🎵", ("musical_note", "music"), N_("music song note")),
    Named("⚽", ("soccer", "football"), N_("football soccer")),
)
_BY_SIGN: Final = {each.sign: each for each in ALL}
_BY_NAME: Final = {name: each for each in ALL for name in each.names}


def of_sign(sign: str) -> Named | None:
    """Return what is known of a sign."""
    return _BY_SIGN.get(sign)


def of_name(name: str) -> Named | None:
    """Return the sign of exactly that name."""
    return _BY_NAME.get(name.casefold())


def beginning(typed: str) -> list[Named]:
    """Return the signs with a name or a word that begins so: first those of whom it is the shown name."""
    start = typed.casefold()
    ranked = [(_rank(each, start), each) for each in ALL]
    return [each for rank, each in sorted(ranked, key=lambda ranked: ranked[0]) if rank < _NOT]


def having(typed: str) -> list[Named]:
    """Return the signs among whose names and words all the typed ones are; all of the much used where nothing is typed."""
    words = typed.casefold().split()
    if not words:
        return list(MUCH_USED)
    return [each for each in ALL if all(word in " ".join(each.said()) for word in words)]


_NOT: Final = 3


def _rank(named: Named, start: str) -> int:
    if named.name.startswith(start):
        return 0
    if any(name.startswith(start) for name in named.names):
        return 1
    return 2 if any(word.startswith(start) for word in named.said()) else _NOT
