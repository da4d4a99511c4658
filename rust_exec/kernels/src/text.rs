//! What Python's `str` does, on Unicode scalar values.
//!
//! Case is that of this library's version of Unicode, as it is of Python's own in Python.

use crate::casing::{is_cased, push_folded, push_title};

/// What is done to a text, or asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the method of `str` of that name")]
pub enum TextOperation {
    Upper,
    Lower,
    Title,
    Capitalize,
    Casefold,
    Swapcase,
    Strip,
    Lstrip,
    Rstrip,
    Split,
    /// Its characters, the last one first.
    Reverse,
    /// How many characters it has.
    Length,
    /// How many words it has.
    WordCount,
    /// Its first word; empty where there is none.
    FirstWord,
    /// Its last word; empty where there is none.
    LastWord,
    /// The text without U+0020.
    RemoveSpaces,
}

/// What comes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextResult {
    /// Another text.
    Text(String),
    /// A list of texts.
    Words(Vec<String>),
    /// A number.
    Count(usize),
}

use TextOperation as Op;

/// Operations by the names of `TextProcessorNode`, in the order in which they are listed for people.
const NAMED: [(&str, Op); 9] = [
    ("uppercase", Op::Upper),
    ("lowercase", Op::Lower),
    ("reverse", Op::Reverse),
    ("word_count", Op::WordCount),
    ("char_count", Op::Length),
    ("title_case", Op::Title),
    ("remove_spaces", Op::RemoveSpaces),
    ("first_word", Op::FirstWord),
    ("last_word", Op::LastWord),
];

/// Operations by the functions that a manifest names.
const FUNCTIONS: [(&str, Op); 11] = [
    ("builtins:str.upper", Op::Upper),
    ("builtins:str.lower", Op::Lower),
    ("builtins:str.title", Op::Title),
    ("builtins:str.capitalize", Op::Capitalize),
    ("builtins:str.casefold", Op::Casefold),
    ("builtins:str.swapcase", Op::Swapcase),
    ("builtins:str.strip", Op::Strip),
    ("builtins:str.lstrip", Op::Lstrip),
    ("builtins:str.rstrip", Op::Rstrip),
    ("builtins:str.split", Op::Split),
    ("builtins:len", Op::Length),
];

impl TextOperation {
    /// The operation that `TextProcessorNode` knows by that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        NAMED.iter().find(|(known, _)| *known == name).map(|(_, it)| *it)
    }

    /// The names that [`TextOperation::named`] knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, _)| *name)
    }

    /// The operation that a function of Python is, by its `module:qualname`.
    #[must_use]
    pub fn of_function(entry: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(known, _)| *known == entry).map(|(_, it)| *it)
    }

    /// What comes of a text.
    #[must_use]
    pub fn of(self, text: &str) -> TextResult {
        TextResult::Text(match self {
            Op::Upper => text.to_uppercase(),
            Op::Lower => text.to_lowercase(),
            Op::Title => title(text),
            Op::Capitalize => capitalized(text),
            Op::Casefold => each(text, push_folded),
            Op::Swapcase => swapped(text),
            Op::Strip => text.trim_matches(is_space).to_owned(),
            Op::Lstrip => text.trim_start_matches(is_space).to_owned(),
            Op::Rstrip => text.trim_end_matches(is_space).to_owned(),
            Op::Reverse => text.chars().rev().collect(),
            Op::FirstWord => words(text).next().unwrap_or_default().to_owned(),
            Op::LastWord => words(text).next_back().unwrap_or_default().to_owned(),
            Op::RemoveSpaces => text.replace(' ', ""),
            Op::Split => return TextResult::Words(words(text).map(str::to_owned).collect()),
            Op::Length => return TextResult::Count(text.chars().count()),
            Op::WordCount => return TextResult::Count(words(text).count()),
        })
    }
}

/// What Python takes for blank: Unicode's white space and the four separators of ASCII.
fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1C}'..='\u{1F}')
}

fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

fn each(text: &str, push: impl Fn(char, &mut String)) -> String {
    let mut made = String::with_capacity(text.len());
    text.chars().for_each(|it| push(it, &mut made));
    made
}

/// Every character with what it is in the whole text's lower case: a sigma at the end of a word is another than elsewhere.
fn with_lower(text: &str, mut take: impl FnMut(char, &str)) {
    let lower = text.to_lowercase();
    let mut rest = lower.as_str();
    for character in text.chars() {
        let length = character.to_lowercase().map(char::len_utf8).sum();
        let (own, after) = rest.split_at(length);
        take(character, own);
        rest = after;
    }
}

/// The first letter after what has no case is a title's, all others are small.
fn title(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut is_inside = false;
    with_lower(text, |character, lower| {
        if is_inside {
            made.push_str(lower);
        } else {
            push_title(character, &mut made);
        }
        is_inside = is_cased(character);
    });
    made
}

fn capitalized(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    with_lower(text, |character, lower| {
        if made.is_empty() {
            push_title(character, &mut made);
        } else {
            made.push_str(lower);
        }
    });
    made
}

fn swapped(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    with_lower(text, |character, lower| {
        if character.is_uppercase() {
            made.push_str(lower);
        } else if character.is_lowercase() {
            made.extend(character.to_uppercase());
        } else {
            made.push(character);
        }
    });
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(operation: TextOperation, text: &str) -> String {
        match operation.of(text) {
            TextResult::Text(text) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn case_is_that_of_whole_words() {
        assert_eq!(made(Op::Title, "ΟΔΥΣΣΕΥΣ ǆ o'neil ßa"), "Οδυσσευς ǅ O'Neil Ssa");
        assert_eq!(made(Op::Capitalize, "ŉAS Σ"), "ʼNas σ");
        assert_eq!(made(Op::Casefold, "Straẞe ΣΑΣ ı"), "strasse σασ ı");
        assert_eq!(made(Op::Swapcase, "ǅ aB ß"), "ǅ Ab SS");
    }

    #[test]
    fn blanks_are_pythons() {
        let text = "\u{1c}a\u{a0}b \u{200b}c\u{3000}";
        assert_eq!(Op::Split.of(text), TextResult::Words(["a", "b", "\u{200b}c"].map(str::to_owned).to_vec()));
        assert_eq!(made(Op::Strip, text), "a\u{a0}b \u{200b}c");
        assert_eq!(made(Op::LastWord, "  "), "");
        assert_eq!(Op::Length.of("e\u{301}💡"), TextResult::Count(3));
    }

    #[test]
    fn names_are_known() {
        assert!(TextOperation::names().all(|it| TextOperation::named(it).is_some()));
        assert_eq!(TextOperation::of_function("builtins:str.encode"), None);
    }
}
