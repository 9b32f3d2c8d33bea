"""python-zeroconf on the link: resolves COUNT instances or stops after SECONDS.

Prints how many it resolved, in how many nanoseconds, for how much processor time.
"""

import asyncio
import sys
import time

from zeroconf import ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf


async def browse(service_type: str, count: int, limit: float) -> None:
    start, cpu = time.perf_counter_ns(), time.process_time_ns()
    found, last, tasks = set(), start, set()
    done = asyncio.Event()
    zeroconf = AsyncZeroconf()

    async def resolve(name: str) -> None:
        nonlocal last
        info = AsyncServiceInfo(service_type, name)
        while not await info.async_request(zeroconf.zeroconf, 3000):
            pass
        if info.parsed_addresses() and name not in found:
            found.add(name)
            last = time.perf_counter_ns()
            if len(found) >= count:
                done.set()

    def changed(zeroconf, service_type, name, state_change) -> None:
        if state_change is ServiceStateChange.Added:
            task = asyncio.ensure_future(resolve(name))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    browser = AsyncServiceBrowser(zeroconf.zeroconf, service_type, handlers=[changed])
    try:
        await asyncio.wait_for(done.wait(), limit)
    except asyncio.TimeoutError:
        pass
    print(len(found), last - start, time.process_time_ns() - cpu, flush=True)
    for task in list(tasks):
        task.cancel()
    await browser.async_cancel()
    await zeroconf.async_close()


asyncio.run(browse("_bench._tcp.local.", int(sys.argv[1]), float(sys.argv[2])))
