from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.config import Config, known_keys, load_config, parse_config
from reconstruct.errors import UsageError

FULL = """\
prometheus:
  url: https://prom.example/prefix
  ca_file: tls/ca.pem
  username: reader
  password: ${PROM_PASSWORD}
  headers:
    X-Scope-OrgID: shop
    X-Key: ${KEY}
  timeout: 30s
  verify: true
scope: cluster="eu-1"
timezone: Europe/Berlin
services: [shop, postgres]
calls:
  lb: [shop]
  shop: [postgres, redis]
queries: [packs]
packs: [postgres, http]
mechanisms: [mechanisms.yaml]
baseline: 2h
step: 15s
authors: false
events:
  - deploys.jsonl
  - github:acme/shop
  - source: gitlab:acme/web
    token: ${GITLAB_TOKEN}
    environment: production
grafana:
  url: https://grafana.example
  token: ${GRAFANA_TOKEN}
  datasource: prom-1
report:
  last: 24h
  compare_days: 5
  state_file: state/report.json
  metrics_file: /var/lib/node_exporter/reconstruct.prom
  fail_on: anomalies
deliver:
  - kind: slack
    url: ${SLACK_WEBHOOK}
  - kind: webhook
    name: pager
    url: ${HOOK}
    headers: {Authorization: "Bearer ${KEY}"}
  - kind: smtp
    host: mail.example
    port: 465
    tls: tls
    from: reconstruct@example.org
    to: [oncall@example.org]
    username: me
    password: ${MAIL_PASSWORD}
    timeout: 5s
    attempts: 2
  - kind: grafana
    url: https://grafana.example
    token: ${GRAFANA_TOKEN}
    tags: [incident]
"""
ENV = {
    "PROM_PASSWORD": "pw1",
    "KEY": "k1",
    "GITLAB_TOKEN": "glt",
    "GRAFANA_TOKEN": "gft",
    "SLACK_WEBHOOK": "https://hooks.slack.example/x",
    "HOOK": "https://hook.example/y",
    "MAIL_PASSWORD": "pw2",
}


def read(text: str, **env: str) -> Config:
    return parse_config(text, path=Path("/etc/reconstruct/reconstruct.yaml"), env=env)


def test_everything_that_can_be_said_is_read() -> None:
    config = read(FULL, **ENV)
    assert config.prometheus.url == "https://prom.example/prefix"
    assert config.prometheus.password == "pw1"
    assert config.prometheus.headers == {"X-Scope-OrgID": "shop", "X-Key": "k1"}
    assert config.prometheus.timeout_s == 30
    assert config.scope == 'cluster="eu-1"'
    assert config.calls == (("lb", "shop"), ("shop", "postgres"), ("shop", "redis"))
    assert (config.baseline_s, config.step_s) == (7200, 15)
    assert [source.spec for source in config.events] == [
        "/etc/reconstruct/deploys.jsonl",
        "github:acme/shop",
        "gitlab:acme/web",
    ]
    assert config.events[2].options == {"token": "glt", "environment": "production"}
    assert config.report.compare_days == 5
    assert config.report.fail_on == "anomalies"
    slack, pager, mail, grafana = config.deliver
    assert (slack.name, slack.url) == ("slack", "https://hooks.slack.example/x")
    assert (pager.name, pager.headers) == ("pager", {"Authorization": "Bearer k1"})
    assert (mail.sender, mail.to, mail.port, mail.tls, mail.attempts) == (
        "reconstruct@example.org",
        ("oncall@example.org",),
        465,
        "tls",
        2,
    )
    assert (grafana.token, grafana.tags) == ("gft", ("incident",))


def test_relative_paths_start_at_the_files_folder() -> None:
    config = read(FULL, **ENV)
    assert config.prometheus.ca_file == "/etc/reconstruct/tls/ca.pem"
    assert config.queries == (Path("/etc/reconstruct/packs"),)
    assert config.report.state_file == Path("/etc/reconstruct/state/report.json")
    assert config.report.metrics_file == Path("/var/lib/node_exporter/reconstruct.prom")


def test_an_address_may_take_its_password_from_the_environment_and_needs_none_otherwise() -> None:
    text = "prometheus: {url: 'http://me:${PW}@prom:9090', proxy: 'http://proxy:8080'}"
    config = read(text, PW="hunter2")
    assert (config.prometheus.url, config.prometheus.proxy) == ("http://me:hunter2@prom:9090", "http://proxy:8080")
    assert read("prometheus: {url: 'https://prom:9090/a@b:c'}").prometheus.url == "https://prom:9090/a@b:c"


def test_no_secret_shows_in_the_text_form_of_the_configuration() -> None:
    shown = repr(read(FULL, **ENV))
    assert not [secret for secret in ENV.values() if secret in shown]


def test_the_example_in_the_documentation_uses_every_key_there_is() -> None:
    page = Path(__file__).parents[2] / "docs" / "configuration.md"
    text = page.read_text(encoding="utf-8")
    example = text.split("```yaml\n", 1)[1].split("```", 1)[0]
    env = dict.fromkeys(("PROMETHEUS_PASSWORD", "GITLAB_TOKEN", "GRAFANA_TOKEN", "SMTP_PASSWORD"), "value")
    parse_config(example, path=page, env={**env, "SLACK_WEBHOOK": "https://a.example", "HOOK_URL": "https://b.example"})
    unnamed = [f"{section}.{key}" for section, keys in known_keys().items() for key in keys if f"{key}:" not in text]
    assert not unnamed


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("servics: [a]", "1: unknown key 'servics'", "did you mean 'services'?"),
        ("a: 1", "1: unknown key 'a'", "known keys: prometheus"),
        ("\n\nprometheus:\n  ulr: x\n", "4: prometheus: unknown key 'ulr'", "did you mean 'url'?"),
        ("services: [a]\nservices: [b]\n", "2: 'services' is given twice", "keep one"),
        ("- a\n", "1: expected keys and values here", ""),
        ("services: {a: b}", "1: services: expected a list here", "[a, b]"),
        ("services:\n", "1: services: expected a list here", ""),
        ("services: [[a]]", "1: services: expected a text here", ""),
        ("baseline: 90", "1: baseline: '90' is not a duration", "a duration such as 90m"),
        ("timezone: Mars", "1: timezone: the time zone 'Mars' is not known here", "IANA"),
        ("authors: maybe", "1: authors: expected true or false", ""),
        ("report: {compare_days: 400}", "1: compare_days: expected a number of at least 1 and at most 60", ""),
        ("report: {fail_on: often}", "1: fail_on: unknown 'often'", "never, anomalies"),
        ("events: [{token: x}]", "1: events: an entry has no `source`", "source:"),
        ("deliver: [{kind: pigeon}]", "1: kind: unknown 'pigeon'", "slack"),
        ("deliver: [{kind: slack}]", "1: deliver: 'url' is missing", "url"),
        ("deliver: [{kind: slack, url: '${U}', to: [a]}]", "unknown key 'to'", "known keys: "),
        (
            "deliver:\n- {kind: slack, url: '${U}'}\n- {kind: slack, url: '${U}'}",
            "two entries are called 'slack'",
            "name",
        ),
        ("prometheus: {password: hunter2}", "1: password: this is a secret", "${NAME}"),
        ("prometheus: {url: 'https://me:hunter2@prom'}", "1: url: this is a secret", "${NAME}"),
        ("prometheus: {proxy: 'me:hunter2@proxy:8080'}", "1: proxy: this is a secret", "${NAME}"),
        ("prometheus: {password: '${NOPE}'}", "password: ${NOPE} is not set", "export NOPE"),
        ("scope: 'a=\"${U}\"'", "1: scope: this cannot come from the environment", "secrets only"),
        ("prometheus: {headers: {Authorization: Basic abc}}", "is a secret", "${NAME}"),
        ("a: [1\nb: 2", "2:2: not YAML", "indent with spaces"),
        ("a: *b", "1:4: not YAML", ""),
        ("\x00", "not YAML", ""),
        ("[" * 5000, "not YAML", ""),
        ("[" * 900_000, "not YAML", ""),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(text, U="https://x.example")
    assert raised.value.message.startswith("/etc/reconstruct/reconstruct.yaml")
    assert message in raised.value.message
    assert hint in raised.value.hint
    assert "hunter2" not in raised.value.message + raised.value.hint


def test_a_python_object_in_the_yaml_is_not_made() -> None:
    with pytest.raises(UsageError):
        read("services: !!python/object/apply:os.system ['true']")


def test_no_file_is_an_empty_configuration_unless_it_was_asked_for(tmp_path: Path) -> None:
    assert load_config(None, env={}, folder=tmp_path) == Config()
    with pytest.raises(UsageError, match="cannot read"):
        load_config(tmp_path / "absent.yaml", env={})


def test_the_file_of_the_working_directory_is_found(tmp_path: Path) -> None:
    (tmp_path / "reconstruct.yaml").write_text("services: [shop]\n", encoding="utf-8")
    assert load_config(None, env={}, folder=tmp_path).services == ("shop",)


def test_an_empty_file_is_an_empty_configuration(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("# nothing yet\n", encoding="utf-8")
    assert load_config(path, env={}) == Config(path=path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not UTF-8"):
        load_config(path, env={})
