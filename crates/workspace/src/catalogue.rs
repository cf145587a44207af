//! The words of a formula: columns of events, kinds of event, functions.

use std::collections::BTreeSet;

use gradus_expression::{FunctionDoc, function_list, texts_given};
use gradus_model::Text;
use gradus_model::event_stream::column;

use crate::access::{Permission, Principal};
use crate::folder::read_sources;
use crate::references::{EVENT_COLUMNS, EVENT_VALUES};
use crate::{Workspace, WorkspaceError};

/// What a formula may say.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// Name, title, type.
    pub columns: Vec<(String, Text, String)>,
    /// Kinds that the sources give, with titles.
    pub kinds: Vec<(String, Text)>,
    pub functions: Vec<FunctionDoc>,
    /// Lists of customers that the sources give (`in_list`), as far as their documents name them.
    pub lists: Vec<String>,
}

/// The kind of event, and the field of it, that puts a customer on a list.
const LIST: &str = "list";

/// What formulas of this workspace may say.
pub fn catalogue(workspace: &Workspace, who: &Principal) -> Result<Catalogue, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let sources = read_sources(&workspace.root)?;
    let fixed = |(name, zh, en, kind): (&str, &str, &str, &str)| {
        (name.to_string(), Text::new(zh, en), kind.to_string())
    };
    let mut columns: Vec<(String, Text, String)> = EVENT_COLUMNS.into_iter().map(fixed).collect();
    let mut kinds: Vec<(String, Text)> = Vec::new();
    let mut lists = BTreeSet::new();
    for (_, source) in sources.iter() {
        for (name, field) in source.fields.iter() {
            if !columns.iter().any(|(known, _, _)| known == name) {
                let kind = serde_json::to_value(field.field_type).ok();
                let kind = kind.and_then(|kind| kind.as_str().map(str::to_string)).unwrap_or_default();
                let title = field.title.clone().unwrap_or_else(|| Text::plain(name));
                columns.push((name.to_string(), title, kind));
            }
        }
        let given = source.mapping.kind.as_deref().and_then(texts_given).unwrap_or_default();
        if given.contains(LIST) {
            let own = source.fields.get(LIST).and_then(|field| texts_given(&field.value));
            lists.extend(own.unwrap_or_default());
        }
        for kind in given {
            if !kinds.iter().any(|(known, _)| *known == kind) {
                let own =
                    sources.iter().find_map(|(_, source)| source.kinds.get(kind.as_str())?.title.clone());
                let ours = || {
                    let is =
                        |(of, value, ..): &&(&str, &str, &str, &str)| *of == column::KIND && *value == kind;
                    EVENT_VALUES.iter().find(is).map(|(_, _, zh, en)| Text::new(*zh, *en))
                };
                let title = own.or_else(ours).unwrap_or_else(|| Text::plain(&kind));
                kinds.push((kind, title));
            }
        }
    }
    Ok(Catalogue { columns, kinds, functions: function_list(), lists: lists.into_iter().collect() })
}
