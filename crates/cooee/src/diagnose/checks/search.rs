//! The check of one name that is wanted.
//!
//! In:  what was asked and heard, step by step.
//! Out: a finding that says at which step the search ends.

use super::{Checked, listed};
use crate::diagnose::facts::Facts;
use crate::diagnose::finding::{Finding, FindingCode, SearchAnswer, SearchStep};
use crate::diagnose::search::Search;

/// Was the wanted name found?
pub(super) fn wanted(facts: &Facts) -> Checked {
    let Some(search) = &facts.search else {
        return Checked::NotPossible("no name was given".to_owned());
    };
    if search.is_found() {
        let steps = search.steps.iter();
        return Checked::Passed(listed(steps.map(told)));
    }
    Checked::Failed(vec![missing(search)])
}

fn missing(search: &Search) -> Finding {
    let Search {
        wanted,
        steps,
        elsewhere,
    } = search;
    if let Some(first) = elsewhere.first() {
        let interface = &first.interface;
        let title = format!("{wanted} is only on {interface}, which is not used");
        let heard = elsewhere.iter().map(|elsewhere| {
            format!(
                "on {} ({}): {}",
                elsewhere.interface,
                elsewhere.reason,
                answer(&elsewhere.answer)
            )
        });
        return Finding::new(FindingCode::OnRefusedInterface, title)
            .on(interface, None)
            .shown_by(steps.iter().map(told))
            .shown_by(heard)
            .because("the interface is excluded by default, or by the options")
            .help(format!("use it: `--interface {interface}`"));
    }
    let ends = steps.iter().rev().find(|step| step.answers.is_empty());
    let ends = ends.map_or_else(|| wanted.clone(), |step| step.asked.clone());
    let title = format!("{wanted} was not found: nobody answers for {ends}");
    let is_silent = steps.iter().all(|step| step.answers.is_empty());
    let others = steps.iter().any(|step| !step.others.is_empty());
    let finding = Finding::new(FindingCode::NotFound, title).shown_by(steps.iter().map(told));
    match is_silent {
        true if others => finding
            .because("the device is off, or has another name; others answer")
            .help("`cooee browse` lists the services that are there"),
        true => finding
            .because("the device is off, on another network, or has another name")
            .help("`cooee browse` lists the services that are there")
            .help("check that both devices are on the same network, not on a guest network"),
        false => finding
            .because("the service was announced, but its host does not answer completely")
            .help("restart the device or the program that announces it"),
    }
}

/// Says what came of a step.
fn told(step: &SearchStep) -> String {
    let SearchStep {
        asked,
        waited,
        answers,
        others,
    } = step;
    if answers.is_empty() {
        let secs = waited.as_secs_f32();
        let what = match others.is_empty() {
            true => "no answer".to_owned(),
            false => {
                let others = listed(others.iter().map(answer));
                format!("only other records came ({others})")
            }
        };
        return format!("asked for {asked}: {what} in {secs:.1} s");
    }
    format!("asked for {asked}: {}", listed(answers.iter().map(answer)))
}

fn answer(answer: &SearchAnswer) -> String {
    let SearchAnswer {
        text,
        interface,
        after,
    } = answer;
    format!("{text} on {interface} after {:.1} s", after.as_secs_f32())
}
