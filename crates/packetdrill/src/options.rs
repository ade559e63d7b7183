//! TCP options between a script's words and the bytes of the wire (RFC 9293 §3.2, RFC 7323, RFC
//! 2018, RFC 7413).

use crate::script::TcpOption;
use tcp_core::Options;
use tcp_core::options::{self, kind};

/// The options as they stand on the wire, without padding.
pub(crate) fn encode(options: &[TcpOption]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for option in options {
        match option {
            TcpOption::Nop => bytes.push(kind::NOP),
            TcpOption::EndOfList => bytes.push(kind::END),
            TcpOption::Mss(mss) => push(&mut bytes, kind::MSS, &mss.to_be_bytes()),
            TcpOption::WindowScale(shift) => push(&mut bytes, kind::WINDOW_SCALE, &[*shift]),
            TcpOption::SackPermitted => push(&mut bytes, kind::SACK_PERMITTED, &[]),
            TcpOption::Sack(blocks) => {
                let edges: Vec<u8> = blocks
                    .iter()
                    .flat_map(|(left, right)| [left.to_be_bytes(), right.to_be_bytes()])
                    .flatten()
                    .collect();
                push(&mut bytes, kind::SACK, &edges);
            }
            TcpOption::Timestamp { value, echo } => {
                let both: Vec<u8> = [value.to_be_bytes(), echo.to_be_bytes()].concat();
                push(&mut bytes, kind::TIMESTAMPS, &both);
            }
            TcpOption::FastOpen(cookie) => push(&mut bytes, kind::FAST_OPEN, cookie),
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

/// The options in the order of the wire, with each octet of padding after an end of the list, or
/// for want of whole words, as such an end. Octets that are no option end the list.
pub(crate) fn decode(options: &Options) -> Vec<TcpOption> {
    let mut listed = Vec::new();
    let wire_len = |listed: &[TcpOption]| listed.iter().map(TcpOption::wire_len).sum::<usize>();
    for read in options {
        match read {
            Ok(options::TcpOption::End) => break,
            Ok(option) => listed.push(owned(option)),
            Err(_) => {
                let rest = &options.as_bytes()[wire_len(&listed)..];
                listed.extend(
                    rest.split_first()
                        .map(|(&kind, data)| TcpOption::Other(kind, data.to_vec())),
                );
                return listed;
            }
        }
    }
    let padding = options.padded_len() - wire_len(&listed);
    listed.extend(std::iter::repeat_n(TcpOption::EndOfList, padding));
    listed
}

fn owned(option: options::TcpOption<'_>) -> TcpOption {
    match option {
        options::TcpOption::Nop => TcpOption::Nop,
        options::TcpOption::End => TcpOption::EndOfList,
        options::TcpOption::Mss(mss) => TcpOption::Mss(mss),
        options::TcpOption::WindowScale(shift) => TcpOption::WindowScale(shift),
        options::TcpOption::SackPermitted => TcpOption::SackPermitted,
        options::TcpOption::Sack(edges) => {
            let (words, _) = edges.as_chunks::<4>();
            let (blocks, _) = words.as_chunks::<2>();
            TcpOption::Sack(
                blocks
                    .iter()
                    .map(|&[left, right]| (u32::from_be_bytes(left), u32::from_be_bytes(right)))
                    .collect(),
            )
        }
        options::TcpOption::Timestamps(stamps) => TcpOption::Timestamp {
            value: stamps.value,
            echo: stamps.echo,
        },
        options::TcpOption::FastOpen(cookie) => TcpOption::FastOpen(cookie.to_vec()),
        options::TcpOption::Unknown { kind, data } => TcpOption::Other(kind, data.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Options {
        Options::from_bytes(bytes).expect("no more than 40 octets")
    }

    #[test]
    fn padding_is_shown_as_ends_of_the_list() {
        let end = TcpOption::EndOfList;
        let scale = TcpOption::WindowScale(6);
        assert_eq!(decode(&read(&[3, 3, 6])), [scale.clone(), end.clone()]);
        assert_eq!(
            decode(&read(&[3, 3, 6, 0, 9, 9])),
            [vec![scale], vec![end; 5]].concat()
        );
    }

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
            TcpOption::EndOfList,
        ];
        let bytes = encode(&options);
        assert_eq!(
            bytes.len(),
            options.iter().map(TcpOption::wire_len).sum::<usize>()
        );
        assert_eq!(bytes.len() % 4, 0);
        assert_eq!(decode(&read(&bytes)), options);
    }

    #[test]
    fn broken_bytes_end_the_list() {
        let other = |kind, data: &[u8]| vec![TcpOption::Other(kind, data.to_vec())];
        assert_eq!(decode(&read(&[2, 4, 5])), other(2, &[4, 5]));
        assert_eq!(decode(&read(&[9])), other(9, &[]));
        assert_eq!(decode(&read(&[9, 0, 1])), other(9, &[0, 1]));
        // A known option of the wrong size is none that the stack reads.
        assert_eq!(decode(&read(&[2, 3, 5, 1])), other(2, &[3, 5, 1]));
    }
}
