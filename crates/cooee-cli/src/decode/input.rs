//! Recognizes what is to be decoded, by its content.
//!
//! In:  the bytes of a file, of standard input or of an argument.
//! Out: a capture, or the bytes of one message; or why it is neither.

use cooee_capture::Capture;
use cooee_wire::limits::HEADER_LEN;

/// What was recognized.
#[derive(Debug)]
pub(super) enum Recognized {
    Capture(Box<Capture>),
    Message(Vec<u8>),
}

/// Recognizes bytes: a capture, hexadecimal, base64, or a message as it is.
pub(super) fn recognize(bytes: Vec<u8>) -> Result<Recognized, String> {
    if CAPTURES.iter().any(|magic| bytes.starts_with(magic)) {
        let capture = Capture::read(&bytes);
        let capture = capture.map_err(|error| format!("the capture cannot be read: {error}"))?;
        return Ok(Recognized::Capture(Box::new(capture)));
    }
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    // The header of every message has bytes that are not text.
    if bytes.is_empty() || !bytes.iter().all(is_text) {
        return Ok(Recognized::Message(bytes));
    }
    let text = String::from_utf8_lossy(&bytes);
    let decoded = from_text(&text).map_err(|reason| format!("the input is text, and {reason}"))?;
    // A capture may also come as text.
    if CAPTURES.iter().any(|magic| decoded.starts_with(magic)) {
        return recognize(decoded);
    }
    Ok(Recognized::Message(decoded))
}

/// Returns the bytes that a text stands for: hexadecimal, with or without offsets, or base64.
pub(super) fn from_text(text: &str) -> Result<Vec<u8>, String> {
    let not_hex = match hex(text) {
        Ok(bytes) => return Ok(bytes),
        Err(place) => place,
    };
    // Anything shorter is a word rather than a message.
    let decoded = base64(text).filter(|bytes| bytes.len() >= HEADER_LEN);
    decoded.ok_or_else(|| {
        format!("neither base64 nor hexadecimal: the latter ends at character {not_hex}")
    })
}

/// Reads hexadecimal, as a block or as the output of `xxd`, `hexdump -C`, tcpdump or Wireshark.
/// Returns the place of the first character that is none.
fn hex(text: &str) -> Result<Vec<u8>, usize> {
    let mut digits = Vec::new();
    let mut start = 0_usize;
    for line in text.split_inclusive('\n') {
        if let Some(columns) = dumped(line) {
            digits.extend(columns);
        } else {
            for (at, c) in line.char_indices() {
                match c.to_digit(16) {
                    Some(_) => digits.push(c),
                    None if c.is_whitespace() || matches!(c, ':' | ',' | '-') => {}
                    // A prefix of every byte, or of all.
                    None if matches!(c, 'x' | 'X') && digits.last() == Some(&'0') => {
                        digits.pop();
                    }
                    None => return Err(start.saturating_add(at)),
                }
            }
        }
        start = start.saturating_add(line.len());
    }
    if digits.is_empty() || digits.len() % 2 != 0 {
        return Err(text.trim_end().len());
    }
    let value = |digit: &char| digit.to_digit(16).and_then(|it| u8::try_from(it).ok());
    let pair = |pair: &[char]| match pair {
        [high, low] => Some(value(high)? << 4 | value(low)?),
        _ => None,
    };
    digits.chunks(2).map(|it| pair(it).ok_or(start)).collect()
}

/// Returns the digits of a line that begins with an offset, without its column of characters.
fn dumped(line: &str) -> Option<Vec<char>> {
    let line = line.trim();
    let (offset, rest) = line.split_once(char::is_whitespace)?;
    let is_marked = offset.ends_with(':');
    let offset = offset.trim_end_matches(':').trim_start_matches("0x");
    let is_hex = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
    // Without a colon, two blanks distinguish an offset from the first bytes.
    let is_offset = OFFSET_DIGITS.contains(&offset.len()) && is_hex(offset);
    if !is_offset || !(is_marked || rest.starts_with(' ')) {
        return None;
    }
    let mut digits = Vec::new();
    let mut rest = rest.trim_start();
    while digits.len() < LINE_DIGITS {
        let word = rest.split_whitespace().next().unwrap_or_default();
        if word.is_empty() || word.len() % 2 != 0 || !is_hex(word) {
            break;
        }
        digits.extend(word.chars());
        let after = rest.get(word.len()..).unwrap_or_default();
        rest = after.trim_start();
        let blanks = after.len().saturating_sub(rest.len());
        // The column of characters follows; half a line may also be followed by two blanks.
        if blanks > 1 && digits.len() != LINE_DIGITS / 2 {
            break;
        }
    }
    Some(digits)
}

/// Reads base64, of either alphabet, with or without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let end = text
        .iter()
        .rposition(|byte| *byte != b'=')
        .map_or(0, |at| at.saturating_add(1));
    let (digits, padding) = text.split_at_checked(end)?;
    if digits.is_empty() || padding.len() > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::new();
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for digit in group {
            bits = bits << 6 | u32::from(base64_digit(*digit)?);
        }
        let missing = 4_usize.saturating_sub(group.len());
        bits = bits.checked_shl(u32::try_from(missing).ok()?.saturating_mul(6))?;
        let [_, a, b, c] = bits.to_be_bytes();
        let count = 3_usize.saturating_sub(missing);
        out.extend([a, b, c].into_iter().take(count));
    }
    Some(out)
}

fn base64_digit(byte: u8) -> Option<u8> {
    let place = |first: u8, plus: u8| byte.saturating_sub(first).saturating_add(plus);
    Some(match byte {
        b'A'..=b'Z' => place(b'A', 0),
        b'a'..=b'z' => place(b'a', 26),
        b'0'..=b'9' => place(b'0', 52),
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// How capture files begin: pcap in both byte orders with both units of time, and pcapng.
const CAPTURES: [[u8; 4]; 5] = [
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0x0a, 0x0d, 0x0d, 0x0a],
];
/// How many digits an offset has: 4 in Wireshark and tcpdump, 8 elsewhere.
const OFFSET_DIGITS: std::ops::RangeInclusive<usize> = 4..=8;
/// A line of a dump has 16 bytes.
const LINE_DIGITS: usize = 32;

#[cfg(test)]
mod tests {
    use super::{Recognized, base64, from_text, recognize};

    const BYTES: &[u8] = b"\0\0\x84\0\0\x01\0\0\0\0\0\0\x05_http\x04_tcp\x05local\0\0\x0c\0\x01";

    fn block() -> String {
        BYTES.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn dump(line: impl Fn(usize, &[u8]) -> String) -> String {
        let lines = BYTES.chunks(16).enumerate();
        lines
            .map(|(number, bytes)| line(number * 16, bytes) + "\n")
            .collect()
    }

    fn ascii(bytes: &[u8]) -> String {
        let shown = |byte: &u8| {
            if byte.is_ascii_graphic() {
                char::from(*byte)
            } else {
                '.'
            }
        };
        bytes.iter().map(shown).collect()
    }

    fn words(bytes: &[u8], size: usize) -> String {
        let word = |word: &[u8]| word.iter().map(|byte| format!("{byte:02x}")).collect();
        let words: Vec<String> = bytes.chunks(size).map(word).collect();
        words.join(" ")
    }

    #[test]
    fn hexadecimal_is_read_however_it_is_dumped() {
        let canonical = |at: usize, bytes: &[u8]| {
            let (left, right) = bytes.split_at(bytes.len().min(8));
            let (left, right) = (words(left, 1), words(right, 1));
            format!("{at:08x}  {left}  {right}  |{}|", ascii(bytes))
        };
        for text in [
            block(),
            block().to_uppercase(),
            format!("0x{}", block()),
            words(BYTES, 1),
            words(BYTES, 1).replace(' ', ":"),
            BYTES.iter().map(|byte| format!("0x{byte:02x}, ")).collect(),
            dump(|at, bytes| format!("{at:08x}: {}  {}", words(bytes, 2), ascii(bytes))),
            dump(|at, bytes| format!("\t0x{at:04x}:  {}  {}", words(bytes, 2), ascii(bytes))),
            dump(|at, bytes| format!("{at:04x}  {}   {}", words(bytes, 1), ascii(bytes))),
            dump(canonical),
        ] {
            assert_eq!(from_text(&text).as_deref(), Ok(BYTES), "{text}");
        }
    }

    #[test]
    fn base64_is_read_in_both_alphabets_with_and_without_padding() {
        for (text, bytes) in [
            ("AACEAA==", &[0, 0, 0x84, 0][..]),
            ("AACEAA", &[0, 0, 0x84, 0]),
            ("+/-_", &[0xfb, 0xff, 0xbf]),
            ("AA CE\nAAE=\n", &[0, 0, 0x84, 0, 1]),
        ] {
            assert_eq!(base64(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["", "A", "AAAAA", "A*==", "A===", "=AAA"] {
            assert_eq!(base64(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused_with_the_place() {
        assert_eq!(
            from_text("0000g"),
            Err("neither base64 nor hexadecimal: the latter ends at character 4".to_owned())
        );
        assert!(from_text("00 0").is_err(), "half a byte, and no message");
        assert!(from_text("").is_err());
    }

    #[test]
    fn bytes_are_a_message_and_a_capture_is_recognized_also_as_text() {
        let Ok(Recognized::Message(bytes)) = recognize(BYTES.to_vec()) else {
            panic!("a message");
        };
        assert_eq!(bytes, BYTES);
        let mut file = Vec::new();
        cooee_capture::write::section_header(&mut file);
        let text: String = file.iter().map(|byte| format!("{byte:02x}")).collect();
        for input in [file, text.into_bytes()] {
            let input = recognize(input);
            assert!(matches!(input, Ok(Recognized::Capture(_))), "{input:?}");
        }
        let cut = recognize(vec![0xa1, 0xb2, 0xc3, 0xd4, 0]);
        assert!(cut.unwrap_err().contains("cut short at byte 0"));
    }
}
