// The model document as it is written (schema/model.schema.json). The page edits exactly this.
import type { Prediction } from './prediction';
export type * from './prediction';

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
/** A row of a complex scorecard: a condition over several values, and its points. */
export interface ScoreCase { title?: Text; when?: Condition; else?: boolean; points?: Num; points_of?: Sql; reason?: string }
export interface Attribute {
  title?: Text;
  /** Left out beside `cases`. */
  value?: Sql;
  weight?: Num;
  group?: string;
  bins?: Bin[];
  quantiles?: { points: Num[] };
  slope?: { points_each: Num; per?: Num };
  cases?: ScoreCase[];
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
  /** Of the rules of one group only the first that matches counts. */
  group?: string;
  /** Rules further down that do not count where this one does. */
  excludes?: string[];
  from?: string;
  until?: string;
}
export interface RuleSet {
  title?: Text;
  description?: Text;
  hit?: 'first' | 'sum' | 'max' | 'min';
  rules: Record<string, Rule>;
  undecided?: Undecided;
  otherwise?: Scalar;
}
export type Undecided = 'unknown' | 'does_not_hold';
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
  undecided?: Undecided;
}
/** The first band whose cells all hold counts. */
export interface CrossBand { title?: Text; when: TableCell[] }
export interface CrossAxis { inputs: Record<string, TableInput | null>; bands: CrossBand[] }
export interface CrossTable {
  title?: Text;
  description?: Text;
  rows: CrossAxis;
  columns: CrossAxis;
  /** By row, then column. */
  cells: Outcome[][];
  otherwise?: Outcome;
  undecided?: Undecided;
}
/** Either a leaf that `gives`, or further branches of which the first that holds is followed. */
export interface TreeLevel { gives?: Outcome; value?: Sql; branches?: TreeBranch[]; else?: TreeElse }
export interface TreeBranch extends TreeLevel { title?: Text; when?: Condition; is?: TableCell }
export interface TreeElse extends TreeLevel { title?: Text }
export interface DecisionTree extends TreeLevel { title?: Text; description?: Text; branches: TreeBranch[]; undecided?: Undecided }
export interface FlowBranch { title?: Text; when: Condition; use: string }
export interface FlowStep { title?: Text; when?: Condition; use?: string; branches?: FlowBranch[]; else?: string }
export interface Flow { title?: Text; description?: Text; steps: Record<string, FlowStep>; gives?: string }
/** One customer, by indicators or by events, and what shall come out. */
export interface Expected {
  indicators?: Record<string, Scalar>;
  scores?: Record<string, { score?: Num | null; high?: Num | null; points?: Record<string, Num>; tolerance?: Num }>;
  outcomes?: Record<string, Scalar>;
  tiers?: Record<string, string | null>;
  segments?: Record<string, boolean | null>;
  groupings?: Record<string, string | null>;
}
export interface TestCase {
  title?: Text;
  description?: Text;
  as_of?: string;
  inputs?: Record<string, Scalar>;
  events?: Record<string, Scalar>[];
  tolerance?: Num;
  expect: Expected;
}
/** What a level gives: what it is called, or with what it costs for each customer. */
export type Benefit = Text | { title: Text; key?: string; cost?: Num; per?: SpanUnit };
export interface Level { title?: Text; from?: Num; demote?: Num; top_percent?: Num; quota?: number; quota_percent?: Num; benefits?: Benefit[] }
export interface Keep { at_least?: string; grace?: string; after_fall?: string; one_level?: boolean }
export interface Freeze { title?: Text; from: string; until: string }
export type Decide = 'daily' | 'monthly' | 'quarterly' | 'yearly' | 'anniversary' | 'tier_anniversary';
export interface GridAxis { title?: Text; value: Sql; cuts: Num[] }
export interface TierScheme {
  title?: Text;
  description?: Text;
  by?: Sql;
  grid?: { rows: GridAxis; columns: GridAxis; cells: string[][] };
  levels: Record<string, Level>;
  eligible?: Condition;
  not_graded?: { reason: Text };
  decide?: Decide;
  /** First local date at whose close a scheme that remembers decides. */
  start?: string;
  promote?: 'at_once' | 'review';
  keep?: Keep;
  freeze?: Freeze[];
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
/** What has to come true of a grading; an outcome is counted as an indicator is, over the horizon. */
export interface ValidationOutcome { title?: Text; kind: IndicatorKind; of?: Sql; where?: Sql; counts?: 'value' | 'happened' | 'not_happened'; of_whom?: 'everyone' | 'active'; better?: 'more' | 'less' }
export interface Validation { horizon?: string; outcomes?: Record<string, ValidationOutcome> }
export type NextMethod = 'popular' | 'recent' | 'rules' | 'factors' | 'due';
/** How each customer's next items are learned; a grading of today learns them anew where they are older than `refit`. */
export interface Next {
  item?: Sql;
  title?: Sql;
  where?: Sql;
  by_customer?: boolean;
  history?: string;
  hold_out?: string;
  stretches?: number;
  k?: number;
  method?: NextMethod;
  again?: boolean;
  available?: Sql;
  exclude?: string[];
  refused?: Sql;
  min_count?: number;
  min_confidence?: Num;
  max_left?: number;
  max_items?: number;
  n_factors?: number;
  rounds?: number;
  ridge?: Num;
  alpha?: Num;
  seed?: number;
  refit?: string;
}
export interface ModelDocument {
  gradus: number;
  title?: Text;
  description?: Text;
  indicators?: Record<string, Indicator>;
  predictions?: Record<string, Prediction>;
  scorecards?: Record<string, Scorecard>;
  rule_sets?: Record<string, RuleSet>;
  decision_tables?: Record<string, DecisionTable>;
  cross_tables?: Record<string, CrossTable>;
  decision_trees?: Record<string, DecisionTree>;
  flows?: Record<string, Flow>;
  tiers?: Record<string, TierScheme>;
  segments?: Record<string, Segment>;
  groupings?: Record<string, Grouping>;
  tests?: Record<string, TestCase>;
  validation?: Validation;
  next?: Next;
}

/** As it is written (schema/source.schema.json). */
export interface SourceDocument {
  gradus?: number; title?: Text; files?: string[]; history?: boolean;
  mapping?: Record<string, unknown>; fields?: Record<string, { type?: string; value?: string; title?: Text }>;
  cleaning?: Record<string, unknown>; [key: string]: unknown;
}
