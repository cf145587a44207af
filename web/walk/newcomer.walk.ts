// Somebody who has never seen Gradus: from a dropped file of orders to a published tier scheme, by visible words
// only, no address typed, in at most 40 interactions and 10 minutes, in both languages.
import { gunzipSync } from 'node:zlib';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, Person } from './browser';
import { APPROVER, OPERATOR, place, serve, type House } from './house';
import { wordsIn } from './words';

const MOST = 40;
const orders = join(place, 'orders_2010.csv');
beforeAll(() => {
  // Three thousand lines of a shop's real orders, as its till would export them.
  const all = gunzipSync(readFileSync(resolve(import.meta.dirname, '../../examples/retail/data/online_retail_2010_2011.csv.gz'))).toString('utf8');
  writeFileSync(orders, `${all.split('\n').slice(0, 3001).join('\n')}\n`);
});
afterAll(close);

describe.each(['zh', 'en'] as const)('a newcomer, %s', (lang) => {
  const word = wordsIn(lang);
  let house: House;
  let operator: Person;
  let approver: Person;
  let n = 0;
  beforeAll(async () => {
    house = await serve(`newcomer-${lang}`, { empty: true, lang });
    operator = await Person.at(house.url, { lang });
    approver = await Person.at(house.url, { lang });
  });
  afterAll(async () => {
    await operator?.leave();
    await approver?.leave();
    await house?.stop();
  });

  /** One interaction of a person. */
  const click = async (what: Locator) => {
    n += 1;
    await what.click();
  };
  const type = async (what: Locator, text: string) => {
    n += 1;
    await what.fill(text);
  };
  const button = (person: Person, path: string) => person.page.getByRole('button', { name: word(path) });
  const go = async (person: Person, item: string) => {
    n += 1;
    await person.menu(word(`nav.${item}`));
  };

  it('goes from a file to a published tier scheme', async () => {
    const began = Date.now();
    const { page } = operator;
    await page.goto(house.link(OPERATOR));
    await click(button(operator, 'start.begin'));
    await click(page.getByRole('button', { name: `${word('setup.begin')}: ${word('setup.sData')}` }));
    await operator.shot(`newcomer-1-${lang}`);
    const chooser = page.waitForEvent('filechooser');
    await click(page.getByRole('button', { name: word('imports.choose') }).first());
    await (await chooser).setFiles(orders);
    await click(button(operator, 'imports.looksRight'));
    await operator.shot(`newcomer-2-${lang}`);
    await operator.accessible('mapping');
    await click(button(operator, 'imports.dryRun'));
    await button(operator, 'imports.confirm').waitFor({ timeout: 60_000 });
    await operator.shot(`newcomer-3-${lang}`);
    await operator.accessible('dry run');
    await click(button(operator, 'imports.confirm'));
    await button(operator, 'imports.next').waitFor({ timeout: 60_000 });
    await click(button(operator, 'imports.next'));
    await click(button(operator, 'scorecards.rfm'));
    await click(button(operator, 'draft.save'));
    await page.getByText(word('draft.clean')).waitFor();
    await operator.shot(`newcomer-4-${lang}`);
    await go(operator, 'tiers');
    await click(button(operator, 'tiers.add').first());
    const dialog = page.getByRole('dialog');
    await type(dialog.getByLabel(word('ui.name'), { exact: true }), 'membership');
    await click(dialog.getByRole('button', { name: word('ui.ok') }));
    await page.getByRole('heading', { level: 2, name: word('tiers.levels') }).waitFor();
    await click(button(operator, 'draft.save'));
    await page.getByText(word('draft.clean')).waitFor();
    await operator.shot(`newcomer-5-${lang}`);
    await click(button(operator, 'draft.toPublish'));
    await type(page.getByLabel(word('versions.note')), lang === 'zh' ? '第一份会员等级' : 'The first membership tiers');
    await operator.shot(`newcomer-6-${lang}`);
    await click(button(operator, 'versions.submit'));
    await page.getByText(word('versions.submitted', { n: 1 })).waitFor();
    operator.fine('drafting');
    // The second person.
    await approver.page.goto(house.link(APPROVER));
    await go(approver, 'publish');
    await click(approver.page.getByRole('button', { name: word('versions.approve'), exact: true }));
    await click(approver.page.getByRole('button', { name: word('versions.publish'), exact: true }));
    await click(approver.page.getByRole('dialog').getByRole('button', { name: word('versions.publish'), exact: true }));
    await approver.page.getByText(word('versions.published', { n: 1 })).waitFor();
    approver.fine('publishing');
    // And the customers stand on its levels.
    await go(operator, 'runs');
    await click(page.getByRole('button', { name: word('runs.start') }).first());
    await click(page.getByRole('dialog').getByRole('button', { name: word('runs.start') }));
    await page.getByText(word('jobs.done'), { exact: true }).first().waitFor({ timeout: 60_000 });
    await go(operator, 'start');
    // Somebody stands on the highest level, and not everybody.
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: lang === 'zh' ? '黑金会员' : 'Black' }) });
    await row.waitFor();
    const highest = Number(await row.getByRole('button').innerText());
    expect(highest).toBeGreaterThan(0);
    expect(highest).toBeLessThan(50);
    await operator.shot(`newcomer-7-${lang}`);
    operator.fine('looking');
    console.log(`${lang}: ${n} interactions, ${Math.round((Date.now() - began) / 1000)} s`);
    expect(n).toBeLessThanOrEqual(MOST);
    expect(Date.now() - began).toBeLessThan(600_000);
  });
});
