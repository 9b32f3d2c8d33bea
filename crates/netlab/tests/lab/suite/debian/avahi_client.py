"""A client of Avahi in the manner of the examples for python3-avahi: browses, resolves, publishes.

In:  the system bus.
Out: one line for each answer and each signal.
"""

import socket
import sys

import avahi
import avahi.ServiceTypeDatabase
import dbus
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

DBusGMainLoop(set_as_default=True)
BUS = dbus.SystemBus()
ANY = (avahi.IF_UNSPEC, avahi.PROTO_UNSPEC)
NONE = dbus.UInt32(0)


def interface(path, name):
    return dbus.Interface(BUS.get_object(avahi.DBUS_NAME, path), name)


def show(*words):
    print(*words, flush=True)


def family(protocol):
    return {avahi.PROTO_INET: "IPv4", avahi.PROTO_INET6: "IPv6"}.get(protocol, protocol)


SERVER = interface(avahi.DBUS_PATH_SERVER, avahi.DBUS_INTERFACE_SERVER)


def ask_server():
    for call in [
        "GetAPIVersion",
        "GetHostName",
        "GetHostNameFqdn",
        "GetDomainName",
        "GetState",
        "IsNSSSupportAvailable",
    ]:
        show(call, getattr(SERVER, call)())
    show("next", SERVER.GetAlternativeHostName("here"))
    show("next", SERVER.GetAlternativeServiceName("Lamp #2"))
    index = socket.if_nametoindex("lan1")
    show("interface", SERVER.GetNetworkInterfaceNameByIndex(index))
    types = avahi.ServiceTypeDatabase.ServiceTypeDatabase()
    show("type", types["_ipp._tcp"])
    for name in ["nobody.local", "not a name", "peer.local"]:
        try:
            answer = SERVER.ResolveHostName(*ANY, name, avahi.PROTO_INET, NONE)
            show("address of", answer[2], answer[4])
        except dbus.DBusException as error:
            show("no address of", name, error.get_dbus_name(), error.get_dbus_message())


def browse(kind, call, *arguments):
    path = getattr(SERVER, call)(*ANY, *arguments, NONE)
    browser = interface(path, kind)

    def seen(what):
        def heard(link, protocol, *rest):
            words = [str(word) for word in rest[:-1]]
            # Other programs publish other types at the same time.
            if words[-2] not in ["_ssh._tcp", "_python._tcp"]:
                return
            show(kind.rsplit(".", 1)[1], what, family(protocol), *words)
            if what == "new" and len(words) == 3:
                resolve(link, protocol, *words)

        return heard

    browser.connect_to_signal("ItemNew", seen("new"))
    browser.connect_to_signal("ItemRemove", seen("gone"))
    browser.connect_to_signal("AllForNow", lambda: show(kind.rsplit(".", 1)[1], "all for now"))
    browser.connect_to_signal("Failure", lambda error: show("failure", error))


def resolve(link, protocol, *service):
    def found(*answer):
        text = avahi.txt_array_to_string_array(answer[9])
        show("resolved", family(answer[1]), answer[2], answer[5], answer[7], answer[8], *text)

    arguments = (link, protocol, *service, avahi.PROTO_UNSPEC, NONE)
    SERVER.ResolveService(*arguments, reply_handler=found, error_handler=show)


def publish():
    group = interface(SERVER.EntryGroupNew(), avahi.DBUS_INTERFACE_ENTRY_GROUP)
    group.connect_to_signal("StateChanged", lambda state, error: show("group", state, error))
    text = avahi.string_array_to_txt_array(["a=1", "b", "c="])
    service = ("Python", "_python._tcp", "")
    group.AddService(*ANY, NONE, *service, "", dbus.UInt16(4713), text)
    group.AddServiceSubtype(*ANY, NONE, *service, "_three._sub._python._tcp")
    show("empty", group.IsEmpty())
    group.Commit()
    return group, service


def update(group, service):
    text = avahi.string_array_to_txt_array(["a=2"])
    group.UpdateServiceTxt(*ANY, NONE, *service, text)


ask_server()
browse(avahi.DBUS_INTERFACE_SERVICE_TYPE_BROWSER, "ServiceTypeBrowserNew", "local")
browse(avahi.DBUS_INTERFACE_SERVICE_BROWSER, "ServiceBrowserNew", "_ssh._tcp", "local")
browse(avahi.DBUS_INTERFACE_SERVICE_BROWSER, "ServiceBrowserNew", "_python._tcp", "local")
GROUP, SERVICE = publish()
LOOP = GLib.MainLoop()
GLib.timeout_add_seconds(3, lambda: update(GROUP, SERVICE))
GLib.timeout_add_seconds(4, lambda: GROUP.Reset())
GLib.timeout_add_seconds(6, LOOP.quit)
LOOP.run()
sys.exit(0)
