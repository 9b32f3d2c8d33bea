//! A user's function that chooses names, protected so that it cannot harm the driver.
//!
//! In:  a function that may panic or return an invalid name.
//! Out: a policy for the engine: a valid label, or giving up. RFC 6762 section 9.

use cooee_proto::dnssd::host_name::{LABEL_LEN_MAX, is_printable};
use cooee_proto::dnssd::{Chooser, OnConflict};

use crate::callback::Callback;

/// Returns a policy that calls `choose` for the label after the one that is in use.
pub(super) fn by(
    choose: impl Fn(&str, u32) -> Option<String> + Send + Sync + 'static,
) -> OnConflict {
    let choose = Callback::new(
        "a function that chooses names: the name is given up",
        choose,
    );
    OnConflict::Choose(Chooser::new(move |taken, attempt| {
        let chosen = choose.call(None, |choose| choose(taken, attempt))?;
        if is_label(&chosen) {
            return Some(chosen);
        }
        tracing::warn!("a function that chooses names gave none that can be; giving up");
        None
    }))
}

fn is_label(text: &str) -> bool {
    is_printable(text) && text.len() <= LABEL_LEN_MAX
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
