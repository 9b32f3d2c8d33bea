"""Clients that ask for too much, each beside one that asks for little.

Arguments: the address of the bus, the process id of the daemon. Each line is what became of one
abuse; the last one says how much more memory the daemon has, in KiB.
"""

import os
import socket
import struct
import sys
from collections import Counter

from avahi_bus import AVAHI, Client, World, state

import dbus.lowlevel

LONG = "x" * 100_000
GROUPS = 10_000
UNREAD = 30_000

# The bus lets no more calls of a client wait for their replies.
AT_ONCE = 100


def outcomes(client, calls):
    """How many calls had which outcome."""
    counts = Counter()
    for start in range(0, len(calls), AT_ONCE):
        pending = [
            client.send(what, *arguments, **where)
            for what, arguments, where in calls[start : start + AT_ONCE]
        ]
        client.world.wait(lambda: all(call["reply"] for call in pending), 60)
        client.events.clear()
        for reply in (call["reply"] for call in pending):
            is_error = isinstance(reply, dbus.lowlevel.ErrorMessage)
            name = reply.get_error_name() if is_error else "accepted"
            counts[name.removeprefix("org.freedesktop.")] += 1
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))


def say(title, text):
    print(f"{title}: {text}", flush=True)


def long_texts(client):
    group = client.silent("Server.EntryGroupNew")[0]
    of_server = [
        ("SetHostName", LONG),
        ("GetAlternativeHostName", LONG),
        ("GetAlternativeServiceName", LONG),
        ("GetNetworkInterfaceIndexByName", LONG),
        ("ResolveHostName", -1, -1, LONG, -1, 0),
        ("ResolveAddress", -1, -1, LONG, 0),
        ("ResolveService", -1, -1, LONG, "_http._tcp", "", -1, 0),
        ("DomainBrowserNew", -1, -1, LONG, 0, 0),
        ("ServiceTypeBrowserNew", -1, -1, LONG, 0),
        ("ServiceBrowserNew", -1, -1, "_http._tcp." * 9_000, "", 0),
        ("ServiceResolverNew", -1, -1, "a", LONG, "", -1, 0),
        ("HostNameResolverNew", -1, -1, "a." * 50_000, -1, 0),
        ("AddressResolverNew", -1, -1, LONG, 0),
        ("RecordBrowserNew", -1, -1, "\\." * 50_000, 1, 1, 0),
    ]
    of_group = [
        ("AddService", -1, -1, 0, LONG, "_http._tcp", "", "", 80, []),
        ("AddService", -1, -1, 0, "a", LONG, "", "", 80, []),
        ("AddService", -1, -1, 0, "a", "_http._tcp", LONG, "", 80, []),
        ("AddService", -1, -1, 0, "a", "_http._tcp", "", LONG, 80, []),
        ("AddService", -1, -1, 0, "a", "_http._tcp", "", "", 80, [LONG.encode()]),
        ("AddServiceSubtype", -1, -1, 0, "a", "_http._tcp", "", LONG),
        ("UpdateServiceTxt", -1, -1, 0, LONG, "_http._tcp", "", []),
        ("AddAddress", -1, -1, 0, LONG, "10.9.9.9"),
        ("AddAddress", -1, -1, 0, "a.local", LONG),
        ("AddRecord", -1, -1, 0, LONG, 1, 16, 60, b"\x00"),
        ("AddRecord", -1, -1, 0, "a.local", 1, 16, 60, LONG.encode()),
    ]
    calls = [(f"Server.{method}", arguments, {}) for method, *arguments in of_server]
    calls += [(f"EntryGroup.{method}", arguments, {"path": group}) for method, *arguments in of_group]
    say("texts of 100,000 bytes", outcomes(client, calls * 20))


def many_strings(client):
    group = client.silent("Server.EntryGroupNew")[0]
    service = (-1, -1, 0, "a", "_http._tcp", "")
    where = {"path": group}
    calls = [("EntryGroup.AddService", (*service, "", 80, [b"a=1"]), where)]
    for strings in ([b"k=%d" % number for number in range(100_000)], [b""] * 100_000):
        calls.append(("EntryGroup.UpdateServiceTxt", (*service, strings), where))
    say("100,000 TXT strings, and as many empty ones", outcomes(client, calls))
    client.silent("EntryGroup.Free", path=group)


def odd_names(client, other):
    name = "[" * 63
    client.silent("Server.SetHostName", name)
    client.world.wait(lambda: state(2)(client.signals()), 8)
    is_renamed = client.silent("Server.GetHostName")[0] == "\\091" * 63
    group = client.silent("Server.EntryGroupNew")[0]
    client.silent("EntryGroup.AddService", -1, -1, 0, name, "_http._tcp", "", "", 80, [], path=group)
    client.events.clear()
    client.silent("EntryGroup.Commit", path=group)
    client.world.wait(lambda: state(2)(client.signals()), 8)
    client.events.clear()
    found = other.silent("Server.ResolveService", -1, 0, name, "_http._tcp", "", 0, 0)
    is_found = is_renamed and found[2] == name
    say("a host and a service of 63 brackets", "found" if is_found else found)
    client.silent("Server.SetHostName", "here")
    client.world.wait(lambda: state(2)(client.signals()), 8)
    client.events.clear()
    client.silent("EntryGroup.Free", path=group)


def many_groups(client, other):
    say(f"{GROUPS} groups", outcomes(client, [("Server.EntryGroupNew", (), {})] * GROUPS))
    say("a group of another client meanwhile", outcomes(other, [("Server.EntryGroupNew", (), {})]))


def unread(address):
    """Starts to make calls, and to browse, on a connection that is never read."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address.removeprefix("unix:path="))
    user = str(os.getuid()).encode().hex()
    connection.sendall(b"\0AUTH EXTERNAL %s\r\nBEGIN\r\n" % user.encode())
    connection.sendall(message(1, "org.freedesktop.DBus", "org.freedesktop.DBus", "Hello"))
    # -1, -1, "", 0
    of_browser = struct.pack("<iiI4xI", -1, -1, 0, 0)
    for serial in range(2, UNREAD):
        what = ("org.freedesktop.DBus.Introspectable", "Introspect")
        if serial % 100 == 0:
            what = (f"{AVAHI}.Server", "ServiceTypeBrowserNew", "iisu", of_browser)
        connection.sendall(message(serial, AVAHI, *what))
    print("the calls of a client that reads nothing are sent", flush=True)
    return connection


def message(serial, destination, interface, member, signature="", body=b""):
    """Returns a method call of the server's object as bytes."""
    fields = b""
    for code, kind, value in ((1, b"o", "/"), (2, b"s", interface), (3, b"s", member), (6, b"s", destination)):
        fields = padded(fields, 8) + struct.pack("<BB1sxI", code, 1, kind, len(value)) + value.encode() + b"\0"
    if signature:
        fields = padded(fields, 8) + struct.pack("<BB1sxB", 8, 1, b"g", len(signature)) + signature.encode() + b"\0"
    header = struct.pack("<cBBBIII", b"l", 1, 0, 1, len(body), serial, len(fields))
    return padded(header + fields, 8) + body


def padded(octets, to):
    return octets + b"\0" * (-len(octets) % to)


def beside_unread(client, address):
    connection = unread(address)
    calls = [("Server.GetState", (), {})] * 100
    answered = []
    while len(answered) < 20:
        answered.append(outcomes(client, calls))
        client.world.wait(lambda: False, 0.1)
    say("calls beside a client that reads nothing", " and ".join(sorted(set(answered))))
    connection.settimeout(5)
    waited = 0
    while waited < 10_000_000:
        waited += len(connection.recv(1 << 16))
    say("what waited for it", "there")
    connection.close()


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        (line,) = (line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1])


def main():
    address, pid = sys.argv[1:]
    world = World({})
    other = Client(world, address, "other")
    other.silent("Server.EntryGroupNew")
    before = resident(pid)
    beside_unread(other, address)
    for abuse in (long_texts, many_strings):
        client = Client(world, address, "abuser")
        abuse(client)
        client.leave()
    for abuse in (odd_names, many_groups):
        client = Client(world, address, "abuser")
        abuse(client, other)
        client.leave()
    world.wait(lambda: False, 0.5)
    say("a group after them", outcomes(other, [("Server.EntryGroupNew", (), {})]))
    print(f"memory: {resident(pid) - before}", flush=True)


if __name__ == "__main__":
    main()
