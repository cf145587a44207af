// Every screen, by its address, and what it must show. tests/walk.test.ts says when a route of the page is missing here.

export interface Screen {
  name: string;
  path: string;
  /** Figures stand here, so it says when they were computed. */
  fresh?: true;
  /** Nothing is asked of the server before it shows what it has. */
  still?: true;
  /** Looked up on the way, so it is walked at the width of a phone as well. */
  lookup?: true;
}

export const screens: Screen[] = [
  { name: 'home', path: '/', fresh: true, lookup: true },
  { name: 'welcome', path: '/welcome', still: true },
  { name: 'imports', path: '/imports' },
  { name: 'import-new', path: '/imports/new', still: true },
  { name: 'import-one', path: '/imports/1' },
  { name: 'sources', path: '/sources' },
  { name: 'quarantine', path: '/quarantine' },
  { name: 'quality', path: '/quality' },
  { name: 'indicators', path: '/indicators' },
  { name: 'indicator', path: '/indicators/monetary' },
  { name: 'scorecards', path: '/scorecards' },
  { name: 'scorecard', path: '/scorecards/value_score' },
  { name: 'rule-sets', path: '/rule-sets' },
  { name: 'tables', path: '/tables' },
  { name: 'table', path: '/tables/service' },
  { name: 'cross-tables', path: '/cross-tables' },
  { name: 'cross-table', path: '/cross-tables/care' },
  { name: 'trees', path: '/trees' },
  { name: 'tree', path: '/trees/risk' },
  { name: 'flows', path: '/flows' },
  { name: 'flow', path: '/flows/review' },
  { name: 'predictions', path: '/predictions' },
  { name: 'prediction', path: '/predictions/clv' },
  { name: 'prediction-card', path: '/predictions/clv?tab=card' },
  { name: 'clusters', path: '/clusters' },
  { name: 'tiers', path: '/tiers' },
  { name: 'tier', path: '/tiers/member' },
  { name: 'segments', path: '/segments' },
  { name: 'segment', path: '/segments/uk_loyal' },
  { name: 'rfm', path: '/rfm', fresh: true },
  { name: 'simulate', path: '/simulate' },
  { name: 'simulate-past', path: '/simulate?tab=history' },
  { name: 'simulated', path: '/simulate/moved', still: true },
  { name: 'tests', path: '/tests' },
  { name: 'test', path: '/tests/big' },
  { name: 'publish', path: '/publish' },
  { name: 'backtests', path: '/backtests' },
  { name: 'challenger', path: '/challenger' },
  { name: 'drift', path: '/drift', fresh: true },
  { name: 'reviews', path: '/reviews' },
  { name: 'versions', path: '/versions' },
  { name: 'customers', path: '/customers', fresh: true, lookup: true },
  { name: 'customer', path: '/customers/{customer}', fresh: true, lookup: true },
  { name: 'customer-outlook', path: '/customers/{customer}?tab=outlook', fresh: true },
  { name: 'customer-ways', path: '/customers/{customer}?tab=ways', fresh: true },
  { name: 'customer-segments', path: '/customers/{customer}?tab=segments', fresh: true },
  { name: 'customer-indicators', path: '/customers/{customer}?tab=indicators', fresh: true },
  { name: 'customer-history', path: '/customers/{customer}?tab=history', fresh: true, lookup: true },
  { name: 'customer-events', path: '/customers/{customer}?tab=events', fresh: true, lookup: true },
  { name: 'customer-benefits', path: '/customers/{customer}?tab=benefits', fresh: true },
  { name: 'customer-notes', path: '/customers/{customer}?tab=notes', fresh: true },
  { name: 'customer-overrides', path: '/customers/{customer}?tab=overrides', fresh: true },
  { name: 'overrides', path: '/overrides' },
  { name: 'dashboards', path: '/dashboards', fresh: true },
  { name: 'dashboard-migration', path: '/dashboards?tab=migration', fresh: true },
  { name: 'dashboard-value', path: '/dashboards?tab=value', fresh: true },
  { name: 'dashboard-cohorts', path: '/dashboards?tab=cohorts', fresh: true },
  { name: 'dashboard-kpis', path: '/dashboards?tab=kpis', fresh: true },
  { name: 'dashboard-outlook', path: '/dashboards?tab=outlook' },
  { name: 'dashboard-region', path: '/dashboards?tab=region', fresh: true },
  { name: 'moves', path: '/moves', fresh: true },
  { name: 'runs', path: '/runs' },
  { name: 'jobs', path: '/runs?tab=jobs' },
  { name: 'users', path: '/users' },
  { name: 'audit', path: '/audit' },
  { name: 'reference', path: '/reference' },
  { name: 'reference-open', path: '/reference#put-model-draft' },
  { name: 'system', path: '/system' },
  { name: 'me', path: '/me', still: true },
  { name: 'later', path: '/later/strategies', still: true },
  { name: 'start-over', path: '/start-over' },
];

/** What stands before anybody is signed in. */
export const fronts: Screen[] = [
  { name: 'sign-in', path: '/sign-in', still: true, lookup: true },
  { name: 'sign-in-return', path: '/sign-in/return#nothing', still: true },
  { name: 'password', path: '/password', still: true },
  { name: 'setup', path: '/setup', still: true },
  { name: 'enter', path: '/enter#used-before', still: true },
];
