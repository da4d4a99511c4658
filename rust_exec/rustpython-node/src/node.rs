//! A node of the engine.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs, PortId, Raised};
use remotemedia_manifest::RuntimeKind;
use remotemedia_packet::written::{self, Origin};
use remotemedia_packet::{Flat, Packet, PacketError};
use rustpython::vm::function::FuncArgs;
use rustpython::vm::{PyObjectRef, PyResult, VirtualMachine};

use crate::host;
use crate::vm::{Vm, Wrong};

/// Makes the one node of this process: the interpreter is ready before the node is known.
pub(crate) struct RustPython(Mutex<Option<Vm>>);

impl RustPython {
    pub(crate) fn new() -> Result<Self, String> {
        Ok(Self(Mutex::new(Some(Vm::new()?))))
    }
}

impl NodeRuntime for RustPython {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Rustpython
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        let vm = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let vm = vm.ok_or_else(|| NodeFailure::new("RM601", "expected one node a process, got another"))?;
        Ok(Box::new(Node::new(vm, spec)?))
    }
}

struct Node {
    vm: Vm,
    spec: NodeSpec,
    is_source: bool,
    /// What is emitted has the stream, the times and the session of the packet that was taken last.
    origin: Origin,
    /// Trace context of the packet in hand; Python does not see it.
    trace: Option<Arc<str>>,
}

impl Node {
    fn new(vm: Vm, spec: &NodeSpec) -> Result<Self, NodeFailure> {
        let entry = spec.entry.as_deref().ok_or_else(|| {
            NodeFailure::new("RM601", format!("expected an `entry` for `{}`, got none", spec.node_type))
        })?;
        host::begin(&spec.id, Arc::clone(&spec.log), spec.limits);
        let mut node = Self { vm, spec: spec.clone(), is_source: false, origin: Origin::default(), trace: None };
        let sources = spec.files.python_sources()?;
        node.make("load", |vm| {
            let sources = sources.iter().map(|(path, text)| {
                vm.ctx
                    .new_tuple(vec![vm.ctx.new_str(path.as_str()).into(), vm.ctx.new_str(text.as_str()).into()])
                    .into()
            });
            vec![vm.ctx.new_list(sources.collect()).into(), vm.ctx.new_str(entry).into()].into()
        })?;
        let arrays = spec.arrays()?;
        if !arrays.is_empty() {
            node.make("data", |vm| {
                let arrays = arrays.iter().map(|(path, file)| {
                    let file = vm.ctx.new_bytes(file.clone()).into();
                    vm.ctx.new_tuple(vec![vm.ctx.new_str(path.as_str()).into(), file]).into()
                });
                vec![vm.ctx.new_list(arrays.collect()).into()].into()
            })?;
        }
        let config = spec.config(&spec.params);
        node.is_source = node.make("init", |vm| vec![vm.ctx.new_str(config.as_str()).into()].into())?;
        Ok(node)
    }

    /// A call that makes the node; what it answers, where that is yes or no.
    fn make(&self, export: &'static str, args: impl FnOnce(&VirtualMachine) -> FuncArgs) -> Result<bool, NodeFailure> {
        self.vm.call(export, args, is_true).map_err(|wrong| self.failure(wrong, true))
    }

    /// A call of the node that emits.
    fn emit(
        &mut self,
        export: &'static str,
        args: impl FnOnce(&VirtualMachine) -> FuncArgs,
        out: &mut Outputs,
    ) -> Result<More, NodeFailure> {
        let more = self.vm.call(export, args, is_true);
        self.hand_out(out)?;
        let more = more.map_err(|wrong| self.failure(wrong, false))?;
        Ok(if more { More::Yes } else { More::No })
    }

    /// Emit what the last call wrote.
    fn hand_out(&mut self, out: &mut Outputs) -> Result<(), NodeFailure> {
        let Some(bytes) = host::take() else {
            let message = format!("expected at most {} bytes a call, got more", self.spec.limits.output_bytes);
            return Err(NodeFailure::new("RM607", message));
        };
        let mut bytes = Bytes::from(bytes);
        while !bytes.is_empty() {
            let garbled = || NodeFailure::new("RM611", "expected packets of the runner, got other bytes");
            self.give(written::take(&mut bytes, &self.origin).ok_or_else(garbled)?, out)?;
        }
        Ok(())
    }

    fn give(&mut self, it: Flat, out: &mut Outputs) -> Result<(), NodeFailure> {
        let (port, mut packet) = it.into_packet().map_err(refused)?;
        packet.trace.clone_from(&self.trace);
        out.push_to(port, packet);
        Ok(())
    }

    fn failure(&self, wrong: Wrong, making: bool) -> NodeFailure {
        match wrong {
            Wrong::Raised { kind, message, trace, code, hint } => {
                let raised = Raised { kind: &kind, message: &message, trace: &trace, code: &code, hint: &hint };
                raised.failure(making, &self.spec.limits)
            }
            Wrong::Runner(text) => NodeFailure::new("RM611", format!("the runner failed: {text}")),
        }
    }
}

impl NodeInstance for Node {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let it = Flat::from_packet(&packet.clone().into_planar(), port).map_err(refused)?;
        self.trace = packet.trace;
        self.origin = Origin::of(&it);
        let args = |vm: &VirtualMachine| {
            let text = |it: &str| if it.is_empty() { vm.ctx.none() } else { vm.ctx.new_str(it).into() };
            let args: Vec<PyObjectRef> = vec![
                vm.ctx.new_int(it.kind).into(),
                text(&it.head),
                text(&it.meta),
                vm.ctx.new_bytes(it.data.to_vec()).into(),
            ];
            args.into()
        };
        let answer = self.vm.call("process", args, |vm, answer| answer.try_to_value::<String>(vm));
        self.hand_out(out)?;
        let mut answer = answer.map_err(|wrong| self.failure(wrong, false))?;
        // An `answer` of `schemas/node.wit`.
        let kind = match answer.as_bytes().first() {
            Some(b'1') => return Ok(More::Yes),
            Some(b'4') => 4,
            Some(b'5') => 5,
            _ => return Ok(More::No),
        };
        answer.remove(0);
        self.give(self.origin.packet(kind, answer, String::new(), Bytes::new()), out)?;
        Ok(More::No)
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let max = u32::try_from(max).unwrap_or(u32::MAX);
        self.emit("pull", |vm| vec![vm.ctx.new_int(max).into()].into(), out)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.origin.end();
        self.emit("flush", |_| FuncArgs::default(), out)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        let saved = self.vm.call("snapshot", |_| FuncArgs::default(), |_, _| Ok(()));
        let state = host::take();
        saved.map_err(|wrong| self.failure(wrong, false))?;
        Ok(state)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        let restored =
            self.vm.call("restore", |vm| vec![vm.ctx.new_bytes(state.to_vec()).into()].into(), |_, _| Ok(()));
        restored.map_err(|wrong| self.failure(wrong, false))
    }

    fn set_param(&mut self, name: &str, value: &serde_json::Value) -> Result<(), NodeFailure> {
        let args =
            |vm: &VirtualMachine| vec![vm.ctx.new_str(name).into(), vm.ctx.new_str(value.to_string()).into()].into();
        self.vm.call("set_param", args, |_, _| Ok(())).map_err(|wrong| self.failure(wrong, false))
    }

    fn is_source(&self) -> bool {
        self.is_source
    }

    fn close(&mut self) {
        // The node is done with: how its last call ends changes nothing.
        let _ = self.vm.call("close", |_| FuncArgs::default(), |_, _| Ok(()));
    }
}

fn is_true(vm: &VirtualMachine, answer: PyObjectRef) -> PyResult<bool> {
    answer.try_to_bool(vm)
}

fn refused(error: PacketError) -> NodeFailure {
    NodeFailure::new(error.code, error.message)
}
