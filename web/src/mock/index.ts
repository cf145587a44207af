// Answers in the page itself: `npm run dev` without a server, and the tests. Never part of a build.
import { answerWith } from '../shared/api/client';
import type * as C from '../shared/api/contract';
import type { Condition, ModelDocument } from '../shared/api/document';
import { AS_OF, catalogue, distribution, home, previewModel, previewSegment, rows, statement, summary } from './answers';
import { labelOf, levelOf, people, scoreOf } from './base';
import { model } from './model';
import { files } from './files';

type Answer = (ask: { body: any; path: Record<string, string>; query: URLSearchParams }) => unknown; // eslint-disable-line
class Refused { constructor(readonly status: number, readonly code: string, readonly title: string) {} }

const permissions: C.Permission[] = ['see_grades', 'see_identities', 'edit_models', 'approve_models', 'run_jobs', 'import_data', 'mend_quarantine', 'override_tiers', 'export_data', 'export_identities', 'manage_users', 'see_audit', 'manage_system'];
const me: C.User = { id: 'u1', name: '林晓', email: 'lin@example.com', role: 'administrator', language: 'zh', scope: { kind: 'everyone' } };
const session: C.Session = { user: me, permissions, scope: { kind: 'everyone' }, workspace: { title: { zh: '青禾家居（合成数据）', en: 'Qinghe Home (synthetic data)' }, time_zone: 'Asia/Shanghai', currency: 'CNY', language: 'zh', four_eyes: true, has_data: true, has_model: true, clock: { kind: 'fixed', now: '2025-06-30T16:00:00Z', date: AS_OF } } };
const state = { signedIn: true, draft: structuredClone(model) as ModelDocument, etag: 1, views: [] as C.View[], notes: [{ id: 'n1', by: '林晓', at: '2026-11-20T02:11:00Z', text: '希望周末配送。' }] as C.Note[] };
const versions: C.Version[] = [
  { version: 8, state: 'review', note: '提高到店权重', by: '陈一', at: '2026-11-21T09:12:00Z', validation: 'not yet validated' },
  { version: 7, state: 'published', note: '黑金门槛由 80 改为 75', by: '林晓', at: '2026-10-31T09:00:00Z', approved_by: '陈一', published_at: '2026-11-01T00:00:00Z', effective_from: '2025-06-01', validation: 'not yet validated' },
  { version: 6, state: 'retired', note: '首个版本', by: '林晓', at: '2026-09-12T09:00:00Z', approved_by: '陈一', published_at: '2026-09-13T00:00:00Z' },
];
const overrides: C.Override[] = [
  { id: 'o1', customer: '10003', label: labelOf(people[2]!), scheme: 'membership', level: 'gold', reason: '战略合作伙伴的负责人', by: '陈一', at: '2026-11-19T03:00:00Z', expires: '2025-12-31', state: 'waiting' },
  { id: 'o2', customer: '10017', label: labelOf(people[16]!), scheme: 'membership', level: 'black', reason: '投诉补偿', by: '林晓', at: '2026-08-01T03:00:00Z', expires: '2025-07-05', state: 'active', approved_by: '陈一' },
];
const jobs: C.Job[] = [
  { id: 'j3', kind: 'simulate', state: 'done', started: '2026-11-21T09:20:00Z', finished: '2026-11-21T09:20:09Z', by: '陈一' },
  { id: 'j2', kind: 'import', state: 'failed', started: '2026-11-21T01:00:00Z', finished: '2026-11-21T01:00:03Z', by: '林晓', problem: { title: '文件读不到', detail: 'orders_2025.csv 在读取时被移走。请重新上传后再试。', status: 422, code: 'upload-gone', request_id: '01JD8Q7F2M' } },
  { id: 'j1', kind: 'run', state: 'done', started: '2026-11-22T06:00:00Z', finished: '2026-11-22T06:00:38Z', by: '林晓' },
];
const quarantine: C.QuarantineRow[] = Array.from({ length: 14 }, (_, index) => ({
  id: `q${index}`, import: 12, file: 'orders_2025.csv', row: 311 + index * 97, code: index % 3 ? 'time-unreadable' : 'amount-unreadable',
  message: index % 3 ? { zh: '下单时间不是日期', en: 'The order time is no date' } : { zh: '金额不是数字', en: 'The amount is no number' },
  cells: [{ column: '订单号', value: `D2025${1000 + index}` }, { column: '手机号', value: '138****0000', masked: true }, { column: '下单时间', value: index % 3 ? '2025/13/40 10:00' : '2025/03/11 10:20', bad: index % 3 > 0 }, { column: '金额', value: index % 3 ? '199.00' : '一百二十', bad: index % 3 === 0 }],
}));
const run = (kind: string, result?: unknown, steps = 3): C.Job => {
  const job: C.Job & { polls?: number } = { id: `j${jobs.length + 10}`, kind, state: 'running', progress: { step: '读取事件', done: 0, total: steps }, started: new Date().toISOString(), by: me.name };
  Object.assign(job, { pending: result, polls: 0, steps });
  jobs.unshift(job);
  return job;
};
const simulation = () => {
  const shown = previewModel(state.draft);
  return { matrix: shown.matrix.map((one) => ({ ...one, scheme: 'membership' })), edges: shown.edges, tiers: shown.tiers.map((one) => ({ ...one, scheme: 'membership', revenue: one.count * 2100, revenue_before: (one.before ?? 0) * 2100, benefit_cost: one.count * 36 })), segments: [{ name: 'gold_at_risk', title: { zh: '金卡以上流失预警', en: 'Gold and above at risk' }, before: 88, after: 96 }, { name: 'at_risk', title: { zh: '流失预警', en: 'At risk' }, before: 402, after: 402 }], moved_in_words: { zh: `发布后 ${shown.moved.up} 位客户升级、${shown.moved.down} 位降级。`, en: `After publishing, ${shown.moved.up} customers rise and ${shown.moved.down} fall.` } };
};
const importResult = (dry: boolean): C.ImportResult => ({ import: dry ? null : 13, read: 58211, attributed: 57120, unattributed: 1077, quarantined: 14, new: 12011, known: 46186, customers_new: 318, dry_run: dry, balanced: true, amount_read: '9822110.5000', amount_attributed: '9702001.2000', amount_unattributed: '119790.3000', amount_quarantined: '319.0000' });

const imports = files.imports;
const table: Record<string, Answer> = {
  'GET /setup': () => ({ needed: false }),
  'POST /setup': () => session,
  'GET /session': () => (state.signedIn ? session : new Refused(401, 'not_signed_in', '未登录')),
  'POST /session': ({ body }) => (body.password === 'wrong' ? new Refused(401, 'invalid_credentials', '邮箱或密码不对') : ((state.signedIn = true), session)),
  'POST /session/enter': () => session,
  'DELETE /session': () => { state.signedIn = false; },
  'GET /users': () => ({ items: [me, { ...me, id: 'u2', name: '陈一', email: 'chen@example.com', role: 'approver' }, { ...me, id: 'u3', name: '周敏', email: 'zhou@example.com', role: 'service', scope: { kind: 'segment', segment: 'buyers' } }] }),
  'POST /users': ({ body }) => ({ ...me, ...body, id: 'u9', code: '7F2K-19QD' }),
  'PATCH /users/{id}': ({ body }) => ({ ...me, ...body }),
  'POST /users/{id}/password-reset': () => ({ code: '8H3M-20WE' }),
  'POST /me/password': () => ({}), 'POST /me/totp': () => ({ secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/Gradus:lin', enabled: false }),
  'GET /me/sessions': () => ({ items: [{ id: 's1', created: '2026-11-22T01:00:00Z', last_seen: '2026-11-22T09:00:00Z', address: '10.0.0.8', agent: 'Chrome', current: true }] }), 'DELETE /me/sessions/{id}': () => ({}),
  'GET /keys': () => ({ items: [{ id: 'k1', name: 'CRM', scopes: ['see_grades'], created: '2026-10-01T00:00:00Z', last_used: '2026-11-22T08:59:00Z' }] }),
  'POST /keys': ({ body }) => ({ id: 'k2', ...body, created: new Date().toISOString(), key: 'gra_4q8Zr2…' }), 'DELETE /keys/{id}': () => ({}),
  'GET /roles': () => ({ items: [{ name: 'administrator', title: { zh: '管理员', en: 'Administrator' }, permissions }, { name: 'operator', title: { zh: '运营', en: 'Operator' }, permissions: permissions.filter((one) => !['approve_models', 'manage_users', 'manage_system', 'export_identities'].includes(one)) }, { name: 'approver', title: { zh: '审批人', en: 'Approver' }, permissions: ['see_grades', 'approve_models', 'override_tiers', 'see_audit'] }, { name: 'analyst', title: { zh: '分析师', en: 'Analyst' }, permissions: ['see_grades', 'edit_models', 'export_data'] }, { name: 'service', title: { zh: '客服', en: 'Service' }, permissions: ['see_grades', 'see_identities'] }, { name: 'viewer', title: { zh: '只读', en: 'Viewer' }, permissions: ['see_grades'] }] }),
  'GET /home': () => home(jobs, overrides, versions, quarantine.length),
  'POST /uploads': ({ query }) => ({ upload: 'up1', name: query.get('name'), n_bytes: 4_811_233 }),
  'POST /uploads/{upload}/preview': ({ body }) => ({ ...files.preview, encoding: body.encoding ?? files.preview.encoding, delimiter: body.delimiter ?? files.preview.delimiter }),
  'POST /uploads/{upload}/propose': () => ({ source: files.source, findings: [{ severity: 'note', code: 'history-proposed', message: { zh: '首次导入：按历史数据处理，事件在发生时即视为已知。', en: 'First import: treated as history, known when it happened.' } }] }),
  'GET /imports': () => ({ items: imports }),
  'POST /imports': ({ body }) => run(body.dry_run ? 'import_dry_run' : 'import', importResult(body.dry_run)),
  'GET /imports/{number}': ({ path }) => ({ ...(imports.find((one) => String(one.number) === path.number) ?? imports[0]!), reconciliation: importResult(false), quality: files.quality, counts: files.counts }),
  'POST /imports/{number}/undo': () => run('import_undo', {}),
  'GET /quarantine': () => ({ items: quarantine, total: quarantine.length }),
  'POST /quarantine/replay': ({ body }) => { const ids = body.rows.map((one: { id: string }) => one.id); for (const id of ids) quarantine.splice(quarantine.findIndex((one) => one.id === id), 1); return run('replay', { new: ids.length, quarantined: 0 }); },
  'GET /sources': () => ({ items: [{ name: 'orders', title: { zh: '订单', en: 'Orders' }, files: ['orders_*.csv'] }, { name: 'survey', title: { zh: '问卷', en: 'Survey' }, files: ['survey.csv'] }] }),
  'GET /sources/{name}': () => ({ document: files.source, etag: '"1"' }), 'PUT /sources/{name}': () => ({}),
  'GET /model/draft': () => ({ document: state.draft, base_version: 7, etag: `"${state.etag}"`, changed_by: '林晓', changed_at: '2026-11-22T01:30:00Z', findings: [] }),
  'PUT /model/draft': ({ body }) => { state.draft = body.document; state.etag += 1; return { document: state.draft, base_version: 7, etag: `"${state.etag}"`, findings: [] }; },
  'DELETE /model/draft': () => { state.draft = structuredClone(model); state.etag += 1; },
  'POST /model/check': ({ body }) => ({ findings: check(body.document) }),
  'POST /model/draft/submit': ({ body }) => { const next: C.Version = { version: versions[0]!.version + 1, state: 'review', note: body.note, by: me.name, at: new Date().toISOString() }; versions.unshift(next); return next; },
  'GET /model/versions': () => ({ items: versions }),
  'GET /model/versions/{n}': ({ path }) => ({ document: model, ...versions.find((one) => String(one.version) === path.n) }),
  'POST /model/versions/{n}/approve': ({ path }) => Object.assign(versions.find((one) => String(one.version) === path.n)!, { approved_by: me.name }),
  'POST /model/versions/{n}/reject': ({ path }) => Object.assign(versions.find((one) => String(one.version) === path.n)!, { state: 'rejected' }),
  'POST /model/versions/{n}/publish': ({ path, body }) => Object.assign(versions.find((one) => String(one.version) === path.n)!, { state: body.effective_from ? 'scheduled' : 'published', effective_from: body.effective_from, published_at: new Date().toISOString() }),
  'POST /model/versions/{n}/restore': () => ({ document: model, base_version: 7, etag: `"${(state.etag += 1)}"`, findings: [] }),
  'GET /model/diff': () => ({ changes: [
    { path: 'scorecards.value.attributes.visits.weight', kind: 'changed', before: 0.1, after: 0.15, words: { zh: '评分卡“客户价值分”：到店的权重由 0.1 改为 0.15', en: 'Scorecard “Customer value”: the weight of Visits from 0.1 to 0.15' } },
    { path: 'tiers.membership.levels.gold.from', kind: 'changed', before: 60, after: 58, words: { zh: '等级“会员等级”：金卡会员的门槛由 60 降为 58', en: 'Tier scheme “Membership”: Gold begins at 58 instead of 60' } },
    { path: 'segments.gold_at_risk', kind: 'added', after: {}, words: { zh: '新增分群“金卡以上流失预警”', en: 'New segment “Gold and above at risk”' } },
  ] }),
  'GET /catalogue': () => catalogue(state.draft),
  'GET /indicators/{name}': ({ path }) => ({ title: state.draft.indicators?.[path.name!]?.title ?? path.name, words: { zh: '对“订单行”且计入消费的事件，求金额之和，全部时间。', en: 'The sum of the amount over order lines that count as spend, over all time.' }, distribution: distribution(path.name!), used_by: [{ kind: 'scorecard', name: 'value', title: { zh: '客户价值分', en: 'Customer value' } }, { kind: 'segment', name: 'at_risk', title: { zh: '流失预警', en: 'At risk' } }] }),
  'POST /preview/model': ({ body }) => previewModel(body.document, body.customer),
  'POST /preview/segment': ({ body }) => previewSegment(body.document ?? state.draft, body.base, body.where as Condition),
  'POST /preview/indicator': ({ body }) => distribution(body.name),
  'POST /simulate': () => run('simulate', simulation()),
  'POST /customers/search': ({ body }) => { const found = rows(body); const at = Number(body.cursor ?? 0); const limit = body.limit ?? 50; return { items: found.slice(at, at + limit), total: found.length, next_cursor: at + limit < found.length ? String(at + limit) : null }; },
  'GET /customers/{customer}': ({ path }) => profile(path.customer!),
  'GET /customers/{customer}/statement': ({ path }) => explanation(path.customer!),
  'GET /customers/{customer}/events': () => ({ items: files.events, next_cursor: null }),
  'GET /customers/{customer}/history': () => ({ items: ['2025-01-31', '2025-02-28', '2025-03-31', '2025-04-30', '2025-05-31', '2025-06-30'].map((as_of, index) => ({ as_of, tiers: { membership: index < 3 ? 'silver' : 'gold' }, scores: { value: 52 + index * 3.4 } })) }),
  'GET /customers/{customer}/benefits': () => ({ items: [{ title: { zh: '免运费', en: 'Free delivery' }, tier: { zh: '金卡会员', en: 'Gold' } }, { title: { zh: '生日礼券', en: 'Birthday voucher' }, tier: { zh: '金卡会员', en: 'Gold' } }] }),
  'POST /customers/{customer}/reveal': () => ({ identities: [{ kind: 'phone', value: '13800000000' }] }),
  'GET /customers/{customer}/notes': () => ({ items: state.notes }),
  'POST /customers/{customer}/notes': ({ body }) => { state.notes.unshift({ id: `n${state.notes.length}`, by: me.name, at: new Date().toISOString(), text: body.text }); return state.notes[0]; },
  'PUT /customers/{customer}/owner': () => ({}),
  'GET /customers/{customer}/overrides': ({ path }) => ({ items: overrides.filter((one) => one.customer === path.customer) }),
  'POST /customers/{customer}/overrides': ({ body, path }) => { const made = { id: `o${overrides.length + 1}`, customer: path.customer!, label: '', by: me.name, at: new Date().toISOString(), state: 'waiting' as const, expires: null, ...body }; overrides.unshift(made); return made; },
  'GET /overrides': () => ({ items: overrides }),
  'POST /overrides/{id}/approve': ({ path }) => Object.assign(overrides.find((one) => one.id === path.id)!, { state: 'active', approved_by: me.name }),
  'POST /overrides/{id}/reject': ({ path }) => Object.assign(overrides.find((one) => one.id === path.id)!, { state: 'rejected' }),
  'POST /overrides/{id}/end': ({ path }) => Object.assign(overrides.find((one) => one.id === path.id)!, { state: 'ended' }),
  'GET /views': () => ({ items: state.views }),
  'POST /views': ({ body }) => { const view = { id: `v${state.views.length}`, ...body }; state.views.push(view); return view; },
  'DELETE /views/{id}': ({ path }) => { state.views = state.views.filter((one) => one.id !== path.id); },
  'GET /summary': () => summary(),
  'GET /instants': () => ({ items: summary().history[0]!.points.map((point) => ({ as_of: point.as_of, run: `r-${point.as_of}`, version: 7, customers: people.length })) }),
  'GET /cohorts': () => ({ cohorts: Array.from({ length: 8 }, (_, index) => ({ cohort: `2024-${String(index + 4).padStart(2, '0')}`, size: 210 - index * 9, periods: Array.from({ length: 12 - index }, (_, period) => ({ active: period === 0 ? 1 : 0.62 * Math.exp(-period / 9) + 0.08, value: 120 / (period + 1) })) })) }),
  'GET /kpis': () => ({ by: 'tier', kpis: [{ name: 'arpu', title: { zh: '人均净消费', en: 'Net spend a head' }, unit: 'money', rows: ['member', 'silver', 'gold', 'black'].map((name, index) => ({ name, title: model.tiers!.membership!.levels[name]!.title!, value: 380 * (index + 1) ** 2 })), total: 1840, target: 2000 }, { name: 'repurchase', title: { zh: '复购率', en: 'Repurchase rate' }, unit: 'percent', rows: ['member', 'silver', 'gold', 'black'].map((name, index) => ({ name, title: model.tiers!.membership!.levels[name]!.title!, value: 0.2 + 0.2 * index })), total: 0.46, target: 0.5 }] }),
  'GET /kpis/targets': () => ({ targets: [{ name: 'arpu', target: 2000 }, { name: 'repurchase', target: 0.5 }] }), 'PUT /kpis/targets': () => ({}),
  'POST /exports': () => run('export', { file: 'f1', name: 'customers.csv' }),
  'GET /runs': () => ({ items: summary().history[0]!.points.map((point, index) => ({ id: `r${index}`, as_of: point.as_of, version: 7, state: 'done', started: '2026-11-22T06:00:00Z', finished: '2026-11-22T06:00:38Z', customers: people.length, seconds: 31 + index, fit: 4 })).reverse() }),
  'POST /runs': () => run('run', { customers: people.length }),
  'GET /jobs': () => ({ items: jobs }),
  'GET /jobs/{id}': ({ path }) => advance(jobs.find((one) => one.id === path.id)!),
  'POST /jobs/{id}/cancel': ({ path }) => Object.assign(jobs.find((one) => one.id === path.id)!, { state: 'cancelled' }),
  'GET /audit': () => ({ items: Array.from({ length: 120 }, (_, index) => ({ number: 120 - index, at: new Date(Date.UTC(2026, 10, 22, 9, 0) - index * 5_400_000).toISOString(), who: index % 3 ? '林晓' : '陈一', action: ['model.draft.saved', 'import.finished', 'customer.revealed', 'version.approved', 'session.started'][index % 5]!, what: ['model', 'import 12', 'customer 10017', 'version 7', 'session'][index % 5], hash: 'a91f03…' })), total: 120 }),
  'GET /audit/verify': () => ({ intact: true, entries: 120 }),
  'GET /system': () => ({ version: '0.1.0', formats: [{ name: 'workspace', number: 1 }, { name: 'events', number: 2 }], sizes: [{ what: { zh: '账本', en: 'Ledger' }, bytes: 38_112_331, rows: 231_020 }, { what: { zh: '评级结果', en: 'Grades' }, bytes: 6_211_331, rows: 43_200 }, { what: { zh: '保险库', en: 'Vault' }, bytes: 2_100_331 }], store: 'SQLite 3.51.3', licences: [{ name: 'datafusion', version: '55.2.0', licence: 'Apache-2.0' }, { name: 'react', version: '19.3.1', licence: 'MIT' }], settings: { four_eyes: true }, last_backup: null }),
  'POST /system/backup': () => run('backup', { file: 'f2' }), 'PUT /settings': () => ({}),
};

function check(document: ModelDocument): C.Finding[] {
  const findings: C.Finding[] = [];
  for (const [name, card] of Object.entries(document.scorecards ?? {})) {
    const weights = Object.values(card.attributes ?? {}).reduce((sum, one) => sum + Number(one.weight ?? 1), 0);
    if (card.combine === 'weighted_sum' && Math.abs(weights - 1) > 0.001) findings.push({ severity: 'warning', code: 'weights-do-not-add-up', path: `scorecards.${name}.attributes`, message: { zh: `权重之和为 ${weights.toFixed(2)}，不是 1`, en: `The weights add up to ${weights.toFixed(2)}, not 1` }, hint: { zh: '调整权重，使其和为 1', en: 'Change the weights so that they add up to 1' } });
  }
  return findings;
}

function profile(id: string): C.Profile {
  const person = people.find((one) => String(one.id) === id) ?? people[0]!;
  const level = levelOf(model, person);
  return { customer: id, label: labelOf(person), identities: [{ kind: 'phone', masked: '138****2210' }, { kind: 'email', masked: 'w***@example.com' }], owner: '周敏', tiers: [{ scheme: 'membership', title: model.tiers!.membership!.title!, level, level_title: level ? model.tiers!.membership!.levels[level]!.title! : null, since: '2025-04-30' }], scores: [{ name: 'value', title: model.scorecards!.value!.title!, value: scoreOf(model, person) }], segments: [{ name: 'buyers', title: model.segments!.buyers!.title! }], groupings: [{ name: 'city', title: model.groupings!.city!.title!, value: person.values.city as string, value_title: person.values.city as string }], overrides: overrides.filter((one) => one.customer === id), completeness: 0.85, first_seen: '2023-04-11', last_seen: '2025-06-12' };
}

function explanation(id: string): C.Explanation {
  const person = people.find((one) => String(one.id) === id) ?? people[0]!;
  const made = statement(model, id);
  const level = levelOf(model, person);
  return {
    customer: id, as_of: AS_OF, run: 'r12', version: 7, fit: 4,
    indicators: Object.entries(model.indicators!).map(([name, one]) => [name, one.title as C.Both, person.values[name] === null ? null : String(person.values[name])]),
    scores: [made], differences: [],
    standings: [{ scheme: 'membership', title: model.tiers!.membership!.title as C.Both, level, not_graded: level ? null : 'not_eligible', provisional: false, value: String(made.total), levels: Object.entries(model.tiers!.membership!.levels).map(([name, one]) => ({ level: name, title: one.title as C.Both, from: one.from === undefined ? null : Number(one.from), distance: one.from === undefined ? null : Math.round((Number(one.from) - made.total) * 100) / 100 })) }],
    segments: [{ segment: 'at_risk', title: { zh: '流失预警', en: 'At risk' }, member: 'false', base: 'buyers', in_base: 'true', condition: { text: { zh: '全部满足', en: 'all' }, truth: 'false', parts: [{ text: { zh: '订单数 ≥ 3', en: 'orders ≥ 3' }, truth: 'true', values: [['orders', String(person.values.orders)]] }, { text: { zh: '距上次消费天数 > 90', en: 'recency > 90' }, truth: 'false', values: [['recency', String(person.values.recency)]] }] } }],
  };
}

function advance(job: C.Job): C.Job {
  const own = job as C.Job & { polls?: number; pending?: unknown; steps?: number };
  if (job.state === 'running') {
    own.polls = (own.polls ?? 0) + 1;
    job.progress = { step: ['读取文件', '计算指标', '评分与定级'][own.polls % 3]!, done: own.polls, total: own.steps ?? 3 };
    if (own.polls >= (own.steps ?? 3)) Object.assign(job, { state: 'done', finished: new Date().toISOString(), result: own.pending });
  }
  return job;
}

const routes = Object.entries(table).map(([key, answer]) => {
  const [method, path] = key.split(' ') as [string, string];
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  return { method, names, pattern: new RegExp(`^/api/v1${path.replace(/\{\w+\}/g, '([^/]+)')}$`), answer };
});

export async function mockAnswer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  for (const route of routes) {
    const match = request.method === route.method && route.pattern.exec(url.pathname);
    if (!match) continue;
    const path = Object.fromEntries(route.names.map((name, index) => [name, decodeURIComponent(match[index + 1]!)]));
    const isJson = request.headers.get('content-type')?.includes('json');
    const body = isJson ? await request.json() : {};
    const answer = route.answer({ body, path, query: url.searchParams });
    if (answer instanceof Refused) return Response.json({ ...answer, detail: answer.title, request_id: '01JD9' }, { status: answer.status });
    return Response.json(structuredClone(answer ?? {}));
  }
  return Response.json({ title: 'not found', status: 404, code: 'not_found' }, { status: 404 });
}

export async function startMock() {
  answerWith(mockAnswer);
}
