// The left side, in the one direction in which data flows.
import {
  ApartmentOutlined, ApiOutlined, AppstoreOutlined, AuditOutlined, BranchesOutlined, CheckSquareOutlined, ClusterOutlined, CrownOutlined, DashboardOutlined, DatabaseOutlined, DotChartOutlined,
  ExperimentOutlined, FieldNumberOutlined, FileDoneOutlined, FileSearchOutlined, FunctionOutlined, HddOutlined, HistoryOutlined, HomeOutlined, ImportOutlined, LineChartOutlined, LockOutlined, NodeIndexOutlined,
  PieChartOutlined, PlayCircleOutlined, RiseOutlined, SafetyOutlined, SolutionOutlined, SwapOutlined, TableOutlined, TeamOutlined, ThunderboltOutlined, TrophyOutlined, UnorderedListOutlined, UserOutlined, WarningOutlined,
} from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { Permission } from '../shared/api/contract';
import { words } from '../shared/i18n/words';

export const useNavWords = words('nav', {
  start: ['工作台', 'Home'],
  data: ['数据', 'Data'],
  imports: ['导入', 'Imports'],
  sources: ['数据源', 'Sources'],
  quarantine: ['隔离区', 'Quarantine'],
  quality: ['质量与对账', 'Quality and reconciliation'],
  model: ['指标与评分', 'Indicators and scores'],
  indicators: ['指标', 'Indicators'],
  scorecards: ['评分卡', 'Scorecards'],
  ruleSets: ['规则集', 'Rule sets'],
  tables: ['决策表', 'Decision tables'],
  crossTables: ['交叉决策表', 'Cross tables'],
  trees: ['决策树', 'Decision trees'],
  flows: ['规则流', 'Rule flows'],
  predictions: ['预测', 'Predictions'],
  grades: ['等级与分群', 'Tiers and segments'],
  tiers: ['等级', 'Tiers'],
  segments: ['分群', 'Segments'],
  rfm: ['RFM 工作室', 'RFM studio'],
  clusters: ['聚类工作室', 'Cluster studio'],
  publishing: ['模拟与发布', 'Simulate and publish'],
  simulate: ['试算', 'Simulate'],
  tests: ['测试用例', 'Test cases'],
  publish: ['审批与发布', 'Review and publish'],
  versions: ['版本', 'Versions'],
  proof: ['评得准不准', 'Were grades right'],
  backtests: ['回测', 'Back-tests'],
  challenger: ['挑战者与对照组', 'Challenger and hold-out'],
  drift: ['漂移', 'Drift'],
  reviews: ['季度复盘', 'Quarterly review'],
  people: ['客户与看板', 'Customers and figures'],
  customers: ['客户', 'Customers'],
  overrides: ['人工调整', 'Overrides'],
  moves: ['谁变了、为什么', 'Who moved, and why'],
  dashboards: ['看板', 'Dashboards'],
  strategies: ['策略', 'Strategies'],
  running: ['运行', 'Running it'],
  runs: ['评级与任务', 'Runs and jobs'],
  users: ['用户与权限', 'Users and roles'],
  audit: ['审计', 'Audit'],
  privacy: ['隐私合规', 'Privacy'],
  reference: ['接口文档', 'API reference'],
  system: ['系统', 'System'],
  me: ['我的账户', 'My account'],
});
export type NavWord = Parameters<ReturnType<typeof useNavWords>>[0];

export interface Item { to: string; word: NavWord; icon: ReactNode; needs?: Permission; later?: boolean }

export const groups: { word: NavWord | null; items: Item[] }[] = [
  { word: null, items: [{ to: '/', word: 'start', icon: <HomeOutlined /> }] },
  { word: 'data', items: [
    { to: '/imports', word: 'imports', icon: <ImportOutlined />, needs: 'import_data' },
    { to: '/sources', word: 'sources', icon: <DatabaseOutlined />, needs: 'import_data' },
    { to: '/quarantine', word: 'quarantine', icon: <WarningOutlined />, needs: 'mend_quarantine' },
    { to: '/quality', word: 'quality', icon: <SafetyOutlined />, needs: 'import_data' },
  ] },
  { word: 'model', items: [
    { to: '/indicators', word: 'indicators', icon: <FieldNumberOutlined />, needs: 'see_grades' },
    { to: '/scorecards', word: 'scorecards', icon: <FunctionOutlined />, needs: 'see_grades' },
    { to: '/rule-sets', word: 'ruleSets', icon: <UnorderedListOutlined />, needs: 'see_grades' },
    { to: '/tables', word: 'tables', icon: <TableOutlined />, needs: 'see_grades' },
    { to: '/cross-tables', word: 'crossTables', icon: <AppstoreOutlined />, needs: 'see_grades' },
    { to: '/trees', word: 'trees', icon: <ApartmentOutlined />, needs: 'see_grades' },
    { to: '/flows', word: 'flows', icon: <NodeIndexOutlined />, needs: 'see_grades' },
    { to: '/predictions', word: 'predictions', icon: <RiseOutlined />, needs: 'see_grades' },
  ] },
  { word: 'grades', items: [
    { to: '/tiers', word: 'tiers', icon: <CrownOutlined />, needs: 'see_grades' },
    { to: '/segments', word: 'segments', icon: <ClusterOutlined />, needs: 'see_grades' },
    { to: '/rfm', word: 'rfm', icon: <PieChartOutlined />, needs: 'see_grades' },
    { to: '/clusters', word: 'clusters', icon: <DotChartOutlined />, needs: 'see_grades' },
  ] },
  { word: 'publishing', items: [
    { to: '/simulate', word: 'simulate', icon: <ExperimentOutlined />, needs: 'see_grades' },
    { to: '/tests', word: 'tests', icon: <FileDoneOutlined />, needs: 'see_grades' },
    { to: '/publish', word: 'publish', icon: <CheckSquareOutlined />, needs: 'see_grades' },
    { to: '/versions', word: 'versions', icon: <BranchesOutlined />, needs: 'see_grades' },
  ] },
  { word: 'proof', items: [
    { to: '/backtests', word: 'backtests', icon: <HistoryOutlined />, needs: 'see_grades' },
    { to: '/challenger', word: 'challenger', icon: <TrophyOutlined />, needs: 'see_grades' },
    { to: '/drift', word: 'drift', icon: <LineChartOutlined />, needs: 'see_grades' },
    { to: '/reviews', word: 'reviews', icon: <FileSearchOutlined />, needs: 'see_grades' },
  ] },
  { word: 'people', items: [
    { to: '/customers', word: 'customers', icon: <TeamOutlined />, needs: 'see_grades' },
    { to: '/overrides', word: 'overrides', icon: <SolutionOutlined />, needs: 'see_grades' },
    { to: '/moves', word: 'moves', icon: <SwapOutlined />, needs: 'see_grades' },
    { to: '/dashboards', word: 'dashboards', icon: <DashboardOutlined />, needs: 'see_grades' },
    { to: '/later/strategies', word: 'strategies', icon: <ThunderboltOutlined />, later: true },
  ] },
  { word: 'running', items: [
    { to: '/runs', word: 'runs', icon: <PlayCircleOutlined />, needs: 'see_grades' },
    { to: '/users', word: 'users', icon: <UserOutlined />, needs: 'manage_users' },
    { to: '/audit', word: 'audit', icon: <AuditOutlined />, needs: 'see_audit' },
    { to: '/later/privacy', word: 'privacy', icon: <LockOutlined />, later: true },
    { to: '/reference', word: 'reference', icon: <ApiOutlined /> },
    { to: '/system', word: 'system', icon: <HddOutlined />, needs: 'manage_system' },
  ] },
];
