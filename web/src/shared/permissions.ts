import type { Permission } from './api/contract';
import { words } from './i18n/words';

export const PERMISSIONS: Permission[] = ['see_grades', 'see_identities', 'write_notes', 'edit_models', 'approve_models', 'run_jobs', 'import_data', 'mend_quarantine', 'override_tiers', 'export_data', 'export_identities', 'manage_users', 'see_audit', 'manage_system'];

/** What each permission lets somebody do. */
export const usePermissionWords = words('permissions', {
  see_grades: ['查看等级与分数', 'see grades'],
  see_identities: ['查看身份信息', 'see identities'],
  write_notes: ['写备注、改负责人', 'write notes and change owners'],
  edit_models: ['编辑模型', 'edit models'],
  approve_models: ['审批模型', 'approve models'],
  run_jobs: ['运行评级', 'run gradings'],
  import_data: ['导入数据', 'import data'],
  mend_quarantine: ['修改隔离行', 'mend quarantined rows'],
  override_tiers: ['人工调整等级', 'override tiers'],
  export_data: ['导出数据', 'export data'],
  export_identities: ['导出身份信息', 'export identities'],
  manage_users: ['管理用户', 'manage users'],
  see_audit: ['查看审计', 'see the audit log'],
  manage_system: ['管理系统', 'manage the system'],
});
