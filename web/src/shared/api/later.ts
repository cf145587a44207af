// What the page is written for and the API does not have yet, in the form in which the page would ask for it.
// As soon as openapi.json has an operation, its own description takes the place of the one here, and the type
// checker says where the two differ. Until then the page shows that it is not there yet, and asks nobody.
import type { Both, Finding, Job, Statement } from './contract';
import type { Condition, ModelDocument, Text } from './document';

export interface Listed<T> { items: T[]; next_cursor?: string | null; total?: number | null }

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

export interface Change { path: string; words: Both; kind: 'added' | 'removed' | 'changed'; before?: unknown; after?: unknown }
export interface Distribution {
  bins: { from: number; to: number; count: number; label?: string | null }[];
  n_unknown: number; n_not_applicable: number; quantiles: { q: number; value: number }[];
}
export interface IndicatorDetail { title: Text; words: Both; distribution: Distribution | null; used_by: { kind: string; name: string; title: Text }[] }
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
export interface HistoryPoint { as_of: string; tiers: Record<string, string | null>; scores: Record<string, number | null> }
export interface Note { id: string; by: string; at: string; text: string }
export interface Override { id: string; customer: string; label?: string; scheme: string; level: string; reason: string; by: string; at: string; expires: string | null; state: 'waiting' | 'active' | 'rejected' | 'ended' | 'expired'; approved_by?: string | null }
export interface View { id: string; kind: string; name: string; content: Record<string, unknown>; shared?: boolean; by?: string }
export interface Cohorts { cohorts: { cohort: string; size: number; periods: { active: number; value: number | null }[] }[] }
export interface Kpi { name: string; title: Text; unit?: string | null; rows: { name: string; title: Text; value: number | null }[]; total: number | null; target?: number | null }
export interface Kpis { by: string; kpis: Kpi[] }
export interface SystemInfo {
  version: string; formats: { name: string; number: number }[]; sizes: { what: Both | string; bytes: number; rows?: number | null }[];
  store: string; licences: { name: string; version: string; licence: string }[]; settings: { four_eyes: boolean; [key: string]: unknown }; last_backup?: string | null;
}

type Parameters<Q, P> = { query?: Q; path: P; header?: never; cookie?: never };
type Reply<R> = { 200: { headers: Record<string, unknown>; content: { 'application/json': R } } };
type Get<R, P = Record<string, never>, Q = Record<string, unknown>> = { get: { parameters: Parameters<Q, P>; requestBody?: never; responses: Reply<R> } };
type Body<B> = { content: { 'application/json': B } };
type Post<R, B = Record<string, never>, P = Record<string, never>> = { post: { parameters: Parameters<Record<string, unknown>, P>; requestBody: Body<B>; responses: Reply<R> } };
type Put<R, B, P = Record<string, never>> = { put: { parameters: Parameters<Record<string, unknown>, P>; requestBody: Body<B>; responses: Reply<R> } };
type Delete<P = Record<string, never>> = { delete: { parameters: Parameters<Record<string, unknown>, P>; requestBody?: never; responses: Reply<unknown> } };
type Id = { id: string };
type Name = { name: string };
type Of = { customer: string };
type Cursor = { limit?: number; cursor?: string };

export interface Later {
  '/people': Get<{ id: string; name: string; disabled: boolean }[]>;
  '/me/totp': Post<{ secret?: string; uri?: string; enabled: boolean }, { code?: string; enable?: boolean }>;
  '/uploads/{upload}/preview': Post<UploadPreview, { encoding?: string; delimiter?: string; sheet?: string }, { upload: string }>;
  '/uploads/{upload}/propose': Post<{ source: SourceDocument; name?: string; findings: Finding[] }, Record<string, never>, { upload: string }>;
  '/imports': Get<Listed<ImportSummary>> & Post<Job, { uploads: string[]; source?: string; source_document?: SourceDocument; dry_run: boolean }>;
  '/imports/{number}': Get<ImportDetail, { number: string }>;
  '/imports/{number}/undo': Post<Job, Record<string, never>, { number: string }>;
  '/quarantine': Get<Listed<QuarantineRow>, Record<string, never>, Cursor & { import?: number }>;
  '/quarantine/replay': Post<Job, { rows: { id: string; cells: { column: string; value: string | null }[] }[] }>;
  '/sources': Get<Listed<{ name: string; title: Both; files?: string[] }>>;
  '/sources/{name}': Get<{ document: SourceDocument; etag: string }, Name> & Put<unknown, { document: SourceDocument }, Name>;
  '/model/diff': Get<{ changes: Change[] }, Record<string, never>, { from: string; to: string }>;
  '/catalogue': Get<{ columns: { name: string; title: Both; type: string }[]; kinds: { name: string; title: Both }[]; functions: { name: string; signature: string; title: Both; example: string }[] }>;
  '/indicators/{name}': Get<IndicatorDetail, Name>;
  '/preview/model': Post<ModelPreview, { document: ModelDocument; scorecard?: string; scheme?: string; customer?: string }>;
  '/preview/segment': Post<SegmentPreview, { document?: ModelDocument; base: string; where: Condition }>;
  '/preview/indicator': Post<Distribution & { words?: Both; job?: Job }, { document: ModelDocument; name: string }>;
  '/simulate': Post<Job, { version: number | 'draft' }>;
  '/customers/{customer}/history': Get<Listed<HistoryPoint>, Of>;
  '/customers/{customer}/benefits': Get<Listed<{ title: Both; tier: Both }>, Of>;
  '/customers/{customer}/notes': Get<Listed<Note>, Of> & Post<Note, { text: string }, Of>;
  '/customers/{customer}/overrides': Get<Listed<Override>, Of> & Post<Override, { scheme: string; level: string; reason: string; expires?: string }, Of>;
  '/overrides': Get<Listed<Override>, Record<string, never>, { state?: string }>;
  '/overrides/{id}/approve': Post<Override, Record<string, never>, Id>;
  '/overrides/{id}/reject': Post<Override, Record<string, never>, Id>;
  '/overrides/{id}/end': Post<Override, Record<string, never>, Id>;
  '/views': Get<Listed<View>> & Post<View, { kind: string; name: string; content: Record<string, unknown> }>;
  '/views/{id}': Delete<Id>;
  '/cohorts': Get<Cohorts, Record<string, never>, { by: string }>;
  '/kpis': Get<Kpis, Record<string, never>, { by: string }>;
  '/kpis/targets': Put<unknown, { targets: { name: string; target: number | null }[] }>;
  '/exports': Post<Job, { who: Record<string, unknown>; columns: string[]; format: string; gb18030?: boolean; identifiers?: boolean }>;
  '/system': Get<SystemInfo>;
  '/system/backup': Post<Job, Record<string, never>>;
  '/settings': Put<unknown, { four_eyes?: boolean }>;
}
