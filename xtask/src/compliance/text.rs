//! RFC texts without page breaks: a sentence that runs over a page break is one sentence.
//!
//! In:  an RFC's text as it is published, in pages.
//! Out: the same words without running heads and feet.

use crate::tidy::citations::is_page_furniture;

/// Removes the page breaks from a text.
pub(super) fn whole(text: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if !is_page_furniture(line) {
            out.push(line);
            continue;
        }
        while lines
            .next_if(|line| is_page_furniture(line) || line.trim().is_empty())
            .is_some()
        {}
        while out.last().is_some_and(|line| line.trim().is_empty()) {
            out.pop();
        }
        let open = out
            .last()
            .is_some_and(|line| !line.trim_end().ends_with(['.', ':']));
        let goes_on = lines.peek().is_some_and(|line| is_running_text(line));
        if !(open && goes_on) {
            out.push("");
        }
    }
    out.push("");
    out.join("\n")
}

/// Returns whether a line belongs to a paragraph, not to a heading or bullet.
fn is_running_text(line: &str) -> bool {
    line.starts_with("   ") && line.trim_start().starts_with(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::whole;

    const BREAK: &str = "\n\n\nCooper                       Standards Track                    [Page 1]\n\u{c}\n\
                         RFC 9999                     Shouting                    February 2013\n\n\n";

    #[test]
    fn a_sentence_over_a_page_break_is_joined() {
        let text = format!("   A host MUST{BREAK}   shout.\n");
        assert_eq!(whole(&text), "   A host MUST\n   shout.\n");
    }

    #[test]
    fn what_ended_before_the_page_break_stays_apart() {
        for (before, after) in [
            ("   It shouts.", "   It rests."),
            ("   Either:", "   shout"),
            ("   shout", "   * rest"),
            ("   shout", "2.  Rest"),
        ] {
            let text = format!("{before}{BREAK}{after}\n");
            assert_eq!(whole(&text), format!("{before}\n\n{after}\n"));
        }
    }
}
