//! Rules of a filter: a call, and what its arguments have to be for the rule to match.

use std::collections::BTreeMap;

use seccompiler::{SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};

/// Number of a system call on this processor.
pub(super) type Call = i64;

/// What is matched, by call. No rule of a call: every use of it matches; several: any of them.
#[derive(Default)]
pub(super) struct Rules(pub(super) BTreeMap<Call, Vec<SeccompRule>>);

impl Rules {
    /// Match every use of these calls.
    pub(super) fn all(&mut self, calls: &[Call]) {
        self.0.extend(calls.iter().map(|&it| (it, Vec::new())));
    }

    /// Match a use in which all of these hold; does nothing where every use matches already.
    pub(super) fn when(&mut self, call: Call, conditions: &[When]) {
        if self.0.get(&call).is_some_and(Vec::is_empty) {
            return;
        }
        let conditions = conditions.iter().filter_map(When::condition).collect();
        if let Ok(rule) = SeccompRule::new(conditions) {
            self.0.entry(call).or_default().push(rule);
        }
    }
}

/// What one argument has to be; the first argument has the number 0.
#[derive(Clone, Copy)]
pub(super) enum When {
    /// Its lower 32 bits equal this.
    Is(u8, u32),
    /// Its lower 32 bits differ from this.
    Not(u8, u32),
    /// The first mask's bits of its lower 32 equal the second value.
    Bits(u8, u32, u32),
    /// All 64 bits equal this.
    Whole(u8, u64),
    /// Some of its 64 bits differ from this.
    NotWhole(u8, u64),
}

impl When {
    fn condition(&self) -> Option<SeccompCondition> {
        use SeccompCmpArgLen::{Dword, Qword};
        let (argument, length, operation, value) = match *self {
            Self::Is(n, value) => (n, Dword, SeccompCmpOp::Eq, value.into()),
            Self::Not(n, value) => (n, Dword, SeccompCmpOp::Ne, value.into()),
            Self::Bits(n, mask, value) => (n, Dword, SeccompCmpOp::MaskedEq(mask.into()), value.into()),
            Self::Whole(n, value) => (n, Qword, SeccompCmpOp::Eq, value),
            Self::NotWhole(n, value) => (n, Qword, SeccompCmpOp::Ne, value),
        };
        // Refused for an argument's number above 5 alone; those stand in this crate, and its tests use every rule.
        SeccompCondition::new(argument, length, operation, value).ok()
    }
}
