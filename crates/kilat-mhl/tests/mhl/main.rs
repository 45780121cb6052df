//! Manifests as they stand on disks: written through the port, read from a bare folder, damaged in every way.

mod damage;
mod hostile;
mod public_tool;
mod restore;
mod scene;
mod sealing;
mod verify;
