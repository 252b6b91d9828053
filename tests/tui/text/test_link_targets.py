"""Where a link leads: the host that is shown is the host that is opened, and what could deceive is said or not opened."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, strategies as st

from tui.text.link_targets import Target, is_openable, target_of, targets_in
from tui.text.links import MAX_LINK, links_in


def only(text: str) -> Target:
    (target,) = targets_in(text)
    return target


@pytest.mark.parametrize(
    ("link", "address", "host"),
    [
        ("https://example.org", "https://example.org", "example.org"),
        ("HTTP://Example.ORG:8080/A?b=%20#c", "http://example.org:8080/A?b=%20#c", "example.org"),
        ("https://example.org./x", "https://example.org/x", "example.org"),
        ("https://example.org/ü?q=100%", "https://example.org/%C3%BC?q=100%25", "example.org"),
        ("https://s/s/s", "https://s/s/s", "s"),
        ("https://münchen.de/x", "https://xn--mnchen-3ya.de/x", "münchen.de"),
        ("https://faß.de", "https://xn--fa-hia.de", "faß.de"),
        ("https://xn--mnchen-3ya.de", "https://xn--mnchen-3ya.de", "münchen.de"),
        ("https://ｅｘａｍｐｌｅ。org/", "https://example.org/", "example.org"),
        ("https://[2001:db8::1]:80/x", "https://[2001:db8::1]:80/x", "[2001:db8::1]"),
        ("mailto:bob@example.org", "mailto:bob@example.org", "example.org"),
        ("mailto:a@b.org?subject=x%20y&attach=/etc/passwd", "mailto:a@b.org?subject=x%20y", "b.org"),
        ("mailto:a@b.org,c@d.org?cc=e@f.org", "mailto:a@b.org,c@d.org", "b.org, d.org"),
    ],
)
def test_a_link_is_put_together_anew_from_what_was_understood(link: str, address: str, host: str) -> None:
    target = only(f"see {link}")
    assert (target.link, target.address, target.host, target.said) == (link, address, host, "")


def test_what_stands_before_an_at_is_said_and_not_opened() -> None:
    target = only("https://bank.example@evil.example/x")
    assert (target.address, target.host, target.said) == ("https://evil.example/x", "evil.example", "bank.example")
    assert only("https://user:word@example.org/").address == "https://example.org/"


def test_words_that_name_another_host_than_the_link_are_told() -> None:
    assert only("[bank.example](https://evil.example/x)").said == "bank.example"
    assert only("[log in at https://bank.example/a](https://evil.example/x)").said == "bank.example"
    assert only("[example.org](https://www.example.org/x)").said == ""
    assert only("[read this](https://evil.example/x)").said == ""
    assert only("https://example.org/other.site/a.html?u=evil.example").said == ""


def test_letters_that_may_be_taken_for_others_are_named_beside_the_host_of_the_network() -> None:
    target = only("https://exаmple.org/")
    assert target.ascii_host == "xn--exmple-4nf.org"
    assert target.odd == ("а (cyrillic small letter a)",)
    assert only("https://例子.org/").odd == ()
    assert only("https://xn--exmple-4nf.org/").odd == target.odd


@pytest.mark.parametrize("link", ["https://127.1/", "https://3232235777/x", "https://[::1]/", "http://0x7f.0.0.0x1/"])
def test_a_host_that_is_a_number_is_told(link: str) -> None:
    assert only(link).is_number


@pytest.mark.parametrize(
    "link",
    [
        "https://bank.example\\@evil.example", "https://example.org:99999", "https://example..org", "https://a\u2100b.org",
        "https://-x.org", "https://a%2eb.org", "https://[::1", f"https://a.b/{'x' * MAX_LINK}", "mailto:a@b@c.org",
        "mailto:-a b@c.org", "https://a.b@", "mailto:x@y.org," + "x@y.org," * 300 + "x@y.org",
    ],
)  # fmt: skip
def test_what_is_not_certain_is_not_opened(link: str) -> None:
    target = target_of(link)
    assert (target.kind, target.address) == ("unclear", "")


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd", "javascript:alert(1)", "ftp://example.org", "x-man-page://sh", "--help", "example.org", "",
        "https://example.org/ x", "mailto:", "mailto:a@b.org\n", "https://a.b/\x07", "data:text/html,x", "HTTPS://a.b",
        "vscode://x", "https://user@example.org", f"mailto:{'x' * MAX_LINK}",
    ],
)  # fmt: skip
def test_only_plain_addresses_of_the_web_and_of_mail_are_opened(address: str) -> None:
    assert not is_openable(address)


@given(st.text(alphabet="abаß.:/@\\?#[]%1-。ü ", max_size=40))
def test_the_host_that_is_shown_is_the_host_that_is_opened(rest: str) -> None:
    target = target_of(f"https://{rest}")
    assert (target.kind == "web") == bool(target.address)
    if target.address:
        assert is_openable(target.address)
        assert urlsplit(target.address).netloc.rpartition(":")[0] in {target.ascii_host, ""} or (
            urlsplit(target.address).netloc == target.ascii_host
        )
        assert "@" not in urlsplit(target.address).netloc


def test_mail_and_invitations_are_links_too_but_not_within_another() -> None:
    text = "mailto:a@b.org, https://x.org/?m=mailto:c@d.org SOTTOVOCE:ABCDEFGH2345 mailto:nobody"
    assert links_in(text) == ["mailto:a@b.org", "https://x.org/?m=mailto:c@d.org", "SOTTOVOCE:ABCDEFGH2345"]


def test_an_invitation_keeps_the_lines_that_it_was_broken_into_up_to_the_next() -> None:
    _, first, second = targets_in("Two of https://a.b: SOTTOVOCE:ABCDEFGH\nIJKLMNOP and sottovoce:QRSTUVWX")
    assert (first.kind, first.link) == ("invitation", "SOTTOVOCE:ABCDEFGH\nIJKLMNOP and ")
    assert (second.kind, second.link) == ("invitation", "sottovoce:QRSTUVWX")
