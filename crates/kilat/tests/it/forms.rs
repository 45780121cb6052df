//! Photos that come by a form: several in one call, each with an outcome of its own; broken and hostile forms.

use std::process::Command;

use kilat_testkit::{NEVER, Oracle, Server, pause};
use serde_json::{Value, json};

use crate::line::{Answer, Line, call};
use crate::scene::{complaint, folders, kilat, photo, standing, text};

const KIND: (&str, &str) = ("content-type", "multipart/form-data; boundary=XyZ");

/// A part with a file.
fn part(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("--XyZ\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"{name}\"\r\n");
    [head.as_bytes(), b"Content-Type: image/jpeg\r\n\r\n", bytes, b"\r\n"].concat()
}

const END: &[u8] = b"--XyZ--\r\n";

fn post(server: &Server, body: &[u8]) -> Answer {
    call(server, "POST /intake", &[KIND], body)
}

/// Names and statuses of what was read.
fn outcomes(answer: &Answer) -> Vec<(&str, u64)> {
    let files = answer.body["files"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    files
        .iter()
        .map(|file| (file["name"].as_str().expect("text"), file["status"].as_u64().expect("a number")))
        .collect()
}

#[test]
fn what_curl_sends_as_a_form_stands_at_the_destination_each_file_once() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let mut oracle = Oracle::default();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail-with-body", "--max-time", "60", "--form-string", "album=Wedding"]);
    curl.args(["--header", &format!("authorization: {}", server.bearer())]);
    for number in 1..=3 {
        // One of them holds what looks like the boundary's beginning.
        let mut bytes = photo(number, 700_000);
        let middle = bytes.len() - 1_000;
        bytes[middle..middle + 12].copy_from_slice(b"\r\n----------");
        let file = folders.path().join(format!("DSC_000{number}.JPG"));
        std::fs::write(&file, &bytes).expect("written");
        oracle.closed(&file, &bytes);
        curl.args(["--form", &format!("photo=@{}", file.display())]);
    }
    let answered = curl.arg(format!("{}/intake", server.http)).output().expect("curl is installed");
    assert!(answered.status.success(), "{} {}", text(&answered), complaint(&answered));
    let answer: Value = serde_json::from_str(&text(&answered)).expect("JSON");
    let files = answer["files"].as_array().expect("a list");
    assert_eq!((&answer["success"], files.len()), (&json!(true), 3), "{answer}");
    for (file, number) in files.iter().zip(1..) {
        assert_eq!((&file["name"], &file["status"]), (&json!(format!("DSC_000{number}.JPG")), &json!(201)));
        assert_eq!((&file["outcome"]["state"], &file["outcome"]["isNew"]), (&json!("filed"), &json!(true)));
    }
    viewer.wait_safe(3);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
}

#[test]
fn each_file_of_a_form_is_answered_for_itself_and_a_bad_one_takes_no_other_with_it() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let (one, two) = (photo(1, 30_000), photo(2, 30_000));
    let body = [
        part("a.JPG", &one),
        // As a browser sends a field where nobody chose a file.
        part("", b""),
        part("b.JPG", &two[..20_000]),
        part("notes.txt", b"no photo"),
        part("none.JPG", b""),
        part("again.JPG", &one),
        part("..\\..\\b.JPG", &two),
        END.to_vec(),
    ]
    .concat();
    let answer = post(&server, &body);
    assert_eq!((answer.status, &answer.body["code"]), (422, &json!("in_part")), "{answer:?}");
    let wanted = [
        ("a.JPG", 201),
        ("b.JPG", 422),
        ("notes.txt", 202),
        ("none.JPG", 400),
        ("again.JPG", 200),
        ("..\\..\\b.JPG", 201),
    ];
    assert_eq!(outcomes(&answer), wanted);
    assert_eq!(answer.body["files"][1]["outcome"]["code"], "cut_off");
    assert!(answer.body["error"].as_str().expect("a text").contains("4 files of the form are safe; \"b.JPG\" is not"));
    assert_eq!(standing(&folders.data.join("intake")), 2, "and what was cut off was replaced by the whole");

    // Where nothing is safe, why the first is not.
    let none = post(&server, &[part("x.JPG", &two[..9_000]), END.to_vec()].concat());
    assert_eq!((none.status, &none.body["code"], outcomes(&none).len()), (422, &json!("cut_off"), 1), "{none:?}");
}

#[test]
fn a_form_that_breaks_keeps_what_came_whole_and_says_what_did_not() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let (one, two) = (photo(1, 200_000), photo(2, 200_000));
    let whole = [part("a.JPG", &one), part("b.JPG", &two), END.to_vec()].concat();
    // The line is cut in the second file.
    let bearer = server.bearer();
    let length = whole.len().to_string();
    let mut line = Line::to(&server);
    line.head("POST /intake", &[("authorization", &bearer), KIND, ("content-length", &length)]);
    line.say(&whole[..300_000]);
    line.hang_up();
    let began = std::time::Instant::now();
    while standing(&folders.data.join("intake")) < 2 {
        assert!(began.elapsed() < NEVER, "the first, and what came of the second");
        pause(std::time::Duration::from_millis(5));
    }
    let again = post(&server, &whole);
    assert_eq!((again.status, outcomes(&again)), (207, vec![("a.JPG", 200), ("b.JPG", 201)]), "{again:?}");

    // The form ends before it should: the last file is not known to be whole.
    let three = photo(3, 20_000);
    let open = post(&server, &[part("a.JPG", &one), part("c.JPG", &three)].concat());
    assert_eq!((open.status, outcomes(&open)), (422, vec![("a.JPG", 200), ("c.JPG", 422)]), "{open:?}");
    for (what, body) in [
        ("nothing", b"".as_slice()),
        ("no form", b"photo"),
        ("no part", END),
        ("a head without an end", b"--XyZ\r\nContent-Disposition: form-data"),
        ("no head", b"--XyZ\r\n\xff\xfe\r\n\r\nx\r\n--XyZ--\r\n"),
        ("fields alone", b"--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--XyZ--\r\n"),
    ] {
        let answer = post(&server, body);
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("bad_form")), "{what}: {answer:?}");
        assert!(answer.body["error"].as_str().is_some_and(|error| !error.is_empty()), "{what}: {answer:?}");
    }
    for (name, value) in [
        ("content-type", "multipart/form-data"),
        ("content-type", "multipart/form-data; boundary="),
        ("repr-digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
    ] {
        let kind = if name == "content-type" { (name, value) } else { KIND };
        let answer = call(
            &server,
            "POST /intake",
            &[kind, ("x-none", ""), (if name == "content-type" { "x-other" } else { name }, value)],
            &whole,
        );
        assert_eq!(answer.status, 400, "{name} {value}: {answer:?}");
    }
}

#[test]
fn a_form_is_bounded_in_files_fields_and_heads() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let one = photo(1, 5_000);
    let many: Vec<u8> = (0..201).flat_map(|_| part("notes.txt", b"no photo")).chain(END.to_vec()).collect();
    let answer = post(&server, &many);
    assert_eq!((answer.status, outcomes(&answer).len()), (422, 200));
    assert!(answer.body["error"].as_str().expect("a text").contains("more than 200 files"), "{answer:?}");
    let field = b"--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n";
    let fields = [field.repeat(101), part("a.JPG", &one), END.to_vec()].concat();
    let answer = post(&server, &fields);
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!("bad_form")), "{answer:?}");
    // Heads and fields that never end: refused while their sender still sends.
    for begins in ["--XyZ\r\nContent-Disposition: ", "", "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"]
    {
        let flood = [begins.as_bytes(), &b"x".repeat(8_000_000)].concat();
        let answer = post(&server, &flood);
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("bad_form")), "{begins:?}: {answer:?}");
        assert!(answer.body["error"].as_str().expect("a text").contains("too long"), "{begins:?}: {answer:?}");
    }
    assert_eq!(standing(&folders.data.join("intake")), 0);
}

#[test]
fn a_file_that_is_refused_in_its_middle_ends_the_form_and_what_came_before_is_safe() {
    let folders = folders();
    std::fs::create_dir_all(&folders.data).expect("made");
    std::fs::write(folders.data.join("kilat.toml"), "[upload]\nmax_file_mb = 1\n").expect("written");
    let server = Server::start(kilat(), &folders);
    let (one, large, three) = (photo(1, 50_000), photo(2, 1_500_000), photo(3, 50_000));
    let body = [part("a.JPG", &one), part("large.JPG", &large), part("c.JPG", &three), END.to_vec()].concat();
    let answer = post(&server, &body);
    assert_eq!((answer.status, &answer.body["code"]), (422, &json!("in_part")), "{answer:?}");
    assert_eq!(outcomes(&answer), [("a.JPG", 201), ("large.JPG", 413)], "what was not read is not told as if it were");
    assert!(
        answer.body["error"].as_str().expect("a text").starts_with("1 file of the form is safe; \"large.JPG\" is not")
    );
    // Where it is the first, its own status is the answer's.
    let answer = post(&server, &[part("large.JPG", &large), part("c.JPG", &three), END.to_vec()].concat());
    assert_eq!((answer.status, &answer.body["code"]), (413, &json!("too_large")), "{answer:?}");
    assert_eq!(standing(&folders.data.join("intake")), 1);
}
