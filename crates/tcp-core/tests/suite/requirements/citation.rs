//! Where sources cite a requirement: `MUST-30` in a comment, and the item that the comment is of.

/// A requirement named in a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Citation {
    /// The requirement.
    pub(crate) id: String,
    /// The function, field or type that the comment belongs to; empty for a whole file.
    pub(crate) item: String,
    /// Whether that item is a test.
    pub(crate) test: bool,
}

const KINDS: [&str; 4] = ["MUST", "SHLD", "MAY", "REC"];
const KEYWORDS: [&str; 6] = ["fn", "struct", "enum", "const", "mod", "trait"];

/// Every citation in a source file, in order.
pub(crate) fn citations(source: &str) -> Vec<Citation> {
    let lines: Vec<&str> = source.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(comment) = line.find("//") else {
            continue;
        };
        for id in ids(&line[comment..]) {
            let (item, test) = owner(&lines, at);
            found.push(Citation { id, item, test });
        }
    }
    found
}

/// The requirements that a text names.
pub(crate) fn ids(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '-';
    text.split(|c| !is_part(c))
        .filter(|word| {
            word.split_once('-').is_some_and(|(kind, number)| {
                let digits = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
                KINDS.contains(&kind) && digits
            })
        })
        .map(str::to_owned)
        .collect()
}

/// The item that the comment on line `at` belongs to, and whether it is a test.
fn owner(lines: &[&str], at: usize) -> (String, bool) {
    let line = lines[at].trim_start();
    if line.starts_with("//!") {
        return (String::new(), false);
    }
    let place = if line.starts_with("///") {
        documented(lines, at)
    } else {
        enclosing(lines, at)
    };
    place.map_or((String::new(), false), |place| {
        (name(lines[place]), is_test(lines, place))
    })
}

/// The line that a doc comment is of: the first below that is neither comment nor attribute.
fn documented(lines: &[&str], at: usize) -> Option<usize> {
    let mut in_attribute = false;
    (at + 1..lines.len()).find(|&below| {
        let line = lines[below].trim();
        let attribute = in_attribute || line.starts_with("#[");
        in_attribute = attribute && !line.ends_with(']');
        !attribute && !line.starts_with("//")
    })
}

/// The line of the innermost item around a comment: the nearest above that is indented less.
fn enclosing(lines: &[&str], at: usize) -> Option<usize> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    (0..=at).rev().find(|&above| {
        let opens = indent(lines[above]) < indent(lines[at]) || above == at;
        opens && keyword(lines[above]).is_some()
    })
}

/// Where the keyword of an item stands among the words of a line.
fn keyword(line: &str) -> Option<usize> {
    let code = line.split("//").next().unwrap_or_default();
    code.split_whitespace()
        .take(4)
        .position(|word| KEYWORDS.contains(&word))
}

/// The name of the item on a line: after its keyword, or that of a field or variant.
fn name(line: &str) -> String {
    let after = keyword(line).map_or_else(
        || {
            let visible = line
                .split_whitespace()
                .next()
                .is_some_and(|word| word.starts_with("pub"));
            usize::from(visible)
        },
        |at| at + 1,
    );
    let word = line.split_whitespace().nth(after).unwrap_or_default();
    word.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Whether the attributes above an item say that it is a test.
fn is_test(lines: &[&str], item: usize) -> bool {
    lines[..item]
        .iter()
        .rev()
        .map(|line| line.trim())
        .take_while(|line| !line.is_empty() && !line.ends_with(['}', '{', ';']))
        .any(|line| line == "#[test]")
}

#[cfg(test)]
mod tests {
    use super::{Citation, citations};

    const SOURCE: &str = r#"
//! MUST-1 is of the file.

/// A set (MAY-2).
#[derive(
    Debug
)]
pub(crate) struct Set {
    /// The MSS, SHLD-3.
    pub(crate) mss: u16,
    MUSTARD-4: "MUST-5",
}

fn rules() {
    let set = Set {
        mss: 1, // MUST-6: one
    };
    // REC-7, and MUST-8-9 is none.
}

/// Proves MUST-10 and
/// MUST-11.
#[test]
fn it_holds() {
    // MUST-12.
}
"#;

    #[test]
    fn a_citation_belongs_to_the_item_around_or_below_it() {
        let expected = [
            ("MUST-1", "", false),
            ("MAY-2", "Set", false),
            ("SHLD-3", "mss", false),
            ("MUST-6", "rules", false),
            ("REC-7", "rules", false),
            ("MUST-10", "it_holds", true),
            ("MUST-11", "it_holds", true),
            ("MUST-12", "it_holds", true),
        ];
        let expected = expected.map(|(id, item, test)| Citation {
            id: id.to_owned(),
            item: item.to_owned(),
            test,
        });
        assert_eq!(citations(SOURCE), expected);
    }
}
