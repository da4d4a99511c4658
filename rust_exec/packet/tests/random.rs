//! Random packets come back through every form, and arbitrary input never panics.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use remotemedia_packet::{
    Audio, Body, Dtype, Flat, Json, Layout, Packet, Plane, SampleFormat, Tensor, Video, jsonl, wire,
};

fn data(length: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), length).prop_map(Bytes::from)
}

fn audio() -> impl Strategy<Value = Body> {
    let format = prop::sample::select(vec![SampleFormat::F32, SampleFormat::I16, SampleFormat::I32]);
    let layout = prop::sample::select(vec![Layout::Planar, Layout::Interleaved]);
    (format, layout, 1..u32::MAX, 1..9_u16, 0..20_usize).prop_flat_map(|(format, layout, rate, channels, frames)| {
        data(format.size() * usize::from(channels) * frames)
            .prop_map(move |data| Body::Audio(Audio { format, rate, channels, layout, data }))
    })
}

fn tensor() -> impl Strategy<Value = Body> {
    let dtype = prop::sample::select(Dtype::ALL.to_vec());
    (dtype, vec(0..4_u64, 0..5)).prop_flat_map(|(dtype, shape)| {
        data(dtype.byte_len(&shape).expect("a small array")).prop_map(move |data| {
            let data = if dtype == Dtype::Bool { data.iter().map(|byte| byte & 1).collect() } else { data };
            Body::Tensor(Tensor { dtype, shape: shape.clone(), data })
        })
    })
}

fn video() -> impl Strategy<Value = Body> {
    (1..20_u32, 1..20_u32, 0..9_u32, 0..9_u64).prop_flat_map(|(width, height, padding, offset)| {
        let stride = width * 3 + padding;
        data((u64::from(stride * height) + offset) as usize).prop_map(move |data| {
            Body::Video(Video { format: "bgr24".into(), width, height, planes: vec![Plane { offset, stride }], data })
        })
    })
}

/// The text of a value, and the length of the data its buffers lie in.
fn json() -> impl Strategy<Value = Body> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        (-(1_i64 << 53) + 1..1 << 53).prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| serde_json::Value::from(number).to_string()),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
        Just(r#"{"$float":"nan"}"#.to_owned()),
        "-?[1-9][0-9]{16,40}".prop_map(|digits| format!(r#"{{"$int":"{digits}"}}"#)),
        (0..3_u64, 0..5_u64)
            .prop_map(|(slot, length)| format!(r#"{{"$buf":{},"dtype":"i8","shape":[{length}]}}"#, slot * 8)),
        (0..3_u64, 0..5_u64).prop_map(|(slot, length)| format!(r#"{{"$bytes":{},"length":{length}}}"#, slot * 8)),
    ];
    let value = leaf.prop_recursive(5, 40, 5, |inner| {
        let key = any::<String>().prop_map(|key| if key.starts_with('$') { format!("${key}") } else { key });
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            vec(inner.clone(), 0..5).prop_map(|items| format!(r#"{{"$tuple":[{}]}}"#, items.join(","))),
            vec((inner.clone(), inner.clone()), 0..5).prop_map(|pairs| {
                let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("[{key},{value}]")).collect();
                format!(r#"{{"$map":[{}]}}"#, pairs.join(","))
            }),
            prop::collection::btree_map(key, inner, 0..5).prop_map(|entries| {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| format!("{}:{value}", serde_json::Value::from(key.as_str())))
                    .collect();
                format!("{{{}}}", entries.join(","))
            }),
        ]
    });
    (value, data(24)).prop_map(|(text, data)| {
        let data = if text.contains("\"$b") { data } else { Bytes::new() };
        Body::Json(Json { text: text.into(), data })
    })
}

fn packet(body: impl Strategy<Value = Body>) -> impl Strategy<Value = Packet> {
    let text = prop_oneof![Just(None), any::<String>().prop_map(Some)];
    let time = prop_oneof![Just(None), (i64::MIN + 1..=i64::MAX).prop_map(Some)];
    let meta = prop_oneof![Just(None), any::<String>().prop_map(Some)];
    (body, any::<u32>(), any::<u64>(), time.clone(), time, text, meta).prop_map(
        |(body, stream, seq, pts_ns, duration_ns, session, meta)| Packet {
            stream,
            seq,
            pts_ns,
            duration_ns,
            session: session.filter(|text| !text.is_empty()).map(Into::into),
            meta: meta.map(|text| serde_json::json!({"key": text}).to_string().into()),
            ..Packet::new(body)
        },
    )
}

fn written() -> impl Strategy<Value = Body> {
    let text = any::<String>().prop_map(|text| Body::Text(text.into()));
    let bytes = vec(any::<u8>(), 0..50).prop_map(|bytes| Body::Bytes(bytes.into()));
    prop_oneof![audio(), tensor(), json(), text, bytes]
}

proptest! {
    #[test]
    fn packets_come_back(packet in packet(prop_oneof![written(), video()]), port in any::<u32>()) {
        let flat = Flat::from_packet(&packet, port).expect("ten values");
        prop_assert_eq!(flat.into_packet(), Ok((port, packet.clone())));
        let message = wire::encode(&packet, port).expect("a message");
        prop_assert_eq!(wire::decode(message), Ok((port, packet)));
    }

    #[test]
    fn lines_come_back(packet in packet(written())) {
        let line = jsonl::to_line(&packet, false).expect("a line");
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(jsonl::from_line(&line, false), Ok(Packet::new(packet.body.clone())));
        let envelope = jsonl::to_line(&packet, true).expect("a line");
        prop_assert_eq!(jsonl::from_line(&envelope, true), Ok(Packet { session: None, ..packet }));
    }

    #[test]
    fn truncated_messages_are_refused_or_smaller(packet in packet(written()), cut in 1..40_usize) {
        let message = wire::encode(&packet, 0).expect("a message");
        if let Ok((_, read)) = wire::decode(message.slice(..message.len().saturating_sub(cut))) {
            prop_assert_ne!(read, packet);
        }
    }

    #[test]
    fn arbitrary_messages(bytes in vec(any::<u8>(), 0..300)) {
        let _ = wire::decode(&*bytes);
    }

    #[test]
    fn arbitrary_lines(line in r#"[\[\]{}",:\\ \n$0-9a-f.+\-]{0,100}|\PC{0,100}"#, envelope in any::<bool>()) {
        let _ = jsonl::from_line(&line, envelope);
    }

    #[test]
    fn altered_lines(packet in packet(written()), envelope in any::<bool>(), at in any::<prop::sample::Index>(), with in any::<char>()) {
        let mut line: Vec<char> = jsonl::to_line(&packet, envelope).expect("a line").chars().collect();
        let at = at.index(line.len());
        line[at] = with;
        let _ = jsonl::from_line(&line.into_iter().collect::<String>(), envelope);
    }

    #[test]
    fn arbitrary_values(
        kind in 0..9_u32,
        head in prop_oneof![
            r#"[\[\]{}",:0-9a-z]{0,40}"#,
            r#"\{"dtype":"(f32|u8)","shape":\[[0-9]{1,20},[0-9]{1,20}\]\}"#,
            r#"\{"format":"(f32|i16)","rate":[0-9]{1,10},"channels":[0-9]{1,5},"layout":"planar"\}"#,
        ],
        meta in prop_oneof![Just(String::new()), r#"[\[\]{}",:0-9]{0,9}"#],
        data in vec(any::<u8>(), 0..64),
    ) {
        let (session, data) = (String::new(), Bytes::from(data));
        let flat = Flat { port: 0, stream: 0, seq: 0, pts: 0, duration: 0, kind, head, meta, session, data };
        if let Ok((_, packet)) = flat.clone().into_packet() {
            let again = Flat::from_packet(&packet, 0).expect("ten values");
            prop_assert_eq!((again.kind, again.data), (flat.kind, flat.data));
        }
    }
}
