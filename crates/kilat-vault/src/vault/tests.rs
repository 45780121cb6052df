use super::*;

/// A vault whose process is this script.
fn scripted(script: &str) -> Vault {
    let program = VaultProgram { exe: "/bin/sh".into(), args: vec!["-c".to_owned(), script.to_owned()] };
    let fresh = "0123456789abcdef0123456789abcdef".parse().expect("a mark");
    let mut vault = Vault::new(program, "/no/such/place".into(), "secret".to_owned().into(), Known::Nothing { fresh });
    vault.set_patience(Duration::from_millis(300));
    vault
}

fn check(script: &str) -> VaultError {
    scripted(script).check(&mut |_| ControlFlow::Continue(())).expect_err("it is no worker")
}

#[test]
fn a_process_that_moves_nothing_is_killed_and_named() {
    assert!(matches!(check("while read -r line; do :; done"), VaultError::Stalled { .. }));
}

#[test]
fn a_process_that_dies_or_talks_nonsense_is_told_apart() {
    assert!(matches!(check("exit 3"), VaultError::Died { how } if how.contains('3')));
    assert!(matches!(check("kill -9 $$"), VaultError::Died { how } if how.contains("signal")));
    assert!(matches!(check("echo no answer; while read -r line; do :; done"), VaultError::Garbled));
}

#[test]
fn a_missing_program_is_the_operators() {
    let vault = Vault { program: VaultProgram { exe: "/no/such/program".into(), args: Vec::new() }, ..scripted("") };
    let error = vault.check(&mut |_| ControlFlow::Continue(())).expect_err("there is none");
    assert!(matches!(error, VaultError::Start(_)));
    assert_eq!(kilat_core::Classify::class(&error), kilat_core::Class::NeedsOperator);
}

#[test]
fn two_photos_of_one_name_are_refused_before_anything_is_done() {
    let key = ObjectKey::from_names(["Wedding", "DSC_0001.JPG"]);
    let photo = VaultPhoto {
        key: key.clone(),
        file: "/no/such/file".into(),
        stamp: FileStamp { size_bytes: 1, mtime_ns: 0, ino: 0 },
        content: ContentHash([0; 32]),
        proof: ProofHash([0; 16]),
        is_proven: false,
    };
    let folder = ObjectKey::from_names(["Wedding"]);
    let result = scripted("exit 0").verify(&folder, vec![photo.clone(), photo], &mut |_| ControlFlow::Continue(()));
    assert!(matches!(result, Err(VaultError::Twice { key: twice }) if twice == key));
}
