//! Reads the modules, imports and type names of one Rust file.
//!
//! In:  a parsed file.
//! Out: its declarations, its imports, and every path that names another module, without tests.

use crate::tidy::source::Source;

/// The modules and types of one file, in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) modules: Vec<Declared>,
    pub(super) types: Vec<Declared>,
    pub(super) imports: Vec<Import>,
}

/// A module or a type that is declared here.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) line: usize,
    /// The inline modules around it, from the file's own module inwards.
    pub(super) within: Vec<String>,
    pub(super) name: String,
    /// Whether it has a `#[cfg(...)]`.
    pub(super) is_conditional: bool,
}

/// A path that may lead to another module.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) line: usize,
    /// The inline modules around it, from the file's own module inwards.
    pub(super) within: Vec<String>,
    /// The path as written; the last part is `*` for a glob.
    pub(super) path: Vec<String>,
    /// The name that a `use` gives it within the module.
    pub(super) alias: Option<String>,
}

/// Reads one file.
pub(super) fn parse(source: &Source) -> Parsed {
    let mut reader = Reader {
        tokens: tokens(source),
        at: 0,
        scopes: Vec::new(),
        is_conditional: false,
        parsed: Parsed::default(),
    };
    while reader.at < reader.tokens.len() {
        reader.step();
    }
    reader.parsed
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Mark(char),
    /// `::`
    Into,
}

/// Splits the code into words and marks with their lines; tests and blanks are left out.
fn tokens(source: &Source) -> Vec<(usize, Token<'_>)> {
    let mut list = Vec::new();
    for (index, text) in source.code.lines().enumerate() {
        let line = index + 1;
        if source.is_test_line(line) {
            continue;
        }
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let (token, length) = token(rest, first);
            list.push((line, token));
            rest = rest.get(length..).unwrap_or_default().trim_start();
        }
    }
    list
}

fn token(rest: &str, first: char) -> (Token<'_>, usize) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if is_word(first) {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        return (Token::Word(rest.get(..length).unwrap_or_default()), length);
    }
    if rest.starts_with("::") {
        return (Token::Into, 2);
    }
    (Token::Mark(first), first.len_utf8())
}

/// What an opening brace belongs to.
enum Scope {
    Module(String),
    Other,
}

struct Reader<'a> {
    tokens: Vec<(usize, Token<'a>)>,
    at: usize,
    scopes: Vec<Scope>,
    is_conditional: bool,
    parsed: Parsed,
}

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).map(|(_, token)| *token)
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |(line, _)| *line)
    }

    fn before(&self) -> Option<Token<'a>> {
        let before = self.at.checked_sub(1)?;
        self.tokens.get(before).map(|(_, token)| *token)
    }

    /// Reads one item's head, path, brace or attribute, or skips a token.
    fn step(&mut self) {
        match self.peek(0) {
            Some(Token::Mark('#')) => self.attribute(),
            Some(Token::Mark('{')) => self.open(Scope::Other),
            Some(Token::Mark('}')) => {
                self.scopes.pop();
                self.end_of_item();
            }
            Some(Token::Mark(';')) => self.end_of_item(),
            Some(Token::Word(word)) => self.word(word),
            _ => self.at += 1,
        }
    }

    fn end_of_item(&mut self) {
        self.is_conditional = false;
        self.at += 1;
    }

    fn open(&mut self, scope: Scope) {
        self.scopes.push(scope);
        self.end_of_item();
    }

    fn word(&mut self, word: &'a str) {
        match (word, self.peek(1)) {
            ("mod", Some(Token::Word(name))) => self.module(name),
            ("use", Some(Token::Word(_) | Token::Mark('{'))) => self.import(),
            ("struct" | "enum" | "union" | "trait" | "type", Some(Token::Word(name))) => {
                if self.is_in_module() {
                    let declared = self.declared(name);
                    self.parsed.types.push(declared);
                }
                self.at += 2;
            }
            ("crate" | "self" | "super", Some(Token::Into)) => self.inline_path(),
            _ => self.at += 1,
        }
    }

    /// Records a `#[cfg(...)]`, and skips any attribute.
    fn attribute(&mut self) {
        let open = if self.peek(1) == Some(Token::Mark('!')) {
            2
        } else {
            1
        };
        if self.peek(open) != Some(Token::Mark('[')) {
            self.at += 1;
            return;
        }
        self.is_conditional |= self.peek(open + 1) == Some(Token::Word("cfg"));
        self.at += open;
        let mut depth = 0_usize;
        while let Some(token) = self.peek(0) {
            self.at += 1;
            match token {
                Token::Mark('[') => depth += 1,
                Token::Mark(']') if depth == 1 => return,
                Token::Mark(']') => depth -= 1,
                Token::Mark(_) | Token::Word(_) | Token::Into => {}
            }
        }
    }

    fn module(&mut self, name: &str) {
        let declared = self.declared(name);
        self.parsed.modules.push(declared);
        self.at += 2;
        if self.peek(0) == Some(Token::Mark('{')) {
            self.open(Scope::Module(name.to_owned()));
        }
    }

    fn declared(&self, name: &str) -> Declared {
        Declared {
            line: self.line(),
            within: self.within(),
            name: name.to_owned(),
            is_conditional: self.is_conditional,
        }
    }

    fn within(&self) -> Vec<String> {
        let names = self.scopes.iter().filter_map(|scope| match scope {
            Scope::Module(name) => Some(name.clone()),
            Scope::Other => None,
        });
        names.collect()
    }

    /// Returns whether an item here belongs to a module, not to a function or a trait.
    fn is_in_module(&self) -> bool {
        self.scopes
            .iter()
            .all(|scope| matches!(scope, Scope::Module(_)))
    }

    /// Reads a path within code: `crate::a::b(...)`.
    fn inline_path(&mut self) {
        let is_visibility = self.before() == Some(Token::Word("in"));
        let line = self.line();
        let mut path = Vec::new();
        while let Some(Token::Word(word)) = self.peek(0) {
            path.push(word.to_owned());
            self.at += 1;
            if self.peek(0) != Some(Token::Into) {
                break;
            }
            self.at += 1;
        }
        if !is_visibility {
            self.push(line, path, None);
        }
    }

    fn import(&mut self) {
        self.at += 1;
        self.tree(&mut Vec::new());
        self.end_of_item();
    }

    /// Reads one branch of a `use`, up to the comma, the closing brace or the semicolon after it.
    fn tree(&mut self, prefix: &mut Vec<String>) {
        let depth = prefix.len();
        let line = self.line();
        while let Some(token) = self.peek(0) {
            match token {
                Token::Word("as") => {
                    if let Some(Token::Word(alias)) = self.peek(1) {
                        self.push_leaf(line, prefix, Some(alias));
                    }
                    self.at += 2;
                    prefix.truncate(depth);
                    return;
                }
                Token::Word(word) => prefix.push(word.to_owned()),
                Token::Mark('*') => prefix.push("*".to_owned()),
                Token::Mark('{') => {
                    self.branches(prefix);
                    prefix.truncate(depth);
                    return;
                }
                Token::Into => {}
                Token::Mark(_) => break,
            }
            self.at += 1;
        }
        if prefix.len() > depth {
            self.push_leaf(line, prefix, None);
        }
        prefix.truncate(depth);
    }

    fn branches(&mut self, prefix: &mut Vec<String>) {
        self.at += 1;
        while let Some(token) = self.peek(0) {
            match token {
                Token::Mark('}') => {
                    self.at += 1;
                    return;
                }
                Token::Mark(',') => self.at += 1,
                Token::Word(_) | Token::Into | Token::Mark('*' | '{') => self.tree(prefix),
                Token::Mark(_) => return,
            }
        }
    }

    fn push_leaf(&mut self, line: usize, path: &[String], alias: Option<&str>) {
        let mut path = path.to_vec();
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let last = path.last().cloned();
        let alias = alias.map(str::to_owned).or(last);
        let alias = alias.filter(|_| self.is_in_module());
        self.push(line, path, alias);
    }

    fn push(&mut self, line: usize, path: Vec<String>, alias: Option<String>) {
        let within = self.within();
        self.parsed.imports.push(Import {
            line,
            within,
            path,
            alias,
        });
    }
}
