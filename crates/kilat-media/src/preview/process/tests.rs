use super::*;

/// Answers like the worker, and does what the photo's name says.
const WORKER: &str = r#"
while read -r line; do
  case "$line" in
    *crash*) kill -9 $$ ;;
    *leave*) exit 0 ;;
    *hang*) while read -r line; do :; done; exit 0 ;;
    *garbage*) echo "no answer at all" ;;
    *flood*) while :; do printf aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done ;;
    *none*) echo '{"answer":"noPreview"}' ;;
    *full*) echo '{"answer":"cannotWrite","code":28,"text":"no space"}' ;;
    *) echo '{"answer":"made","width":3,"height":2,"sizeBytes":7}' ;;
  esac
done
"#;

const MADE: MadePreview = MadePreview { width: 3, height: 2, size_bytes: 7 };

fn shell() -> PreviewProcess {
    PreviewProcess::new("/bin/sh".into(), vec!["-c".to_owned(), WORKER.to_owned()])
}

fn request(photo: &str) -> PreviewRequest {
    PreviewRequest { photo: photo.into(), orientation: 1, max_side: 2048, out: "/no/such/out.jpg".into() }
}

fn works(process: &mut PreviewProcess) {
    assert_eq!(process.request(&request("fine.jpg")).unwrap(), MADE);
}

#[test]
fn one_process_serves_many_photos() {
    let mut process = shell();
    works(&mut process);
    let first = process.running.as_ref().unwrap().child.id();
    assert!(matches!(process.request(&request("none.nef")), Err(PreviewError::NoPreview)));
    let Err(PreviewError::Write(error)) = process.request(&request("full.jpg")) else { panic!("was written") };
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    works(&mut process);
    assert_eq!(process.running.as_ref().unwrap().child.id(), first);
}

#[test]
fn after_a_crash_the_next_photo_works() {
    let mut process = shell();
    for photo in ["crash.jpg", "leave.jpg"] {
        assert!(matches!(process.request(&request(photo)), Err(PreviewError::Crashed)), "{photo}");
        works(&mut process);
    }
}

#[test]
fn after_a_hang_the_next_photo_works() {
    let mut process = shell();
    works(&mut process);
    process.set_patience(Duration::from_millis(20));
    assert!(matches!(process.request(&request("hang.jpg")), Err(PreviewError::TimedOut { .. })));
    process.set_patience(PATIENCE);
    works(&mut process);
}

#[test]
fn after_nonsense_the_next_photo_works() {
    let mut process = shell();
    for photo in ["garbage.jpg", "flood.jpg"] {
        assert!(matches!(process.request(&request(photo)), Err(PreviewError::Garbled)), "{photo}");
        works(&mut process);
    }
}

#[test]
fn a_process_that_ended_between_photos_costs_no_photo() {
    let mut process = shell();
    works(&mut process);
    let running = process.running.as_mut().unwrap();
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    works(&mut process);
}

#[test]
fn a_missing_program_is_the_operators_business() {
    let mut process = PreviewProcess::new("/nonexistent/kilat".into(), Vec::new());
    let error = process.request(&request("fine.jpg")).unwrap_err();
    assert_eq!(kilat_core::Classify::class(&error), kilat_core::Class::NeedsOperator);
}
