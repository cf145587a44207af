// Predictions as they are written (crates/model/src/document/prediction.rs).
import type { Num, Sql, Text } from './document';

export interface Prediction {
  title?: Text;
  description?: Text;
  /** Of whom it is made; left out: everyone of whom there is enough. */
  among?: Sql;
  lifetime?: Lifetime;
  contract?: Contract;
  propensity?: Propensity;
  clusters?: Clusters;
  trained?: Trained;
}
export type LifetimeModel = 'bg_nbd' | 'mbg_nbd' | 'pareto_nbd';
export interface Lifetime { purchases?: Sql; value?: Sql; margin?: Num; costs?: Sql; model?: LifetimeModel; horizon?: string; discount?: Num }
export interface Contract { terms: Sql; term: string; grace?: string; ends?: Sql; value?: Sql; margin?: Num; horizon?: string; discount?: Num }
export interface OutcomeOf {
  title?: Text;
  kind: 'sum' | 'count' | 'orders' | 'distinct' | 'active';
  of?: Sql;
  where?: Sql;
  /** Left out: `value` for a sum, `happened` for the others. */
  counts?: 'value' | 'happened' | 'not_happened';
  of_whom?: 'everyone' | 'active';
  better?: 'more' | 'less';
}
export interface Propensity { outcome: OutcomeOf; horizon: string; features?: Sql[]; method?: 'logistic' | 'boosting'; dates?: number; every?: string; refit?: string; seed?: number }
export type ClusterMethod = 'k_means' | 'mixture';
export type ClusterScale = 'standard' | 'robust' | 'min_max' | 'log';
export interface Clusters { features: Sql[]; k?: number; most?: number; method?: ClusterMethod; scale?: ClusterScale; seed?: number; refit?: string; names?: Record<string, Text> }
export interface TrainedNode { input?: string; cut?: number; below?: boolean; yes?: number; no?: number; unknown?: boolean; gives?: number }
export interface Trained { from?: string; inputs: Record<string, Sql>; intercept?: number; weights?: Record<string, number>; trees?: { nodes: TrainedNode[] }[]; link?: 'identity' | 'logit' | 'exp' }
