//! The company's own provider of identities, as `sign_in.openid` in `gradus.yaml` says it. What is
//! wrong there is a finding; the client's secret comes from the environment or a file, and shows nowhere.

use std::fmt;
use std::path::Path;

use gradus_model::document::{
    GroupRole, NewPeople, OpenidSetting, Rights, RoleSetting, SeesSetting, Workspace as Settings,
};
use gradus_model::{Finding, Findings, Place, Text};
use gradus_store::PostgresPlace;

use crate::WorkspaceError;
use crate::access::{DataScope, Role};

/// The environment's name for the client's secret.
const SECRET: &str = "GRADUS_OPENID_CLIENT_SECRET";

/// A secret that printing does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// For whoever has to send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A provider of identities, ready to be asked.
#[derive(Debug, Clone)]
pub struct IdentityProvider {
    pub title: Text,
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<Secret>,
    /// Beside `openid`.
    pub scopes: Vec<String>,
    pub groups_claim: String,
    /// The certificate (PEM) of the authority behind it, where it is none of the public ones.
    pub root_certificate: Option<Vec<u8>>,
    pub(super) rules: Rules,
}

/// Who may come in, and as what.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub groups: Vec<(String, Role, DataScope)>,
    pub new_people: Newcomers,
    pub link_by_email: bool,
}

/// What becomes of somebody without an account.
#[derive(Debug, Clone)]
pub(super) enum Newcomers {
    Refused,
    ByGroup,
    Everybody(Role, DataScope),
}

/// The provider that the settings of the workspace in a folder name.
///
/// # Errors
/// Findings on `sign_in.openid` in `gradus.yaml`.
pub fn identity_provider(
    root: &Path,
    settings: &Settings,
) -> Result<Option<IdentityProvider>, WorkspaceError> {
    let Some(setting) = &settings.sign_in.openid else { return Ok(None) };
    let mut findings = Findings::default();
    for finding in [issuer_finding(&setting.issuer), client_finding(&setting.client_id)].into_iter().flatten()
    {
        findings.push(finding);
    }
    if let NewPeople::ByGroup = setting.new_people
        && setting.groups.is_empty()
    {
        findings.push(Finding::error(
            "openid-no-groups",
            at("new_people"),
            Text::new(
                "按用户组准入，却没有写任何用户组",
                "people come by their group, and no group is named",
            ),
            Text::new(
                "在 groups 中写明用户组及其角色，例如 - { group: crm, role: operator }",
                "name groups and their roles under groups, such as - { group: crm, role: operator }",
            ),
        ));
    }
    let client_secret = or_finding(secret(root, setting), &mut findings);
    let root_certificate = or_finding(certificate(root, setting), &mut findings);
    if findings.has_errors() {
        return Err(findings.into());
    }
    let title = match setting.title.en.is_empty() && setting.title.zh.is_empty() {
        true => Text::new("企业账号", "your company account"),
        false => setting.title.clone(),
    };
    let groups = setting
        .groups
        .iter()
        .map(|GroupRole { group, role, sees }| (group.clone(), role_of(*role), scope_of(sees)))
        .collect();
    let new_people = match &setting.new_people {
        NewPeople::Refused => Newcomers::Refused,
        NewPeople::ByGroup => Newcomers::ByGroup,
        NewPeople::Everybody(Rights { role, sees }) => Newcomers::Everybody(role_of(*role), scope_of(sees)),
    };
    Ok(Some(IdentityProvider {
        title,
        issuer: setting.issuer.clone(),
        client_id: setting.client_id.clone(),
        client_secret: client_secret.flatten(),
        scopes: setting.scopes.clone(),
        groups_claim: setting.groups_claim.clone(),
        root_certificate: root_certificate.flatten(),
        rules: Rules { groups, new_people, link_by_email: setting.link_by_email },
    }))
}

/// True if what is said to this address cannot be read on the way: https, or this very machine.
pub fn is_private_address(url: &str) -> bool {
    if url.starts_with("https://") {
        return host_of(url).is_some();
    }
    url.starts_with("http://")
        && host_of(url).is_some_and(|host| !host.is_empty() && PostgresPlace::is_local(host))
}

/// The host of an address, without its port. `None` if there is none, or somebody's name before it.
fn host_of(url: &str) -> Option<&str> {
    let authority = url.split_once("://")?.1.split(['/', '?', '#']).next()?;
    if authority.is_empty() || authority.contains(['@', '\\']) || authority.contains(char::is_whitespace) {
        return None;
    }
    match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(host, _)| host),
        None => authority.split(':').next().filter(|host| !host.is_empty()),
    }
}

fn issuer_finding(issuer: &str) -> Option<Finding> {
    if is_private_address(issuer) && !issuer.contains(['?', '#']) {
        return None;
    }
    Some(Finding::error(
        "openid-issuer",
        at("issuer"),
        Text::new(
            format!("「{issuer}」不能作为身份提供方的地址"),
            format!("“{issuer}” cannot be the issuer of a provider of identities"),
        ),
        Text::new(
            "以 https:// 开头、不含 ? 和 # 的地址，与提供方自己公布的 issuer 完全一致；只有本机可用 http://",
            "an address that begins with https://, without ? and #, exactly as the provider names its issuer; http:// only on this machine",
        ),
    ))
}

fn client_finding(client_id: &str) -> Option<Finding> {
    client_id.trim().is_empty().then(|| {
        Finding::error(
            "openid-client",
            at("client_id"),
            Text::new("client_id 是空的", "the client_id is empty"),
            Text::new(
                "在身份提供方登记 Gradus 时得到的客户端 ID",
                "the id that the provider gave when Gradus was registered there",
            ),
        )
    })
}

fn secret(root: &Path, setting: &OpenidSetting) -> Result<Option<Secret>, Finding> {
    if let Some(secret) = std::env::var(SECRET).ok().filter(|secret| !secret.is_empty()) {
        return Ok(Some(Secret(secret)));
    }
    let Some(file) = &setting.client_secret_file else { return Ok(None) };
    let text = std::fs::read_to_string(root.join(file));
    // An editor ends the last line.
    let secret =
        text.as_ref().map(|text| text.trim_end_matches(['\n', '\r']).to_string()).unwrap_or_default();
    if !secret.is_empty() {
        return Ok(Some(Secret(secret)));
    }
    Err(Finding::error(
        "openid-secret-file",
        at("client_secret_file"),
        of_no_use(&root.join(file)),
        Text::new(
            format!("一个本程序可读、内容只有客户端密钥的文件；或改用环境变量 {SECRET}"),
            format!(
                "a file that this program may read, with the client's secret alone; or {SECRET} in the environment"
            ),
        ),
    ))
}

fn certificate(root: &Path, setting: &OpenidSetting) -> Result<Option<Vec<u8>>, Finding> {
    let Some(file) = &setting.root_certificate else { return Ok(None) };
    match std::fs::read(root.join(file)) {
        Ok(pem) if String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") => Ok(Some(pem)),
        _ => Err(Finding::error(
            "openid-certificate-file",
            at("root_certificate"),
            of_no_use(&root.join(file)),
            Text::new(
                "签发提供方证书的机构的证书，PEM 格式",
                "the certificate of the authority that issued the provider's, as PEM",
            ),
        )),
    }
}

fn of_no_use(path: &Path) -> Text {
    let path = path.display();
    Text::new(
        format!("文件 {path} 无法读取，或内容不对"),
        format!("the file {path} cannot be read, or holds something else"),
    )
}

fn or_finding<T>(found: Result<T, Finding>, findings: &mut Findings) -> Option<T> {
    found.map_err(|finding| findings.push(finding)).ok()
}

fn role_of(role: RoleSetting) -> Role {
    match role {
        RoleSetting::Administrator => Role::Administrator,
        RoleSetting::Operator => Role::Operator,
        RoleSetting::Approver => Role::Approver,
        RoleSetting::Analyst => Role::Analyst,
        RoleSetting::Service => Role::Service,
        RoleSetting::Viewer => Role::Viewer,
    }
}

fn scope_of(sees: &SeesSetting) -> DataScope {
    match sees {
        SeesSetting::Everyone => DataScope::Everyone,
        SeesSetting::Segment(segment) => DataScope::Segment { segment: segment.clone() },
        SeesSetting::Own => DataScope::Own,
    }
}

fn at(key: &str) -> Place {
    Place::document("gradus.yaml").at(format!("sign_in.openid.{key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(root: &Path, more: &str) -> Result<Option<IdentityProvider>, Vec<String>> {
        let text = format!(
            "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nsign_in:\n  openid:\n    client_id: gradus\n{more}"
        );
        let loaded = gradus_model::load::load_workspace("gradus.yaml", &text);
        let settings = loaded.value.unwrap_or_else(|| panic!("{:?}", loaded.findings));
        identity_provider(root, &settings).map_err(|error| match error {
            WorkspaceError::Findings(findings) => findings.iter().map(|one| one.code.to_string()).collect(),
            other => panic!("{other}"),
        })
    }

    #[test]
    fn only_what_nobody_reads_on_the_way_is_an_issuer() {
        for fine in
            ["https://login.example.com", "http://127.0.0.1:4000", "http://[::1]:4000/x", "http://localhost"]
        {
            assert!(is_private_address(fine), "{fine}");
        }
        for bad in [
            "http://login.example.com",
            "http://127.0.0.1@example.com",
            "http://localhost.example.com",
            "http:///run/x",
            "http://127.0.0.1\\@example.com/",
            "ftp://127.0.0.1",
            "https://",
            "login.example.com",
            "",
        ] {
            assert!(!is_private_address(bad), "{bad}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let wrong = "    issuer: http://login.example.com\n    client_secret_file: none\n    root_certificate: none\n    new_people: by_group\n";
        let codes = ["openid-issuer", "openid-no-groups", "openid-secret-file", "openid-certificate-file"];
        assert_eq!(provider(folder.path(), wrong).err().unwrap(), codes);
        assert_eq!(
            provider(folder.path(), "    issuer: https://a.example/?x=1\n").err().unwrap(),
            codes[..1]
        );
    }

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "s3 cret\n").unwrap();
        let more = "    issuer: https://login.example.com\n    client_secret_file: secret\n    groups: [{ group: g, role: approver, sees: { segment: large } }]\n    new_people: { everybody: { role: viewer, sees: own } }\n";
        let found = provider(folder.path(), more).unwrap().unwrap();
        assert_eq!(found.client_secret.as_ref().unwrap().reveal(), "s3 cret");
        assert!(!format!("{found:?}").contains("s3 cret"));
        let segment = DataScope::Segment { segment: "large".into() };
        assert_eq!(found.rules.groups, vec![("g".to_string(), Role::Approver, segment)]);
        assert!(matches!(found.rules.new_people, Newcomers::Everybody(Role::Viewer, DataScope::Own)));
    }
}
