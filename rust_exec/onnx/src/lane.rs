//! One session, which runs one thing at a time.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use ort::session::{Session, SessionInputValue};
use ort::value::DynValue;
use remotemedia_engine::NodeFailure;

use crate::batch::{is_equal, join, part};
use crate::deadline::Deadline;
use crate::group::Group;
use crate::model::{Opener, failure};
use crate::value::{copied, shape, to_value};

/// Runs of one shape after which a session for that shape alone is made; that takes as long as some hundred runs.
const USUAL: u32 = 256;

/// One session, and what was learnt of the model by running it.
pub(crate) struct Lane {
    session: Session,
    deadline: Arc<Deadline>,
    opener: Option<Arc<Opener>>,
    fixed: Fixed,
}

/// A second session for the one shape that all runs have: the library then knows the length of every axis, computes what
/// follows from lengths once, and is a fifth faster with small models.
enum Fixed {
    /// So many runs in a row had the same shape.
    Counted { axes: Vec<(String, i64)>, runs: u32 },
    /// It is being made.
    Opening { axes: Vec<(String, i64)>, opened: Receiver<Session> },
    /// It is made, and gave once what the first session gives, to the bit.
    Ready { axes: Vec<(String, i64)>, session: Box<Session> },
    /// There is none to be had.
    Never,
}

/// The inputs of one run, in the group's order: those of packets, then the states.
pub(crate) type Values<'a> = Vec<&'a DynValue>;

impl Lane {
    pub(crate) fn new(session: Session, opener: Option<Arc<Opener>>) -> Result<Self, NodeFailure> {
        let fixed = match opener {
            Some(_) => Fixed::Counted { axes: Vec::new(), runs: 0 },
            None => Fixed::Never,
        };
        Ok(Self { session, deadline: Deadline::new()?, opener, fixed })
    }

    /// One run: the outputs in the group's order.
    pub(crate) fn single(&mut self, group: &Group, values: &Values<'_>) -> Result<Vec<DynValue>, NodeFailure> {
        if matches!(self.fixed, Fixed::Never) {
            return run(&mut self.session, &self.deadline, group, values);
        }
        let axes = free_axes(group, values);
        self.advance(&axes);
        match &mut self.fixed {
            Fixed::Ready { axes: fixed, session } if *fixed == axes => run(session, &self.deadline, group, values),
            Fixed::Opening { axes: fixed, opened } if *fixed == axes => match opened.try_recv() {
                Ok(session) => self.compare(session, axes, group, values),
                Err(TryRecvError::Empty) => run(&mut self.session, &self.deadline, group, values),
                Err(TryRecvError::Disconnected) => {
                    self.fixed = Fixed::Never;
                    run(&mut self.session, &self.deadline, group, values)
                }
            },
            _ => run(&mut self.session, &self.deadline, group, values),
        }
    }

    /// One run by both sessions: the second one is kept if it gives what the first one gives.
    fn compare(
        &mut self,
        mut second: Session,
        axes: Vec<(String, i64)>,
        group: &Group,
        values: &Values<'_>,
    ) -> Result<Vec<DynValue>, NodeFailure> {
        let expected = run(&mut self.session, &self.deadline, group, values)?;
        self.fixed = match run(&mut second, &self.deadline, group, values) {
            Ok(got) if is_equal(&expected, &got) => Fixed::Ready { axes, session: Box::new(second) },
            _ => Fixed::Never,
        };
        Ok(expected)
    }

    /// Several runs as one, of a group that has axes for it: the outputs of each in the group's order.
    pub(crate) fn joined(&mut self, group: &Group, runs: &[Values<'_>]) -> Result<Vec<Vec<DynValue>>, NodeFailure> {
        let Some(axes) = &group.axes else {
            return Err(NodeFailure::new("RM608", "expected a model with an axis for a batch"));
        };
        let column = |index: usize| runs.iter().map(|it| it[index]).collect::<Vec<_>>();
        let values: Vec<DynValue> = axes
            .inputs
            .iter()
            .enumerate()
            .map(|(index, axis)| join(&column(index), *axis))
            .collect::<Result<_, _>>()?;
        let lengths: Vec<i64> = runs.iter().map(|it| shape(it[0])[axes.inputs[0]]).collect();
        let outputs = run(&mut self.session, &self.deadline, group, &values.iter().collect())?;
        let mut parted: Vec<Vec<DynValue>> = runs.iter().map(|_| Vec::with_capacity(outputs.len())).collect();
        for (output, axis) in outputs.iter().zip(&axes.outputs) {
            for (run, piece) in parted.iter_mut().zip(part(output, *axis, &lengths)?) {
                run.push(piece);
            }
        }
        Ok(parted)
    }

    /// Count the run, and begin to make a session for its shape once it is the usual one.
    fn advance(&mut self, axes: &[(String, i64)]) {
        let Fixed::Counted { axes: counted, runs } = &mut self.fixed else { return };
        if counted != axes {
            (*counted, *runs) = (axes.to_vec(), 0);
        }
        *runs += 1;
        let Some(opener) = self.opener.as_ref().filter(|_| *runs == USUAL) else { return };
        if axes.is_empty() {
            self.fixed = Fixed::Never;
            return;
        }
        let (place, opened) = channel();
        let lengths = axes.to_vec();
        let spawned = opener.spawn(move |opener| {
            // Without a session the channel closes; whoever gave up waiting for it has closed the other end.
            let _ = opener.open(&lengths).map(|it| place.send(it));
        });
        self.fixed = if spawned { Fixed::Opening { axes: axes.to_vec(), opened } } else { Fixed::Never };
    }
}

/// The names of the axes of any length, and the lengths that they have; none where a name has two.
fn free_axes(group: &Group, values: &Values<'_>) -> Vec<(String, i64)> {
    let mut axes: Vec<(String, i64)> = Vec::new();
    for (tensor, value) in group.types.iter().zip(values) {
        for (axis, length) in shape(value).iter().enumerate() {
            match tensor.symbol(axis) {
                None => {}
                Some("") => return Vec::new(),
                Some(symbol) => match axes.iter().find(|(name, _)| name == symbol) {
                    None => axes.push((symbol.to_owned(), *length)),
                    Some((_, other)) if other == length => {}
                    Some(_) => return Vec::new(),
                },
            }
        }
    }
    axes
}

fn run(
    session: &mut Session,
    deadline: &Deadline,
    group: &Group,
    values: &Values<'_>,
) -> Result<Vec<DynValue>, NodeFailure> {
    let constants = group.constants.iter().map(|(name, value)| (name.as_str(), value));
    let named = group.inputs.iter().map(String::as_str).zip(values.iter().copied()).chain(constants);
    let inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> =
        named.map(|(name, value)| (name.into(), value.into())).collect();
    let interrupted = || NodeFailure::new("RM615", "the run was interrupted");
    if group.cancel.is_cancelled() {
        return Err(interrupted());
    }
    deadline.begin(group.limits.timeout, &group.cancel);
    let outcome = session.run_with_options(inputs, &deadline.options);
    let is_ended = deadline.end();
    let mut outputs = outcome.map_err(|error| {
        if is_ended && group.cancel.is_cancelled() {
            return interrupted();
        }
        if is_ended {
            let seconds = group.limits.timeout.as_secs_f64();
            return NodeFailure::new("RM603", format!("expected a run of the model within {seconds} s, got none"));
        }
        failure("the model could not be run", &error.to_string(), &group.limits)
    })?;
    let mut taken = Vec::with_capacity(group.outputs.len());
    for (index, name) in group.outputs.iter().enumerate() {
        let missing = || NodeFailure::new("RM608", format!("expected the model's output `{name}`, got none"));
        // One that is also a state, or goes to two ports, is wanted again.
        taken.push(if group.outputs[index + 1..].contains(name) {
            to_value(&copied(outputs.get(name).ok_or_else(missing)?)?)?
        } else {
            outputs.remove(name).ok_or_else(missing)?
        });
    }
    Ok(taken)
}

#[cfg(test)]
mod tests;
