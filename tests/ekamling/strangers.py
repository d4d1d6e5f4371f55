"""Strangers in the network, for the tests of the search: one who answers ONVIF, and a port that answers anything."""

import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

SEND_S = 5.0


def matches(
    message: str,
    *,
    scopes: str = "onvif://www.onvif.org/name/Gerbang%20Utama onvif://www.onvif.org/hardware/DS-2CD1043",
    addresses: str = "http://127.0.0.1/onvif/device_service",
    before: str = "",
) -> bytes:
    """A ProbeMatches as cameras send it."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>{before}
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"
 xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
<SOAP-ENV:Header><wsa:MessageID>urn:uuid:1</wsa:MessageID><wsa:RelatesTo>urn:uuid:{message}</wsa:RelatesTo>
</SOAP-ENV:Header><SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch>
<wsa:EndpointReference><wsa:Address>urn:uuid:2</wsa:Address></wsa:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{addresses}</d:XAddrs>
</d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>""".encode()


@contextmanager
def onvif_stranger(answers: Callable[[str], Sequence[bytes]]) -> Iterator[int]:
    """Answers each ONVIF search on loopback with what `answers` makes of its message id; yields the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                data, asker = sock.recvfrom(65536)
                if not data:
                    return
                found = re.search(r"MessageID>urn:uuid:([0-9a-f-]{36})<", data.decode())
                for answer in answers(found[1] if found else ""):
                    sock.sendto(answer, asker)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(sock.getsockname()[1])
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.sendto(b"", sock.getsockname())
            thread.join()


@contextmanager
def port_stranger(answer: Callable[[str], bytes]) -> Iterator[int]:
    """A TCP port of loopback which answers each first line with some bytes and closes; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def serve() -> None:
            while True:
                client, _ = server.accept()
                with client:
                    if over.is_set():
                        return
                    client.settimeout(SEND_S)
                    asked = client.recv(4096).decode(errors="replace")
                    if asked:
                        try:
                            client.sendall(answer(asked.partition("\r\n")[0]))
                        except OSError:
                            continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            over.set()
            socket.create_connection(server.getsockname()).close()
            thread.join()
