//! What every kind of storage must do, and what disks do when they fail.

mod contract;
mod disk;
mod scene;
