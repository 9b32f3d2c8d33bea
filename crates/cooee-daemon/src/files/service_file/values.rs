//! The values within a service file: ports and TXT strings.
//!
//! In:  the text of an element.
//! Out: the port; the bytes of the string.

/// How the value of a TXT string is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Hex,
    Base64,
}

impl Format {
    pub(super) fn read(word: &str) -> Option<Self> {
        match word {
            "text" => Some(Self::Text),
            "binary-hex" => Some(Self::Hex),
            "binary-base64" => Some(Self::Base64),
            _ => None,
        }
    }
}

/// Reads a port as C's `atoi` does: blanks, a sign, digits; what follows does not count.
pub(super) fn port(text: &str) -> Result<u16, String> {
    let wrong = || format!("`{text}` is not a port: expected 0 to 65535");
    let number = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (is_negative, digits) = match number.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let end = digits.find(|character: char| !character.is_ascii_digit());
    let digits = digits
        .get(..end.unwrap_or(digits.len()))
        .unwrap_or_default();
    let port: u16 = match digits {
        "" => 0,
        _ => digits.parse().map_err(|_| wrong())?,
    };
    match is_negative && port > 0 {
        true => Err(wrong()),
        false => Ok(port),
    }
}

/// Reads a TXT string: what follows the first `=` is in the format, if there is one.
pub(super) fn decode(text: &str, format: Format) -> Result<Vec<u8>, String> {
    let Some((key, value)) = text.split_once('=') else {
        return Ok(text.as_bytes().to_vec());
    };
    let value = match format {
        Format::Text => value.as_bytes().to_vec(),
        Format::Hex => hex(value).ok_or_else(|| format!("`{value}` is not hexadecimal"))?,
        Format::Base64 => base64(value).ok_or_else(|| format!("`{value}` is not base64"))?,
    };
    Ok([key.as_bytes(), b"=", &value].concat())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| {
        let value = digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?;
        u8::try_from(value).ok()
    };
    match rest {
        [] => pairs.iter().map(byte).collect(),
        _ => None,
    }
}

/// Reads base64 with padding (RFC 4648 section 4).
fn base64(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
    if bytes.len().checked_rem(4)? != 0 || padding > 2 {
        return None;
    }
    let digits = bytes.get(..bytes.len().checked_sub(padding)?)?;
    let mut decoded = Vec::new();
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for at in 0..4 {
            let value = match group.get(at) {
                Some(digit) => sextet(*digit)?,
                None => 0,
            };
            bits = bits << 6 | u32::from(value);
        }
        let [_, first, second, third] = bits.to_be_bytes();
        let whole = [first, second, third];
        decoded.extend_from_slice(whole.get(..group.len().checked_sub(1)?)?);
    }
    Some(decoded)
}

fn sextet(digit: u8) -> Option<u8> {
    let place = ALPHABET.iter().position(|known| *known == digit)?;
    u8::try_from(place).ok()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::{Format, decode, port};

    #[test]
    fn ports_are_read_as_by_atoi() {
        assert_eq!(port("80"), Ok(80));
        assert_eq!(port(" \n+80x"), Ok(80));
        assert_eq!(port(""), Ok(0));
        assert_eq!(port("http"), Ok(0));
        assert_eq!(port("-0"), Ok(0));
        assert!(port("-1").is_err());
        assert!(port("65536").is_err());
    }

    #[test]
    fn values_are_decoded_after_the_first_equals_sign() {
        let bytes = |text, format| decode(text, format).unwrap();
        assert_eq!(bytes("a=b=c", Format::Text), b"a=b=c");
        assert_eq!(bytes("00ff", Format::Hex), b"00ff");
        assert_eq!(bytes("k=00Ff", Format::Hex), b"k=\x00\xff");
        assert_eq!(bytes("k=", Format::Hex), b"k=");
        assert_eq!(bytes("k=AP8=", Format::Base64), b"k=\x00\xff");
        assert_eq!(bytes("k=AA==", Format::Base64), b"k=\x00");
        assert_eq!(bytes("k=TWFu", Format::Base64), b"k=Man");
        for wrong in ["k=0", "k=0g"] {
            assert!(decode(wrong, Format::Hex).is_err(), "{wrong}");
        }
        for wrong in ["k=A", "k=A===", "k=AA=A", "k=AA A", "k====="] {
            assert!(decode(wrong, Format::Base64).is_err(), "{wrong}");
        }
    }
}
