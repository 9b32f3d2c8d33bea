"""The arguments of every method: good ones, each bad one, and each two bad ones at once.

The first two bad values of two arguments are given together, so that the answer shows which argument
is looked at first.
"""

from itertools import combinations

# What is wrong, or unusual, for each kind of argument.
INTERFACE = [-2, 0]
PROTOCOL = [2, -2]
LOOKUP_FLAGS = [1 << 20, 3, 2]
DOMAIN = ["a..b", "example.com", "local.", "LOCAL"]
TYPE = ["http", "_http", "_http._tcp.local", "_x._sub._http._tcp", "_http._sctp", "_h._tcp", ""]
HOST = ["nas", "10.0.0.1", "a..b", "", "x" * 64 + ".local", "nas.example.com", "::1"]
NAME = ["x" * 64, "", "a\x07b", "ü" * 32]
ADDRESS = ["nowhere", "", "10.0.0", "fe80::1%lan1", "::ffff:10.0.0.1"]
RECORD_NAME = ["a..b", "x" * 64 + ".local", "", "a\\.b.local", "one", "a\\300b.local"]

# Each method: good arguments, then what to try in place of which of them.
LOOKUPS = {
    "DomainBrowser": ((-1, -1, "", 0, 0), {0: INTERFACE, 1: PROTOCOL, 2: DOMAIN, 3: [5, -1, 4], 4: LOOKUP_FLAGS}),
    "ServiceTypeBrowser": ((-1, -1, "", 0), {0: INTERFACE, 1: PROTOCOL, 2: DOMAIN, 3: LOOKUP_FLAGS}),
    "ServiceBrowser": (
        (-1, -1, "_none._tcp", "", 0),
        {0: INTERFACE, 1: PROTOCOL, 2: TYPE, 3: DOMAIN, 4: LOOKUP_FLAGS},
    ),
    "ServiceResolver": (
        (-1, -1, "None", "_none._tcp", "", -1, 0),
        {0: INTERFACE, 1: PROTOCOL, 2: NAME, 3: TYPE, 4: DOMAIN, 5: PROTOCOL, 6: [*LOOKUP_FLAGS, 12]},
    ),
    "HostNameResolver": (
        (-1, -1, "none.local", -1, 0),
        {0: INTERFACE, 1: PROTOCOL, 2: HOST, 3: PROTOCOL, 4: [*LOOKUP_FLAGS, 8]},
    ),
    "AddressResolver": ((-1, -1, "10.9.9.9", 0), {0: INTERFACE, 1: PROTOCOL, 2: ADDRESS, 3: LOOKUP_FLAGS}),
    "RecordBrowser": (
        (-1, -1, "none.local", 1, 1, 0),
        {0: INTERFACE, 1: PROTOCOL, 2: RECORD_NAME, 3: [0, 3, 255], 4: [255, 0, 41, 252, 65535], 5: LOOKUP_FLAGS},
    ),
}

PUBLISH_FLAGS = [1 << 20, 256]
RDATA = [b"", b"\x01", b"x" * 300]
GROUP = {
    "AddService": (
        (-1, -1, 0, "New", "_new._tcp", "", "", 80, [b"a=1"]),
        {
            0: [*INTERFACE, 4242],
            1: PROTOCOL,
            2: [*PUBLISH_FLAGS, 1, 2, 4, 8, 16, 32, 64],
            3: NAME,
            4: TYPE,
            5: DOMAIN,
            6: HOST,
            7: [0, 65535],
            8: [[b"x" * 256], [b""], [], [b"=1"], [b"a=1", b"", b"a=2"], [b"x" * 255] * 300],
        },
    ),
    "AddServiceSubtype": (
        (-1, -1, 0, "New", "_new._tcp", "", "_big._sub._new._tcp"),
        {
            0: INTERFACE,
            1: PROTOCOL,
            2: [*PUBLISH_FLAGS, 32, 64],
            3: NAME,
            4: TYPE,
            5: DOMAIN,
            6: ["_x._sub._new._tcp", "_big", "", "_big._sub", "_big._sub._old._tcp", "x._sub._new._tcp", "_big._y._new._tcp", "_new._tcp"],
        },
    ),
    "UpdateServiceTxt": (
        (-1, -1, 0, "New", "_new._tcp", "", [b"a=1"]),
        {0: INTERFACE, 1: PROTOCOL, 2: [*PUBLISH_FLAGS, 32, 64], 3: NAME, 4: TYPE, 5: DOMAIN, 6: [[b"x" * 256]]},
    ),
    "AddAddress": (
        (-1, -1, 0, "new.local", "10.9.9.9"),
        {0: INTERFACE, 1: PROTOCOL, 2: [*PUBLISH_FLAGS, 1, 8, 16, 2, 4, 64], 3: HOST, 4: ADDRESS},
    ),
    "AddRecord": (
        (-1, -1, 0, "new.local", 1, 16, 60, b"\x03a=1"),
        {
            0: INTERFACE,
            1: PROTOCOL,
            2: [*PUBLISH_FLAGS, 1, 2, 4, 8, 16, 64],
            3: RECORD_NAME,
            4: [0, 3, 255],
            5: [255, 0, 41, 249, 252],
            6: [0, 1 << 31],
            7: RDATA,
        },
    ),
}

# Types of records, and data that is good or bad for them.
RECORDS = [
    (1, b"\x0a\x01\x02\x03"),
    (1, b"\x0a\x01\x02"),
    (1, b"\x0a\x01\x02\x03\x04"),
    (2, b"\x02ns\x05local\x00"),
    (5, b"\x03nas\x05local\x00"),
    (5, b"\x03nas\x05local"),
    (5, b"\x03nas\xc0\x00"),
    (12, b"\x03nas\x05local\x00"),
    (12, b"\x00"),
    (13, b"\x03abc\x05linux"),
    (13, b"\x03abc"),
    (15, b"\x00\x0a\x04mail\x05local\x00"),
    (16, b"\x00"),
    (16, b"\x05ab"),
    (28, b"\xfe\x80" + b"\x00" * 13 + b"\x01"),
    (28, b"\xfe\x80"),
    (29, b"\x00" * 16),
    (33, b"\x00\x00\x00\x00\x00\x50\x03nas\x05local\x00"),
    (33, b"\x00\x00\x00\x00"),
    (47, b"\x03nas\x05local\x00\x00\x01\x40"),
    (65, b"\x00\x01\x00"),
    (99, b"\x03a=1"),
    (10, b"anything"),
    (65280, b"anything"),
    (65280, b"x" * 9000),
]


def singles(good, instead):
    """Returns the good arguments, and those with one other."""
    yield good
    for place, values in instead.items():
        for value in values:
            yield replaced(good, {place: value})


def variants(good, instead):
    """Returns the good arguments, and those with one and with two others."""
    yield from singles(good, instead)
    for one, other in combinations(instead, 2):
        yield replaced(good, {one: instead[one][0], other: instead[other][0]})


def replaced(good, values):
    return tuple(values.get(place, value) for place, value in enumerate(good))


def check_lookups(client):
    """Calls every method that creates a browser or a resolver; none of them starts."""
    for kind, (good, instead) in LOOKUPS.items():
        for arguments in variants(good, instead):
            path = client.call(f"Server2.{kind}Prepare", *arguments)
            if path:
                client.silent(f"{kind}.Free", path=path)
        client.call(f"Server.{kind}Prepare", *good)
        client.call(f"Server2.{kind}New", *replaced(good, {0: -2}))
        client.call(f"Server.{kind}New", *replaced(good, {0: -2}))


def check_resolves(client):
    """Calls the three methods that resolve at once with what is refused."""
    for kind in ("Service", "HostName", "Address"):
        good, instead = LOOKUPS[f"{kind}Resolver"]
        refused = {place: values[:1] for place, values in instead.items()}
        for arguments in list(variants(good, refused))[1:]:
            client.call(f"Server.Resolve{kind}", *arguments)


def check_group(client):
    """Calls every method that adds to a group."""
    group = client.call("Server.EntryGroupNew")
    for method, (good, instead) in GROUP.items():
        for arguments in variants(good, instead):
            if client.receive(client.send(f"EntryGroup.{method}", *arguments, path=group)) is not None:
                client.silent("EntryGroup.Reset", path=group)
    for rtype, data in RECORDS:
        arguments = (-1, -1, 0, "new.local", 1, rtype, 60, data)
        client.call("EntryGroup.AddRecord", *arguments, path=group)
    client.call("EntryGroup.Free", path=group)
