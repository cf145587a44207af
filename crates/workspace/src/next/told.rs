//! What is found, as people and pages read it: items with their titles, rows of customers, rules, due dates.

use gradus_model::Text;
use gradus_model::document::NextMethod;

use super::basis::Basis;
use super::due::Due;
use super::judge::DueVerdict;
use super::kept::{List, Row};
use super::rank::{Fitted, Pick};
use super::request::Settings;
use super::{DUE_FROM, DueDate, ItemDue, MOST_TOLD, Named, NextItem, NextRule, why};

pub(super) fn rows_of(
    basis: &Basis,
    fitted: &Fitted,
    settings: &Settings,
    (method, verdict): (NextMethod, DueVerdict),
    customer: u32,
    shut: &dyn Fn(u32) -> bool,
) -> Vec<Row> {
    let id = basis.customers[customer as usize];
    let listed = fitted.list(method, customer, settings.k, shut);
    let mut out: Vec<Row> = listed
        .iter()
        .map(|pick| {
            (id, List::Next, item(basis, pick, why::why(basis, fitted, customer, pick, settings.by_customer)))
        })
        .collect();
    let due = fitted.dues.of_customer(customer).iter();
    // Dates that did not come true before are not sold, and whoever is past the latest of them has left the rhythm.
    let is_due = |due: &Due| due.within >= DUE_FROM && due.high >= f64::from(fitted.dues.today);
    let n_due = if verdict == DueVerdict::Useless { 0 } else { settings.k };
    let due = due.filter(|due| is_due(due) && !shut(due.item)).take(n_due);
    out.extend(due.map(|due| {
        let pick = Pick { item: due.item, score: due.within, how: NextMethod::Due, rule: None };
        let date =
            DueDate { date: why::shown(due.day), low: why::shown(due.low), high: why::shown(due.high) };
        (id, List::Due, NextItem { due: Some(date), ..item(basis, &pick, why::why_due(due)) })
    }));
    if out.is_empty() {
        let nothing = Pick { item: 0, score: 0.0, how: method, rule: None };
        out.push((id, List::Nothing, item(basis, &nothing, Text::default())));
    }
    out
}

fn item(basis: &Basis, pick: &Pick, why: Text) -> NextItem {
    let named = named(basis, pick.item);
    NextItem { item: named.item, title: named.title, score: pick.score, how: pick.how, why, due: None }
}

fn named(basis: &Basis, item: u32) -> Named {
    Named {
        item: basis.items[item as usize].clone(),
        title: Text::plain(basis.titles[item as usize].as_str()),
    }
}

pub(super) fn rules(basis: &Basis, fitted: &Fitted) -> Vec<NextRule> {
    let all = fitted.rules.iter().flat_map(|found| &found.rules).take(MOST_TOLD);
    all.map(|rule| NextRule {
        left: rule.left.iter().map(|item| named(basis, *item)).collect(),
        right: named(basis, rule.right),
        count: rule.count,
        support: rule.support,
        confidence: gradus_feedback::interval::Interval::from(rule.confidence).into(),
        lift: rule.lift,
    })
    .collect()
}

pub(super) fn due(basis: &Basis, fitted: &Fitted, blocked: &[bool]) -> Vec<ItemDue> {
    let (mut n_customers, mut n_due) = (vec![0u64; basis.items.len()], vec![0u64; basis.items.len()]);
    for due in &fitted.dues.all {
        n_customers[due.item as usize] += 1;
        n_due[due.item as usize] += u64::from(due.within >= 0.5);
    }
    let mut out: Vec<ItemDue> = fitted
        .dues
        .rhythms
        .iter()
        .enumerate()
        .filter(|(at, _)| !blocked[*at])
        .filter_map(|(at, rhythm)| {
            let Named { item, title } = named(basis, at as u32);
            let days = rhythm.as_ref()?.rhythm.mean.exp();
            Some(ItemDue { item, title, n_customers: n_customers[at], n_due: n_due[at], days })
        })
        .collect();
    out.sort_by(|a, b| (b.n_due, b.n_customers).cmp(&(a.n_due, a.n_customers)).then(a.item.cmp(&b.item)));
    out.truncate(MOST_TOLD);
    out
}

pub(super) fn everybody(
    basis: &Basis,
    fitted: &Fitted,
    settings: &Settings,
    blocked: &[bool],
) -> Vec<NextItem> {
    let n = basis.customers.len().max(1) as f64;
    let recent = fitted.recent.iter().map(|one| (NextMethod::Recent, one));
    let all = recent.chain(fitted.popular.iter().map(|one| (NextMethod::Popular, one)));
    let mut out: Vec<NextItem> = Vec::new();
    for (how, (at, count)) in all.filter(|(_, (at, _))| !blocked[*at as usize]) {
        if out.len() >= settings.k {
            break;
        }
        let pick = Pick { item: *at, score: *count as f64 / n, how, rule: None };
        if out.iter().all(|known| known.item != basis.items[*at as usize]) {
            out.push(item(basis, &pick, why::why(basis, fitted, 0, &pick, false)));
        }
    }
    out
}
