//! The packets in `fixtures/` at the top of the repository, as bytes.

/// Returns the name and bytes of every fixture.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    HEX.iter().map(|(name, hex)| (*name, decode(hex))).collect()
}

/// Returns the bytes of one fixture.
pub(crate) fn one(name: &str) -> Vec<u8> {
    let found = HEX.iter().find(|(known, _)| *known == name);
    decode(found.expect("a fixture of this name").1)
}

fn decode(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let text = |pair| std::str::from_utf8(pair).expect("hexadecimal digits are ASCII");
    let byte = |pair| u8::from_str_radix(text(pair), 16).expect("two hexadecimal digits");
    digits.chunks(2).map(byte).collect()
}

const HEX: [(&str, &str); 5] = [
    (
        "accessories",
        include_str!("../../../../fixtures/accessories.hex"),
    ),
    ("plain", include_str!("../../../../fixtures/plain.hex")),
    ("query20", include_str!("../../../../fixtures/query20.hex")),
    (
        "response",
        include_str!("../../../../fixtures/response.hex"),
    ),
    (
        "stranger",
        include_str!("../../../../fixtures/stranger.hex"),
    ),
];
