// What the demo's people have not done: a draft with one of each form of rule, and one result of each proof. Done through
// the API, by an operator and an approver who are signed in by a link.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { APPROVER, OPERATOR, place, serve, type House } from './house';

type Lang = 'zh' | 'en';
type Ask = <T = unknown>(method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<T>;
interface Job { id: string; kind: string; state: string; problem?: unknown }

async function enter(house: House, email: string, lang: Lang): Promise<Ask> {
  let cookie = '';
  const ask: Ask = async (method, path, body, headers = {}) => {
    const response = await fetch(`${house.url}/api/v1${path}`, {
      method,
      headers: { 'X-Gradus': '1', 'Accept-Language': lang, 'Content-Type': 'application/json', ...(cookie ? { Cookie: cookie } : {}), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return (text ? JSON.parse(text) : undefined) as never;
  };
  await ask('POST', '/session/enter', { code: new URL(house.link(email)).hash.slice(1) });
  return ask;
}

/** One of each form of rule over the indicators of the retail example. The table has a row that is never reached, so that a mark is seen. */
export const RULES = {
  decision_tables: {
    service: {
      title: { zh: '服务方式', en: 'Service' },
      hit: 'first',
      inputs: { recency_days: {}, monetary: {}, country: {} },
      outputs: { service: { title: { zh: '由谁服务', en: 'Served by' }, values: ['account manager', 'call', 'mail', 'nobody'], default: 'nobody' } },
      rows: [
        { when: ['<= 60', '>= 5000', '-'], then: ['account manager'] },
        { when: ['(60..180]', '>= 2000', '-'], then: ['call'] },
        { when: ['<= 180', '-', '"United Kingdom"'], then: ['mail'] },
        { when: ['<= 60', '>= 8000', '-'], then: ['call'] },
        { when: ['<= 365', '-', '-'], then: ['mail'] },
      ],
    },
  },
  cross_tables: {
    attention: {
      title: { zh: '关注程度', en: 'Attention' },
      rows: { inputs: { recency_days: null }, bands: [{ title: { zh: '近期', en: 'Recent' }, when: ['<= 60'] }, { when: ['(60..180]'] }, { title: { zh: '久未购买', en: 'Long ago' }, when: ['-'] }] },
      columns: { inputs: { orders: null }, bands: [{ when: ['>= 5'] }, { when: ['[2..5)'] }, { when: ['-'] }] },
      cells: [[9, 7, 5], [8, 5, 3], [6, 2, 0]],
    },
  },
  decision_trees: {
    risk: {
      title: { zh: '流失风险', en: 'Risk of leaving' },
      value: 'recency_days',
      branches: [
        { title: { zh: '最近买过', en: 'Bought lately' }, is: '<= 60', gives: 'low' },
        { when: 'days_between_orders > 0', branches: [{ when: 'recency_days <= 2 * days_between_orders', gives: 'low' }], else: { gives: 'high' } },
      ],
      else: { gives: 'middle' },
    },
  },
  flows: {
    review: {
      title: { zh: '复核', en: 'Review' },
      steps: {
        attention: { title: { zh: '基础分', en: 'Points to begin with' }, use: 'attention' },
        bonus: { title: { zh: '低风险加分', en: 'More for low risk' }, when: "risk = 'low'", use: 'review_attention * 2' },
        final: { branches: [{ when: "risk = 'low'", use: 'review_bonus' }], else: 'review_attention' },
      },
    },
  },
};

/** A house with all of it, for walks that look at every screen; made once in each language, and copied. */
export async function full(name: string, lang: Lang): Promise<House> {
  const made = `full-${lang}`;
  if (!existsSync(join(place, `${made}.made`))) {
    const house = await serve(made, { lived: true, lang });
    try {
      await fill(house, lang);
    } finally {
      await house.stop();
    }
    writeFileSync(join(place, `${made}.made`), '');
  }
  return serve(name, { lang, from: join(place, made) });
}

async function fill(house: House, lang: Lang) {
  const operator = await enter(house, OPERATOR, lang);
  const approver = await enter(house, APPROVER, lang);
  const done = async ({ id }: Job) => {
    for (;;) {
      const job = await operator<Job>('GET', `/jobs/${id}`);
      if (job.state === 'done') return;
      if (job.state === 'failed' || job.state === 'cancelled') throw new Error(`${job.kind}: ${JSON.stringify(job.problem)}`);
      await new Promise((later) => setTimeout(later, 200));
    }
  };
  const { revision, document } = await operator<{ revision: number; document: object }>('GET', '/model/draft');
  await operator('PUT', '/model/draft', { document: { ...document, ...RULES } }, { 'If-Match': `"${revision}"` });
  await done(await operator('POST', '/simulate', { version: 'draft' }));
  await done(await operator('POST', '/simulate', { version: 'draft', from: '2011-09-30', every: 'month', flapping: true }));
  await done(await operator('POST', '/backtests', { dates: 2, every: 'month', horizon: '30 days', model: 'draft', against: 'in_force' }));
  await done(await operator('POST', '/reviews', { quarter: '2011-Q3' }));
  // The version that waits for approval grades beside the one in force.
  await approver('PUT', '/challenger', { version: 2 });
  await done(await operator('POST', '/runs', {}));
}
