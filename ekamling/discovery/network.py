"""Which addresses may be asked: those of a private network, and no more than a search can ask in a minute."""

from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from core.errors import EkamlingError

LARGEST = 22  # prefix: 1022 addresses
MOST_PORTS = 16
PORTS = (554, 8554)

# RFC 1918, RFC 3927, and the own machine: nobody else's network is searched by a slip of the hand.
PRIVATE = tuple(
    IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
)


def private(address: str) -> bool:
    """Whether this is an IPv4 address of a private network."""
    try:
        return any(IPv4Address(address) in network for network in PRIVATE)
    except AddressValueError:
        return False


def hosts(subnet: str) -> list[str]:
    """The addresses of a subnet such as 192.168.10.0/24, in order; EkamlingError where it may not be searched."""
    try:
        network = IPv4Network(subnet, strict=False)  # an installer types the address of the box: 192.168.10.7/24
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        raise EkamlingError(f"--subnet {subnet!r} is no IPv4 network; write it as 192.168.10.0/24") from error
    if not any(network.subnet_of(allowed) for allowed in PRIVATE):
        raise EkamlingError(
            f"--subnet {network} is not a private network: cameras are searched in 10.0.0.0/8, 172.16.0.0/12,"
            " 192.168.0.0/16 and 169.254.0.0/16 only"
        )
    if network.prefixlen < LARGEST:
        raise EkamlingError(f"--subnet {network} is too large: give at most a /{LARGEST}, such as 192.168.10.0/24")
    return [str(address) for address in network.hosts()]


def ports(text: str) -> tuple[int, ...]:
    """The ports of a list such as `554,8554`, each once; EkamlingError where it is none."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    numbers = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) <= 5]
    if not words or len(numbers) != len(words) or not all(1 <= number <= 65535 for number in numbers):
        raise EkamlingError(f"--ports {text!r} is no list of ports; write it as 554,8554")
    if len(set(numbers)) > MOST_PORTS:
        raise EkamlingError(f"--ports names {len(set(numbers))} ports; give at most {MOST_PORTS}")
    return tuple(dict.fromkeys(numbers))
