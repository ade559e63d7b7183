//! From tokens to a [`Script`]: a recursive-descent parser in three files, for events, segments and
//! system calls.

mod call;
mod segment;
mod settings;

use crate::lexer::{Token, TokenKind, tokens};
use crate::script::{Action, Command, Event, EventTime, Script};
use crate::source::{ScriptError, Source, Span};

/// Names for which `#ifdef` holds, as in the scripts' own test environment for a
/// standards-conforming stack.
const DEFINED: [&str; 1] = ["STANDARD"];

/// Times beyond this are surely mistakes: about thirty years.
const LATEST: u64 = 1_000_000_000 * 1_000_000_000;

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    ///
    /// A [`ScriptError`] with line, column and advice at the first place that is not packetdrill's
    /// language, or that cannot be meant: an unknown call or option, a flag that does not exist, a
    /// time that runs backwards.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Script, ScriptError> {
        let source = Source::new(name, bytes);
        let tokens = tokens(&source, &DEFINED)?;
        let mut parser = Parser {
            source: &source,
            tokens: &tokens,
            at: 0,
            depth: 0,
        };
        let settings = parser.settings()?;
        let setup = parser.setup();
        let events = parser.events()?;
        Ok(Script {
            source,
            settings,
            setup,
            events,
        })
    }
}

struct Parser<'a> {
    source: &'a Source,
    tokens: &'a [Token],
    at: usize,
    /// Nesting of the expression being read, bounded so that no input can exhaust the stack.
    depth: usize,
}

type Parsed<T> = Result<T, ScriptError>;

impl Parser<'_> {
    fn peek(&self) -> &TokenKind {
        self.tokens
            .get(self.at)
            .map_or(&TokenKind::End, |token| &token.kind)
    }

    fn peek_second(&self) -> &TokenKind {
        self.tokens
            .get(self.at + 1)
            .map_or(&TokenKind::End, |token| &token.kind)
    }

    fn span(&self) -> Span {
        self.tokens
            .get(self.at)
            .map_or(Span::default(), |token| token.span)
    }

    fn last_span(&self) -> Span {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or(Span::default(), |token| token.span)
    }

    fn advance(&mut self) {
        // The final token stays, so that peeking never runs off the end.
        self.at = (self.at + 1).min(self.tokens.len().saturating_sub(1));
    }

    fn error(&self, span: Span, message: impl Into<String>) -> ScriptError {
        ScriptError::new(self.source, span, message)
    }

    /// The token at hand is not what the language has here.
    fn unexpected<T>(&self, expected: &str) -> Parsed<T> {
        let found = match self.peek() {
            TokenKind::End => "the end of the script".to_owned(),
            _ => format!(
                "`{}`",
                self.source.slice(self.span()).lines().next().unwrap_or("")
            ),
        };
        Err(self.error(self.span(), format!("expected {expected}, found {found}")))
    }

    fn is_punct(&self, c: char) -> bool {
        *self.peek() == TokenKind::Punct(c)
    }

    fn take_punct(&mut self, c: char) -> bool {
        let found = self.is_punct(c);
        if found {
            self.advance();
        }
        found
    }

    fn punct(&mut self, c: char, context: &str) -> Parsed<()> {
        if self.take_punct(c) {
            Ok(())
        } else {
            self.unexpected(&format!("`{c}` {context}"))
        }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), TokenKind::Word(found) if found == word)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    /// A decimal or hexadecimal number that fits `T`.
    fn number<T: TryFrom<i64>>(&mut self, what: &str) -> Parsed<T> {
        let value = match self.peek() {
            TokenKind::Integer(digits) => digits.parse::<i64>().ok(),
            TokenKind::Hex(digits) => i64::from_str_radix(digits, 16).ok(),
            _ => return self.unexpected(what),
        };
        match value.and_then(|value| T::try_from(value).ok()) {
            Some(value) => {
                self.advance();
                Ok(value)
            }
            None => Err(self.error(
                self.span(),
                format!(
                    "`{}` is out of range for {what}",
                    self.source.slice(self.span())
                ),
            )),
        }
    }

    fn setup(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        while let TokenKind::Shell(text) = self.peek() {
            commands.push(Command {
                text: text.clone(),
                span: self.span(),
            });
            self.advance();
        }
        commands
    }

    fn events(&mut self) -> Parsed<Vec<Event>> {
        let mut events: Vec<Event> = Vec::new();
        let mut latest = 0;
        while *self.peek() != TokenKind::End && !self.is_cleanup() {
            let event = self.event()?;
            let is_outbound = matches!(event.action, Action::Expect(_));
            let span = event.span;
            match event.time {
                EventTime::Absolute(at) if events.is_empty() && at != 0 => {
                    return Err(self
                        .error(span, "the first event must be at time 0")
                        .with_help("write `0` or `+0`"));
                }
                EventTime::Absolute(at) | EventTime::AbsoluteRange(at, _) if at < latest => {
                    return Err(self
                        .error(
                            span,
                            "time runs backwards: an earlier event has a later time",
                        )
                        .with_help(
                            "write the time since the event before with a plus, such as `+0.1`",
                        ));
                }
                EventTime::Absolute(at) => latest = at,
                EventTime::AbsoluteRange(..) | EventTime::RelativeRange(..) | EventTime::Any
                    if !is_outbound =>
                {
                    return Err(self
                        .error(span, "only an outbound segment (`>`) can have `*` or a range as its time")
                        .with_help("write one time, such as `+0.1`; a call that blocks is `+0...0.5 name(...)`"));
                }
                _ => {}
            }
            events.push(event);
        }
        Ok(events)
    }

    /// A shell command without a time, the last thing in a script, cleans up after it. Nothing here
    /// outlives a script, so there is nothing to clean.
    fn is_cleanup(&self) -> bool {
        matches!(self.peek(), TokenKind::Shell(_)) && *self.peek_second() == TokenKind::End
    }

    fn event(&mut self) -> Parsed<Event> {
        let start = self.span();
        let time = self.event_time()?;
        let action = match self.peek() {
            TokenKind::Punct('<' | '>') => self.packet()?,
            TokenKind::Shell(text) => Action::Shell(Command {
                text: text.clone(),
                span: self.span(),
            }),
            TokenKind::Code(text) => Action::Python(Command {
                text: text.clone(),
                span: self.span(),
            }),
            TokenKind::Word(_) | TokenKind::Ellipsis => self.call(time)?,
            _ => {
                return self.unexpected(
                    "`<`, `>`, a system call, a `shell command` or %{ Python }% after the time",
                );
            }
        };
        if matches!(action, Action::Shell(_) | Action::Python(_)) {
            self.advance();
        }
        Ok(Event {
            span: start.to(self.last_span()),
            time,
            action,
        })
    }

    fn event_time(&mut self) -> Parsed<EventTime> {
        let start = self.span();
        if self.take_punct('*') {
            return Ok(EventTime::Any);
        }
        let relative = self.take_punct('+');
        let from = self.time()?;
        if !self.take_punct('~') {
            return Ok(if relative {
                EventTime::Relative(from)
            } else {
                EventTime::Absolute(from)
            });
        }
        if relative != self.take_punct('+') {
            let span = start.to(self.span());
            return Err(self
                .error(
                    span,
                    "both ends of a range must be absolute, or both relative",
                )
                .with_help("write `1~2` or `+1~+2`"));
        }
        let to = self.time()?;
        if to < from {
            return Err(self.error(
                start.to(self.last_span()),
                "this range ends before it begins",
            ));
        }
        Ok(if relative {
            EventTime::RelativeRange(from, to)
        } else {
            EventTime::AbsoluteRange(from, to)
        })
    }

    /// Seconds with up to nine decimals, as nanoseconds.
    fn time(&mut self) -> Parsed<u64> {
        let (TokenKind::Integer(text) | TokenKind::Decimal(text)) = self.peek() else {
            return self.unexpected("a time in seconds, such as `0`, `+0.1` or `*`");
        };
        match nanoseconds(text) {
            Some(time) => {
                self.advance();
                Ok(time)
            }
            None => Err(self
                .error(self.span(), format!("`{text}` is no possible time"))
                .with_help(
                    "times are seconds from 0 to 1000000000 with a decimal point, such as `0.1`",
                )),
        }
    }
}

/// Exact value of a decimal number of seconds; digits beyond the ninth decimal are cut off.
fn nanoseconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = if whole.is_empty() {
        0
    } else {
        whole.parse::<u64>().ok()?
    };
    let mut nanos = 0;
    let mut weight = 100_000_000;
    for digit in fraction.bytes().take(9) {
        nanos += u64::from(digit.checked_sub(b'0').filter(|&digit| digit < 10)?) * weight;
        weight /= 10;
    }
    whole
        .checked_mul(1_000_000_000)?
        .checked_add(nanos)
        .filter(|&time| time <= LATEST)
}
