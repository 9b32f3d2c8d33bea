"""A client of Avahi's interface on D-Bus: each call is printed as one line, with what it led to.

A line is `CLIENT PATH INTERFACE.METHOD(ARGUMENTS) => EVENT; EVENT`, where the reply is one of the
events, in the order in which they came. Numbers of interfaces are printed as names, and what differs
from host to host is masked.
"""

import json
import re
import socket
import time

import dbus
import dbus.bus
import dbus.lowlevel
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

AVAHI = "org.freedesktop.Avahi"
DBUS = "org.freedesktop.DBus"

# What each method takes.
SIGNATURES = {
    "SetHostName": "s",
    "GetAlternativeHostName": "s",
    "GetAlternativeServiceName": "s",
    "GetNetworkInterfaceNameByIndex": "i",
    "GetNetworkInterfaceIndexByName": "s",
    "ResolveHostName": "iisiu",
    "ResolveAddress": "iisu",
    "ResolveService": "iisssiu",
    "DomainBrowser": "iisiu",
    "ServiceTypeBrowser": "iisu",
    "ServiceBrowser": "iissu",
    "ServiceResolver": "iisssiu",
    "HostNameResolver": "iisiu",
    "AddressResolver": "iisu",
    "RecordBrowser": "iisqqu",
    "AddService": "iiussssqaay",
    "AddServiceSubtype": "iiussss",
    "UpdateServiceTxt": "iiusssaay",
    "AddAddress": "iiuss",
    "AddRecord": "iiusqquay",
}

REPLY_LIMIT = 20

# What the bus answers in place of a daemon that has ended.
GONE = (f"{DBUS}.Error.ServiceUnknown", f"{DBUS}.Error.NoReply")


def signature_of(member):
    kind = member.removesuffix("New").removesuffix("Prepare")
    return SIGNATURES.get(member, SIGNATURES.get(kind, ""))


def seen(member, count=1):
    """Whether so many signals of this name have come."""
    return lambda signals: sum(signal[1] == member for signal in signals) >= count


def state(number):
    """Whether a group has come to this state."""
    return lambda signals: any(s[1] == "StateChanged" and s[2][0] == number for s in signals)


class World:
    """The bus, what is masked in the lines, and the lines."""

    def __init__(self, masks):
        DBusGMainLoop(set_as_default=True)
        GLib.timeout_add(10, lambda: True)
        self.masks = sorted(masks.items(), key=lambda mask: -len(mask[0]))
        self.keys = {}

    def write(self, key, events):
        """Prints a line; the same call, made again, is numbered."""
        key = self.masked(key)
        count = self.keys[key] = self.keys.get(key, 0) + 1
        number = f" ({count})" if count > 1 else ""
        print(f"{key}{number} => {self.masked('; '.join(events))}", flush=True)

    def masked(self, text):
        for hidden, shown in self.masks:
            text = text.replace(hidden, shown)
        return text

    @staticmethod
    def wait(done, limit):
        end = time.monotonic() + limit
        while not done() and time.monotonic() < end:
            GLib.MainContext.default().iteration(True)


class Client:
    """One connection to the bus."""

    def __init__(self, world, address, label):
        self.world, self.label = world, label
        self.connection = dbus.bus.BusConnection(address)
        self.connection.set_exit_on_disconnect(False)
        self.connection.add_message_filter(self.heard)
        self.connection.add_match_string_non_blocking(
            f"type='signal',sender='{AVAHI}',interface='{AVAHI}.Server',path='/'"
        )
        # Reply or signal, in the order in which they came: (path, member, arguments, text).
        self.events = []
        self.wait_for_bus()

    def wait_for_bus(self):
        """Waits until the bus has handled what was sent before."""
        self.connection.call_blocking(DBUS, "/", DBUS, "GetId", "", ())

    def heard(self, _connection, message):
        if message.get_type() == 4 and (message.get_interface() or "").startswith(AVAHI):
            arguments = message.get_args_list(byte_arrays=True)
            text = f"{message.get_member()}({listed(arguments, message.get_signature())})"
            path = str(message.get_path())
            if path != "/":
                text = f"{path} {text}"
            self.events.append((path, str(message.get_member()), arguments, text))
        return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED

    def signals(self):
        return [event for event in self.events if event[1]]

    def send(self, what, *arguments, path="/", signature=None, to=AVAHI):
        """Makes a call; returns what `receive` waits for."""
        path = path or "/nothing"
        interface, member = what.rsplit(".", 1) if "." in what else (None, what)
        if interface and not interface.startswith("org."):
            interface = f"{AVAHI}.{interface}"
        message = dbus.lowlevel.MethodCallMessage(to, path, interface, member)
        signature = signature_of(member) if signature is None else signature
        message.append(*arguments, signature=signature)
        key = f"{self.label} {path} {what}({listed(arguments, signature)})"
        if signature != signature_of(member):
            key = f"{self.label} {path} {what}<{signature}>({listed(arguments, signature)})"
        pending = {"key": key, "reply": None}

        def replied(reply):
            pending["reply"] = reply
            self.events.append((path, None, None, text_of(reply)))

        self.connection.send_message_with_reply(message, replied, REPLY_LIMIT)
        return pending

    def receive(self, *pending, until=None, limit=8, cold=False):
        """Waits for the replies, and for signals that must come; prints a line for the first call.

        With `cold`, what is in the cache and what is not is left out.
        """
        self.world.wait(lambda: all(call["reply"] for call in pending), REPLY_LIMIT + 1)
        if until:
            self.world.wait(lambda: until(self.signals()), limit)
        events = in_order(without_cache(self.events) if cold else self.events)
        if until and not until(self.signals()):
            events.append("(what should come does not)")
        self.events.clear()
        self.world.write(pending[0]["key"], events)
        reply = pending[0]["reply"]
        is_error = isinstance(reply, dbus.lowlevel.ErrorMessage)
        if is_error and reply.get_error_name() in GONE:
            raise SystemExit(f"the daemon has ended: {pending[0]['key']}")
        return None if is_error else reply.get_args_list(byte_arrays=True)

    def call(self, what, *arguments, until=None, limit=8, cold=False, **where):
        """Makes a call, prints its line and returns the first argument of its reply."""
        call = self.send(what, *arguments, **where)
        reply = self.receive(call, until=until, limit=limit, cold=cold)
        return reply[0] if reply else None

    def silent(self, what, *arguments, **where):
        """Makes a call without a line; returns the arguments of its reply."""
        pending = self.send(what, *arguments, **where)
        self.world.wait(lambda: pending["reply"], REPLY_LIMIT)
        self.events.pop()
        return pending["reply"].get_args_list()

    def browse(self, browsers, cold=False):
        """Lets browsers run until each has said that this is all for now; a line for each."""
        calls = [self.send(f"Server.{kind}New", *arguments) for kind, *arguments in browsers]
        self.world.wait(lambda: all(call["reply"] for call in calls), REPLY_LIMIT)
        paths = [call["reply"].get_args_list()[0] for call in calls]
        objects = [path for path in paths if path.startswith("/")]
        self.world.wait(lambda: seen("AllForNow", len(objects))(self.signals()), 4)
        events = without_cache(self.events) if cold else self.events
        for call, path in zip(calls, paths):
            own = [event for event in events if event[0] == path and event[1]]
            reply = text_of(call["reply"])
            self.world.write(call["key"], [reply, *in_order(own)])
        self.events.clear()
        for (kind, *_), path in zip(browsers, paths):
            if path in objects:
                self.silent(f"{kind}.Free", path=path)

    def listen(self, title, until, limit=8, cold=False):
        """Prints what comes without a call."""
        self.world.wait(lambda: until(self.signals()), limit)
        events = in_order(without_cache(self.events) if cold else self.events)
        if not until(self.signals()):
            events.append("(what should come does not)")
        self.events.clear()
        self.world.write(f"{self.label} {title}", events)

    def quiet(self, title, seconds):
        """Prints what comes within a time; nothing should."""
        self.world.wait(lambda: False, seconds)
        self.listen(title, lambda _: True)

    def leave(self):
        self.connection.close()


def in_order(events):
    """Returns the texts; items that came one after another are sorted, because the link orders them."""
    texts, run = [], []
    for _path, member, _arguments, text in [*events, (None, None, None, None)]:
        if member in ("ItemNew", "ItemRemove", "Found", "Failure"):
            run.append(text)
            continue
        texts += sorted(run)
        run = []
        texts += [text] if text is not None else []
    return texts


# The last argument of what was found.
FLAGS = re.compile(r", (\d+)\)$")
CACHED = 1


def without_cache(events):
    """Returns the events without the flag for the cache, and without the end of the cache."""
    shown = []
    for path, member, arguments, text in events:
        if member in ("ItemNew", "Found") or text.startswith("reply("):
            text = FLAGS.sub(lambda flags: f", {int(flags[1]) & ~CACHED})", text)
        if member != "CacheExhausted":
            shown.append((path, member, arguments, text))
    return shown


def text_of(reply):
    arguments = reply.get_args_list(byte_arrays=True)
    if isinstance(reply, dbus.lowlevel.ErrorMessage):
        name = reply.get_error_name().removeprefix("org.freedesktop.")
        return f"{name}: {listed(arguments, '')}"
    return f"reply({listed(arguments, reply.get_signature())})"


def listed(arguments, signature):
    arguments = list(arguments)
    texts = [plain(argument) for argument in arguments]
    if str(signature or "").startswith("ii"):
        texts[0] = interface_name(arguments[0])
    return ", ".join(texts)


def interface_name(index):
    try:
        return socket.if_indextoname(index)
    except (OSError, OverflowError):
        return str(index)


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        text = repr(bytes(value))
        return text if len(value) <= 80 else f"{text[:40]}...{len(value)} bytes"
    if isinstance(value, (bool, dbus.Boolean)):
        return "true" if value else "false"
    if isinstance(value, dbus.ObjectPath):
        return str(value)
    if isinstance(value, str):
        text = json.dumps(str(value), ensure_ascii=False)
        return text if len(text) <= 140 else f"{text[:40]}...{len(value)} characters"
    if isinstance(value, (list, tuple)):
        texts = ", ".join(plain(item) for item in value[:8])
        return f"[{texts}]" if len(value) <= 8 else f"[{texts}, ...{len(value)}]"
    return str(int(value))
