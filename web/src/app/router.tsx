// Every screen is a chunk of its own, loaded when it is opened.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, type RouteComponent } from '@tanstack/react-router';
import { Frame } from './Frame';
import { Missing, Crashed } from './Fallback';

type Page = () => Promise<{ default: RouteComponent }>;

const root = createRootRoute({ component: Outlet, notFoundComponent: Missing });
const front = (path: string, page: Page) => createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(page) });
const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame, notFoundComponent: Missing });
const screen = (path: string, page: Page) => createRoute({
  getParentRoute: () => frame,
  path,
  component: lazyRouteComponent(page),
  validateSearch: (search: Record<string, unknown>) => search as Record<string, string | undefined>,
});

const tree = root.addChildren([
  front('/setup', () => import('../features/setup')),
  front('/sign-in', () => import('../features/setup/SignIn')),
  front('/sign-in/return', () => import('../features/setup/Return')),
  front('/password', () => import('../features/setup/Password')),
  front('/enter', () => import('../features/setup/Enter')),
  frame.addChildren([
    screen('/', () => import('../features/home')),
    screen('/welcome', () => import('../features/setup/Welcome')),
    screen('/start-over', () => import('../features/setup/StartOver')),
    screen('/imports', () => import('../features/imports')),
    screen('/imports/new', () => import('../features/imports/NewImport')),
    screen('/imports/$number', () => import('../features/imports/ImportDetail')),
    screen('/sources', () => import('../features/imports/Sources')),
    screen('/quarantine', () => import('../features/quarantine')),
    screen('/quality', () => import('../features/quality')),
    screen('/doubles', () => import('../features/doubles')),
    screen('/indicators', () => import('../features/indicators')),
    screen('/indicators/$name', () => import('../features/indicators/IndicatorEditor')),
    screen('/scorecards', () => import('../features/scorecards')),
    screen('/scorecards/$name', () => import('../features/scorecards/ScorecardEditor')),
    screen('/learned-scorecards', () => import('../features/learned-scorecards')),
    screen('/rule-sets', () => import('../features/rule-sets')),
    screen('/tables', () => import('../features/tables')),
    screen('/tables/$name', () => import('../features/tables/TableEditor')),
    screen('/cross-tables', () => import('../features/cross-tables')),
    screen('/cross-tables/$name', () => import('../features/cross-tables/CrossEditor')),
    screen('/trees', () => import('../features/trees')),
    screen('/trees/$name', () => import('../features/trees/TreeEditor')),
    screen('/flows', () => import('../features/flows')),
    screen('/flows/$name', () => import('../features/flows/FlowEditor')),
    screen('/predictions', () => import('../features/predictions')),
    screen('/predictions/$name', () => import('../features/predictions/PredictionEditor')),
    screen('/clusters', () => import('../features/clusters')),
    screen('/tiers', () => import('../features/tiers')),
    screen('/tiers/$name', () => import('../features/tiers/TierEditor')),
    screen('/segments', () => import('../features/segments')),
    screen('/segments/$name', () => import('../features/segments/SegmentEditor')),
    screen('/rfm', () => import('../features/rfm')),
    screen('/simulate', () => import('../features/simulate')),
    screen('/simulate/moved', () => import('../features/simulate/Moved')),
    screen('/publish', () => import('../features/versions/Publish')),
    screen('/backtests', () => import('../features/backtests')),
    screen('/backtests/customers', () => import('../features/backtests/MembersPage')),
    screen('/challenger', () => import('../features/challenger')),
    screen('/drift', () => import('../features/drift')),
    screen('/reviews', () => import('../features/reviews')),
    screen('/tests', () => import('../features/test-cases')),
    screen('/tests/$name', () => import('../features/test-cases/CaseEditor')),
    screen('/versions', () => import('../features/versions')),
    screen('/customers', () => import('../features/customers')),
    screen('/customers/$customer', () => import('../features/customers/CustomerPage')),
    screen('/overrides', () => import('../features/customers/Overrides')),
    screen('/moves', () => import('../features/moves')),
    screen('/satisfaction', () => import('../features/satisfaction')),
    screen('/satisfaction/customers', () => import('../features/satisfaction/Customers')),
    screen('/next', () => import('../features/next')),
    screen('/dashboards', () => import('../features/dashboards')),
    screen('/runs', () => import('../features/runs')),
    screen('/users', () => import('../features/users')),
    screen('/me', () => import('../features/users/Me')),
    screen('/audit', () => import('../features/audit')),
    screen('/reference', () => import('../features/reference')),
    screen('/system', () => import('../features/system')),
    screen('/later/$what', () => import('../features/later')),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: 'intent',
  defaultErrorComponent: Crashed,
  defaultNotFoundComponent: Missing,
});
