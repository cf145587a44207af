// What is learned from the ledger, as jobs and routes give it: satisfaction, weights by comparison, learned scorecards,
// what customers may want next. The API's document calls the results of jobs only an object.
import type { Both } from './figures';
import type { NextMethod, Scorecard } from './document';
import type { Range } from './contract';
import type { Interval } from './validation';

/** Filters of `/customers/search`, as an answer carries them. */
export interface Opens { tier?: { scheme: string; level?: string | null }; segment?: string; group?: { grouping: string; group: string }; category?: { indicator: string; value: string }; ranges?: Range[]; as_of?: string }

// --- Satisfaction: GET /satisfaction, POST /satisfaction/customers (crates/workspace/src/satisfaction.rs) -----------

export type Measure = 'nps' | 'csat' | 'ces';
export interface SatisfactionAsked { of_customers?: boolean; measure?: string; field?: string; kind?: string; scale?: number; window?: string; by?: string; weigh_by?: string; loyalty?: string; leaving?: string; loyal?: string; codes?: string; as_of?: string }
/** NPS from -100 to 100; of the others the share of the satisfied in per cent. `n` is the effective number of answers. */
export interface SatisfactionMeasured { value: Interval; mean: number | null; mean_low: number | null; mean_high: number | null; low: number; middle: number; high: number; n: number; words: Both }
export interface SatisfactionGroup { name: string | null; title: Both; n_customers: number; n_answered: number; rate: Interval | null; measured: SatisfactionMeasured | null; opens: Opens | null }
export interface SatisfactionBias { by: { name: string; title: Both; unheard: Both[] }[]; weighted: SatisfactionMeasured; difference: number; design_effect: number; converged: boolean; words: Both }
export interface GridHead { name: string | null; title: Both; n: number }
export interface GridCell { n: number; share: number | null; opens: Opens | null }
/** Rows: low, middle, high, who did not answer. Columns: levels, values or bands, at last those without. */
export interface SatisfactionGrid { by: string; title: Both; rows: GridHead[]; columns: GridHead[]; cells: GridCell[][] }
export interface Corner { n: number; share: Interval | null; words: Both }
export interface Topic { name: string; n: number; share: Interval; low: number; middle: number; high: number }
/** What could not be told, and what it would take. */
export interface Told { code: string; severity: string; what: Both; right: Both }
export interface Satisfaction {
  as_of: string; stretch: Both;
  question: { measure: Measure; field: string; title: Both; kind: string | null; from: number; to: number; found: boolean; of_customers?: boolean };
  n_customers: number; n_answered: number; rate: Interval | null; n_answers: number; n_off_scale: number;
  overall: SatisfactionMeasured; answers: { answer: number; n: number }[];
  by: { name: string; title: Both; groups: SatisfactionGroup[] } | null; bias: SatisfactionBias | null; grid: SatisfactionGrid | null;
  satisfied_leaving: Corner | null; dissatisfied_loyal: Corner | null;
  topics: { n_customers: number; n_topics: number; topics: Topic[] } | null; findings: Told[];
}
/** Whom a list of them shows; what is left out does not narrow it. */
export interface SatisfactionCustomers { of?: SatisfactionAsked; band?: string; group?: string; corner?: string; topic?: string; columns?: string[]; sort?: { column: string; descending?: boolean }; limit?: number; cursor?: string }

// --- Weights: POST /weights/ahp at once; POST /learn/weights from the data, a job (crates/workspace/src/learn/weights.rs)

/** `matrix[i][j]`: how many times as important i is as j. */
export interface Comparisons { criteria: string[]; matrix: number[][] }
/** `suggested` is the nearest to what the others imply on the scale from 1/9 to 9. */
export interface Doubt { first: string; second: string; said: number; implied: number; suggested: number; words: Both }
/** The ratio is missing beyond ten criteria, and everything about judgements where the weights come from the data. */
export interface LearnedWeights {
  card: string | null; from: 'comparisons' | 'entropy'; weights: { criterion: string; title: Both; weight: number; entropy: number | null }[];
  lambda_max: number | null; consistency_index: number | null; consistency_ratio: number | null; consistent: boolean | null; doubt: Doubt | null;
  n: number | null; as_of: string | null; left_out: { feature: string; title: Both; reason: Both }[]; words: Both;
}

// --- A learned scorecard: POST /learn/scorecard, a job (crates/workspace/src/learn/scorecard) ------------------------

export interface Training { model?: string; base?: string; outcome?: string; horizon?: string; as_of?: string; dates?: number; every?: string; features?: string[]; without?: string[] }
export type TrendAsked = 'auto' | 'rising' | 'falling' | 'peak' | 'valley' | 'any';
export interface ScorecardOptions { max_bins?: number; min_share?: number; trend?: TrendAsked; max_attributes?: number; min_iv?: number; base_score?: number; base_odds?: number; points_to_double?: number }
export interface LearnScorecard extends Training { options?: ScorecardOptions }
/** How the bad rate goes with the number. */
export type Trend = 'ascending' | 'descending' | 'peak' | 'valley' | 'none';
export interface LearnedBin { kind: 'range' | 'category' | 'rare' | 'special' | 'missing'; label: Both; n: number; n_good: number; n_bad: number; bad_rate: number | null; n_events: number; event_rate: number | null; woe: number; iv: number; points: number }
export interface LearnedAttribute { feature: string; title: Both; kind: 'number' | 'category' | 'flag'; trend: Trend; iv: number; taken: boolean; why_not: Both | null; coefficient: number | null; p: number | null; reason: string | null; bins: LearnedBin[] }
export interface TrainingDate { as_of: string; until: string; is_held_out: boolean; n_customers: number; n: number; n_events: number }
export interface Promised { intercept: number; slope: number; brier: number; log_loss: number; expected_error: number; bins: { n: number; predicted: number; observed: Interval }[]; words: Both }
/** Figures are missing where it happened to fewer than two, or did not to fewer than two. */
export interface Separated { n: number; n_events: number; auc: Interval | null; gini: number | null; ks: number | null; calibration: Promised | null; lift: { n: number; n_events: number; lift: number; captured: number }[] }
export interface LearnedScorecard {
  /** What it would be called, and itself, as the document holds it. */
  name: string; title: Both; scorecard: Scorecard;
  model_title: Both; version: number | null; base: string;
  outcome: { name: string; title: Both; better: 'more' | 'less'; words: Both }; good: Both; bad: Both; horizon: Both; dates: TrainingDate[];
  n: number; n_bad: number; intercept: number;
  attributes: LearnedAttribute[]; left_out: { feature: string; title: Both; reason: Both }[]; leaks: { indicator: string; title: Both; n: number; words: Both }[];
  train: Separated; held_out: Separated; calibration: Promised | null; psi: number | null;
  scaling: { base_score: number; base_odds: number; points_to_double: number; factor: number; offset: number };
  words: Both[]; seconds: number; pages?: { zh: string; en: string };
}

// --- What next: POST /learn/next, a job; GET /next, GET /customers/{customer}/next (crates/workspace/src/next.rs) -----

export type NextHow = NextMethod;
export interface NextItem { item: string; title: Both; score: number; how: NextHow; why: Both; due: { date: string; low: string; high: string } | null }
export interface NextFor { customer: string; as_of: string; items: NextItem[]; due: NextItem[]; words: Both }
export interface Ranked { method: string; title: Both; n: number; hit_rate: Interval; ndcg: number; recall: number; n_items: number }
/** The best NDCG first; `difference` is the hit rate of the best less that of the baseline, customer by customer. */
export interface NextJudged { from: string; until: string; k: number; methods: Ranked[]; best: string; baseline: string; difference: Interval; due: { n: number; expected: number; came: number } | null; words: Both }
interface NamedItem { item: string; title: Both }
export interface NextRule { left: NamedItem[]; right: NamedItem; count: number; support: number; confidence: Interval; lift: number }
export interface NextLearned {
  as_of: string; of: string; of_title: Both; n_customers: number; n_items: number; n_blocked: number; method: NextHow;
  /** The newest stretch first. */
  judged: NextJudged[]; rules: NextRule[]; n_rules: number; due: { item: string; title: Both; n_customers: number; n_due: number; days: number }[];
  everybody: NextItem[]; words: Both[]; findings: { code: string; what: Both; right: Both }[]; seconds: number;
}
