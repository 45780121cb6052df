//! Reads a sender to its end: on a thread that may wait for the disk, in blocks.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::runtime::Handle;

use super::error::IntakeError;
use super::intake::{Intake, Outcome, blocking};
use super::part::Receiving;

/// Read at once.
const BLOCK: usize = 256 * 1024;

impl Intake {
    /// Reads a sender to its end into a new part, and ends it. After a failure of the sender only files that say
    /// themselves that they are whole stay; others are kept as cut off.
    ///
    /// # Errors
    /// As [`Intake::begin`] and [`Intake::finish`].
    pub async fn receive<R>(&self, part: Receiving, sender: R) -> Result<(Outcome, Option<io::Error>), IntakeError>
    where
        R: AsyncRead + Unpin + Send + 'static,
    {
        let (part, failed) = self.pour(part, sender).await?;
        Ok((self.finish(part).await?, failed))
    }

    /// Reads a sender to its end into a part; answers also the sender's failure.
    ///
    /// # Errors
    /// As [`Receiving::write`].
    pub async fn pour<R>(
        &self,
        mut part: Receiving,
        mut sender: R,
    ) -> Result<(Receiving, Option<io::Error>), IntakeError>
    where
        R: AsyncRead + Unpin + Send + 'static,
    {
        let runtime = Handle::current();
        blocking(move || {
            let mut block = vec![0; BLOCK];
            loop {
                match runtime.block_on(sender.read(&mut block)) {
                    Ok(0) => return Ok((part, None)),
                    Ok(read) => part.write(&block[..read])?,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        // TLS without its last word is an end like any other: cameras leave it out.
                        if error.kind() != io::ErrorKind::UnexpectedEof {
                            part.breaks_off();
                        }
                        return Ok((part, Some(error)));
                    }
                }
            }
        })
        .await
    }
}
