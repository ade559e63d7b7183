//! TCP options between a script's words and the bytes of the wire (RFC 9293 §3.2, RFC 7323, RFC
//! 2018, RFC 7413).

use crate::script::TcpOption;

const END_OF_LIST: u8 = 0;
const NOP: u8 = 1;
const MSS: u8 = 2;
const WINDOW_SCALE: u8 = 3;
const SACK_PERMITTED: u8 = 4;
const SACK: u8 = 5;
const TIMESTAMP: u8 = 8;
const FAST_OPEN: u8 = 34;

/// The options as they stand on the wire, without padding.
pub(crate) fn encode(options: &[TcpOption]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for option in options {
        match option {
            TcpOption::Nop => bytes.push(NOP),
            TcpOption::EndOfList => bytes.push(END_OF_LIST),
            TcpOption::Mss(mss) => push(&mut bytes, MSS, &mss.to_be_bytes()),
            TcpOption::WindowScale(shift) => push(&mut bytes, WINDOW_SCALE, &[*shift]),
            TcpOption::SackPermitted => push(&mut bytes, SACK_PERMITTED, &[]),
            TcpOption::Sack(blocks) => {
                let edges: Vec<u8> = blocks
                    .iter()
                    .flat_map(|(left, right)| [left.to_be_bytes(), right.to_be_bytes()])
                    .flatten()
                    .collect();
                push(&mut bytes, SACK, &edges);
            }
            TcpOption::Timestamp { value, echo } => {
                let both: Vec<u8> = [value.to_be_bytes(), echo.to_be_bytes()].concat();
                push(&mut bytes, TIMESTAMP, &both);
            }
            TcpOption::FastOpen(cookie) => push(&mut bytes, FAST_OPEN, cookie),
            TcpOption::Other(kind, data) => push(&mut bytes, *kind, data),
        }
    }
    bytes
}

fn push(bytes: &mut Vec<u8>, kind: u8, data: &[u8]) {
    // The parser keeps all options within 40 bytes, so the length fits.
    bytes.extend([kind, (data.len() + 2) as u8]);
    bytes.extend(data);
}

/// The options in the order of the wire. Everything after an end-of-list option is padding and
/// shown as such; bytes that are no option end the list.
pub(crate) fn decode(mut bytes: &[u8]) -> Vec<TcpOption> {
    let mut options = Vec::new();
    while let Some((&kind, rest)) = bytes.split_first() {
        if kind == END_OF_LIST || kind == NOP {
            options.push(if kind == NOP {
                TcpOption::Nop
            } else {
                TcpOption::EndOfList
            });
            bytes = rest;
            continue;
        }
        let len = rest.first().map_or(0, |&len| usize::from(len));
        let Some(data) = bytes.get(2..len) else {
            options.push(TcpOption::Other(kind, rest.to_vec()));
            return options;
        };
        options.push(option(kind, data));
        bytes = &bytes[len..];
    }
    options
}

fn option(kind: u8, data: &[u8]) -> TcpOption {
    let word = |at: usize| {
        data.get(at..at + 4)
            .and_then(|word| word.try_into().ok())
            .map_or(0, u32::from_be_bytes)
    };
    match (kind, data) {
        (MSS, &[high, low]) => TcpOption::Mss(u16::from_be_bytes([high, low])),
        (WINDOW_SCALE, &[shift]) => TcpOption::WindowScale(shift),
        (SACK_PERMITTED, []) => TcpOption::SackPermitted,
        (SACK, edges) if !edges.is_empty() && edges.len().is_multiple_of(8) => TcpOption::Sack(
            (0..edges.len() / 8)
                .map(|block| (word(8 * block), word(8 * block + 4)))
                .collect(),
        ),
        (TIMESTAMP, both) if both.len() == 8 => TcpOption::Timestamp {
            value: word(0),
            echo: word(4),
        },
        (FAST_OPEN, cookie) => TcpOption::FastOpen(cookie.to_vec()),
        _ => TcpOption::Other(kind, data.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        let options = vec![
            TcpOption::Mss(1460),
            TcpOption::Nop,
            TcpOption::WindowScale(6),
            TcpOption::SackPermitted,
            TcpOption::Timestamp {
                value: 100,
                echo: 7,
            },
            TcpOption::Sack(vec![(1, 2)]),
            TcpOption::FastOpen(vec![]),
            TcpOption::Other(77, vec![1, 2, 3]),
            TcpOption::EndOfList,
            TcpOption::EndOfList,
        ];
        let bytes = encode(&options);
        assert_eq!(
            bytes.len(),
            options.iter().map(TcpOption::wire_len).sum::<usize>()
        );
        assert_eq!(decode(&bytes), options);
    }

    #[test]
    fn broken_bytes_end_the_list() {
        assert_eq!(decode(&[2, 4, 5]), vec![TcpOption::Other(2, vec![4, 5])]);
        assert_eq!(decode(&[9]), vec![TcpOption::Other(9, vec![])]);
        assert_eq!(decode(&[9, 0, 1]), vec![TcpOption::Other(9, vec![0, 1])]);
    }
}
