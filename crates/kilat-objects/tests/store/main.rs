//! What every kind of storage must do, and what disks do when they fail.

mod disk;
