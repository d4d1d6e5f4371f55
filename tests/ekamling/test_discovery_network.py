"""Which networks may be searched."""

import pytest

from core.errors import EkamlingError
from ekamling.discovery import network


def test_a_subnet_is_its_hosts_in_order() -> None:
    assert network.hosts("192.168.10.0/29") == [f"192.168.10.{number}" for number in range(1, 7)]


@pytest.mark.parametrize(("subnet", "count"), [("10.1.4.0/22", 1022), ("172.16.3.9/24", 254), ("127.0.0.1", 1)])
def test_private_networks_up_to_a_22_are_searched(subnet: str, count: int) -> None:
    assert len(network.hosts(subnet)) == count


@pytest.mark.parametrize(
    ("subnet", "word"),
    [
        ("8.8.8.0/24", "not a private network"),
        ("100.64.0.0/24", "not a private network"),
        ("172.15.255.0/24", "not a private network"),
        ("0.0.0.0/0", "not a private network"),
        ("192.168.0.0/21", "too large"),
        ("10.0.0.0/8", "too large"),
        ("fe80::/64", "no IPv4 network"),
        ("192.168.10.0/33", "no IPv4 network"),
        ("192.168.10.*", "no IPv4 network"),
        ("", "no IPv4 network"),
    ],
)
def test_other_networks_are_refused_in_one_line(subnet: str, word: str) -> None:
    with pytest.raises(EkamlingError, match=word) as refusal:
        network.hosts(subnet)
    assert "\n" not in str(refusal.value)


def test_ports_are_taken_once_each() -> None:
    assert network.ports("554, 8554,554") == (554, 8554)


@pytest.mark.parametrize("text", ["", "0", "65536", "rtsp", "554-560", "-1", "²", ",".join(map(str, range(1, 30)))])
def test_what_is_no_list_of_ports_is_refused(text: str) -> None:
    with pytest.raises(EkamlingError, match="--ports"):
        network.ports(text)


@pytest.mark.parametrize(("address", "answer"), [("10.9.8.7", True), ("1.1.1.1", False), ("localhost", False)])
def test_private_addresses_are_known(address: str, answer: bool) -> None:
    assert network.private(address) is answer
