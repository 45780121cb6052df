//! Destinations beyond disks against real servers, and against one that lies.

mod s3;
mod scene;
mod webdav;
