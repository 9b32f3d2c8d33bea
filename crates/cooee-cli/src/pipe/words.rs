//! Splits a line into words like a POSIX shell, without any expansion.
//!
//! In:  one line.
//! Out: its words, or what is not closed.

/// Why a line is not a list of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WordsError {
    /// A quote is not closed.
    OpenQuote(char),
    /// The line ends in a backslash.
    LastBackslash,
}

/// Splits at blanks. `'...'` is literal; in `"..."` and outside quotes, a backslash makes the next
/// character literal; adjacent parts form one word.
pub(crate) fn split(line: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    // `Some` from the first character or quote of a word, so that `''` is a word.
    let mut word: Option<String> = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => single(&mut rest, word.get_or_insert_default())?,
            '"' => double(&mut rest, word.get_or_insert_default())?,
            '\\' => {
                let next = rest.next().ok_or(WordsError::LastBackslash)?;
                word.get_or_insert_default().push(next);
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

fn single(rest: &mut impl Iterator<Item = char>, word: &mut String) -> Result<(), WordsError> {
    for c in rest {
        if c == '\'' {
            return Ok(());
        }
        word.push(c);
    }
    Err(WordsError::OpenQuote('\''))
}

fn double(rest: &mut impl Iterator<Item = char>, word: &mut String) -> Result<(), WordsError> {
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok(()),
            '\\' => word.push(rest.next().ok_or(WordsError::OpenQuote('"'))?),
            other => word.push(other),
        }
    }
    Err(WordsError::OpenQuote('"'))
}

impl std::fmt::Display for WordsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OpenQuote(quote) => write!(f, "the quote {quote} is not closed"),
            Self::LastBackslash => f.write_str("the line ends in a backslash"),
        }
    }
}

#[cfg(test)]
mod tests;
