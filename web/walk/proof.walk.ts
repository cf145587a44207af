// Rules that keep tiers, and whether grades were right: designed, walked through the past, held against what came, challenged,
// kept beside the old ones, watched for drift, reviewed; and what a customer can do. In both languages, by role and name.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, Person } from './browser';
import { APPROVER, OPERATOR, serve, type House } from './house';
import { wordsIn } from './words';

/** Jobs go through a year of the retail data; two processors may be busy with other things. */
const PATIENT = { timeout: 60_000 };
afterAll(close);

describe.each(['zh', 'en'] as const)('proof, %s', (lang) => {
  const word = wordsIn(lang);
  const said = (zh: string, en: string) => (lang === 'zh' ? zh : en);
  let house: House;
  let operator: Person;
  let approver: Person;
  beforeAll(async () => {
    house = await serve(`proof-${lang}`, { lang, lived: true });
    operator = await Person.at(house.url, { lang, dark: lang === 'en', width: lang === 'en' ? 1024 : 1440 });
    await operator.page.goto(house.link(OPERATOR));
    await operator.page.getByRole('heading', { level: 1, name: word('start.title') }).waitFor();
    approver = await Person.at(house.url, { lang });
    await approver.page.goto(house.link(APPROVER));
    await approver.page.getByRole('heading', { level: 1, name: word('start.title') }).waitFor();
  });
  afterAll(async () => {
    await operator?.leave();
    await approver?.leave();
    await house?.stop();
  });
  const menu = (who: Person, item: string) => who.menu(word(`nav.${item}`));
  const button = (path: string) => operator.page.getByRole('main').getByRole('button', { name: word(path) }).first();
  const looked = async (name: string, who = operator) => {
    await who.shot(`proof-${name}-${lang}`, true);
    who.fine(name);
    await who.accessible(name);
  };
  /** What an approver does elsewhere on the page, by the same requests. */
  const asked = (who: Person, method: string, path: string, body: object = {}) => who.page.evaluate(async ([method, path, body]) => {
    const response = await fetch(`/api/v1${path}`, { method, headers: { 'Content-Type': 'application/json', 'X-Gradus': '1' }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? null : ((await response.json()) as { id?: string });
  }, [method, path, body] as const);
  const graded = async () => {
    const job = await asked(operator, 'POST', '/runs');
    await expect.poll(() => operator.page.evaluate(async (id) => ((await (await fetch(`/api/v1/jobs/${id}`)).json()) as { state: string }).state, job!.id!), PATIENT).toBe('done');
  };

  it('designs what keeps a tier, reads it in words, and sees who would go back and forth', async () => {
    const { page } = operator;
    await menu(operator, 'tiers');
    await page.getByRole('table', { name: word('tiers.title'), exact: true }).getByRole('button', { name: said('会员等级', 'Membership') }).click();
    const told = page.getByRole('status').filter({ hasText: word('tiers-said.monthly') });
    await told.getByText(word('tiers-said.plain')).waitFor();
    await page.getByRole('switch', { name: word('tiers.keep_grace') }).click();
    await page.getByRole('switch', { name: word('tiers.keep_at_least') }).click();
    await told.getByText(said('不够格以后再宽限 1 个月', 'is forgiven for 1 month')).waitFor();
    const fall = page.getByRole('spinbutton', { name: `${said('黄金', 'Gold')} ${word('tiers.fallBelow')}` });
    await fall.fill('55');
    await fall.blur();
    await told.getByText(said('低于 55 才算不够', 'only a value below 55 is too little')).waitFor();
    await button('tiers.flappingRun').click();
    const table = page.getByRole('table', { name: word('tiers.flapping') });
    await table.waitFor(PATIENT);
    const count = async (of: string) => Number((await table.getByRole('row').filter({ has: page.getByRole('rowheader', { name: word(`tiers.${of}`), exact: true }) }).getByRole('cell').last().innerText()).replaceAll(',', ''));
    // The rules are there to spare customers; nothing was saved to learn it.
    expect(await count('with_rules')).toBeLessThan(await count('without_rules'));
    await page.getByText(word('draft.unsaved')).waitFor();
    await looked('tier');
    await button('draft.save').click();
    await page.getByText(word('draft.clean')).waitFor();
  });

  it('goes through the past, and opens the customers of what it counts', async () => {
    const { page } = operator;
    await menu(operator, 'simulate');
    await page.getByRole('tab', { name: word('simulate.history') }).click();
    await page.getByRole('heading', { name: word('simulate.historyEmptyTitle') }).waitFor();
    await button('simulate.run').click();
    const chain = page.getByRole('table', { name: word('simulate.chain') });
    await chain.waitFor(PATIENT);
    await looked('history');
    // The last row's rises: as many customers as it says.
    const rises = chain.getByRole('row').last().getByRole('link').filter({ hasText: /\d/ }).nth(-2);
    const n = (await rises.innerText()).trim();
    await rises.click();
    await page.getByRole('heading', { level: 1, name: word('simulated.title') }).waitFor();
    await page.locator('.table-foot').filter({ hasText: n }).waitFor();
    await looked('history-customers');
    await page.getByRole('button', { name: word('simulated.back') }).click();
    await chain.waitFor(PATIENT);
  });

  it('holds grades against what came, beside the version in force', async () => {
    const { page } = operator;
    await menu(operator, 'backtests');
    await page.getByText(word('backtests.step3')).waitFor();
    await looked('backtest-empty');
    await operator.choose(page.getByRole('combobox', { name: word('backtests.model'), exact: true }), word('backtests.draft'));
    await operator.choose(page.getByRole('combobox', { name: word('backtests.against'), exact: true }), word('backtests.in_force'));
    await button('backtests.run').click();
    await page.getByRole('heading', { level: 2, name: word('backtests.means') }).waitFor(PATIENT);
    await page.getByRole('table', { name: said('会员等级', 'Membership'), exact: true }).waitFor();
    await looked('backtest-tiers');
    for (const [tab, name] of [['bands', 'score'], ['liftTab', 'lift'], ['calibrationTab', 'calibration'], ['challengeTab', 'challenge'], ['steady', 'steady']] as const) {
      await page.getByRole('tab', { name: word(`backtests.${tab}`) }).click();
      await operator.settled();
      await looked(`backtest-${name}`);
    }
    await page.getByRole('tab', { name: word('backtests.liftTab') }).click();
    await page.getByRole('button', { name: new RegExp(word('ui.asTable')) }).first().click();
    expect(await page.getByRole('main').getByRole('table').first().getByRole('row').count()).toBe(11);
  });

  it('lets a challenger run in shadow, and lists whom it would put elsewhere', async () => {
    const { page } = approver;
    await menu(approver, 'challenger');
    await page.getByRole('heading', { name: word('challenger.shadowEmptyTitle') }).waitFor();
    await page.getByRole('combobox', { name: word('challenger.version') }).click();
    await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden)').getByText(word('challenger.versionN', { n: 2 })).first().click();
    await page.getByRole('button', { name: word('challenger.set') }).click();
    await page.getByText(word('challenger.saved')).waitFor();
    await graded();
    await menu(operator, 'challenger');
    await operator.page.getByRole('table', { name: word('challenger.differ') }).getByRole('row').nth(2).waitFor();
    await looked('challenger');
    await operator.page.getByRole('table', { name: word('challenger.differ') }).getByRole('link').first().click();
    await operator.page.getByRole('tab', { name: word('customers.tabWhy') }).waitFor();
  });

  it('keeps a share on the old tiers, reads what to do, and ends it', async () => {
    await asked(approver, 'POST', '/model/versions/2/approve', { note: 'walk' });
    await asked(approver, 'POST', '/model/versions/2/publish');
    const { page } = approver;
    await page.reload();
    await page.getByRole('combobox', { name: word('challenger.oldVersion') }).click();
    await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden)').getByText(word('challenger.versionN', { n: 1 })).first().click();
    await page.getByRole('button', { name: word('challenger.begin'), exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: word('challenger.begin'), exact: true }).click();
    await page.getByText(word('challenger.runs'), { exact: true }).waitFor();
    await page.getByText(word('challenger.tooEarly')).waitFor();
    await looked('hold-out', approver);
    await page.getByRole('button', { name: word('challenger.end') }).click();
    await page.getByRole('dialog').getByRole('button', { name: word('challenger.end') }).click();
    await page.getByText(word('challenger.ended'), { exact: true }).waitFor();
  });

  it('sees what drifted', async () => {
    const { page } = operator;
    await menu(operator, 'drift');
    await page.getByRole('heading', { level: 2, name: word('drift.verdict') }).waitFor(PATIENT);
    await page.getByRole('table', { name: word('drift.title') }).getByRole('button').nth(2).click();
    await looked('drift');
  });

  it('reviews a quarter and takes what it proposes into the draft, which is simulated', async () => {
    const { page } = operator;
    await menu(operator, 'reviews');
    await page.getByRole('heading', { name: word('reviews.emptyTitle') }).waitFor();
    await operator.choose(page.getByRole('combobox', { name: word('reviews.quarter') }), '2011-Q3');
    await button('reviews.run').click();
    await page.getByRole('heading', { level: 2, name: word('reviews.proposals') }).waitFor(PATIENT);
    await looked('review');
    await button('reviews.take').click();
    await page.getByRole('dialog').getByRole('button', { name: word('reviews.take') }).click();
    await page.getByRole('table', { name: word('simulation.matrix') }).first().waitFor(PATIENT);
    await looked('review-simulated');
  });

  it('tells a customer what lifts or keeps their tier', async () => {
    const { page } = operator;
    await page.goto(`${house.url}/customers/${await operator.anyCustomer()}?tab=ways`);
    await page.getByText(word('ways.lead')).waitFor(PATIENT);
    await page.getByText(word('ways.customer')).first().waitFor();
    await looked('ways');
  });
});
