"""python-zeroconf as a host of the link: obeys commands on standard input, tells events on standard output.

Both are JSON objects, a line each. Commands:
    {"do": "browse", "type": "_http._tcp"}    or "_printer._sub._http._tcp"; with "resolve": false, names alone
    {"do": "register", "instance": "Web", "type": "_http._tcp", "port": 80, "host": "box", "address": "10.1.0.1", "txt": ["a=1"]}
    {"do": "update", "instance": "Web", "type": "_http._tcp", "txt": ["a=2"]}    the whole record, of a name that was registered
    {"do": "unregister", "instance": "Web", "type": "_http._tcp"}
When the input ends, so does the peer, with goodbyes. Events have the names and fields that `cooee pipe` gives them.
"""

import asyncio
import json
import socket
import sys

from zeroconf import IPVersion, ServiceInfo, ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

TASKS = set()
PUBLISHED = {}


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def start(work):
    task = asyncio.ensure_future(work)
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)


def strings_of(data):
    """The strings of a TXT record, a length and so many bytes each; an empty one stands for none."""
    strings, place = [], 0
    while place < len(data):
        end = place + 1 + data[place]
        strings.append(data[place + 1 : end])
        place = end
    return [string.hex() for string in strings if string]


async def resolve(zeroconf, service_type, name, instance):
    info = AsyncServiceInfo(service_type, name)
    if not await info.async_request(zeroconf.zeroconf, 3000):
        return
    tell(
        "resolved",
        instance=instance,
        type=service_type.removesuffix(".local."),
        host=info.server.removesuffix("."),
        port=info.port,
        txt_hex=strings_of(info.text),
        addresses=info.parsed_addresses(),
    )


def browse(zeroconf, service_type, resolves):
    def changed(zeroconf, service_type, name, state_change):
        instance = name.removesuffix("." + service_type.split("._sub.")[-1])
        if state_change is ServiceStateChange.Removed:
            tell("lost", instance=instance, type=service_type.removesuffix(".local."))
        elif not resolves:
            tell("found", instance=instance, type=service_type.removesuffix(".local."))
        else:
            start(resolve(peer, service_type, name, instance))

    peer = zeroconf
    AsyncServiceBrowser(zeroconf.zeroconf, service_type + ".local.", handlers=[changed])


def record_of(strings):
    return b"".join(bytes([len(string.encode())]) + string.encode() for string in strings)


async def register(zeroconf, command):
    service_type = command["type"] + ".local."
    info = ServiceInfo(
        service_type,
        command["instance"] + "." + service_type,
        addresses=[socket.inet_aton(command["address"])],
        port=command["port"],
        properties=record_of(command.get("txt", [])),
        server=command["host"] + ".local.",
    )
    PUBLISHED[command["instance"]] = info
    await (await zeroconf.async_register_service(info, allow_name_change=True))
    tell("registered", instance=info.name.removesuffix("." + service_type), type=command["type"])


async def update(zeroconf, command):
    old = PUBLISHED[command["instance"]]
    info = ServiceInfo(
        old.type,
        old.name,
        addresses=old.addresses,
        port=old.port,
        properties=record_of(command["txt"]),
        server=old.server,
    )
    PUBLISHED[command["instance"]] = info
    await (await zeroconf.async_update_service(info))


async def unregister(zeroconf, command):
    await (await zeroconf.async_unregister_service(PUBLISHED.pop(command["instance"])))


VERBS = {"register": register, "update": update, "unregister": unregister}


async def main():
    zeroconf = AsyncZeroconf(ip_version=IPVersion.All)
    await zeroconf.zeroconf.async_wait_for_start()
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    tell("ready")
    while line := await lines.readline():
        command = json.loads(line)
        if command["do"] == "browse":
            browse(zeroconf, command["type"], command.get("resolve", True))
        else:
            start(VERBS[command["do"]](zeroconf, command))
    await zeroconf.async_close()


asyncio.run(main())
