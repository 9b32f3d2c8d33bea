//! The seed of a run, and what to print about it when the run fails.
//!
//! In:  the place of a test, and the environment variable `COOEE_SEED`.
//! Out: the seed; on failure one line to find and one command to repeat the run.

use std::fmt;

/// A run's seed: the number from which everything random in it follows, and its place in the
/// source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed {
    number: u64,
    package: &'static str,
}

impl Seed {
    /// Returns the seed for a place in the source, unless `COOEE_SEED` (decimal or 0x) overrides
    /// it.
    ///
    /// # Panics
    /// Panics if `COOEE_SEED` is not a 64-bit number: a replay with a different seed would mislead.
    pub fn at(package: &'static str, module: &str, line: u32) -> Self {
        let number = match std::env::var("COOEE_SEED") {
            Ok(text) => parse(&text).expect("COOEE_SEED is a number, decimal or 0x.."),
            Err(_) => default_for(module, line),
        };
        Self { number, package }
    }

    /// Returns a seed of a chosen number.
    pub const fn of(number: u64) -> Self {
        Self {
            number,
            package: "cooee-sim",
        }
    }

    /// Returns the number.
    pub const fn number(self) -> u64 {
        self.number
    }

    /// Returns the command that repeats the run of test `test` with this seed.
    pub fn replay(self, test: &str) -> String {
        format!(
            "COOEE_SEED={:#x} cargo test -p {} {test} -- --exact",
            self.number, self.package
        )
    }
}

impl From<u64> for Seed {
    fn from(number: u64) -> Self {
        Self::of(number)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.number)
    }
}

/// Yields the [`Seed`] of its place in the source, or the one in `COOEE_SEED`.
#[macro_export]
macro_rules! seed {
    () => {
        $crate::Seed::at(env!("CARGO_PKG_NAME"), module_path!(), line!())
    };
}

fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn default_for(module: &str, line: u32) -> u64 {
    // FNV-1a: the same place has the same seed on every machine and in every build.
    let bytes = module.bytes().chain(line.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_read_in_both_notations_and_nothing_else() {
        assert_eq!(parse("42"), Some(42));
        assert_eq!(parse(" 0x2a\n"), Some(42));
        assert_eq!(parse("ffff"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn two_places_have_two_seeds() {
        assert_ne!(default_for("a", 1), default_for("a", 2));
        assert_ne!(default_for("a", 1), default_for("b", 1));
    }

    #[test]
    fn the_replay_command_names_seed_package_and_test() {
        let command = Seed::of(0x2a).replay("browse::finds_all");
        assert_eq!(
            command,
            "COOEE_SEED=0x2a cargo test -p cooee-sim browse::finds_all -- --exact"
        );
    }
}
