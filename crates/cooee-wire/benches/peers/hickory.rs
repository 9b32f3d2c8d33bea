//! `hickory-proto`.

use std::hint::black_box;

use hickory_proto::op::Message;
use hickory_proto::serialize::binary::{BinDecodable, BinEncodable, BinEncoder};

pub(crate) fn decode(packet: &[u8]) {
    black_box(Message::from_bytes(packet).unwrap());
}

pub(crate) fn prepare(packet: &[u8]) -> Message {
    Message::from_bytes(packet).unwrap()
}

pub(crate) fn build(message: &Message, buffer: &mut Vec<u8>) -> usize {
    buffer.clear();
    message.emit(&mut BinEncoder::new(buffer)).unwrap();
    buffer.len()
}
