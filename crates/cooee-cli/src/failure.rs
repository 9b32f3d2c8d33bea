//! Why the program ends without success.
//!
//! In:  errors of the library and of standard output.
//! Out: an exit code, and a line for standard error, with a hint where one helps.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use cooee::{
    BrowseError, InterfacesError, LookupError, QueryError, RegisterError, ResolveError,
    SelectError, StartError,
};

/// What went wrong.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing was found, or not in time.
    NotFound(String),
    /// An argument is wrong in a way that only the machine or the library could detect.
    Argument(String),
    /// The program cannot start or go on.
    Start {
        message: String,
        hint: Option<&'static str>,
    },
    /// Something was announced, but not on every interface and by every family.
    Partly(String),
    /// Standard output cannot be written.
    Output(io::Error),
}

impl Failure {
    /// Prints it to standard error, and returns the exit code.
    pub(crate) fn tell(&self) -> ExitCode {
        let (code, hint) = match self {
            // The reader has what it wanted.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            Self::NotFound(_) => (1, None),
            Self::Argument(_) => (
                2,
                Some("`cooee help COMMAND` lists the arguments of a command"),
            ),
            Self::Start { hint, .. } => (3, *hint),
            Self::Partly(_) => (4, None),
            Self::Output(_) => (3, None),
        };
        let mut stderr = anstream::stderr().lock();
        // If standard error is closed, nobody reads it.
        let _ = writeln!(stderr, "{ERROR}error:{ERROR:#} {}", self.message());
        if let Some(hint) = hint {
            let _ = writeln!(stderr, "{HINT}hint:{HINT:#} {hint}");
        }
        ExitCode::from(code)
    }

    /// Returns its text, safe for a terminal.
    pub(crate) fn message(&self) -> String {
        let text = match self {
            Self::NotFound(message) | Self::Argument(message) | Self::Partly(message) => {
                message.clone()
            }
            Self::Start { message, .. } => message.clone(),
            Self::Output(error) => format!("standard output cannot be written: {error}"),
        };
        crate::escape::escape(&text).into_owned()
    }

    fn start(error: &impl Display) -> Self {
        Self::Start {
            message: error.to_string(),
            hint: None,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<InterfacesError> for Failure {
    fn from(error: InterfacesError) -> Self {
        let message = error.to_string();
        let InterfacesError::Select(refusal) = error else {
            return Self::start(&message);
        };
        if !matches!(refusal, SelectError::NothingLeft { .. }) {
            return Self::Argument(message);
        }
        let hint = "`cooee interfaces` lists them; `--interface NAME` uses one anyway";
        Self::Start {
            message,
            hint: Some(hint),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        if let StartError::Interfaces(error) = error {
            return error.into();
        }
        Self::start(&error)
    }
}

impl From<BrowseError> for Failure {
    fn from(error: BrowseError) -> Self {
        Self::start(&error)
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::start(&error)
    }
}

impl From<ResolveError> for Failure {
    fn from(error: ResolveError) -> Self {
        if matches!(
            error,
            ResolveError::TimedOut { .. } | ResolveError::Unavailable { .. }
        ) {
            return Self::NotFound(error.to_string());
        }
        if matches!(error, ResolveError::Name(_) | ResolveError::Interface(_)) {
            return Self::Argument(error.to_string());
        }
        Self::start(&error)
    }
}

impl From<LookupError> for Failure {
    fn from(error: LookupError) -> Self {
        if matches!(
            error,
            LookupError::TimedOut { .. } | LookupError::NoAddress { .. }
        ) {
            return Self::NotFound(error.to_string());
        }
        if matches!(error, LookupError::Name { .. } | LookupError::Interface(_)) {
            return Self::Argument(error.to_string());
        }
        Self::start(&error)
    }
}

impl From<RegisterError> for Failure {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::NameTaken { name } => Self::NotFound(format!(
                "`{name}` belongs to another host; choose another name, or leave out `--no-rename`"
            )),
            RegisterError::TimedOut { .. } => Self::NotFound(error.to_string()),
            RegisterError::Driver(_) => Self::start(&error),
            RegisterError::Interface(_)
            | RegisterError::Name(_)
            | RegisterError::Txt(_)
            | RegisterError::Host { .. }
            | RegisterError::Record { .. }
            | RegisterError::Address { .. }
            | RegisterError::NoAddress { .. }
            | RegisterError::ServiceType(_)
            | RegisterError::Refused(_)
            | _ => Self::Argument(refusal(&error)),
        }
    }
}

/// Returns why something is not published, with the program's remedy.
pub(crate) fn refusal(error: &RegisterError) -> String {
    if let RegisterError::ServiceType(broken) = error {
        return format!("{broken}; `--any-type` allows it");
    }
    error.to_string()
}

/// Prints a warning to standard error.
pub(crate) fn warn(text: &str) {
    // If standard error is closed, nobody reads it.
    let _ = writeln!(
        anstream::stderr(),
        "warning: {}",
        crate::escape::escape(text)
    );
}

const ERROR: anstyle::Style = anstyle::AnsiColor::Red.on_default().bold();
const HINT: anstyle::Style = anstyle::AnsiColor::Cyan.on_default().bold();

#[cfg(test)]
mod tests {
    use std::io;
    use std::process::ExitCode;

    use cooee::{InterfacesError, SelectError, StartError};

    use super::Failure;

    #[test]
    fn each_failure_has_its_exit_code() {
        let text = String::new;
        let pipe = io::Error::from(io::ErrorKind::BrokenPipe);
        let full = io::Error::from(io::ErrorKind::StorageFull);
        for (failure, code) in [
            (Failure::Output(pipe), 0),
            (Failure::NotFound(text()), 1),
            (Failure::Argument(text()), 2),
            (
                Failure::Start {
                    message: text(),
                    hint: None,
                },
                3,
            ),
            (Failure::Output(full), 3),
            (Failure::Partly(text()), 4),
        ] {
            assert_eq!(failure.tell(), ExitCode::from(code), "{failure:?}");
        }
    }

    #[test]
    fn no_interface_left_is_a_failed_start_with_a_hint() {
        let left = SelectError::NothingLeft {
            decisions: Vec::new(),
        };
        let failure = Failure::from(StartError::Interfaces(InterfacesError::Select(left)));
        let Failure::Start {
            hint: Some(hint), ..
        } = failure
        else {
            panic!("{failure:?}")
        };
        assert!(hint.contains("--interface"));
        let list = InterfacesError::Select(SelectError::EmptyList);
        assert!(matches!(Failure::from(list), Failure::Argument(_)));
    }

    #[test]
    fn what_a_stranger_named_does_not_steer_the_terminal() {
        let message = Failure::NotFound("a\u{1b}[2J".to_owned()).message();
        assert_eq!(message, "a\\027[2J");
    }
}
