//! When the connections of a load are opened.

use std::ops::Range;
use std::time::Duration;

use crate::diagnostic::Diagnostic;
use crate::quantity::Time;
use crate::spec::{ArrivalsSpec, Spanned};

use super::super::Arrivals;
use super::Findings;

/// What a load's `arrivals` mean.
pub(super) fn resolve(
    spec: &Spanned<ArrivalsSpec>,
    findings: &mut Findings<'_>,
) -> Result<Arrivals, Diagnostic> {
    match spec.get_ref() {
        ArrivalsSpec::Poisson(rate) => Ok(Arrivals::Poisson(*rate)),
        ArrivalsSpec::Constant(rate) => Ok(Arrivals::Constant(*rate)),
        ArrivalsSpec::Trace(name) => trace(name, &spec.span(), findings).map(Arrivals::Trace),
        ArrivalsSpec::Burst(0) => {
            Err(Diagnostic::at(spec.span(), "a burst of 0 opens nothing").help("the least is 1"))
        }
        ArrivalsSpec::Burst(size) => Ok(Arrivals::Burst(*size)),
    }
}

/// The times in a file.
fn trace(
    name: &str,
    span: &Range<usize>,
    findings: &mut Findings<'_>,
) -> Result<Vec<Duration>, Diagnostic> {
    let refuse = |title: String| {
        Diagnostic::at(span.clone(), title).help(
            "the file has one time in each line, such as 1.5s, in ascending order; what follows a \
             # is a remark",
        )
    };
    let text = findings
        .read_named(name, span)
        .map_err(|why| refuse(format!("cannot read the times of `{name}`: {why}")))?;
    times(&text).map_err(|why| refuse(format!("`{name}` is no list of times: {why}")))
}

/// One time in each line; empty lines and remarks do not count.
fn times(text: &str) -> Result<Vec<Duration>, String> {
    let mut times: Vec<Duration> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let written = line.split('#').next().unwrap_or_default().trim();
        if written.is_empty() {
            continue;
        }
        let in_line = |why: String| format!("line {}: {why}", index + 1);
        let Time(time) = written
            .parse()
            .map_err(|error: crate::quantity::QuantityError| in_line(error.to_string()))?;
        if let Some(last) = times.last().filter(|last| **last > time) {
            let why = format!("{written} is before {}", Time(*last));
            return Err(in_line(why));
        }
        times.push(time);
    }
    if times.is_empty() {
        return Err("there is no time in it".to_owned());
    }
    Ok(times)
}
