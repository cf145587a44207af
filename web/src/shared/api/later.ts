// What the page is written for and the API does not have yet, in the form in which the page would ask for it.
// As soon as openapi.json has an operation, its own description takes the place of the one here, and the type
// checker says where the two differ. Until then the page shows that it is not there yet, and asks nobody.
import type { Both, CustomerPage, Finding, Job } from './contract';
import type { ClusterMethod, ClusterScale, Condition, ModelDocument, Scalar, SourceDocument } from './document';
import type { Comparisons, LearnedWeights, LearnScorecard, NextFor, NextLearned, Satisfaction, SatisfactionAsked, SatisfactionCustomers } from './learned';
import type { CutMethod, Cuts, ModelCard } from './learning';
import type { GroupAsked, GroupMembers } from './validation';

export interface Listed<T> { items: T[]; next_cursor?: string | null; total?: number | null }

export interface UploadPreview {
  name: string; encoding: string; encoding_shown: Both; delimiter?: string | null; has_header: boolean; sheets: string[]; sheet?: string | null;
  columns: string[]; rows: (string | null)[][]; n_bytes: number;
  sources: { name: string; title: Both; fits: boolean }[];
  findings: Finding[];
}
export interface ReadAs { encoding?: string | null; delimiter?: string | null; sheet?: string | null }
export interface ImportSummary {
  number: number; source: string; files: string[]; at: string; finished?: string | null; state: string;
  read: number; attributed: number; unattributed: number; reference?: number; retractions: number; quarantined: number; skipped: number; new: number; known: number;
}
export interface ImportDetail extends ImportSummary { reconciliation?: unknown; quality?: unknown }
export interface QuarantineRow { id: string; import: number; file: string; row: number; code: string; message: Both; column?: string | null; expires: string; cells: { column: string; value?: string | null; masked: boolean }[] }

export interface Change { path: string; words: Both; kind: string; before?: unknown; after?: unknown }
export interface Distribution {
  bins: { from: number; to: number; count: number; label?: string | null }[];
  n_unknown: number; n_not_applicable: number; quantiles: { q: number; value: number }[];
}
export interface IndicatorDetail { title: Both; words: Both; distribution: Distribution; used_by: { kind: Both; name: string }[] }
/** An empty level is not graded; null was not there. */
export interface Moved { scheme: string; from?: string | null; to?: string | null; count: number }
export interface Edge { scheme: string; level: string; cut: string; customer: string; label: string; distance: number }
export interface ModelPreview {
  as_of: string; customers: number; needs_fold: boolean; seconds: number;
  score?: { histogram: { from: number; to: number; count: number; before?: number | null }[]; quantiles: number[]; n_unknown: number } | null;
  tiers: { level: string; title: Both; count: number; before?: number | null }[];
  up: number; down: number;
  matrix: Moved[];
  edges: Edge[];
  attributes: { name: string; title: Both; bins: { label: Both; count: number; points?: number | null }[] }[];
  statement?: unknown;
}
/** How many each row, cell, branch or step of a rule decides for, and what one customer meets. */
export interface RulesPreview {
  as_of: string; customers: number; needs_fold: boolean; seconds: number;
  parts: { kind: string; path: string; title: Both; count: number }[];
  outcomes: { value?: string | null; count: number; before?: number | null }[];
  /** Of the customer who is tried out: what they meet, what comes out, what it was read from. */
  met?: string[] | null;
  gives?: string | null;
  reads: { name: string; title: Both; value?: string | null }[];
}
export interface CaseDifference { path: string; title: Both; expected?: string | null; got?: string | null; why: Both[] }
export interface CaseResult { name: string; title: Both; as_of: string; passed: boolean; differences: CaseDifference[] }
export interface Tested {
  version?: number | null; fit?: number | null; fine: boolean; n_cases: number; n_failed: number; reached: boolean; min_coverage?: number | null;
  cases: CaseResult[];
  coverage: { n_parts: number; n_met: number; percent: number; kinds: { kind: string; title: Both; n_parts: number; n_met: number }[]; parts: { kind: string; path: string; title: Both; met_by: string[] }[] };
  findings: Finding[];
}
export interface SegmentSample { customer: string; label: string; values: { name: string; value?: string | null }[]; fails?: Both | null }
export interface SegmentPreview {
  as_of: string; count: number; n_unknown: number; base_count: number; share: number; words: Both;
  inside: SegmentSample[]; outside: SegmentSample[]; seconds: number;
}
export interface Note { id: string; by: string; at: string; text: string }
export interface Override { id: string; customer: string; label?: string; scheme: string; level: string; reason: string; by: string; at: string; expires: string | null; state: 'waiting' | 'active' | 'rejected' | 'ended' | 'expired'; approved_by?: string | null }
export interface View { id: string; kind: string; name: string; content: Record<string, unknown>; shared?: boolean; by?: string }

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
  '/uploads/{upload}/preview': Post<UploadPreview, ReadAs, { upload: string }>;
  '/uploads/{upload}/propose': Post<{ source: SourceDocument; name: string; findings: Finding[] }, ReadAs, { upload: string }>;
  '/imports': Get<Listed<ImportSummary>> & Post<Job, { uploads: string[]; source?: string; source_document?: SourceDocument; dry_run: boolean }>;
  '/imports/{number}': Get<ImportDetail, { number: number }>;
  '/imports/{number}/undo': Post<Job, { dry_run: boolean }, { number: number }>;
  '/imports/{number}/failed-rows': Get<unknown, { number: number }>;
  '/quarantine': Get<Listed<QuarantineRow>, Record<string, never>, Cursor & { import?: number }>;
  '/quarantine/replay': Post<Job, { rows: { id: string; cells: { column: string; value: string | null }[] }[] }>;
  '/sources': Get<{ name: string; title: Both; files: string[] }[]>;
  '/sources/{name}': Get<{ name: string; document: SourceDocument; etag: string }, Name> & Put<unknown, { document: SourceDocument }, Name>;
  '/model/diff': Get<{ changes: Change[] }, Record<string, never>, { from: string; to: string }>;
  '/catalogue': Get<{ columns: { name: string; title: Both; type: string }[]; kinds: { name: string; title: Both }[]; functions: { name: string; signature: string; title: Both; example: string }[] }>;
  '/indicators/{name}': Get<IndicatorDetail, Name>;
  '/preview/model': Post<ModelPreview, { document: ModelDocument; scorecard?: string; scheme?: string; customer?: string }>;
  '/preview/rules': Post<RulesPreview, { document: ModelDocument; name: string; customer?: string; inputs?: Record<string, Scalar> }>;
  '/model/test': Post<Tested, { version?: string; document?: ModelDocument; only?: string[]; min_coverage?: number }>;
  '/preview/segment': Post<SegmentPreview, { document?: ModelDocument; base: string; where: Condition }>;
  '/preview/indicator': Post<IndicatorDetail, { document: ModelDocument; name: string }>;
  '/simulate': Post<Job, { version: string }>;
  '/customers/{customer}/benefits': Get<Listed<{ title: Both; tier: Both }>, Of>;
  '/customers/{customer}/ways': Get<{ schemes: unknown[] }, Of>;
  '/customers/{customer}/notes': Get<Listed<Note>, Of> & Post<Note, { text: string }, Of>;
  '/customers/{customer}/overrides': Get<Listed<Override>, Of> & Post<Override, { scheme: string; level: string; reason: string; expires?: string }, Of>;
  '/overrides': Get<Listed<Override>, Record<string, never>, { state?: string }>;
  '/overrides/{id}/approve': Post<Override, Record<string, never>, Id>;
  '/overrides/{id}/reject': Post<Override, Record<string, never>, Id>;
  '/overrides/{id}/end': Post<Override, Record<string, never>, Id>;
  '/views': Get<Listed<View>> & Post<View, { kind: string; name: string; content: Record<string, unknown> }>;
  '/views/{id}': Delete<Id>;
  '/exports': Post<Job, { who: Record<string, unknown>; columns: string[]; format: string; gb18030?: boolean; identifiers?: boolean }>;
  '/satisfaction': Get<Satisfaction, Record<string, never>, SatisfactionAsked>;
  '/satisfaction/customers': Post<CustomerPage, SatisfactionCustomers>;
  '/weights/ahp': Post<LearnedWeights, Comparisons>;
  '/learn/weights': Post<Job, { card: string; model?: string; base?: string }>;
  '/learn/scorecard': Post<Job, LearnScorecard>;
  '/learn/next': Post<Job, Record<string, never>>;
  '/next': Get<NextLearned | null>;
  '/customers/{customer}/next': Get<NextFor, Of>;
  '/backtests/{job}/customers': Get<GroupMembers, { job: string }, GroupAsked & { limit?: number; after?: string }>;
  '/settings': Put<unknown, { four_eyes?: boolean }>;
  '/predictions': Get<Listed<ModelCard>>;
  '/predictions/{name}': Get<ModelCard, Name>;
  '/learn/clv': Post<Job, { prediction?: string; model?: string }>;
  '/learn/propensity': Post<Job, { prediction?: string; model?: string }>;
  '/learn/clusters': Post<Job, { features: string[]; scale?: ClusterScale; method?: ClusterMethod; k?: number; most?: number; seed?: number; base?: string; model?: string }>;
  '/learn/cuts': Post<Cuts, { value: string; parts: number; method: CutMethod; base?: string; model?: string }>;
}
