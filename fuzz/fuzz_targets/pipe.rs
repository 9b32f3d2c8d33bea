//! Any line is words that quoting restores, and a command or an error with a text.
#![no_main]

#[allow(dead_code, reason = "what follows parsing is not looked at")]
#[path = "../../crates/cooee-cli/src/pipe/command.rs"]
mod command;
#[allow(dead_code, reason = "targets that the pipe does not take stay unused")]
#[path = "../../crates/cooee-cli/src/target.rs"]
mod target;
#[path = "../../crates/cooee-cli/src/pipe/words.rs"]
mod words;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(line) = std::str::from_utf8(bytes) else {
        return;
    };
    let words = match words::split(line) {
        Ok(words) => words,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    assert_eq!(words::split(&quoted.join(" ")).as_ref(), Ok(&words));
    match command::Command::parse(words) {
        Ok(command) => assert!(!format!("{command:?}").is_empty()),
        Err(message) => assert!(!message.is_empty()),
    }
});

fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
