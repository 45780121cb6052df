//! One camera, as far as the helper needs it. Every call may wait as long as the camera likes: whoever watches this
//! process ends it.

#![expect(unsafe_code, reason = "calls into a C library; everything that is passed is owned or borrowed here")]

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs::File;
use std::os::fd::IntoRawFd;
use std::ptr;
use std::time::{Duration, Instant};

use super::calls::{Abilities, Calls, FileInfo, FilePath, Opaque, StorageInfo};

/// The driver for what is not on USB.
const NETWORK_MODEL: &CStr = c"PTP/IP Camera";
/// Entries of one folder that are read: ten times a folder's four digits.
const MAX_ENTRIES: c_int = 100_000;

const SIZE: c_int = 1 << 2;
const MTIME: c_int = 1 << 7;
const CAPACITY: c_int = 1 << 6;
const FREE: c_int = 1 << 7;
const IMAGES: c_int = 1 << 8;
const FILE_ADDED: c_int = 2;
const PREVIEW: c_int = 0;
const NORMAL: c_int = 1;

/// What the library answered, below zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: i32,
    pub(crate) text: String,
    /// Since the library last answered: how long the call that failed took, at most.
    pub(crate) after: Duration,
}

impl Fault {
    fn ours(text: &str) -> Self {
        Self { code: -2, text: text.to_owned(), after: Duration::ZERO }
    }
}

/// What happened at the camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happened {
    Nothing,
    Added { folder: String, name: String },
    Other,
}

/// Length and time of a file, where the camera tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Info {
    pub(crate) size_bytes: u64,
    pub(crate) written_s: Option<i64>,
}

/// A card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Storage {
    pub(crate) capacity_bytes: Option<u64>,
    pub(crate) free_bytes: Option<u64>,
    pub(crate) shots_left: Option<u64>,
}

/// A value of the camera's own settings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Setting {
    Text(String),
    Number(f32),
    /// Seconds since 1970 of its clock, read in this process's time zone.
    Time(i64),
}

/// An open camera.
#[derive(Debug)]
pub(crate) struct Camera<'a> {
    calls: &'a Calls,
    context: Opaque,
    camera: Opaque,
    answered: Cell<Instant>,
}

impl<'a> Camera<'a> {
    /// Opens a session with what is at that port.
    pub(crate) fn open(calls: &'a Calls, port: &str) -> Result<Self, Fault> {
        // SAFETY: takes nothing; answers null when there is no memory.
        let context = unsafe { (calls.gp_context_new)() };
        let mut camera = ptr::null_mut();
        // SAFETY: the pointer is ours and is filled with a camera, which `Drop` gives back.
        check(calls, unsafe { (calls.gp_camera_new)(&raw mut camera) }, Duration::ZERO)?;
        let this = Self { calls, context, camera, answered: Cell::new(Instant::now()) };
        this.choose_port(port)?;
        if port.starts_with("ptpip:") {
            this.choose_model()?;
        }
        this.init()?;
        Ok(this)
    }

    /// Ends the session and begins a new one: the library forgets what it knew of the card.
    pub(crate) fn reopen(&self) -> Result<(), Fault> {
        // SAFETY: the camera is open.
        self.check(unsafe { (self.calls.gp_camera_exit)(self.camera, self.context) })?;
        self.init()
    }

    fn init(&self) -> Result<(), Fault> {
        // SAFETY: camera and context are alive.
        self.check(unsafe { (self.calls.gp_camera_init)(self.camera, self.context) })
    }

    fn choose_port(&self, port: &str) -> Result<(), Fault> {
        let calls = self.calls;
        let port = text(port)?;
        let list = self.list(calls.gp_port_info_list_new, calls.gp_port_info_list_free)?;
        // SAFETY: the list is alive; the text ends with its mark.
        unsafe {
            self.check((calls.gp_port_info_list_load)(list.raw))?;
            let index = (calls.gp_port_info_list_lookup_path)(list.raw, port.as_ptr());
            self.check(index)?;
            let mut info = ptr::null_mut();
            self.check((calls.gp_port_info_list_get_info)(list.raw, index, &raw mut info))?;
            // Copied by the camera; the entry belongs to the list.
            self.check((calls.gp_camera_set_port_info)(self.camera, info))
        }
    }

    fn choose_model(&self) -> Result<(), Fault> {
        let calls = self.calls;
        let list = self.list(calls.gp_abilities_list_new, calls.gp_abilities_list_free)?;
        // SAFETY: the list is alive; abilities are plain old data, filled by the library before they are read.
        unsafe {
            self.check((calls.gp_abilities_list_load)(list.raw, self.context))?;
            let index = (calls.gp_abilities_list_lookup_model)(list.raw, NETWORK_MODEL.as_ptr());
            self.check(index)?;
            let mut abilities: Abilities = std::mem::zeroed();
            self.check((calls.gp_abilities_list_get_abilities)(list.raw, index, &raw mut abilities))?;
            self.check((calls.gp_camera_set_abilities)(self.camera, abilities))
        }
    }

    /// What happened, after at most that long; some cameras answer sooner.
    pub(crate) fn wait(&self, ms: i32) -> Result<Happened, Fault> {
        let (mut kind, mut data) = (0, ptr::null_mut::<c_void>());
        // SAFETY: both places are ours.
        let code = unsafe {
            (self.calls.gp_camera_wait_for_event)(self.camera, ms, &raw mut kind, &raw mut data, self.context)
        };
        let happened = match kind {
            FILE_ADDED if code >= 0 && !data.is_null() => {
                // SAFETY: of this kind of event the data is a path, whose texts end with their marks.
                let path = unsafe { &*data.cast::<FilePath>() };
                Happened::Added { folder: owned(path.folder.as_ptr()), name: owned(path.name.as_ptr()) }
            }
            // The time was up.
            1 => Happened::Nothing,
            _ => Happened::Other,
        };
        // SAFETY: the library hands its data over, made by `malloc`, or hands over null.
        unsafe { libc::free(data) };
        self.check(code).map(|()| happened)
    }

    /// Names of a folder's files.
    pub(crate) fn files(&self, folder: &str) -> Result<Vec<String>, Fault> {
        self.names(self.calls.gp_camera_folder_list_files, folder)
    }

    /// Names of a folder's folders.
    pub(crate) fn folders(&self, folder: &str) -> Result<Vec<String>, Fault> {
        self.names(self.calls.gp_camera_folder_list_folders, folder)
    }

    fn names(
        &self,
        call: unsafe extern "C" fn(Opaque, *const c_char, Opaque, Opaque) -> c_int,
        folder: &str,
    ) -> Result<Vec<String>, Fault> {
        let folder = text(folder)?;
        let list = self.list(self.calls.gp_list_new, self.calls.gp_list_free)?;
        // SAFETY: camera, list and text are alive.
        self.check(unsafe { call(self.camera, folder.as_ptr(), list.raw, self.context) })?;
        // SAFETY: as above.
        let count = unsafe { (self.calls.gp_list_count)(list.raw) };
        self.check(count)?;
        let mut names = Vec::new();
        for index in 0..count.min(MAX_ENTRIES) {
            let mut name = ptr::null();
            // SAFETY: as above; the name belongs to the list and is copied while that lives.
            self.check(unsafe { (self.calls.gp_list_get_name)(list.raw, index, &raw mut name) })?;
            names.push(owned(name));
        }
        Ok(names)
    }

    /// Lets the library ask the camera about this file: of one that it was told of as shot it would say that it was
    /// written now, by this machine's clock. Nothing on the card is touched.
    pub(crate) fn ask_anew(&self, folder: &str, name: &str) -> Result<(), Fault> {
        let (folder, name) = (text(folder)?, text(name)?);
        // SAFETY: `struct _Camera` of the headers is its port, then what is remembered of its files; it lives as long as
        // the camera.
        let files = unsafe { *self.camera.cast::<Opaque>().add(1) };
        if files.is_null() {
            return Ok(());
        }
        // SAFETY: texts and context are alive. What is not remembered is not forgotten, and is no fault.
        unsafe {
            (self.calls.gp_filesystem_delete_file_noop)(files, folder.as_ptr(), name.as_ptr(), self.context);
            self.check((self.calls.gp_filesystem_append)(files, folder.as_ptr(), name.as_ptr(), self.context))
        }
    }

    /// Length and time of a file.
    pub(crate) fn info(&self, folder: &str, name: &str) -> Result<Info, Fault> {
        let (folder, name) = (text(folder)?, text(name)?);
        // SAFETY: plain old data; zero in `fields` means that nothing is known.
        let mut info: FileInfo = unsafe { std::mem::zeroed() };
        // SAFETY: camera and texts are alive, the record is ours.
        self.check(unsafe {
            let (folder, name) = (folder.as_ptr(), name.as_ptr());
            (self.calls.gp_camera_file_get_info)(self.camera, folder, name, &raw mut info, self.context)
        })?;
        let has = |field: c_int| info.file.fields & field != 0;
        Ok(Info {
            size_bytes: if has(SIZE) { info.file.size } else { 0 },
            written_s: has(MTIME).then_some(info.mtime).filter(|at| *at > 0),
        })
    }

    /// Writes a file, or its thumbnail, into an open one.
    pub(crate) fn download(&self, folder: &str, name: &str, is_thumbnail: bool, into: File) -> Result<(), Fault> {
        let (folder, name) = (text(folder)?, text(name)?);
        let mut file = ptr::null_mut();
        // SAFETY: the descriptor is handed over, and closed when the file is given back.
        self.check(unsafe { (self.calls.gp_file_new_from_fd)(&raw mut file, into.into_raw_fd()) })?;
        let file = Owned { raw: file, free: self.calls.gp_file_unref };
        let kind = if is_thumbnail { PREVIEW } else { NORMAL };
        // SAFETY: camera, texts and file are alive.
        self.check(unsafe {
            let (folder, name) = (folder.as_ptr(), name.as_ptr());
            (self.calls.gp_camera_file_get)(self.camera, folder, name, kind, file.raw, self.context)
        })
    }

    /// Its cards. Asks the camera itself, unlike its folders, which the library remembers.
    pub(crate) fn storages(&self) -> Result<Vec<Storage>, Fault> {
        let (mut infos, mut count) = (ptr::null_mut::<StorageInfo>(), 0);
        // SAFETY: both places are ours.
        self.check(unsafe {
            (self.calls.gp_camera_get_storageinfo)(self.camera, &raw mut infos, &raw mut count, self.context)
        })?;
        let count = if infos.is_null() { 0 } else { usize::try_from(count).unwrap_or(0) };
        let mut storages = Vec::new();
        for index in 0..count {
            // SAFETY: the library answered so many records.
            let info = unsafe { &*infos.add(index) };
            let known = |field: c_int, value: u64| (info.fields & field != 0).then_some(value);
            storages.push(Storage {
                capacity_bytes: known(CAPACITY, info.capacity_kib.saturating_mul(1_024)),
                free_bytes: known(FREE, info.free_kib.saturating_mul(1_024)),
                shots_left: known(IMAGES, info.free_images),
            });
        }
        // SAFETY: handed over, made by `malloc`.
        unsafe { libc::free(infos.cast()) };
        Ok(storages)
    }

    /// A setting's value; `None` where the camera has no such setting.
    pub(crate) fn setting(&self, key: &CStr) -> Option<Setting> {
        let widget = self.widget(key)?;
        let mut kind = 0;
        // SAFETY: the widget is alive; each kind has the value that is read of it.
        unsafe {
            self.check((self.calls.gp_widget_get_type)(widget.raw, &raw mut kind)).ok()?;
            let get = |value: *mut c_void| self.check((self.calls.gp_widget_get_value)(widget.raw, value)).ok();
            match kind {
                2 | 5 | 6 => {
                    let mut value = ptr::null::<c_char>();
                    get((&raw mut value).cast())?;
                    (!value.is_null()).then(|| Setting::Text(owned(value)))
                }
                3 => {
                    let mut value = 0_f32;
                    get((&raw mut value).cast())?;
                    Some(Setting::Number(value))
                }
                8 => {
                    let mut value: c_int = 0;
                    get((&raw mut value).cast())?;
                    Some(Setting::Time(i64::from(value)))
                }
                _ => None,
            }
        }
    }

    /// Chooses the first of a setting's values that contains a word; whether there was one.
    pub(crate) fn choose(&self, key: &CStr, word: &str) -> Result<bool, Fault> {
        let Some(widget) = self.widget(key) else { return Ok(false) };
        // SAFETY: widget and key are alive; a choice belongs to the widget.
        unsafe {
            for index in 0..(self.calls.gp_widget_count_choices)(widget.raw).max(0) {
                let mut choice = ptr::null();
                self.check((self.calls.gp_widget_get_choice)(widget.raw, index, &raw mut choice))?;
                if owned(choice).to_lowercase().contains(word) {
                    self.check((self.calls.gp_widget_set_value)(widget.raw, choice.cast()))?;
                    let set = self.calls.gp_camera_set_single_config;
                    self.check(set(self.camera, key.as_ptr(), widget.raw, self.context))?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn widget(&self, key: &CStr) -> Option<Owned> {
        let mut widget = ptr::null_mut();
        // SAFETY: camera and key are alive, the place is ours.
        let get = unsafe {
            (self.calls.gp_camera_get_single_config)(self.camera, key.as_ptr(), &raw mut widget, self.context)
        };
        (get >= 0 && !widget.is_null()).then_some(Owned { raw: widget, free: self.calls.gp_widget_unref })
    }

    fn list(
        &self,
        new: unsafe extern "C" fn(*mut Opaque) -> c_int,
        free: unsafe extern "C" fn(Opaque) -> c_int,
    ) -> Result<Owned, Fault> {
        let mut raw = ptr::null_mut();
        // SAFETY: the place is ours and is filled with a list, which is given back by `free`.
        self.check(unsafe { new(&raw mut raw) })?;
        Ok(Owned { raw, free })
    }

    fn check(&self, code: c_int) -> Result<(), Fault> {
        let after = self.answered.replace(Instant::now()).elapsed();
        check(self.calls, code, after)
    }
}

impl Drop for Camera<'_> {
    fn drop(&mut self) {
        // SAFETY: the camera is alive; the last reference ends its session. What it answers changes nothing.
        unsafe { (self.calls.gp_camera_unref)(self.camera) };
    }
}

impl Calls {
    /// Its version, as `2.5.30`.
    pub(crate) fn version(&self) -> String {
        // SAFETY: answers a list of texts of its own, which ends with null.
        unsafe {
            let lines = (self.gp_library_version)(0);
            if lines.is_null() || (*lines).is_null() { String::new() } else { owned(*lines) }
        }
    }
}

/// Something of the library's that is given back.
struct Owned {
    raw: Opaque,
    free: unsafe extern "C" fn(Opaque) -> c_int,
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: made by the library, given back once.
        unsafe { (self.free)(self.raw) };
    }
}

fn check(calls: &Calls, code: c_int, after: Duration) -> Result<(), Fault> {
    if code >= 0 {
        return Ok(());
    }
    // SAFETY: answers a text of its own for every number.
    Err(Fault { code, text: owned(unsafe { (calls.gp_result_as_string)(code) }), after })
}

fn text(text: &str) -> Result<CString, Fault> {
    CString::new(text).map_err(|_why| Fault::ours("a name with a zero in it"))
}

/// A copy of a text that ends with its mark; bytes that are no UTF-8 are replaced.
fn owned(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: every text of the library ends with its mark.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
