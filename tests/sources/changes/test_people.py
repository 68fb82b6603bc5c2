from __future__ import annotations

from reconstruct.model import Event, Service
from reconstruct.sources.changes.people import NOBODY, FullNames
from tests.sources.changes.reading import NOON, told


def event(title: str) -> Event:
    return Event(id="", time=NOON, kind="note", service=Service("shop"), title=title)


def titles(names: set[str], *said: str) -> list[str]:
    return [one.title for one in FullNames(names).out_of(map(event, said))]


def test_a_name_of_several_words_goes_wherever_it_is_said_and_an_account_of_one_word_stays() -> None:
    names = {"Mona Lisa", "mona.lisa", "deploy", "shop-bot", "Ana", "Ana María Díaz", "Ana María"}
    assert titles(names, "ask Mona Lisa, or @mona.lisa: she knows", "deploy by Ana María Díaz") == [
        f"ask {NOBODY}, or {NOBODY}: she knows",
        f"deploy by {NOBODY}",
    ]
    assert titles(names, "Mona Lisander and amona.lisa1 stay, deploy too") == [
        "Mona Lisander and amona.lisa1 stay, deploy too"
    ]


def test_one_item_tells_who_the_person_is_whom_another_only_names() -> None:
    posts = [
        {"id": "1", "create_at": 1794923701000, "message": "rolled back", "user": {"first_name": "Mona Lisa"}},
        {"id": "2", "create_at": 1794923761000, "message": "thanks Mona Lisa"},
    ]
    assert [e.title for e in told(posts).events] == ["rolled back", f"thanks {NOBODY}"]
    assert told(posts, authors=True).events[1].title == "thanks Mona Lisa"
