//! Sources that appear late, change, or never appear.

use super::pod::Pod;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

const PLAN: &str = "files: [{to: one, from: v/one}, {to: two, from: v/two}, {to: other, from: w/other}]";

fn two(one: &'static [u8], two: &'static [u8]) -> [(&'static str, &'static [u8]); 2] {
    [("one", one), ("two", two)]
}

#[test]
fn missing_and_empty_pieces_are_named_until_they_are_there() {
    let mut pod = Pod::new(PLAN);
    let mut script = pod.start();
    script.prints("waiting for v/one (missing), v/two (missing), w/other (missing)");
    pod.mount("v", &[]);
    pod.mount("w", &[("other", b"other-secret")]);
    script.prints("waiting for v/one (missing), v/two (missing)\n");
    pod.mount("v", &two(b"first-secret", b""));
    script.prints("waiting for v/two (empty)\n");
    assert_eq!(pod.written(), [""; 0], "nothing is written before all is there");
    pod.mount("v", &two(b"first-secret", b"second-secret"));
    let ended = script.ends();
    ended.with(0, &["join: written: one, other, two\n"]);
    for value in ["first-secret", "second-secret", "other-secret"] {
        assert!(!ended.output.contains(value), "{}", ended.output);
    }
    assert_eq!((pod.text("one"), pod.text("two")), ("first-secret".to_owned(), "second-secret".to_owned()));
    assert_eq!(ended.output.lines().count(), 4, "each state is named once:\n{}", ended.output);
}

#[test]
fn a_base_file_is_waited_for_as_well() {
    let mut pod = Pod::with_value("form: text", b"given-secret");
    pod.mount("base", &[("config.yaml", b"")]);
    let mut script = pod.start();
    script.prints("waiting for base/config.yaml (empty)");
    pod.mount("base", &[("config.yaml", b"FIELD: null\n")]);
    script.ends().with(0, &["written: config.yaml"]);
    assert_eq!(pod.text("config.yaml"), "\"FIELD\": \"given-secret\"\n");
}

#[test]
fn it_gives_up_after_its_limit_and_names_what_is_not_there() {
    let mut pod = Pod::new(PLAN);
    pod.timeout = "1";
    pod.mount("v", &two(b"", b"second-secret"));
    let start = Instant::now();
    pod.refuses(&["error: given up after 1 s, still not there: v/one (empty), w/other (missing)"]);
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn the_limit_is_ten_minutes_where_nobody_sets_it() {
    let pod = Pod::new("files: []");
    let says = "sys.argv = sys.argv[:4]\n\
                options = join.parse_arguments()\n\
                print(options.timeout, options.interval, join.REPEAT_SECONDS)";
    pod.start_changed(says).ends().with(0, &["600 1 30\n"]);
}

#[test]
fn what_is_missing_is_named_again_while_nothing_changes() {
    let mut pod = Pod::new(PLAN);
    pod.timeout = "2";
    let ended = pod.start_changed("join.REPEAT_SECONDS = 0.5").ends();
    ended.with(1, &["given up"]);
    let lines = ended.output.matches("waiting for v/one (missing)").count();
    assert!((3..=5).contains(&lines), "{}", ended.output);
}

#[test]
fn the_pieces_of_a_volume_are_of_one_moment() {
    let mut pod = Pod::new(PLAN);
    pod.mount("v", &two(b"first-secret", b"second-secret"));
    pod.mount("w", &[("other", b"other-secret")]);
    // After the first piece of the volume has been read the kubelet swaps the link, once.
    let swap = "\
inner, swapped = join.read, []
def read(root, name):
    piece = inner(root, name)
    if name == 'v/one' and not swapped:
        swapped.append(True)
        folder = os.path.join(root, 'v')
        os.mkdir(folder + '/..2026_swapped')
        for key in ('one', 'two'):
            with open(folder + '/..2026_swapped/' + key, 'w') as file:
                file.write('rotated ' + key)
        os.symlink('..2026_swapped', folder + '/..data_tmp')
        os.replace(folder + '/..data_tmp', folder + '/..data')
    return piece
join.read = read";
    pod.start_changed(swap).ends().with(0, &["written"]);
    assert_eq!((pod.text("one"), pod.text("two")), ("rotated one".to_owned(), "rotated two".to_owned()));
}

#[test]
fn a_second_run_takes_over_a_rotation_and_leaves_the_files_of_others() {
    let mut pod = Pod::new(PLAN);
    pod.mount("v", &two(b"first-secret", b"second-secret"));
    pod.mount("w", &[("other", b"other-secret")]);
    fs::write(pod.target().join("foreign"), "somebody's").unwrap();
    pod.joins();
    // A run that was killed leaves a file that even its owner may not write to.
    let left = pod.target().join(".one.new");
    fs::write(&left, "half").unwrap();
    fs::set_permissions(&left, fs::Permissions::from_mode(0o444)).unwrap();
    pod.mount("v", &two(b"rotated-secret", b"second-secret"));
    pod.joins();
    assert_eq!(pod.text("one"), "rotated-secret");
    assert_eq!((pod.text("two"), pod.text("other")), ("second-secret".to_owned(), "other-secret".to_owned()));
    assert_eq!(pod.written(), ["foreign", "one", "other", "two"]);
    assert_eq!(pod.mode("one"), 0o444);
}

#[test]
fn a_refused_second_run_leaves_the_first_result() {
    let mut pod = Pod::with_value("form: integer", b"443");
    pod.joins();
    pod.mount("given", &[("value", b"secret-word")]);
    pod.run().with(1, &["given/value is not a whole number"]);
    assert_eq!(pod.text("config.yaml"), "\"FIELD\": 443\n");
}

#[test]
fn sigterm_ends_the_wait_at_once() {
    let pod = Pod::new(PLAN);
    let mut script = pod.start();
    script.prints("waiting for");
    let start = Instant::now();
    script.terminate();
    script.ends().with(143, &["stopped by signal 15"]);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}
