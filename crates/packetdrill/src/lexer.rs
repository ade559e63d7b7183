//! Cuts a script into tokens: numbers, words, strings, shell and Python blocks, punctuation.
//!
//! White space and comments (`// ...`, `/* ... */`, `# ...`) separate tokens and are dropped.
//! Conditional sections (`#ifdef`) are resolved here as well, so the parser never sees the lines
//! that do not apply.

use crate::preprocess::{Conditionals, Directive};
use crate::source::{ScriptError, Source, Span};

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Decimal digits, with a sign if it was written without a space.
    Integer(String),
    /// `0x` and hexadecimal digits.
    Hex(String),
    /// Digits with one point among them.
    Decimal(String),
    /// An IPv4 address in dotted form.
    Address(String),
    /// Letters, digits and underscores.
    Word(String),
    /// A string in double quotes, escapes kept as written.
    Text(String),
    /// A shell command between backticks.
    Shell(String),
    /// Python between `%{` and `}%`.
    Code(String),
    /// `--name` or `--name=value`.
    Option {
        /// Without the two hyphens.
        name: String,
        /// Text after `=` up to white space.
        value: Option<String>,
    },
    /// `...`
    Ellipsis,
    /// Any other single character.
    Punct(char),
    /// The end of the script.
    End,
}

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// Cuts the whole script. The last token is always [`TokenKind::End`].
pub(crate) fn tokens(source: &Source, defined: &[&str]) -> Result<Vec<Token>, ScriptError> {
    let mut lexer = Lexer {
        source,
        text: source.text(),
        at: 0,
        conditionals: Conditionals::new(defined),
    };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        let done = token.kind == TokenKind::End;
        tokens.push(token);
        if done {
            lexer.conditionals.finish(source)?;
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    source: &'a Source,
    text: &'a str,
    at: usize,
    conditionals: Conditionals,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error<T>(&self, span: Span, message: impl Into<String>) -> Result<T, ScriptError> {
        Err(ScriptError::new(self.source, span, message))
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    fn token(&self, start: usize, kind: TokenKind) -> Token {
        Token {
            kind,
            span: Span {
                start,
                end: self.at,
            },
        }
    }

    fn next(&mut self) -> Result<Token, ScriptError> {
        self.skip_blank()?;
        let start = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(self.token(start, TokenKind::End));
        };
        if first == '`' {
            let command = self.until(1, "`", "a shell command ends with a second `")?;
            return Ok(self.token(start, TokenKind::Shell(command)));
        }
        if rest.starts_with("%{") {
            let code = self.until(2, "}%", "a Python block ends with }%")?;
            return Ok(self.token(start, TokenKind::Code(code)));
        }
        if first == '"' {
            return self.text_token();
        }
        if let Some(tail) = rest.strip_prefix("--")
            && tail.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return Ok(self.option_token());
        }
        if rest.starts_with("...") {
            self.at += 3;
            return Ok(self.token(start, TokenKind::Ellipsis));
        }
        let digit_after = |skip: usize| rest[skip..].starts_with(|c: char| c.is_ascii_digit());
        if first.is_ascii_digit() || ((first == '.' || first == '-') && digit_after(1)) {
            return Ok(self.number_token());
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let word = self
                .take_while(|c| c.is_ascii_alphanumeric() || c == '_')
                .to_owned();
            return Ok(self.token(start, TokenKind::Word(word)));
        }
        self.at += first.len_utf8();
        if first.is_ascii_graphic() {
            return Ok(self.token(start, TokenKind::Punct(first)));
        }
        let span = Span {
            start,
            end: self.at,
        };
        let what = if first == '\u{fffd}' {
            "a byte that is no UTF-8".to_owned()
        } else {
            format!("character {first:?}")
        };
        self.error(
            span,
            format!("{what} has no meaning outside comments and strings"),
        )
    }

    /// Skips white space, comments and the sections that a conditional excludes.
    fn skip_blank(&mut self) -> Result<(), ScriptError> {
        loop {
            self.take_while(char::is_whitespace);
            let rest = self.rest();
            if rest.starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if rest.starts_with("/*") {
                self.until(2, "*/", "a comment that opens with /* ends with */")?;
            } else if rest.starts_with('#') {
                self.hash_line()?;
            } else {
                return Ok(());
            }
        }
    }

    /// A line that starts with `#`: a directive if its word is one, otherwise a comment.
    fn hash_line(&mut self) -> Result<(), ScriptError> {
        let start = self.at;
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = self.take_while(|c| c != '\n');
        let span = Span {
            start,
            end: self.at,
        };
        let alone = self.text[line_start..start].trim().is_empty();
        let Some(directive) = Directive::parse(line).filter(|_| alone) else {
            return Ok(());
        };
        self.conditionals.apply(self.source, span, directive)?;
        while !self.conditionals.active() && self.at < self.text.len() {
            // Excluded lines are looked at only for directives; their text need not even be a
            // script.
            self.take_while(|c| c != '\n');
            self.at = (self.at + 1).min(self.text.len());
            let indent = self.take_while(|c| c == ' ' || c == '\t').len();
            let start = self.at;
            if self.rest().starts_with('#') {
                let line = self.take_while(|c| c != '\n');
                let span = Span {
                    start,
                    end: start + line.len(),
                };
                if let Some(directive) = Directive::parse(line) {
                    self.conditionals.apply(self.source, span, directive)?;
                }
            } else {
                self.at = start - indent;
            }
        }
        Ok(())
    }

    /// Text after an opening of `skip` bytes up to `close`, which is consumed.
    fn until(&mut self, skip: usize, close: &str, help: &str) -> Result<String, ScriptError> {
        let start = self.at;
        let body = &self.rest()[skip..];
        let Some(len) = body.find(close) else {
            let span = Span {
                start,
                end: start + skip,
            };
            return Err(ScriptError::new(self.source, span, "this is never closed").with_help(help));
        };
        self.at += skip + len + close.len();
        Ok(body[..len].to_owned())
    }

    fn text_token(&mut self) -> Result<Token, ScriptError> {
        let start = self.at;
        let body = &self.rest()[1..];
        let mut escaped = false;
        for (index, c) in body.char_indices() {
            match c {
                '"' if !escaped => {
                    self.at += index + 2;
                    return Ok(self.token(start, TokenKind::Text(body[..index].to_owned())));
                }
                '\n' => break,
                _ => escaped = c == '\\' && !escaped,
            }
        }
        let span = Span {
            start,
            end: start + 1,
        };
        Err(
            ScriptError::new(self.source, span, "this string is never closed")
                .with_help("a string ends with \" on the same line"),
        )
    }

    fn option_token(&mut self) -> Token {
        let start = self.at;
        self.at += 2;
        let name = self
            .take_while(|c| c.is_ascii_alphanumeric() || c == '_')
            .to_owned();
        let value = self.rest().starts_with('=').then(|| {
            self.at += 1;
            self.take_while(|c| !c.is_whitespace()).to_owned()
        });
        self.token(start, TokenKind::Option { name, value })
    }

    fn number_token(&mut self) -> Token {
        let start = self.at;
        if self.rest().starts_with('-') {
            self.at += 1;
        }
        if self.rest().starts_with("0x") || self.rest().starts_with("0X") {
            self.at += 2;
            let digits = self.take_while(|c| c.is_ascii_alphanumeric()).to_owned();
            return self.token(start, TokenKind::Hex(digits));
        }
        self.take_while(|c| c.is_ascii_digit());
        let mut points = 0;
        while self.rest().starts_with('.')
            && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit())
        {
            points += 1;
            self.at += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        // `12ab` is a word: a Fast Open cookie is written so.
        let tail = self.take_while(|c| points == 0 && (c.is_ascii_alphanumeric() || c == '_'));
        let is_word = !tail.is_empty();
        let text = self.text[start..self.at].to_owned();
        let kind = match points {
            0 if is_word => TokenKind::Word(text),
            0 => TokenKind::Integer(text),
            1 => TokenKind::Decimal(text),
            _ => TokenKind::Address(text),
        };
        self.token(start, kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        let source = Source::new("t", text.as_bytes());
        tokens(&source, &["STANDARD"])
            .expect("lexes")
            .into_iter()
            .map(|token| token.kind)
            .collect()
    }

    fn word(text: &str) -> TokenKind {
        TokenKind::Word(text.to_owned())
    }

    #[test]
    fn a_packet_line() {
        let integer = |text: &str| TokenKind::Integer(text.to_owned());
        assert_eq!(
            kinds("+.5 < S. 0:0(0)"),
            vec![
                TokenKind::Punct('+'),
                TokenKind::Decimal(".5".into()),
                TokenKind::Punct('<'),
                word("S"),
                TokenKind::Punct('.'),
                integer("0"),
                TokenKind::Punct(':'),
                integer("0"),
                TokenKind::Punct('('),
                integer("0"),
                TokenKind::Punct(')'),
                TokenKind::End,
            ]
        );
    }

    #[test]
    fn comments_vanish_and_blocks_stay_whole() {
        assert_eq!(
            kinds("a // x\n/* y \n */ `ls # z` %{ assert 1 }% # c\nb"),
            vec![
                word("a"),
                TokenKind::Shell("ls # z".into()),
                TokenKind::Code(" assert 1 ".into()),
                word("b"),
                TokenKind::End
            ]
        );
    }

    #[test]
    fn conditionals_pick_the_standard_branch() {
        let text = "#ifdef FreeBSD\na ` %{\n#else\nb\n#endif\n#ifdef STANDARD\nc\n#else\nd\n#endif\n#ifndef STANDARD\ne\n#endif\nf";
        assert_eq!(
            kinds(text),
            vec![word("b"), word("c"), word("f"), TokenKind::End]
        );
    }

    #[test]
    fn numbers_addresses_and_cookies_differ() {
        assert_eq!(
            kinds("-1 0x2F 192.0.2.1 12ab 7"),
            vec![
                TokenKind::Integer("-1".into()),
                TokenKind::Hex("2F".into()),
                TokenKind::Address("192.0.2.1".into()),
                word("12ab"),
                TokenKind::Integer("7".into()),
                TokenKind::End
            ]
        );
    }

    #[test]
    fn open_ends_are_reported_where_they_open() {
        for text in ["x `abc", "x %{ abc", "x /* abc", "x \"abc", "\u{1}"] {
            let source = Source::new("t", text.as_bytes());
            let error = tokens(&source, &[]).expect_err("must not lex");
            assert_eq!(error.position.line, 1, "{text}");
        }
    }
}
