"""Clients of org.freedesktop.Avahi on the system bus, as a load for its daemon.

In:  publish COUNT | browse COUNT CLIENTS | resolve COUNT
Out: `ready` when every client is on the bus; after a line of input, `done SECONDS` when everything
     is published, found or resolved; at the end of the input the clients leave. Every ten seconds,
     and on a failure, `so far N`.
"""

import os
import sys
import time

import dbus
import dbus.bus
import dbus.lowlevel
import dbus.mainloop.glib
from gi.repository import GLib

NAME = "org.freedesktop.Avahi"
SERVER = NAME + ".Server"
GROUP = NAME + ".EntryGroup"
TYPE = "_bench._tcp"
ANY, IPV4 = -1, 0
ESTABLISHED = 2

# So many calls of a client wait for a reply.
CALLS_MAX = 64


class Client:
    """A connection of its own."""

    def __init__(self, load):
        self.load = load
        self.bus = dbus.bus.BusConnection(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
        self.bus.set_exit_on_disconnect(False)
        self.bus.add_message_filter(self.hear)
        self.waiting = []
        self.open_calls = 0
        self.items = set()

    def call(self, path, interface, member, signature, arguments, reply=None):
        self.waiting.append((path, interface, member, signature, arguments, reply))
        self.next_calls()

    def next_calls(self):
        while self.waiting and self.open_calls < CALLS_MAX:
            path, interface, member, signature, arguments, reply = self.waiting.pop(0)
            self.open_calls += 1

            def answered(*values, reply=reply):
                self.open_calls -= 1
                if reply:
                    reply(*values)
                self.next_calls()

            def failed(error, member=member):
                self.open_calls -= 1
                self.load.failures += 1
                print(f"{member}: {error}", file=sys.stderr, flush=True)
                self.next_calls()

            self.bus.call_async(
                NAME, path, interface, member, signature, arguments, answered, failed, timeout=600
            )

    def hear(self, _connection, message):
        if message.get_type() == 4:
            self.load.hear(self, message)
        return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED


class Load:
    def __init__(self, count, clients):
        self.count = count
        self.done = 0
        self.failures = 0
        self.wanted = count * clients
        self.clients = [Client(self) for _ in range(clients)]
        self.began = None

    def begin(self):
        self.began = time.monotonic()
        for client in self.clients:
            self.start(client)

    def one_more(self):
        self.done += 1
        if self.done == self.wanted:
            print(f"done {time.monotonic() - self.began:.3f}", flush=True)


class Publish(Load):
    def start(self, client):
        for number in range(self.count):
            client.call("/", SERVER, "EntryGroupNew", "", (), lambda path, n=number: self.fill(client, path, n))

    @staticmethod
    def fill(client, path, number):
        txt = [dbus.ByteArray(b"number=%d" % number)]
        service = (ANY, ANY, 0, f"Bench {number}", TYPE, "", "", 9000, txt)
        client.call(path, GROUP, "AddService", "iiussssqaay", service)
        client.call(path, GROUP, "Commit", "", ())

    def hear(self, _client, message):
        if message.get_member() == "StateChanged" and message.get_interface() == GROUP:
            if message.get_args_list()[0] == ESTABLISHED:
                self.one_more()


class Browse(Load):
    def start(self, client):
        client.call("/", SERVER, "ServiceBrowserNew", "iissu", (ANY, IPV4, TYPE, "local", 0))

    def hear(self, client, message):
        if message.get_member() != "ItemNew":
            return
        interface, protocol, name, of_type, domain, _flags = message.get_args_list()
        if name not in client.items:
            client.items.add(str(name))
            self.found(client, (interface, protocol, name, of_type, domain))

    def found(self, _client, _item):
        self.one_more()


class Resolve(Browse):
    def found(self, client, item):
        interface, protocol, name, of_type, domain = item
        arguments = (interface, protocol, name, of_type, domain, ANY, 0)
        client.call("/", SERVER, "ServiceResolverNew", "iisssiu", arguments)

    def hear(self, client, message):
        if message.get_member() == "Found":
            client.call(message.get_path(), NAME + ".ServiceResolver", "Free", "", ())
            self.one_more()
        else:
            super().hear(client, message)


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    kinds = {"publish": Publish, "browse": Browse, "resolve": Resolve}
    kind, count = kinds[sys.argv[1]], int(sys.argv[2])
    clients = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    load = kind(count, clients)
    loop = GLib.MainLoop()

    def told(_source, _condition):
        line = sys.stdin.readline()
        if not line:
            loop.quit()
            return False
        load.begin()
        return True

    def so_far():
        print(f"so far {load.done} of {load.wanted}, {load.failures} failures", flush=True)
        return True

    GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, told)
    GLib.timeout_add_seconds(10, so_far)
    print("ready", flush=True)
    loop.run()


main()
