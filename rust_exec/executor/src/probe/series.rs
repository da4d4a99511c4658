//! Numbers over time, such as the probability of speech, and stretches of time that a node found.

use serde_json::{Map, Value, json};

/// Most points that are kept of one series; then each two become one.
const MAX_POINTS: usize = 2_000;
/// Most stretches that are kept of one node.
const MAX_SEGMENTS: usize = 2_000;
/// Most characters of a stretch's label.
const MAX_LABEL: usize = 80;
/// How deep in lists and tuples a value is looked for.
const MAX_DEPTH: u8 = 3;

/// Fields that are numbers over time.
const NUMBERS: [&str; 5] = ["probability", "is_speech", "speech_ratio", "confidence", "score"];
/// Fields that say what a stretch is.
const LABELS: [&str; 4] = ["label", "text", "word", "speaker"];

/// One number over time, thinned out by its mean.
#[derive(Debug, Default)]
pub(super) struct Series {
    points: Vec<(f64, f64)>,
    /// How many numbers become one point, as a power of two.
    halvings: u32,
    /// The point under way: its time, the sum, and how many.
    open: Option<(f64, f64, u64)>,
}

impl Series {
    pub(super) fn add(&mut self, seconds: f64, value: f64) {
        if !value.is_finite() {
            return;
        }
        let (time, sum, count) = self.open.take().unwrap_or((seconds, 0.0, 0));
        let (sum, count) = (sum + value, count + 1);
        if count < 1 << self.halvings {
            self.open = Some((time, sum, count));
            return;
        }
        self.points.push((time, mean(sum, count)));
        if self.points.len() == MAX_POINTS {
            self.points =
                self.points.chunks(2).map(|it| (it[0].0, f64::midpoint(it[0].1, it[it.len() - 1].1))).collect();
            self.halvings += 1;
        }
    }

    /// Pairs of time in seconds and value.
    pub(super) fn told(&self) -> Value {
        let open = self.open.map(|(time, sum, count)| (time, mean(sum, count)));
        let rounded = |(time, value): (f64, f64)| json!([round(time), round(value)]);
        self.points.iter().copied().chain(open).map(rounded).collect()
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts that far are not reached")]
fn mean(sum: f64, count: u64) -> f64 {
    sum / count as f64
}

fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Stretches of time, in seconds.
#[derive(Debug, Default)]
pub(super) struct Segments {
    found: Vec<Value>,
    /// How many more there were.
    dropped: u64,
}

impl Segments {
    fn add(&mut self, start: f64, end: f64, object: &Map<String, Value>) {
        if self.found.len() == MAX_SEGMENTS {
            self.dropped += 1;
            return;
        }
        let label = LABELS.iter().find_map(|name| object.get(*name)?.as_str());
        let mut segment = json!({"start": round(start), "end": round(end)});
        if let Some(label) = label {
            segment["label"] = label.chars().take(MAX_LABEL).collect::<String>().into();
        }
        self.found.push(segment);
    }

    pub(super) fn told(&self) -> (&[Value], u64) {
        (&self.found, self.dropped)
    }
}

/// What an object says: stretches of time go to `segments`, numbers of known names to `number`.
pub(super) fn look(value: &Value, segments: &mut Segments, number: &mut dyn FnMut(&str, f64)) {
    look_at(value, MAX_DEPTH, segments, number);
}

fn look_at(value: &Value, depth: u8, segments: &mut Segments, number: &mut dyn FnMut(&str, f64)) {
    match value {
        Value::Array(items) if depth > 0 => items.iter().for_each(|it| look_at(it, depth - 1, segments, number)),
        Value::Object(object) => {
            let stretch = object.get("start").and_then(Value::as_f64).zip(object.get("end").and_then(Value::as_f64));
            if let Some(tuple) = object.get("$tuple") {
                look_at(tuple, depth, segments, number);
            } else if let Some((start, end)) = stretch {
                segments.add(start, end, object);
            } else {
                for name in NUMBERS {
                    if let Some(value) = object.get(name).and_then(as_number) {
                        number(name, value);
                    }
                }
            }
        }
        _ => {}
    }
}

fn as_number(value: &Value) -> Option<f64> {
    value.as_bool().map(|it| if it { 1.0 } else { 0.0 }).or_else(|| value.as_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_points_become_fewer_and_keep_their_mean() {
        let mut series = Series::default();
        (0..5_000_u32).for_each(|it| series.add(f64::from(it), f64::from(it % 2)));
        let told = series.told();
        let points = told.as_array().map_or(&[][..], Vec::as_slice);
        assert!((1_000..MAX_POINTS).contains(&points.len()), "{}", points.len());
        assert_eq!(points[1], json!([4.0, 0.5]));
        series.add(1.0, f64::NAN);
        assert_eq!(series.told(), told);
    }

    #[test]
    fn objects_are_stretches_or_numbers_also_in_tuples_and_lists() {
        let (mut segments, mut numbers) = (Segments::default(), Vec::new());
        let values = json!([
            {"start": 0.5, "end": 1, "text": "é".repeat(100)},
            {"$tuple": [[0, 1], {"is_speech": true, "other": 3}]},
            {"start": 1, "end": "never", "probability": 0.25},
            [[[{"probability": 7}]]],
        ]);
        look(&values, &mut segments, &mut |name, value| numbers.push((name.to_owned(), value)));
        assert_eq!(numbers, [("is_speech".to_owned(), 1.0), ("probability".to_owned(), 0.25)]);
        assert_eq!(segments.told().0, [json!({"start": 0.5, "end": 1.0, "label": "é".repeat(80)})]);
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let mut segments = Segments::default();
        (0..2_005).for_each(|it| look(&json!({"start": it, "end": it + 1}), &mut segments, &mut |_, _| ()));
        assert_eq!((segments.told().0.len(), segments.told().1), (MAX_SEGMENTS, 5));
    }
}
