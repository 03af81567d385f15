//! The part of the state that shows browsers: what each is, what it serves, what it lacks.

use tabway_protocol::message::{LaneState, SeatState};

use super::{
    layout::escaped,
    state::{put, span, word},
};
use crate::{
    admin::{Node, Seat},
    nodes::{Reason, SelfTest},
};

/// The section of all browsers.
pub(super) fn section(html: &mut String, nodes: &[Node], sites: usize) {
    html.push_str("<section><h2>Browsers</h2>\n");
    if nodes.is_empty() {
        html.push_str(
            "<p>No browser is paired yet. <a href=\"/extension/\">Get the extension</a>, then \
             run <code>tabway node pair</code>.</p></section>\n",
        );
        return;
    }
    for node in nodes {
        browser(html, node);
    }
    if sites == 0 {
        html.push_str(
            "<p>No site is defined. Add one with <code>tabway site add NAME --adapter ADAPTER \
             --origin URL</code>; <code>tabway adapter list</code> shows the adapters.</p>",
        );
    }
    html.push_str("</section>\n");
}

fn browser(html: &mut String, node: &Node) {
    let (dot, state) = match (node.connected, node.paused, node.flapping) {
        (false, ..) => ("", "away"),
        (_, true, _) => ("warn", "paused by its owner"),
        (.., true) => ("warn", "comes and goes"),
        _ => ("good", "connected"),
    };
    let mut about = Vec::new();
    // A browser that its owner has not named is called what it is.
    if node.label != node.browser {
        about.push(short(&node.browser));
    }
    about.extend(node.extension.as_ref().map(|version| format!("extension {version}")));
    put(
        html,
        format_args!(
            "<div class=\"browser\"><h3>{label} <span class=\"soft\">{about}</span>\
             <span class=\"tag dot {dot}\">{state}</span></h3>\n",
            label = escaped(&short(&node.label)),
            about = escaped(&about.join(" · ")),
        ),
    );
    if let Some(advice) = &node.extension_advice {
        let link = "<a href=\"/extension/\">/extension/</a>";
        let advice = escaped(advice).replace("/extension/", link);
        put(html, format_args!("<p class=\"advice\">{advice}</p>\n"));
    }
    if node.connected {
        seats(html, &node.seats);
    }
    html.push_str("</div>\n");
}

fn seats(html: &mut String, seats: &[Seat]) {
    if seats.is_empty() {
        return;
    }
    html.push_str(
        "<table><tr><th>Site</th><th>State</th><th>Tabs</th>\
         <th class=\"number\">Turns</th><th class=\"number\">Health</th></tr>\n",
    );
    seats.iter().for_each(|seat| self::seat(html, seat));
    html.push_str("</table>\n");
}

fn seat(html: &mut String, seat: &Seat) {
    let dot = match (seat.state, seat.rests_ms) {
        (_, Some(_)) | (SeatState::Loading, _) => "warn",
        (SeatState::Ready, _) => "good",
        (SeatState::NoTab, _) => "",
        _ => "bad",
    };
    let rest = seat.rests_ms.map_or_else(String::new, |ms| format!(", rests {}", span(ms / 1_000)));
    put(
        html,
        format_args!(
            "<tr><td>{site}</td><td class=\"wide\"><span class=\"dot {dot}\"></span>{state}{rest} \
             <span class=\"soft\">{detail}{test}{ends}</span></td><td>{tabs}</td>\
             <td class=\"number\">{turns}</td><td class=\"number\">\
             <span class=\"dot {health}\">{score}</span></td></tr>\n",
            site = escaped(&seat.site),
            state = word(&seat.state),
            detail = escaped(&seat.detail),
            ends = seat.session_ends_ms.map_or_else(String::new, ends),
            test = seat.self_test.as_ref().map_or_else(String::new, tested),
            tabs = tabs(seat),
            turns = seat.turns,
            health = well(seat.health.score),
            score = seat.health.score,
        ),
    );
    reasons(html, &seat.health.reasons);
}

/// As the score is counted: from 70 it is well, from 40 it still answers.
fn well(score: u8) -> &'static str {
    match score {
        70.. => "good",
        40.. => "warn",
        _ => "bad",
    }
}

/// What is missing to full health, and what to do about it.
fn reasons(html: &mut String, reasons: &[Reason]) {
    if reasons.is_empty() {
        return;
    }
    html.push_str("<tr class=\"reasons\"><td colspan=\"5\"><ul>");
    for Reason { points, times, problem, advice, .. } in reasons {
        let times = if *times > 1 { format!(", {times} times") } else { String::new() };
        put(
            html,
            format_args!(
                "<li><b>-{points}</b> {problem}{times}. <span class=\"soft\">{advice}</span></li>",
                problem = escaped(problem),
                advice = escaped(advice),
            ),
        );
    }
    html.push_str("</ul></td></tr>\n");
}

/// How many tabs are in which state: `2 idle`, `1 busy`.
fn tabs(seat: &Seat) -> String {
    let states = [
        (LaneState::Idle, "good"),
        (LaneState::Busy, "warn"),
        (LaneState::Yielded, "warn"),
        (LaneState::Unready, ""),
    ];
    let shown: Vec<String> = states
        .into_iter()
        .filter_map(|(state, dot)| {
            let count = seat.lanes.iter().filter(|lane| lane.state == state).count();
            let word = word(&state);
            (count > 0).then(|| format!("<span class=\"dot {dot}\">{count} {word}</span>"))
        })
        .collect();
    shown.join(" ")
}

fn tested(test: &SelfTest) -> String {
    let verdict = if test.passed { "passed" } else { "failed" };
    format!(" self-test {verdict}: {}", escaped(&test.summary))
}

/// When its session ends.
fn ends(ends_ms: i64) -> String {
    let left = ends_ms.saturating_sub(tabway_store::ledger::now_ms());
    format!(" its session ends in {}", span(u64::try_from(left).unwrap_or_default() / 1_000))
}

/// A browser's name without the zeros behind its version: `Chromium 156` for `Chromium 156.0.0.0`.
fn short(name: &str) -> String {
    let mut short = name;
    while let Some(rest) = short.strip_suffix(".0") {
        short = rest;
    }
    short.to_owned()
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn versions_lose_their_zeros() {
        assert_eq!(short("Chromium 156.0.0.0"), "Chromium 156");
        assert_eq!(short("Firefox 153.0"), "Firefox 153");
        assert_eq!(short("Chromium 156.0.8078.79"), "Chromium 156.0.8078.79");
        assert_eq!(short("my laptop"), "my laptop");
    }
}
