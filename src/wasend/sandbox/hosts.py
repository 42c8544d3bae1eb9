"""Which hosts are this machine."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Return whether an address, or the name ``localhost``, leads to this machine and nowhere else."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    # A socket of both families tells of IPv4 so, which Python knows for loopback since 3.13.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
