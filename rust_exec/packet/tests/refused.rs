//! What is not a packet, one defect each.

use std::sync::Arc;

use bytes::Bytes;
use remotemedia_packet::{Body, Flat, Foreign, Json, Packet, jsonl, wire};

fn flat(kind: u32, head: &str, data: &[u8]) -> Flat {
    Flat {
        port: 0,
        stream: 0,
        seq: 0,
        pts: 0,
        duration: 0,
        kind,
        head: head.into(),
        meta: String::new(),
        session: String::new(),
        data: Bytes::copy_from_slice(data),
    }
}

#[test]
fn values() {
    for (kind, head, data) in [
        (0, "", &b""[..]),
        (7, "", b""),
        (1, r#"{"format":"f64","rate":16000,"channels":1,"layout":"planar"}"#, b""),
        (1, r#"{"format":"f32","rate":0,"channels":1,"layout":"planar"}"#, b""),
        (1, r#"{"format":"f32","rate":-1,"channels":1,"layout":"planar"}"#, b""),
        (1, r#"{"format":"f32","rate":16000.0,"channels":1,"layout":"planar"}"#, b""),
        (1, r#"{"format":"f32","rate":16000,"channels":65536,"layout":"planar"}"#, b""),
        (1, r#"{"format":"f32","rate":16000,"channels":1,"layout":"mixed"}"#, b""),
        (1, r#"{"format":"f32","rate":16000,"channels":1}"#, b""),
        (1, r#"{"format":"f32","rate":1,"rate":1,"channels":1,"layout":"planar"}"#, b""),
        (1, r#"{"format":"f32","rate":16000,"channels":1,"layout":"planar","x":1}"#, b""),
        (1, r#"{"format":"f32","rate":16000,"channels":1,"layout":"planar"}"#, b"123"),
        (1, r#"{"format":"i16","rate":16000,"channels":2,"layout":"planar"}"#, b"12"),
        (2, r#"{"format":"rgb24","width":1,"height":1,"planes":[]}"#, b"123"),
        (3, r#"{"dtype":"f32","shape":[2]}"#, b"1234"),
        (3, r#"{"dtype":"f32","shape":[-1]}"#, b"1234"),
        (3, r#"{"dtype":"f32","shape":[4294967296,4294967296]}"#, b""),
        (3, r#"{"dtype":"c64","shape":[]}"#, b"12345678"),
        (3, r#"{"dtype":"bool","shape":[1]}"#, b"\x02"),
        (3, "", b""),
        (4, "text", b"data"),
        (5, "{", b""),
        (5, "[1, 2]", b""),
        (5, "1\n2", b""),
        (5, r#"{"$buf":0,"dtype":"f32","shape":[2]}"#, b"1234"),
        (6, "head", b""),
    ] {
        let error = flat(kind, head, data).into_packet().expect_err(head);
        assert_eq!(error.code, "RM605", "{head}");
    }
    let long = format!(r#"{{"dtype":"f32","shape":[{}0]}}"#, "1,".repeat(3000));
    assert!(flat(3, &long, b"").into_packet().is_err());
}

#[test]
fn metadata_that_is_no_object() {
    for meta in ["[]", "1", "{", r#"{"a":1,"a":2}"#, r#"{"$buf":0,"dtype":"u8","shape":[0]}"#] {
        let values = Flat { meta: meta.into(), ..flat(4, "text", b"") };
        assert!(values.into_packet().is_err(), "{meta}");
    }
}

#[test]
fn messages() {
    let cases: [(&str, &[u8]); 8] = [
        ("no body", b""),
        ("two bytes of nothing", b"\xff\xff"),
        ("audio without a format", b"\x82\x01\x06\x10\x01\x18\x01\x20\x01"),
        ("audio of an unknown format", b"\x82\x01\x08\x08\x09\x10\x01\x18\x01\x20\x01"),
        ("audio of 65536 channels", b"\x82\x01\x0a\x08\x01\x10\x01\x18\x80\x80\x04\x20\x01"),
        ("a tensor without a type", b"\x92\x01\x00"),
        ("text that is not UTF-8", b"\x9a\x01\x01\xff"),
        ("the least s64 as a time", b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x9a\x01\x00"),
    ];
    for (name, message) in cases {
        assert_eq!(wire::decode(message).expect_err(name).code, "RM605", "{name}");
    }
}

#[test]
fn lines() {
    for line in [
        "",
        "{",
        "1 2",
        "nan",
        r#""a" "b""#,
        r#"{"a":1,"a":2}"#,
        r#"{"$ref":"x"}"#,
        r#"{"$audio":{"format":"f32","rate":1,"channels":1,"layout":"planar"},"data":"AAAA"}"#,
        r#"{"$audio":{"format":"f32","rate":1,"channels":1,"layout":"planar"}}"#,
        r#"{"$tensor":{"dtype":"u8","shape":[3]},"data":"AAA"}"#,
        r#"{"$tensor":{"dtype":"u8","shape":[3]},"data":"AAA-"}"#,
        r#"{"$bytes":"AA==","x":1}"#,
        r#"{"$bytes":0,"length":0}"#,
        r#"{"$json":"{","data":""}"#,
        r#"{"$json":"[1, 2]","data":""}"#,
        r#"{"$buf":0,"dtype":"u8","shape":[1]}"#,
    ] {
        assert_eq!(jsonl::from_line(line, false).expect_err(line).code, "RM612", "{line}");
    }
    assert!(jsonl::from_line(&"[".repeat(1_000_000), false).is_err());
}

#[test]
fn envelopes() {
    for line in [
        "null",
        "{}",
        r#"{"stream":0}"#,
        r#"{"value":1,"value":2}"#,
        r#"{"value":1,"extra":2}"#,
        r#"{"stream":-1,"value":1}"#,
        r#"{"stream":4294967296,"value":1}"#,
        r#"{"seq":1.0,"value":1}"#,
        r#"{"pts_ns":null,"value":1}"#,
        r#"{"pts_ns":-9223372036854775808,"value":1}"#,
        r#"{"meta":[],"value":1}"#,
        r#"{"value":1}x"#,
        r#"{"value":1,}"#,
        r#"{"value":}"#,
        r#"{value:1}"#,
    ] {
        assert_eq!(jsonl::from_line(line, true).expect_err(line).code, "RM612", "{line}");
    }
}

#[test]
fn lines_by_hand_are_taken() {
    let read = jsonl::from_line(" { \"a b\" : [ 1, 2.50 ] }\r\n", false).expect("a packet");
    let text = r#"{"a b":[1,2.50]}"#;
    assert_eq!(read.body, Body::Json(Json { text: text.into(), data: Bytes::new() }));
    let read = jsonl::from_line(r#"{ "value" : "x", "pts_ns": 5, "seq": 2 }"#, true).expect("a packet");
    assert_eq!(read, Packet { pts_ns: Some(5), seq: 2, ..Packet::new(Body::Text("x".into())) });
}

#[test]
fn objects_stay_in_their_process() {
    struct Thing;
    impl Foreign for Thing {}
    let object = Packet::new(Body::Object(Arc::new(Thing)));
    assert_eq!(Flat::from_packet(&object, 0).expect_err("an object").code, "RM605");
    assert_eq!(wire::encode(&object, 0).expect_err("an object").code, "RM605");
    assert_eq!(jsonl::to_line(&object, true).expect_err("an object").code, "RM616");
}

#[test]
fn a_body_that_is_a_mere_string_does_not_become_text() {
    let json = Packet::new(Body::Json(Json { text: "\"a\"".into(), data: Bytes::new() }));
    let line = jsonl::to_line(&json, false).expect("a line");
    assert_eq!(line, r#"{"$json":"\"a\"","data":""}"#);
    assert_eq!(jsonl::from_line(&line, false), Ok(json));
}
