//! Arithmetic as Python has it: integers of any size, floats of 64 bits, and what comes of both.
//!
//! `True` and `False` are 1 and 0. The quotient of two integers is the nearest float, a remainder has the sign of the
//! divisor, and a power of integers has at most 65 536 bits, as a short packet could otherwise ask for any amount of work.

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{Signed, ToPrimitive, Zero};

use crate::error::KernelError;

/// Bits of the largest power of integers.
const MAX_BITS: u64 = 1 << 16;

/// Bits of the largest other integer: many numbers of a packet are multiplied in a bounded time, too.
const MOST_BITS: u64 = 1 << 20;

/// A number of Python.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// An integer that fits.
    Int(i64),
    /// Any other integer.
    Long(BigInt),
    /// A float.
    Float(f64),
}

/// What two numbers are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the operation of that name")]
pub enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Modulo,
}

impl Operation {
    /// All of them, in the order in which they are listed for people.
    pub const ALL: [Self; 6] = [Self::Add, Self::Multiply, Self::Subtract, Self::Divide, Self::Power, Self::Modulo];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Subtract => "subtract",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
            Self::Power => "power",
            Self::Modulo => "modulo",
        }
    }

    /// The operation of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// What comes of two numbers.
    ///
    /// # Errors
    ///
    /// `RM606`, in Python's words: there is no result, or it is too large.
    pub fn of(self, a: &Number, b: &Number) -> Result<Number, KernelError> {
        match self {
            Self::Add => sum(a, b),
            Self::Subtract => difference(a, b),
            Self::Multiply => product(a, b),
            Self::Divide => quotient(a, b),
            Self::Power => power(a, b),
            Self::Modulo => remainder(a, b),
        }
    }

    /// What comes of all numbers, from left to right; 0 of none.
    ///
    /// # Errors
    ///
    /// As [`Operation::of`].
    pub fn over(self, numbers: &[Number]) -> Result<Number, KernelError> {
        let Some((first, rest)) = numbers.split_first() else { return Ok(Number::Int(0)) };
        rest.iter().try_fold(first.clone(), |result, number| self.of(&result, number))
    }
}

impl From<BigInt> for Number {
    fn from(integer: BigInt) -> Self {
        integer.to_i64().map_or_else(|| Self::Long(integer), Self::Int)
    }
}

impl Number {
    /// The integer of these decimal digits.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Self> {
        digits.parse::<BigInt>().ok().map(Self::from)
    }

    /// The integer, unless it is a float.
    #[must_use]
    pub fn integer(&self) -> Option<BigInt> {
        match self {
            Self::Int(it) => Some((*it).into()),
            Self::Long(it) => Some(it.clone()),
            Self::Float(_) => None,
        }
    }

    /// The nearest float.
    ///
    /// # Errors
    ///
    /// `RM606`: an integer is beyond all floats.
    pub fn float(&self) -> Result<f64, KernelError> {
        match self {
            #[allow(clippy::cast_precision_loss, reason = "the nearest is what is asked for")]
            Self::Int(it) => Ok(*it as f64),
            Self::Long(it) => it
                .to_f64()
                .filter(|it| it.is_finite())
                .ok_or_else(|| KernelError::value("int too large to convert to float")),
            Self::Float(it) => Ok(*it),
        }
    }
}

/// Two integers, where both are.
fn integers(a: &Number, b: &Number) -> Option<(BigInt, BigInt)> {
    Some((a.integer()?, b.integer()?))
}

fn floats(a: &Number, b: &Number) -> Result<(f64, f64), KernelError> {
    Ok((a.float()?, b.float()?))
}

/// One operation on small integers where it does not overflow, on large ones, and on floats.
macro_rules! ring {
    ($name:ident, $checked:ident, $operator:tt) => {
        fn $name(a: &Number, b: &Number) -> Result<Number, KernelError> {
            if let (Number::Int(a), Number::Int(b)) = (a, b)
                && let Some(result) = a.$checked(*b)
            {
                return Ok(Number::Int(result));
            }
            if let Some((a, b)) = integers(a, b) {
                return bounded(a $operator b);
            }
            let (a, b) = floats(a, b)?;
            Ok(Number::Float(a $operator b))
        }
    };
}

/// An integer that is not too large to go on with.
fn bounded(integer: BigInt) -> Result<Number, KernelError> {
    if integer.bits() > MOST_BITS {
        return Err(KernelError::value(format!("the result has more than {MOST_BITS} bits")));
    }
    Ok(integer.into())
}

ring!(sum, checked_add, +);
ring!(difference, checked_sub, -);
ring!(product, checked_mul, *);

fn quotient(a: &Number, b: &Number) -> Result<Number, KernelError> {
    if let Some((a, b)) = integers(a, b) {
        return true_quotient(&a, &b).map(Number::Float);
    }
    let (a, b) = floats(a, b)?;
    if b == 0.0 {
        return Err(KernelError::value("float division by zero"));
    }
    Ok(Number::Float(a / b))
}

/// The float nearest to the quotient, ties to even.
fn true_quotient(a: &BigInt, b: &BigInt) -> Result<f64, KernelError> {
    const MANTISSA: i64 = f64::MANTISSA_DIGITS as i64;
    const LEAST: i64 = f64::MIN_EXP as i64;
    const MOST: i64 = f64::MAX_EXP as i64;
    if b.is_zero() {
        return Err(KernelError::value("division by zero"));
    }
    let sign = if a.is_negative() == b.is_negative() || (a.is_zero() && !b.is_negative()) { 1.0 } else { -1.0 };
    let (a, b) = (a.magnitude(), b.magnitude());
    if a.is_zero() {
        return Ok(sign * 0.0);
    }
    let too_large = || KernelError::value("integer division result too large for a float");
    let length = |it: &BigUint| i64::try_from(it.bits()).unwrap_or(i64::MAX);
    let scale = length(a) - length(b);
    if scale > MOST {
        return Err(too_large());
    }
    if scale < LEAST - MANTISSA - 1 {
        return Ok(sign * 0.0);
    }
    // As many bits as a float has, and two or three to round by; a last one that is set says that more follow.
    let shift = scale.max(LEAST) - MANTISSA - 2;
    let by = shift.unsigned_abs();
    let (a, b) = if shift <= 0 { (a << by, b.clone()) } else { (a.clone(), b << by) };
    let (whole, rest) = (&a / &b, &a % &b);
    let mut bits = whole.to_u64().ok_or_else(too_large)? | u64::from(!rest.is_zero());
    let extra = (i64::from(u64::BITS - bits.leading_zeros())).max(LEAST - shift) - MANTISSA;
    let half = 1_u64 << (extra - 1);
    if bits & half != 0 && bits & (3 * half - 1) != 0 {
        bits += half;
    }
    bits &= !(2 * half - 1);
    #[allow(clippy::cast_precision_loss, reason = "no more bits are set than a float has")]
    let mantissa = bits as f64;
    // In two steps, as the power may be less than the least float; both are exact.
    let first = shift / 2;
    let result = mantissa * power_of_two(first) * power_of_two(shift - first);
    if result.is_finite() { Ok(sign * result) } else { Err(too_large()) }
}

fn power_of_two(exponent: i64) -> f64 {
    2.0_f64.powi(i32::try_from(exponent).unwrap_or(i32::MAX))
}

fn remainder(a: &Number, b: &Number) -> Result<Number, KernelError> {
    if let Some((a, b)) = integers(a, b) {
        if b.is_zero() {
            return Err(KernelError::value("integer modulo by zero"));
        }
        let rest = &a % &b;
        let is_other_side = !rest.is_zero() && rest.is_negative() != b.is_negative();
        return Ok(if is_other_side { rest + b } else { rest }.into());
    }
    let (a, b) = floats(a, b)?;
    if b == 0.0 {
        return Err(KernelError::value("float modulo"));
    }
    let rest = a % b;
    Ok(Number::Float(if rest == 0.0 {
        0.0_f64.copysign(b)
    } else if (rest < 0.0) == (b < 0.0) {
        rest
    } else {
        rest + b
    }))
}

fn power(base: &Number, exponent: &Number) -> Result<Number, KernelError> {
    if let Some((base, exponent)) = integers(base, exponent) {
        let bits = exponent.magnitude() * base.bits();
        if bits > MAX_BITS.into() {
            return Err(KernelError::value(format!("the power has more than {MAX_BITS} bits")));
        }
        if exponent.sign() != Sign::Minus {
            // Of 0 alone an exponent may be larger.
            let exponent = exponent.to_u32().unwrap_or(u32::MAX);
            return Ok(base.pow(exponent).into());
        }
    }
    let (base, exponent) = floats(base, exponent)?;
    if base == 0.0 && exponent < 0.0 {
        return Err(KernelError::value("0.0 cannot be raised to a negative power"));
    }
    if base < 0.0 && base.is_finite() && exponent.is_finite() && exponent.fract() != 0.0 {
        return Err(KernelError::value("the power is not a real number"));
    }
    let result = base.powf(exponent);
    if result.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Err(KernelError::value("(34, 'Numerical result out of range')"));
    }
    Ok(Number::Float(result))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn int(text: &str) -> Number {
        text.parse::<BigInt>().unwrap().into()
    }

    #[test]
    fn integers_have_any_size() {
        let most = Number::Int(i64::MAX);
        assert_eq!(Operation::Add.of(&most, &Number::Int(1)), Ok(int("9223372036854775808")));
        assert_eq!(Operation::Subtract.of(&int("9223372036854775808"), &Number::Int(1)), Ok(most));
        assert_eq!(Operation::Power.of(&Number::Int(2), &Number::Int(64)), Ok(int("18446744073709551616")));
        assert!(Operation::Power.of(&Number::Int(10), &Number::Int(1 << 30)).unwrap_err().message.contains("bits"));
        assert_eq!(Operation::Power.of(&Number::Int(0), &int("99999999999999999999")), Ok(Number::Int(0)));
    }

    #[test]
    fn a_quotient_is_the_nearest_float() {
        let quotient = |a: &str, b: &str| Operation::Divide.of(&int(a), &int(b));
        assert_eq!(quotient("7", "2"), Ok(Number::Float(3.5)));
        assert_eq!(quotient("9007199254740993", "1"), Ok(Number::Float(9_007_199_254_740_992.0)));
        assert_eq!(quotient("9007199254740995", "1"), Ok(Number::Float(9_007_199_254_740_996.0)));
        let least = format!("1{}", "0".repeat(323));
        assert_eq!(quotient("3", &least), Ok(Number::Float(3e-323)));
        assert_eq!(quotient("1", &format!("{least}0")), Ok(Number::Float(0.0)));
        assert!(quotient(&format!("{least}{least}"), "3").is_err());
        assert!(quotient("1", "0").is_err());
    }

    #[test]
    fn a_remainder_has_the_sign_of_the_divisor() {
        let remainder = |a, b| Operation::Modulo.of(&Number::Int(a), &Number::Int(b));
        assert_eq!([remainder(7, -4), remainder(-7, 4)], [Ok(Number::Int(-1)), Ok(Number::Int(1))]);
        let rest = Operation::Modulo.of(&Number::Float(-7.5), &Number::Int(2));
        assert_eq!(rest, Ok(Number::Float(0.5)));
    }
}
