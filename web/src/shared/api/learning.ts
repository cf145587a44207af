// What is learned from the ledger, as the API's document only calls an object: model cards, clusters that were
// tried, cuts of a number, and what a prediction says of one customer (crates/workspace/src/learn, …/predictions).
import type { Both } from './figures';
import type { Clusters, Text } from './document';
import type { Calibrated, DriftBand, Interval } from './validation';
import type { Range } from '../ranges';

export type PredictionKind = 'lifetime' | 'contract' | 'propensity' | 'clusters' | 'trained';

/** A column that a prediction gives: under its own name, or beside (`clv_alive`). */
export interface Gives { name: string; title: Both; unit?: 'money' | 'share' | 'number' | 'text' }
/** One figure that says how good it is, with the interval in which it lies with 95 %. */
export interface Metric { name: string; title: Both; value: number; low?: number | null; high?: number | null; unit: 'share' | 'number' | 'money' | 'percent_error'; better?: 'more' | 'less' | null; words?: Both | null }
export interface Parameter { name: string; title?: Both | null; value: number; error?: number | null }
/** A date from which it was learned, or on which it was held to what came after. */
export interface TrainingDate { as_of: string; until: string; n: number; n_with?: number | null; held_out?: boolean }
export interface TrackedPoint { until: string; actual: number; expected: number; cumulative_actual: number; cumulative_expected: number }
export interface Tracking { title?: Both | null; from: string; held_out_from: string; points: TrackedPoint[]; words?: Both | null }
export interface CardDrift { psi: number; band: DriftBand; against: string; bins: { label: Both; base: number; current: number }[]; words: Both }
/** How much something weighs among all; `up`: more of it, more of what is predicted. */
export interface FactorWeight { name: string; title: Both; weight: number; direction?: 'up' | 'down' | 'mixed' | null; words?: Both | null }
export interface LevelNow { level: string; title: Both; n: number; n_known: number; total: number | null; mean: number | null; n_at_risk: number }
/** What it says of everybody as of the newest grading. */
export interface PredictionNow {
  as_of: string; n_customers: number; n_known: number; total: number | null; mean: number | null; to_date: number | null;
  n_at_risk: number; at_risk: Range[];
  bins: { from: number; to: number; count: number; range?: Range | null }[];
  tiers: { scheme: string; title: Both; levels: LevelNow[] }[];
  groups?: { name: string; title: Both; n: number; share: number }[];
}
export interface Refused { code: string; message: Both; hint: Both }
/** What the name of a model card stands for: what it was made of, how good it is, how sure, and if not, why not. */
export interface ModelCard {
  name: string; title: Both; kind: PredictionKind;
  state: 'fitted' | 'refused' | 'not_fitted';
  method?: Both | null;
  as_of?: string | null; fitted_at?: string | null; fit?: number | null; version?: number | null;
  /** As the document writes it, or in words. */
  horizon?: string | Both | null; discount?: number | null; margin?: number | null;
  gives: Gives[];
  data: { title: Both; value: string | number | Both; unit?: 'count' | 'money' | 'share' | 'date' | 'number' | 'text' }[];
  training: TrainingDate[];
  metrics: Metric[];
  parameters: Parameter[];
  calibration?: Pick<Calibrated, 'bins' | 'words'> | null;
  tracking?: Tracking | null;
  drift?: CardDrift | null;
  factors: FactorWeight[];
  sure: Both;
  cautions: Both[];
  refusal?: Refused | null;
  now?: PredictionNow | null;
  /** Of groups: what is typical of each; `difference` in standard deviations of everybody, whose mean is `others`. How far it lies from
   * the others (`silhouette`) and whether it is found again (`stability`) are told where that was measured. */
  groups?: { name: string; title: Both; n: number; share: number; typical: { title: Both; mean: number | null; difference: number; others: number | null }[]; silhouette?: number | null; stability?: number | null }[];
  /** What it reads that has moved since the grading before. */
  inputs_drift?: { name: string; title: Both; psi: number; band: DriftBand; words: Both }[];
  /** What is foretold, in a sentence; and what was not learned from, each with the reason. */
  outcome_words?: Both | null;
  left_out?: [title: Both, reason: Both][];
  /** Time until it happens. */
  survival?: Survival | null;
}
export interface Survival { from: string; until: string; n: number; n_events: number; median_days: number | null; curve: { days: number; n_at_risk: number; share: number; low: number; high: number }[]; hazards: { name: string; title: Both; ratio: number; low: number | null; high: number | null }[]; words: Both }

/** One number of clusters, as it was tried. */
export interface TriedK { k: number; inertia: number; silhouette: number; gap: number | null; gap_error: number | null; bic?: number | null; stability: number; smallest: number }
export interface Typical { feature: string; title: Both; mean: number | null; others?: number | null; difference: number; words?: Both | null }
export interface ClusterTold { name: string; title: Both; n: number; share: number; typical: Typical[]; silhouette?: number | null; stability?: number | null }
export interface ClustersLearned {
  as_of: string; n: number; n_left_out: number; seconds: number;
  features: { name: string; title: Both; mean: number | null; deviation: number | null; constant?: boolean }[];
  tried: TriedK[]; k: number; advised: number; stable: boolean; by_gap: number | null; by_bic?: number | null;
  clusters: ClusterTold[];
  scatter: { x: Both; y: Both; kept: number; points: [x: number, y: number, cluster: number][] } | null;
  /** The groups by plain rules. */
  description?: { right: number; clusters: { name: string; rules: { words: Both; n: number; n_right: number }[]; caught: number; precise: number }[] } | null;
  words: Both; cautions: Both[];
  prediction: { clusters: Clusters; title?: Text };
}

export type CutMethod = 'jenks' | 'k_means' | 'quantiles';
export interface Cuts { method: CutMethod; cuts: number[]; counts: number[]; means?: (number | null)[]; goodness: number | null; n: number; n_unknown: number; words?: Both | null }

/** One column that a prediction gives, for one customer; `said` is what a cluster is called. */
export interface PredictionValue { name: string; title: Both; value?: string | null; said?: Both | null }
/** What a feature adds, in the unit that the sentences state; below zero it takes away. */
export interface PredictionFactor { name: string; title: Both; value?: string | null; amount: number }
/** Why a prediction says of one customer what it says (crates/grading/src/grade/prediction/reason.rs). */
export interface PredictionReason { name: string; title: Both; kind: PredictionKind; given: PredictionValue[]; lines: Both[]; factors?: PredictionFactor[] }
export type { Calibrated, Interval };
