// The pictures of README and guide, renewed with GRADUS_PICTURES=1: real screens on the real data, in both languages.
import { statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { close, Person } from './browser';
import { ADMINISTRATOR, APPROVER, OPERATOR, serve, type House } from './house';
import { smaller } from './palette';

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
  const draw = async (house: House, who: string, pictures: { name: string; path: string }[]) => {
    const person = await Person.at(house.url, { lang, width: 1280, height: 800 });
    await person.page.goto(house.link(who));
    await person.page.getByRole('navigation').waitFor();
    const customer = await person.anyCustomer();
    for (const { name, path } of pictures) {
      await person.page.goto(house.url + path.replace('{customer}', customer));
      await person.settled();
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

  it('of every day are drawn', async () => {
    const house = await serve(`pictures-${lang}`, { lived: true, lang });
    for (const who of [OPERATOR, APPROVER]) await draw(house, who, PICTURES.filter((one) => (one.who ?? OPERATOR) === who));
    await house.stop();
  });
});
