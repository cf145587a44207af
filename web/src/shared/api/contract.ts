// What the server says and is told, by resource. Instants are ISO texts, exact amounts are texts.
import type { ModelDocument, Text } from './document';

export type Lang = 'zh' | 'en';
export interface Both { zh: string; en: string }

export type Permission =
  | 'see_grades' | 'see_identities' | 'edit_models' | 'approve_models' | 'run_jobs' | 'import_data'
  | 'mend_quarantine' | 'override_tiers' | 'export_data' | 'export_identities' | 'manage_users'
  | 'see_audit' | 'manage_system';

export interface Finding {
  severity: 'error' | 'warning' | 'note';
  code: string;
  path?: string | null;
  message: Both;
  hint?: Both | null;
  line?: number | null;
}
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  code: string;
  message?: string;
  request_id?: string;
  errors?: { path?: string; code: string; message: Both; hint?: Both | null; line?: number | null }[];
}
export interface Listed<T> { items: T[]; next_cursor?: string | null; total?: number | null }

export interface User {
  id: string; name: string; email: string; role: string; language: Lang;
  scope?: Scope; disabled?: boolean; last_seen?: string | null; totp?: boolean;
}
export interface Scope { kind: 'everyone' | 'segment' | 'owned'; segment?: string | null }
export interface Session {
  user: User;
  permissions: Permission[];
  scope: Scope;
  workspace: {
    title: Text; time_zone: string; currency: string; language: Lang; four_eyes: boolean;
    has_data: boolean; has_model: boolean;
    clock: { kind: 'system' | 'fixed' | 'last_event'; now: string; date: string };
  };
}
export interface Role { name: string; title: Both; permissions: Permission[] }
export interface ApiKey { id: string; name: string; scopes: string[]; created: string; expires?: string | null; last_used?: string | null; key?: string }
export interface OwnSession { id: string; created: string; last_seen: string; address?: string | null; agent?: string | null; current: boolean }

export interface LevelCount { name: string; title: Text; count: number; share: number; revenue_share?: number | null }
export interface Home {
  as_of: string | null;
  run: { id: string; finished: string; version: number | null; state: string; seconds?: number | null } | null;
  customers: number;
  tiers: { scheme: string; title: Text; levels: LevelCount[]; not_graded?: number }[];
  moved: { up: number; down: number; entered: number; left: number };
  waiting_approvals: { kind: 'version' | 'override'; id: string; title: Both; by: string; at: string }[];
  expiring_overrides: Override[];
  quarantine: { open: number };
  failed_jobs: Job[];
  freshness: { what: Both; at: string | null; age_days: number | null }[];
  warnings: { code: string; message: Both }[];
}

export interface UploadPreview {
  encoding: string; delimiter?: string | null; has_header: boolean; sheets: string[]; sheet?: string | null;
  columns: string[]; rows: (string | null)[][]; n_bytes: number;
  sources: { name: string; title: Text; fits: boolean }[];
  findings: Finding[];
}
export interface SourceDocument {
  gradus?: number; title?: Text; files?: string[]; history?: boolean;
  mapping?: Record<string, unknown>; fields?: Record<string, { type?: string; value?: string; title?: Text }>;
  cleaning?: Record<string, unknown>; [key: string]: unknown;
}
export interface Reconciliation {
  read: number; attributed: number; unattributed: number; quarantined: number;
  amount_read?: string | null; amount_attributed?: string | null; amount_unattributed?: string | null; amount_quarantined?: string | null;
  balanced: boolean;
}
export interface ImportResult extends Reconciliation { import?: number | null; new: number; known: number; customers_new?: number; dry_run: boolean; findings?: Finding[] }
export interface ImportSummary {
  number: number; at: string; by: string | null; state: string; files: string[]; source: string;
  read: number; new: number; known: number; quarantined: number; unattributed: number; attributed: number;
}
export interface QualityField { column: string; title?: Text | null; filled: number; valid: number; distinct?: number | null; outliers?: number | null; first?: string | null; last?: string | null }
export interface ImportDetail extends ImportSummary {
  reconciliation: Reconciliation;
  quality: QualityField[];
  counts: { kind: string; count: number; amount?: string | null }[];
}
export interface QuarantineRow { id: string; import: number; file: string; row: number; code: string; message: Both; cells: { column: string; value: string | null; masked?: boolean; bad?: boolean }[] }

export interface Draft { document: ModelDocument; base_version: number | null; etag: string; changed_by?: string | null; changed_at?: string | null; findings: Finding[] }
export type VersionState = 'draft' | 'review' | 'published' | 'scheduled' | 'retired' | 'rejected' | 'approved' | 'withdrawn';
export interface Version { version: number; state: VersionState; note?: string | null; by?: string | null; at: string; approved_by?: string | null; published_at?: string | null; effective_from?: string | null; validation?: string | null }
export interface Change { path: string; words: Both; kind: 'added' | 'removed' | 'changed'; before?: unknown; after?: unknown }

export interface Catalogue {
  columns: { name: string; type: string; title?: Text | null }[];
  kinds: { name: string; title?: Text | null }[];
  functions: { name: string; signature: string; title: Both }[];
  indicators: { name: string; title: Text; type: string; unit?: Text | null }[];
  scores: { name: string; title: Text }[];
  tiers: { name: string; title: Text; levels: { name: string; title: Text }[] }[];
  segments: { name: string; title: Text }[];
  groupings: { name: string; title: Text; groups?: { name: string; title: Text }[] }[];
  lists: { name: string; title?: Text; count?: number }[];
}
export interface Distribution {
  bins: { from: number; to: number; count: number; label?: string | null }[];
  n_unknown: number; n_not_applicable: number; quantiles: { q: number; value: number }[];
}
export interface IndicatorDetail { title: Text; words: Both; distribution: Distribution | null; used_by: { kind: string; name: string; title: Text }[] }

export interface Statement {
  scorecard: string; title: Both; total: number; total_high?: number | null; completeness: number;
  lines: StatementLine[];
}
export interface StatementLine {
  kind: 'base' | 'attribute' | 'adjustment' | 'group_cap' | 'rounding' | 'total_cap';
  name: string; title: Both; value?: string | null; bin?: Both | null; points?: number | null; weight?: number | null;
  reweighted?: number | null; capped?: number | null; group?: string | null; amount: number; amount_high?: number | null;
}
export interface ModelPreview {
  as_of: string; customers: number; needs_fold?: boolean; seconds?: number;
  score: { histogram: { from: number; to: number; count: number; before?: number | null }[]; quantiles: number[] } | null;
  tiers: { level: string; title?: Text | null; count: number; before: number | null }[];
  moved: { up: number; down: number };
  matrix: { from: string; to: string; count: number }[];
  edges: { customer: string; level?: string; distance: number }[];
  attributes: { name: string; bins: { label: string; count: number; points: number }[] }[];
  customer?: { statement: Statement } | null;
}
export interface SegmentSample { customer: string; label: string; values?: { name: string; value: string | null }[]; fails?: Both | null }
export interface SegmentPreview {
  count: number; base_count: number; share: number; words: Both;
  inside: SegmentSample[]; outside: SegmentSample[]; estimated: boolean;
}
export interface Simulation {
  matrix: { scheme?: string; from: string; to: string; count: number }[];
  edges: { customer: string; level: string; distance: number }[];
  tiers: { scheme?: string; level: string; title?: Text; count: number; before: number; revenue?: number | null; revenue_before?: number | null; benefit_cost?: number | null }[];
  segments: { name: string; title?: Text; before: number; after: number }[];
  moved_in_words: Both;
}

export interface CustomerRow { customer: string; label: string; tier: Record<string, string | null>; score: Record<string, number | null>; values?: Record<string, string | number | null>; override?: boolean }
export interface LevelDistance { level: string; title: Both; from?: number | null; distance?: number | null }
export interface Standing { scheme: string; title: Both; level: string | null; not_graded?: string | null; provisional: boolean; value: string | null; levels: LevelDistance[] }
export type Truth = 'true' | 'false' | 'unknown';
export interface Reason { text: Both; truth: Truth; values?: [string, string | null][]; parts?: Reason[] }
export interface SegmentReason { segment: string; title: Both; member: Truth; base: string; in_base: Truth; condition: Reason }
export interface Profile {
  customer: string; label: string; identities: { kind: string; masked: string; value?: string | null }[]; owner: string | null;
  tiers: { scheme: string; title: Text; level: string | null; level_title: Text | null; since?: string | null; override?: boolean }[];
  scores: { name: string; title: Text; value: number | null; high?: number | null }[];
  segments: { name: string; title: Text }[];
  groupings: { name: string; title: Text; value: string | null; value_title?: Text | null }[];
  overrides: Override[]; completeness: number | null; first_seen: string | null; last_seen: string | null;
}
export interface Explanation {
  customer: number | string; as_of: string; run: string; version?: number | null; fit?: number | null;
  indicators: [string, Both, string | null][];
  scores: Statement[];
  differences: { scorecard: string; title: Both; before: number; after: number; total: number; lines: { name: string; title: Both; before: [string | null, number] | null; after: [string | null, number] | null; amount: number }[] }[];
  standings: Standing[]; segments: SegmentReason[];
}
export interface EventLine { id?: string; time: string; kind: string; order?: string | null; amount?: string | null; quantity?: string | null; fields?: Record<string, string | null>; source?: string | null }
export interface HistoryPoint { as_of: string; tiers: Record<string, string | null>; scores: Record<string, number | null> }
export interface Note { id: string; by: string; at: string; text: string }
export interface Override { id: string; customer: string; label?: string; scheme: string; level: string; reason: string; by: string; at: string; expires: string | null; state: 'waiting' | 'active' | 'rejected' | 'ended' | 'expired'; approved_by?: string | null }
export interface View { id: string; kind: string; name: string; content: Record<string, unknown>; shared?: boolean; by?: string }

export interface Part { name: string; title: Both; count: number; share: number; value: number | null; value_share: number | null }
export interface Summary {
  latest: {
    as_of: string; n_customers: number;
    value: { name: string; title: Both; total: number; mean: number | null; lorenz: [number, number][]; gini: number | null; top20_share: number | null } | null;
    tiers: { name: string; title: Both; levels: Part[]; n_graded: number; n_not_graded: number; n_provisional: number }[];
    scores: { name: string; title: Both; n_known: number; n_unknown: number; mean: number | null; quantiles: number[]; histogram: { low: number; high: number; counts: number[] } | null }[];
    segments: { members: Part; n_unknown: number }[];
    groupings: { name: string; title: Both; groups: Part[]; n_none: number }[];
    rfm: { recency: Both; frequency: Both; monetary: Both | null; cells: { count: number; mean_value: number | null }[][]; recency_cuts: number[]; frequency_cuts: number[]; n_unknown: number } | null;
  };
  history: { scheme: string; title: Both; levels: [string, Both][]; points: { as_of: string; counts: number[]; not_graded: number }[] }[];
  migrations: { scheme: string; title: Both; from_as_of: string; to_as_of: string; levels: [string, Both][]; counts: number[][]; n_up: number; n_down: number; n_same: number }[];
}
export interface Instant { as_of: string; run: string; version: number | null; customers: number }
export interface Cohorts { cohorts: { cohort: string; size: number; periods: { active: number; value: number | null }[] }[] }
export interface Kpi { name: string; title: Text; unit?: string | null; rows: { name: string; title: Text; value: number | null }[]; total: number | null; target?: number | null }
export interface Kpis { by: string; kpis: Kpi[] }

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
export interface Job {
  id: string; kind: string; state: JobState; progress?: { step: string; done: number; total: number | null } | null;
  started?: string | null; finished?: string | null; created?: string; by?: string | null; result?: unknown; problem?: Problem | null;
}
export interface Run { id: string; as_of: string; version: number | null; state: string; started: string; finished: string | null; customers: number; seconds: number | null; fit?: number | null }
export interface AuditEntry { number: number; at: string; who: string; action: string; what?: string | null; detail?: Record<string, unknown> | null; hash?: string }
export interface SystemInfo {
  version: string; formats: { name: string; number: number }[]; sizes: { what: Both | string; bytes: number; rows?: number | null }[];
  store: string; licences: { name: string; version: string; licence: string }[]; settings: { four_eyes: boolean; [key: string]: unknown }; last_backup?: string | null;
}
