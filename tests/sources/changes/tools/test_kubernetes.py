from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reconstruct.model import Window
from reconstruct.sources.changes.files import read_events
from reconstruct.sources.changes.formats import known_format
from reconstruct.sources.changes.registry import read_source
from reconstruct.sources.result import SourceRequest, SourceResult
from tests.sources.changes.reading import told

START = pd.Timestamp("2026-11-17T13:00:00Z")
WINDOW = Window(START, START + pd.Timedelta("3h"), pd.Timedelta("15s"), START)


def replica_set(
    name: str, created: str, image: str, *, owner: str = "Deployment", **annotations: str
) -> dict[str, Any]:
    notes = {f"deployment.kubernetes.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return {
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": name, "namespace": "prod", "creationTimestamp": created, "annotations": notes,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": owner, "name": "shop", "controller": True}],
        },
        "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "shop", "image": image}]}}},
    }  # fmt: skip


APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "shop", "namespace": "argocd"},
    "spec": {"destination": {"namespace": "prod", "server": "https://kubernetes.default.svc"}, "project": "default"},
    "status": {
        "history": [
            {"id": 0, "deployedAt": "2026-11-17T13:10:00Z", "revision": "e5585fcf22366e2d066e0936cbd8a0508756d02d"},
            {"id": 1, "deployStartedAt": "2026-11-17T13:55:30Z", "deployedAt": "2026-11-17T13:57:00Z",
             "revisions": ["2.20.0"], "initiatedBy": {"username": "anna"}},
        ]
    },
}  # fmt: skip


def parse(*items: Any, **more: Any) -> SourceResult:
    return told({"apiVersion": "v1", "kind": "List", "items": list(items)}, source="k.json", **more)


def test_a_replica_set_is_a_deploy_of_its_deployment() -> None:
    (event,) = parse(
        replica_set("shop-7d9", "2026-11-17T13:55:30Z", "registry:5000/acme/shop:2.20.0", revision="4")
    ).events
    assert (event.kind, event.service, event.version) == ("deploy", ("shop", "prod", ""), "2.20.0")
    assert event.time == pd.Timestamp("2026-11-17T13:55:30Z")
    assert event.labels == {"image": "registry:5000/acme/shop:2.20.0", "revisions": "4"}


@pytest.mark.parametrize(
    ("image", "version"),
    [("shop", ""), ("shop:2", "2"), ("r:5000/shop", ""), ("shop@sha256:0123456789abcdef", "0123456789ab")],
)
def test_the_version_is_the_images_tag_or_digest(image: str, version: str) -> None:
    assert parse(replica_set("a", "2026-11-17T13:55:30Z", image)).events[0].version == version


def test_a_replica_set_that_was_taken_again_is_a_rollback_between_two_known_times() -> None:
    old = replica_set("shop-5c8", "2026-11-10T08:00:00Z", "shop:2.14", revision="5", revision_history="3")
    bad = replica_set("shop-7d9", "2026-11-17T13:55:30Z", "shop:2.20", revision="4")
    good = replica_set("shop-9aa", "2026-11-18T09:00:00Z", "shop:2.21", revision="6")
    (gap,) = parse(old, bad, good).gaps
    assert gap.missing == "when shop went back to shop-5c8 as revision 5"
    assert (gap.start, gap.end) == (pd.Timestamp("2026-11-17T13:55:30Z"), pd.Timestamp("2026-11-18T09:00Z"))
    (open_gap,) = parse(old, bad).gaps
    assert open_gap.end is None


def test_a_rollback_of_long_ago_is_no_gap_in_this_window(tmp_path: Path) -> None:
    path = tmp_path / "rs.json"
    old = replica_set("shop-1", "2026-10-01T08:00:00Z", "shop:1", revision="3", revision_history="1")
    rows = [
        old,
        replica_set("shop-2", "2026-10-02T08:00:00Z", "shop:2", revision="2"),
        replica_set("shop-4", "2026-10-03T08:00:00Z", "shop:4", revision="4"),
        replica_set("shop-5", "2026-11-17T13:55:30Z", "shop:5", revision="5"),
    ]
    path.write_text(json.dumps({"kind": "ReplicaSetList", "items": rows}), encoding="utf-8")
    ledger = read_source(str(path), window=WINDOW)
    assert ledger.gaps == ()
    assert [event.version for event in ledger.events] == ["5"]


def test_an_argo_cd_application_tells_its_deployments_with_beginning_and_end() -> None:
    first, second = parse(APPLICATION).events
    assert (first.time, first.end, first.version) == (pd.Timestamp("2026-11-17T13:10Z"), None, "e5585fcf2236")
    assert (second.time, second.end) == (pd.Timestamp("2026-11-17T13:55:30Z"), pd.Timestamp("2026-11-17T13:57Z"))
    assert (second.service, second.version, second.source_id) == (("shop", "prod", ""), "2.20.0", "shop/1")
    assert "anna" not in repr(second)
    assert parse(APPLICATION, authors=True).events[1].labels == {"author": "anna"}


def test_what_tells_no_rollout_is_passed_over_and_what_cannot_be_read_is_a_gap() -> None:
    bare = replica_set("x", "2026-11-17T13:55:30Z", "shop:1", owner="Job")
    broken = replica_set("y", "soon", "shop:1")
    ledger = parse(bare, broken, {"kind": "ReplicaSet", "metadata": {}}, {"kind": "Pod", "metadata": {}}, APPLICATION)
    assert len(ledger.events) == 2
    assert [gap.missing for gap in ledger.gaps] == ["item 2"]


def test_a_saved_list_or_object_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    for whole in (APPLICATION, {"kind": "ApplicationList", "items": [APPLICATION]}, [APPLICATION]):
        path.write_text(json.dumps(whole), encoding="utf-8")
        assert len(read_events(SourceRequest(str(path), WINDOW)).events) == 2
    assert known_format([{"kind": "deploy", "time": "13:45"}]) is None
