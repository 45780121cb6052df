//! Hot-plug as the system tells it: a made-up `/sys`, and the events that udev would send.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kilat_camera::usb::{UsbChange, UsbRole, changes};
use kilat_core::Stop;
use rustix::net::netlink::{KOBJECT_UEVENT, SocketAddrNetlink};
use rustix::net::{AddressFamily, SendFlags, SocketType, sendto, socket};
use tokio::sync::mpsc::Receiver;

use crate::alone::{is_alone, mount_tmpfs};

/// Longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// What is asked of hot-plug.
const SOON: Duration = Duration::from_millis(100);

/// A bus that is made up.
struct Bus;

impl Bus {
    fn new() -> Self {
        mount_tmpfs(Path::new("/sys"));
        fs::create_dir_all("/sys/bus/usb/devices").expect("a bus");
        Self
    }

    fn folder(port: u8) -> PathBuf {
        PathBuf::from(format!("/sys/devices/made-up/1-{port}"))
    }

    /// A camera at this port; its interface comes with [`Bus::set_up`].
    fn plug_unready(&self, port: u8, device: u8, serial: &str) {
        let folder = Self::folder(port);
        fs::create_dir_all(&folder).expect("a device");
        let text = |name: &str, value: &str| fs::write(folder.join(name), format!("{value}\n")).expect("an attribute");
        for (name, value) in [
            ("busnum", "1"),
            ("devnum", device.to_string().as_str()),
            ("devpath", port.to_string().as_str()),
            ("idVendor", "04b0"),
            ("idProduct", "0450"),
            ("bcdDevice", "0100"),
            ("version", " 2.00"),
            ("bDeviceClass", "00"),
            ("bDeviceSubClass", "00"),
            ("bDeviceProtocol", "00"),
            ("speed", "480"),
            ("manufacturer", "NIKON"),
            ("product", "NIKON DSC Z 9"),
            ("serial", serial),
        ] {
            text(name, value);
        }
        symlink(format!("../../../devices/made-up/1-{port}"), format!("/sys/bus/usb/devices/1-{port}"))
            .expect("a link");
    }

    fn set_up(&self, port: u8, class: &str, subclass: &str) {
        let interface = Self::folder(port).join(format!("1-{port}:1.0"));
        fs::create_dir(&interface).expect("an interface");
        for (name, value) in [
            ("bInterfaceNumber", "00"),
            ("bInterfaceClass", class),
            ("bInterfaceSubClass", subclass),
            ("bInterfaceProtocol", "01"),
        ] {
            fs::write(interface.join(name), value).expect("an attribute");
        }
    }

    fn plug(&self, port: u8, device: u8, serial: &str) {
        self.plug_unready(port, device, serial);
        self.set_up(port, "06", "01");
    }

    fn unplug(&self, port: u8) {
        fs::remove_file(format!("/sys/bus/usb/devices/1-{port}")).expect("a link");
        fs::remove_dir_all(Self::folder(port)).expect("a device");
    }

    /// What udev tells everybody who listens.
    fn tell(&self, action: &str, port: u8, device: u8) {
        let properties = format!(
            "ACTION={action}\0SUBSYSTEM=usb\0DEVTYPE=usb_device\0BUSNUM=001\0DEVNUM={device:03}\0\
             DEVPATH=/devices/made-up/1-{port}\0"
        );
        let mut frame = b"libudev\0\xfe\xed\xca\xfe".to_vec();
        for number in [40, 40, properties.len() as u32, 0, 0, 0, 0] {
            frame.extend(number.to_ne_bytes());
        }
        frame.extend(properties.bytes());
        let netlink = socket(AddressFamily::NETLINK, SocketType::RAW, Some(KOBJECT_UEVENT)).expect("a socket");
        sendto(&netlink, &frame, SendFlags::empty(), &SocketAddrNetlink::new(0, 2)).expect("somebody listens");
    }
}

async fn next(changes: &mut Receiver<UsbChange>) -> UsbChange {
    tokio::time::timeout(PATIENCE, changes.recv()).await.expect("a change").expect("the bus is followed")
}

fn word(change: &UsbChange) -> String {
    match change {
        UsbChange::Plugged(device) => format!("+{} {} {}", device.id, device.place(), device.gphoto2_port()),
        UsbChange::Unplugged(device) => format!("-{}", device.id),
        UsbChange::NoUsb(_) => "no USB".to_owned(),
    }
}

/// With 20 of each, the worst and the one in the middle.
fn judge(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let (middle, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{what}: p50 {middle:.1?}, worst {worst:.1?} of {}", times.len());
    assert!(middle <= SOON, "{what} is told after {middle:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_is_told_of_within_a_tenth_of_a_second_of_plug_and_unplug() {
    if !is_alone("usb::a_camera_is_told_of_within_a_tenth_of_a_second_of_plug_and_unplug") {
        return;
    }
    let bus = Bus::new();
    bus.plug(1, 1, "301");
    let stop = Stop::new();
    let (mut hear, task) = changes(stop.clone());
    let task = tokio::spawn(task);
    assert_eq!(word(&next(&mut hear).await), "+nikon-dsc-z-9-301 USB 1-1 usb:001,001", "it was there before");
    let (mut plugs, mut unplugs) = (Vec::new(), Vec::new());
    for device in 2..22 {
        bus.plug(2, device, "302");
        let at = Instant::now();
        bus.tell("add", 2, device);
        assert_eq!(word(&next(&mut hear).await), format!("+nikon-dsc-z-9-302 USB 1-2 usb:001,{device:03}"));
        plugs.push(at.elapsed());
        bus.unplug(2);
        let at = Instant::now();
        bus.tell("remove", 2, device);
        assert_eq!(word(&next(&mut hear).await), "-nikon-dsc-z-9-302");
        unplugs.push(at.elapsed());
    }
    judge("plug to change", &mut plugs);
    judge("unplug to change", &mut unplugs);
    stop.ask();
    task.await.expect("it ends");
    assert_eq!(hear.recv().await, None, "nothing was told twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_event_tells_of_is_found_and_what_is_not_set_up_is_looked_at_again() {
    if !is_alone("usb::what_no_event_tells_of_is_found_and_what_is_not_set_up_is_looked_at_again") {
        return;
    }
    let bus = Bus::new();
    let stop = Stop::new();
    let (mut hear, task) = changes(stop.clone());
    let task = tokio::spawn(task);
    // As in a container: nobody sends events.
    bus.plug(1, 1, "301");
    assert_eq!(word(&next(&mut hear).await), "+nikon-dsc-z-9-301 USB 1-1 usb:001,001");
    // The kernel tells of a device before its interfaces are there.
    bus.plug_unready(2, 2, "302");
    bus.tell("add", 2, 2);
    bus.set_up(2, "06", "01");
    assert_eq!(word(&next(&mut hear).await), "+nikon-dsc-z-9-302 USB 1-2 usb:001,002");
    // One that comes and goes at once, and a mouse, are nothing. A reader is a disk.
    bus.plug(3, 3, "303");
    bus.tell("add", 3, 3);
    bus.unplug(3);
    bus.tell("remove", 3, 3);
    bus.plug_unready(4, 4, "304");
    bus.set_up(4, "03", "01");
    bus.tell("add", 4, 4);
    bus.plug_unready(5, 5, "305");
    bus.set_up(5, "08", "06");
    bus.tell("add", 5, 5);
    bus.tell("add", 5, 5);
    let UsbChange::Plugged(reader) = next(&mut hear).await else { panic!("not a reader") };
    assert_eq!((reader.serial.as_deref(), reader.role), (Some("305"), UsbRole::Storage));
    // The bus itself goes, as when its driver is unloaded: everything on it went, said once.
    fs::rename("/sys/bus", "/sys/gone").expect("it goes");
    let gone = [next(&mut hear).await, next(&mut hear).await, next(&mut hear).await, next(&mut hear).await];
    let gone: Vec<String> = gone.iter().map(word).collect();
    assert_eq!(gone, ["-nikon-dsc-z-9-301", "-nikon-dsc-z-9-302", "-nikon-dsc-z-9-305", "no USB"]);
    fs::rename("/sys/gone", "/sys/bus").expect("it comes back");
    assert_eq!(word(&next(&mut hear).await), "+nikon-dsc-z-9-301 USB 1-1 usb:001,001", "no USB was said once");
    stop.ask();
    task.await.expect("it ends");
}
