//! Letters in another case, where the standard library has no word for it: title case and case folding.
//!
//! The mappings are those of the Unicode Character Database, `SpecialCasing.txt` and `CaseFolding.txt`, as rules rather than
//! tables: the few letters that follow no rule are listed.

/// Whether a character has a case.
pub(crate) fn is_cased(letter: char) -> bool {
    letter.is_lowercase() || letter.is_uppercase() || is_title(letter)
}

/// Whether a letter is one of title case: digraphs, and Greek letters with an iota at their side.
fn is_title(letter: char) -> bool {
    matches!(
        letter,
        '\u{1C5}' | '\u{1C8}' | '\u{1CB}' | '\u{1F2}' | '\u{1F88}'..='\u{1F8F}' | '\u{1F98}'..='\u{1F9F}'
            | '\u{1FA8}'..='\u{1FAF}' | '\u{1FBC}' | '\u{1FCC}' | '\u{1FFC}'
    )
}

/// Append a letter as it begins a word.
pub(crate) fn push_title(letter: char, into: &mut String) {
    let single = match letter {
        '\u{1C4}'..='\u{1C6}' => '\u{1C5}',
        '\u{1C7}'..='\u{1C9}' => '\u{1C8}',
        '\u{1CA}'..='\u{1CC}' => '\u{1CB}',
        '\u{1F1}'..='\u{1F3}' => '\u{1F2}',
        // Sixteen small and large ones in turn, eight of each.
        '\u{1F80}'..='\u{1FAF}' => char::from_u32(u32::from(letter) | 8).unwrap_or(letter),
        '\u{1FB3}' => '\u{1FBC}',
        '\u{1FC3}' => '\u{1FCC}',
        '\u{1FF3}' => '\u{1FFC}',
        // Georgian has capitals for whole words only.
        '\u{10D0}'..='\u{10FA}' | '\u{10FD}'..='\u{10FF}' => letter,
        _ if is_title(letter) => letter,
        _ => return push_capital(letter, into),
    };
    into.push(single);
}

/// Append the capital of a letter; where that is several, all but the first are small.
fn push_capital(letter: char, into: &mut String) {
    let mut capital = letter.to_uppercase();
    into.extend(capital.next());
    for rest in capital {
        match rest {
            '\u{399}' => into.push('\u{345}'),
            // An apostrophe comes first there.
            _ if letter == '\u{149}' => into.push(rest),
            _ => into.extend(rest.to_lowercase()),
        }
    }
}

/// Append a letter as it is compared regardless of case.
pub(crate) fn push_folded(letter: char, into: &mut String) {
    match letter {
        '\u{131}' => into.push(letter),
        '\u{1E9E}' => into.push_str("ss"),
        // Cherokee had capitals first.
        '\u{13A0}'..='\u{13F5}' => into.push(letter),
        '\u{13F8}'..='\u{13FD}' | '\u{AB70}'..='\u{ABBF}' => into.extend(letter.to_uppercase()),
        _ => into.extend(letter.to_uppercase().flat_map(char::to_lowercase)),
    }
}
