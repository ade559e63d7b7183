//! Segments and ICMP messages: `< S. 0:0(0) ack 1 win 32767 <mss 1460>`.

use super::{Parsed, Parser};
use crate::lexer::TokenKind;
use crate::script::{Action, Ecn, Flags, IcmpSpec, SegmentSpec, TcpOption};
use crate::source::nearest;

/// Words that may follow the sequence numbers.
const FIELDS: [&str; 3] = ["ack", "win", "urg"];
/// Names of TCP options.
const OPTIONS: [&str; 11] = [
    "mss", "nop", "eol", "wscale", "sackOK", "sack", "TS", "FO", "FOEXP", "md5", "kind",
];

/// Kind of the experimental option that first carried Fast Open, and of the MD5 signature.
const EXPERIMENTAL: u8 = 254;
const MD5: u8 = 19;
/// The option space of a TCP header (RFC 9293 §3.1).
const OPTION_SPACE: usize = 40;

impl Parser<'_> {
    pub(super) fn packet(&mut self) -> Parsed<Action> {
        let inbound = self.is_punct('<');
        self.advance();
        let ecn = self.ip_info()?;
        match self.peek() {
            TokenKind::Word(word) if word == "icmp" => self.icmp(inbound),
            TokenKind::Word(word)
                if [
                    "udp", "gre", "GREv0", "mpls", "ipv4", "ipv6", "sctp", "udplite",
                ]
                .contains(&word.as_str()) =>
            {
                let reason = format!("{word} packets");
                self.skip_to_next_line();
                Ok(Action::Unsupported(reason))
            }
            _ => {
                let segment = self.segment(inbound, ecn)?;
                Ok(if inbound {
                    Action::Inject(segment)
                } else {
                    Action::Expect(segment)
                })
            }
        }
    }

    /// Leaves the tokens of the present line, for packets that are not TCP.
    fn skip_to_next_line(&mut self) {
        let line = self.source.position(self.span().start).line;
        while *self.peek() != TokenKind::End && self.source.position(self.span().start).line == line
        {
            self.advance();
        }
    }

    /// `[ect0]`, `[ce]`, `[tos 0x2]`, `[ttl 1]`, `[flowlabel 0x1]` or the same in round brackets.
    fn ip_info(&mut self) -> Parsed<Option<Ecn>> {
        let close = match self.peek() {
            TokenKind::Punct('[') => ']',
            TokenKind::Punct('(') => ')',
            _ => return Ok(None),
        };
        self.advance();
        let mut ecn = None;
        while !self.take_punct(close) {
            let TokenKind::Word(word) = self.peek() else {
                return self.unexpected("noecn, ect0, ect1, ect01, ce, tos, ttl or flowlabel");
            };
            match word.as_str() {
                "noecn" => ecn = Some(Ecn::NotEct),
                "ect0" => ecn = Some(Ecn::Ect0),
                "ect1" => ecn = Some(Ecn::Ect1),
                "ect01" => ecn = Some(Ecn::AnyEct),
                "ce" => ecn = Some(Ecn::CongestionExperienced),
                "tos" | "ttl" | "flowlabel" => {
                    self.advance();
                    self.number::<u32>("a number")?;
                    self.take_punct(',');
                    continue;
                }
                _ => return self.unexpected("noecn, ect0, ect1, ect01, ce, tos, ttl or flowlabel"),
            }
            self.advance();
            self.take_punct(',');
        }
        Ok(ecn)
    }

    fn segment(&mut self, inbound: bool, ecn: Option<Ecn>) -> Parsed<SegmentSpec> {
        let ports = self.ports()?;
        let flags = self.flags()?;
        let (seq, len) = self.sequence()?;
        let ack = self.field("ack")?;
        let window = self.field("win")?;
        let urgent = self.field("urg")?;
        if let TokenKind::Word(word) = self.peek() {
            let message = format!("`{word}` cannot stand here in a segment");
            let error = self.error(self.span(), message);
            return Err(match nearest(word, &FIELDS) {
                Some(name) => error.with_help(format!("did you mean `{name}`? the order is ack, win, urg, <options>")),
                None => error.with_help("after the sequence numbers come ack, win, urg and <options>, each at most once and in this order"),
            });
        }
        let at = self.span();
        let options = self.options()?;
        if options.is_none() && inbound {
            return Err(self
                .error(
                    at,
                    "`<...>` can stand only in a segment that the stack sends (`>`)",
                )
                .with_help("list the options to send, or leave them out"));
        }
        Ok(SegmentSpec {
            ports,
            ecn,
            flags,
            seq,
            len,
            ack,
            window,
            urgent,
            options,
        })
    }

    fn ports(&mut self) -> Parsed<Option<(u16, u16)>> {
        if !matches!(self.peek(), TokenKind::Integer(_))
            || *self.peek_second() != TokenKind::Punct('>')
        {
            return Ok(None);
        }
        let source = self.number("a port")?;
        self.advance();
        let target = self.number("a port")?;
        Ok(Some((source, target)))
    }

    fn flags(&mut self) -> Parsed<Flags> {
        let mut flags = Flags::default();
        if self.take_punct('-') {
            return Ok(flags);
        }
        let span = self.span();
        if let TokenKind::Word(word) = self.peek() {
            let word = word.clone();
            for letter in word.chars() {
                let bit = match letter {
                    'S' => &mut flags.syn,
                    'F' => &mut flags.fin,
                    'R' => &mut flags.rst,
                    'P' => &mut flags.psh,
                    'U' => &mut flags.urg,
                    'E' => &mut flags.ece,
                    'W' => &mut flags.cwr,
                    _ => {
                        return Err(self.error(span, format!("`{letter}` in `{word}` is no TCP flag")).with_help(
                            "flags are S (SYN), F (FIN), R (RST), P (PSH), U (URG), E (ECE), W (CWR), `.` (ACK) and `-` for none",
                        ));
                    }
                };
                if *bit {
                    return Err(
                        self.error(span, format!("flag `{letter}` stands twice in `{word}`"))
                    );
                }
                *bit = true;
            }
            self.advance();
            flags.ack = self.take_punct('.');
            return Ok(flags);
        }
        flags.ack = self.take_punct('.');
        if flags.ack {
            Ok(flags)
        } else {
            self.unexpected("TCP flags such as `S`, `S.`, `.`, `F.` or `-`")
        }
    }

    /// `start:end(len)`; the end must agree with the length.
    fn sequence(&mut self) -> Parsed<(u32, u16)> {
        let begin = self.span();
        let what = "sequence numbers such as `0:0(0)`";
        let start: u32 = self.number(what)?;
        self.punct(':', "between two sequence numbers")?;
        let end: u32 = self.number(what)?;
        self.punct('(', "and the length in bytes, as in `1:101(100)`")?;
        let len: u16 = self.number("a length of text")?;
        self.punct(')', "after the length")?;
        if start.wrapping_add(u32::from(len)) != end {
            let right = start.wrapping_add(u32::from(len));
            return Err(self
                .error(
                    begin.to(self.last_span()),
                    format!("{start} plus {len} bytes is not {end}"),
                )
                .with_help(format!(
                    "write `{start}:{right}({len})`; SYN and FIN are not counted here"
                )));
        }
        Ok((start, len))
    }

    fn field<T: TryFrom<i64>>(&mut self, name: &str) -> Parsed<Option<T>> {
        if self.take_word(name) {
            self.number(&format!("the value of `{name}`")).map(Some)
        } else {
            Ok(None)
        }
    }

    /// `<a,b>`; `None` for `<...>`.
    fn options(&mut self) -> Parsed<Option<Vec<TcpOption>>> {
        let begin = self.span();
        // The `<` of the next event's direction always follows that event's time, so this one opens
        // options.
        if !self.take_punct('<') {
            return Ok(Some(Vec::new()));
        }
        if *self.peek() == TokenKind::Ellipsis {
            self.advance();
            self.punct('>', "after `<...`")?;
            return Ok(None);
        }
        let mut options = Vec::new();
        while !self.take_punct('>') {
            if !options.is_empty() {
                self.punct(',', "or `>` after an option")?;
            }
            options.push(self.option()?);
        }
        let bytes: usize = options.iter().map(TcpOption::wire_len).sum();
        if bytes > OPTION_SPACE {
            return Err(self.error(
                begin.to(self.last_span()),
                format!("these options take {bytes} bytes; a header has {OPTION_SPACE}"),
            ));
        }
        Ok(Some(options))
    }

    fn option(&mut self) -> Parsed<TcpOption> {
        let span = self.span();
        let TokenKind::Word(name) = self.peek() else {
            return self.unexpected("a TCP option such as `mss 1460`, `nop` or `sackOK`");
        };
        let name = name.clone();
        self.advance();
        Ok(match name.as_str() {
            "nop" => TcpOption::Nop,
            "eol" => TcpOption::EndOfList,
            "mss" => TcpOption::Mss(self.number("the maximum segment size")?),
            "wscale" => TcpOption::WindowScale(self.number("the shift of the window")?),
            "sackOK" => TcpOption::SackPermitted,
            "sack" => TcpOption::Sack(self.sack_blocks()?),
            "TS" => {
                self.named("val")?;
                let value = self.number("the timestamp value")?;
                self.named("ecr")?;
                TcpOption::Timestamp {
                    value,
                    echo: self.number("the timestamp echo reply")?,
                }
            }
            "FO" => TcpOption::FastOpen(self.hex_bytes()?),
            "FOEXP" => {
                // RFC 6994: the experiment identifier of Fast Open goes before the cookie.
                let mut bytes = vec![0xf9, 0x89];
                bytes.extend(self.hex_bytes()?);
                TcpOption::Other(EXPERIMENTAL, bytes)
            }
            "md5" => TcpOption::Other(MD5, self.hex_bytes()?),
            "kind" => {
                let kind = self.number("the kind of a TCP option")?;
                TcpOption::Other(kind, self.hex_bytes()?)
            }
            _ => {
                return Err(self
                    .error(span, format!("unknown TCP option `{name}`"))
                    .with_nearest(&name, &OPTIONS));
            }
        })
    }

    fn named(&mut self, name: &str) -> Parsed<()> {
        if self.take_word(name) {
            Ok(())
        } else {
            self.unexpected(&format!("`{name}` as in `TS val 100 ecr 0`"))
        }
    }

    fn sack_blocks(&mut self) -> Parsed<Vec<(u32, u32)>> {
        let mut blocks = Vec::new();
        while blocks.is_empty() || matches!(self.peek(), TokenKind::Integer(_)) {
            let left = self.number("the left edge of a SACK block")?;
            self.punct(':', "between the edges of a SACK block")?;
            blocks.push((left, self.number("the right edge of a SACK block")?));
        }
        Ok(blocks)
    }

    /// Bytes in hexadecimal, or nothing.
    fn hex_bytes(&mut self) -> Parsed<Vec<u8>> {
        let digits = match self.peek() {
            TokenKind::Word(digits) | TokenKind::Integer(digits) | TokenKind::Hex(digits) => {
                digits.clone()
            }
            _ => return Ok(Vec::new()),
        };
        let pairs = digits.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> = pairs
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        match bytes {
            Some(bytes) if digits.len().is_multiple_of(2) => {
                self.advance();
                Ok(bytes)
            }
            _ => Err(self.error(
                self.span(),
                format!("`{digits}` is not an even number of hexadecimal digits"),
            )),
        }
    }

    /// `icmp unreachable host_unreachable [1:1461(1460)]`.
    fn icmp(&mut self, inbound: bool) -> Parsed<Action> {
        self.advance();
        let TokenKind::Word(kind) = self.peek() else {
            return self.unexpected("the type of the ICMP message, such as `unreachable`");
        };
        let kind = kind.clone();
        self.advance();
        let code = match self.peek() {
            TokenKind::Word(word) if word != "mtu" && word != "id" => word.clone(),
            _ => String::new(),
        };
        if !code.is_empty() {
            self.advance();
        }
        let mtu = self.field("mtu")?;
        self.field::<u16>("id")?;
        let mut seq = 0;
        if self.take_punct('[') {
            seq = self.sequence()?.0;
            self.punct(']', "after the sequence numbers of the quoted segment")?;
        }
        if !inbound {
            return Ok(Action::Unsupported(
                "ICMP messages from the stack".to_owned(),
            ));
        }
        if kind != "unreachable" {
            return Ok(Action::Unsupported(format!("ICMP {kind}")));
        }
        Ok(Action::Icmp(IcmpSpec { code, mtu, seq }))
    }
}

impl TcpOption {
    /// Bytes that the option takes in the header.
    pub fn wire_len(&self) -> usize {
        match self {
            TcpOption::Nop | TcpOption::EndOfList => 1,
            TcpOption::Mss(_) => 4,
            TcpOption::WindowScale(_) => 3,
            TcpOption::SackPermitted => 2,
            TcpOption::Sack(blocks) => 2 + 8 * blocks.len(),
            TcpOption::Timestamp { .. } => 10,
            TcpOption::FastOpen(bytes) | TcpOption::Other(_, bytes) => 2 + bytes.len(),
        }
    }
}
