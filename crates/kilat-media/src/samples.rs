//! Small camera files, made by hand for the tests: each has the structure of its format and
//! nothing more.

use std::sync::LazyLock;

use jpeg_encoder::{ColorType, Encoder};

use crate::tiff::Order;

/// A value of a directory entry.
pub(crate) enum Value {
    Short(u16),
    Long(u32),
    Text(&'static str),
    Bytes(Vec<u8>),
    Directory(Vec<(u16, Value)>),
    /// The offset of a block that is written behind all directories, as cameras do.
    Data(Vec<u8>),
    /// The offset of a block that is written behind its own directory.
    DataHere(Vec<u8>),
}

use Value::{Bytes, Data, DataHere, Directory, Long, Short, Text};

type Entries = Vec<(u16, Value)>;

/// Writes a TIFF whose main directories are `chain`.
pub(crate) fn tiff(order: Order, magic: u16, chain: Vec<Entries>) -> Vec<u8> {
    let mut writer = Writer { order, out: Vec::new(), blocks: Vec::new() };
    writer.out.extend(match order {
        Order::Little => *b"II",
        Order::Big => *b"MM",
    });
    writer.short(magic);
    let mut link = writer.out.len();
    writer.long(0);
    for entries in chain {
        let at = writer.out.len();
        writer.patch(link, at);
        link = writer.directory(entries);
    }
    for (link, block) in std::mem::take(&mut writer.blocks) {
        let at = writer.out.len();
        writer.patch(link, at);
        writer.out.extend(block);
    }
    writer.out
}

struct Writer {
    order: Order,
    out: Vec<u8>,
    blocks: Vec<(usize, Vec<u8>)>,
}

impl Writer {
    fn short(&mut self, number: u16) {
        self.out.extend(match self.order {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        });
    }

    fn long(&mut self, number: u32) {
        self.out.extend(match self.order {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        });
    }

    fn patch(&mut self, link: usize, at: usize) {
        let at = u32::try_from(at).unwrap();
        self.out[link..link + 4].copy_from_slice(&match self.order {
            Order::Little => at.to_le_bytes(),
            Order::Big => at.to_be_bytes(),
        });
    }

    /// Writes a directory at the end; answers where the link to the next one is.
    fn directory(&mut self, entries: Entries) -> usize {
        self.short(u16::try_from(entries.len()).unwrap());
        let mut later = Vec::new();
        for (tag, value) in entries {
            let (kind, count) = match &value {
                Short(_) => (3, 1),
                Long(_) | Directory(_) | Data(_) | DataHere(_) => (4, 1),
                Text(text) => (2, text.len() + 1),
                Bytes(bytes) => (7, bytes.len()),
            };
            self.short(tag);
            self.short(kind);
            self.long(u32::try_from(count).unwrap());
            let at = self.out.len();
            match value {
                Short(number) => self.short(number),
                Long(number) => self.long(number),
                Text(text) if text.len() < 4 => self.out.extend(text.as_bytes()),
                Bytes(bytes) if bytes.len() <= 4 => self.out.extend(bytes),
                Text(_) | Bytes(_) | Directory(_) | DataHere(_) => later.push((at, value)),
                Data(block) => self.blocks.push((at, block)),
            }
            self.out.resize(at + 4, 0);
        }
        let link = self.out.len();
        self.long(0);
        for (at, value) in later {
            let here = self.out.len();
            self.patch(at, here);
            match value {
                Text(text) => self.out.extend(text.bytes().chain([0])),
                Bytes(bytes) | DataHere(bytes) => self.out.extend(bytes),
                Directory(entries) => drop(self.directory(entries)),
                Short(_) | Long(_) | Data(_) => unreachable!("written in place"),
            }
        }
        link
    }
}

/// A picture whose left half is red and whose right half is blue, with some grain.
pub(crate) fn picture(width: u16, height: u16) -> Vec<u8> {
    plain_jpeg(width, height, |_| {})
}

fn plain_jpeg(width: u16, height: u16, more: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let grain = u8::try_from((u32::from(x) * 31 + u32::from(y) * 17) % 40).unwrap();
            rgb.extend(if x < width / 2 { [215 + grain, grain, grain] } else { [grain, grain, 215 + grain] });
        }
    }
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 90);
    more(&mut encoder);
    encoder.encode(&rgb, width, height, ColorType::Rgb).unwrap();
    jpeg
}

fn taken_fields() -> Entries {
    vec![
        (0x9003, Text("2024:05:06 07:08:09")),
        (0x9011, Text("+02:00")),
        (0x9291, Text("25")),
        (0xa431, Text("3001234")),
    ]
}

/// The EXIF block of a photo held upright on its left side, with a thumbnail.
pub(crate) fn exif_block() -> Vec<u8> {
    let thumbnail = picture(16, 8);
    let thumbnail_bytes = u32::try_from(thumbnail.len()).unwrap();
    tiff(
        Order::Big,
        42,
        vec![
            vec![
                (0x010f, Text("NIKON CORPORATION")),
                (0x0110, Text("NIKON Z 9")),
                (0x0112, Short(6)),
                (0x8769, Directory(taken_fields())),
            ],
            vec![(0x0201, Data(thumbnail)), (0x0202, Long(thumbnail_bytes))],
        ],
    )
}

/// A camera's JPEG.
pub(crate) fn jpeg(width: u16, height: u16) -> Vec<u8> {
    plain_jpeg(width, height, |encoder| encoder.add_app_segment(1, with_mark(b"Exif\0\0", &exif_block())).unwrap())
}

fn with_mark(mark: &[u8], block: &[u8]) -> Vec<u8> {
    [mark, block].concat()
}

/// A JPEG that says a larger thumbnail follows it, which does.
pub(crate) fn jpeg_with_preview(main: (u16, u16), preview: (u16, u16)) -> Vec<u8> {
    let preview = picture(preview.0, preview.1);
    let build = |at: u32, main_bytes: u32| {
        let number = |number: u32| number.to_be_bytes();
        let main_entry = [number(0x2003_0000), number(main_bytes), number(0), number(0)].concat();
        let preview_bytes = u32::try_from(preview.len()).unwrap();
        let preview_entry = [number(0x01_0002), number(preview_bytes), number(at), number(0)].concat();
        let list = tiff(Order::Big, 42, vec![vec![(0xb002, Bytes([main_entry, preview_entry].concat()))]]);
        plain_jpeg(main.0, main.1, |encoder| encoder.add_app_segment(2, with_mark(b"MPF\0", &list)).unwrap())
    };
    let draft = build(0, 0);
    let list_at = draft.windows(4).position(|window| window == b"MPF\0").unwrap() + 4;
    let main = build(u32::try_from(draft.len() - list_at).unwrap(), u32::try_from(draft.len()).unwrap());
    [main, preview].concat()
}

/// Sensor data: never zero for long.
pub(crate) fn sensor(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|index| u8::try_from(index * 7 % 251).unwrap() | 1).collect()
}

/// A RAW of Nikon's build: the main directory has a plain thumbnail, two more the preview and the data.
pub(crate) fn nef(preview: Vec<u8>) -> Vec<u8> {
    let preview_bytes = u32::try_from(preview.len()).unwrap();
    let own = tiff(Order::Little, 42, vec![vec![(0x0002, Text("0100")), (0x001d, Text("6001234"))]]);
    let note = [b"Nikon\0\x02\x11\0\0", own.as_slice()].concat();
    let taken = vec![(0x9003, Text("2024:05:06 07:08:09")), (0x927c, Bytes(note))];
    tiff(
        Order::Little,
        42,
        vec![
            vec![
                (0x0103, Short(1)),
                (0x010f, Text("NIKON CORPORATION")),
                (0x0110, Text("NIKON Z 6")),
                (0x0111, Data(vec![0; 96])),
                (0x0112, Short(8)),
                (0x0117, Long(96)),
                (0x014a, Directory(vec![(0x0201, Data(preview)), (0x0202, Long(preview_bytes))])),
                (0x8769, Directory(taken)),
            ],
            vec![
                (0x0100, Long(6048)),
                (0x0101, Long(4024)),
                (0x0103, Short(34713)),
                (0x0111, Data(sensor(2000))),
                (0x0117, Long(2000)),
            ],
        ],
    )
}

/// A RAW of Olympus' build, with a directory behind the data.
pub(crate) fn orf() -> Vec<u8> {
    let data = vec![(0x0100, Long(4608)), (0x0101, Long(3456)), (0x0111, DataHere(sensor(1500))), (0x0117, Long(1500))];
    tiff(Order::Little, 0x4f52, vec![data, vec![(0x0110, Text("a name of some length"))]])
}

/// A RAW of Panasonic's build.
pub(crate) fn rw2() -> Vec<u8> {
    let preview = jpeg(64, 48);
    tiff(
        Order::Little,
        0x55,
        vec![vec![
            (0x0004, Short(8)),
            (0x0005, Short(12)),
            (0x0006, Short(4008)),
            (0x0007, Short(6012)),
            (0x002e, Bytes(preview)),
            (0x010f, Text("Panasonic")),
            (0x0110, Text("DC-S5")),
            (0x0111, Long(0xffff_ffff)),
            (0x0117, Long(1500)),
            (0x0118, Data(sensor(1500))),
        ]],
    )
}

/// A RAW of Fuji's build.
pub(crate) fn raf() -> Vec<u8> {
    let (jpeg, data) = (jpeg(64, 48), sensor(2000));
    let directory = [0, 0, 0, 2, 0x01, 0x00, 0, 2, 9, 9, 0x01, 0x11, 0, 4, 0x10, 0x40, 0x18, 0x60].to_vec();
    let mut raf = b"FUJIFILMCCD-RAW 0201FF383501X-T4".to_vec();
    raf.resize(84, 0);
    let mut at = 108_u32;
    for block in [&jpeg, &directory, &data] {
        let len = u32::try_from(block.len()).unwrap();
        raf.extend([at.to_be_bytes(), len.to_be_bytes()].concat());
        at += len;
    }
    [raf, jpeg, directory, data].concat()
}

/// A box with its header.
pub(crate) fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len() + 8).unwrap().to_be_bytes(), name.as_slice(), body].concat()
}

fn track(width: u16, height: u16, chunk_at: u32) -> Vec<u8> {
    let mut header = vec![0; 76];
    header.extend([width.to_be_bytes(), [0; 2], height.to_be_bytes(), [0; 2]].concat());
    let chunks = boxed(b"stco", &[[0; 4], 1_u32.to_be_bytes(), chunk_at.to_be_bytes()].concat());
    let table = boxed(b"mdia", &boxed(b"minf", &boxed(b"stbl", &chunks)));
    boxed(b"trak", &[boxed(b"tkhd", &header), table].concat())
}

/// A film, its index behind its data as cameras write it, made at 2024-05-06 07:08:09.
pub(crate) fn mp4() -> Vec<u8> {
    let kind = boxed(b"ftyp", b"mp42\0\0\0\0mp42isom");
    let data = boxed(b"mdat", &sensor(1500));
    let mut header = vec![0; 100];
    header[4..8].copy_from_slice(&3_797_824_089_u32.to_be_bytes());
    let chunk_at = u32::try_from(kind.len() + 8).unwrap();
    let index = boxed(b"moov", &[boxed(b"mvhd", &header), track(3840, 2160, chunk_at)].concat());
    [kind, data, index].concat()
}

/// An index of a film that names its camera and its moment as Apple's programs do.
pub(crate) fn mov_with_keys() -> Vec<u8> {
    let pairs = [
        ("com.apple.quicktime.make", "Apple"),
        ("com.apple.quicktime.creationdate", "2024-05-06T07:08:09+0200"),
        ("com.apple.quicktime.model", "iPhone 15 Pro"),
    ];
    let mut keys = [[0; 4], 3_u32.to_be_bytes()].concat();
    let mut list = Vec::new();
    for (index, (name, value)) in (1_u32..).zip(pairs) {
        keys.extend(boxed(b"mdta", name.as_bytes()));
        let data = [&[0, 0, 0, 1, 0, 0, 0, 0], value.as_bytes()].concat();
        list.extend(boxed(&index.to_be_bytes(), &boxed(b"data", &data)));
    }
    let meta = boxed(b"meta", &[boxed(b"keys", &keys), boxed(b"ilst", &list)].concat());
    let kind = boxed(b"ftyp", b"qt  \0\0\0\0qt  ");
    [kind, boxed(b"mdat", &sensor(64)), boxed(b"moov", &meta)].concat()
}

/// A RAW of Canon's newer build.
pub(crate) fn cr3(preview: &[u8]) -> Vec<u8> {
    let main = tiff(
        Order::Little,
        42,
        vec![vec![(0x010f, Text("Canon")), (0x0110, Text("Canon EOS R5")), (0x0112, Short(8))]],
    );
    let taken = tiff(Order::Little, 42, vec![vec![(0x9003, Text("2024:05:06 07:08:09")), (0x9011, Text("-03:30"))]]);
    let note = tiff(Order::Little, 42, vec![vec![(0x000c, Long(42_021_000))]]);
    let own = b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48".to_vec();
    let own = [own, boxed(b"CMT1", &main), boxed(b"CMT2", &taken), boxed(b"CMT3", &note)].concat();
    let kind = boxed(b"ftyp", b"crx \0\0\0\x01crx isom");
    let preview_bytes = u32::try_from(preview.len()).unwrap().to_be_bytes();
    let preview = [&[0, 0, 0, 0, 0, 1, 6, 84, 4, 56, 0, 1], preview_bytes.as_slice(), preview].concat();
    let identifier = b"\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16\0\0\0\0\0\0\0\x01";
    let preview = boxed(b"uuid", &[identifier.as_slice(), &boxed(b"PRVW", &preview)].concat());
    let build = |chunk_at| {
        let index = boxed(b"moov", &[boxed(b"uuid", &own), track(8192, 5464, chunk_at)].concat());
        [kind.clone(), index, preview.clone()].concat()
    };
    let data_at = u32::try_from(build(0).len() + 8).unwrap();
    [build(data_at), boxed(b"mdat", &sensor(2000))].concat()
}

/// A HEIC whose items are an EXIF block and a JPEG.
pub(crate) fn heic() -> Vec<u8> {
    let exif = [&6_u32.to_be_bytes(), b"Exif\0\0".as_slice(), &exif_block()].concat();
    let jpeg = picture(64, 48);
    let entry = |id: u16, kind: &[u8; 4]| {
        let id = id.to_be_bytes();
        boxed(b"infe", &[&[2, 0, 0, 0], id.as_slice(), &[0, 0], kind, &[0]].concat())
    };
    let items = [&[0, 0, 0, 0, 0, 2], entry(1, b"Exif").as_slice(), &entry(2, b"jpeg")].concat();
    let size = |side: (u32, u32)| boxed(b"ispe", &[[0; 4], side.0.to_be_bytes(), side.1.to_be_bytes()].concat());
    let properties = boxed(b"ipco", &[size((512, 512)), size((4032, 3024))].concat());
    let build = |at: u32| {
        let place = |id: u16, at: u32, len: usize| {
            let len = u32::try_from(len).unwrap().to_be_bytes();
            [id.to_be_bytes().as_slice(), &[0, 0, 0, 1], &at.to_be_bytes(), &len].concat()
        };
        let jpeg_at = at + u32::try_from(exif.len()).unwrap();
        let places = [place(1, at, exif.len()), place(2, jpeg_at, jpeg.len())].concat();
        let places = [&[0, 0, 0, 0, 0x44, 0, 0, 2], places.as_slice()].concat();
        let inner = [boxed(b"iinf", &items), boxed(b"iloc", &places), boxed(b"iprp", &properties)].concat();
        let meta = boxed(b"meta", &[&[0; 4], inner.as_slice()].concat());
        [boxed(b"ftyp", b"heic\0\0\0\0mif1heic"), meta].concat()
    };
    let at = u32::try_from(build(0).len() + 8).unwrap();
    [build(at), boxed(b"mdat", &[exif.as_slice(), &jpeg].concat())].concat()
}

/// A sidecar as Lightroom writes it.
pub(crate) fn xmp() -> Vec<u8> {
    b"<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
      <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF/></x:xmpmeta>\n   \n<?xpacket end=\"w\"?>"
        .to_vec()
}

/// Every format, with the name that its files have.
pub(crate) fn all() -> &'static [(&'static str, Vec<u8>)] {
    static ALL: LazyLock<Vec<(&'static str, Vec<u8>)>> = LazyLock::new(make_all);
    &ALL
}

fn make_all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a.jpg", jpeg(64, 48)),
        ("b.jpg", jpeg_with_preview((64, 48), (32, 24))),
        ("c.nef", nef(picture(64, 48))),
        ("c.orf", orf()),
        ("d.rw2", rw2()),
        ("e.raf", raf()),
        ("f.cr3", cr3(&picture(64, 48))),
        ("g.heic", heic()),
        ("h.mp4", mp4()),
        ("i.mov", mov_with_keys()),
        ("j.xmp", xmp()),
        ("k.xmp", b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF/></x:xmpmeta>".to_vec()),
    ]
}

/// An open file with these bytes.
pub(crate) fn file(bytes: &[u8]) -> std::fs::File {
    let file = tempfile::tempfile().unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, bytes, 0).unwrap();
    file
}
