//! Python blocks that only assert: `assert tcpi_state == TCPI_ESTABLISHED and tcpi_unacked == 0,
//! 'message'`.
//!
//! An expression grammar with Python's precedence over integers, booleans and connection states.
//! Anything else that Python can do is a reason to skip the script.

mod tokens;

use crate::symbols::Dialect;

use tokens::{Token, statements, tokens};

/// What an expression is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A number; `True` is 1.
    Number(i64),
    /// A connection state by its name in RFC 9293, such as `FIN-WAIT-1`.
    State(&'static str),
}

/// Why a block does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// An assertion is false; what it compared.
    Failed(String),
    /// The block needs something that is not available here.
    Unsupported(String),
}

/// States as FreeBSD (`TCPI_...`) and Linux (`TCP_...`, `TCPI_...`) name them, by RFC 9293 name.
const STATES: [(&str, &str); 16] = [
    ("CLOSED", "CLOSED"),
    ("CLOSE", "CLOSED"),
    ("LISTEN", "LISTEN"),
    ("SYN_SENT", "SYN-SENT"),
    ("SYN_RECEIVED", "SYN-RECEIVED"),
    ("SYN_RECV", "SYN-RECEIVED"),
    ("SYN_RCVD", "SYN-RECEIVED"),
    ("ESTABLISHED", "ESTABLISHED"),
    ("CLOSE_WAIT", "CLOSE-WAIT"),
    ("FIN_WAIT_1", "FIN-WAIT-1"),
    ("FIN_WAIT1", "FIN-WAIT-1"),
    ("CLOSING", "CLOSING"),
    ("LAST_ACK", "LAST-ACK"),
    ("FIN_WAIT_2", "FIN-WAIT-2"),
    ("FIN_WAIT2", "FIN-WAIT-2"),
    ("TIME_WAIT", "TIME-WAIT"),
];

/// The number of each state in `struct tcp_info`, on the BSDs and on Linux.
const NUMBERS: [(&str, i64, i64); 11] = [
    ("CLOSED", 0, 7),
    ("LISTEN", 1, 10),
    ("SYN-SENT", 2, 2),
    ("SYN-RECEIVED", 3, 3),
    ("ESTABLISHED", 4, 1),
    ("CLOSE-WAIT", 5, 8),
    ("FIN-WAIT-1", 6, 4),
    ("CLOSING", 7, 11),
    ("LAST-ACK", 8, 9),
    ("FIN-WAIT-2", 9, 5),
    ("TIME-WAIT", 10, 6),
];

/// Bits of `tcpi_options`, which FreeBSD took over from Linux.
const OPTION_BITS: [(&str, i64); 6] = [
    ("TCPI_OPT_TIMESTAMPS", 1),
    ("TCPI_OPT_SACK", 2),
    ("TCPI_OPT_WSCALE", 4),
    ("TCPI_OPT_ECN", 8),
    ("TCPI_OPT_TOE", 16),
    ("TCPI_OPT_SYN_DATA", 32),
];

/// The state behind a symbol such as `TCPI_FIN_WAIT_1`, also without its prefix as tools print it.
pub(crate) fn state(symbol: &str) -> Option<&'static str> {
    let name = ["TCPI_", "TCPS_", "TCP_"]
        .iter()
        .find_map(|prefix| symbol.strip_prefix(prefix))
        .unwrap_or(symbol);
    STATES
        .iter()
        .find(|entry| entry.0 == name)
        .map(|entry| entry.1)
}

/// Runs a block. `field` tells the value of a `tcpi_...` variable, if there is one.
///
/// # Errors
///
/// The first assertion that fails, or the first thing that is not understood.
pub(crate) fn run(
    code: &str,
    dialect: Dialect,
    field: &dyn Fn(&str) -> Option<Value>,
) -> Result<(), Trouble> {
    for statement in statements(code) {
        let unsupported = || Trouble::Unsupported(format!("Python `{statement}`"));
        if statement == "pass" || (statement.starts_with("print(") && statement.ends_with(')')) {
            continue;
        }
        let body = statement.strip_prefix("assert").ok_or_else(unsupported)?;
        if !body.starts_with([' ', '\t', '(']) {
            return Err(unsupported());
        }
        let tokens = tokens(body).ok_or_else(unsupported)?;
        let mut evaluator = Evaluator {
            tokens: &tokens,
            at: 0,
            depth: 0,
            dialect,
            field,
        };
        let value = evaluator.disjunction()?;
        if evaluator
            .peek()
            .is_some_and(|token| *token != Token::Operator(","))
        {
            return Err(unsupported());
        }
        if !truth(value) {
            return Err(Trouble::Failed(explain(&statement, &tokens, field)));
        }
    }
    Ok(())
}

fn truth(value: Value) -> bool {
    value != Value::Number(0)
}

/// The statement with the values of its variables.
fn explain(statement: &str, tokens: &[Token], field: &dyn Fn(&str) -> Option<Value>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for token in tokens {
        if let Token::Name(name) = token
            && name.starts_with("tcpi_")
            && !names.contains(&name.as_str())
        {
            names.push(name);
        }
    }
    let values: Vec<String> = names
        .into_iter()
        .filter_map(|name| {
            field(name).map(|value| match value {
                Value::Number(number) => format!("{name} is {number}"),
                Value::State(state) => format!("{name} is {state}"),
            })
        })
        .collect();
    format!("`{statement}` does not hold: {}", values.join(", "))
}

struct Evaluator<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    dialect: Dialect,
    field: &'a dyn Fn(&str) -> Option<Value>,
}

type Evaluated = Result<Value, Trouble>;

/// Binary operators from the weakest to the strongest, below comparisons.
const LEVELS: [&[&str]; 6] = [
    &["|"],
    &["^"],
    &["&"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "//", "%"],
];

impl Evaluator<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, operators: &[&str]) -> Option<&'static str> {
        match self.peek() {
            Some(Token::Operator(operator)) if operators.contains(operator) => {
                let operator = *operator;
                self.at += 1;
                Some(operator)
            }
            _ => None,
        }
    }

    fn disjunction(&mut self) -> Evaluated {
        let mut value = self.conjunction()?;
        while self.take(&["or"]).is_some() {
            let other = self.conjunction()?;
            value = if truth(value) { value } else { other };
        }
        Ok(value)
    }

    fn conjunction(&mut self) -> Evaluated {
        let mut value = self.negation()?;
        while self.take(&["and"]).is_some() {
            let other = self.negation()?;
            value = if truth(value) { other } else { value };
        }
        Ok(value)
    }

    fn negation(&mut self) -> Evaluated {
        let mut negate = false;
        while self.peek() == Some(&Token::Name("not".to_owned())) {
            self.at += 1;
            negate = !negate;
        }
        let value = self.comparison()?;
        Ok(if negate {
            Value::Number(i64::from(!truth(value)))
        } else {
            value
        })
    }

    /// `a < b <= c` holds if each neighbouring pair does.
    fn comparison(&mut self) -> Evaluated {
        let mut left = self.binary(0)?;
        let mut holds = None;
        while let Some(operator) = self.take(&["==", "!=", "<=", ">=", "<", ">"]) {
            let right = self.binary(0)?;
            holds = Some(holds.unwrap_or(true) && compare(operator, left, right, self.dialect));
            left = right;
        }
        Ok(holds.map_or(left, |holds| Value::Number(i64::from(holds))))
    }

    fn binary(&mut self, level: usize) -> Evaluated {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.take(operators) {
            let right = self.binary(level + 1)?;
            left = arithmetic(operator, left, right)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Evaluated {
        match self.take(&["-", "~"]) {
            Some(operator) => match self.atom()? {
                Value::Number(number) if operator == "-" => {
                    Ok(Value::Number(number.wrapping_neg()))
                }
                Value::Number(number) => Ok(Value::Number(!number)),
                Value::State(_) => Err(Trouble::Unsupported("arithmetic with a state".to_owned())),
            },
            None => self.atom(),
        }
    }

    fn atom(&mut self) -> Evaluated {
        let unsupported = |what: &str| {
            Err(Trouble::Unsupported(format!(
                "Python expression with {what}"
            )))
        };
        if self.take(&["("]).is_some() {
            // The depth is bounded so that no script can exhaust the stack.
            if self.depth == 64 {
                return unsupported("deep brackets");
            }
            self.depth += 1;
            let value = self.disjunction()?;
            self.depth -= 1;
            return if self.take(&[")"]).is_some() {
                Ok(value)
            } else {
                unsupported("an open bracket")
            };
        }
        let Some(token) = self.peek().cloned() else {
            return unsupported("a missing operand");
        };
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Value::Number(number)),
            Token::Name(name) => self.name(&name),
            Token::Text => unsupported("a string"),
            Token::Operator(operator) => unsupported(&format!("`{operator}` at that place")),
        }
    }

    fn name(&self, name: &str) -> Evaluated {
        match name {
            "True" => return Ok(Value::Number(1)),
            "False" => return Ok(Value::Number(0)),
            _ => {}
        }
        if let Some(value) = (self.field)(name) {
            return Ok(value);
        }
        if let Some(entry) = OPTION_BITS.iter().find(|entry| entry.0 == name) {
            return Ok(Value::Number(entry.1));
        }
        // Without its prefix a state is no symbol of Python's environment.
        match state(name).filter(|_| name.starts_with("TCP")) {
            Some(state) => Ok(Value::State(state)),
            None => Err(Trouble::Unsupported(format!("Python name `{name}`"))),
        }
    }
}

fn compare(operator: &str, left: Value, right: Value, dialect: Dialect) -> bool {
    let number = |value| match value {
        Value::Number(number) => number,
        Value::State(name) => NUMBERS.iter().find(|entry| entry.0 == name).map_or(
            -1,
            |&(_, bsd, linux)| match dialect {
                Dialect::Bsd => bsd,
                Dialect::Linux => linux,
            },
        ),
    };
    let (left, right) = (number(left), number(right));
    match operator {
        "==" => left == right,
        "!=" => left != right,
        "<=" => left <= right,
        ">=" => left >= right,
        "<" => left < right,
        _ => left > right,
    }
}

fn arithmetic(operator: &str, left: Value, right: Value) -> Evaluated {
    let (Value::Number(left), Value::Number(right)) = (left, right) else {
        return Err(Trouble::Unsupported("arithmetic with a state".to_owned()));
    };
    let shift = u32::try_from(right).ok();
    let result = match operator {
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "&" => Some(left & right),
        // Python's numbers have no width: what does not fit 64 bits is not cut off.
        "<<" => shift
            .filter(|&shift| shift < 63)
            .and_then(|shift| left.checked_mul(1 << shift)),
        ">>" => shift.and_then(|shift| left.checked_shr(shift)),
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "//" => floored(left, right).map(|(quotient, _)| quotient),
        _ => floored(left, right).map(|(_, rest)| rest),
    };
    result.map(Value::Number).ok_or_else(|| {
        Trouble::Unsupported(format!("Python arithmetic `{left} {operator} {right}`"))
    })
}

/// Quotient and rest as Python has them: the quotient is rounded down, and the rest has the sign of
/// the divisor. `None` if they do not exist or do not fit.
fn floored(left: i64, right: i64) -> Option<(i64, i64)> {
    let (quotient, rest) = (left.checked_div(right)?, left.checked_rem(right)?);
    Some(if rest != 0 && (rest < 0) != (right < 0) {
        (quotient - 1, rest + right)
    } else {
        (quotient, rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Option<Value> {
        match name {
            "tcpi_state" => Some(Value::State("CLOSE-WAIT")),
            "tcpi_unacked" => Some(Value::Number(3)),
            _ => None,
        }
    }

    #[test]
    fn assertions_that_hold() {
        for code in [
            "assert tcpi_state == TCPI_CLOSE_WAIT",
            "assert (tcpi_state == TCP_CLOSE_WAIT)",
            "assert tcpi_unacked == 1 + 2 and not tcpi_state == TCPI_LISTEN, 'never'\nassert 1 < tcpi_unacked <= 3 # so",
            "assert tcpi_unacked & 1 == 1; print(tcpi_state)",
            "assert (tcpi_unacked & TCPI_OPT_SACK) != 0",
            "",
        ] {
            assert_eq!(run(code, Dialect::Bsd, &field), Ok(()), "{code}");
        }
    }

    #[test]
    fn division_rounds_down_as_in_python() {
        for (left, right, quotient, rest) in [
            (7, 2, 3, 1),
            (7, -2, -4, -1),
            (-7, 2, -4, 1),
            (-7, -2, 3, -1),
            (-8, 2, -4, 0),
            (i64::MIN, 3, -3_074_457_345_618_258_603, 1),
        ] {
            assert_eq!(floored(left, right), Some((quotient, rest)));
        }
        assert_eq!(floored(i64::MIN, -1), None);
        let code = "assert 7 // -2 == -4 and 7 % -2 == -1 and 1 << 62 > 0";
        assert_eq!(run(code, Dialect::Bsd, &field), Ok(()));
    }

    #[test]
    fn states_have_the_numbers_of_their_system() {
        assert_eq!(run("assert tcpi_state == 5", Dialect::Bsd, &field), Ok(()));
        assert_eq!(
            run("assert tcpi_state == 8", Dialect::Linux, &field),
            Ok(())
        );
    }

    #[test]
    fn a_failure_tells_the_values() {
        let Err(Trouble::Failed(message)) = run(
            "assert tcpi_state == TCPI_ESTABLISHED",
            Dialect::Bsd,
            &field,
        ) else {
            panic!("must fail");
        };
        assert!(
            message.ends_with("does not hold: tcpi_state is CLOSE-WAIT"),
            "{message}"
        );
        assert!(matches!(
            run("assert tcpi_unacked > 3 or 0", Dialect::Bsd, &field),
            Err(Trouble::Failed(_))
        ));
    }

    #[test]
    fn the_rest_of_python_is_not_guessed() {
        for code in [
            "import os",
            "assert tcpi_rtt == 1",
            "assert",
            "x = 1",
            "assert (((",
            "assert 1 // 0",
            "assert 1 << 63",
            "assert 4 << 62",
            "assert 'a'",
        ] {
            assert!(
                matches!(
                    run(code, Dialect::Bsd, &field),
                    Err(Trouble::Unsupported(_))
                ),
                "{code}"
            );
        }
    }
}
