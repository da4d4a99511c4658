//! `OnnxNode`: packets through a model.

use std::borrow::Cow;
use std::sync::Arc;

use ort::session::SessionInputValue;
use ort::value::DynValue;
use remotemedia_engine::{More, NodeFailure, NodeInstance, Outputs, PortId};
use remotemedia_packet::{Audio, Body, Packet, Tensor};

use crate::config::Config;
use crate::model::{Model, brief};
use crate::shape::Shaped;
use crate::state::{Stream, Streams};
use crate::value::{to_tensor, to_value};

pub(crate) struct OnnxNode {
    model: Arc<Model>,
    config: Config,
    constants: Vec<DynValue>,
    streams: Streams,
}

impl OnnxNode {
    pub(crate) fn new(model: Arc<Model>, config: Config) -> Result<Self, NodeFailure> {
        let constants = config.constants.iter().map(|(_, tensor)| to_value(tensor)).collect::<Result<_, _>>()?;
        Ok(Self { model, config, constants, streams: Streams::default() })
    }

    /// One run of the model; puts the new state into the stream.
    fn run(&self, input: &Shaped, stream: &mut Stream) -> Result<Tensor, NodeFailure> {
        let state = self.config.state.iter().map(|it| it.input.as_str()).zip(&stream.state);
        let constants = self.config.constants.iter().map(|(name, _)| name.as_str()).zip(&self.constants);
        let packet = std::iter::once((self.config.input.name.as_str(), &input.value));
        let inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> =
            packet.chain(state).chain(constants).map(|(name, value)| (name.into(), value.into())).collect();

        let mut session = self.model.session();
        let mut outputs = session.run(inputs).map_err(|error| {
            NodeFailure::new("RM608", format!("the model could not be run: {}", brief(&error.to_string())))
        })?;
        let missing = |name: &str| NodeFailure::new("RM608", format!("expected the model's output `{name}`, got none"));
        let output = outputs.get(&self.config.output).ok_or_else(|| missing(&self.config.output))?;
        let mut tensor = to_tensor(&self.config.output, output)?;
        if input.batched && tensor.shape.first() == Some(&1) {
            tensor.shape.remove(0);
        }
        let state = self.config.state.iter().map(|it| outputs.remove(&it.output).ok_or_else(|| missing(&it.output)));
        stream.state = state.collect::<Result<_, _>>()?;
        Ok(tensor)
    }

    fn shape(&self, packet: &Packet, stream: &mut Stream) -> Result<Shaped, NodeFailure> {
        match &packet.body {
            Body::Audio(audio) => {
                check(audio)?;
                let left = stream.left(usize::from(audio.channels), self.config.context);
                let shaped = self.config.input.of_audio(audio, left)?;
                stream.remember(audio, self.config.context);
                Ok(shaped)
            }
            Body::Tensor(_) if self.config.context > 0 => {
                let message = format!("expected audio beside `context`, got {}", packet.summary());
                Err(NodeFailure::new("RM606", message))
            }
            Body::Tensor(tensor) => self.config.input.of_tensor(tensor),
            _ => Err(NodeFailure::new("RM606", format!("expected audio or tensor, got {}", packet.summary()))),
        }
    }
}

impl NodeInstance for OnnxNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let mut stream = match self.streams.take(&packet) {
            Some(stream) => stream,
            None => Stream::start(&self.config)?,
        };
        let input = self.shape(&packet, &mut stream)?;
        let tensor = self.run(&input, &mut stream)?;
        self.streams.put(&packet, stream);
        out.push(packet.with_body(Body::Tensor(tensor)));
        Ok(More::No)
    }

    fn flush(&mut self, _out: &mut Outputs) -> Result<More, NodeFailure> {
        self.streams = Streams::default();
        Ok(More::No)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        self.streams.snapshot(&self.config).map(Some)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.streams = Streams::restore(state, &self.config)?;
        Ok(())
    }
}

/// Whole frames of at least one channel.
fn check(audio: &Audio) -> Result<(), NodeFailure> {
    let frame = usize::from(audio.channels) * audio.format.size();
    if frame > 0 && audio.data.len().is_multiple_of(frame) {
        return Ok(());
    }
    let message = format!("expected whole frames of 1 or more channels, got {} bytes", audio.data.len());
    Err(NodeFailure::new("RM606", message))
}
