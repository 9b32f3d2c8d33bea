//! A user's function that chooses names, kept from harming the driver that calls it.
//!
//! In:  a function that may panic or answer nonsense.
//! Out: a policy for the engine: a right label, or the name is given up.
//! RFC 6762 section 9.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cooee_proto::dnssd::{Chooser, OnConflict};

use super::host::is_printable;

/// A policy that asks `choose` for the label after the one that is taken.
pub(crate) fn by(
    choose: impl Fn(&str, u32) -> Option<String> + Send + Sync + 'static,
) -> OnConflict {
    OnConflict::Choose(Chooser::new(move |taken, attempt| {
        // What the function leaves half done is its own affair; the driver goes on.
        let chosen = catch_unwind(AssertUnwindSafe(|| choose(taken, attempt)));
        let Ok(chosen) = chosen else {
            tracing::error!("a function that chooses names has panicked; the name is given up");
            return None;
        };
        let chosen = chosen?;
        if is_label(&chosen) {
            return Some(chosen);
        }
        tracing::warn!("a function that chooses names gave none that can be; giving up");
        None
    }))
}

fn is_label(text: &str) -> bool {
    is_printable(text) && text.len() <= super::host::LABEL_LEN_MAX
}

#[cfg(test)]
mod tests {
    use super::by;
    use cooee_proto::dnssd::{Chooser, OnConflict};

    fn chooser(answer: fn(&str, u32) -> Option<String>) -> Chooser {
        match by(answer) {
            OnConflict::Choose(chooser) => chooser,
            OnConflict::Rename | OnConflict::GiveUp => panic!("it is a function"),
        }
    }

    #[test]
    fn a_function_that_panics_or_answers_nonsense_gives_the_name_up() {
        let wrong: [fn(&str, u32) -> Option<String>; 5] = [
            |_, _| panic!("on purpose"),
            |_, _| None,
            |_, _| Some(String::new()),
            |_, _| Some("a\nb".to_owned()),
            |_, _| Some("x".repeat(64)),
        ];
        for answer in wrong {
            assert_eq!(chooser(answer).choose("Web", 1), None);
        }
        let right = chooser(|taken, attempt| Some(format!("{taken} {attempt}")));
        assert_eq!(right.choose("Web", 7).as_deref(), Some("Web 7"));
    }
}
