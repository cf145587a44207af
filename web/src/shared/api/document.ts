// The model document as it is written (schema/model.schema.json). The page edits exactly this.

export type Text = string | { zh?: string; en?: string };
/** Exact decimals may come as text. */
export type Num = number | string;
export type Sql = string;

/** Whatever the page itself puts there. */
export type Free = Record<string, unknown>;

export type SpanUnit = 'day' | 'week' | 'month' | 'quarter' | 'year';
export type Calendar =
  | 'this_month' | 'last_month' | 'this_quarter' | 'last_quarter' | 'this_year' | 'last_year';
export type Window = string | { last?: string; before?: string; calendar?: Calendar; since?: Sql };

export type IndicatorKind =
  | 'count' | 'orders' | 'sum' | 'average' | 'min' | 'max' | 'distinct' | 'first' | 'last'
  | 'most_frequent' | 'stddev' | 'percentile' | 'days_since' | 'gap' | 'active' | 'streak'
  | 'slope' | 'share' | 'ratio' | 'formula';

export interface Indicator {
  title?: Text;
  description?: Text;
  kind: IndicatorKind;
  of?: Sql;
  where?: Sql;
  window?: Window;
  share?: Sql;
  over?: Sql;
  q?: Num;
  per?: Sql;
  step?: SpanUnit;
  pick?: string;
  compare?: 'previous_period' | 'last_year';
  cap?: number;
  refunds_count_by?: 'own' | 'order';
  empty?: Num;
  purpose?: string;
  unit?: Text;
}

export interface Behaviour {
  event: string;
  where?: Sql;
  times?: { at_least?: number; at_most?: number; exactly?: number };
  window?: Window;
}
export interface SequenceStep { event: string; where?: Sql; within?: string }
export interface Sequence { steps: SequenceStep[]; window?: Window }
export interface TierTest { scheme: string; at_least?: string; at_most?: string; is?: string }
export type Scalar = string | number | boolean | null;

export interface ConditionNode {
  all?: Condition[];
  any?: Condition[];
  not?: Condition;
  sql?: Sql;
  value?: string;
  at_least?: Num;
  at_most?: Num;
  more_than?: Num;
  less_than?: Num;
  equals?: Scalar;
  one_of?: Scalar[];
  known?: boolean;
  did?: Behaviour;
  did_not?: Behaviour;
  sequence?: Sequence;
  in_segment?: string;
  in_list?: string;
  tier?: TierTest;
}
export type Condition = Sql | ConditionNode;

export interface Caps { min?: Num; max?: Num }
export interface Bin { title?: Text; from?: Num; below?: Num; in?: Scalar[]; else?: boolean; points: Num }
export type Unknown = 'interval' | 'reweight' | { points: Num };
export interface Attribute {
  title?: Text;
  value: Sql;
  weight?: Num;
  group?: string;
  bins?: Bin[];
  quantiles?: { points: Num[] };
  slope?: { points_each: Num; per?: Num };
  special?: Bin[];
  unknown?: Unknown;
  not_applicable?: Num;
  cap?: Caps;
}
export interface Adjustment {
  title?: Text;
  when?: Condition;
  per_event?: Behaviour & { decay?: { linear: string } | { half_life: string } };
  points: Num;
  group?: string;
  cap?: Caps;
}
export interface Scorecard {
  title?: Text;
  description?: Text;
  combine?: 'sum' | 'weighted_sum' | 'scaled';
  base_points?: Num;
  attributes?: Record<string, Attribute>;
  adjustments?: Record<string, Adjustment>;
  groups?: Record<string, Caps>;
  total?: Caps;
}
export interface Rule {
  title?: Text;
  when: Condition;
  then: Scalar;
  priority?: number;
  from?: string;
  until?: string;
}
export interface RuleSet {
  title?: Text;
  description?: Text;
  hit?: 'first' | 'sum' | 'max' | 'min';
  rules: Record<string, Rule>;
  otherwise?: Scalar;
}
/** A test in DMN's notation, or an SQL condition. */
export type TableCell = string | { sql: Sql };
/** What is given: a constant, or what an expression gives; null gives nothing. */
export type Outcome = Scalar | { sql: Sql };
export type TableHit = 'unique' | 'any' | 'priority' | 'first' | 'rule_order' | 'output_order' | 'collect' | 'collect_sum' | 'collect_min' | 'collect_max' | 'collect_count';
export interface TableInput { title?: Text; value?: Sql; allowed?: TableCell }
export interface TableOutput { title?: Text; values?: Scalar[]; default?: Outcome }
export interface TableRow { title?: Text; when?: TableCell[]; if?: Condition; then: Outcome[]; from?: string; until?: string }
export interface DecisionTable {
  title?: Text;
  description?: Text;
  hit?: TableHit;
  inputs?: Record<string, TableInput>;
  outputs: Record<string, TableOutput>;
  rows: TableRow[];
  undecided?: 'unknown' | 'does_not_hold';
}
export interface Level { title?: Text; from?: Num; top_percent?: Num; benefits?: Text[] }
export interface GridAxis { title?: Text; value: Sql; cuts: Num[] }
export interface TierScheme {
  title?: Text;
  description?: Text;
  by?: Sql;
  grid?: { rows: GridAxis; columns: GridAxis; cells: string[][] };
  levels: Record<string, Level>;
  eligible?: Condition;
  not_graded?: { reason: Text };
  decide?: 'daily' | 'monthly' | 'quarterly' | 'yearly';
}
export interface Segment { title?: Text; description?: Text; base: string; where: Condition }
export interface Layer { title?: Text; where?: Condition }
export interface Grouping {
  title?: Text;
  description?: Text;
  base: string;
  kind: 'rfm8' | 'rfm11' | 'waterfall' | 'by_value' | 'bands' | 'buckets';
  recency?: Sql;
  frequency?: Sql;
  monetary?: Sql;
  split?: 'mean' | 'median' | { fixed: [Num, Num, Num] };
  layers?: Record<string, Layer>;
  value?: Sql;
  cuts?: Num[];
  seed?: number;
  shares?: Record<string, Num>;
}
export interface ModelDocument {
  gradus: number;
  title?: Text;
  description?: Text;
  indicators?: Record<string, Indicator>;
  scorecards?: Record<string, Scorecard>;
  rule_sets?: Record<string, RuleSet>;
  decision_tables?: Record<string, DecisionTable>;
  tiers?: Record<string, TierScheme>;
  segments?: Record<string, Segment>;
  groupings?: Record<string, Grouping>;
}

/** As it is written (schema/source.schema.json). */
export interface SourceDocument {
  gradus?: number; title?: Text; files?: string[]; history?: boolean;
  mapping?: Record<string, unknown>; fields?: Record<string, { type?: string; value?: string; title?: Text }>;
  cleaning?: Record<string, unknown>; [key: string]: unknown;
}
