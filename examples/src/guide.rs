//! The chapters of the guide in `docs/book`: `cargo test --doc -p cooee-examples` compiles the code
//! in them, and runs what is not marked `no_run`.
//!
//! In:  the chapters. Out: a module for each of them, for `rustdoc` only.
#![forbid(unsafe_code)]

/// Includes each chapter under a name.
macro_rules! chapters {
    ($($name:ident = $file:literal,)+) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../../docs/book/src/", $file))]
            mod $name {}
        )+

        #[cfg(test)]
        const CHAPTERS: &[&str] = &[$($file),+];
    };
}

chapters! {
    introduction = "introduction.md",
    first_steps = "first-steps.md",
    browse = "browse.md",
    connect = "connect.md",
    register = "register.md",
    interfaces = "interfaces.md",
    other_stacks = "other-stacks.md",
    replacing_avahi = "replacing-avahi.md",
    cooeed = "cooeed.md",
    vlans = "vlans.md",
    containers = "containers.md",
    kubernetes = "kubernetes.md",
    campus = "campus.md",
    windows = "windows.md",
    wsl = "wsl.md",
    mobile = "mobile.md",
    security = "security.md",
    troubleshooting = "troubleshooting.md",
    inside = "inside.md",
    coming_from = "coming-from.md",
    comparison = "comparison.md",
}

#[cfg(test)]
mod tests;
