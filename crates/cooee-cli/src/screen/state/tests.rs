//! The state: reports and keys in, what is chosen and what is to be done out.

use std::time::{Duration, Instant};

use super::{Effect, Focus, KeyPress, Mode, Motion, Room, ScreenState};
use crate::output::tests::{named, service};
use crate::output::{Action, Instance, Report, Service};

const T0: Duration = Duration::ZERO;

fn at(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) fn resolved(name: &str, kind: &str) -> Report {
    Report::Resolved(Service {
        instance: named(name.as_bytes(), kind),
        ..service()
    })
}

fn removed(name: &str, kind: &str) -> Report {
    let Report::Resolved(service) = resolved(name, kind) else {
        unreachable!()
    };
    Report::Removed {
        service,
        why: "goodbye",
    }
}

fn lost(name: &str, kind: &str) -> Report {
    Report::Lost {
        instance: named(name.as_bytes(), kind),
        why: "goodbye",
    }
}

fn four() -> ScreenState {
    let mut state = ScreenState::new(None, "eth0");
    for (name, kind) in [
        ("Alpha", "_http._tcp"),
        ("Beta", "_ipp._tcp"),
        ("Gamma", "_http._tcp"),
        ("Delta", "_ssh._tcp"),
    ] {
        state.take(resolved(name, kind), T0);
    }
    state
}

fn find_all(state: &mut ScreenState) {
    for (name, kind) in [("Alpha", "_http._tcp"), ("Beta", "_ipp._tcp")] {
        state.take(Report::Found(named(name.as_bytes(), kind)), T0);
    }
}

fn typed(state: &mut ScreenState, text: &str) {
    for c in text.chars() {
        assert_eq!(state.key(KeyPress::Char(c)), None, "{c}");
    }
}

fn chosen(state: &ScreenState) -> &str {
    state.chosen().map_or("", |row| &row.name)
}

#[test]
fn the_chosen_instance_stays_chosen_while_others_come_and_go() {
    let mut state = four();
    assert_eq!(chosen(&state), "Alpha");
    state.key(KeyPress::Move(Motion::Down));
    state.key(KeyPress::Move(Motion::Down));
    assert_eq!(chosen(&state), "Delta");
    state.take(resolved("Aaa", "_http._tcp"), T0);
    state.take(lost("Beta", "_ipp._tcp"), T0);
    assert_eq!((chosen(&state), state.position()), ("Delta", 2));
    state.take(removed("Delta", "_ssh._tcp"), T0);
    assert_eq!(chosen(&state), "Delta", "its name is still there");
    state.take(lost("Delta", "_ssh._tcp"), T0);
    assert_eq!(chosen(&state), "Gamma", "the next one takes its place");
    state.take(lost("Gamma", "_http._tcp"), T0);
    assert_eq!(chosen(&state), "Alpha");
}

#[test]
fn until_a_user_chooses_the_first_row_is_chosen() {
    let mut state = four();
    state.take(resolved("Aaa", "_http._tcp"), T0);
    assert_eq!(chosen(&state), "Aaa");
}

#[test]
fn the_keys_move_by_a_row_by_a_page_and_to_the_ends() {
    let mut state = ScreenState::new(Some("_http._tcp"), "eth0");
    for number in 0..100 {
        state.take(resolved(&format!("{number:03}"), "_http._tcp"), T0);
    }
    state.set_room(Room {
        rows: 10,
        ..Room::default()
    });
    for (key, place) in [
        (KeyPress::Move(Motion::Down), 1),
        (KeyPress::Char('j'), 2),
        (KeyPress::Char('k'), 1),
        (KeyPress::Move(Motion::PageDown), 11),
        (KeyPress::Char(' '), 21),
        (KeyPress::Move(Motion::PageUp), 11),
        (KeyPress::Move(Motion::End), 99),
        (KeyPress::Move(Motion::Down), 99),
        (KeyPress::Move(Motion::PageDown), 99),
        (KeyPress::Move(Motion::Home), 0),
        (KeyPress::Move(Motion::Up), 0),
        (KeyPress::Char('G'), 99),
        (KeyPress::Char('g'), 0),
    ] {
        assert_eq!(state.key(key), None);
        assert_eq!(state.position(), place, "{key:?}");
    }
}

#[test]
fn the_details_scroll_to_their_end_and_back_at_once() {
    let mut state = four();
    state.set_room(Room {
        rows: 3,
        details_width: 40,
        details_lines: 4,
    });
    state.key(KeyPress::Tab);
    (0..50).for_each(|_| drop(state.key(KeyPress::Move(Motion::Down))));
    let end = state.scrolled;
    state.key(KeyPress::Move(Motion::Up));
    assert_eq!(state.scrolled, end - 1);
    state.key(KeyPress::Move(Motion::Home));
    assert_eq!(state.scrolled, 0);
}

#[test]
fn a_filter_is_typed_kept_and_cleared() {
    let mut state = four();
    state.key(KeyPress::Char('/'));
    typed(&mut state, "q?GAM");
    assert_eq!((state.rows.len(), state.mode), (0, Mode::Filter));
    (0..5).for_each(|_| drop(state.key(KeyPress::Backspace)));
    typed(&mut state, "GAM");
    assert_eq!((chosen(&state), state.rows.len()), ("Gamma", 1));
    state.key(KeyPress::Enter);
    assert_eq!((state.mode, state.filter.as_str()), (Mode::Browse, "GAM"));
    state.key(KeyPress::Escape);
    assert_eq!((state.rows.len(), state.filter.as_str()), (4, ""));
    state.key(KeyPress::Char('/'));
    typed(&mut state, "x\u{1b}\u{202e}");
    assert!(
        !state.filter.contains(['\u{1b}', '\u{202e}']),
        "{}",
        state.filter
    );
    state.key(KeyPress::Escape);
    assert_eq!((state.mode, state.rows.len()), (Mode::Browse, 4));
}

#[test]
fn a_type_is_chosen_on_the_left() {
    let mut state = four();
    state.key(KeyPress::BackTab);
    assert_eq!(state.focus, Focus::Types);
    state.key(KeyPress::Move(Motion::Down));
    assert_eq!((state.type_position(), state.rows.len()), (1, 2));
    state.key(KeyPress::Move(Motion::End));
    assert_eq!((chosen(&state), state.rows.len()), ("Delta", 1));
    state.key(KeyPress::Move(Motion::Home));
    assert_eq!((state.type_position(), state.rows.len()), (0, 4));
    state.take(
        Report::Type {
            action: Action::Add,
            service_type: "_nfs._tcp".to_owned(),
        },
        T0,
    );
    assert_eq!(state.rows.types().len(), 4);
    let mut one = ScreenState::new(Some("_ipp._tcp"), "eth0");
    one.key(KeyPress::BackTab);
    assert_eq!(one.focus, Focus::Details, "there are no types to choose");
}

#[test]
fn the_chosen_service_is_copied_as_the_line_of_json() {
    let mut state = four();
    let Some(Effect::Copy { text, what: "JSON" }) = state.key(KeyPress::Char('y')) else {
        panic!("nothing was copied");
    };
    assert!(
        text.starts_with(r#"{"event":"resolved","instance":"Alpha""#),
        "{text}"
    );
    state.take(removed("Alpha", "_http._tcp"), T0);
    let Some(Effect::Copy { text, .. }) = state.key(KeyPress::Char('y')) else {
        panic!("nothing was copied");
    };
    assert_eq!(
        text,
        r#"{"event":"found","instance":"Alpha","type":"_http._tcp"}"#
    );
    let mut empty = ScreenState::new(None, "eth0");
    assert_eq!(empty.key(KeyPress::Char('y')), None);
}

#[test]
fn a_url_is_copied_and_opened_where_there_is_one() {
    let mut state = four();
    let url = "http://peer.local:631/".to_owned();
    assert_eq!(
        state.key(KeyPress::Char('o')),
        Some(Effect::Open(url.clone()))
    );
    let copied = Effect::Copy {
        text: url,
        what: "URL",
    };
    assert_eq!(state.key(KeyPress::Char('Y')), Some(copied));
    state.take(removed("Alpha", "_http._tcp"), T0);
    assert_eq!(state.key(KeyPress::Char('o')), None);
    assert_eq!(state.message(), Some("Alpha is not resolved"));
    let mut other = ScreenState::new(None, "eth0");
    other.take(resolved("Cast", "_airplay._tcp"), T0);
    assert_eq!(other.key(KeyPress::Char('Y')), None);
    assert_eq!(other.message(), Some("no URL is known for _airplay._tcp"));
}

#[test]
fn q_and_ctrl_c_quit_and_any_key_leaves_the_help() {
    let mut state = four();
    assert_eq!(state.key(KeyPress::Char('?')), None);
    assert_eq!(
        (state.key(KeyPress::Char('q')), state.mode),
        (None, Mode::Browse)
    );
    assert_eq!(state.key(KeyPress::Char('q')), Some(Effect::Quit));
    for mode in [Mode::Browse, Mode::Filter, Mode::Help] {
        state.mode = mode;
        assert_eq!(
            state.key(KeyPress::Interrupt),
            Some(Effect::Quit),
            "{mode:?}"
        );
    }
}

#[test]
fn a_report_about_an_instance_that_was_lost_brings_it_not_back() {
    let mut state = ScreenState::new(None, "eth0");
    find_all(&mut state);
    state.take(lost("Alpha", "_http._tcp"), T0);
    state.take(removed("Alpha", "_http._tcp"), T0);
    assert_eq!(state.rows.total(), 1);
    state.take(Report::Lagged { missed: 3 }, T0);
    assert_eq!(state.rows.total(), 0);
}

#[test]
fn what_has_gone_is_told_for_some_seconds() {
    let mut state = four();
    state.take(lost("Alpha", "_http._tcp"), at(10));
    assert_eq!(state.message(), Some("removed Alpha: goodbye"));
    state.tick(at(15), 0);
    assert_eq!(state.message(), None);
}

#[test]
fn the_activity_counts_packets_by_the_second() {
    let mut state = ScreenState::new(None, "eth0");
    for (second, received) in [(0, 7), (1, 7), (2, 10), (3, 11)] {
        state.tick(at(second), received);
    }
    assert_eq!(state.activity, [0, 0, 3, 1]);
    (4..200).for_each(|second| state.tick(at(second), 11));
    assert_eq!(state.activity.len(), 60);
}

#[test]
#[ignore = "prints how long 5,000 services take; nothing can fail"]
#[allow(clippy::print_stderr, reason = "a measurement is printed")]
fn five_thousand_services_are_sorted_filtered_and_drawn() {
    use crate::screen::view::draw;
    use ratatui::backend::CrosstermBackend;
    use ratatui::layout::Rect;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    let reports: Vec<Report> = (0..5_000_u64)
        .map(|number| {
            let name = format!("Service {:05}", number.wrapping_mul(7_919) % 100_000);
            resolved(
                &name,
                ["_http._tcp", "_ipp._tcp", "_ssh._tcp"][number as usize % 3],
            )
        })
        .collect();
    let mut state = ScreenState::new(None, "eth0");
    let start = Instant::now();
    for report in reports {
        let Report::Resolved(service) = &report else {
            unreachable!()
        };
        let found: Instance = service.instance.clone();
        state.take(Report::Found(found), T0);
        state.take(report, T0);
    }
    let each = start.elapsed() / 10_000;
    eprintln!(
        "a report: {each:?} of 5,000 services in {:?}",
        start.elapsed()
    );
    for (width, height) in [(80, 24), (200, 50)] {
        let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
        let backend = CrosstermBackend::new(std::io::sink());
        let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..200 {
            state.key(KeyPress::Move(Motion::PageDown));
            let start = Instant::now();
            let frame = |frame: &mut ratatui::Frame<'_>| {
                draw(&state, frame.area(), frame.buffer_mut());
            };
            terminal.draw(frame).unwrap();
            times.push(start.elapsed());
        }
        times.sort();
        let (half, most) = (times[100], times[198]);
        eprintln!("a frame of {width}x{height}: half within {half:?}, 99 % within {most:?}");
    }
    let start = Instant::now();
    state.key(KeyPress::Char('/'));
    typed(&mut state, "service 04");
    eprintln!("a key of a filter: {:?}", start.elapsed() / 10);
    let start = Instant::now();
    state.key(KeyPress::Escape);
    (0..4).for_each(|_| drop(state.key(KeyPress::Char('s'))));
    eprintln!("another order: {:?}", start.elapsed() / 5);
}
