//! Who may do what, with whose data: checked here, below every face, so that a new route or
//! command cannot forget it.

use gradus_model::{Lang, Text};
use serde::{Deserialize, Serialize};

use crate::WorkspaceError;

/// One thing that a person or a program may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Grades, indicators, statements and figures; identifiers masked.
    SeeGrades,
    /// Identifiers of customers in clear, with a reason, logged.
    SeeIdentities,
    /// Notes on customers and who looks after them.
    WriteNotes,
    /// Drafts of the model and of sources.
    EditModels,
    /// Approving and publishing what another person drafted.
    ApproveModels,
    /// Grading, simulating.
    RunJobs,
    ImportData,
    MendQuarantine,
    /// Asking for another tier than the computed one.
    OverrideTiers,
    ExportData,
    ExportIdentities,
    ManageUsers,
    SeeAudit,
    /// Settings, backup, health in detail.
    ManageSystem,
}

impl Permission {
    pub const ALL: [Permission; 14] = [
        Permission::SeeGrades,
        Permission::SeeIdentities,
        Permission::WriteNotes,
        Permission::EditModels,
        Permission::ApproveModels,
        Permission::RunJobs,
        Permission::ImportData,
        Permission::MendQuarantine,
        Permission::OverrideTiers,
        Permission::ExportData,
        Permission::ExportIdentities,
        Permission::ManageUsers,
        Permission::SeeAudit,
        Permission::ManageSystem,
    ];

    /// What people call it.
    pub fn title(self) -> Text {
        match self {
            Permission::SeeGrades => Text::new("查看评级与指标", "see grades and indicators"),
            Permission::SeeIdentities => Text::new("查看客户身份明文", "see customers' identifiers in clear"),
            Permission::WriteNotes => Text::new("写备注、改负责人", "write notes and change owners"),
            Permission::EditModels => Text::new("编辑模型与数据源", "edit models and sources"),
            Permission::ApproveModels => Text::new("审批与发布模型", "approve and publish models"),
            Permission::RunJobs => Text::new("运行评级与模拟", "run gradings and simulations"),
            Permission::ImportData => Text::new("导入数据", "import data"),
            Permission::MendQuarantine => Text::new("处理隔离区", "mend quarantined rows"),
            Permission::OverrideTiers => Text::new("申请人工调整等级", "ask for a manual tier"),
            Permission::ExportData => Text::new("导出数据", "export data"),
            Permission::ExportIdentities => Text::new("导出身份明文", "export identifiers in clear"),
            Permission::ManageUsers => Text::new("管理用户与权限", "manage users and their rights"),
            Permission::SeeAudit => Text::new("查看审计日志", "see the audit log"),
            Permission::ManageSystem => Text::new("管理系统", "manage the system"),
        }
    }
}

/// A named set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Users, settings, everything but customers' identifiers in clear.
    Administrator,
    /// Marketing and sales: data, models, customers.
    Operator,
    /// The second pair of eyes.
    Approver,
    /// Looks and exports without identifiers.
    Analyst,
    /// Looks up a customer, writes notes.
    Service,
    Viewer,
}

impl Role {
    pub const ALL: [Role; 6] =
        [Role::Administrator, Role::Operator, Role::Approver, Role::Analyst, Role::Service, Role::Viewer];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Operator => "operator",
            Role::Approver => "approver",
            Role::Analyst => "analyst",
            Role::Service => "service",
            Role::Viewer => "viewer",
        }
    }

    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == text)
    }

    pub fn title(self) -> Text {
        match self {
            Role::Administrator => Text::new("管理员", "Administrator"),
            Role::Operator => Text::new("运营", "Operator"),
            Role::Approver => Text::new("审批人", "Approver"),
            Role::Analyst => Text::new("分析师", "Analyst"),
            Role::Service => Text::new("客服", "Service"),
            Role::Viewer => Text::new("只读", "Viewer"),
        }
    }

    pub fn permissions(self) -> &'static [Permission] {
        use Permission::*;
        match self {
            Role::Administrator => &[
                SeeGrades,
                WriteNotes,
                EditModels,
                ApproveModels,
                RunJobs,
                ImportData,
                MendQuarantine,
                OverrideTiers,
                ExportData,
                ManageUsers,
                SeeAudit,
                ManageSystem,
            ],
            Role::Operator => &[
                SeeGrades,
                SeeIdentities,
                WriteNotes,
                EditModels,
                RunJobs,
                ImportData,
                MendQuarantine,
                OverrideTiers,
                ExportData,
                ExportIdentities,
            ],
            Role::Approver => &[SeeGrades, SeeIdentities, ApproveModels, RunJobs, SeeAudit],
            Role::Analyst => &[SeeGrades, RunJobs, ExportData],
            Role::Service => &[SeeGrades, SeeIdentities, WriteNotes],
            Role::Viewer => &[SeeGrades],
        }
    }
}

/// Whose data somebody sees.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DataScope {
    #[default]
    Everyone,
    /// The members of a segment of the published model.
    Segment { segment: String },
    /// The customers that they look after.
    Own,
}

/// How somebody shows that it is they who sit there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    Password,
    /// A code of the second factor.
    Totp,
    /// Signing in anew at the company's provider of identities.
    Provider,
    /// Another one-time link from whoever sits at the machine.
    Link,
}

/// What is known of the person behind a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// They showed that it is they, and it is not too long ago.
    pub is_recent: bool,
    /// How they can show it again.
    pub ways: Vec<Proof>,
    /// They are to have a second factor, and have none: until then they do nothing else.
    pub lacks_second_factor: bool,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Principal {
    /// An account's id, or `system`.
    pub account: String,
    pub name: String,
    pub role: Role,
    pub permissions: Vec<Permission>,
    pub scope: DataScope,
    pub language: Lang,
    /// The session, where it is one; a key has none.
    pub session: Option<String>,
    /// The person; a key and the command line have none, and are not asked to show who they are.
    pub presence: Option<Presence>,
}

impl Principal {
    /// Whoever sits at the machine: the command line.
    pub fn local() -> Principal {
        Principal {
            account: "cli".into(),
            name: "CLI".into(),
            role: Role::Administrator,
            permissions: Permission::ALL.to_vec(),
            scope: DataScope::Everyone,
            language: Lang::default(),
            session: None,
            presence: None,
        }
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// # Errors
    /// [`WorkspaceError::Forbidden`] if they may not, [`WorkspaceError::SecondFactorDemanded`] if they
    /// do not yet.
    pub fn needs(&self, permission: Permission) -> Result<(), WorkspaceError> {
        self.has_set_up()?;
        if self.may(permission) { Ok(()) } else { Err(WorkspaceError::Forbidden(permission)) }
    }

    /// For everything but setting the second factor up.
    ///
    /// # Errors
    /// [`WorkspaceError::SecondFactorDemanded`] if they are to have one and have none.
    pub fn has_set_up(&self) -> Result<(), WorkspaceError> {
        match &self.presence {
            Some(presence) if presence.lacks_second_factor => Err(WorkspaceError::SecondFactorDemanded),
            _ => Ok(()),
        }
    }

    /// For what whoever finds an open browser must not do: changing rights, making keys, taking much out.
    ///
    /// # Errors
    /// [`WorkspaceError::NotPresent`] if it is too long ago that they showed that it is they.
    pub fn is_present(&self) -> Result<(), WorkspaceError> {
        match &self.presence {
            Some(presence) if !presence.is_recent => Err(WorkspaceError::NotPresent(presence.ways.clone())),
            _ => Ok(()),
        }
    }

    /// For what concerns everybody at once: figures of the whole base, models, exports.
    ///
    /// # Errors
    /// [`WorkspaceError::OutOfScope`] if they see only a part of the customers.
    pub fn sees_everyone(&self) -> Result<(), WorkspaceError> {
        if self.scope == DataScope::Everyone { Ok(()) } else { Err(WorkspaceError::OutOfScope) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_belongs_to_a_role_and_every_name_reads_back() {
        for permission in Permission::ALL {
            assert!(Role::ALL.iter().any(|role| role.permissions().contains(&permission)), "{permission:?}");
            assert_ne!(permission.title().zh, permission.title().en);
        }
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert_eq!(Role::parse("root"), None);
    }

    #[test]
    fn nobody_drafts_and_approves_by_role_but_the_administrator() {
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Administrator) {
            let both = [Permission::EditModels, Permission::ApproveModels];
            assert!(!both.iter().all(|permission| role.permissions().contains(permission)), "{role:?}");
        }
    }
}
