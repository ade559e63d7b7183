//! Shell lines: what a script asks of its system besides system calls.
//!
//! Three things have a meaning here: setting a sysctl, counting connections in a state, and
//! `tcpdrop`. They are recognised by what the words say; anything else is a reason to skip the
//! script.

/// One step of a shell line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// `sysctl -w name=value`
    Set {
        /// As written.
        name: String,
        /// Without quotes.
        value: String,
    },
    /// `sockstat ... | grep ...`: the list of connections must survive the filters.
    List {
        /// Whose spelling of the states the list has.
        spelling: Spelling,
        /// `ss state X`: only connections in that state.
        state: Option<String>,
        /// What follows the pipes.
        filters: Vec<Filter>,
    },
    /// `tcpdrop ...`
    Drop(DropSelector),
}

/// How a program spells states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// `sockstat`, BSD `netstat`: `FIN_WAIT_1`.
    Bsd,
    /// `ss`: `FIN-WAIT-1`.
    Ss,
}

/// Which connections an administrator drops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DropSelector {
    /// `-a`
    All,
    /// `-s STATE`, in BSD spelling.
    State(String),
    /// Local and foreign port; the addresses are those of the test.
    Ports(u16, u16),
}

/// A program behind a pipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// `grep [-c] [-v] [-i] PATTERN`
    Grep {
        /// Without quotes and anchors.
        pattern: String,
        /// The pattern ended in `$`.
        at_end: bool,
        /// The pattern began with `^`.
        at_start: bool,
        /// `-c`
        count: bool,
        /// `-v`
        invert: bool,
        /// `-i`
        ignore_case: bool,
    },
    /// `wc -l`
    CountLines,
}

/// Reads a shell line.
///
/// # Errors
///
/// The reason why it has no meaning here.
pub(crate) fn steps(line: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for statement in split_outside_quotes(line, &[";", "&&", "\n"]) {
        statement_steps(&statement, &mut steps)?;
    }
    Ok(steps)
}

fn statement_steps(statement: &str, steps: &mut Vec<Step>) -> Result<(), String> {
    let pipeline: Vec<Vec<String>> = split_outside_quotes(statement, &["|"])
        .iter()
        .map(|part| words(part))
        .collect();
    let Some(([program, arguments @ ..], filters)) = pipeline
        .split_first()
        .map(|(first, rest)| (first.as_slice(), rest))
    else {
        return Ok(());
    };
    let name = program.rsplit('/').next().unwrap_or(program);
    let unknown = || Err(format!("shell command `{}`", statement.trim()));
    match name {
        // The second is packetdrill's own, with paths below /proc/sys.
        "sysctl" | "set_sysctls.py" => sysctl_steps(arguments, steps),
        "sockstat" | "netstat" | "ss" => {
            let spelling = if name == "ss" {
                Spelling::Ss
            } else {
                Spelling::Bsd
            };
            let Ok(state) = listing_state(arguments) else {
                return unknown();
            };
            let Some(filters) = filters
                .iter()
                .map(|words| filter(words))
                .collect::<Option<Vec<Filter>>>()
            else {
                return unknown();
            };
            steps.push(Step::List {
                spelling,
                state,
                filters,
            });
        }
        "tcpdrop" => {
            // With -l it only prints the commands, which a shell may then run.
            let only_prints = arguments.first().is_some_and(|first| first == "-l");
            let runs = filters.iter().any(|words| words.iter().eq(["sh"]));
            match drop_selector(&arguments[usize::from(only_prints)..]) {
                Some(_) if only_prints && !runs => {}
                Some(selector) => steps.push(Step::Drop(selector)),
                None => return unknown(),
            }
        }
        "true" | ":" | "echo" | "sync" => {}
        _ => return unknown(),
    }
    Ok(())
}

/// `name=value` words, with or without `-w`; a bare name only prints its value.
fn sysctl_steps(arguments: &[String], steps: &mut Vec<Step>) {
    for argument in arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
    {
        if argument.starts_with(['>', '<']) || argument.starts_with("2>") {
            break;
        }
        if let Some((name, value)) = argument.split_once('=') {
            let name = name.strip_prefix("/proc/sys/").unwrap_or(name);
            steps.push(Step::Set {
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
    }
}

/// The flags of a listing choose columns and families and are of no consequence, except `state X`.
fn listing_state(arguments: &[String]) -> Result<Option<String>, ()> {
    let mut arguments = arguments.iter();
    let mut state = None;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-P" | "-p" | "-f" | "-A" => {
                arguments.next();
            }
            "state" => state = Some(arguments.next().ok_or(())?.clone()),
            flag if flag.starts_with('-') => {}
            _ => return Err(()),
        }
    }
    Ok(state)
}

fn drop_selector(arguments: &[String]) -> Option<DropSelector> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["-a"] => Some(DropSelector::All),
        ["-s", state] => Some(DropSelector::State((*state).to_owned())),
        [_, local, _, foreign] => Some(DropSelector::Ports(
            local.parse().ok()?,
            foreign.parse().ok()?,
        )),
        [local, foreign] => {
            let port = |address: &str| {
                address
                    .rsplit([':', '.'])
                    .next()
                    .and_then(|port| port.parse().ok())
            };
            Some(DropSelector::Ports(port(local)?, port(foreign)?))
        }
        _ => None,
    }
}

fn filter(words: &[String]) -> Option<Filter> {
    let (program, arguments) = words.split_first()?;
    match program.as_str() {
        "grep" | "egrep" | "fgrep" => grep(arguments),
        "wc" if arguments == ["-l"] => Some(Filter::CountLines),
        _ => None,
    }
}

fn grep(arguments: &[String]) -> Option<Filter> {
    let (mut count, mut invert, mut ignore_case, mut found) = (false, false, false, None);
    for argument in arguments {
        if let Some(letters) = argument
            .strip_prefix('-')
            .filter(|letters| !letters.is_empty())
        {
            for letter in letters.chars() {
                match letter {
                    'c' => count = true,
                    'v' => invert = true,
                    'i' => ignore_case = true,
                    // Quiet, extended or fixed patterns, whole words: no difference for the
                    // patterns below.
                    'q' | 'E' | 'F' | 'w' | 'e' => {}
                    _ => return None,
                }
            }
        } else if argument.starts_with('>') {
            break;
        } else if found.replace(argument.as_str()).is_some() {
            return None;
        }
    }
    let pattern = found?;
    let (at_start, pattern) = pattern
        .strip_prefix('^')
        .map_or((false, pattern), |rest| (true, rest));
    let (at_end, pattern) = pattern
        .strip_suffix('$')
        .map_or((false, pattern), |rest| (true, rest));
    // A dot matches itself as well; every other operator would need a real regular expression.
    if pattern.contains(['*', '[', '\\', '+', '?', '(', '|', '{']) {
        return None;
    }
    let pattern = if ignore_case {
        pattern.to_lowercase()
    } else {
        pattern.to_owned()
    };
    Some(Filter::Grep {
        pattern,
        at_end,
        at_start,
        count,
        invert,
        ignore_case,
    })
}

impl Filter {
    /// What the program prints, and whether it succeeds.
    pub(crate) fn run(&self, lines: &[String]) -> (Vec<String>, bool) {
        match self {
            Filter::CountLines => (vec![lines.len().to_string()], true),
            Filter::Grep {
                pattern,
                at_end,
                at_start,
                count,
                invert,
                ignore_case,
            } => {
                let kept: Vec<String> = lines
                    .iter()
                    .filter(|line| {
                        let line = if *ignore_case {
                            line.to_lowercase()
                        } else {
                            (*line).clone()
                        };
                        let hit = match (at_start, at_end) {
                            (true, true) => line == *pattern,
                            (true, false) => line.starts_with(pattern.as_str()),
                            (false, true) => line.ends_with(pattern.as_str()),
                            (false, false) => line.contains(pattern.as_str()),
                        };
                        hit != *invert
                    })
                    .cloned()
                    .collect();
                let success = !kept.is_empty();
                (
                    if *count {
                        vec![kept.len().to_string()]
                    } else {
                        kept
                    },
                    success,
                )
            }
        }
    }
}

/// Pieces between separators, longest separator first at each place; what stands in quotes is never
/// cut.
fn split_outside_quotes(text: &str, separators: &[&str]) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut quote = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let separator = separators
            .iter()
            .find(|separator| quote.is_none() && rest.starts_with(**separator));
        if let Some(separator) = separator {
            pieces.push(String::new());
            rest = &rest[separator.len()..];
            continue;
        }
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

/// Words as a shell cuts them, quotes removed.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> Vec<String> {
        (0..count)
            .map(|index| format!("root packetdril 1 {index} tcp4 a:1 b:2 TIME_WAIT"))
            .collect()
    }

    /// Runs the filters of a listing; true if the last program succeeds.
    fn survives(line: &str, list: &[String]) -> bool {
        let steps = steps(line).expect("understood");
        let [Step::List { filters, .. }] = steps.as_slice() else {
            panic!("no listing: {steps:?}")
        };
        let mut lines = list.to_vec();
        let mut success = true;
        for filter in filters {
            (lines, success) = filter.run(&lines);
        }
        success
    }

    #[test]
    fn counting_a_state_is_an_assertion() {
        let line = "sockstat -4 -P tcp -s | grep packetdril | grep -c TIME_WAIT | grep 1";
        assert!(survives(line, &lines(1)));
        assert!(!survives(line, &lines(0)));
        assert!(!survives(line, &lines(2)));
        assert!(survives(
            "netstat -an | grep -v LISTEN | wc -l | grep ^0$",
            &lines(0)
        ));
    }

    #[test]
    fn sysctls_may_stand_together() {
        let set = |name: &str, value: &str| Step::Set {
            name: name.into(),
            value: value.into(),
        };
        assert_eq!(
            steps(
                "sysctl -q net.ipv4.tcp_sack=0 net.ipv4.tcp_rmem=\"4096 5000 6000\"; sysctl -w a.b='1'"
            ),
            Ok(vec![
                set("net.ipv4.tcp_sack", "0"),
                set("net.ipv4.tcp_rmem", "4096 5000 6000"),
                set("a.b", "1")
            ])
        );
    }

    #[test]
    fn sysctls_may_be_paths() {
        let step = Step::Set {
            name: "net/ipv4/tcp_sack".into(),
            value: "0".into(),
        };
        let line = "../../common/set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0";
        assert_eq!(steps(line), Ok(vec![step]));
    }

    #[test]
    fn drops_are_selected_by_state_or_ports() {
        assert_eq!(steps("tcpdrop -a"), Ok(vec![Step::Drop(DropSelector::All)]));
        assert_eq!(
            steps("tcpdrop -l -a | sh"),
            Ok(vec![Step::Drop(DropSelector::All)])
        );
        assert_eq!(steps("tcpdrop -l -a"), Ok(vec![]));
        assert_eq!(
            steps("tcpdrop -s LAST_ACK"),
            Ok(vec![Step::Drop(DropSelector::State("LAST_ACK".into()))])
        );
        assert_eq!(
            steps("/usr/sbin/tcpdrop 192.168.0.1 8080 192.0.2.1 9000"),
            Ok(vec![Step::Drop(DropSelector::Ports(8080, 9000))])
        );
    }

    #[test]
    fn everything_else_is_a_reason_to_skip() {
        for line in [
            "ifconfig tun0 mtu 1400",
            "sockstat | awk '{print $1}'",
            "ss -K dst 1.2.3.4",
            "sockstat | grep 'a\\|b'",
        ] {
            assert!(steps(line).is_err(), "{line}");
        }
    }
}
