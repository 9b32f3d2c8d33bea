//! The guide as a website.
//!
//! In:  `docs/book`.
//! Out: `target/book`, if mdBook is installed. The tests of `cooee-examples` check the chapters, their
//!      code and their links without it.

use crate::shell;

/// Builds the website. Without mdBook, says so and does nothing, unless nothing may be left out.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if let [unknown, ..] = arguments {
        return Err(format!("takes nothing, got `{unknown}`"));
    }
    if shell::succeeds(shell::command("mdbook", &["--version"])) {
        return shell::run(shell::command("mdbook", &["build", "docs/book"]));
    }
    let missing = "mdBook is missing: `cargo install --locked --no-default-features mdbook`";
    if std::env::var("CI").as_deref() == Ok("true") {
        return Err(missing.to_owned());
    }
    println!("the website of the guide is not built: {missing}");
    Ok(())
}
