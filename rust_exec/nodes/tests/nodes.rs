//! Every native node, as the engine calls it.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "tests")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use remotemedia_engine::{
    EffectiveLimits, FileSource, LogRecord, LogSink, More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs,
};
use remotemedia_kernels::{Planar, WavFormat, WavWriter};
use remotemedia_nodes::{NativeRuntime, sound};
use remotemedia_packet::{Audio, Body, Flat, Layout, Packet, SampleFormat, Tensor};
use serde_json::{Value, json};

/// Files of a package (`local` is false) or of the user's own directory.
struct Files {
    root: PathBuf,
    local: bool,
}

impl FileSource for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        std::fs::read(self.root.join(path)).map_err(|error| NodeFailure::new("RM306", error.to_string()))
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(Vec::new())
    }

    fn local_path(&self, path: &str) -> Option<PathBuf> {
        self.local.then(|| self.root.join(path))
    }
}

impl LogSink for Files {
    fn log(&self, _: &LogRecord<'_>) {}
}

fn spec(node_type: &str, params: Value, root: &Path, local: bool) -> NodeSpec {
    NodeSpec {
        id: "node".into(),
        node_type: node_type.into(),
        entry: None,
        params: params.as_object().unwrap().clone(),
        inputs: vec!["in".into()],
        outputs: vec!["out".into()],
        fed: true,
        files: Arc::new(Files { root: root.into(), local }),
        limits: EffectiveLimits::default(),
        grants: Vec::new(),
        seed: 0,
        log: Arc::new(Files { root: root.into(), local }),
        cancel: remotemedia_engine::Cancel::new(),
    }
}

fn instantiate(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    NativeRuntime.instantiate(spec)
}

fn node(node_type: &str, params: Value) -> Box<dyn NodeInstance> {
    instantiate(&spec(node_type, params, Path::new("/nowhere"), false)).unwrap()
}

fn refusal(node_type: &str, params: Value) -> NodeFailure {
    instantiate(&spec(node_type, params, Path::new("/nowhere"), false)).err().unwrap()
}

/// All that a node gives for these packets and at their end.
fn run(node: &mut dyn NodeInstance, packets: impl IntoIterator<Item = Packet>) -> Vec<Packet> {
    let mut out = Outputs::new();
    let mut given = Vec::new();
    let mut more = if node.is_source() { More::Yes } else { More::No };
    let mut pull = |node: &mut dyn NodeInstance, more: &mut More, out: &mut Outputs| {
        given.extend(out.drain().map(|(_, packet)| packet));
        while *more == More::Yes {
            *more = node.pull(16, out).unwrap();
            given.extend(out.drain().map(|(_, packet)| packet));
        }
    };
    pull(node, &mut more, &mut out);
    for packet in packets {
        more = node.process(0, packet, &mut out).unwrap();
        pull(node, &mut more, &mut out);
    }
    more = node.flush(&mut out).unwrap();
    pull(node, &mut more, &mut out);
    given
}

fn planar(samples: Vec<f32>, rate: u32, channels: u16) -> Packet {
    Packet::new(Body::Audio(Audio::from_planar_f32(samples, rate, channels)))
}

fn audio(packet: &Packet) -> &Audio {
    match &packet.body {
        Body::Audio(audio) => audio,
        other => panic!("expected audio, got {other:?}"),
    }
}

fn samples(packets: &[Packet]) -> Vec<f32> {
    packets.iter().flat_map(|it| audio(it).as_f32_planar().into_owned()).collect()
}

fn times(packets: &[Packet]) -> Vec<(i64, i64)> {
    packets.iter().map(|it| (it.pts_ns.unwrap(), it.duration_ns.unwrap())).collect()
}

fn ramp(frames: usize) -> Vec<f32> {
    (0..frames).map(|it| it as f32 / 1e6).collect()
}

#[test]
fn a_mix_takes_any_format_and_keeps_what_was_said_of_the_sound() {
    let data: Vec<u8> = [16_384_i16, 0, -16_384, 0].iter().flat_map(|it| it.to_le_bytes()).collect();
    let stereo =
        Audio { format: SampleFormat::I16, rate: 8_000, channels: 2, layout: Layout::Interleaved, data: data.into() };
    let meta: Option<Arc<str>> = Some("{\"gain\":1}".into());
    let packet = Packet { pts_ns: Some(7), meta: meta.clone(), ..Packet::new(Body::Audio(stereo)) };
    let given = run(&mut *node("AudioMixNode", json!({})), [packet]);
    assert_eq!((given.len(), given[0].pts_ns, &given[0].meta), (1, Some(7), &meta));
    assert_eq!(given[0].body, planar(vec![0.25, -0.25], 8_000, 1).body);
}

#[test]
fn a_mix_to_the_same_channels_shares_the_samples() {
    let packet = planar(ramp(10), 8_000, 2);
    let given = run(&mut *node("AudioMixNode", json!({"channels": 2})), [packet.clone()]);
    assert_eq!(audio(&given[0]).data.as_ptr(), audio(&packet).data.as_ptr());
}

#[test]
fn resampling_gives_exact_length_and_times_without_drift() {
    let packets = (0_i64..100).map(|it| Packet { pts_ns: Some(1_000 + it), ..planar(vec![0.5; 441], 44_100, 1) });
    let given = run(&mut *node("AudioResampleNode", json!({})), packets);
    assert!(given.iter().all(|it| audio(it).rate == 16_000 && audio(it).format == SampleFormat::F32));
    let mut frames = 0;
    for (packet, (pts, duration)) in given.iter().zip(times(&given)) {
        assert_eq!(pts, 1_000 + frames * 1_000_000_000 / 16_000);
        frames += i64::try_from(audio(packet).frames()).unwrap();
        assert_eq!(pts + duration, 1_000 + frames * 1_000_000_000 / 16_000);
    }
    assert_eq!(frames, 16_000);
}

#[test]
fn a_change_of_rate_ends_the_kernels_stream() {
    let packets =
        [planar(vec![0.5; 4_800], 48_000, 1), planar(vec![0.5; 1_600], 16_000, 1), planar(vec![0.5; 800], 8_000, 2)];
    let given = run(&mut *node("AudioResampleNode", json!({"quality": "low"})), packets);
    let (mono, stereo): (Vec<_>, Vec<_>) = given.into_iter().partition(|it| audio(it).channels == 1);
    assert_eq!(mono.iter().map(|it| audio(it).frames()).sum::<usize>(), 1_600 + 1_600);
    assert_eq!(stereo.iter().map(|it| audio(it).frames()).sum::<usize>(), 800);
    assert_eq!(stereo[0].pts_ns, Some(200_000_000));
}

#[test]
fn resampled_packets_take_the_places_of_those_they_come_from() {
    let said = |n: usize| -> Option<Arc<str>> { Some(format!("{{\"n\":{n}}}").into()) };
    for count in [1, 2, 5] {
        let packets = (0..count).map(|n| Packet { meta: said(n), ..planar(vec![0.5; 4_410], 44_100, 1) });
        let given = run(&mut *node("AudioResampler", json!({"target_sample_rate": 16_000})), packets);
        assert_eq!(
            given.iter().map(|it| it.meta.clone()).collect::<Vec<_>>(),
            (0..count).map(said).collect::<Vec<_>>()
        );
        assert_eq!(given.iter().map(|it| audio(it).frames()).sum::<usize>(), count * 1_600);
    }
}

#[test]
fn equal_rates_hold_nothing_back() {
    let mut node = node("AudioTransform", json!({"output_sample_rate": 8_000, "output_channels": 2}));
    let mut out = Outputs::new();
    node.process(0, planar(vec![0.25, 0.5], 8_000, 1), &mut out).unwrap();
    let given: Vec<Packet> = out.drain().map(|(_, packet)| packet).collect();
    assert_eq!(given[0].body, planar(vec![0.25, 0.5, 0.25, 0.5], 8_000, 2).body);
}

#[test]
fn a_transform_mixes_down_before_it_filters_and_up_after() {
    let sound = planar([ramp(900), vec![0.5; 900], ramp(900)].concat(), 16_000, 3);
    for channels in [1_u16, 2, 3, 7] {
        let params = json!({"output_sample_rate": 48_000, "output_channels": channels});
        let given = run(&mut *node("AudioTransform", params), [sound.clone()]);
        assert_eq!((given.len(), audio(&given[0]).channels, audio(&given[0]).frames()), (1, channels, 2_700));
    }
}

#[test]
fn chunks_keep_type_and_channels_and_know_their_times() {
    let data: Vec<u8> = [1_i16, -1, 2, -2, 3, -3].iter().flat_map(|it| it.to_le_bytes()).collect();
    let stereo =
        Audio { format: SampleFormat::I16, rate: 1_000, channels: 2, layout: Layout::Interleaved, data: data.into() };
    let packets = [Packet { pts_ns: Some(5), ..Packet::new(Body::Audio(stereo.clone())) }];
    let given = run(&mut *node("AudioBuffer", json!({"buffer_size_samples": 2})), packets);
    let chunk = |samples: &[i16]| {
        let data: Vec<u8> = samples.iter().flat_map(|it| it.to_le_bytes()).collect();
        Body::Audio(Audio { layout: Layout::Planar, data: data.into(), ..stereo.clone() })
    };
    assert_eq!(given.iter().map(|it| it.body.clone()).collect::<Vec<_>>(), [chunk(&[1, 2, -1, -2]), chunk(&[3, -3])]);
    assert_eq!(times(&given), [(5, 2_000_000), (2_000_005, 1_000_000)]);
}

#[test]
fn conversion_keeps_the_layout_and_what_was_said() {
    let data: Vec<u8> = [16_384_i16, -32_768].iter().flat_map(|it| it.to_le_bytes()).collect();
    let stereo =
        Audio { format: SampleFormat::I16, rate: 8_000, channels: 2, layout: Layout::Interleaved, data: data.into() };
    let packet = Packet { pts_ns: Some(7), meta: Some("{}".into()), ..Packet::new(Body::Audio(stereo.clone())) };
    let given = run(&mut *node("FormatConverterNode", json!({"target_format": "i32"})), [packet.clone()]);
    let data: Vec<u8> = [1_i32 << 30, i32::MIN].iter().flat_map(|it| it.to_le_bytes()).collect();
    let wanted = Audio { format: SampleFormat::I32, data: data.into(), ..stereo };
    assert_eq!(given, [Packet { body: Body::Audio(wanted), ..packet.clone() }]);
    assert_eq!(run(&mut *node("FormatConverterNode", json!({"target_format": "i16"})), [packet.clone()]), [packet]);
}

#[test]
fn samples_alone_are_an_array() {
    let given = run(&mut *node("ExtractAudioDataNode", json!({})), [planar(vec![0.5; 6], 8_000, 2)]);
    assert_eq!(given[0].body, Body::Tensor(Tensor::from_vec(vec![0.5_f32; 6], &[6]).unwrap()));
    assert!(run(&mut *node("ExtractAudioDataNode", json!({})), [Packet::new(Body::Text("words".into()))]).is_empty());
}

#[test]
fn stretches_are_counted_beside_the_sound() {
    let packet =
        Packet { meta: Some("{\"who\":1}".into()), ..planar([vec![0.5; 480], vec![0.0; 500]].concat(), 16_000, 1) };
    let given = run(&mut *node("VADNode", json!({"energy_threshold": 0.4})), [packet.clone()]);
    assert_eq!(given[0].body, packet.body);
    let meta = "{\"who\":1,\"is_speech\":true,\"speech_frames\":1,\"total_frames\":2}";
    assert_eq!(given[0].meta.as_deref(), Some(meta));
}

#[test]
fn a_verdict_stands_beside_the_sound_as_the_table_of_values_says() {
    let given = run(&mut *node("VoiceActivityDetector", json!({})), [planar(vec![0.5; 481], 16_000, 1)]);
    let Body::Json(judged) = &given[0].body else { panic!("expected json, got {:?}", given[0].body) };
    let facts = "{\"is_speech\":true,\"speech_ratio\":1.0,\"avg_energy\":0.5,\"frame_duration_ms\":30}";
    let sound = "{\"$tuple\":[{\"$buf\":0,\"dtype\":\"f32\",\"shape\":[481]},16000]}";
    assert_eq!(&*judged.text, format!("{{\"$tuple\":[{sound},{facts}]}}"));
    Flat::from_packet(&given[0], 0).unwrap().into_packet().unwrap();
    assert_eq!((judged.data.len() % 8, &judged.data[..4]), (0, &0.5_f32.to_le_bytes()[..]));
}

#[test]
fn a_filter_passes_the_speech_of_each_session() {
    let piece = |who: &str, level: f32| Packet { session: Some(who.into()), ..planar(vec![level; 480], 16_000, 1) };
    let packets = [piece("a", 0.5), piece("b", 0.0), piece("a", 0.0), piece("b", 0.5)];
    let given = run(&mut *node("VoiceActivityDetector", json!({"filter_mode": true})), packets.clone());
    assert_eq!(given, [packets[0].clone(), packets[3].clone()]);
    let all = run(&mut *node("VoiceActivityDetector", json!({"include_metadata": false})), packets.clone());
    assert_eq!(all, packets);
}

#[test]
fn windows_know_their_times() {
    let first = Packet { pts_ns: Some(500), trace: Some("t".into()), ..planar(ramp(1_000), 44_100, 1) };
    let given =
        run(&mut *node("AudioWindowNode", json!({"size": 512, "hop": 300})), [first, planar(ramp(500), 44_100, 1)]);
    let start = |it: i64| 500 + it * 300 * 1_000_000_000 / 44_100;
    assert_eq!(given.iter().map(|it| it.pts_ns.unwrap()).collect::<Vec<_>>(), (0..5).map(start).collect::<Vec<_>>());
    assert!(times(&given).iter().all(|(_, duration)| (11_609_977..=11_609_978).contains(duration)));
    assert!(given.iter().all(|it| audio(it).frames() == 512));
    assert_eq!(given[0].trace.as_deref(), Some("t"));
}

#[test]
fn windows_one_after_another_are_the_sound() {
    for (pad, windows) in [(true, 3), (false, 2)] {
        let given = run(&mut *node("AudioWindowNode", json!({"pad": pad})), [planar(ramp(1_300), 16_000, 1)]);
        assert_eq!(given.len(), windows);
        let all = samples(&given);
        let common = all.len().min(1_300);
        assert_eq!(all[..common], ramp(1_300)[..common]);
    }
}

#[test]
fn a_million_windows_come_in_bounded_calls() {
    let mut node = node("AudioWindowNode", json!({"size": 4, "hop": 1}));
    let mut out = Outputs::new();
    assert_eq!(node.process(0, planar(ramp(100_000), 16_000, 1), &mut out).unwrap(), More::Yes);
    assert!(out.len() <= 64);
    let mut windows = out.drain().count();
    let mut more = More::Yes;
    while more == More::Yes {
        more = node.pull(16, &mut out).unwrap();
        assert!(out.len() <= 16);
        windows += out.drain().count();
    }
    assert_eq!(windows, 100_000 - 3);
}

#[test]
fn streams_and_sessions_do_not_meet() {
    let session = |name: &str| -> Option<Arc<str>> { Some(name.into()) };
    let piece = |stream, who: &str, value| Packet { stream, session: session(who), ..planar(vec![value; 3], 8_000, 1) };
    let packets = [piece(0, "a", 0.1), piece(1, "a", 0.2), piece(0, "b", 0.3), piece(0, "a", 0.1), piece(1, "a", 0.2)];
    let given = run(&mut *node("AudioWindowNode", json!({"size": 4})), packets);
    assert_eq!(given.len(), 5);
    for packet in &given {
        let own = match (packet.stream, packet.session.as_deref()) {
            (0, Some("a")) => 0.1,
            (1, Some("a")) => 0.2,
            _ => 0.3,
        };
        assert!(samples(std::slice::from_ref(packet)).iter().all(|it| *it == own || *it == 0.0));
    }
}

#[test]
fn malformed_sound_is_refused() {
    let odd = |channels, bytes: usize| {
        let (format, layout) = (SampleFormat::F32, Layout::Planar);
        Packet::new(Body::Audio(Audio { format, rate: 16_000, channels, layout, data: vec![0; bytes].into() }))
    };
    for packet in [odd(0, 8), odd(2, 12), odd(1, 3), odd(65, 260), Packet::new(Body::Text("words".into()))] {
        for node_type in [
            "AudioBuffer",
            "AudioMixNode",
            "AudioResampleNode",
            "AudioResampler",
            "AudioTransform",
            "AudioWindowNode",
            "FormatConverterNode",
            "VADNode",
            "VoiceActivityDetector",
        ] {
            let params = if node_type == "AudioBuffer" { json!({"buffer_size_samples": 4}) } else { json!({}) };
            let failure = node(node_type, params).process(0, packet.clone(), &mut Outputs::new()).unwrap_err();
            assert_eq!(failure.code, "RM606", "{node_type}: {failure}");
        }
    }
}

#[test]
fn parameters_are_read_strictly() {
    for (node_type, params) in [
        ("AudioMixNode", json!({"channels": 0})),
        ("AudioMixNode", json!({"channels": 1.0})),
        ("AudioMixNode", json!({"channels": null})),
        ("AudioResampleNode", json!({"target_sample_rate": 999})),
        ("AudioResampleNode", json!({"quality": "best"})),
        ("AudioResampleNode", json!({"runtime_hint": 1})),
        ("AudioWindowNode", json!({"size": "512"})),
        ("AudioWindowNode", json!({"hop": 0})),
        ("AudioWindowNode", json!({"pad": 1})),
        ("AudioBuffer", json!({})),
        ("AudioBuffer", json!({"buffer_size_samples": 0})),
        ("AudioTransform", json!({"output_channels": 65})),
        ("FormatConverterNode", json!({"target_format": "u8"})),
        ("VADNode", json!({"energy_threshold": 1.5})),
        ("VADNode", json!({"frame_duration_ms": 0})),
        ("VoiceActivityDetector", json!({"speech_threshold": "0.3"})),
        ("VoiceActivityDetector", json!({"filter_mode": null})),
        ("AudioSource", json!({"path": 1})),
        ("AudioSource", json!({"device": 1})),
        ("AudioSource", json!({"path": "relative.wav"})),
        ("AudioSource", json!({"path": {"$file": "../up.wav"}})),
    ] {
        let failure = refusal(node_type, params.clone());
        assert_eq!(failure.code, "RM211", "{node_type} {params}: {failure}");
    }
    assert_eq!(
        refusal("AudioMixNode", json!({"channels": 65})).message,
        "expected an integer from 1 to 64 for `channels`, got `65`"
    );
}

#[test]
fn an_unknown_node_is_refused() {
    assert_eq!(refusal("Nonsense", json!({})).code, "RM610");
}

#[test]
fn a_rust_node_is_the_node_it_names() {
    let sound = planar(vec![0.25, 0.75], 8_000, 2);
    let named = json!({"node": "AudioMixNode", "channels": 1, "name": "mono"});
    let given = run(&mut *node("RustNode", named), [sound.clone()]);
    assert_eq!(given, run(&mut *node("AudioMixNode", json!({})), [sound]));
    for (params, code) in [
        (json!({}), "RM211"),
        (json!({"node": "AudioMixNode", "channel": 1}), "RM211"),
        (json!({"node": "AudioMixNode", "channels": 0}), "RM211"),
        (json!({"node": "RustNode"}), "RM610"),
        (json!({"node": "Nonsense"}), "RM610"),
        (json!({"node": "OnnxNode"}), "RM610"),
    ] {
        assert_eq!(refusal("RustNode", params.clone()).code, code, "{params}");
    }
}

fn write_wav(path: &Path) -> Vec<f32> {
    let samples = ramp(3_000);
    let mut writer = WavWriter::new(std::fs::File::create(path).unwrap(), 8_000, 1, WavFormat::F32).unwrap();
    writer.write(Planar::new(samples.clone(), 1).planes()).unwrap();
    writer.finish().unwrap();
    samples
}

#[test]
fn a_source_reads_a_project_file_in_place_or_from_a_package() {
    let directory = tempfile::tempdir().unwrap();
    let wanted = write_wav(&directory.path().join("speech.wav"));
    for local in [true, false] {
        let spec = spec("AudioSource", json!({"path": {"$file": "speech.wav"}}), directory.path(), local);
        let mut node = instantiate(&spec).unwrap();
        assert!(node.is_source());
        let given = run(&mut *node, []);
        assert_eq!(samples(&given), wanted);
        assert_eq!(given[1].pts_ns, Some(given[0].duration_ns.unwrap()));
        let failure = node.process(0, planar(vec![0.0], 8_000, 1), &mut Outputs::new()).unwrap_err();
        assert_eq!(failure.code, "RM606");
    }
}

#[test]
fn a_source_without_a_path_passes_the_runs_sound() {
    let mut node = node("AudioSource", json!({"path": null}));
    assert!(!node.is_source());
    let packet = planar(ramp(5), 8_000, 1);
    assert_eq!(run(&mut *node, [packet.clone()]), [packet]);
    let text = Packet::new(Body::Text("words".into()));
    assert_eq!(node.process(0, text, &mut Outputs::new()).unwrap_err().code, "RM606");
}

#[test]
fn a_source_with_a_microphone_says_that_there_is_none() {
    let mut silent = node("AudioSource", json!({"device": "default"}));
    assert_eq!(silent.flush(&mut Outputs::new()).unwrap_err().code, "RM612");
    let packet = planar(ramp(5), 8_000, 1);
    assert_eq!(run(&mut *node("AudioSource", json!({"device": "default"})), [packet.clone()]), [packet]);
}

#[test]
fn a_file_that_is_no_sound_is_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("notes.txt"), "words").unwrap();
    let failure = |path| {
        let spec = spec("AudioSource", json!({"path": {"$file": path}}), directory.path(), true);
        instantiate(&spec).err().unwrap()
    };
    for path in ["notes.txt", "missing.wav"] {
        let failure = failure(path);
        assert_eq!(failure.code, "RM612");
        assert!(failure.message.starts_with(&format!("`{path}`: expected ")), "{failure}");
    }
}

#[test]
fn a_packaged_node_reads_outside_its_package_only_what_it_was_granted() {
    let directory = tempfile::tempdir().unwrap();
    let (granted, other) = (directory.path().join("granted"), directory.path().join("other"));
    for it in [&granted, &other] {
        std::fs::create_dir(it).unwrap();
        write_wav(&it.join("speech.wav"));
    }
    std::os::unix::fs::symlink(other.join("speech.wav"), granted.join("link.wav")).unwrap();
    let open = |path: &Path| {
        let mut spec = spec("AudioSource", json!({"path": path}), Path::new("/nowhere"), false);
        spec.grants = vec![format!("read={}", granted.display()), "net=localhost:1".into()];
        instantiate(&spec).err().map(|it| it.code)
    };
    assert_eq!(open(&granted.join("speech.wav")), None);
    assert_eq!(open(&granted.join("missing.wav")), Some("RM612"));
    for path in [
        other.join("speech.wav"),
        other.join("missing.wav"),
        granted.join("link.wav"),
        granted.join("../other/speech.wav"),
        directory.path().join("granted-not/speech.wav"),
    ] {
        assert_eq!(open(&path), Some("RM507"), "{}", path.display());
    }
    let failure = refusal("AudioSource", json!({"path": other.join("speech.wav")}));
    assert_eq!(failure.hint.unwrap(), format!("if you agree, run it with `--allow read={}`", other.display()));
}

#[test]
fn sound_of_a_pipe_comes_as_packets() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("speech.wav");
    let wanted = write_wav(&path);
    let packets: Result<Vec<_>, _> = sound("stdin", std::fs::File::open(&path).unwrap()).unwrap().collect();
    assert_eq!(samples(&packets.unwrap()), wanted);
    let failure = sound("stdin", &b"words"[..]).err().unwrap();
    assert!(failure.message.starts_with("`stdin`: expected wav, flac, mp3 or ogg vorbis"), "{failure}");
}

#[test]
fn times_that_go_back_or_never_end_stay_times() {
    for (node_type, params) in [
        ("AudioBuffer", json!({"buffer_size_samples": 333})),
        ("AudioResampleNode", json!({"target_sample_rate": 8000})),
        ("AudioTransform", json!({"output_sample_rate": 22_050, "output_channels": 2})),
        ("AudioWindowNode", json!({"size": 400, "hop": 160})),
        ("BufferNode", json!({"buffer_size": 10})),
    ] {
        let at = |pts_ns| Packet { pts_ns: Some(pts_ns), duration_ns: Some(i64::MAX), ..planar(ramp(1000), 16_000, 1) };
        let given = run(&mut *node(node_type, params), [at(5), at(i64::MAX), at(i64::MAX - 1)]);
        assert!(!given.is_empty() && given.iter().all(|it| it.pts_ns >= Some(0)), "{node_type}");
    }
}
