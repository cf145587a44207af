// What the API's document only calls an object: figures of the base (crates/workspace/src/summary) and why a
// customer has their grades (crates/workspace/src/explain.rs).
import type { PredictionReason } from './learning';

export interface Both { zh: string; en: string }
export type Truth = 'true' | 'false' | 'unknown';

export interface Statement { scorecard: string; title: Both; total: number; total_high?: number | null; completeness: number; lines: StatementLine[] }
export interface StatementLine {
  kind: 'base' | 'attribute' | 'adjustment' | 'group_cap' | 'rounding' | 'total_cap';
  name: string; title: Both; value?: string | null; bin?: Both | null; points?: number | null; weight?: number | null;
  reweighted?: number | null; capped?: number | null; group?: string | null; amount: number; amount_high?: number | null;
}
/** Exact to four digits, or the shortest text of a floating-point number. */
export type Cut = { exact: number } | { float: string };
export const ofCut = (cut: Cut | null | undefined): number | null => (!cut ? null : 'exact' in cut ? cut.exact : Number(cut.float));
export interface LevelDistance { level: string; title: Both; from?: Cut | null; distance?: Cut | null }
/** Rows, then columns, where a scheme is a grid. */
export interface AxisStanding { title?: Both; value: string | null; from: number | null; below: number | null }
export interface Standing { scheme: string; title: Both; level: string | null; not_graded?: string | null; provisional: boolean; value: string | null; levels: LevelDistance[]; axes: AxisStanding[] }
export interface Reason { text: Both; truth: Truth; values?: [string, string | null][]; parts?: Reason[] }
export interface SegmentReason { segment: string; title: Both; member: Truth; base: string; in_base: Truth; condition: Reason }
export interface EventLine { time: string; kind: string; kind_title?: Both; retracted?: boolean; order?: string | null; amount?: string | null; currency?: string | null; quantity?: string | null; fields?: Record<string, string> }
export interface Difference {
  scorecard: string; title: Both; before: number; after: number; total: number;
  lines: { name: string; title: Both; before: [string | null, number] | null; after: [string | null, number] | null; amount: number }[];
}
/** Something that a customer does; each order amounts to at least so much, in whole units of the currency. */
export interface Deed { kind: string; title: Both; times: number; amount: number | null }
/** What would lift a customer to a level or keep them there; each way alone suffices (crates/workspace/src/ways.rs). */
export interface GoalTold { scheme: string; level: string; keeps: boolean; by: string; not_before?: string | null; ways: Deed[][]; sooner?: Deed[][]; out_of_reach: Both | null; words: Both }
export interface Explanation {
  customer: string; as_of: string; run: string; fit: number | null;
  indicators: [string, Both, string | null][];
  scores: Statement[]; differences: Difference[]; standings: Standing[]; goals?: GoalTold[]; segments: SegmentReason[];
  groupings: [string, Both, Both | null][];
  predictions?: PredictionReason[];
  events: EventLine[]; n_events: number;
}

/** What `/customers/search` takes in `ranges` to open those whom a bar or a row of cells counts. */
export interface NumberRange { name: string; from?: number; above?: number; below?: number; up_to?: number; unknown?: boolean; or?: string[] }
export interface Part { name: string; title: Both; count: number; share: number; value: number | null; value_share: number | null }
export interface TierSummary { name: string; title: Both; levels: Part[]; n_graded: number; n_not_graded: number; n_provisional: number; not_graded: Part[] }
export interface ScoreSummary { name: string; title: Both; n_known: number; n_unknown: number; mean: number | null; quantiles: number[]; histogram: { low: number; high: number; counts: number[] } | null; ranges: NumberRange[] }
export interface Migration { scheme: string; title: Both; from_as_of: string; to_as_of: string; levels: [string, Both][]; counts: number[][]; n_up: number; n_down: number; n_same: number }
export interface Summary {
  latest: {
    as_of: string; n_customers: number; model_title: Both;
    value: { name: string; title: Both; total: number; mean: number | null; lorenz: [number, number][]; gini: number | null; top20_share: number | null } | null;
    tiers: TierSummary[];
    scores: ScoreSummary[];
    segments: { members: Part; n_unknown: number }[];
    groupings: { name: string; title: Both; groups: Part[]; n_none: number }[];
    rfm: { recency: Both; frequency: Both; monetary: Both | null; cells: { count: number; mean_value: number | null }[][]; recency_cuts: number[]; frequency_cuts: number[]; recency_ranges: NumberRange[]; frequency_ranges: NumberRange[]; n_unknown: number; unknown_ranges?: NumberRange[] } | null;
  };
  history: { scheme: string; title: Both; levels: [string, Both][]; points: { as_of: string; counts: number[]; not_graded: number }[] }[];
  migrations: Migration[];
}

/** What a simulation gives (crates/workspace/src/simulate.rs), as the result of its job. */
export interface Simulation {
  /** Its customers are listed at `/simulations/{id}/customers` for a week; null if they were not kept. */
  id: string | null;
  as_of: string; customers: number; seconds: number;
  matrix: { scheme: string; from: string | null; to: string | null; count: number }[];
  edges: { scheme: string; level: string; cut: string; customer: string; label: string; distance: number }[];
  tiers: { scheme: string; level: string; title: Both; count: number; before: number; revenue: number | null; revenue_before: number | null; benefit_cost: number | null; benefit_cost_before: number | null }[];
  segments: { name: string; title: Both; before: number; after: number; entered: number; left: number }[];
  moved_in_words: Both;
}

/** Read = attributed + unattributed + reference + retractions + skipped + quarantined, in rows and in money; facts of a
 * reference carry no money. */
export interface Reconciliation {
  rows: { read: number; attributed: number; unattributed: number; reference?: number; retractions: number; quarantined: number; skipped: number; appended?: { added: number; already_there: number; copies: number } | null };
  money: { currency: string; read: string; attributed: string; unattributed: string; retractions: string; quarantined: string; skipped: string }[];
  rows_with_unreadable_amount: number;
}
/** What became of one file, as the result of an import's job tells it. */
export interface FileTold {
  outcome: 'imported' | 'refused'; file: string; source: string | null; import?: number | null; dry_run?: boolean;
  new?: number; known?: number; quarantined?: number; new_identities?: number;
  /** Of a dry run: whom the file would bring. */
  customers?: { new: number; known: number } | null; balanced?: boolean; reconciliation?: Reconciliation; quality?: Quality;
  findings?: unknown; examples?: { row: number; reason: Both }[]; seconds?: number;
}
export interface ImportResult { files: FileTold[] }
/** Quality of the rows of one import (crates/ledger/src/quality/report.rs). */
export interface Quality {
  rows: number;
  columns: { column: string; given: number; distinct: { n: number; exact: boolean } }[];
  numbers: { column: string; n: number; min: number; max: number; mean: number; median: number }[];
}
