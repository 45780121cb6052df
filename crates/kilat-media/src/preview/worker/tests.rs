use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::*;
use crate::samples;

/// What the worker answers to these requests.
fn answers(requests: &[PreviewRequest]) -> Vec<Result<MadePreview, PreviewError>> {
    let input: Vec<u8> = requests.iter().flat_map(|request| encode_request(request).unwrap()).collect();
    let mut output = Vec::new();
    serve(&mut input.as_slice(), &mut output, &Limits::default()).unwrap();
    String::from_utf8(output).unwrap().lines().map(|line| decode_answer(line).unwrap()).collect()
}

#[test]
fn previews_are_put_where_they_were_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    // A name that is neither text nor one line.
    let photo = folder.path().join(OsStr::from_bytes(b"a\n\xff\"b.jpg"));
    fs::write(&photo, samples::jpeg(64, 48)).unwrap();
    let out = folder.path().join("out.jpg");
    let gone =
        PreviewRequest { photo: folder.path().join("gone.jpg"), orientation: 1, max_side: 2048, out: out.clone() };
    let nowhere =
        PreviewRequest { photo: photo.clone(), orientation: 1, max_side: 2048, out: folder.path().join("no/out.jpg") };
    let fine = PreviewRequest { photo: photo.clone(), orientation: 6, max_side: 2048, out: out.clone() };
    let answers = answers(&[gone, nowhere, fine]);
    let [Err(PreviewError::Read(gone)), Err(PreviewError::Write(nowhere)), Ok(made)] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!((gone.kind(), nowhere.kind()), (io::ErrorKind::NotFound, io::ErrorKind::NotFound));
    assert_eq!((made.width, made.height), (48, 64));
    assert_eq!(fs::metadata(&out).unwrap().len(), made.size_bytes);
    assert_eq!(fs::read(&photo).unwrap(), samples::jpeg(64, 48), "the photo was touched");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "something was left behind");
}

#[test]
fn a_request_that_is_none_ends_the_worker() {
    let mut output = Vec::new();
    assert!(serve(&mut b"hello\n".as_slice(), &mut output, &Limits::default()).is_err());
    assert!(output.is_empty());
}
