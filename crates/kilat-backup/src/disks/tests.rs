use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

/// A `/sys` of a test's own.
struct Tree {
    home: TempDir,
    system: System,
}

impl Tree {
    fn new() -> Self {
        let home = TempDir::new().expect("a folder");
        let sys = home.path().canonicalize().expect("real").join("sys");
        for folder in ["dev/block", "class/block", "fs/btrfs", "devices"] {
            fs::create_dir_all(sys.join(folder)).expect("made");
        }
        let system = System { sys, udev: home.path().join("udev") };
        Self { home, system }
    }

    /// A device at this place below `devices`, with files in its folder.
    fn device(&self, number: &str, at: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = self.system.sys.join("devices").join(at);
        fs::create_dir_all(&folder).expect("made");
        self.write(&folder, &[("dev", number)]);
        self.write(&folder, files);
        symlink(&folder, self.system.sys.join("dev/block").join(number)).expect("linked");
        symlink(&folder, self.system.sys.join("class/block").join(folder.file_name().expect("named"))).expect("linked");
        folder
    }

    fn write(&self, folder: &Path, files: &[(&str, &str)]) {
        for (name, content) in files {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(file, content).expect("written");
        }
    }

    fn made_of(&self, device: &Path, parts: &[&Path]) {
        fs::create_dir_all(device.join("slaves")).expect("made");
        for part in parts {
            symlink(part, device.join("slaves").join(part.file_name().expect("named"))).expect("linked");
        }
    }

    fn disks(&self, number: DeviceNumber, kind: &str, source: &str) -> Result<Vec<String>, String> {
        let mount = mount(number, kind, source);
        self.system.disks(&mount, &|_| None).map(|disks| disks.into_iter().collect())
    }
}

fn mount(number: DeviceNumber, kind: &str, source: &str) -> Mount {
    Mount { point: "/media/x".into(), number, file_system: kind.to_owned(), source: source.into() }
}

/// Two disks: one with two partitions, one whole.
fn two_disks() -> (Tree, [PathBuf; 3]) {
    let tree = Tree::new();
    tree.device("8:0", "pci0/ata1/block/sda", &[("device/wwid", "naa.5000c500a1b2c3d4\n")]);
    let a1 = tree.device("8:1", "pci0/ata1/block/sda/sda1", &[("partition", "1")]);
    let a2 = tree.device("8:2", "pci0/ata1/block/sda/sda2", &[("partition", "2")]);
    let b = tree.device("8:16", "pci0/ata2/block/sdb", &[("device/wwid", "t10.ATA  WDC WD40  X1\n")]);
    (tree, [a1, a2, b])
}

const A: &str = "naa.5000c500a1b2c3d4";
const B: &str = "t10.ATA_WDC_WD40_X1";

#[test]
fn two_partitions_of_one_disk_are_one_disk() {
    let (tree, _) = two_disks();
    assert_eq!(tree.disks((8, 1), "ext4", "/dev/sda1"), Ok(vec![A.to_owned()]));
    assert_eq!(tree.disks((8, 2), "exfat", "/dev/sda2"), Ok(vec![A.to_owned()]));
    assert_eq!(tree.disks((8, 16), "xfs", "/dev/sdb"), Ok(vec![B.to_owned()]));
}

#[test]
fn volumes_crypts_and_arrays_are_looked_through_down_to_their_disks() {
    let (tree, [a1, a2, b]) = two_disks();
    let crypt = tree.device("253:0", "virtual/block/dm-0", &[("dm/name", "crypt")]);
    tree.made_of(&crypt, &[&a1]);
    let volume = tree.device("253:1", "virtual/block/dm-1", &[("dm/name", "studio-photos")]);
    tree.made_of(&volume, &[&crypt]);
    assert_eq!(tree.disks((253, 1), "ext4", "/dev/mapper/studio-photos"), Ok(vec![A.to_owned()]));
    let array = tree.device("9:0", "virtual/block/md0", &[("md/level", "raid1")]);
    tree.made_of(&array, &[&a2, &b]);
    assert_eq!(tree.disks((9, 0), "ext4", "/dev/md0"), Ok(vec![A.to_owned(), B.to_owned()]));
    let ring = tree.device("253:2", "virtual/block/dm-2", &[]);
    tree.made_of(&ring, &[&ring]);
    assert!(tree.disks((253, 2), "ext4", "/dev/mapper/ring").is_err(), "it ends");
    tree.device("253:3", "virtual/block/dm-3", &[("dm/name", "nothing below")]);
    assert!(tree.disks((253, 3), "ext4", "/dev/dm-3").is_err(), "it is no disk itself");
}

#[test]
fn a_btrfs_is_on_all_its_disks_whichever_was_mounted() {
    let (tree, [a1, _, b]) = two_disks();
    let devices = tree.system.sys.join("fs/btrfs/0a1b/devices");
    fs::create_dir_all(&devices).expect("made");
    symlink(&a1, devices.join("sda1")).expect("linked");
    symlink(&b, devices.join("sdb")).expect("linked");
    // Subvolumes are mounted without a device number of their own.
    assert_eq!(tree.disks((0, 41), "btrfs", "/dev/sda1"), Ok(vec![A.to_owned(), B.to_owned()]));
    assert_eq!(tree.disks((0, 42), "btrfs", "/dev/sdb"), Ok(vec![A.to_owned(), B.to_owned()]));
}

#[test]
fn an_image_in_a_file_is_on_the_disk_that_the_file_is_on() {
    let (tree, _) = two_disks();
    tree.device("7:0", "virtual/block/loop0", &[("loop/backing_file", "/srv/photos.img\n")]);
    let image = mount((7, 0), "ext4", "/dev/loop0");
    let holds = |file: &Path| (file == Path::new("/srv/photos.img")).then(|| mount((8, 2), "ext4", "/dev/sda2"));
    assert_eq!(tree.system.disks(&image, &holds), Ok(BTreeSet::from([A.to_owned()])));
    // An image on itself ends, too.
    assert!(tree.system.disks(&image, &|_| Some(image.clone())).is_err());
}

#[test]
fn what_no_device_is_behind_is_not_told() {
    let (tree, _) = two_disks();
    assert_eq!(tree.disks((0, 50), "zfs", "tank/photos"), Err("zfs tank/photos".to_owned()));
    assert_eq!(tree.disks((0, 51), "overlay", "overlay"), Err("overlay overlay".to_owned()));
    assert_eq!(tree.disks((8, 99), "ext4", "/dev/sdz"), Err("ext4 /dev/sdz".to_owned()));
    assert_eq!(tree.disks((0, 52), "btrfs", "/dev/sda1"), Err("btrfs /dev/sda1".to_owned()), "of no known btrfs");
}

#[test]
fn a_disk_without_a_serial_number_is_known_by_its_enclosure_or_udev_or_its_port() {
    let tree = Tree::new();
    let usb = tree.system.sys.join("devices/pci0/usb1/1-4");
    tree.write(&usb, &[("idVendor", "0bc2"), ("serial", "NA8ABCDE\n")]);
    tree.device("8:32", "pci0/usb1/1-4/1-4:1.0/host6/block/sdc", &[]);
    assert_eq!(tree.disks((8, 32), "exfat", "/dev/sdc"), Ok(vec!["NA8ABCDE".to_owned()]));
    tree.device("254:0", "pci0/virtio1/block/vda", &[]);
    let port = vec!["pci0/virtio1/block/vda".to_owned()];
    assert_eq!(tree.disks((254, 0), "ext4", "/dev/vda"), Ok(port));
    tree.write(tree.home.path(), &[("udev/b254:0", "S:disk/by-id/x\nE:ID_SERIAL=\nE:ID_PART_TABLE_UUID=6f2a\n")]);
    assert_eq!(tree.disks((254, 0), "ext4", "/dev/vda"), Ok(vec!["6f2a".to_owned()]));
}

#[test]
fn this_machines_own_disks_are_told_or_it_is_said_why_not() {
    let home = TempDir::new().expect("a folder");
    let mounted = |path: &Path| kilat_objects::mounted_at(path).ok().flatten();
    let mount = mounted(home.path()).expect("listed");
    let told = System::default().disks(&mount, &mounted);
    let again = System::default().disks(&mounted(&home.path().join("below")).expect("listed"), &mounted);
    assert_eq!(told, again, "two folders of one disk are on one disk");
    match told {
        Ok(disks) => assert!(!disks.is_empty(), "{mount:?}"),
        Err(why) => assert!(why.contains(&mount.file_system) || why.contains("made of"), "{why}"),
    }
}
