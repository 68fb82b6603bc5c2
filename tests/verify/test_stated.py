"""What an incident states beside an id: of the finding that cites it, of no other."""

from __future__ import annotations

from reconstruct.model.facts import Quantity
from reconstruct.verify.claims.stated import facts_told, findings_of
from tests.incidents.recorded import incident


def test_every_entry_that_cites_and_states_something_is_a_finding() -> None:
    of = incident("00-seed")
    ids = {one.ids for one in findings_of(of)}
    cited = [e for e in of.timeline if any(i.rstrip("0123456789") in ("a", "al", "e", "g", "q") for i in e.evidence)]
    assert cited
    assert all(any(set(e.evidence) & one for one in ids) for e in cited)


def test_an_entry_states_its_moments_and_figures_beside_the_ids_that_it_cites() -> None:
    of = incident("00-seed")
    entry = next(e for e in of.timeline if e.rule == "onset")
    told = facts_told(of, frozenset(entry.evidence))
    assert entry.moment.time in told
    assert [fact for fact in entry.facts.values() if isinstance(fact, Quantity) and fact in told]


def test_an_id_that_nothing_cites_states_nothing() -> None:
    assert facts_told(incident("00-seed"), frozenset(("e99999",))) == ()
