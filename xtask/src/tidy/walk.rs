//! The files of the repository that are written by hand.
//!
//! In:  the repository's top folder.
//! Out: its Rust, TOML and Markdown files with their text, in path order; of others only the path.

use std::fs;
use std::io;
use std::path::Path;

/// A file with its path from the top, forward slashes.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// Returns the part of the name after the last dot.
    pub(crate) fn extension(&self) -> &str {
        self.path
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension)
    }

    /// Returns the name without its folders.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Reads every file below `root`, except build products and version control.
pub(crate) fn files(root: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    walk(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<File>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            if !is_left_out(&name) {
                walk(&entry.path(), &format!("{path}/"), files)?;
            }
            continue;
        }
        let mut file = File {
            path,
            text: String::new(),
        };
        if matches!(file.extension(), "rs" | "toml" | "md") {
            file.text = fs::read_to_string(entry.path())?;
        }
        files.push(file);
    }
    Ok(())
}

fn is_left_out(folder: &str) -> bool {
    matches!(
        folder,
        "target" | ".git" | "corpus" | "artifacts" | "node_modules"
    )
}
