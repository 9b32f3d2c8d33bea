"""Every call of Avahi's interface on D-Bus, with good and bad arguments, printed line by line.

Arguments: the mode, the address of the bus, the address of the bus of another host's Avahi, and
`TEXT=NAME` for each text that is masked in the lines.
"""

import socket
import sys
import xml.etree.ElementTree
from itertools import product

import avahi_checks
from avahi_bus import DBUS, Client, World, seen, state

SERVERS = ("Server", "Server2")
NOTHING = "org.freedesktop.Avahi.Nothing"


def server(a):
    """What the server says of itself, and small questions."""
    for of in SERVERS:
        for method in (
            "GetVersionString",
            "GetAPIVersion",
            "GetHostName",
            "GetHostNameFqdn",
            "GetDomainName",
            "IsNSSSupportAvailable",
            "GetState",
        ):
            a.call(f"{of}.{method}")
        (cookie,) = a.silent(f"{of}.GetLocalServiceCookie")
        a.world.write(f"{of}.GetLocalServiceCookie", ["a number" if cookie > 0 else str(cookie)])
    a.call(f"{DBUS}.Peer.GetMachineId")
    a.call("GetMachineId")
    a.call("Ping")
    a.call("Server.GetState", 1, signature="i")
    a.call("Server.GetHostName", "x", signature="s")
    a.call("Server.GetAlternativeHostName", signature="")
    a.call("Server.GetAlternativeHostName", 1, signature="i")
    a.call("Server.GetAlternativeHostName", "a", "b", signature="ss")
    a.call("Server.ServiceBrowserNew", "x", signature="s")
    a.call("Server.EntryGroupNew", "x", signature="s")
    a.call("Server.Nothing")
    a.call("Server2.Nothing")
    a.call(f"{NOTHING}.GetState")
    a.call("GetState")
    a.call("Nothing")
    a.call("Server.StateChanged", 1, "x", signature="is")
    for path in ("/", "/nothing", "/Client0", "/Client0/EntryGroup1", "/Client0/Server1"):
        a.call("Server.GetState", path=path)
        a.call(f"{DBUS}.Peer.Ping", path=path)
    a.call(f"{DBUS}.Peer.Nothing")
    a.call(f"{DBUS}.Introspectable.Introspect", path="/nothing")
    described(a, "/", "x", signature="s")
    a.call(f"{DBUS}.Properties.GetAll", "org.freedesktop.Avahi.Server", signature="s")
    a.call(f"{DBUS}.Introspectable.Nothing")


def alternatives(a):
    for name in (
        "foo", "foo-2", "foo-9", "foo-99", "foo-02", "foo-", "foo-0", "foo-1", "foo-x2", "-2", "a-2147483647",
        "a-2147483648", "a-99999999999", "a" * 63, "a" * 61 + "-9", "a" * 64, "ü" * 31, "a.b", "a\\.b", "A\\.B", "",
        ".", "a.", "[" * 63, "a b", "a\\032b", "a\\999b",
    ):
        a.call("Server.GetAlternativeHostName", name)
    for name in (
        "foo", "foo #2", "foo #9", "foo #99", "foo #02", "foo #", "foo #0", "foo #1", "foo#2", "foo #x", " #2",
        "a #2147483647", "a #2147483648", "a" * 63, "a" * 60 + " #9", "a" * 64, "ü" * 31, "a.b", "", "a\x07",
    ):
        a.call("Server2.GetAlternativeServiceName", name)


def interfaces(a, index):
    for number in (index, 1, 0, -1, 4242, 2147483647):
        a.call("Server.GetNetworkInterfaceNameByIndex", number)
    for name in ("lan1", "lo", "", "nothing0", "x" * 300):
        a.call("Server2.GetNetworkInterfaceIndexByName", name)


def described(client, path, *arguments, signature=""):
    """Prints the members of an object with their signatures, sorted."""
    method = f"{DBUS}.Introspectable.Introspect"
    (text,) = client.silent(method, *arguments, path=path, signature=signature)
    node = xml.etree.ElementTree.fromstring(text)
    members = []
    for interface in node.findall("interface"):
        for member in interface:
            arguments = member.findall("arg")
            ways = {"in": "", "out": ""}
            for argument in arguments:
                way = argument.get("direction", "out" if member.tag == "signal" else "in")
                ways[way] += argument.get("type")
            name = f"{interface.get('name')}.{member.get('name')}"
            members.append(f"{member.tag} {name}({ways['in']})({ways['out']})")
    client.world.write(f"{client.label} {path} Introspect", sorted(members))


def objects(a, b):
    """Each kind of object: what it is, who may call it, and that it is gone once it is freed."""
    described(a, "/")
    kinds = {"EntryGroup": "EntryGroupNew"}
    kinds |= {kind: f"{kind}Prepare" for kind in avahi_checks.LOOKUPS}
    for kind, method in kinds.items():
        good = avahi_checks.LOOKUPS.get(kind, ((), None))[0]
        path = a.call(f"Server2.{method}", *good)
        described(a, path)
        described(b, path)
        b.call(f"{kind}.Free", path=path)
        b.call(f"{kind}.Nothing", path=path)
        b.call(f"{DBUS}.Peer.Ping", path=path)
        a.call(f"{kind}.Nothing", path=path)
        a.call("Server.GetState", path=path)
        a.call(f"{NOTHING}.Free", path=path)
        a.call("Free", path=path)
        path = path if kind == "EntryGroup" else a.call(f"Server2.{method}", *good)
        a.call(f"{kind}.Free", "x", path=path, signature="s")
        a.call(f"{kind}.Free", path=path)
        a.call(f"{kind}.Free", path=path)
        a.call(f"{DBUS}.Introspectable.Introspect", path=path)
        b.call(f"{kind}.Free", path=path)


# A name whose accent is a character of its own.
APART = "Cafe\u0301"

WEB = (-1, -1, 0, "Web", "_web._tcp", "", "", 80, [b"a=1", b"b=2"])


def group_states(a):
    """A group from its beginning to its end, with everything at a wrong time."""
    g = a.call("Server.EntryGroupNew")
    for method in ("GetState", "IsEmpty", "Commit", "Reset", "GetState"):
        a.call(f"EntryGroup.{method}", path=g)
    a.call("EntryGroup.UpdateServiceTxt", -1, -1, 0, "Web", "_web._tcp", "", [b"c=3"], path=g)
    a.call("EntryGroup.AddService", *WEB, path=g)
    a.call("EntryGroup.IsEmpty", path=g)
    a.call("EntryGroup.UpdateServiceTxt", -1, -1, 0, "Web", "_web._tcp", "", [b"c=3"], path=g)
    a.call("EntryGroup.AddServiceSubtype", -1, -1, 0, "Web", "_web._tcp", "", "_sub1._sub._web._tcp", path=g)
    a.call("EntryGroup.AddServiceSubtype", -1, -1, 0, "Other", "_web._tcp", "", "_sub1._sub._web._tcp", path=g)
    a.call("EntryGroup.AddAddress", -1, -1, 16, "extra.local", "10.9.9.1", path=g)
    a.call("EntryGroup.AddAddress", -1, -1, 0, "more.local", "10.9.9.2", path=g)
    a.call("EntryGroup.AddRecord", -1, -1, 1, "rec.local", 1, 16, 60, b"\x03x=1", path=g)
    a.call("EntryGroup.Commit", path=g, until=state(2))
    for method in ("GetState", "IsEmpty", "Commit"):
        a.call(f"EntryGroup.{method}", path=g)
    a.call("EntryGroup.AddService", *WEB, path=g)
    a.call("EntryGroup.AddService", -1, -1, 64, *WEB[3:], path=g)
    a.call("EntryGroup.AddService", -1, -1, 0, "Late", *WEB[4:], path=g)
    a.call("EntryGroup.AddServiceSubtype", -1, -1, 0, "Web", "_web._tcp", "", "_sub2._sub._web._tcp", path=g)
    a.call("EntryGroup.AddAddress", -1, -1, 16, "late.local", "10.9.9.3", path=g)
    a.call("EntryGroup.AddRecord", -1, -1, 1, "late.local", 1, 16, 60, b"\x03x=1", path=g)
    return g


def group_updates(a, g):
    """Changes of a group that is established."""
    update = "EntryGroup.UpdateServiceTxt"
    a.call(update, -1, -1, 0, "Web", "_web._tcp", "", [b"d=4"], path=g)
    a.call(update, -1, 0, 0, "Web", "_web._tcp", "", [b"d=4"], path=g)
    a.call(update, -1, -1, 0, "Nobody", "_web._tcp", "", [b"d=4"], path=g)
    a.call(update, -1, -1, 0, "Web", "_ipp._tcp", "", [b"d=4"], path=g)
    a.call("EntryGroup.AddRecord", -1, -1, 65, "rec.local", 1, 16, 60, b"\x03x=2", path=g)
    a.call("EntryGroup.AddRecord", -1, -1, 65, "rec.local", 1, 16, 60, b"\x03x=3", path=g)
    a.call("EntryGroup.AddRecord", -1, 0, 65, "rec.local", 1, 16, 60, b"\x03x=2", path=g)
    a.call("EntryGroup.AddRecord", -1, -1, 65, "never.local", 1, 16, 60, b"\x03x=2", path=g)
    a.call("EntryGroup.AddAddress", -1, -1, 80, "extra.local", "10.9.9.4", path=g)
    a.call("EntryGroup.AddAddress", -1, -1, 80, "never.local", "10.9.9.4", path=g)
    a.call("EntryGroup.GetState", path=g)


def published(a, b):
    """What is published, as a client finds it on the same host: its own, and another client's."""
    browsers = [
        ("ServiceBrowser", -1, 0, "_web._tcp", "local", 0),
        ("ServiceBrowser", -1, 0, "_sub1._sub._web._tcp", "local", 0),
        ("ServiceTypeBrowser", -1, 0, "", 0),
        ("RecordBrowser", -1, 0, "rec.local", 1, 16, 0),
        ("RecordBrowser", -1, 0, "extra.local", 1, 1, 0),
        ("RecordBrowser", -1, 0, "Web._web._tcp.local", 1, 33, 0),
        ("RecordBrowser", -1, 0, "more.local", 1, 255, 0),
    ]
    for client, cold in product((a, b), (True, False)):
        client.call("Server.ResolveService", -1, 0, "Web", "_web._tcp", "local", 0, 0, cold=cold)
        client.call("Server.ResolveService", -1, 0, "Web", "_web._tcp", "local", 0, 12, cold=cold)
        client.call("Server.ResolveHostName", -1, 0, "extra.local", 0, 0, cold=cold)
        client.call("Server.ResolveHostName", -1, 0, "here.local", 0, 0, cold=cold)
        client.call("Server.ResolveAddress", -1, 0, "10.9.9.2", 0, cold=cold)
        client.browse(browsers, cold)


def composed(a):
    """A name whose accent is a character of its own, published here."""
    g = a.call("Server.EntryGroupNew")
    a.call("EntryGroup.AddService", -1, -1, 0, APART, "_apart._tcp", *WEB[5:], path=g)
    a.call("EntryGroup.UpdateServiceTxt", -1, -1, 0, APART, "_apart._tcp", "", [b"c=3"], path=g)
    a.call("EntryGroup.Commit", path=g, until=state(2))
    for cold in (True, False):
        a.call("Server.ResolveService", -1, 0, APART, "_apart._tcp", "", 0, 0, cold=cold)
        a.browse([("ServiceBrowser", -1, 0, "_apart._tcp", "", 0)], cold)
    a.call("EntryGroup.Free", path=g)


def elsewhere(a, b):
    """A service that this host publishes and another host offers, as clients find it here."""
    g = a.call("Server.EntryGroupNew")
    a.call("EntryGroup.AddService", -1, -1, 0, "Far", "_far._tcp", "", "nas.local", 80, [], path=g)
    a.call("EntryGroup.Commit", path=g, until=state(2))
    browsers = [
        ("ServiceBrowser", -1, 0, "_far._tcp", "local", 0),
        ("RecordBrowser", -1, 0, "_far._tcp.local", 1, 12, 0),
        ("RecordBrowser", -1, 0, "Far._far._tcp.local", 1, 33, 0),
    ]
    for client, cold in product((a, b), (True, False)):
        client.browse(browsers, cold)
        client.call("Server.ResolveService", -1, 0, "Far", "_far._tcp", "local", 0, 0, cold=cold)
    a.call("EntryGroup.Free", path=g)


def over_one_family(a, b):
    """A service and a record for each family alone, as clients of either find them here."""
    for protocol in (0, 1):
        g = a.call("Server.EntryGroupNew")
        name, of_type = f"Only {protocol}", f"_only{protocol}._tcp"
        a.call("EntryGroup.AddService", -1, protocol, 0, name, of_type, "", "", 80, [], path=g)
        a.call("EntryGroup.AddRecord", -1, protocol, 1, f"only{protocol}.local", 1, 16, 60, b"\x03x=1", path=g)
        a.call("EntryGroup.Commit", path=g, until=state(2))
        a.call("EntryGroup.UpdateServiceTxt", -1, protocol, 0, name, of_type, "", [b"a=1"], path=g)
        for client, over, cold in product((a, b), (0, 1), (True, False)):
            client.browse(
                [
                    ("ServiceBrowser", -1, over, of_type, "local", 0),
                    ("RecordBrowser", -1, over, f"only{protocol}.local", 1, 16, 0),
                ],
                cold,
            )
        a.call("Server.ResolveService", -1, protocol, name, of_type, "local", -1, 8)
        a.call("EntryGroup.Free", path=g)


def group_ends(a, g):
    a.call("EntryGroup.Reset", path=g)
    for method in ("GetState", "IsEmpty", "Reset", "Commit"):
        a.call(f"EntryGroup.{method}", path=g)
    a.call("EntryGroup.AddService", *WEB, path=g)
    a.call("EntryGroup.Commit", path=g, until=state(2))
    a.call("EntryGroup.Free", path=g)
    a.call("EntryGroup.GetState", path=g)


def collisions(a, b):
    """Two clients with one name; and a name that another host has."""
    g, h = a.call("Server.EntryGroupNew"), b.call("Server.EntryGroupNew")
    a.call("EntryGroup.AddService", *WEB, path=g)
    a.call("EntryGroup.AddService", *WEB, path=g)
    other = (*WEB[:7], 81, WEB[8])
    a.call("EntryGroup.AddService", *other, path=g)
    b.call("EntryGroup.AddService", *other, path=h)
    b.call("EntryGroup.IsEmpty", path=h)
    b.call("EntryGroup.AddService", *WEB, path=h)
    b.call("EntryGroup.IsEmpty", path=h)
    b.call("EntryGroup.Reset", path=h)
    a.call("EntryGroup.Commit", path=g, until=state(2))
    b.call("EntryGroup.AddService", *other, path=h)
    b.call("EntryGroup.GetState", path=h)
    b.call("EntryGroup.AddService", *WEB[:4], "_other._tcp", *WEB[5:], path=h)
    b.call("EntryGroup.Commit", path=h, until=state(2))
    b.call("EntryGroup.Reset", path=h)
    b.call("EntryGroup.AddService", -1, -1, 0, "Desk", "_http._tcp", *WEB[5:], path=h)
    b.call("EntryGroup.Commit", path=h, until=state(3))
    for method in ("GetState", "IsEmpty", "Commit"):
        b.call(f"EntryGroup.{method}", path=h)
    b.call("EntryGroup.AddService", -1, -1, 0, "Desk #2", "_http._tcp", *WEB[5:], path=h)
    b.call("EntryGroup.Commit", path=h, until=state(2))
    b.call("EntryGroup.Free", path=h)
    a.call("EntryGroup.Free", path=g)
    for client, flags, name, address in (
        (a, 0, "one.local", "10.9.9.5"),
        (b, 0, "one.local", "10.9.9.6"),
        (b, 0, "two.local", "10.9.9.5"),
        (b, 16, "two.local", "10.9.9.5"),
        (a, 0, "here.local", "10.9.9.7"),
    ):
        group = client.call("Server.EntryGroupNew")
        client.call("EntryGroup.AddAddress", -1, -1, flags, name, address, path=group)
    group = b.call("Server.EntryGroupNew")
    for flags, data in ((1, b"\x01a"), (0, b"\x01a"), (1, b"\x01b"), (9, b"\x01c"), (0, b"\x01d")):
        b.call("EntryGroup.AddRecord", -1, -1, flags, "key.local", 1, 16, 60, data, path=group)


def browsers(a, peer):
    """What another host publishes, as it comes and goes."""
    for protocol, cold in product((0, 1), (True, False)):
        found = [
            ("ServiceBrowser", -1, protocol, "_http._tcp", "", 0),
            ("ServiceBrowser", -1, protocol, "_http._tcp", "local", 2),
            ("ServiceBrowser", -1, protocol, "_printer._sub._http._tcp", "", 0),
            ("ServiceTypeBrowser", -1, protocol, "", 0),
            ("RecordBrowser", -1, protocol, "Desk._http._tcp.local", 1, 16, 0),
            ("RecordBrowser", -1, protocol, "Desk._http._tcp.local", 1, 33, 0),
            ("RecordBrowser", -1, protocol, "nas.local", 1, 1, 0),
            ("RecordBrowser", -1, protocol, "nas.local", 1, 28, 0),
        ]
        a.browse(found, cold)
    nothing = [("DomainBrowser", -1, 0, "", kind, 0) for kind in range(5)]
    nothing += [("ServiceBrowser", interface, 0, "_http._tcp", "", 0) for interface in (4242, 1)]
    a.browse(nothing)
    prepared = a.call("Server2.ServiceBrowserPrepare", -1, 0, "_late._tcp", "", 0)
    a.quiet("hears nothing of a browser that has not started", 0.5)
    a.call("ServiceBrowser.Start", path=prepared, until=seen("AllForNow"))
    a.call("ServiceBrowser.Start", path=prepared)
    group = publish(peer, "Late", "_late._tcp", 81, [b"x=1"])
    a.listen("hears of a service that comes", seen("ItemNew"))
    resolver = a.call(
        "Server.ServiceResolverNew", -1, 0, "Late", "_late._tcp", "", 0, 0, until=seen("Found"), cold=True
    )
    peer.silent("EntryGroup.UpdateServiceTxt", -1, -1, 0, "Late", "_late._tcp", "", [b"x=2"], path=group)
    a.listen("hears of new attributes", seen("Found"), cold=True)
    a.call("ServiceResolver.Free", path=resolver)
    peer.silent("EntryGroup.Free", path=group)
    a.listen("hears that it leaves", seen("ItemRemove"))
    a.call("ServiceBrowser.Free", path=prepared)


def resolvers(a):
    """What is there, and what is not: the latter takes five seconds."""
    nothing = [
        a.send("Server.ResolveService", -1, -1, "Nobody", "_http._tcp", "", -1, 0),
        a.send("Server.ResolveHostName", -1, -1, "nobody.local", -1, 0),
        a.send("Server.ResolveAddress", -1, -1, "10.9.9.200", 0),
        a.send("Server.ResolveHostName", -1, 0, "nas.example.com", 0, 0),
        a.send("Server.ServiceResolverNew", -1, -1, "Nobody", "_http._tcp", "", -1, 0),
        a.send("Server.HostNameResolverNew", -1, -1, "nobody.local", -1, 0),
        a.send("Server.AddressResolverNew", -1, -1, "10.9.9.200", 0),
        a.send("Server.ServiceResolverNew", -1, -1, "", "_http._tcp", "", -1, 0),
    ]
    a.receive(*nothing, until=seen("Failure", 4))
    for protocol, cold in product((0, 1), (True, False)):
        for flags in (0, 2, 4, 8, 12):
            for family in (0, -1) if flags == 8 else (0,):
                service = ("Desk", "_http._tcp", "", family, flags)
                a.call("Server.ResolveService", -1, protocol, *service, cold=cold)
        for service in (("A.B\\C", "_http._tcp"), ("Café Ünï", "_ipp._tcp"), (APART, "_ipp._tcp")):
            a.call("Server2.ResolveService", -1, protocol, *service, "local", 0, 0, cold=cold)
        a.call("Server2.ResolveHostName", -1, protocol, "NAS.local", 0, 0, cold=cold)
        a.call("Server2.ResolveHostName", -1, protocol, "nas.local.", -1, 0, cold=cold)
        a.call("Server2.ResolveAddress", -1, protocol, "10.9.9.77", 0, cold=cold)
        for kind, *arguments in (
            ("ServiceResolver", "Desk", "_http._tcp", "", 0, 0),
            ("ServiceResolver", "Desk", "_http._tcp", "", -1, 12),
            ("HostNameResolver", "nas.local", 0, 0),
            ("AddressResolver", "10.9.9.77", 0),
        ):
            new = f"Server.{kind}New"
            path = a.call(new, -1, protocol, *arguments, until=seen("Found"), cold=cold)
            a.silent(f"{kind}.Free", path=path)


def renamed(a, b):
    """The host under another name."""
    group = a.call("Server.EntryGroupNew")
    a.call("EntryGroup.AddService", *WEB, path=group)
    a.call("EntryGroup.Commit", path=group, until=state(2))
    for name in ("", "a.b", "x" * 64, "here", "here.", "a\\999"):
        a.call("Server.SetHostName", name)
    for name in ("there", "[" * 63, "A\\.B", "here"):
        a.call("Server2.SetHostName", name, until=state(2))
        for method in ("GetHostName", "GetHostNameFqdn", "GetState"):
            a.call(f"Server.{method}")
        a.call("EntryGroup.GetState", path=group)
        b.events.clear()
    a.call("Server.SetHostName", "peer", until=running_again, limit=12)
    a.call("Server.GetHostName")
    a.call("EntryGroup.GetState", path=group)
    a.call("Server.SetHostName", "here", until=state(2))
    a.call("EntryGroup.Free", path=group)


def running_again(signals):
    """Whether the server has lost its name to another host, and has the next one."""
    states = [arguments[0] for _, member, arguments, _ in signals if member == "StateChanged"]
    return 3 in states and 2 in states[states.index(3) :]


def leaving(a, b):
    """A client that leaves the bus loses what it has."""
    group = b.call("Server.EntryGroupNew")
    b.call("EntryGroup.AddService", -1, -1, 0, "Going", "_going._tcp", "", "", 82, [], path=group)
    b.call("EntryGroup.Commit", path=group, until=state(2))
    browser = a.call("Server.ServiceBrowserNew", -1, 0, "_going._tcp", "", 0, until=seen("AllForNow"))
    a.call("EntryGroup.GetState", path=group)
    b.leave()
    a.listen("hears that the service leaves", seen("ItemRemove"))
    a.call("EntryGroup.GetState", path=group)
    a.call("ServiceBrowser.Free", path=browser)


def limits(world, address):
    """Small limits: three clients, four objects of each, three entries of a group."""
    a = Client(world, address, "a")
    groups = [a.call("Server.EntryGroupNew") for _ in range(5)]
    a.call("Server.ServiceBrowserNew", -1, -1, "bad", "", 0)
    a.call("Server.ResolveHostName", -1, -1, "here.local", -1, 0)
    a.call("EntryGroup.Free", path=groups[0])
    a.call("Server2.ServiceBrowserPrepare", -1, -1, "_web._tcp", "", 0)
    for number in range(4):
        a.call("EntryGroup.AddService", -1, -1, 0, f"S{number}", *WEB[4:], path=groups[1])
    a.call("EntryGroup.AddServiceSubtype", -1, -1, 0, "S0", "_web._tcp", "", "_big._sub._web._tcp", path=groups[1])
    a.call("EntryGroup.AddService", -1, -1, 0, "x" * 64, *WEB[4:], path=groups[1])
    a.call("EntryGroup.AddAddress", -1, -1, 0, "s.local", "10.9.9.9", path=groups[1])
    a.call("EntryGroup.Reset", path=groups[1])
    for number in range(2):
        a.call("EntryGroup.AddAddress", -1, -1, 0, f"s{number}.local", f"10.9.9.{number}", path=groups[1])
    for number in range(3):
        a.call("EntryGroup.AddRecord", -1, -1, 0, "r.local", 1, 16, 60, b"\x01%d" % number, path=groups[1])
    for number in range(3):
        subtype = f"_x{number}._sub._web._tcp"
        a.call("EntryGroup.AddServiceSubtype", -1, -1, 0, "S0", "_web._tcp", "", subtype, path=groups[2])
    a.call("EntryGroup.AddService", -1, -1, 0, "S0", *WEB[4:], path=groups[2])
    others = [Client(world, address, label) for label in "bcd"]
    for other in others:
        other.call("Server.GetState")
        other.call("Server.EntryGroupNew")
    others[0].leave()
    world.wait(lambda: False, 0.5)
    others[2].call("Server.EntryGroupNew")


def refused(a):
    """Publishing that the configuration forbids."""
    group = a.call("Server.EntryGroupNew")
    a.call("Server2.EntryGroupNew")
    if group:
        for method, (good, instead) in avahi_checks.GROUP.items():
            first = {place: values[:1] for place, values in instead.items()}
            for arguments in avahi_checks.singles(good, first):
                a.call(f"EntryGroup.{method}", *arguments, path=group)
        for method in ("IsEmpty", "Commit", "Reset", "GetState", "Free"):
            a.call(f"EntryGroup.{method}", path=group)
    a.call("Server.GetState")
    a.call("Server.SetHostName", "there")
    a.call("Server.GetHostName")
    a.browse([("ServiceBrowser", -1, 0, "_http._tcp", "", 0)])
    a.browse([("DomainBrowser", -1, 0, "", kind, 0) for kind in range(5)])


def publish(client, name, of_type, port, txt, subtype=None):
    """Publishes a service on another host."""
    group = client.silent("Server.EntryGroupNew")[0]
    client.silent("EntryGroup.AddService", -1, -1, 0, name, of_type, "", "", port, txt, path=group)
    if subtype:
        client.silent("EntryGroup.AddServiceSubtype", -1, -1, 0, name, of_type, "", subtype, path=group)
    client.silent("EntryGroup.Commit", path=group)
    client.world.wait(lambda: state(2)(client.signals()), 8)
    client.events.clear()
    return group


def other_host(world, address):
    """Another host, with services known beforehand."""
    peer = Client(world, address, "peer")
    publish(peer, "Desk", "_http._tcp", 8080, [b"a=1", b"b=2"], "_printer._sub._http._tcp")
    publish(peer, "A.B\\C", "_http._tcp", 8081, [b"\xff\x00", b"flag"])
    publish(peer, "Café Ünï", "_ipp._tcp", 631, [])
    publish(peer, APART, "_ipp._tcp", 632, [])
    group = peer.silent("Server.EntryGroupNew")[0]
    peer.silent("EntryGroup.AddAddress", -1, -1, 0, "nas.local", "10.9.9.77", path=group)
    peer.silent("EntryGroup.Commit", path=group)
    peer.world.wait(lambda: state(2)(peer.signals()), 8)
    return peer


def main():
    mode, address, of_peer, *masks = sys.argv[1:]
    world = World(dict(mask.split("=") for mask in masks))
    if mode == "limits":
        return limits(world, address)
    a = Client(world, address, "a")
    if mode == "refused":
        return refused(a)
    peer, b = other_host(world, of_peer), Client(world, address, "b")
    server(a)
    alternatives(a)
    interfaces(a, socket.if_nametoindex("lan1"))
    objects(a, b)
    avahi_checks.check_lookups(a)
    avahi_checks.check_resolves(a)
    avahi_checks.check_group(a)
    group = group_states(a)
    published(a, b)
    group_updates(a, group)
    a.quiet("hears nothing of a change that it made", 3)
    published(a, b)
    group_ends(a, group)
    elsewhere(a, b)
    over_one_family(a, b)
    composed(a)
    browsers(a, peer)
    resolvers(a)
    collisions(a, b)
    renamed(a, b)
    leaving(a, b)


if __name__ == "__main__":
    main()
