//! What can be asked of a run while it goes on: other values for parameters, and to come to its end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use remotemedia_manifest::table;
use serde_json::Value;

use crate::cancel::{Cancel, Wake};
use crate::error::NodeFailure;
use crate::node::NodeInstance;

/// Asks things of a run while it goes on; clones ask the same run.
#[derive(Clone)]
pub struct Control(Arc<Inner>);

struct Inner {
    nodes: HashMap<String, (Option<&'static table::NodeType>, Arc<Mailbox>)>,
    drain: Cancel,
}

type Answer = Box<dyn FnOnce(Result<(), NodeFailure>) + Send>;

/// A value that a parameter is to take.
struct Setting {
    param: String,
    value: Value,
    answer: Answer,
}

/// What was asked of one node and not done yet.
#[derive(Default)]
pub(crate) struct Mailbox {
    has_mail: AtomicBool,
    /// `None` when the node has ended.
    settings: Mutex<Option<Vec<Setting>>>,
    /// The queue at which the node's stage may wait.
    stage: OnceLock<Weak<dyn Wake>>,
}

impl Control {
    pub(crate) fn new(nodes: impl Iterator<Item = (String, Option<&'static table::NodeType>)>) -> Self {
        let boxed = |(id, known)| (id, (known, Arc::new(Mailbox::open())));
        Self(Arc::new(Inner { nodes: nodes.map(boxed).collect(), drain: Cancel::new() }))
    }

    /// Give a parameter of a node another value, from its next packet on; waits until the node has it.
    ///
    /// # Errors
    ///
    /// `RM210`: no such node. `RM211`: no such parameter, or a value that it does not take. `RM619`: the parameter
    /// cannot change while the node runs, or the node has ended.
    pub fn set(&self, node: &str, param: &str, value: Value) -> Result<(), NodeFailure> {
        let (answer, answered) = sync_channel(1);
        self.set_then(node, param, value, move |it| {
            let _ = answer.send(it);
        });
        answered.recv().unwrap_or_else(|_| Err(ended(node, param)))
    }

    /// The same without waiting: what comes of it is told by a call, on any thread.
    pub fn set_then(
        &self,
        node: &str,
        param: &str,
        value: Value,
        then: impl FnOnce(Result<(), NodeFailure>) + Send + 'static,
    ) {
        let mailbox = match self.mailbox(node, param) {
            Ok(mailbox) => mailbox,
            Err(failure) => return then(Err(failure)),
        };
        let answer = Box::new(then);
        if let Err(refused) = mailbox.put(Setting { param: param.to_owned(), value, answer }) {
            (refused.answer)(Err(ended(node, param)));
        }
    }

    /// Come to an end: sources and input give no more, and what is under way goes on to the sink.
    pub fn drain(&self) {
        self.0.drain.cancel();
    }

    /// Cancelled when the run is to drain; whoever waits for further input can stop waiting.
    #[must_use]
    pub fn draining(&self) -> Cancel {
        self.0.drain.clone()
    }

    pub(crate) fn mailbox_of(&self, node: &str) -> Option<Arc<Mailbox>> {
        self.0.nodes.get(node).map(|(_, mailbox)| Arc::clone(mailbox))
    }

    fn mailbox(&self, node: &str, param: &str) -> Result<&Mailbox, NodeFailure> {
        let Some((known, mailbox)) = self.0.nodes.get(node) else {
            return Err(NodeFailure::new("RM211", format!("expected a node of the pipeline, got `{node}`")));
        };
        if let Some(known) = known
            && known.param(param).is_none()
        {
            return Err(NodeFailure::new("RM211", format!("expected a parameter of `{}`, got `{param}`", known.name)));
        }
        if known.and_then(|it| it.param(param)).is_some_and(|it| !it.live) {
            return Err(fixed(node, param));
        }
        Ok(mailbox)
    }
}

fn fixed(node: &str, param: &str) -> NodeFailure {
    NodeFailure::new("RM619", format!("parameter `{node}.{param}` cannot change while the pipeline runs"))
        .with_hint(format!("stop the run, and start it with `--set {node}.{param}=VALUE`"))
}

fn ended(node: &str, param: &str) -> NodeFailure {
    NodeFailure::new("RM619", format!("parameter `{node}.{param}` cannot change any more: the node has ended"))
}

impl Mailbox {
    fn open() -> Self {
        Self { settings: Mutex::new(Some(Vec::new())), ..Self::default() }
    }

    /// The stage of the node is woken by this when there is mail.
    pub(crate) fn belongs_to(&self, stage: Weak<dyn Wake>) {
        let _ = self.stage.set(stage);
        if self.has_mail.load(Ordering::Acquire) {
            self.wake();
        }
    }

    /// Do what was asked.
    pub(crate) fn empty(&self, instance: &mut dyn NodeInstance) {
        if self.has_mail.load(Ordering::Relaxed) {
            self.has_mail.store(false, Ordering::Release);
            let settings = self.lock().as_mut().map(std::mem::take);
            for Setting { param, value, answer } in settings.into_iter().flatten() {
                answer(instance.set_param(&param, &value));
            }
        }
    }

    /// Take no more; who still waits for an answer gets one.
    pub(crate) fn close(&self, node: &str) {
        let left = self.lock().take();
        left.into_iter().flatten().for_each(|it| (it.answer)(Err(ended(node, &it.param))));
    }

    fn put(&self, setting: Setting) -> Result<(), Setting> {
        match &mut *self.lock() {
            None => return Err(setting),
            Some(settings) => settings.push(setting),
        }
        self.has_mail.store(true, Ordering::Release);
        self.wake();
        Ok(())
    }

    fn wake(&self) {
        if let Some(stage) = self.stage.get().and_then(Weak::upgrade) {
            stage.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Setting>>> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
