"""Publishes the record of a DNS server on this host for some seconds.

In:  the system bus.
Out: an SRV record under `_domain._udp.local`, whose host is this one.
"""

import time

import dbus

BUS = dbus.SystemBus()
AVAHI = "org.freedesktop.Avahi"
SERVER = dbus.Interface(BUS.get_object(AVAHI, "/"), AVAHI + ".Server")
GROUP = dbus.Interface(BUS.get_object(AVAHI, SERVER.EntryGroupNew()), AVAHI + ".EntryGroup")
HOST = SERVER.GetHostName().encode()
TARGET = bytes([len(HOST)]) + HOST + b"\x05local\x00"
DATA = dbus.ByteArray(b"\x00\x00\x00\x00\x00\x35" + TARGET)
IN, SRV, TTL = dbus.UInt16(1), dbus.UInt16(33), dbus.UInt32(120)
GROUP.AddRecord(-1, -1, dbus.UInt32(0), "_domain._udp.local", IN, SRV, TTL, DATA)
GROUP.Commit()
time.sleep(6)
