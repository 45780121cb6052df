//! What a device on USB is, by its own descriptors: a camera, or something that shows itself as a disk.

use kilat_core::{Camera, CameraId};

use crate::names::{camera_id, clean};

/// The class of still image devices, and the subclass of those that speak PTP (USB Still Image Capture 1.0).
const STILL_IMAGE: (u8, u8) = (6, 1);
/// The class of disks: card readers, and cameras that show their card as one.
const MASS_STORAGE: u8 = 8;

/// What a device on USB can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsbRole {
    /// Photos, by PTP.
    Camera,
    /// Blocks: a card reader, a stick, or a camera in mass storage mode. What is on it is known once it is mounted.
    Storage,
}

/// A camera or a card reader on USB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbDevice {
    /// The same for the same body at every port, where it tells its serial number; else the same at the same port.
    pub id: CameraId,
    /// What it is.
    pub role: UsbRole,
    /// Who made it, as it says itself.
    pub maker: Option<String>,
    /// What it is called, as it says itself; else its numbers.
    pub model: String,
    /// Its serial number, where it tells one that tells it apart.
    pub serial: Option<String>,
    /// Bus and chain of ports, `1-2.3`: the same socket of the machine has the same name.
    pub port: String,
    /// Bus and address: another each time that it is plugged in.
    pub address: (u8, u8),
}

/// What is read of a device, before anything of it is believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Descriptors {
    pub(crate) address: (u8, u8),
    pub(crate) ports: Vec<u8>,
    pub(crate) numbers: (u16, u16),
    pub(crate) maker: Option<String>,
    pub(crate) product: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) class: u8,
    /// Class and subclass of each interface.
    pub(crate) interfaces: Vec<(u8, u8)>,
}

impl From<&nusb::DeviceInfo> for Descriptors {
    fn from(info: &nusb::DeviceInfo) -> Self {
        Self {
            address: (info.busnum(), info.device_address()),
            ports: info.port_chain().to_vec(),
            numbers: (info.vendor_id(), info.product_id()),
            maker: info.manufacturer_string().map(str::to_owned),
            product: info.product_string().map(str::to_owned),
            serial: info.serial_number().map(str::to_owned),
            class: info.class(),
            interfaces: info.interfaces().map(|it| (it.class(), it.subclass())).collect(),
        }
    }
}

impl Descriptors {
    /// Whether its interfaces are not known yet: the system tells of a device before it has set it up.
    pub(crate) fn is_unready(&self) -> bool {
        self.class == 0 && self.interfaces.is_empty()
    }

    /// None for what is neither a camera nor a disk.
    pub(crate) fn device(&self) -> Option<UsbDevice> {
        let role = if self.interfaces.contains(&STILL_IMAGE) {
            UsbRole::Camera
        } else if self.interfaces.iter().any(|(class, _)| *class == MASS_STORAGE) {
            UsbRole::Storage
        } else {
            return None;
        };
        let named = |text: &Option<String>| text.as_deref().and_then(clean);
        let (vendor, product) = self.numbers;
        let model = named(&self.product).unwrap_or_else(|| format!("USB {vendor:04x}:{product:04x}"));
        let serial = named(&self.serial).as_deref().and_then(telling_serial);
        let port = self.port();
        let id = match &serial {
            Some(serial) => camera_id(&[&model, serial], "camera"),
            None => camera_id(&[&model, "at", &port], "camera"),
        };
        Some(UsbDevice { id, role, maker: named(&self.maker), model, serial, port, address: self.address })
    }

    fn port(&self) -> String {
        let ports: Vec<String> = self.ports.iter().map(u8::to_string).collect();
        format!("{}-{}", self.address.0, if ports.is_empty() { "0".to_owned() } else { ports.join(".") })
    }
}

/// A serial number without leading zeros; none for those that a whole series has, such as `000000000000`.
fn telling_serial(serial: &str) -> Option<String> {
    let first = serial.chars().next()?;
    let is_one_sign = serial.chars().all(|c| c == first);
    let is_counted = serial == "123456789012" || "0123456789abcdef".starts_with(&serial.to_ascii_lowercase());
    let bare = serial.trim_start_matches('0');
    (!is_one_sign && !is_counted && bare.len() > 1).then(|| bare.to_owned())
}

impl UsbDevice {
    /// As people know it: its maker only where the model does not begin with it.
    #[must_use]
    pub fn name(&self) -> String {
        let maker = self.maker.as_deref().and_then(|maker| maker.split(' ').next()).unwrap_or("");
        let has_maker = maker.is_empty() || self.model.to_lowercase().contains(&maker.to_lowercase());
        if has_maker { self.model.clone() } else { format!("{maker} {}", self.model) }
    }

    /// Where it is plugged in, for people.
    #[must_use]
    pub fn place(&self) -> String {
        format!("USB {}", self.port)
    }

    /// What libgphoto2 calls its port.
    #[must_use]
    pub fn gphoto2_port(&self) -> String {
        let (bus, device) = self.address;
        format!("usb:{bus:03},{device:03}")
    }

    /// Its body as its files would name it.
    #[must_use]
    pub fn body(&self) -> Camera {
        let make = self.maker.clone().unwrap_or_default();
        Camera { make, model: self.model.clone(), serial: self.serial.clone() }
    }

    /// The same device, told apart from another with its id by where it is plugged in.
    pub(crate) fn by_port(mut self) -> Self {
        self.id = camera_id(&[self.id.as_str(), "at", &self.port], "camera");
        self
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A Nikon at a port of bus 1.
    pub(crate) fn nikon(device: u8, port: u8, serial: Option<&str>) -> Descriptors {
        Descriptors {
            address: (1, device),
            ports: vec![2, port],
            numbers: (0x04b0, 0x0450),
            maker: Some("NIKON".to_owned()),
            product: Some("NIKON DSC Z 9".to_owned()),
            serial: serial.map(str::to_owned),
            class: 0,
            interfaces: vec![STILL_IMAGE],
        }
    }

    #[test]
    fn a_camera_has_its_name_its_port_and_what_gphoto2_calls_it() {
        let camera = nikon(7, 3, Some("000003012345")).device().expect("a camera");
        assert_eq!(camera.id.as_str(), "nikon-dsc-z-9-3012345");
        assert_eq!((camera.role, camera.name().as_str()), (UsbRole::Camera, "NIKON DSC Z 9"));
        assert_eq!((camera.place().as_str(), camera.gphoto2_port().as_str()), ("USB 1-2.3", "usb:001,007"));
        let unnamed =
            Descriptors { product: Some("EOS R5".into()), maker: Some("Canon Inc.".into()), ..nikon(7, 3, None) };
        assert_eq!(unnamed.device().expect("a camera").name(), "Canon EOS R5");
    }

    #[test]
    fn the_same_body_is_the_same_at_every_port_and_two_without_a_number_are_two() {
        let id = |device, port, serial| nikon(device, port, serial).device().expect("a camera").id;
        assert_eq!(id(7, 3, Some("3012345")), id(9, 4, Some("3012345")));
        assert_ne!(id(7, 3, None), id(8, 4, None));
        assert_eq!(id(7, 3, None), id(8, 3, None), "plugged in again at the same port");
        for worthless in ["000000000000", "1", "0123456789ABCDEF", "\u{202e}"] {
            assert_ne!(id(7, 3, Some(worthless)), id(8, 4, Some(worthless)), "{worthless}");
        }
    }

    #[test]
    fn a_disk_is_storage_a_camera_with_both_is_a_camera_and_a_mouse_is_nothing() {
        let role = |interfaces: &[(u8, u8)]| {
            Descriptors { interfaces: interfaces.to_vec(), ..nikon(7, 3, None) }.device().map(|device| device.role)
        };
        assert_eq!(role(&[(8, 6)]), Some(UsbRole::Storage));
        assert_eq!(role(&[(8, 6), (6, 1)]), Some(UsbRole::Camera));
        assert_eq!(role(&[(3, 1)]), None);
        assert_eq!(role(&[]), None);
    }

    #[test]
    fn what_a_device_says_of_itself_is_bounded_and_cannot_steer_a_screen() {
        let hostile = Descriptors {
            product: Some("\u{202e}<b>\u{1b}]0;x\u{7}".repeat(5_000)),
            serial: Some("../../etc/passwd\n".repeat(5_000)),
            ..nikon(7, 3, None)
        };
        let camera = hostile.device().expect("a camera");
        assert!(camera.model.chars().count() <= 48 && !camera.model.contains(['\u{1b}', '\u{202e}', '\u{7}']));
        assert!(camera.id.as_str().len() <= 64 && camera.serial.is_some_and(|serial| serial.len() <= 48));
    }
}
