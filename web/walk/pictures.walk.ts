// The pictures of README and guide, renewed with GRADUS_PICTURES=1: real screens on the real data, in both languages.
import { statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { close, Person } from './browser';
import { ADMINISTRATOR, APPROVER, OPERATOR, serve, type House } from './house';
import { smaller } from './palette';
import { withSurvey } from './survey';
import { wordsIn } from './words';

const guide = resolve(import.meta.dirname, '../../docs/guide');
const PICTURES: { name: string; path: string; who?: string }[] = [
  { name: 'home', path: '/' },
  { name: 'scorecard', path: '/scorecards/value_score' },
  { name: 'segment', path: '/segments/uk_loyal' },
  { name: 'customer', path: '/customers/{customer}' },
  { name: 'simulate', path: '/simulate' },
  { name: 'publish', path: '/publish', who: APPROVER },
  { name: 'dashboard', path: '/dashboards?tab=value' },
  { name: 'quarantine', path: '/quarantine' },
];

afterAll(close);

describe.runIf(process.env.GRADUS_PICTURES).each(['zh', 'en'] as const)('the pictures of the guide, %s', (lang) => {
  const word = wordsIn(lang);
  const draw = async (house: House, who: string, pictures: { name: string; path: string; table?: string; scroll?: true }[]) => {
    const person = await Person.at(house.url, { lang, width: 1280, height: 800 });
    await person.page.goto(house.link(who));
    await person.page.getByRole('navigation').waitFor();
    const customer = await person.anyCustomer();
    for (const { name, path, table, scroll } of pictures) {
      await person.page.goto(house.url + path.replace('{customer}', customer));
      await person.settled();
      // Some figures come late, and some stand below what was asked.
      const awaited = table && person.page.getByRole('table', { name: word(table) });
      if (awaited) await awaited.waitFor({ timeout: 120_000 });
      if (awaited && scroll) await awaited.evaluate((one) => one.scrollIntoView({ block: 'center' }));
      await person.page.waitForTimeout(500);
      const file = join(guide, `${name}${lang === 'zh' ? '.zh-CN' : ''}.png`);
      writeFileSync(file, smaller(await person.page.screenshot()));
      // Whoever reads the guide on a telephone pays for each of them.
      expect(statSync(file).size, file).toBeLessThan(100_000);
    }
    person.fine('pictures');
    await person.leave();
  };

  it('of a first day are drawn', async () => {
    const house = await serve(`pictures-empty-${lang}`, { empty: true, lang });
    await draw(house, ADMINISTRATOR, [{ name: 'beginning', path: '/welcome' }]);
    await house.stop();
  });

  it('of what is learned are drawn', async () => {
    const house = await serve(`pictures-learned-${lang}`, { lang, before: withSurvey });
    const person = await Person.at(house.url, { lang });
    await person.page.goto(house.link(OPERATOR));
    await person.page.getByRole('navigation').waitFor();
    // A studio shows what was asked of it last.
    const id = await person.page.evaluate(async () => {
      const response = await fetch('/api/v1/learn/clusters', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Gradus': '1' }, body: JSON.stringify({ features: ['recency_days', 'orders', 'monetary'], scale: 'log', method: 'k_means', most: 6, model: 'draft' }) });
      return ((await response.json()) as { id: string }).id;
    });
    await expect.poll(() => person.page.evaluate(async (id) => ((await (await fetch(`/api/v1/jobs/${id}`)).json()) as { state: string }).state, id), { timeout: 120_000 }).toBe('done');
    await person.leave();
    await draw(house, OPERATOR, [{ name: 'prediction', path: '/predictions/clv?tab=card' }, { name: 'clusters', path: '/clusters', table: 'clusters.kTable', scroll: true }, { name: 'satisfaction', path: '/satisfaction', table: 'satisfaction.grid' }]);
    await house.stop();
  });

  it('of every day are drawn', async () => {
    const house = await serve(`pictures-${lang}`, { lived: true, lang });
    for (const who of [OPERATOR, APPROVER]) await draw(house, who, PICTURES.filter((one) => (one.who ?? OPERATOR) === who));
    await house.stop();
  });
});
