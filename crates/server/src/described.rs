//! What the description says of all operations alike: names of their own, how to sign in, what a body may
//! get, and which operation goes on from which answer.

use gradus_workspace::access::{Permission, Role};
use serde_json::{Value, json};
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ArrayItems, Components, Schema};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder};

/// A link: from the answer to an operation to another operation, with what the answer gives it. A value is
/// an expression of OpenAPI such as `$response.body#/id`.
struct Onward {
    from: (&'static str, &'static str),
    to: (&'static str, &'static str),
    parameters: &'static [(&'static str, &'static str)],
    body: Option<fn() -> Value>,
}

const fn onward(
    from: (&'static str, &'static str),
    to: (&'static str, &'static str),
    parameters: &'static [(&'static str, &'static str)],
) -> Onward {
    Onward { from, to, parameters, body: None }
}

const FOUND: (&str, &str) = ("post", "/customers/search");
const OPENED: (&str, &str) = ("get", "/customers/{customer}");
const CHANGED: (&str, &str) = ("get", "/transitions");
const FIRST_FOUND: &[(&str, &str)] = &[("customer", "$response.body#/items/0/customer")];
const THE_SAME: &[(&str, &str)] = &[("customer", "$response.body#/customer")];
const SUBMITTED: (&str, &str) = ("post", "/model/draft/submit");
const VERSION: &[(&str, &str)] = &[("version", "$response.body#/version")];
const NEWEST_VERSION: &[(&str, &str)] = &[("version", "$response.body#/items/0/version")];
const ID: &[(&str, &str)] = &[("id", "$response.body#/id")];
const FIRST_ID: &[(&str, &str)] = &[("id", "$response.body#/items/0/id")];
const UPLOADED: (&str, &str) = ("post", "/uploads");
const UPLOAD: &[(&str, &str)] = &[("upload", "$response.body#/upload")];
const NUMBER: &[(&str, &str)] = &[("number", "$response.body#/items/0/number")];
const REVISION: &[(&str, &str)] = &[("if-match", "$response.header.etag")];

const ONWARD: [Onward; 57] = [
    onward(FOUND, OPENED, FIRST_FOUND),
    onward(FOUND, ("get", "/customers/{customer}/statement"), FIRST_FOUND),
    onward(FOUND, ("get", "/customers/{customer}/history"), FIRST_FOUND),
    onward(FOUND, ("post", "/customers/{customer}/reveal"), FIRST_FOUND),
    onward(FOUND, ("post", "/customers/{customer}/notes"), FIRST_FOUND),
    onward(FOUND, ("get", "/customers/{customer}/identities"), FIRST_FOUND),
    onward(CHANGED, ("get", "/customers/{customer}/identities"), FIRST_FOUND),
    onward(("post", "/rebase"), ("get", "/jobs/{id}"), ID),
    onward(("post", "/reports"), ("get", "/jobs/{id}"), ID),
    onward(FOUND, ("get", "/customers/{customer}/benefits"), FIRST_FOUND),
    onward(FOUND, ("put", "/customers/{customer}/owner"), FIRST_FOUND),
    Onward {
        from: FOUND,
        to: FOUND,
        parameters: &[],
        body: Some(|| json!({ "cursor": "$response.body#/next_cursor" })),
    },
    Onward {
        from: FOUND,
        to: ("post", "/customers/{customer}/overrides"),
        parameters: FIRST_FOUND,
        body: Some(|| json!({ "scheme": "member", "level": "gold", "reason": "goodwill" })),
    },
    onward(CHANGED, OPENED, FIRST_FOUND),
    onward(CHANGED, ("get", "/customers/{customer}/statement"), FIRST_FOUND),
    onward(CHANGED, ("get", "/customers/{customer}/history"), FIRST_FOUND),
    onward(CHANGED, ("post", "/customers/{customer}/notes"), FIRST_FOUND),
    onward(OPENED, ("get", "/customers/{customer}/notes"), THE_SAME),
    onward(OPENED, ("get", "/customers/{customer}/overrides"), THE_SAME),
    onward(("post", "/customers/{customer}/overrides"), ("post", "/overrides/{id}/approve"), ID),
    onward(("post", "/customers/{customer}/overrides"), ("post", "/overrides/{id}/reject"), ID),
    onward(("post", "/overrides/{id}/approve"), ("post", "/overrides/{id}/end"), ID),
    onward(("post", "/overrides/{id}/approve"), OPENED, THE_SAME),
    onward(("get", "/overrides"), ("post", "/overrides/{id}/end"), FIRST_ID),
    onward(("post", "/keys"), ("delete", "/keys/{id}"), &[("id", "$response.body#/key/id")]),
    onward(("post", "/users"), ("patch", "/users/{id}"), &[("id", "$response.body#/user/id")]),
    onward(("post", "/users"), ("post", "/users/{id}/password-reset"), &[("id", "$response.body#/user/id")]),
    onward(("patch", "/users/{id}"), ("patch", "/users/{id}"), ID),
    onward(("post", "/views"), ("delete", "/views/{id}"), ID),
    onward(("get", "/views"), ("delete", "/views/{id}"), FIRST_ID),
    onward(UPLOADED, ("post", "/uploads/{upload}/preview"), UPLOAD),
    onward(UPLOADED, ("post", "/uploads/{upload}/propose"), UPLOAD),
    onward(UPLOADED, ("delete", "/uploads/{upload}"), UPLOAD),
    Onward {
        from: UPLOADED,
        to: ("post", "/imports"),
        parameters: &[],
        body: Some(|| json!({ "uploads": ["$response.body#/upload"], "dry_run": true })),
    },
    onward(("get", "/imports"), ("get", "/imports/{number}"), NUMBER),
    onward(("get", "/imports"), ("get", "/imports/{number}/failed-rows"), NUMBER),
    onward(("get", "/sources"), ("get", "/sources/{name}"), &[("name", "$response.body#/0/name")]),
    onward(("post", "/imports"), ("get", "/jobs/{id}"), ID),
    onward(("post", "/runs"), ("get", "/jobs/{id}"), ID),
    onward(("post", "/runs"), ("post", "/jobs/{id}/cancel"), ID),
    onward(("post", "/simulate"), ("get", "/jobs/{id}"), ID),
    onward(("post", "/exports"), ("get", "/jobs/{id}"), ID),
    onward(("post", "/system/backup"), ("get", "/jobs/{id}"), ID),
    onward(
        ("get", "/jobs/{id}"),
        ("get", "/simulations/{simulation}/customers"),
        &[("simulation", "$response.body#/result/id")],
    ),
    onward(("get", "/jobs/{id}"), ("get", "/files/{id}"), &[("id", "$response.body#/result/file")]),
    onward(("get", "/jobs"), ("get", "/jobs/{id}"), FIRST_ID),
    onward(("get", "/model/draft"), ("delete", "/model/draft"), REVISION),
    onward(("get", "/model/draft"), SUBMITTED, REVISION),
    Onward {
        from: ("get", "/model/draft"),
        to: ("put", "/model/draft"),
        parameters: REVISION,
        body: Some(|| json!({ "document": "$response.body#/document" })),
    },
    onward(("put", "/model/draft"), SUBMITTED, REVISION),
    onward(SUBMITTED, ("get", "/model/versions/{version}"), VERSION),
    onward(SUBMITTED, ("post", "/model/versions/{version}/approve"), VERSION),
    onward(SUBMITTED, ("post", "/model/versions/{version}/reject"), VERSION),
    onward(
        ("post", "/model/versions/{version}/approve"),
        ("post", "/model/versions/{version}/publish"),
        VERSION,
    ),
    onward(
        ("post", "/model/versions/{version}/publish"),
        ("post", "/model/versions/{version}/restore"),
        VERSION,
    ),
    onward(("get", "/model/versions"), ("get", "/model/versions/{version}"), NEWEST_VERSION),
    onward(("get", "/me/sessions"), ("delete", "/me/sessions/{id}"), &[("id", "$response.body#/0/id")]),
];

/// Completes a description.
pub fn complete(description: &mut OpenApi) {
    let paths: Vec<String> = description.paths.paths.keys().cloned().collect();
    for path in &paths {
        let Some(item) = description.paths.paths.get_mut(path) else { continue };
        for method in ["get", "post", "put", "patch", "delete"] {
            let Some(operation) = of(item, method) else { continue };
            operation.operation_id = Some(id_of(method, path));
            say_who(operation, method);
            say_what_bodies_get(operation);
        }
    }
    for one in &ONWARD {
        let from = description.paths.paths.get_mut(one.from.1).and_then(|item| of(item, one.from.0));
        let answers = from.map(|operation| &mut operation.responses.responses);
        let good = answers.and_then(|all| all.iter_mut().find(|(status, _)| status.starts_with('2')));
        let Some((_, RefOr::T(response))) = good else { continue };
        let to = id_of(one.to.0, one.to.1);
        let mut link = LinkBuilder::new().operation_id(to.clone());
        for (name, value) in one.parameters {
            link = link.parameter(*name, *value);
        }
        let link = link.request_body(one.body.map(|body| body())).build();
        response.links.insert(to, RefOr::T(link));
    }
    let components = description.components.get_or_insert_default();
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    let rights: Vec<String> = Permission::ALL.iter().filter_map(name_of).collect();
    for body in ["NewUserBody", "UserChangeBody"] {
        one_of(components, body, "role", &roles.join("|"));
    }
    one_of(components, "NewKeyBody", "scopes", &rights.join("|"));
    let described = |name: &str, about: &str| ApiKeyValue::with_description(name, about);
    let session = "What signing in sets; `__Host-gradus` where the server is reached by https.";
    let page = "Any value, on whatever changes something with a cookie: a foreign page cannot set it.";
    let key = "A key of `/keys`, as a program sends it.";
    let schemes = [
        ("session", SecurityScheme::ApiKey(ApiKey::Cookie(described("gradus", session)))),
        ("page", SecurityScheme::ApiKey(ApiKey::Header(described("X-Gradus", page)))),
        ("key", {
            let mut bearer = Http::new(HttpAuthScheme::Bearer);
            bearer.description = Some(key.into());
            SecurityScheme::Http(bearer)
        }),
    ];
    components.security_schemes.extend(schemes.map(|(name, scheme)| (name.to_string(), RefOr::T(scheme))));
}

/// A right as it travels.
fn name_of(permission: &Permission) -> Option<String> {
    serde_json::to_value(permission).ok()?.as_str().map(str::to_string)
}

/// Says what a text of a body may be, or each of a list.
fn one_of(components: &mut Components, body: &str, field: &str, names: &str) {
    let Some(RefOr::T(Schema::Object(body))) = components.schemas.get_mut(body) else { return };
    let text = match body.properties.get_mut(field) {
        Some(RefOr::T(Schema::Array(list))) => {
            list.min_items = Some(1);
            match &mut list.items {
                ArrayItems::RefOrSchema(item) => match item.as_mut() {
                    RefOr::T(Schema::Object(text)) => text,
                    _ => return,
                },
                _ => return,
            }
        }
        Some(RefOr::T(Schema::Object(text))) => text,
        _ => return,
    };
    text.pattern = Some(format!("^({names})$"));
}

fn of<'i>(item: &'i mut PathItem, method: &str) -> Option<&'i mut Operation> {
    match method {
        "get" => item.get.as_mut(),
        "post" => item.post.as_mut(),
        "put" => item.put.as_mut(),
        "patch" => item.patch.as_mut(),
        _ => item.delete.as_mut(),
    }
}

/// A name that no other operation has: handlers are called `see` and `list` in every module.
fn id_of(method: &str, path: &str) -> String {
    let words = path.split(['/', '-', '{', '}']).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

/// How whoever asks is known: a session with the header of our own page, or a key.
fn say_who(operation: &mut Operation, method: &str) {
    let right = operation.extensions.as_ref().and_then(|named| named.get("x-permission"));
    let nobody: [&str; 0] = [];
    operation.security = Some(match right.and_then(Value::as_str) {
        Some("nobody") => Vec::new(),
        _ => {
            let session = SecurityRequirement::new("session", nobody);
            let session = if method == "get" { session } else { session.add("page", nobody) };
            vec![session, SecurityRequirement::new("key", nobody)]
        }
    });
}

/// Whatever takes a body may find it too large, or of the wrong kind.
fn say_what_bodies_get(operation: &mut Operation) {
    if operation.request_body.is_none() {
        return;
    }
    for (status, why) in [("413", "The body is too large"), ("415", "The body is of the wrong kind")] {
        let schema = Ref::from_schema_name("Problem");
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response =
            ResponseBuilder::new().description(why).content("application/problem+json", content).build();
        operation.responses.responses.entry(status.into()).or_insert_with(|| response.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_leads_from_an_operation_to_another_and_gives_it_what_it_takes() {
        let document = serde_json::to_value(crate::open_api()).unwrap();
        for one in &ONWARD {
            let operation = |(method, path): (&str, &str)| {
                let found = &document["paths"][path][method];
                assert!(found.is_object(), "{method} {path} is no operation");
                found
            };
            let (from, to) = (operation(one.from), operation(one.to));
            let answers = from["responses"].as_object().unwrap().iter();
            let good = answers.clone().find(|(status, _)| status.starts_with('2')).unwrap().1;
            let link = &good["links"][id_of(one.to.0, one.to.1)];
            assert_eq!(link["operationId"], to["operationId"], "{:?} to {:?}", one.from, one.to);
            let taken: Vec<&str> = to["parameters"]
                .as_array()
                .map(|all| all.iter().filter_map(|one| one["name"].as_str()).collect())
                .unwrap_or_default();
            for (name, _) in one.parameters {
                assert!(taken.contains(name), "{:?} takes no {name}: {taken:?}", one.to);
            }
            let needed = to["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "path");
            for parameter in needed {
                let name = parameter["name"].as_str().unwrap();
                assert!(one.parameters.iter().any(|one| one.0 == name), "{:?} needs {name}", one.to);
            }
        }
    }

    #[test]
    fn roles_and_rights_are_named_in_bodies() {
        let document = serde_json::to_value(crate::open_api()).unwrap();
        let schemas = &document["components"]["schemas"];
        let roles = "^(administrator|operator|approver|analyst|service|viewer)$";
        for body in ["NewUserBody", "UserChangeBody"] {
            assert_eq!(schemas[body]["properties"]["role"]["pattern"], roles, "{body}");
        }
        let scopes = &schemas["NewKeyBody"]["properties"]["scopes"];
        assert!(scopes["items"]["pattern"].as_str().unwrap().contains("|see_identities|"), "{scopes}");
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_says_who_may_ask() {
        let document = serde_json::to_value(crate::open_api()).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in
                item.as_object().unwrap().iter().filter(|one| one.1.get("responses").is_some())
            {
                let id = operation["operationId"].as_str().unwrap();
                assert!(seen.insert(id.to_string()), "{method} {path}: {id} is taken");
                let security = operation["security"].as_array().unwrap();
                assert_eq!(security.is_empty(), operation["x-permission"] == "nobody", "{method} {path}");
                let page = security.first().is_some_and(|one| one.get("page").is_some());
                assert_eq!(page, !security.is_empty() && method != "get", "{method} {path}");
            }
        }
    }
}
