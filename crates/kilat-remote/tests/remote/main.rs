//! Destinations beyond disks against real servers, and against one that lies.

mod gdrive;
mod lies;
mod s3;
mod scene;
mod sftp;
mod webdav;
