// What the API's document only calls an object: simulations over history (crates/workspace/src/simulate/history.rs),
// back-tests, the challenger, the hold-out, drift and the quarterly review (crates/workspace, crates/feedback).
import type { Both } from './figures';
import type { Opens } from './learned';

/** An estimate with the interval in which it lies with 95 %. */
export interface Interval { value: number; low: number; high: number }

export interface Moves { up: number; down: number; entered: number; left: number }
/** An empty level is not graded, or not there yet. */
export interface Went { from: string; to: string; count: number }
export interface HistoryLevel { level: string; title: Both; count: number; before: number | null }
export interface HistoryStep {
  as_of: string; levels: HistoryLevel[]; moves: Moves; matrix?: Went[]; moves_before: Moves | null;
  benefit_cost: number | null; benefit_cost_before: number | null;
}
export interface Flapping { of: 'with_rules' | 'without_rules' | 'in_force'; moves: number; customers_moved: number; back_and_forth: number; customers_back_and_forth: number }
export interface SchemeHistory { scheme: string; title: Both; steps: HistoryStep[]; flapping: Flapping[] }
export interface SimulatedHistory { id?: string | null; as_of: string[]; before_version: number | null; version: number | null; schemes: SchemeHistory[]; n_reused: number; seconds: number }

export interface Measured { outcome: string; n: number; n_with: number | null; total: number | null; each: Interval | null }
export interface Whole extends Measured { title: Both; is_share: boolean; better: 'more' | 'less' }
export interface Group { name: string; title: Both; n: number; outcomes: Measured[] }
export interface Order { outcome: string; standing: 'holds' | 'unclear' | 'contradicted' | 'nothing'; contradictions: { lower: string; higher: string; difference: Interval; p: number; words: Both }[]; words: Both }
export interface Groups { name: string; title: Both; groups: Group[]; orders: Order[] }
export interface Tenth { n: number; each: number; lift: number; captured: number }
export interface Lift { outcome: string; tenths: Tenth[]; words: Both }
export interface Separates { outcome: string; n: number; auc: Interval; gini: number; ks: number; words: Both }
export interface Calibrated {
  outcome: string; promised_by: string | null; intercept: number; slope: number; brier: number; log_loss: number; expected_error: number;
  bins: { n: number; predicted: number; observed: Interval }[]; words: Both;
}
export interface ScoreJudged { score: string; title: Both; n_unknown: number; bands: Groups; lifts: Lift[]; separations: Separates[]; calibrations: Calibrated[] }
export interface Judged { n_customers: number; outcomes: Whole[]; tiers: Groups[]; scores: ScoreJudged[] }
export interface Compared { outcome: string; n: number; champion: Interval; challenger: Interval; difference: Interval; p: number; words: Both }
/** Who stands in another level by the challenger; a job of before does not tell. */
export interface LevelsCompared { scheme: string; title: Both; n: number; n_higher: number; n_lower: number; n_by_one: number; separations: Compared[]; words: Both }
export interface Challenge { champion: Both; challenger: Both; n: number; n_left_out: number; separations: Compared[]; captured: Compared[]; levels?: LevelsCompared[]; verdict: Both }
export interface BacktestDate {
  as_of: string; until: string; judged: Judged; leaks: { indicator: string; title: Both; n: number; words: Both }[];
  against: Judged | null; challenge: Challenge | null; words: Both;
}
export interface Backtest {
  model_title: Both; version: number | null; against_version: number | null; horizon: string;
  outcomes: { name: string; title: Both; counts: string; of_whom: string; better: string; words: Both }[];
  dates: BacktestDate[]; across: Both[]; seconds: number;
  /** Whether the customers behind its figures were kept. */
  has_customers?: boolean;
}
/** Which figure of a back-test: a tier, a band or a tenth of a score; `""` is who has none. */
export interface GroupAsked { as_of: string; kind: 'tier' | 'band' | 'tenth'; name: string; group: string; outcome?: string; against?: boolean }
export interface GroupMember { customer: string; label: string; level?: string | null; score?: number | null; outcomes: { name: string; value?: number | null }[] }
export interface GroupMembers { as_of: string; until: string; n: number; customers: GroupMember[]; next?: string | null }

export interface CutDiffers { level: string; champion?: number | null; challenger?: number | null }
export interface SchemeDiffers { scheme: string; title: Both; n_differ: number; n_higher: number; n_lower: number; cuts?: CutDiffers[] }
export interface Difference { customer: string; label: string; scheme: string; champion: string | null; challenger: string | null; champion_score: number | null; challenger_score: number | null }
export interface Differences { as_of: string; champion: number | null; challenger: number; run: string; n_customers: number; schemes: SchemeDiffers[]; customers: Difference[]; next: string | null }

export interface Effect {
  outcome: string; title: Both; n_new: number; n_old: number; new: number; old: number; difference: Interval; p: number;
  power: number | null; detectable: number | null; planned: number | null; look: 'go_on' | 'stop_early' | 'differs' | 'no_difference' | null; words: Both;
}
export interface Effects { holdout: { version: number; share: number; from: string }; as_of: string; until: string; n_customers: number; n_held: number; effects: Effect[] }

export type DriftBand = 'stable' | 'watch' | 'shifted';
/** What opens its customers is left out where the list no longer reads that grading. */
export interface DriftBin { label: Both; base: number; current: number; part: number; opens_base?: Opens | null; opens_current?: Opens | null }
export interface Drifted { what: 'indicator' | 'score' | 'tier'; name: string; title: Both; psi: number; band: DriftBand; bins: DriftBin[]; words: Both }
export interface RunNamed { run: string; as_of: string; version: number | null }
export interface Drift { n_base: number; n_current: number; all: Drifted[]; verdict: Both }
export interface DriftBetween extends Drift { from: RunNamed; to: RunNamed }

export interface Proposal { attribute: string; change: Record<string, unknown>; words: Both }
export interface Review {
  quarter: string; from: string; until: string; is_over: boolean; model_title: Both; version: number | null; evidence: Both[];
  summary: { migrations?: import('./figures').Migration[] }; drift: Drift; backtest: Backtest; contradictions: Both[]; proposals: Proposal[];
  proposed: import('./document').ModelDocument | null; pages: Record<'zh' | 'en', { html: string; markdown: string }>;
}
