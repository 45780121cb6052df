//! The functions of libgphoto2 that are called, and the records that they fill, as its headers of 2.5 say.

#![expect(unsafe_code, reason = "functions of a C library that is loaded when it is there")]

use std::ffi::{c_char, c_int, c_void};

use libloading::Library;

/// Names of version 6 of its interface, which it has had since 2012.
const NAMES: [&str; 3] = ["libgphoto2.so.6", "libgphoto2.6.dylib", "/opt/homebrew/lib/libgphoto2.6.dylib"];

/// What the library hands out and only itself looks into.
pub(super) type Opaque = *mut c_void;

/// `CameraAbilities`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Abilities {
    model: [c_char; 128],
    status: c_int,
    port: c_int,
    speed: [c_int; 64],
    operations: [c_int; 3],
    usb: [c_int; 5],
    library: [c_char; 1024],
    id: [c_char; 1024],
    device_type: c_int,
    reserved: [c_int; 7],
}

/// `CameraFilePath`.
#[repr(C)]
pub(super) struct FilePath {
    pub(super) name: [c_char; 128],
    pub(super) folder: [c_char; 1024],
}

/// `CameraFileInfo`, flattened: of a preview, of the file, of a sound.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct FileInfo {
    preview: Part,
    pub(super) file: Part,
    permissions: c_int,
    pub(super) mtime: libc::time_t,
    audio: Sound,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) fields: c_int,
    status: c_int,
    pub(super) size: u64,
    kind: [c_char; 64],
    width: u32,
    height: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Sound {
    fields: c_int,
    status: c_int,
    size: u64,
    kind: [c_char; 64],
}

/// `CameraStorageInformation`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct StorageInfo {
    pub(super) fields: c_int,
    basedir: [c_char; 256],
    label: [c_char; 256],
    description: [c_char; 256],
    kinds: [c_int; 3],
    pub(super) capacity_kib: u64,
    pub(super) free_kib: u64,
    pub(super) free_images: u64,
}

// What the headers' records measure on 64-bit systems; a mistake above ends the build.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Abilities>() == 2_504);
    assert!(size_of::<FilePath>() == 1_152);
    assert!(size_of::<FileInfo>() == 272);
    assert!(size_of::<StorageInfo>() == 808);
};

/// Why the library cannot be used.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) String);

macro_rules! calls {
    ($($name:ident: fn($($arg:ty),*) $(-> $answer:ty)?;)*) => {
        /// The functions, found once.
        #[derive(Debug)]
        pub(crate) struct Calls {
            $(pub(super) $name: unsafe extern "C" fn($($arg),*) $(-> $answer)?,)*
            /// Keeps them where they are.
            _library: Library,
        }

        impl Calls {
            fn of(library: Library) -> Result<Self, libloading::Error> {
                Ok(Self {
                    $($name: {
                        // SAFETY: the type is that of the function in the headers of libgphoto2 2.5, whose interface
                        // the library's name stands for; the library is kept as long as the pointer.
                        unsafe { *library.get(concat!(stringify!($name), "\0").as_bytes())? }
                    },)*
                    _library: library,
                })
            }
        }
    };
}

calls! {
    gp_context_new: fn() -> Opaque;
    gp_camera_new: fn(*mut Opaque) -> c_int;
    gp_camera_unref: fn(Opaque) -> c_int;
    gp_camera_set_abilities: fn(Opaque, Abilities) -> c_int;
    gp_camera_set_port_info: fn(Opaque, Opaque) -> c_int;
    gp_camera_init: fn(Opaque, Opaque) -> c_int;
    gp_camera_exit: fn(Opaque, Opaque) -> c_int;
    gp_camera_wait_for_event: fn(Opaque, c_int, *mut c_int, *mut Opaque, Opaque) -> c_int;
    gp_camera_folder_list_files: fn(Opaque, *const c_char, Opaque, Opaque) -> c_int;
    gp_camera_folder_list_folders: fn(Opaque, *const c_char, Opaque, Opaque) -> c_int;
    gp_filesystem_append: fn(Opaque, *const c_char, *const c_char, Opaque) -> c_int;
    gp_filesystem_delete_file_noop: fn(Opaque, *const c_char, *const c_char, Opaque) -> c_int;
    gp_camera_file_get_info: fn(Opaque, *const c_char, *const c_char, *mut FileInfo, Opaque) -> c_int;
    gp_camera_file_get: fn(Opaque, *const c_char, *const c_char, c_int, Opaque, Opaque) -> c_int;
    gp_camera_get_storageinfo: fn(Opaque, *mut *mut StorageInfo, *mut c_int, Opaque) -> c_int;
    gp_camera_get_single_config: fn(Opaque, *const c_char, *mut Opaque, Opaque) -> c_int;
    gp_camera_set_single_config: fn(Opaque, *const c_char, Opaque, Opaque) -> c_int;
    gp_abilities_list_new: fn(*mut Opaque) -> c_int;
    gp_abilities_list_free: fn(Opaque) -> c_int;
    gp_abilities_list_load: fn(Opaque, Opaque) -> c_int;
    gp_abilities_list_lookup_model: fn(Opaque, *const c_char) -> c_int;
    gp_abilities_list_get_abilities: fn(Opaque, c_int, *mut Abilities) -> c_int;
    gp_port_info_list_new: fn(*mut Opaque) -> c_int;
    gp_port_info_list_free: fn(Opaque) -> c_int;
    gp_port_info_list_load: fn(Opaque) -> c_int;
    gp_port_info_list_lookup_path: fn(Opaque, *const c_char) -> c_int;
    gp_port_info_list_get_info: fn(Opaque, c_int, *mut Opaque) -> c_int;
    gp_list_new: fn(*mut Opaque) -> c_int;
    gp_list_free: fn(Opaque) -> c_int;
    gp_list_count: fn(Opaque) -> c_int;
    gp_list_get_name: fn(Opaque, c_int, *mut *const c_char) -> c_int;
    gp_file_new_from_fd: fn(*mut Opaque, c_int) -> c_int;
    gp_file_unref: fn(Opaque) -> c_int;
    gp_widget_unref: fn(Opaque) -> c_int;
    gp_widget_get_type: fn(Opaque, *mut c_int) -> c_int;
    gp_widget_get_value: fn(Opaque, *mut c_void) -> c_int;
    gp_widget_set_value: fn(Opaque, *const c_void) -> c_int;
    gp_widget_count_choices: fn(Opaque) -> c_int;
    gp_widget_get_choice: fn(Opaque, c_int, *mut *const c_char) -> c_int;
    gp_result_as_string: fn(c_int) -> *const c_char;
    gp_library_version: fn(c_int) -> *const *const c_char;
}

impl Calls {
    /// Finds the library.
    ///
    /// # Errors
    /// When it is not installed, or is not what it is called.
    pub(crate) fn load() -> Result<Self, Missing> {
        let mut why = String::new();
        for name in NAMES {
            // SAFETY: libgphoto2 and what it loads with it run no code when they are loaded that expects anything of us.
            match unsafe { Library::new(name) }.and_then(Self::of) {
                Ok(calls) => return Ok(calls),
                Err(error) if why.is_empty() => why = error.to_string(),
                Err(_) => {}
            }
        }
        Err(Missing(why))
    }
}
