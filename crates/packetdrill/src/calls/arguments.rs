//! The arguments of a system call, decoded.

use super::{Decoded, Problem};
use crate::script::{Call, Expression, ExpressionKind};
use crate::symbols::{self, Dialect};
use std::net::SocketAddr;

/// The arguments of a call, by position.
pub(super) struct Arguments<'a> {
    pub(super) call: &'a Call,
    pub(super) dialect: Dialect,
}

impl<'a> Arguments<'a> {
    pub(super) fn get(&self, index: usize) -> Decoded<&'a Expression> {
        self.call.arguments.get(index).ok_or_else(|| {
            let message = format!(
                "{}() needs at least {} arguments",
                self.call.name,
                index + 1
            );
            Problem::Invalid(self.call.name_span, message)
        })
    }

    pub(super) fn symbol(&self, name: &str) -> i64 {
        // A flag that a system lacks has no bit.
        symbols::number(name, self.dialect)
            .filter(|&number| number >= 0)
            .unwrap_or(0)
    }

    pub(super) fn integer(&self, index: usize) -> Decoded<i64> {
        let expression = self.get(index)?;
        self.value(expression)
    }

    pub(super) fn value(&self, expression: &Expression) -> Decoded<i64> {
        symbols::value(expression, self.dialect).ok_or_else(|| match &expression.kind {
            ExpressionKind::Word(name) => {
                Problem::Unsupported(format!("{name} in {}()", self.call.name))
            }
            _ => Problem::Invalid(
                expression.span,
                format!("{}() needs a number here", self.call.name),
            ),
        })
    }

    pub(super) fn fd(&self) -> Decoded<i64> {
        self.integer(0)
    }

    pub(super) fn len(&self, index: usize) -> Decoded<u64> {
        let len = self.integer(index)?;
        u64::try_from(len).map_err(|_| {
            Problem::Invalid(
                self.call.name_span,
                "a length cannot be negative".to_owned(),
            )
        })
    }

    /// The descriptor that the script expects back.
    pub(super) fn wanted(&self) -> Option<i64> {
        symbols::value(&self.call.result, self.dialect).filter(|&fd| fd >= 0)
    }

    /// `...` or a socket address in braces.
    pub(super) fn address(&self, index: usize, default: SocketAddr) -> Decoded<SocketAddr> {
        let ExpressionKind::Fields(fields) = &self.get(index)?.kind else {
            return Ok(default);
        };
        let mut address = default;
        for (name, value) in fields {
            match (name.as_str(), &value.kind) {
                ("sin_port" | "sin6_port", _) => {
                    let port = self.value(value)?;
                    address.set_port(
                        u16::try_from(port)
                            .map_err(|_| Problem::Invalid(value.span, "no port".to_owned()))?,
                    );
                }
                ("sin_addr" | "sin6_addr", ExpressionKind::Apply(_, arguments)) => {
                    let text = match arguments.first().map(|argument| &argument.kind) {
                        Some(ExpressionKind::Text(text)) => text.as_str(),
                        _ => "",
                    };
                    let ip = text.parse().map_err(|_| {
                        Problem::Invalid(value.span, format!("`{text}` is no IP address"))
                    })?;
                    address.set_ip(ip);
                }
                _ => {}
            }
        }
        Ok(address)
    }

    /// Bytes in an array of buffers: `[{..., 1000}, {..., 500}]`, or a message header that holds
    /// one.
    pub(super) fn vector_len(&self, index: usize) -> Decoded<u64> {
        let expression = self.get(index)?;
        let list = match &expression.kind {
            ExpressionKind::Fields(fields) => fields
                .iter()
                .find(|field| field.0.starts_with("msg_iov"))
                .map(|field| &field.1.kind),
            kind => Some(kind),
        };
        let Some(ExpressionKind::List(buffers)) = list else {
            return Err(Problem::Unsupported(format!(
                "this buffer of {}()",
                self.call.name
            )));
        };
        buffers
            .iter()
            .try_fold(0, |sum: u64, buffer| match &buffer.kind {
                ExpressionKind::Fields(fields) => match fields.last() {
                    Some((_, len)) => Ok(sum.saturating_add(self.value(len)?.unsigned_abs())),
                    None => Ok(sum),
                },
                _ => Err(Problem::Invalid(
                    buffer.span,
                    "a buffer is written as {..., 1000}".to_owned(),
                )),
            })
    }
}
