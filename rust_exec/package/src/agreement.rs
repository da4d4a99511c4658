//! Whether documents of a package say one thing, for whoever has them before the package is here.

use remotemedia_manifest::Manifest;

use crate::config::Config;
use crate::error::PackageError;
use crate::oci;

/// Check what an artifact's manifest says of the package's files.
///
/// # Errors
///
/// `RM301` if it is another artifact's, `RM304` for a path that is unsafe or stands twice, `RM303` for an array that is
/// not named by its digest.
pub fn check_layers(artifact: &[u8]) -> Result<(), PackageError> {
    oci::contents(artifact).map(drop)
}

/// Check that a configuration says what follows from the manifest of its pipeline.
///
/// # Errors
///
/// `RM301` if it is no configuration, `RM303` if it says something else, and the codes of [`Manifest::parse`].
pub fn check_configuration(config: &[u8], manifest: &[u8]) -> Result<(), PackageError> {
    let (manifest, _) = Manifest::parse(manifest)?;
    Config::parse(config)?.check(&manifest)
}
