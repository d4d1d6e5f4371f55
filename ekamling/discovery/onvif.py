"""ONVIF's search for cameras: WS-Discovery over UDP (OASIS WS-Discovery 2005/04, ONVIF Core Specification chapter 7).

Whoever is in the network may answer anything, so an answer is read with expat alone: at most `LARGEST` bytes, a few
hundred elements, no deeper than a dozen, and none at all with a DOCTYPE (where entities, and with them every bomb and
every look at a file, would have to be declared). Of the addresses that it names only its sender's own one is believed.
"""

import re
import select
import socket
import struct
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from core.errors import EkamlingError
from ekamling.discovery import network
from ekamling.discovery.text import tame

Address = tuple[str, int]
GROUP: Address = ("239.255.255.250", 3702)
REPEAT_S = 0.5  # a lost question is asked once more
LARGEST = 16 * 1024  # bytes of one answer; real ones have one to three thousand
MOST_ANSWERS = 1024  # read in one search
MOST_ELEMENTS = 400
DEEPEST = 12
MOST_TEXT = 8 * 1024  # characters of one element

_ANY = bytes(12)  # leaves the choice of the card to the routes

_PROBE = """\
<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" \
xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" \
xmlns:dn="http://www.onvif.org/ver10/network/wsdl">\
<s:Header><a:MessageID>urn:uuid:{message}</a:MessageID>\
<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>\
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></s:Header>\
<s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"""


@dataclass(frozen=True, slots=True)
class Device:
    """One camera that answered. `service` is the address of its ONVIF service on `host`, empty where it names none."""

    host: str
    name: str = ""
    hardware: str = ""
    service: str = ""


def target(text: str) -> Address:
    """The one host that is asked by ONVIF, as 192.168.10.21 or with a port; EkamlingError where it may not be asked."""
    host, separator, port = text.partition(":")
    if not network.private(host):
        raise EkamlingError(f"--address {text!r} is not an address of a private network, such as 192.168.10.21")
    return host, network.ports(port)[0] if separator else GROUP[1]


def search(seconds: float, interface: str = "", target: Address = GROUP) -> list[Device]:
    """Ask for cameras and gather answers for so many seconds; each host once, in order of their addresses.

    `interface` is the name or the address of the network card that asks; without it every one does. `target` may be
    one host instead of the group. EkamlingError where nothing can be sent at all.
    """
    message = str(uuid.uuid4())
    question = _PROBE.format(message=message).encode()
    found: dict[str, Device] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)  # the own network segment only
        _send(sock, question, interface, target)
        end = time.monotonic() + seconds
        again = time.monotonic() + REPEAT_S
        for _ in range(MOST_ANSWERS):
            answer = _answer(sock, min(again, end))
            if answer is not None:
                device = read(*answer, message)
                if device and (device.host not in found or not found[device.host].service):
                    found[device.host] = device
            elif time.monotonic() >= end:
                break
            if time.monotonic() >= again < end:
                _send(sock, question, interface, target)
                again = end
    return sorted(found.values(), key=lambda device: socket.inet_aton(device.host))


def _send(sock: socket.socket, question: bytes, interface: str, target: Address) -> None:
    problem = "there is no network"
    sent = 0
    everybody = target[0] == GROUP[0]
    for card in _cards(interface) if everybody else [_ANY]:
        try:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, card)
            sent += bool(sock.sendto(question, target))
        except OSError as error:  # a card without an address, or one that is down
            problem = error.strerror or problem
    if not sent:
        raise EkamlingError(f"the ONVIF search cannot be sent: {problem.lower()}; is this machine in a network?")


def _cards(interface: str) -> Iterator[bytes]:
    """Each network card that is to ask, as the `ip_mreqn` of ip(7)."""
    group = socket.inet_aton(GROUP[0])
    if not interface:
        for number, _ in socket.if_nameindex():
            yield struct.pack("=4s4si", group, bytes(4), number)
    elif re.fullmatch(r"[0-9.]{7,15}", interface):
        try:
            yield struct.pack("=4s4si", group, socket.inet_aton(interface), 0)
        except OSError as error:
            raise EkamlingError(f"--interface {interface!r} is no address of a network card") from error
    else:
        try:
            yield struct.pack("=4s4si", group, bytes(4), socket.if_nametoindex(interface))
        except OSError as error:
            names = ", ".join(name for _, name in socket.if_nameindex())
            raise EkamlingError(
                f"--interface {interface!r}: no network card is called so; there are: {names}"
            ) from error


def _answer(sock: socket.socket, until: float) -> tuple[bytes, str] | None:
    """The next answer and its sender's address; None when none came until then (monotonic seconds)."""
    ready, _, _ = select.select([sock], [], [], max(0.0, until - time.monotonic()))
    if not ready:
        return None
    try:
        data, (host, _) = sock.recvfrom(LARGEST + 1)
    except OSError:  # an earlier question was refused by its receiver: not an answer
        return b"", ""
    return data, host


def read(data: bytes, host: str, message: str) -> Device | None:
    """What one answer says of its sender; None where it is no answer to `message`."""
    if not 0 < len(data) <= LARGEST:
        return None
    try:
        said = _parse(data)
    except (expat.ExpatError, _Unwanted, ValueError, LookupError):  # LookupError: an encoding that nobody knows
        return None
    if "ProbeMatch" not in said.elements or not any(message in text for text in said.of("RelatesTo")):
        return None
    scopes = " ".join(said.of("Scopes")).split()
    return Device(
        host=host,
        name=_scope(scopes, "name"),
        hardware=_scope(scopes, "hardware"),
        service=_service(" ".join(said.of("XAddrs")).split(), host),
    )


def _scope(scopes: Sequence[str], kind: str) -> str:
    """The value of the first scope `onvif://www.onvif.org/KIND/VALUE`."""
    start = f"onvif://www.onvif.org/{kind}/"
    return next((tame(unquote(scope[len(start) :])) for scope in scopes if scope.lower().startswith(start)), "")


def _service(addresses: Sequence[str], host: str) -> str:
    """The first of the addresses that is the sender's own; a camera has nothing to say about other machines."""
    for address in addresses:
        try:
            parts = urlsplit(address)
            own = parts.scheme in ("http", "https") and parts.hostname == host and not parts.username
            own = own and parts.port != 0  # asked for here, because a port that is no number is a ValueError
        except ValueError:
            continue
        if own and tame(address, 200) == address:
            return address
    return ""


class _Unwanted(Exception):
    """XML that no camera sends."""


@dataclass(slots=True)
class _Said:
    """The texts of an answer's elements, by their names without namespaces: cameras' prefixes are often wrong."""

    elements: set[str] = field(default_factory=set)
    texts: list[tuple[str, str]] = field(default_factory=list)

    def of(self, name: str) -> list[str]:
        return [text for found, text in self.texts if found == name]


def _parse(data: bytes) -> _Said:
    said, path, counted = _Said(), list[str](), 0
    text = list[str]()

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal counted
        counted += 1
        path.append(name.rpartition(":")[2])
        said.elements.add(path[-1])
        text.clear()
        if counted > MOST_ELEMENTS or len(path) > DEEPEST:
            raise _Unwanted

    def end(_: str) -> None:
        said.texts.append((path.pop(), "".join(text).strip()[:MOST_TEXT]))
        text.clear()

    def refuse(*_: object) -> None:
        raise _Unwanted

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.Parse(data.rstrip(b"\x00 \r\n"), True)
    return said
