//! What ladders say, in both languages.

use netsim::DropReason;
use tcp_core::Phase;

use crate::describe;
use crate::language::Language;
use crate::passage::{Overtaken, Passage, Source};
use crate::plan::{Action, End, Plan};
use crate::story::Story;
use crate::trace::Deafness;

/// A time under way that is worth a remark.
const LONG_WAY: u64 = 500_000_000;

/// What happens at one end beside segments and states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// The application gets a connection that no client wants.
    SpuriousAccept,
    /// The application is told that such a connection has failed.
    SpuriousError,
    /// The host loses power.
    PowerOff,
    /// The host is up again.
    Restart,
    /// The user timeout is over.
    GivesUp,
    /// Keep-alive probes were not answered.
    KeepAlive,
    /// The time in this state is over.
    Expired(Phase),
    /// The queue was full.
    Evicted,
    /// The user calls ABORT.
    Abort,
}

impl Note {
    /// Whether it should not have come to that.
    pub(super) fn is_alarming(self) -> bool {
        use Note::{PowerOff, SpuriousAccept, SpuriousError};
        matches!(self, SpuriousAccept | SpuriousError | PowerOff)
    }
}

/// Which ends of a segment's way are shown together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// Both.
    Both,
    /// Where it leaves.
    Tail,
    /// Where it arrives.
    Head,
}

/// The words of one ladder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) language: Language,
    /// Decimals of a second, 0 to 9.
    pub(crate) decimals: usize,
}

impl Words<'_> {
    /// Seconds without a unit, rounded.
    pub(crate) fn seconds(&self, nanos: u64) -> String {
        let step = 10_u64.pow(9 - self.decimals as u32);
        let steps = (u128::from(nanos) + u128::from(step / 2)) / u128::from(step);
        let per_second = u128::from(1_000_000_000 / step);
        let (whole, rest) = (steps / per_second, steps % per_second);
        if self.decimals == 0 {
            return whole.to_string();
        }
        format!("{whole}.{rest:0decimals$}", decimals = self.decimals)
    }

    pub(super) fn silence(&self, nanos: u64) -> String {
        let seconds = self.seconds(nanos);
        self.language.choose(
            format!("{seconds} s of silence"),
            format!("静默 {seconds} s"),
        )
    }

    pub(super) fn left_out(&self, rows: usize) -> String {
        self.language
            .choose(format!("{rows} rows left out"), format!("省略 {rows} 行"))
    }

    pub(super) fn end_of_run(&self) -> &'static str {
        self.language.choose("end of the run", "运行结束")
    }

    pub(super) fn note(&self, note: Note) -> String {
        let (en, zh) = match note {
            Note::SpuriousAccept => (
                "application accepts what no client wants",
                "应用程序接受了没有客户端想要的连接",
            ),
            Note::SpuriousError => ("application is told of a failure", "应用程序被告知连接失败"),
            Note::PowerOff => ("power off", "断电"),
            Note::Restart => ("up again", "重新启动"),
            Note::GivesUp => ("gives up: no answer", "无应答，放弃"),
            Note::KeepAlive => ("gives up: keep-alive unanswered", "保活无应答，放弃"),
            Note::Expired(phase) => {
                return self
                    .language
                    .choose(format!("{phase} is over"), format!("{phase} 到期"));
            }
            Note::Evicted => ("makes room for another", "被挤出队列"),
            Note::Abort => ("ABORT", "ABORT（中止）"),
        };
        self.language.choose(en, zh).to_owned()
    }

    /// What the network did to a segment, as far as it is seen at these ends; empty if nothing.
    pub(super) fn remark(&self, passage: &Passage, ends: Ends) -> String {
        let parts = match ends {
            Ends::Tail => vec![self.at_the_tail(passage)],
            Ends::Both | Ends::Head => self.at_the_head(passage, ends),
        };
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(self.language.choose(", ", "，"))
    }

    fn at_the_tail(&self, passage: &Passage) -> String {
        if passage.dropped.is_some() {
            return self.lost(passage);
        }
        match (passage.held, passage.arrived) {
            (Some(_), _) => self.held(passage),
            (None, Some(_)) => self.under_way(passage),
            (None, None) => self
                .language
                .choose("still under way", "仍在途中")
                .to_owned(),
        }
    }

    /// That a segment is lost, and by what.
    pub(crate) fn lost(&self, passage: &Passage) -> String {
        let Some((_, reason, fault)) = passage.dropped else {
            return String::new();
        };
        match (reason, fault) {
            (DropReason::Fault, Some(fault)) => {
                let id = &self.plan.faults[fault].id;
                self.language
                    .choose(format!("dropped by {id}"), format!("被 {id} 丢弃"))
            }
            (DropReason::Loss, _) => self.language.choose("lost", "丢失").to_owned(),
            (reason, _) => {
                let name = reason.name();
                self.language
                    .choose(format!("lost: {name}"), format!("丢失：{name}"))
            }
        }
    }

    /// That a fault holds a segment.
    pub(crate) fn held(&self, passage: &Passage) -> String {
        match passage.held {
            None => String::new(),
            Some((_, None)) => self.language.choose("held", "被扣留").to_owned(),
            Some((_, Some(fault))) => {
                let id = &self.plan.faults[fault].id;
                self.language
                    .choose(format!("held by {id}"), format!("被 {id} 扣留"))
            }
        }
    }

    fn at_the_head(&self, passage: &Passage, ends: Ends) -> Vec<String> {
        let mut parts = Vec::new();
        if passage.stale.is_some() {
            parts.push(self.language.choose("stale", "陈旧").to_owned());
        }
        match passage.source {
            Source::Host => {}
            Source::Copy => parts.push(self.language.choose("copy", "副本").to_owned()),
            Source::Replay => parts.push(self.language.choose("replayed", "重放").to_owned()),
            Source::Forgery => parts.push(self.language.choose("forged", "伪造").to_owned()),
        }
        if let Some(nanos) = passage.held_nanos() {
            let seconds = self.seconds(nanos);
            parts.push(
                self.language
                    .choose(format!("held {seconds} s"), format!("扣留 {seconds} s")),
            );
        } else if ends == Ends::Head {
            parts.push(self.under_way(passage));
        }
        parts.push(self.rewritten(passage));
        parts.push(self.unheard(passage).to_owned());
        parts
    }

    /// What a fault wrote into a segment's header.
    pub(crate) fn rewritten(&self, passage: &Passage) -> String {
        match passage
            .rewritten
            .map(|fault| &self.plan.faults[fault].action)
        {
            Some(Action::Rewrite(rewrite)) => {
                let what = describe::rewritten(*rewrite);
                let fields = what.strip_prefix(" to ").unwrap_or(&what);
                self.language
                    .choose(format!("rewritten to {fields}"), format!("改写为 {fields}"))
            }
            _ => String::new(),
        }
    }

    /// Why the host did not hear a segment.
    pub(crate) fn unheard(&self, passage: &Passage) -> &'static str {
        match passage.unheard {
            Some(Deafness::PowerOff) => self.language.choose("nobody hears it", "无人接收"),
            Some(Deafness::Damaged) => self.language.choose("damaged, discarded", "已损坏，被丢弃"),
            None => "",
        }
    }

    /// How long a segment travelled, if that is remarkable.
    fn under_way(&self, passage: &Passage) -> String {
        let Some(arrived) = passage.arrived else {
            return String::new();
        };
        let nanos = arrived.as_nanos() - passage.left.as_nanos();
        if nanos < LONG_WAY {
            return String::new();
        }
        let seconds = self.seconds(nanos);
        self.language.choose(
            format!("{seconds} s under way"),
            format!("途中 {seconds} s"),
        )
    }

    /// What a stale segment is an old copy of.
    pub(crate) fn overtaken(&self, Overtaken { own, by }: Overtaken) -> String {
        let what = match own {
            0 => self.language.choose("original", "原报文").to_owned(),
            own => self
                .language
                .choose(format!("retransmission {own}"), format!("第 {own} 次重传")),
        };
        self.language.choose(
            format!("stale {what}: retransmission {by} had arrived before it"),
            format!("陈旧的{what}：第 {by} 次重传已先到达"),
        )
    }
}

/// What a segment carries: its bits and SEQ; and ACK and length if it has them. Numbers count from
/// the initial ones where that is possible.
pub(super) fn label(story: &Story<'_>, from: End, passage: &Passage) -> [String; 2] {
    let segment = &passage.frame.packet.segment;
    let number = |end, number: u32| {
        let relative = story.relative(end, number);
        relative.unwrap_or_else(|| number.to_string())
    };
    let is_bare_reset = segment.flags.rst() && segment.flags.ack() && segment.seq.0 == 0;
    let seq = if is_bare_reset {
        "0".to_owned()
    } else {
        number(from, segment.seq.0)
    };
    let mut rest = Vec::new();
    if segment.flags.ack() {
        rest.push(format!("ack={}", number(from.peer(), segment.ack.0)));
    }
    if !segment.text.is_empty() {
        rest.push(format!("len={}", segment.text.len));
    }
    [format!("{} seq={seq}", segment.flags), rest.join(" ")]
}
