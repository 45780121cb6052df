//! What `kilat doctor` says of USB: which cameras are there, and who has one that Kilat cannot pull from.

use std::path::Path;

use kilat_camera::usb::{Bus, Holder, UsbDevice, UsbRole, look, who_holds};
use kilat_core::count_text;

/// What was found, and what to do where that is something.
pub(super) fn cameras() -> (String, Option<String>) {
    describe(&look(), |device| who_holds(Path::new("/proc"), Path::new("/sys"), device.address))
}

fn describe(bus: &Bus, holder: impl Fn(&UsbDevice) -> Option<Holder>) -> (String, Option<String>) {
    let devices = match bus {
        Bus::Devices(devices) => devices,
        Bus::None(why) => return (format!("no USB here ({why}); cameras can be on the network"), None),
    };
    let of = |role| devices.iter().filter(move |device| device.role == role);
    let mut found = count_text(of(UsbRole::Camera).count() as u64, "camera");
    let readers = of(UsbRole::Storage).count() as u64;
    if readers > 0 {
        found.push_str(&format!(", {}", count_text(readers, "card reader or disk").replace("disks", "disk")));
    }
    let mut remedies = Vec::new();
    for camera in of(UsbRole::Camera) {
        match holder(camera) {
            Some(holder) if holder.program == "kilat" => {
                found.push_str(&format!("; Kilat pulls from {}", camera.name()));
            }
            Some(holder) => {
                found.push_str(&format!("; {} is held by {}", camera.name(), holder.who()));
                remedies.push(holder.remedy);
            }
            None => found.push_str(&format!("; {} ({}) is free", camera.name(), camera.place())),
        }
    }
    let remedy = (!remedies.is_empty()).then(|| format!("to free it: {}", remedies.join("; ")));
    (found, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(role: UsbRole, model: &str, address: u8) -> UsbDevice {
        UsbDevice {
            id: format!("camera-{address}").parse().expect("an id"),
            role,
            maker: None,
            model: model.to_owned(),
            serial: None,
            port: format!("1-{address}"),
            address: (1, address),
        }
    }

    #[test]
    fn the_doctor_names_who_has_a_camera_and_the_command_that_frees_it() {
        let holder = |program: &str, pid| {
            Some(Holder { program: program.to_owned(), pid: Some(pid), remedy: "gio mount -s gphoto2".to_owned() })
        };
        let bus = Bus::Devices(vec![
            device(UsbRole::Camera, "NIKON Z 9", 1),
            device(UsbRole::Camera, "EOS R5", 2),
            device(UsbRole::Camera, "X-T5", 3),
            device(UsbRole::Storage, "Reader", 4),
        ]);
        let described = describe(&bus, |camera| match camera.address.1 {
            1 => holder("gvfsd-gphoto2", 812),
            2 => holder("kilat", 900),
            _ => None,
        });
        let found = "3 cameras, 1 card reader or disk; NIKON Z 9 is held by gvfsd-gphoto2 (pid 812); \
                     Kilat pulls from EOS R5; X-T5 (USB 1-3) is free";
        assert_eq!(described, (found.to_owned(), Some("to free it: gio mount -s gphoto2".to_owned())));
        assert_eq!(describe(&Bus::Devices(Vec::new()), |_| None), ("0 cameras".to_owned(), None));
        let none = describe(&Bus::None("not found".to_owned()), |_| None);
        assert_eq!(none, ("no USB here (not found); cameras can be on the network".to_owned(), None));
    }
}
