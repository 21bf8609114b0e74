import dataclasses
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reading import TABLE, Setting, load, read
from config.settings import CONFIG, Limits, Settings, SettingsFault

NAMES = [
    "mongodb_url",
    "mongodb_database",
    "redis_url",
    "data",
    "host",
    "port",
    "workers",
    "io_uring",
    "secret_key",
    "ledger_key",
    "public_url",
    "bot_origins",
    "origins",
    "trusted_proxies",
    "token_seconds",
    "session_days",
    "edit_seconds",
    "recall_seconds",
    "away_seconds",
    "ping_seconds",
    "dead_seconds",
    "auth_seconds",
    "drain_seconds",
    "audit_seconds",
    "reminder_seconds",
    "unsent_file_hours",
    "answer_days",
    "oidc_issuer",
    "oidc_client_id",
    "oidc_client_secret",
    "oidc_login_claim",
    "oidc_name",
    "log_format",
    "log_level",
    "locale",
    "timezone",
    "pdf_font",
    "push_subject",
    "push_key",
    "push_quiet",
    "push_ttl_hours",
    "push_concurrency",
    "push_timeout_seconds",
    "push_lease_seconds",
    "push_attempts",
    "push_networks",
    "smtp_url",
    "smtp_from",
    "fcm_credentials",
    "fcm_url",
    "sms_url",
    "sms_secret",
    "sms_sender",
    "embedding_model",
    "llm_url",
    "llm_model",
    "llm_key",
    "llm_first_seconds",
    "llm_stall_seconds",
    "llm_chars",
    "answer_seconds",
    "bot_wait_seconds",
    "bot",
    "conversation_days",
    "visitor_days",
    "guest_days",
    "handoff_reminder_seconds",
    "limit_frame_bytes",
    "limit_text_chars",
    "limit_file_bytes",
    "limit_commands_in_flight",
    "limit_sends_per_10s",
    "limit_sends_per_minute",
    "limit_connections_per_person",
    "limit_group_members",
    "limit_unsent_bytes",
    "limit_signins_per_minute",
    "limit_signins_per_login",
    "limit_signins_per_address",
    "limit_changes_per_minute",
    "limit_files_per_hour",
    "limit_mentions",
    "limit_files",
    "limit_watched",
    "limit_page",
    "limit_reactions",
    "limit_subscriptions",
    "limit_push_tests_per_minute",
    "limit_mail_codes_per_hour",
    "limit_faq_answer_chars",
    "limit_faq_aliases",
    "limit_faq_rows",
    "limit_faq_file_bytes",
    "limit_faq_pages",
    "limit_question_chars",
    "limit_asks_per_minute",
    "limit_asks_per_address",
    "limit_asks_at_once",
    "limit_asks_waiting",
    "limit_bot_requests",
    "limit_bot_messages",
    "limit_bot_messages_each",
    "limit_answer_backlog",
    "limit_opening_questions",
    "limit_opening_turns",
    "limit_handoffs_per_hour",
    "limit_handoffs_per_address",
    "limit_handoff_streams",
    "limit_notices_per_hour",
    "limit_notice_chars",
    "limit_notice_files",
    "limit_notice_units",
    "limit_notice_versions",
    "limit_merge_rows",
    "limit_merge_columns",
    "limit_merge_bytes",
    "limit_reminders",
    "limit_reminded",
    "limit_submissions_per_minute",
    "limit_form_fields",
    "limit_form_options",
    "limit_form_text_chars",
    "limit_form_files",
    "limit_signature_points",
]
NUMBERS = [row for row in TABLE if isinstance(row.default, int)]
ROWS = {row.name: row for row in TABLE}
LIMITS = [row for row in TABLE if row.name.startswith("limit_")]
GOOD = {
    "mongodb_url": "mongodb://hub:pass-word-1@db.example.org/?replicaSet=rs0",
    "mongodb_database": "madang-2",
    "redis_url": "rediss://:pass-word-2@cache.example.org:6380/1",
    "data": "/srv/madang",
    "host": "::",
    "port": "8443",
    "workers": "4",
    "secret_key": "pass-word-3" * 4,
    "public_url": "https://talk.example.org",
    "bot_origins": "https://school.example.org",
    "origins": "https://a.example.org,http://localhost:3000",
    "trusted_proxies": "127.0.0.1,10.0.0.0/8",
    "oidc_issuer": "https://id.example.org/realms/office",
    "oidc_client_id": "madang",
    "oidc_client_secret": "pass-word-4",
    "oidc_login_claim": "email",
    "oidc_name": "업무포털",
    "log_format": "json",
    "log_level": "warning",
    "locale": "en",
    "timezone": "Asia/Tokyo",
    "embedding_model": "jhgan/ko-sroberta-multitask",
    "llm_url": "http://10.0.0.5:8080/v1",
    "llm_model": "some-model",
    "llm_key": "pass-word-5",
    "llm_first_seconds": "3",
    "llm_stall_seconds": "2",
    "answer_seconds": "30",
    "bot_wait_seconds": "60",
    "bot": "off",
    "conversation_days": "30",
    "visitor_days": "7",
    "guest_days": "30",
    "handoff_reminder_seconds": "0",
    "push_subject": "mailto:talk@example.org",
    "push_key": "pass-word-6_" + "A" * 31,
    "push_quiet": "off",
    "push_networks": "10.0.0.0/8,::1",
    "smtp_url": "smtp://hub:pass-word-7@mail.example.org:587",
    "smtp_from": "talk@example.org",
    "fcm_credentials": "/etc/madang/fcm.json",
    "fcm_url": "http://127.0.0.1:9000",
    "sms_url": "https://sms.example.org/send",
    "sms_secret": "pass-word-8" * 4,
    "sms_sender": "031-000-0000",
}
PASSWORDS = [f"pass-word-{n}" for n in range(1, 9)]


def variable(name: str) -> str:
    return "MADANG_" + name.upper()


def env(**values: object) -> dict[str, str]:
    return {variable(name): str(value) for name, value in values.items()}


def faults(environ: dict[str, str], toml: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsFault) as caught:
        load(environ, toml)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return caught.value.faults


def alone(row: Setting, value: int) -> dict[str, str]:
    """Set one number, and beside it what its combinations ask for."""
    beside: dict[str, object] = {
        "redis_url": "redis://localhost",
        "limit_unsent_bytes": 2**30,
        "limit_frame_bytes": 2**24 if row.name == "limit_text_chars" else 1024,
        "limit_text_chars": 1,
        "ping_seconds": 1,
        "dead_seconds": 900,
        "push_timeout_seconds": 1,
        "push_lease_seconds": 3600,
        row.name: value,
    }
    return env(**beside)


def test_the_names_are_those_of_the_design() -> None:
    assert [row.name for row in TABLE] == NAMES
    assert {row.variable for row in TABLE} == {variable(name) for name in NAMES}


def test_every_setting_says_what_it_is() -> None:
    for row in TABLE:
        assert row.line.endswith(".")
        assert row.kind.words
        assert row.group


def test_an_empty_environment_gives_the_defaults() -> None:
    assert load({}) == Settings()
    assert load({"PATH": "/bin", "HOME": "/root"}) == Settings()
    assert (Settings().port, Settings().data, Settings().limits.frame_bytes) == (8000, Path("var"), 65_536)


def test_every_default_is_a_value_that_may_be_given() -> None:
    for row in TABLE:
        if row.default not in {None, ()}:
            assert row.kind.parse(row.kind.show(row.default)) == row.default, row.name


def test_every_setting_can_be_set() -> None:
    settings = load(env(**GOOD))
    for row in TABLE:
        if row.name in GOOD:
            assert row.kind.show(row.of(settings)) == GOOD[row.name]
            assert row.of(settings) != row.default


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        load({}).port = 1  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        load({}).limits.page = 1  # type: ignore[misc]


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row.name)
def test_numbers_hold_to_their_bounds(row: Setting) -> None:
    low, high = row.kind.low, row.kind.high
    assert low is not None
    assert high is not None
    zero_too = "0:" in row.kind.words
    for value in (low, high, row.default, *([0] if zero_too else [])):
        assert row.of(load(alone(row, value))) == value
    for value in (low - 1, high + 1):
        if value == 0 and zero_too:
            continue
        assert faults(alone(row, value)) == (f"{row.variable} must be {row.kind.words}, not {value}.",)


def test_every_limit_has_bounds() -> None:
    assert len(LIMITS) == len(dataclasses.fields(Limits))
    assert set(LIMITS) <= set(NUMBERS)


@given(st.sampled_from(NUMBERS), st.integers(-(10**17), 10**17), st.booleans())
def test_a_number_is_read_or_named(row: Setting, value: int, plus: bool) -> None:
    environ = alone(row, value)
    if plus and value >= 0:
        environ[row.variable] = f"+{value}"
    reading = read(environ)
    assert row.kind.low is not None
    assert row.kind.high is not None
    if row.kind.low <= value <= row.kind.high or (value == 0 and "0:" in row.kind.words):
        assert row.of(reading.settings) == value
        assert not reading.faults
    else:
        assert row.of(reading.settings) == row.default
        assert reading.faults == (f"{row.variable} must be {row.kind.words}, not {value}.",)


@pytest.mark.parametrize(
    "text", ["x", "1.0", "1_000", "1,000", "0x10", "1e3", "８０００", "٨", "- 1", "--1", "9" * 19, "true"]
)
def test_a_number_is_plain_digits(text: str) -> None:
    (fault,) = faults({"MADANG_PORT": text})
    assert fault.startswith("MADANG_PORT must be a whole number (0 to 65,535; 0: any free one), not ")


@given(st.dictionaries(st.sampled_from([row.variable for row in TABLE]), st.text(max_size=80)))
def test_whatever_stands_there_it_loads_or_is_a_listed_fault(environ: dict[str, str]) -> None:
    reading = read(environ)
    if reading.faults:
        assert all(line.isprintable() for line in reading.faults)
        assert faults(environ) == reading.faults
    else:
        settings = load(environ)
        again = {
            row.variable: row.kind.show(row.of(settings)) for row in TABLE if row.of(settings) is not None
        }
        assert load(again) == settings


@given(st.sets(st.sampled_from([row for row in TABLE if not row.secret]), min_size=1))
def test_each_fault_is_listed(rows: set[Setting]) -> None:
    listed = faults({row.variable: "\x07" for row in rows})
    assert len(listed) == len(rows)
    assert {line.split()[0] for line in listed} == {row.variable for row in rows}


def test_blanks_do_not_count_and_empty_is_not_set() -> None:
    assert load({"MADANG_PORT": " 9000 ", "MADANG_REDIS_URL": "", "MADANG_HOST": "  "}) == Settings(port=9000)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("MADANG_PORTS", "MADANG_PORT"), ("MADANG_LIMIT_PAGES", "MADANG_LIMIT_PAGE"), ("MADANG_port", None)],
)
def test_a_name_that_is_no_setting_is_a_fault(wrong: str, meant: str | None) -> None:
    (fault,) = faults({wrong: "1"})
    assert fault.startswith(f'"{wrong}" is no setting')
    assert meant is None or f"did you mean {meant}?" in fault


def test_a_name_like_no_other_has_no_hint() -> None:
    assert faults({"MADANG_QQQQQQQQ": "1"}) == ('"MADANG_QQQQQQQQ" is no setting.',)


@pytest.mark.parametrize(
    "text",
    [
        "talk.example.org",
        "ftp://talk.example.org",
        "https://",
        "https://talk.example.org/path",
        "https://talk.example.org?",
        "https://talk.example.org#a",
        "https://me@talk.example.org",
        "https://talk.example.org:0",
        "https://talk.example.org:99999",
        "https://[::1",
        "https://a b",
        "https://" + "a" * 64 + ".org",
        "null",
    ],
)
def test_what_is_no_origin(text: str) -> None:
    (fault,) = faults(env(public_url=text))
    assert fault.startswith("MADANG_PUBLIC_URL must be an origin")


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("HTTPS://Talk.Example.org/", "https://talk.example.org"),
        ("https://talk.example.org:443", "https://talk.example.org"),
        ("http://talk.example.org:443", "http://talk.example.org:443"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://마당.한국", "https://xn--ok1b32k.xn--3e0b707e"),
    ],
)
def test_origins_are_written_as_browsers_send_them(text: str, origin: str) -> None:
    assert load(env(public_url=text)).public_url == origin
    assert load(env(origins=f"{text}, ,{text}")).origins == (origin,)


@pytest.mark.parametrize("text", ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32", "::1"])
def test_proxies_are_addresses_and_networks(text: str) -> None:
    assert load(env(trusted_proxies=f"{text}, ,{text}")).trusted_proxies == (ip_network(text),)
    assert ROWS["trusted_proxies"].kind.accept([text]) == (ip_network(text),)
    assert ROWS["trusted_proxies"].kind.show((ip_network(text),)) == text


@pytest.mark.parametrize("text", ["proxy.example.org", "10.0.0.1/8", "10.0.0.0/33", "127.0.0.1:80"])
def test_what_is_no_network_is_no_proxy(text: str) -> None:
    (fault,) = faults(env(trusted_proxies=text))
    assert fault.startswith("MADANG_TRUSTED_PROXIES must be addresses or networks such as 127.0.0.1")


def test_cookies_are_for_tls_where_people_come_over_tls() -> None:
    assert load(env(public_url="https://talk.example.org")).over_https
    assert not load(env(public_url="http://localhost:8000")).over_https
    assert not Settings().over_https


def test_there_is_an_end_to_lists_and_lengths() -> None:
    assert len(load(env(origins=",".join(f"http://h{n}" for n in range(100)))).origins) == 100
    (fault,) = faults(env(origins=",".join(f"http://h{n}" for n in range(101))))
    assert "up to 100 origins" in fault
    (fault,) = faults(env(trusted_proxies=",".join(f"10.0.0.{n}" for n in range(101))))
    assert "up to 100 addresses" in fault
    (fault,) = faults(env(data="x" * 4097))
    assert "at most 4096 characters" in fault


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mongodb_url", "localhost:27017"),
        ("mongodb_url", "mongodb://"),
        ("mongodb_url", "mongodb://me:secret@"),
        ("mongodb_url", "http://localhost"),
        ("redis_url", "redis:6379"),
        ("redis_url", "localhost"),
        ("mongodb_database", "a.b"),
        ("mongodb_database", "x" * 39),
        ("secret_key", "x" * 31),
        ("host", "http://localhost"),
        ("data", "~nobody-of-this-name/x"),
        ("oidc_issuer", "http://id.example.org"),
        ("oidc_issuer", "https://id.example.org/?a=b"),
        ("oidc_issuer", "https://me@id.example.org/"),
        ("oidc_login_claim", "a b"),
        ("log_format", "xml"),
        ("log_level", "loud"),
        ("locale", "jp"),
        ("timezone", "Asia/Atlantis"),
        ("timezone", "../../etc/passwd"),
        ("llm_url", "10.0.0.5"),
        ("push_subject", "talk@example.org"),
        ("push_subject", "mailto:talk"),
        ("push_subject", "http://example.org"),
        ("push_key", "A" * 42),
        ("push_key", "A" * 42 + "+"),
        ("push_quiet", "21-7"),
        ("push_quiet", "21:00-24:00"),
        ("push_quiet", "9 to 5"),
        ("push_networks", "push.example.org"),
        ("smtp_url", "mail.example.org:25"),
        ("smtp_from", "talk"),
        ("smtp_from", "a@example.org, b@example.org"),
        ("fcm_url", "http://fcm.example.org"),
        ("sms_url", "http://sms.example.org"),
        ("sms_secret", "x" * 23),
    ],
)
def test_what_is_refused(name: str, text: str) -> None:
    listed = faults(env(**{name: text}))
    assert listed[0].startswith(variable(name) + " ")
    assert len(listed) == 1


def test_more_than_one_worker_needs_redis() -> None:
    assert faults(env(workers=2)) == ("MADANG_WORKERS is 2, and that needs MADANG_REDIS_URL.",)
    assert load(env(workers=2, redis_url="unix:///run/redis.sock")).workers == 2


def test_a_socket_is_not_dead_before_it_was_pinged() -> None:
    assert faults(env(ping_seconds=60)) == (
        "MADANG_DEAD_SECONDS (60) must be more than MADANG_PING_SECONDS (60).",
    )
    assert load(env(ping_seconds=60, dead_seconds=61)).dead_seconds == 61


def test_the_longest_text_fits_a_frame() -> None:
    assert load(env(limit_frame_bytes=4096, limit_text_chars=1024)).limits.text_chars == 1024
    (fault,) = faults(env(limit_frame_bytes=4095, limit_text_chars=1024))
    assert fault.startswith("MADANG_LIMIT_FRAME_BYTES (4095) must be at least 4096")


def test_a_frame_may_wait_for_a_slow_connection() -> None:
    assert load(env(limit_unsent_bytes=65_536)).limits.unsent_bytes == 65_536
    (fault,) = faults(env(limit_unsent_bytes=65_535))
    assert "MADANG_LIMIT_UNSENT_BYTES (65535) must be at least MADANG_LIMIT_FRAME_BYTES (65536)" in fault


OIDC = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "public_url")


@given(st.sets(st.sampled_from(OIDC)))
def test_openid_connect_is_whole_or_absent(given_parts: set[str]) -> None:
    reading = read(env(**{name: GOOD[name] for name in given_parts}))
    if given_parts <= {"public_url"} or given_parts == set(OIDC):
        assert not reading.faults
    else:
        (fault,) = reading.faults
        for name in OIDC:
            assert (variable(name) in fault) == (name not in given_parts)


def test_a_mail_server_needs_a_sender_and_an_agency_a_key() -> None:
    assert faults(env(smtp_url="smtp://localhost")) == ("MADANG_SMTP_URL also needs MADANG_SMTP_FROM.",)
    assert faults(env(sms_url="http://127.0.0.1:1")) == ("MADANG_SMS_URL also needs MADANG_SMS_SECRET.",)
    assert load(env(smtp_url="smtps://localhost", smtp_from="a@b")).smtp_from == "a@b"


def test_a_push_is_not_anothers_before_its_service_had_time() -> None:
    assert load(env(push_timeout_seconds=10, push_lease_seconds=21)).push_lease_seconds == 21
    (fault,) = faults(env(push_timeout_seconds=10, push_lease_seconds=20))
    assert fault.startswith("MADANG_PUSH_LEASE_SECONDS (20) must be at least 21")


def test_what_could_not_be_read_is_named() -> None:
    reading = read(env(port="x", host="::", workers=0))
    assert reading.faulty == {"port", "workers"}
    assert (reading.settings.port, reading.settings.host) == (8000, "::")


def test_a_faulty_part_makes_no_second_fault() -> None:
    assert len(faults(env(workers=2, redis_url="nonsense"))) == 1
    assert len(faults(env(ping_seconds=300, dead_seconds="x"))) == 1


def test_secrets_are_never_shown() -> None:
    settings = load(env(**GOOD))
    for word in PASSWORDS:
        assert word not in repr(settings)
        assert word not in str(settings)
    wrong = {name: f"{value}\x07" for name, value in GOOD.items() if any(w in value for w in PASSWORDS)}
    assert len(wrong) == len(PASSWORDS)
    for line in faults(env(**wrong)):
        assert not any(word in line for word in PASSWORDS)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8), st.data())
def test_no_fault_repeats_a_secret(text: str, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from([row for row in TABLE if row.secret]))
    for line in read({row.variable: text}).faults:
        assert text not in line.removeprefix(row.variable) or text in row.kind.words


def test_a_file_gives_what_the_environment_leaves_open(tmp_path: Path) -> None:
    file = tmp_path / "madang.toml"
    file.write_text('port = 9000\nhost = "0.0.0.0"\norigins = ["https://a.example.org"]\nlimit_page = 50\n')
    for reading in (read(env(port=9001), file), read({**env(port=9001), CONFIG: str(file)})):
        assert not reading.faults
        assert reading.file == file
        assert reading.sources == {
            "port": "environment", "host": "toml", "origins": "toml", "limit_page": "toml",
        }  # fmt: skip
        settings = reading.settings
        assert (settings.port, settings.host, settings.limits.page) == (9001, "0.0.0.0", 50)
        assert settings.origins == ("https://a.example.org",)


def test_the_file_named_by_the_caller_wins(tmp_path: Path) -> None:
    file = tmp_path / "madang.toml"
    file.write_text("port = 9000\n")
    assert load({CONFIG: "/does/not/exist.toml"}, file).port == 9000


ODD = st.booleans() | st.floats() | st.lists(st.integers(), min_size=1) | st.just({"a": 1}) | st.datetimes()


@given(st.sampled_from(TABLE), ODD)
def test_a_file_holds_the_right_types(row: Setting, value: object) -> None:
    with pytest.raises(ValueError, match=r"^must be "):
        row.kind.accept(value)
    with pytest.raises(ValueError, match=r"^must be "):
        row.kind.accept("7" if isinstance(row.default, int) else 7)


def test_faults_of_a_file_name_it(tmp_path: Path) -> None:
    file = tmp_path / "madang.toml"
    file.write_text('prot = 9000\nport = "9000"\nhost = 7\nlocale = ""\n[things]\npage = 1\n')
    assert faults(env(workers=0), file) == (
        f'{file}: "prot" is no setting; did you mean port?',
        f"{file}: port must be a whole number (0 to 65,535; 0: any free one), not text.",
        f"{file}: host must be a host name or address, in quotes, not a number.",
        f"{file}: locale is empty; leave it out, or give ko or en.",
        f'{file}: "things" is no setting.',
        "MADANG_WORKERS must be 1 to 256, not 0.",
    )


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"port = 1\nport = 2\n", None])
def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "madang.toml"
    if content is not None:
        file.write_bytes(content)
    (fault,) = faults({}, file)
    assert fault.startswith(f"{file}: ")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (fault,) = faults({CONFIG: str(tmp_path)})
    assert "cannot be read" in fault


def test_a_fault_in_the_file_is_listed_though_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "madang.toml"
    file.write_text("port = -1\n")
    assert faults(env(port=9000), file) == (f"{file}: port must be 0 to 65,535; 0: any free one, not -1.",)
