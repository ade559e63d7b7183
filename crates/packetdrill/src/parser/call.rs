//! System calls: `connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)`.

use super::{Parsed, Parser};
use crate::errno::Errno;
use crate::lexer::TokenKind;
use crate::script::{Action, Call, EventTime, Expression, ExpressionKind};

/// Every call of packetdrill; those that the socket layer lacks lead to a skipped script, not to an
/// error.
const CALLS: [&str; 47] = [
    "socket",
    "bind",
    "listen",
    "accept",
    "accept4",
    "connect",
    "read",
    "readv",
    "recv",
    "recvfrom",
    "recvmsg",
    "write",
    "writev",
    "send",
    "sendto",
    "sendmsg",
    "close",
    "shutdown",
    "getsockopt",
    "setsockopt",
    "getsockname",
    "getpeername",
    "fcntl",
    "ioctl",
    "poll",
    "open",
    "pipe",
    "splice",
    "sendfile",
    "epoll_create",
    "epoll_ctl",
    "epoll_wait",
    "cap_set",
    "kqueue",
    "kevent",
    "select",
    "usleep",
    "sctp_sendmsg",
    "sctp_recvmsg",
    "sctp_bindx",
    "sctp_connectx",
    "socketpair",
    "dup",
    "dup2",
    "getpid",
    "sysctlbyname",
    "sendmmsg",
];

/// How deep lists, structures and calls may nest.
const DEPTH: usize = 32;

impl Parser<'_> {
    pub(super) fn call(&mut self, time: EventTime) -> Parsed<Action> {
        let begin = self.span();
        let end = self.blocking_end()?;
        let start = match time {
            EventTime::Absolute(at)
            | EventTime::Relative(at)
            | EventTime::AbsoluteRange(at, _)
            | EventTime::RelativeRange(at, _) => at,
            EventTime::Any => 0,
        };
        if end.is_some_and(|end| end < start) {
            return Err(self
                .error(begin.to(self.last_span()), "this call returns before it begins")
                .with_help("both times count from the same moment: `+0.1...0.3` begins 0.1 s and ends 0.3 s after the event before"));
        }
        let name_span = self.span();
        let TokenKind::Word(name) = self.peek() else {
            return self.unexpected("a system call");
        };
        let name = name.clone();
        if !CALLS.contains(&name.as_str()) {
            return Err(self
                .error(name_span, format!("unknown system call `{name}`"))
                .with_nearest(&name, &CALLS));
        }
        self.advance();
        self.punct('(', "after the name of a system call")?;
        let arguments = self.expressions(')')?;
        self.punct('=', "and the expected result after a system call")?;
        let result = self.result()?;
        let errno = self.errno()?;
        self.note()?;
        Ok(Action::Call(Call {
            end,
            name,
            name_span,
            arguments,
            result,
            errno,
        }))
    }

    fn blocking_end(&mut self) -> Parsed<Option<u64>> {
        if *self.peek() != TokenKind::Ellipsis {
            return Ok(None);
        }
        self.advance();
        self.take_punct('+');
        self.time().map(Some)
    }

    fn result(&mut self) -> Parsed<Expression> {
        if self.is_punct('*') {
            // "Any result will do" is written both ways.
            let span = self.span();
            self.advance();
            return Ok(Expression {
                kind: ExpressionKind::Ellipsis,
                span,
            });
        }
        self.expression()
    }

    fn errno(&mut self) -> Parsed<Option<String>> {
        let TokenKind::Word(name) = self.peek() else {
            return Ok(None);
        };
        let name = name.clone();
        if Errno::by_name(&name).is_none() {
            let error = self.error(self.span(), format!("unknown error `{name}`"));
            return Err(error.with_nearest(&name, &Errno::names()));
        }
        self.advance();
        Ok(Some(name))
    }

    /// `(Operation now in progress)`: prose, whatever tokens it is made of.
    fn note(&mut self) -> Parsed<()> {
        let begin = self.span();
        if !self.take_punct('(') {
            return Ok(());
        }
        let mut open = 1;
        while open > 0 {
            match self.peek() {
                TokenKind::Punct('(') => open += 1,
                TokenKind::Punct(')') => open -= 1,
                TokenKind::End => {
                    return Err(self
                        .error(begin, "this note is never closed")
                        .with_help("a note ends with `)`"));
                }
                _ => {}
            }
            self.advance();
        }
        Ok(())
    }

    /// Expressions separated by commas up to `close`, which is consumed.
    fn expressions(&mut self, close: char) -> Parsed<Vec<Expression>> {
        let mut expressions = Vec::new();
        while !self.take_punct(close) {
            if !expressions.is_empty() {
                self.punct(',', &format!("or `{close}`"))?;
            }
            expressions.push(self.expression()?);
        }
        Ok(expressions)
    }

    fn expression(&mut self) -> Parsed<Expression> {
        if self.depth == DEPTH {
            return Err(self.error(self.span(), "this is nested too deeply"));
        }
        self.depth += 1;
        let first = self.term()?;
        let whole = if self.is_punct('|') {
            let mut terms = vec![first];
            while self.take_punct('|') {
                terms.push(self.term()?);
            }
            let span = terms[0].span.to(self.last_span());
            Expression {
                kind: ExpressionKind::Flags(terms),
                span,
            }
        } else {
            first
        };
        self.depth -= 1;
        Ok(whole)
    }

    fn term(&mut self) -> Parsed<Expression> {
        let begin = self.span();
        let kind = match self.peek().clone() {
            TokenKind::Ellipsis => {
                self.advance();
                ExpressionKind::Ellipsis
            }
            TokenKind::Integer(_) | TokenKind::Hex(_) => {
                ExpressionKind::Integer(self.number("a number of 64 bits")?)
            }
            TokenKind::Text(text) => {
                self.advance();
                // `"abc"...` means a text that begins so; scripts use it for long buffers, whose
                // bytes nobody compares.
                if *self.peek() == TokenKind::Ellipsis {
                    self.advance();
                }
                ExpressionKind::Text(text)
            }
            TokenKind::Address(text) => {
                self.advance();
                ExpressionKind::Text(text)
            }
            TokenKind::Word(name) => {
                self.advance();
                if self.is_punct('(') && is_function(&name) {
                    self.advance();
                    ExpressionKind::Apply(name, self.expressions(')')?)
                } else {
                    ExpressionKind::Word(name)
                }
            }
            TokenKind::Punct('[') => {
                self.advance();
                ExpressionKind::List(self.expressions(']')?)
            }
            TokenKind::Punct('{') => {
                self.advance();
                ExpressionKind::Fields(self.fields()?)
            }
            _ => {
                return self
                    .unexpected("a number, a name, a \"string\", `...`, `[...]` or `{...}`");
            }
        };
        Ok(Expression {
            kind,
            span: begin.to(self.last_span()),
        })
    }

    /// `name=value` pairs up to `}`. `sin_addr.s_addr`-like dotted names and `msg_name(...)=` occur
    /// in message headers.
    fn fields(&mut self) -> Parsed<Vec<(String, Expression)>> {
        let mut fields = Vec::new();
        while !self.take_punct('}') {
            if !fields.is_empty() {
                self.punct(',', "or `}`")?;
            }
            let TokenKind::Word(name) = self.peek() else {
                if fields.is_empty()
                    || *self.peek() == TokenKind::Ellipsis
                    || matches!(self.peek(), TokenKind::Integer(_))
                {
                    // A structure may also list its values without names.
                    let value = self.expression()?;
                    fields.push((String::new(), value));
                    continue;
                }
                return self.unexpected("a field such as `fd=3`");
            };
            let name = name.clone();
            self.advance();
            if self.take_punct('(') {
                self.expressions(')')?;
            }
            self.punct('=', &format!("after `{name}`"))?;
            let value = self.expression()?;
            fields.push((name, value));
        }
        Ok(fields)
    }
}

/// A word before `(` is a function only if it is one: the note of a call follows its result in the
/// same brackets.
fn is_function(name: &str) -> bool {
    [
        "htons",
        "ntohs",
        "htonl",
        "ntohl",
        "inet_addr",
        "inet6_addr",
        "msg_name",
        "msg_iov",
        "msg_control",
        "msg_flags",
    ]
    .contains(&name)
}
