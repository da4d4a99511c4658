//! Changed manifests: nothing panics, takes long or takes much memory, and what is accepted is accepted again.

use std::collections::BTreeMap;
use std::path::Path;

use remotemedia_fuzz::fuzz;
use remotemedia_manifest::{Graph, Manifest, is_data_path, is_project_path};

const TOKENS: &[&[u8]] = &[
    b"\"$file\"",
    b"\"$ref\"",
    b"\"$param\"",
    b"\"$py\"",
    b"\"$new\"",
    b"\"$live\"",
    b"\"requires\"",
    b"\"remote_ref\"",
    b"\"nodes\":[]",
    b"null",
    b"{}",
    b"[[",
    b"\\ud800",
    b"\"../x\"",
    b"\"v2\"",
];

fn corpus() -> Vec<Vec<u8>> {
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../testdata/manifests");
    let folders = ["valid", "invalid"].map(|it| std::fs::read_dir(root.join(it)).expect("a folder of manifests"));
    let files = folders.into_iter().flatten().map(|it| it.expect("an entry").path());
    files.map(|it| std::fs::read(it).expect("a manifest")).filter(|it| it.len() < 1 << 16).collect()
}

#[test]
fn changed_manifests() {
    let tried = fuzz("manifest", &corpus(), TOKENS, |input| {
        let Ok((manifest, _)) = Manifest::parse(input) else { return };
        assert!(manifest.files().iter().all(|it| is_project_path(&it.path)));
        assert!(manifest.data().into_iter().all(is_data_path));
        assert_eq!(Graph::of(&manifest).order.len(), manifest.nodes.len());
        // Of a parameter without a value there is nothing to say.
        let _ = manifest.resolve(&BTreeMap::new());
        let written = serde_json::to_vec(&manifest).expect("a manifest is JSON");
        let (again, _) = Manifest::parse(&written).expect("what was accepted");
        assert_eq!(manifest, again);
    });
    assert!(tried > 100);
}
