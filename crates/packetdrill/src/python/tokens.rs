//! How Python is cut into statements, and an expression into tokens.

/// Statements end at a semicolon or a line end outside brackets and strings; comments go.
pub(super) fn statements(code: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    let (mut quote, mut open, mut comment) = (None, 0_usize, false);
    for c in code.chars() {
        if comment && c != '\n' {
            continue;
        }
        comment = false;
        match (quote, c) {
            (Some(mark), c) if mark == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => open += 1,
            (None, ')' | ']') => open = open.saturating_sub(1),
            (None, '#') => {
                comment = true;
                continue;
            }
            (None, ';' | '\n') if open == 0 => {
                statements.push(String::new());
                continue;
            }
            // Inside a string nothing has a meaning but its end.
            _ => {}
        }
        if let Some(statement) = statements.last_mut() {
            statement.push(c);
        }
    }
    statements
        .into_iter()
        .map(|statement| statement.trim().to_owned())
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Decimal or hexadecimal.
    Number(i64),
    Name(String),
    /// A string; what it says does not matter.
    Text,
    Operator(&'static str),
}

/// Longest first, so that `<=` is not read as `<`.
const OPERATORS: [&str; 22] = [
    "==", "!=", "<=", ">=", "<<", ">>", "//", "<", ">", "+", "-", "*", "%", "&", "|", "^", "~",
    "(", ")", ",", "and", "or",
];

/// Cuts an expression into tokens; `None` if there is something else in it.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let len;
        if first.is_ascii_digit() {
            len = rest
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(rest.len());
            let number = match rest[..len].strip_prefix("0x") {
                Some(digits) => i64::from_str_radix(digits, 16).ok()?,
                None => rest[..len].parse().ok()?,
            };
            tokens.push(Token::Number(number));
        } else if first.is_ascii_alphabetic() || first == '_' {
            len = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            tokens.push(match &rest[..len] {
                "and" => Token::Operator("and"),
                "or" => Token::Operator("or"),
                name => Token::Name(name.to_owned()),
            });
        } else if first == '\'' || first == '"' {
            len = 2 + rest[1..].find(first)?;
            tokens.push(Token::Text);
        } else {
            let operator = OPERATORS
                .iter()
                .find(|operator| rest.starts_with(**operator))?;
            len = operator.len();
            tokens.push(Token::Operator(operator));
        }
        rest = rest[len..].trim_start();
    }
    Some(tokens)
}
