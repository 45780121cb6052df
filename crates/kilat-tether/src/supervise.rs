//! Watches over one camera's helper: starts it, reads why it ended, starts it anew with growing pauses, and says in words
//! how the camera stands. What is said is said once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Backoff, CameraId, CameraState, Stop};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio::sync::Notify;

use crate::desk::{Desk, News};
use crate::helper::HelperProgram;
use crate::lines::{Doing, LeftLine};
use crate::session::{End, Proof, Session};
use crate::words::sentence;

/// Sessions in a row that ended badly before the camera is called wedged.
const STRIKES: u32 = 3;

/// A camera to pull from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tethered {
    /// Which.
    pub id: CameraId,
    /// As people call it.
    pub name: String,
    /// Where libgphoto2 finds it: `usb:001,004`, or what [`crate::port_of`] answers.
    pub port: String,
}

/// How tethering works.
#[derive(Debug, Clone)]
pub struct TetherConfig {
    /// What helpers are.
    pub program: HelperProgram,
    /// Where libgphoto2 keeps by what cameras know this computer again: a folder for each camera.
    pub home: PathBuf,
    /// How long helpers may be silent.
    pub patience: Patience,
    /// Pause between two looks whether an idle camera is still there.
    pub probe: Duration,
    /// Pause between two listings of a card: what no event told is found then.
    pub list: Duration,
    /// Pauses after a session that broke.
    pub again: Backoff,
    /// Pauses while the camera is gone, sleeps, or is held.
    pub look: Backoff,
}

impl TetherConfig {
    /// With the usual times.
    #[must_use]
    pub fn new(program: HelperProgram, home: PathBuf) -> Self {
        Self {
            program,
            home,
            patience: Patience::default(),
            probe: Duration::from_secs(3),
            list: Duration::from_secs(600),
            again: Backoff { first: Duration::from_millis(500), most: Duration::from_secs(15) },
            look: Backoff { first: Duration::from_secs(1), most: Duration::from_secs(10) },
        }
    }
}

/// How long a helper may be silent, by what it does.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// A session begins: the driver is found, the camera wakes.
    pub open: Duration,
    /// The card is listed: thousands of questions over a slow network.
    pub list: Duration,
    /// A download of which nothing comes; the library passes on a megabyte at a time.
    pub get: Duration,
    /// Nothing is asked of it; a sign of life comes each second.
    pub wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            open: Duration::from_secs(40),
            list: Duration::from_secs(180),
            get: Duration::from_secs(45),
            wait: Duration::from_secs(20),
        }
    }
}

impl Patience {
    pub(crate) fn of(&self, doing: Doing) -> Duration {
        match doing {
            Doing::Open => self.open,
            Doing::List => self.list,
            Doing::Get => self.get,
            Doing::Wait => self.wait,
        }
    }
}

/// How one camera's pulling is led.
#[derive(Debug, Clone)]
pub struct Reins {
    /// Ends it.
    pub stop: Stop,
    /// Begins its session anew, with a fresh list of its card.
    pub again: Arc<Notify>,
}

impl Reins {
    /// Until `stop` is asked.
    #[must_use]
    pub fn of(stop: Stop) -> Self {
        Self { stop, again: Arc::default() }
    }
}

/// Pulls from one camera until it is told to stop.
pub async fn supervise<D: Desk>(camera: Tethered, desk: Arc<D>, config: TetherConfig, reins: Reins) {
    let stop = &reins.stop;
    let mut rng = SmallRng::from_os_rng();
    let mut state = CameraState::Unseen;
    let (mut strikes, mut looks) = (0, 0);
    while !stop.is_asked() {
        let trusts = strikes < STRIKES;
        let mut session = Session {
            camera: &camera,
            desk: &desk,
            config: &config,
            trusts,
            // Once: before the last session that it has until it is called wedged.
            resets: strikes == STRIKES - 1,
            state: &mut state,
            proof: Proof::default(),
        };
        let end = session.run(&reins).await;
        if session.proof.works {
            (strikes, looks) = (0, 0);
        }
        let next = judge(&camera, &end);
        let pause = match &next {
            Next::Stop => return,
            Next::Again => continue,
            Next::Stands(..) => {
                strikes = 0;
                looks += 1;
                config.look.delay(looks, &mut rng)
            }
            Next::Strike(_) => {
                strikes += 1;
                config.again.delay(strikes, &mut rng)
            }
        };
        let (stands, detail) = match next {
            Next::Stop => return,
            Next::Again => continue,
            Next::Stands(stands, detail) => (Some(stands), detail),
            Next::Strike(detail) => ((strikes >= STRIKES).then_some(CameraState::Wedged), detail),
        };
        if let Some(stands) = stands.filter(|stands| *stands != state) {
            let message = sentence(&camera.name, &stands, &detail);
            desk.told(News::State(stands.clone(), message)).await;
            state = stands;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.asked() => return,
        }
    }
}

/// What follows from a session's end.
#[derive(Debug)]
enum Next {
    Stop,
    /// Somebody asked for it.
    Again,
    /// The camera stands so.
    Stands(CameraState, String),
    /// It may do with a new session; some in a row do not.
    Strike(String),
}

fn judge(camera: &Tethered, end: &End) -> Next {
    let (next, why) = match end {
        End::Stopped => return Next::Stop,
        End::Again => return Next::Again,
        End::Left(LeftLine::Gone, why) => (Next::Stands(CameraState::Gone, why.clone()), why.clone()),
        End::Left(LeftLine::Asleep, why) => (Next::Stands(CameraState::Asleep, why.clone()), why.clone()),
        End::Left(LeftLine::Unsupported, why) => (Next::Stands(CameraState::Unsupported, why.clone()), why.clone()),
        End::Left(LeftLine::Held { by }, why) => {
            let by = by.clone().unwrap_or_else(|| "another program".to_owned());
            (Next::Stands(CameraState::Held { by }, why.clone()), why.clone())
        }
        End::Left(LeftLine::Stalled, why) => (Next::Strike(why.clone()), format!("the camera was silent: {why}")),
        End::Left(LeftLine::Broken, why) => (Next::Strike(why.clone()), why.clone()),
        End::Died(how) => (Next::Strike(how.clone()), format!("the helper died: {how}")),
        End::Silent(doing) => {
            let why = format!("the helper was silent while it should {doing:?}, and was killed");
            (Next::Strike(why.clone()), why)
        }
    };
    tracing::info!(camera = %camera.id, why, "a session with a camera ended");
    next
}
