//! `simple-dns`.

use std::hint::black_box;
use std::io::Cursor;

use simple_dns::Packet;

pub(crate) fn decode(packet: &[u8]) {
    black_box(Packet::parse(packet).unwrap());
}

pub(crate) fn prepare(packet: &[u8]) -> Packet<'_> {
    Packet::parse(packet).unwrap()
}

pub(crate) fn build(packet: &Packet<'_>, buffer: &mut Vec<u8>) -> usize {
    buffer.clear();
    packet
        .write_compressed_to(&mut Cursor::new(&mut *buffer))
        .unwrap();
    buffer.len()
}
