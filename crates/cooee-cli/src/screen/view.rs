//! What the screen looks like.
//!
//! In:  the state, and the size of the terminal.
//! Out: a buffer of cells. The same state and size always give the same buffer; only rows that are
//!      visible are laid out.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::details::LABEL_WIDTH;
use super::rows::{Row, Status};
use super::state::{Focus, Mode, Room, ScreenState};
use crate::escape::fit;

/// Draws everything. Returns where the cursor is, if text is being typed.
pub(crate) fn draw(state: &ScreenState, size: Rect, buffer: &mut Buffer) -> Option<Position> {
    let places = Places::of(size, state.has_types);
    title(state, places.title, buffer);
    if let Some(place) = places.types {
        types(state, place, buffer);
        rule(place, buffer);
    }
    list(state, places.list, buffer);
    if let Some(place) = places.details {
        details(state, place, buffer);
        if place.y == places.list.y {
            rule(places.list, buffer);
        }
    }
    let cursor = foot(state, places.foot, buffer);
    if state.mode == Mode::Help {
        help(size, buffer);
    }
    cursor
}

/// Returns what there is room for.
pub(crate) fn room(size: Rect, has_types: bool) -> Room {
    let places = Places::of(size, has_types);
    let details = places.details.unwrap_or_default();
    Room {
        rows: usize::from(body(places.list).height),
        details_width: details_width(details),
        details_lines: usize::from(body(details).height),
    }
}

/// Returns the width of the lines of the details.
fn details_width(place: Rect) -> usize {
    usize::from(place.width).saturating_sub(2)
}

/// Where the parts are. The last column of the types, and of a list beside the details, is for the
/// line between them.
struct Places {
    title: Rect,
    types: Option<Rect>,
    list: Rect,
    details: Option<Rect>,
    foot: Rect,
}

impl Places {
    fn of(size: Rect, has_types: bool) -> Self {
        let (title, rest) = split_top(size, 1);
        let (middle, foot) = split_top(rest, rest.height.saturating_sub(1));
        let (types, middle) = if has_types && size.width >= TYPES_FROM {
            let (types, rest) = split_left(middle, TYPES_WIDTH);
            (Some(types), rest)
        } else {
            (None, middle)
        };
        let (list, details) = if size.width >= BESIDE_FROM {
            let width = half(middle.width);
            let (list, details) = split_left(middle, width);
            (list, Some(details))
        } else if middle.height >= BELOW_FROM {
            let (list, details) = split_top(middle, half(middle.height));
            (list, Some(details))
        } else {
            (middle, None)
        };
        Self {
            title,
            types,
            list,
            details,
            foot,
        }
    }
}

fn half(length: u16) -> u16 {
    length.div_ceil(2)
}

fn split_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let top = Rect { height, ..area };
    let rest = Rect {
        y: area.y.saturating_add(height),
        height: area.height.saturating_sub(height),
        ..area
    };
    (top, rest)
}

fn split_left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let left = Rect { width, ..area };
    let rest = Rect {
        x: area.x.saturating_add(width),
        width: area.width.saturating_sub(width),
        ..area
    };
    (left, rest)
}

/// Returns the place below a heading.
fn body(area: Rect) -> Rect {
    split_top(area, 1).1
}

fn title(state: &ScreenState, place: Rect, buffer: &mut Buffer) {
    buffer.set_style(place, BAR);
    let bars = sparkline(state);
    let total = state.rows.total();
    let count = if state.rows.len() == total {
        format!(
            "{total} {}",
            if total == 1 { "service" } else { "services" }
        )
    } else {
        format!("{} of {total} services", state.rows.len())
    };
    let right = format!("{count}  {bars} ");
    let width = usize::from(place.width);
    let room = width.saturating_sub(right.width()).saturating_sub(1);
    put(
        buffer,
        place,
        0,
        &format!(" {}", fit(&state.title, room.saturating_sub(1))),
        BAR,
    );
    let from = width.saturating_sub(right.width());
    put(buffer, place, from, &right, BAR);
}

/// Returns the activity of the last seconds as bars.
fn sparkline(state: &ScreenState) -> String {
    let shown = state.activity.iter().rev().take(BARS);
    let most = shown.clone().copied().max().unwrap_or(0).max(1);
    let mut bars: Vec<char> = shown.map(|count| bar(*count, most)).collect();
    bars.resize(BARS, ' ');
    bars.into_iter().rev().collect()
}

/// Returns a bar for a number of packets: something for one, the highest for the most.
fn bar(count: u64, most: u64) -> char {
    if count == 0 {
        return ' ';
    }
    let steps = u64::try_from(HEIGHTS.len()).unwrap_or(1);
    let step = count.saturating_mul(steps).div_ceil(most);
    let step = usize::try_from(step).unwrap_or(0).saturating_sub(1);
    HEIGHTS.get(step).or(HEIGHTS.last()).copied().unwrap_or(' ')
}

fn heading(buffer: &mut Buffer, place: Rect, text: &str, has_focus: bool) {
    let style = if has_focus { FOCUSED } else { HEADING };
    let text = fit(text, usize::from(place.width.saturating_sub(2)));
    put(buffer, place, 0, &format!(" {text}"), style);
}

/// Draws a line in the last column.
fn rule(place: Rect, buffer: &mut Buffer) {
    let last = place.width.saturating_sub(1);
    for y in 0..place.height {
        let row = split_top(split_top(place, y).1, 1).0;
        put(buffer, row, usize::from(last), "\u{2502}", DIM);
    }
}

fn types(state: &ScreenState, place: Rect, buffer: &mut Buffer) {
    heading(buffer, place, "TYPES", state.focus == Focus::Types);
    let place = body(split_left(place, place.width.saturating_sub(1)).0);
    let all = ("all types", state.rows.total());
    let types = state.rows.types().values();
    let types = types.map(|row| (row.text.as_str(), row.count));
    let chosen = state.type_position();
    let len = state.rows.types().len().saturating_add(1);
    let top = top(chosen, len, usize::from(place.height));
    let visible = std::iter::once(all).chain(types).enumerate().skip(top);
    for ((at, (text, count)), row) in visible.zip(rows(place)) {
        let style = chosen_style(at == chosen, state.focus == Focus::Types);
        buffer.set_style(row, style);
        let count = format!("{count} ");
        let width = usize::from(row.width);
        let room = width.saturating_sub(count.len()).saturating_sub(2);
        put(buffer, row, 1, &fit(text, room), style);
        put(
            buffer,
            row,
            width.saturating_sub(count.len()),
            &count,
            style,
        );
    }
}

fn list(state: &ScreenState, place: Rect, buffer: &mut Buffer) {
    let sort = state.rows.sort().name();
    let text = format!("INSTANCES by {sort}");
    heading(buffer, place, &text, state.focus == Focus::List);
    let place = body(split_left(place, place.width.saturating_sub(1)).0);
    if state.rows.len() == 0 {
        let text = if state.rows.total() == 0 {
            "Nothing was found yet."
        } else {
            "Nothing matches the filter."
        };
        put(buffer, place, 1, text, DIM);
        return;
    }
    let chosen = state.position();
    let top = top(chosen, state.rows.len(), usize::from(place.height));
    let visible = (top..state.rows.len()).filter_map(|at| Some((at, state.rows.at(at)?)));
    for ((at, row), place) in visible.zip(rows(place)) {
        let style = chosen_style(at == chosen, state.focus == Focus::List);
        instance(row, style, state.has_types, place, buffer);
    }
}

/// Draws an instance: its name, its type if there are several, its host and port.
fn instance(row: &Row, style: Style, has_types: bool, place: Rect, buffer: &mut Buffer) {
    buffer.set_style(place, style);
    let width = usize::from(place.width);
    let type_width = if has_types && width >= TYPE_COLUMN_FROM {
        TYPE_COLUMN
    } else {
        0
    };
    let place_width = width.saturating_mul(2).checked_div(5).unwrap_or(0);
    let name_width = width
        .saturating_sub(place_width)
        .saturating_sub(type_width)
        .saturating_sub(2);
    let name_style = match row.status {
        Status::Resolved(_) => style,
        Status::Open => style.patch(DIM),
        Status::Unavailable => style.patch(UNAVAILABLE),
    };
    put(buffer, place, 1, &fit(&row.name, name_width), name_style);
    let mut at = name_width.saturating_add(2);
    if type_width > 0 {
        let text = fit(&row.service_type, type_width.saturating_sub(1));
        put(buffer, place, at, &text, style);
        at = at.saturating_add(type_width);
    }
    let text = fit(&row.place, place_width);
    put(buffer, place, at, &text, style.patch(DIM));
}

fn details(state: &ScreenState, place: Rect, buffer: &mut Buffer) {
    let name = state.chosen().map_or("DETAILS", |row| &row.name);
    heading(buffer, place, name, state.focus == Focus::Details);
    let place = body(place);
    let lines = state.details(details_width(place));
    let last = lines.len().saturating_sub(usize::from(place.height));
    let visible = lines.iter().skip(state.scrolled.min(last));
    for (line, row) in visible.zip(rows(place)) {
        put(buffer, row, 1, line.label, DIM);
        put(
            buffer,
            row,
            LABEL_WIDTH.saturating_add(1),
            &line.text,
            Style::new(),
        );
    }
}

fn foot(state: &ScreenState, place: Rect, buffer: &mut Buffer) -> Option<Position> {
    let width = usize::from(place.width);
    if state.mode == Mode::Filter {
        let text = fit(&state.filter, width.saturating_sub(12));
        let prompt = format!(" filter: {text}");
        put(buffer, place, 0, &prompt, BAR);
        let column = u16::try_from(prompt.width()).unwrap_or(place.width);
        let x = place
            .x
            .saturating_add(column.min(place.width.saturating_sub(1)));
        return Some(Position::new(x, place.y));
    }
    if let Some(message) = state.message() {
        put(
            buffer,
            place,
            0,
            &format!(" {}", fit(message, width.saturating_sub(2))),
            Style::new(),
        );
        return None;
    }
    let mut text = String::new();
    if !state.filter.is_empty() {
        text = format!(" filter: {} (Esc clears it) ", fit(&state.filter, 24));
    }
    text.push_str(KEYS);
    put(buffer, place, 0, &fit(&text, width), DIM);
    None
}

fn help(size: Rect, buffer: &mut Buffer) {
    let widths = HELP
        .iter()
        .map(|(keys, text)| keys.width().max(KEY_COLUMN).saturating_add(text.width()));
    let wanted = widths.max().unwrap_or(0).saturating_add(4);
    let width = u16::try_from(wanted).unwrap_or(u16::MAX).min(size.width);
    let height = u16::try_from(HELP.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    let height = height.min(size.height);
    let (_, right) = split_left(size, half(size.width.saturating_sub(width)));
    let (_, lower) = split_top(right, half(size.height.saturating_sub(height)));
    let place = Rect {
        width,
        height,
        ..lower
    };
    let blank = " ".repeat(usize::from(width));
    rows(place).for_each(|row| put(buffer, row, 0, &blank, BAR));
    for ((keys, text), row) in HELP.iter().zip(rows(body(place))) {
        put(buffer, row, 2, keys, BAR);
        put(buffer, row, KEY_COLUMN.saturating_add(2), text, BAR);
    }
}

/// Returns the rows of a place, from the top.
fn rows(place: Rect) -> impl Iterator<Item = Rect> {
    (0..place.height).map(move |y| split_top(split_top(place, y).1, 1).0)
}

/// Returns the first visible position, so that the chosen one is in the middle where it can be.
fn top(chosen: usize, len: usize, height: usize) -> usize {
    let middle = height.checked_div(2).unwrap_or(0);
    chosen
        .saturating_sub(middle)
        .min(len.saturating_sub(height))
}

fn chosen_style(is_chosen: bool, has_focus: bool) -> Style {
    match (is_chosen, has_focus) {
        (true, true) => CHOSEN,
        (true, false) => MARKED,
        (false, _) => Style::new(),
    }
}

/// Writes a text into a row, from a column, as far as there is room.
fn put(buffer: &mut Buffer, row: Rect, column: usize, text: &str, style: Style) {
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    if row.height == 0 || column >= row.width {
        return;
    }
    let x = row.x.saturating_add(column);
    let room = usize::from(row.width.saturating_sub(column));
    buffer.set_stringn(x, row.y, text, room, style);
}

const BAR: Style = Style::new().fg(Color::Black).bg(Color::Cyan);
const HEADING: Style = Style::new().add_modifier(Modifier::BOLD);
const FOCUSED: Style = Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD);
const DIM: Style = Style::new().fg(Color::DarkGray);
const UNAVAILABLE: Style = Style::new().fg(Color::Yellow);
const CHOSEN: Style = Style::new().add_modifier(Modifier::REVERSED);
const MARKED: Style = Style::new().add_modifier(Modifier::BOLD);

/// From this width on, the types have a column.
const TYPES_FROM: u16 = 60;
const TYPES_WIDTH: u16 = 24;

/// From this width on, the details are beside the list.
const BESIDE_FROM: u16 = 110;

/// From this height of the middle on, there is room for the details below the list.
const BELOW_FROM: u16 = 8;

/// From this width of the list on, it has a column for the type.
const TYPE_COLUMN_FROM: usize = 64;
const TYPE_COLUMN: usize = 18;

/// How many seconds of activity are shown.
const BARS: usize = 20;
const HEIGHTS: [char; 8] = [
    '\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}',
];

const KEYS: &str = " q quit  ? help  / filter  s sort  y JSON  Y URL  o open  Tab next part";

const KEY_COLUMN: usize = 17;
const HELP: &[(&str, &str)] = &[
    ("Up, Down, k, j", " move"),
    ("PgUp, PgDn", " move by a page; also Space"),
    ("Home, End, g, G", " move to the first, to the last"),
    (
        "Tab, Left, Right",
        " go to the types, the list, the details",
    ),
    ("/", " filter by name, type, host, address or TXT"),
    ("Esc", " clear the filter"),
    ("s", " sort by name, type, host or age"),
    ("y", " copy as JSON"),
    ("Y", " copy the URL"),
    ("o", " open the URL"),
    ("q, Ctrl-C", " quit"),
];

#[cfg(test)]
mod tests;
