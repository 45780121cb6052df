//! Tests of the settings: who wins, and what an error says.

use super::*;

fn load(file: &str, env: &[(&str, &str)], serve: &ServeFlags) -> Result<Config, Fail> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kilat.toml");
    std::fs::write(&path, file).expect("written");
    let flags = Flags { config: Some(path), ..Flags::default() };
    let lookup = |name: &str| Ok(env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()));
    Config::from_parts(&flags, serve, &lookup)
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let file = "listen = \"127.0.0.1:1\"\nws_listen = \"127.0.0.1:1\"\nevent = \"file\"";
    let env = [("KILAT_LISTEN", "127.0.0.1:2"), ("KILAT_EVENT", "env")];
    let serve = ServeFlags { event: Some("flag".to_owned()), ..ServeFlags::default() };
    let config = load(file, &env, &serve).expect("good settings");
    assert_eq!(config.event.value.as_deref(), Some("flag"));
    assert_eq!(config.listen.value.port(), 2);
    assert_eq!(config.ws_listen.value.port(), 1);
    assert_eq!(config.event.origin, Origin::Flag("--event"));
}

#[test]
fn the_ports_of_the_replaced_system_are_the_default_and_ws_port_still_counts() {
    let config = load("", &[], &ServeFlags::default()).expect("no settings");
    assert_eq!((config.listen.value.port(), config.ws_listen.value.port()), (3000, 3001));
    let config = load("", &[("WS_PORT", "4001")], &ServeFlags::default()).expect("good settings");
    assert_eq!(config.ws_listen.value.to_string(), "127.0.0.1:4001");
}

#[test]
fn a_mistyped_key_is_named() {
    let fail = load("wacth = [\"/x\"]", &[], &ServeFlags::default()).expect_err("unknown key");
    assert!(fail.what.contains("wacth"), "{}", fail.what);
}

#[test]
fn a_bad_value_names_its_setting_and_origin() {
    let fail = load("", &[("WS_PORT", "http")], &ServeFlags::default()).expect_err("no port");
    assert!(fail.what.contains("WS_PORT"), "{}", fail.what);
    let fail = load("", &[("KILAT_LISTEN", "nowhere")], &ServeFlags::default()).expect_err("no address");
    assert!(fail.what.contains("setting listen, from environment KILAT_LISTEN"), "{}", fail.what);
    let fail = load("[upload]\nparallel = 0", &[], &ServeFlags::default()).expect_err("no copies at all");
    assert!(fail.what.contains("upload.parallel"), "{}", fail.what);
}

#[test]
fn the_door_stays_shut_until_someone_opens_it() {
    let serve = ServeFlags { listen: Some("0.0.0.0:3000".to_owned()), ..ServeFlags::default() };
    let fail = load("", &[], &serve).expect_err("everyone could come in");
    assert_eq!(fail.code, Code::OpenDoor);
    load("allow_lan = true", &[], &serve).expect("allowed by hand");
}

#[test]
fn a_destination_inside_a_hot_folder_is_refused() {
    let serve = ServeFlags { watch: vec!["/p".into()], to: vec!["/p/out".to_owned()], ..ServeFlags::default() };
    assert!(load("", &[], &serve).is_err());
}

#[test]
fn folders_that_would_feed_themselves_are_found_however_they_are_written() {
    let serve = ServeFlags { watch: vec!["./p".into()], to: vec!["p/sub/../out".to_owned()], ..ServeFlags::default() };
    assert!(load("", &[], &serve).is_err());
    let serve = ServeFlags { watch: vec![".".into()], to: vec!["/elsewhere".to_owned()], ..ServeFlags::default() };
    let fail = load("", &[], &serve).expect_err("previews in ./data would be photos");
    assert!(fail.what.contains("data folder"), "{}", fail.what);
}

#[test]
fn a_port_of_the_environment_beats_the_address_of_the_file() {
    let config = load("ws_listen = \"127.0.0.2:1\"", &[("WS_PORT", "4001")], &ServeFlags::default()).expect("good");
    assert_eq!(config.ws_listen.value.to_string(), "127.0.0.2:4001");
}

#[test]
fn a_destination_of_an_unknown_kind_is_refused_with_those_that_there_are() {
    let load_to = |url: &str| load("", &[], &ServeFlags { to: vec![url.to_owned()], ..ServeFlags::default() });
    for known in ["s3://bucket.example.org/x", "sftp://sari@example.org/x"] {
        load_to(known).unwrap_or_else(|fail| panic!("{known}: {}", fail.what));
    }
    let fail = load_to("gopher://example.org/x").expect_err("nothing writes there");
    let told = format!("{} {}", fail.what, fail.remedy);
    assert!(told.contains("gopher") && told.contains("sftp"), "{told}");
}
