//! Captures in the format pcapng.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use etherparse::{IpNumber, Ipv4Header, Ipv6Header};
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::{PcapNgBlock, PcapNgWriter};
use pcap_file::{DataLink, Endianness};

use super::{Capture, CaptureError, Place, Sight};
use crate::host::Datagram;
use crate::ladder::Words;
use crate::passage::{Passage, Source};
use crate::plan::Plan;

/// Hops that the network has: nothing here counts them.
const TIME_TO_LIVE: u8 = 64;

/// The whole file.
pub(super) fn write(capture: &Capture, plan: &Plan) -> Result<Vec<u8>, CaptureError> {
    let section = SectionHeaderBlock {
        // The same bytes on every machine.
        endianness: Endianness::Little,
        options: vec![SectionHeaderOption::UserApplication(Cow::Borrowed(
            concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")),
        ))],
        ..SectionHeaderBlock::default()
    };
    let mut writer = PcapNgWriter::with_section_header(Vec::new(), section).map_err(format)?;
    put(
        &mut writer,
        interface("wire", "every frame that entered a link"),
    )?;
    for host in &plan.hosts {
        let about = format!("what {} sent, and what reached it", host.name);
        put(&mut writer, interface(&host.name, &about))?;
    }
    let words = Words {
        plan,
        language: plan.output.language,
        decimals: 9,
    };
    for sight in &capture.sights {
        let Some(passage) = capture.passages.get(&sight.id) else {
            continue;
        };
        put(&mut writer, packet(plan, &words, sight, passage)?)?;
    }
    Ok(writer.into_inner())
}

fn put<'a>(
    writer: &mut PcapNgWriter<Vec<u8>>,
    block: impl PcapNgBlock<'a>,
) -> Result<(), CaptureError> {
    writer.write_pcapng_block(block).map_err(format)?;
    Ok(())
}

fn format(error: impl std::fmt::Display) -> CaptureError {
    CaptureError::Format(error.to_string())
}

/// An interface with IP datagrams, stamped in nanoseconds from the start of the run.
fn interface(name: &str, about: &str) -> InterfaceDescriptionBlock<'static> {
    InterfaceDescriptionBlock {
        linktype: DataLink::RAW,
        snaplen: 0,
        options: vec![
            InterfaceDescriptionOption::IfName(Cow::Owned(name.to_owned())),
            InterfaceDescriptionOption::IfDescription(Cow::Owned(about.to_owned())),
            InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO),
        ],
    }
}

fn packet(
    plan: &Plan,
    words: &Words<'_>,
    sight: &Sight,
    passage: &Passage,
) -> Result<EnhancedPacketBlock<'static>, CaptureError> {
    const INBOUND: u32 = 1;
    const OUTBOUND: u32 = 2;
    // What has no route is on no link, and no host has seen it leave.
    let link = plan.links.get(passage.link.0 as usize);
    let (interface, direction) = match (sight.place, link) {
        (Place::Sender, Some(link)) => (link.from.0 + 1, Some(OUTBOUND)),
        (Place::Receiver, Some(link)) => (link.to.0 + 1, Some(INBOUND)),
        (Place::Wire, _) | (_, None) => (0, None),
    };
    let data = datagram(&sight.frame)?;
    let mut options = Vec::new();
    options.extend(direction.map(EnhancedPacketOption::Flags));
    // A sender does not know what the network is going to do.
    if sight.place != Place::Sender {
        let comment = comment(words, passage);
        if !comment.is_empty() {
            let comment = CommonOption::Comment(Cow::Owned(comment));
            options.push(EnhancedPacketOption::Common(comment));
        }
    }
    Ok(EnhancedPacketBlock {
        interface_id: interface as u32,
        timestamp: Duration::from_nanos(sight.at.as_nanos()),
        original_len: data.len() as u32,
        data: Cow::Owned(data),
        options,
    })
}

/// An IP datagram with this segment in it.
fn datagram(frame: &Datagram) -> Result<Vec<u8>, CaptureError> {
    let too_long = || CaptureError::TooLong(frame.tag().0);
    let segment = frame.octets().ok_or_else(too_long)?;
    let length = u16::try_from(segment.len()).map_err(|_| too_long())?;
    let ends = (frame.packet.source.ip(), frame.packet.target.ip());
    let mut octets = match ends {
        (IpAddr::V4(source), IpAddr::V4(target)) => {
            let (source, target) = (source.octets(), target.octets());
            let mut header = Ipv4Header::new(length, TIME_TO_LIVE, IpNumber::TCP, source, target)
                .map_err(|_| too_long())?;
            header.header_checksum = header.calc_header_checksum();
            header.to_bytes().to_vec()
        }
        (IpAddr::V6(source), IpAddr::V6(target)) => Ipv6Header {
            payload_length: length,
            next_header: IpNumber::TCP,
            hop_limit: TIME_TO_LIVE,
            source: source.octets(),
            destination: target.octets(),
            ..Ipv6Header::default()
        }
        .to_bytes()
        .to_vec(),
        _ => return Err(too_long()),
    };
    octets.extend(segment);
    Ok(octets)
}

/// What the network did to a frame; empty if it only carried it.
fn comment(words: &Words<'_>, passage: &Passage) -> String {
    let language = words.language;
    let mut parts = Vec::new();
    parts.extend(passage.stale.map(|stale| words.overtaken(stale)));
    parts.push(match passage.source {
        Source::Host => String::new(),
        Source::Copy => language
            .choose("copy made by the network", "网络产生的副本")
            .to_owned(),
        Source::Replay => language.choose("replayed", "重放").to_owned(),
        Source::Forgery => language
            .choose("forged: no host sent it", "伪造：没有主机发送过")
            .to_owned(),
    });
    if passage.was_held() {
        parts.push(words.held(passage));
        parts.extend(passage.held_nanos().map(|nanos| {
            let seconds = words.seconds(nanos);
            language.choose(format!("for {seconds} s"), format!("{seconds} s"))
        }));
    }
    parts.push(words.rewritten(passage));
    if passage.is_damaged {
        let text = language.choose("damaged: its checksum is wrong", "已损坏：校验和错误");
        parts.push(text.to_owned());
    }
    parts.push(words.lost(passage));
    parts.push(words.unheard(passage).to_owned());
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() {
        return String::new();
    }
    let tag = passage.frame.tag().0;
    parts.push(language.choose(format!("connection {tag}"), format!("连接 {tag}")));
    parts.join(language.choose(", ", "，"))
}
