//! The same lesson in Chinese.

use tcp_core::KeepAlive;

use super::{Failing, ONE, View};
use crate::language::Language;
use crate::metrics::rounded;
use crate::plan::{Class, Counter, Metric, Period, Plan, Statistic};

/// A policy's sentence.
pub(super) fn sentence(view: &View<'_>) -> String {
    let spurious = view.number(Metric::Counter(Counter::AppSpuriousAccepts));
    let alien = view.number(Metric::Counter(Counter::AppDuplicateBytes));
    let stale = view.class(Class::EmbryonicStale, Statistic::Area);
    let mixed_up = match alien {
        0 => String::new(),
        _ => format!(
            "应用程序把以前的连接的 {} 个字节当作新的读取了。",
            rounded(alien, 3)
        ),
    };
    let text = if spurious > 0 {
        deceived(view) + &mixed_up
    } else if alien > 0 {
        mixed_up
    } else if stale > 0 {
        undeceived(view)
    } else if !view.has_opened() {
        unopened(view)
    } else if view.period == Period::AfterFault && view.is_late_lost() {
        "没有任何报文段迟到，因为故障放行的报文段在途中丢失；这次运行说明不了什么。".to_owned()
    } else if view.period == Period::AfterFault {
        let segments = rounded(view.number(Metric::Counter(Counter::SegmentsSent)), 3);
        format!(
            "{}，服务器没有为迟到的报文段保留任何状态（故障之后共发送 {segments} 个报文段）。",
            view.calm(Language::Zh)
        )
    } else if view.plan.has_time_after_fault() {
        unreleased(view)
    } else {
        undisturbed(view)
    };
    let text = text + &Failing::of(view).sentence(Language::Zh);
    let name = view.point.policy.name();
    match view.point.replications.len() {
        1 => format!("{name}：{text}"),
        count => format!("{name}（{count} 次运行的平均）：{text}"),
    }
}

fn deceived(view: &View<'_>) -> String {
    let spurious = view.number(Metric::Counter(Counter::AppSpuriousAccepts));
    let area = rounded(view.class(Class::OrphanEstablished, Statistic::Area), 3);
    let violations = view.number(Metric::Counter(Counter::AssumptionViolations));
    let assumption = if violations > 0 {
        let count = rounded(violations, 3);
        format!("假设被打破：{count} 个 SYN 比该策略所假设的更旧；")
    } else {
        String::new()
    };
    let fate = match view.orphans() {
        0 => "到结束时都已消失".to_owned(),
        ONE if spurious == ONE => "运行结束时它仍在等待数据".to_owned(),
        left => format!("运行结束时仍有 {} 个在等待数据", rounded(left, 3)),
    };
    let spurious = rounded(spurious, 3);
    format!(
        "{assumption}服务器的应用程序得到了 {spurious} 个没有客户端想要的连接；等待数据共耗费 {area} \
         连接·秒，{fate}。"
    )
}

fn undeceived(view: &View<'_>) -> String {
    let area = rounded(view.class(Class::EmbryonicStale, Statistic::Area), 3);
    let answers = if view.period == Period::AfterFault {
        let synacks = rounded(view.number(Metric::Counter(Counter::SynackSent)), 3);
        format!("（期间发送了 {synacks} 个 SYN,ACK）")
    } else {
        String::new()
    };
    let fate = match view.class(Class::EmbryonicStale, Statistic::Final) {
        0 => "没有留下任何状态".to_owned(),
        left => format!("还剩 {} 个这样的条目", rounded(left, 3)),
    };
    let cause = if view.has_flood() {
        "背后没有客户端的 SYN"
    } else {
        "陈旧的 SYN"
    };
    let calm = view.calm(Language::Zh);
    format!("{calm}；{cause} 在 SYN 队列中耗费 {area} 连接·秒{answers}，{fate}。")
}

fn unopened(view: &View<'_>) -> String {
    let embryonic = view.class(Class::Embryonic, Statistic::Area);
    let received = if embryonic > 0 {
        format!(
            "服务器处于 SYN-RECEIVED 共 {} 连接·秒",
            rounded(embryonic, 3)
        )
    } else {
        "服务器没有保留任何状态".to_owned()
    };
    format!("没有建立任何连接，{received}。")
}

fn unreleased(view: &View<'_>) -> String {
    let why = if view.point.holding.is_empty() {
        "没有报文段遇到该故障"
    } else {
        "运行在被扣留的报文段放行之前就已结束"
    };
    format!("没有任何报文段迟到，因为{why}；这次运行说明不了什么。")
}

fn undisturbed(view: &View<'_>) -> String {
    let embryonic = view.class(Class::Embryonic, Statistic::Area);
    let waiting = view.class(Class::TimeWait, Statistic::Area);
    let time = rounded(view.number(Metric::Counter(Counter::ConnectTimeMedian)), 3);
    let is_single = view.plan.loads.is_empty() && view.plan.connections.len() == 1;
    let opened = if is_single && view.point.replications.len() == 1 {
        format!("客户端在发出 SYN 之后 {time} s 进入 ESTABLISHED")
    } else {
        format!("成功的客户端有一半在 {time} s 之内进入 ESTABLISHED")
    };
    let received = if embryonic > 0 {
        format!(
            "服务器处于 SYN-RECEIVED 共 {} 连接·秒",
            rounded(embryonic, 3)
        )
    } else {
        "服务器从不在 SYN-RECEIVED 中等待".to_owned()
    };
    let closed = if waiting > 0 {
        format!("；TIME-WAIT 共 {} 连接·秒", rounded(waiting, 3))
    } else {
        String::new()
    };
    format!("{opened}，{received}{closed}。")
}

/// What would free an orphan.
pub(super) fn keep_alive(leaving: &[&str], plan: &Plan) -> String {
    let policy = leaving.join("、");
    let until = plan.run.until.as_secs();
    let mut hosts = plan.hosts.iter();
    if hosts.any(|host| host.config.keepalive.is_some()) {
        return format!("{policy} 留下的连接在 {until} s 之后仍未达到保活的期限。");
    }
    let usual = KeepAlive::DEFAULT;
    let total = usual.idle + usual.interval * u32::from(usual.probes);
    format!(
        "TCP 本身永远不会结束 {policy} 留下的连接：运行在 {until} s 时停止；只有默认关闭的保活\
         （静默 {} s + {} × {} s = {} s）才会释放它。",
        usual.idle.as_secs(),
        usual.probes,
        usual.interval.as_secs(),
        total.as_secs()
    )
}
