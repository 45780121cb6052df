//! Previews come from a process of its own, whatever a stranger's file holds.

use kilat_testkit::Server;

use crate::scene::{folders, kilat, photo};

#[test]
fn a_picture_that_cannot_be_decoded_has_no_preview_and_is_safe_all_the_same() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    // The structure of a JPEG, of 65,500 × 65,500 pixels, with nonsense in it.
    let mut bomb = vec![0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0xff, 0xdc, 0xff, 0xdc, 3];
    bomb.extend([1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
    bomb.extend(std::iter::repeat_n(0x55, 40_000));
    bomb.extend([0xff, 0xd9]);
    std::fs::write(folders.hot.join("bomb.JPG"), &bomb).expect("written");
    std::fs::write(folders.hot.join("good.JPG"), photo(1, 20_000)).expect("written");
    let now = viewer.wait_safe(2);
    for newest in now["newest"].as_array().expect("a list") {
        let url = format!("{}{}", server.http, newest["photoUrl"].as_str().expect("a URL"));
        match ureq::get(&url).header("authorization", server.bearer()).call() {
            Ok(_) => assert_eq!(newest["name"], "good.JPG"),
            Err(ureq::Error::StatusCode(404)) => assert_eq!(newest["name"], "bomb.JPG"),
            Err(error) => panic!("{newest}: {error}"),
        }
    }
    // The server is as well as before.
    assert_eq!(server.get("/api/now")["counts"]["safe"], 2);
}
