//! TCP options: kept as the bytes that travel, parsed on demand.

use core::fmt;

use crate::config::OptionLayout;

/// Option kinds that this crate reads (IANA "TCP Option Kind Numbers"). The first three are those
/// that every TCP has to support (RFC 9293 MUST-4).
pub mod kind {
    /// End of option list (RFC 9293).
    pub const END: u8 = 0;
    /// No operation (RFC 9293).
    pub const NOP: u8 = 1;
    /// Maximum segment size (RFC 9293).
    pub const MSS: u8 = 2;
    /// Window scale (RFC 7323).
    pub const WINDOW_SCALE: u8 = 3;
    /// SACK permitted (RFC 2018).
    pub const SACK_PERMITTED: u8 = 4;
    /// SACK (RFC 2018).
    pub const SACK: u8 = 5;
    /// Timestamps (RFC 7323).
    pub const TIMESTAMPS: u8 = 8;
    /// TCP Fast Open cookie (RFC 7413).
    pub const FAST_OPEN: u8 = 34;
}

/// Most octets of options that a header can hold.
pub const MAX_LEN: usize = 40;

/// The options of one segment: at most 40 octets, exactly as on the wire, padding excluded.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Options {
    len: u8,
    bytes: [u8; MAX_LEN],
}

/// `TSval` and `TSecr` of the timestamps option (RFC 7323 section 3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Timestamps {
    /// The sender's clock.
    pub value: u32,
    /// The value that is echoed.
    pub echo: u32,
}

/// One option as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOption<'a> {
    /// No operation.
    Nop,
    /// End of the list; what follows is padding.
    End,
    /// Maximum segment size in octets.
    Mss(u16),
    /// Window shift count as sent; RFC 7323 section 2.3 caps its use at 14.
    WindowScale(u8),
    /// SACK may be sent.
    SackPermitted,
    /// SACK blocks, 8 octets each.
    Sack(&'a [u8]),
    /// Timestamps.
    Timestamps(Timestamps),
    /// Fast Open: a cookie, or a request for one if empty.
    FastOpen(&'a [u8]),
    /// An option that this crate does not read.
    Unknown {
        /// Its kind.
        kind: u8,
        /// Its octets after kind and length.
        data: &'a [u8],
    },
}

/// Why the options of a segment cannot be read to their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionError {
    /// The kind is the last octet: no room for its length.
    NoLength {
        /// The kind.
        kind: u8,
    },
    /// The length is below 2, or runs past the end of the header.
    BadLength {
        /// The kind.
        kind: u8,
        /// The length that it claims.
        len: u8,
    },
    /// A known option whose length is not the one that its RFC gives.
    WrongSize {
        /// The kind.
        kind: u8,
        /// The length that it claims.
        len: u8,
    },
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionError::NoLength { kind } => write!(f, "option {kind} has no length octet"),
            OptionError::BadLength { kind, len } => {
                write!(
                    f,
                    "option {kind} claims {len} octets, which do not fit the header"
                )
            }
            OptionError::WrongSize { kind, len } => {
                write!(
                    f,
                    "option {kind} claims {len} octets, which is not its size"
                )
            }
        }
    }
}

impl core::error::Error for OptionError {}

impl Options {
    /// No options.
    pub const NONE: Options = Options {
        len: 0,
        bytes: [0; MAX_LEN],
    };

    /// The options with these octets, or `None` if there are more than [`MAX_LEN`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Options> {
        let mut options = Options::NONE;
        options.append(bytes).then_some(options)
    }

    /// The octets as they travel, without padding to a multiple of four.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len as usize]
    }

    /// Octets in the header: the options padded to a multiple of four.
    pub fn padded_len(&self) -> usize {
        (self.len as usize).next_multiple_of(4)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends raw octets; refuses (and changes nothing) if they do not fit.
    #[must_use]
    pub fn append(&mut self, bytes: &[u8]) -> bool {
        let start = self.len as usize;
        let Some(room) = self.bytes.get_mut(start..start + bytes.len()) else {
            return false;
        };
        room.copy_from_slice(bytes);
        self.len += bytes.len() as u8;
        true
    }

    /// Appends a maximum segment size option.
    #[must_use]
    pub fn with_mss(self, mss: u16) -> Options {
        let [high, low] = mss.to_be_bytes();
        self.with(&[kind::MSS, 4, high, low])
    }

    /// Appends a window scale option.
    #[must_use]
    pub fn with_window_scale(self, shift: u8) -> Options {
        self.with(&[kind::WINDOW_SCALE, 3, shift])
    }

    /// Appends SACK-permitted.
    #[must_use]
    pub fn with_sack_permitted(self) -> Options {
        self.with(&[kind::SACK_PERMITTED, 2])
    }

    /// Appends timestamps.
    #[must_use]
    pub fn with_timestamps(self, stamps: Timestamps) -> Options {
        let mut bytes = [kind::TIMESTAMPS, 10, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes[2..6].copy_from_slice(&stamps.value.to_be_bytes());
        bytes[6..10].copy_from_slice(&stamps.echo.to_be_bytes());
        self.with(&bytes)
    }

    /// Appends `count` NOPs.
    #[must_use]
    pub fn with_nops(self, count: usize) -> Options {
        self.with(&[kind::NOP; 3][..count.min(3)])
    }

    /// Appends NOPs until the next option would begin `offset` octets into a word.
    fn aligned_to(self, offset: usize) -> Options {
        self.with_nops((offset + 4 - self.len as usize % 4) % 4)
    }

    /// Appends a Fast Open option; an empty cookie asks for one (RFC 7413 section 4.1.1).
    #[must_use]
    pub fn with_fast_open(self, cookie: &[u8]) -> Options {
        self.with(&[kind::FAST_OPEN, 2 + cookie.len() as u8])
            .with(cookie)
    }

    /// What this crate adds itself always fits; a caller's surplus is cut off.
    fn with(mut self, bytes: &[u8]) -> Options {
        let fitted = self.append(bytes);
        debug_assert!(fitted, "options of one segment exceed 40 octets");
        self
    }

    /// Reads the options in order; stops after the first error or at the end of the list.
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            rest: self.as_bytes(),
        }
    }

    /// The maximum segment size option, if there is a well-formed one before any error.
    pub fn mss(&self) -> Option<u16> {
        self.find(|option| {
            if let TcpOption::Mss(mss) = option {
                Some(mss)
            } else {
                None
            }
        })
    }

    /// The window shift count, capped at 14 (RFC 7323 section 2.3).
    pub fn window_scale(&self) -> Option<u8> {
        self.find(|option| {
            if let TcpOption::WindowScale(shift) = option {
                Some(shift.min(14))
            } else {
                None
            }
        })
    }

    /// Whether SACK is permitted.
    pub fn sack_permitted(&self) -> bool {
        self.find(|option| (option == TcpOption::SackPermitted).then_some(()))
            .is_some()
    }

    /// The timestamps option.
    pub fn timestamps(&self) -> Option<Timestamps> {
        self.find(|option| {
            if let TcpOption::Timestamps(ts) = option {
                Some(ts)
            } else {
                None
            }
        })
    }

    /// The Fast Open option: a cookie, or an empty request.
    pub fn fast_open(&self) -> Option<&[u8]> {
        self.find(|option| {
            if let TcpOption::FastOpen(data) = option {
                Some(data)
            } else {
                None
            }
        })
    }

    fn find<'a, T>(&'a self, pick: impl Fn(TcpOption<'a>) -> Option<T>) -> Option<T> {
        self.iter().map_while(Result::ok).find_map(pick)
    }
}

/// What a SYN offers or a SYN,ACK agrees to, before it is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    pub(crate) mss: u16,
    pub(crate) window_scale: Option<u8>,
    pub(crate) sack_permitted: bool,
    pub(crate) timestamps: Option<Timestamps>,
}

impl Offer {
    /// Writes the options in the order of a stack, with its padding between them. The values of
    /// the timestamps always begin on a word (RFC 7323 appendix A).
    pub(crate) fn lay_out(self, layout: OptionLayout) -> Options {
        let mut options = Options::NONE.with_mss(self.mss);
        let scale = |options: Options| match self.window_scale {
            Some(shift) => options.with_nops(1).with_window_scale(shift),
            None => options,
        };
        if layout == OptionLayout::Packed {
            options = scale(options);
        }
        if self.sack_permitted {
            let pads = layout == OptionLayout::Words && self.timestamps.is_none();
            options = options
                .with_nops(if pads { 2 } else { 0 })
                .with_sack_permitted();
        }
        if let Some(stamps) = self.timestamps {
            options = options.aligned_to(2).with_timestamps(stamps);
        }
        if layout == OptionLayout::Words {
            options = scale(options);
        }
        options
    }
}

impl Default for Options {
    fn default() -> Options {
        Options::NONE
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for &'a Options {
    type Item = Result<TcpOption<'a>, OptionError>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Iterator over the options of a segment, at whatever alignment they lie (RFC 9293 MUST-64).
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = Result<TcpOption<'a>, OptionError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&kind, after) = self.rest.split_first()?;
        match kind {
            kind::NOP => {
                self.rest = after;
                Some(Ok(TcpOption::Nop))
            }
            kind::END => {
                self.rest = &[];
                Some(Ok(TcpOption::End))
            }
            kind => {
                let read = read_sized(kind, self.rest);
                self.rest = match read {
                    Ok((_, rest)) => rest,
                    Err(_) => &[],
                };
                Some(read.map(|(option, _)| option))
            }
        }
    }
}

/// Reads the option of `kind` that starts `bytes`; returns it with the octets after it.
///
/// Every kind but the two of a single octet has a length (RFC 9293 MUST-68), so an unknown one can
/// be stepped over (MUST-6). A length that cannot be right ends the list, and that is all the harm
/// it does (MUST-7).
fn read_sized(kind: u8, bytes: &[u8]) -> Result<(TcpOption<'_>, &[u8]), OptionError> {
    let Some(&len) = bytes.get(1) else {
        return Err(OptionError::NoLength { kind });
    };
    let (Some(data), Some(rest)) = (bytes.get(2..len as usize), bytes.get(len as usize..)) else {
        return Err(OptionError::BadLength { kind, len });
    };
    let option = match (kind, data) {
        (kind::MSS, &[high, low]) => TcpOption::Mss(u16::from_be_bytes([high, low])),
        (kind::WINDOW_SCALE, &[shift]) => TcpOption::WindowScale(shift),
        (kind::SACK_PERMITTED, []) => TcpOption::SackPermitted,
        (kind::TIMESTAMPS, &[v0, v1, v2, v3, e0, e1, e2, e3]) => {
            TcpOption::Timestamps(Timestamps {
                value: u32::from_be_bytes([v0, v1, v2, v3]),
                echo: u32::from_be_bytes([e0, e1, e2, e3]),
            })
        }
        (kind::SACK, blocks) if !blocks.is_empty() && blocks.len().is_multiple_of(8) => {
            TcpOption::Sack(blocks)
        }
        (kind::FAST_OPEN, cookie) => TcpOption::FastOpen(cookie),
        (
            kind::MSS | kind::WINDOW_SCALE | kind::SACK_PERMITTED | kind::TIMESTAMPS | kind::SACK,
            _,
        ) => return Err(OptionError::WrongSize { kind, len }),
        (kind, data) => TcpOption::Unknown { kind, data },
    };
    Ok((option, rest))
}

#[cfg(test)]
mod tests {
    use super::{Offer, OptionError, Options, TcpOption, Timestamps};

    #[test]
    fn what_is_appended_is_read_back() {
        let stamps = Timestamps { value: 7, echo: 9 };
        let options = Options::NONE
            .with_mss(1460)
            .with_window_scale(7)
            .with_sack_permitted()
            .with_timestamps(stamps);
        assert_eq!(options.mss(), Some(1460));
        assert_eq!(options.window_scale(), Some(7));
        assert!(options.sack_permitted());
        assert_eq!(options.timestamps(), Some(stamps));
        assert_eq!(options.as_bytes().len(), 19);
    }

    #[test]
    fn malformed_options_are_named_and_what_precedes_them_stays() {
        let cases: [(&[u8], OptionError); 4] = [
            (&[2, 4, 5, 180, 8], OptionError::NoLength { kind: 8 }),
            (
                &[2, 4, 5, 180, 8, 1],
                OptionError::BadLength { kind: 8, len: 1 },
            ),
            (
                &[2, 4, 5, 180, 8, 12, 0, 0],
                OptionError::BadLength { kind: 8, len: 12 },
            ),
            (
                &[2, 4, 5, 180, 8, 4, 0, 0],
                OptionError::WrongSize { kind: 8, len: 4 },
            ),
        ];
        for (bytes, error) in cases {
            let options = Options::from_bytes(bytes).unwrap();
            assert_eq!(options.mss(), Some(1460));
            assert_eq!(options.iter().last(), Some(Err(error)));
            assert_eq!(options.timestamps(), None);
        }
    }

    #[test]
    fn layouts_are_those_of_the_stacks() {
        use crate::config::OptionLayout::{Packed, Words};
        let all = Offer {
            mss: 1460,
            window_scale: Some(6),
            sack_permitted: true,
            timestamps: Some(Timestamps::default()),
        };
        let kinds = |offer: Offer, layout| -> Vec<u8> {
            let options = offer.lay_out(layout);
            let mut kinds = Vec::new();
            let mut rest = options.as_bytes();
            while let Some(&kind) = rest.first() {
                kinds.push(kind);
                rest = &rest[if kind == 1 { 1 } else { rest[1] as usize }..];
            }
            kinds
        };
        assert_eq!(kinds(all, Packed), [2, 1, 3, 4, 8]);
        assert_eq!(kinds(all, Words), [2, 4, 8, 1, 3]);
        let plain = Offer {
            timestamps: None,
            ..all
        };
        assert_eq!(kinds(plain, Packed), [2, 1, 3, 4]);
        assert_eq!(kinds(plain, Words), [2, 1, 1, 4, 1, 3]);
        let stamps_only = Offer {
            sack_permitted: false,
            window_scale: None,
            ..all
        };
        assert_eq!(kinds(stamps_only, Packed), [2, 1, 1, 8]);
    }

    #[test]
    fn unknown_options_are_kept() {
        let options = Options::from_bytes(&[253, 4, 1, 2, 0, 9, 9]).unwrap();
        let read: Vec<_> = options.iter().map(Result::unwrap).collect();
        let unknown = TcpOption::Unknown {
            kind: 253,
            data: &[1, 2],
        };
        assert_eq!(read, [unknown, TcpOption::End]);
        assert!(Options::from_bytes(&[0; 41]).is_none());
    }

    use std::vec::Vec;
}
