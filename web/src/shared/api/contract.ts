// The words of the API's document, by the names that the screens use.
import type { components } from './schema';

type S = components['schemas'];
export type Lang = 'zh' | 'en';
export type Both = S['Words'];

export type Session = S['SessionView'];
export type Scope = S['ScopeView'];
export type User = S['User'];
export type Role = S['RoleView'];
export type ApiKey = S['Key'];
export type Double = S['DoublePair'];
export type DoubleSide = S['DoubleSide'];
/** With `example_inputs` the counterexample can be tried out. */
export type Finding = S['FieldProblem'];
/** A problem as it comes, or as the page makes one where no answer came. */
export type Problem = Pick<S['Problem'], 'title' | 'status' | 'code'> & Partial<S['Problem']>;
export type Draft = S['Draft'];
export type Version = S['ModelVersion'];
export type Job = S['JobView'];
export type Run = S['Run'];
export type AuditEntry = S['Entry'];
export type CustomerPage = S['CustomerPage'];
export type CustomerRow = S['CustomerItem'];
export type Profile = S['Profile'];
/** An indicator or a score between bounds. */
export type Range = S['RangeFilter'];

export type Permission =
  | 'see_grades' | 'see_identities' | 'write_notes' | 'edit_models' | 'approve_models' | 'run_jobs' | 'import_data'
  | 'mend_quarantine' | 'override_tiers' | 'export_data' | 'export_identities' | 'manage_users' | 'see_audit' | 'manage_system';

export * from './figures';
