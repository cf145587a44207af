//! The industries as `build.rs` packed them.

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::ZlibDecoder;
use gradus_model::document::{Model, Tour, Workspace as Settings};
use gradus_model::load::{Loaded, load_model, load_tour, load_workspace, merge_models};
use gradus_model::{Finding, Findings, Place, Text};

use crate::WorkspaceError;

/// Name and blob of every industry, by name.
static PACKED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/industries.rs"));

/// One industry with all its files.
pub(super) struct Packed {
    pub name: &'static str,
    /// Path below the industry's folder, and bytes; by path within each part.
    pub files: Vec<(String, Vec<u8>)>,
}

/// What is read of an industry before anybody chooses it.
pub(super) struct Known {
    pub name: &'static str,
    pub tour: Tour,
    pub model: Model,
    /// Customers with an expected grade, and rows of data.
    pub n_customers: u64,
    pub n_rows: u64,
}

impl Packed {
    fn open(name: &'static str, blob: &[u8]) -> Option<Packed> {
        let mut bytes = Vec::new();
        ZlibDecoder::new(blob).read_to_end(&mut bytes).ok()?;
        let (mut rest, mut files) = (bytes.as_slice(), Vec::new());
        while !rest.is_empty() {
            let path = String::from_utf8(take(&mut rest)?.to_vec()).ok()?;
            files.push((path, take(&mut rest)?.to_vec()));
        }
        Some(Packed { name, files })
    }

    /// The files below `sources/`, `model/` or `data/`.
    pub fn part<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let below = move |path: &'a str| path.strip_prefix(folder)?.strip_prefix('/');
        self.files.iter().filter_map(move |(path, bytes)| below(path).map(|name| (name, bytes.as_slice())))
    }

    /// The text of a file; empty if there is none.
    pub fn text(&self, path: &str) -> String {
        let found = self.files.iter().find(|(known, _)| known == path);
        found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }

    fn known(&self) -> Result<Known, Findings> {
        let place = |path: &str| format!("{}/{path}", self.name);
        let settings: Loaded<Settings> = load_workspace(&place("gradus.yaml"), &self.text("gradus.yaml"));
        let tour = load_tour(&place("tour.yaml"), &self.text("tour.yaml"));
        let (Some(_), Some(tour)) = (settings.value, tour.value) else {
            let mut findings = settings.findings;
            findings.extend(tour.findings);
            return Err(findings);
        };
        let mut findings = Findings::default();
        let mut models = Vec::new();
        for (path, bytes) in self.part("model") {
            let loaded = load_model(&place(path), &String::from_utf8_lossy(bytes));
            findings.extend(loaded.findings);
            models.extend(loaded.value.map(|model| (place(path), model)));
        }
        let (model, merged) = merge_models(models);
        findings.extend(merged);
        if findings.has_errors() {
            return Err(findings);
        }
        let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').filter(|line| line.len() > 1).count();
        // The first line is the heading; workbooks have no lines, and say nothing of their rows.
        let rows = |bytes: &[u8]| (lines(bytes) as u64).saturating_sub(1);
        let is_text = |name: &str| name.ends_with(".csv") || name.ends_with(".tsv");
        let n_rows = self.part("data").filter(|(name, _)| is_text(name)).map(|(_, bytes)| rows(bytes)).sum();
        let n_customers = rows(self.text("expected.csv").as_bytes());
        Ok(Known { name: self.name, tour, model, n_customers, n_rows })
    }
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let (taken, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *rest = after;
    Some(taken)
}

/// All industries that can be read. A test holds that each can.
pub(super) fn known() -> &'static [Known] {
    static KNOWN: OnceLock<Vec<Known>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        PACKED.iter().filter_map(|(name, blob)| Packed::open(name, blob)?.known().ok()).collect()
    })
}

/// One industry with its files.
///
/// # Errors
/// A finding if there is none of this name.
pub(super) fn packed(name: &str) -> Result<Packed, WorkspaceError> {
    if let Some((name, blob)) = PACKED.iter().find(|(known, _)| *known == name) {
        let opened = Packed::open(name, blob);
        return opened.ok_or_else(|| WorkspaceError::Defect(format!("the industry {name} is damaged")));
    }
    Err(unknown(name))
}

/// What is read of one industry.
pub(super) fn known_of(name: &str) -> Result<&'static Known, WorkspaceError> {
    known().iter().find(|known| known.name == name).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> WorkspaceError {
    let names: Vec<&str> = PACKED.iter().map(|(name, _)| *name).collect();
    Finding::error(
        "unknown-industry",
        Place::default().at("industry"),
        Text::new(format!("没有名为「{name}」的行业样例"), format!("no industry is called “{name}”")),
        Text::new(format!("可选：{}", names.join("、")), format!("one of {}", names.join(", "))),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_industry_can_be_read_and_has_a_tour_in_both_languages() {
        assert!(!PACKED.is_empty(), "examples/*/tour.yaml are built in");
        for (name, blob) in PACKED {
            let packed = Packed::open(name, blob).unwrap();
            let known = packed.known().unwrap_or_else(|findings| panic!("{name}: {findings:#?}"));
            assert!(
                packed.part("sources").next().is_some() && packed.part("data").next().is_some(),
                "{name}"
            );
            assert!(known.n_customers > 0 && known.n_rows > 0, "{name}");
            assert!(!known.tour.steps.is_empty(), "{name}");
            let texts = known.tour.steps.iter().flat_map(|step| [&step.title, &step.text]);
            for text in texts.chain([&known.tour.title, &known.tour.summary]) {
                assert!(!text.zh.is_empty() && !text.en.is_empty() && text.zh != text.en, "{name}: {text:?}");
            }
        }
    }

    #[test]
    fn every_tour_leads_to_what_the_model_has() {
        for known in known() {
            let model = &known.model;
            for step in &known.tour.steps {
                let path = step.path();
                let Some((what, name)) = path.trim_start_matches('/').split_once('/') else { continue };
                let is_there = match what {
                    "indicators" => model.indicators.get(name).is_some(),
                    "scorecards" => model.scorecards.get(name).is_some(),
                    "tiers" => model.tiers.get(name).is_some(),
                    "segments" => model.segments.get(name).is_some(),
                    _ => false,
                };
                assert!(is_there, "{}: {path}", known.name);
            }
        }
    }

    #[test]
    fn what_is_damaged_is_no_industry() {
        assert!(Packed::open("x", b"not compressed").is_none());
        let mut rest = [9u8, 0, 0, 0, b'a'].as_slice();
        assert!(take(&mut rest).is_none());
        assert!(packed("no-such-industry").is_err());
    }
}
