"""CAP out is what OASIS's schema takes; CAP in is read with suspicion."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.cases.incident import Incident, Resolution, State, closed, merged, verified
from alerts.cases.signal import FAMILIES, REPORTED, Source
from alerts.exchange import cap, cap_in
from alerts.exchange.cap import NAMESPACE, Publisher
from alerts.exchange.cap_in import CapMessage, Reference, common
from core.errors import EkamlingError, WireError
from tests.alerts.cap_messages import a_message, checked, told
from tests.alerts.signals import RT, VILLAGE, a_mute, an_incident
from tests.messages import AT

US = Publisher("kamling.example.go.id", "https://kamling.example.go.id")
INCIDENT = "01890000-0000-7000-8000-000000000001"


def an_open_one(**changes: Any) -> Incident:
    return replace(an_incident(), id=INCIDENT, number=7, received_at=AT, updated_at=AT, **changes)


def test_a_new_incident_is_a_restricted_alert_in_both_languages() -> None:
    root = checked(cap.build(an_open_one(), US))
    assert told(root, "msgType") == ["Alert"]
    assert (told(root, "status"), told(root, "scope")) == (["Actual"], ["Restricted"])
    assert told(root, "sent") == ["2026-01-01T19:00:00+07:00"]
    assert told(root, "references") == []
    assert told(root, "info/language") == ["id-ID", "en-US"]
    assert told(root, "info/event") == ["Masuk area terlarang", "In a restricted area"]
    assert told(root, "info/area/geocode/value") == [VILLAGE, RT] * 2
    assert told(root, "info/area/geocode/valueName") == ["Kemendagri", "E-Kamling"] * 2
    assert told(root, "info/web") == [f"https://kamling.example.go.id/?kejadian={INCIDENT}"] * 2


def test_a_message_to_named_agencies_is_private() -> None:
    root = checked(cap.build(an_open_one(), US, addresses=("polres@example.go.id", "BPBD Purbalingga")))
    assert (told(root, "scope"), told(root, "restriction")) == (["Private"], [])
    assert told(root, "addresses") == ['polres@example.go.id "BPBD Purbalingga"']


def test_a_change_is_an_update_that_names_what_was_before() -> None:
    first, second, third = (AT + timedelta(seconds=each) for each in (0, 30, 90))
    changed = verified(an_open_one(), 3, third)
    root = checked(cap.build(changed, US, [first, second, second, third]))
    assert told(root, "msgType") == ["Update"]
    assert told(root, "references") == [
        " ".join(f"{US.sender},{cap.identifier(INCIDENT, at)},{cap.timestamp(at)}" for at in (first, second))
    ]
    assert told(root, "identifier") == [cap.identifier(INCIDENT, third)]


@pytest.mark.parametrize(
    ("resolution", "message"),
    [(Resolution.FALSE, "Cancel"), (Resolution.TEST, "Cancel"), (Resolution.RESOLVED, "Update")],
)
def test_a_false_alarm_is_cancelled_and_a_real_one_is_all_clear(resolution: Resolution, message: str) -> None:
    root = checked(cap.build(closed(an_open_one(), resolution, AT + timedelta(minutes=5)), US))
    assert told(root, "msgType") == [message]
    assert told(root, "info/urgency") == ["Past"] * 2
    assert told(root, "info/responseType") == ["AllClear"] * 2
    assert len(told(root, "note")) == len(told(root, "references")) == 1


def test_a_merged_one_is_cancelled_and_names_the_other() -> None:
    other = INCIDENT.replace("1", "2")
    root = checked(cap.build(merged(an_open_one(), other, AT + timedelta(minutes=5)), US))
    assert told(root, "msgType") == ["Cancel"]
    assert told(root, "incidents") == [f"{INCIDENT} {other}"]


def test_a_test_is_an_exercise() -> None:
    root = checked(cap.build(an_open_one(quiet=a_mute().id, test=True), US))
    assert told(root, "status") == ["Exercise"]


@pytest.mark.parametrize(
    ("level", "certainty"), [(0, "Unlikely"), (1, "Possible"), (2, "Likely"), (3, "Observed"), (4, "Observed")]
)
def test_certainty_is_the_level_of_verification(level: int, certainty: str) -> None:
    assert told(checked(cap.build(an_open_one(level=level), US)), "info/certainty") == [certainty] * 2


@pytest.mark.parametrize(
    ("severity", "words"), [(1, ("Severe", "Immediate")), (2, ("Moderate", "Expected")), (3, ("Minor", "Expected"))]
)
def test_severity_and_urgency_are_the_priority(severity: int, words: tuple[str, str]) -> None:
    root = checked(cap.build(an_open_one(severity=severity), US))
    assert (told(root, "info/severity")[0], told(root, "info/urgency")[0]) == words


def test_many_changes_name_the_first_and_the_newest_of_those_before() -> None:
    times = [AT + timedelta(seconds=each) for each in range(100)]
    root = checked(cap.build(replace(an_open_one(), updated_at=times[-1]), US, times))
    references = told(root, "references")[0].split(" ")
    assert len(references) == cap.REFERENCES + 1
    assert references[0].endswith(cap.timestamp(AT))
    assert references[-1].endswith(cap.timestamp(times[-2]))


@given(
    st.sampled_from([*FAMILIES, *REPORTED, "a kind of tomorrow"]),
    st.sampled_from(list(Source)),
    st.text(max_size=200),
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)) | st.none(),
    st.sampled_from([VILLAGE, RT, "33.03", "33"]),
)
def test_whatever_an_incident_holds_the_schema_takes_it_and_we_can_read_it(
    kind: str, source: Source, summary: str, position: tuple[float, float] | None, area: str
) -> None:
    incident = an_open_one(kind=kind, source=source, summary=summary, area=area)
    content = cap.build(incident, US, (), position)
    checked(content)
    message = cap_in.parse(content)
    assert (message.severity, message.areas, message.sent) == (incident.severity, (area,), AT)
    assert (message.position is None) == (position is None)


# --- in


def test_a_message_of_another_agency_becomes_a_signal() -> None:
    content = a_message()
    checked(content)
    signal = cap_in.parse(content).signal("an id", VILLAGE, AT)
    assert (signal.source, signal.kind, signal.severity, signal.area) == (Source.AGENCY, "flood", 1, VILLAGE)
    assert signal.at == AT - timedelta(minutes=1)
    assert signal.summary == "Hujan lebat\nWaspada banjir & longsor"
    assert (signal.edge, signal.camera) == ("", "")


def test_what_we_send_we_read_as_it_was() -> None:
    incident = an_open_one(kind="thief", source=Source.REPORT, severity=3)
    message = cap_in.parse(cap.build(incident, US, (), (-7.39, 109.36)))
    assert (message.kind, message.severity, message.areas) == ("thief", 3, (RT,))
    assert message.position == pytest.approx((-7.39, 109.36))
    assert message.name == Reference(US.sender, cap.identifier(INCIDENT, AT))


def test_references_and_the_gravest_indonesian_block_are_read() -> None:
    one, two = "a@b,one,2026-01-01T00:00:00+07:00", "a@b,two,2026-01-01T00:00:00+07:00"
    message = cap_in.parse(a_message(msgType="Update", references=f"{one} {two} rubbish"))
    assert message.references == (Reference("a@b", "one"), Reference("a@b", "two"))
    block = (
        b"<info><language>%s</language><category>Fire</category><severity>%s</severity><headline>%s</headline></info>"
    )
    blocks = [
        block % each for each in ((b"en-US", b"Extreme", b"en"), (b"id-ID", b"Minor", b"3"), (b"id", b"Severe", b"1"))
    ]
    head = a_message().split(b"<info>")[0]
    assert cap_in.parse(head + b"".join(blocks) + b"</alert>").text == "1"


def test_a_time_from_the_future_or_long_ago_is_brought_near() -> None:
    for sent, at in (("2026-01-02T00:00:00+07:00", AT), ("2020-01-01T00:00:00+07:00", AT - cap_in.LATE)):
        assert cap_in.parse(a_message(sent=sent)).signal("an id", VILLAGE, AT).at == at


@pytest.mark.parametrize("circle", ["", "here", "1,2,3 4", "nan,nan 1", "-91,0 1", "inf,0 1"])
def test_a_shape_that_cannot_be_read_is_left_out(circle: str) -> None:
    assert cap_in.parse(a_message(circle=circle)).position is None


@pytest.mark.parametrize(("name", "code"), [("FIPS6", "33.03.05"), ("Kemendagri", "nowhere"), ("Kemendagri", "33/RW1")])
def test_a_geocode_of_another_system_is_no_area_of_ours(name: str, code: str) -> None:
    assert cap_in.parse(a_message(valueName=name, geocode=code)).areas == ()


BOMB = (
    b'<!DOCTYPE alert [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
FILE = b'<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "well-formed"),
        (b"hello", "well-formed"),
        (b"\xff\xfe<\x00a\x00", "UTF-8"),
        (b"<a><b></a>", "well-formed"),
        (b"<a>\x00</a>", "well-formed"),
        (b"<alert/>", NAMESPACE),
        (b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.1"/>', NAMESPACE),
        (f'<alert xmlns="{NAMESPACE}"/>'.encode(), "status"),
        (BOMB + a_message().partition(b"?>")[2].replace(b"Hujan", b"&c;"), "entities"),
        (FILE + a_message().partition(b"?>")[2].replace(b"Hujan", b"&x;"), "entities"),
        (b"<!DOCTYPE alert SYSTEM 'http://127.0.0.1:1/x.dtd'>" + a_message().partition(b"?>")[2], "entities"),
        (a_message().replace(b"Hujan", b"&unknown;"), "well-formed"),
        (a_message().replace(b"Hujan", b"x" * cap_in.MAX_BYTES), "bytes"),
        (b"<a>" * 5000 + b"</a>" * 5000, "well-formed"),
        (a_message(status="Real"), "status 'Real' is not one of Actual"),
        (a_message(msgType="Alarm"), "msgType"),
        (a_message(identifier=""), "identifier"),
        (a_message(sender="x" * 501), "sender"),
        (a_message(sent="yesterday"), "sent 'yesterday' is no time"),
        (a_message(sent="2026-01-01T18:59:00"), "no time"),
        (a_message(sent="0001-01-01T00:00:00+07:00"), "no time"),
        (a_message(expires="soon"), "expires"),
        (a_message().split(b"<info>")[0] + b"</alert>", "info block"),
    ],
)
def test_what_is_no_cap_is_refused_in_one_line(content: bytes, says: str) -> None:
    with pytest.raises(WireError) as refused:
        cap_in.parse(content)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_an_encoding_that_a_message_claims_does_not_hide_entities() -> None:
    hidden = b'<?xml version="1.0" encoding="utf-16"?>' + FILE
    with pytest.raises(WireError, match="entities"):
        cap_in.parse(hidden)
    with pytest.raises(WireError, match="UTF-8"):
        cap_in.parse(FILE.decode().encode("utf-16"))


@given(st.binary(max_size=300), st.integers(0, 600), st.integers(0, 50))
def test_no_damage_to_a_message_makes_more_than_a_refusal(junk: bytes, start: int, length: int) -> None:
    content = a_message()
    try:
        assert isinstance(cap_in.parse(content[:start] + junk + content[start + length :]), CapMessage)
    except WireError as error:
        assert str(error).startswith("CAP: ")


@pytest.mark.parametrize(
    ("codes", "within", "area"),
    [
        ([], "33.03", "33.03"),
        (["33"], "33.03", "33.03"),
        (["33.03.05"], "33.03", "33.03.05"),
        (["33.03.05.1005", "33.03.05.1006"], "33.03", "33.03.05"),
        (["33.03.05.1005/RW02", "33.03.05.1005/RW03/RT01"], "33.03", "33.03.05.1005"),
        (["33.03.05", "33.03.06"], "33.03", "33.03"),
        (["33.02", "33.03.05"], "33.03", "33.03.05"),
        (["33", "33.03.05"], "33.03", "33.03"),
    ],
)
def test_an_area_is_the_smallest_that_holds_all_that_concerns_us(codes: list[str], within: str, area: str) -> None:
    assert common(codes, within) == area


def test_a_message_about_somewhere_else_is_refused() -> None:
    with pytest.raises(EkamlingError, match=r"33\.02 lies outside 33\.03"):
        common(["33.02", "33.030"], "33.03")


def test_a_closed_incident_has_a_state_that_says_so() -> None:
    over = closed(an_open_one(), Resolution.RESOLVED, AT + timedelta(minutes=1))
    assert over.state is State.CLOSED
    assert "Selesai / Resolved" in told(checked(cap.build(over, US)), "note")
