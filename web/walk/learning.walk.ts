// What is learned from the ledger, as an operator does it: who is satisfied and leaves all the same, how much each attribute
// matters, a scorecard learned and then edited, what a customer may buy next. In both languages, by role and name.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, patience, Person } from './browser';
import { OPERATOR, serve, VIEWER, type House } from './house';
import { focusIsSeen, looksRight } from './looks';
import { withSurvey } from './survey';
import { wordsIn } from './words';

/** Learning goes through months of the retail data; two processors may be busy with other things. */
const PATIENT = { timeout: 120_000 * patience };
afterAll(close);

/** GRADUS_WALK_SOME=1, for `make test`: one language, light and wide; that of predictions is the other, dark and narrow. */
const LANGS = process.env.GRADUS_WALK_SOME ? (['zh'] as const) : (['zh', 'en'] as const);

describe.each(LANGS)('learning, %s', (lang) => {
  const word = wordsIn(lang);
  const said = (zh: string, en: string) => (lang === 'zh' ? zh : en);
  let house: House;
  let operator: Person;
  beforeAll(async () => {
    house = await serve(`learning-${lang}`, { lang, before: withSurvey });
    operator = await Person.at(house.url, { lang, dark: lang === 'en', width: lang === 'en' ? 1024 : 1440 });
    await operator.page.goto(house.link(OPERATOR));
    await operator.page.getByRole('heading', { level: 1, name: word('start.title') }).waitFor();
  });
  afterAll(async () => {
    await operator?.leave();
    await house?.stop();
  });
  const main = () => operator.page.getByRole('main');
  const menu = (item: string) => operator.menu(word(`nav.${item}`));
  const button = (path: string, values = {}) => main().getByRole('button', { name: word(path, values) }).first();
  const table = (path: string, values = {}) => main().getByRole('table', { name: word(path, values), exact: true });
  const looked = async (name: string) => {
    await operator.shot(`learning-${name}-${lang}`, true);
    await looksRight(operator, name);
  };
  const counted = (text: string) => Number(text.replaceAll(',', '').match(/\d+/)![0]);

  it('sees how content customers are, how sure that is, and opens whoever a cell counts', async () => {
    await menu('satisfaction');
    const grid = table('satisfaction.grid');
    await grid.waitFor(PATIENT);
    await main().getByRole('button', { name: word('satisfaction.csat') }).waitFor(PATIENT);
    await main().getByText(word('satisfaction.notAsked')).waitFor();
    await looked('satisfaction');
    // What staff say of customers stands beside, and is never counted among the answers.
    const rated = main().getByRole('button', { name: new RegExp(`^${word('satisfaction.ofCustomers')}`) });
    await rated.click();
    await main().getByText(word('satisfaction.ofCustomersHint')).waitFor(PATIENT);
    expect(await rated.getAttribute('aria-pressed')).toBe('true');
    await main().getByRole('heading', { name: word('satisfaction.well_leaving') }).waitFor(PATIENT);
    await looked('satisfaction-rated');
    await main().getByRole('button', { name: word('satisfaction.nps') }).click();
    await main().getByText(word('satisfaction.npsHint')).waitFor(PATIENT);
    const cell = grid.getByRole('button', { name: new RegExp(said('黄金', 'Gold')) }).first();
    const n = counted((await cell.innerText()).split('\n')[0]!);
    expect(n).toBeGreaterThan(0);
    await cell.click();
    await operator.page.locator('.table-foot').filter({ hasText: new RegExp(`(^|\\D)${n}(\\D|$)`) }).waitFor(PATIENT);
    await looked('satisfaction-cell');
  });

  it('lists who is satisfied and leaves all the same', async () => {
    await menu('satisfaction');
    const list = main().getByRole('button', { name: new RegExp(`^${word('satisfaction.satisfied_leaving')}`) });
    await list.waitFor(PATIENT);
    const n = counted(await list.innerText());
    await list.click();
    await main().getByRole('heading', { level: 1, name: word('satisfaction.satisfied_leaving') }).waitFor();
    await operator.page.locator('.table-foot').filter({ hasText: new RegExp(`(^|\\D)${n}(\\D|$)`) }).waitFor(PATIENT);
    await looked('satisfaction-leaving');
    await button('satisfaction.back').click();
    await operator.choose(main().getByRole('combobox', { name: word('satisfaction.codes') }), said('原因', 'Reason'));
    await table('satisfaction.topics').getByRole('button', { name: 'price' }).waitFor(PATIENT);
    await button('satisfaction.trendRun').click();
    await main().getByRole('figure', { name: word('satisfaction.trend'), exact: true }).waitFor(PATIENT);
    await looked('satisfaction-topics');
  });

  it('compares attributes in pairs by the keyboard, hears what contradicts, and takes the weights into the draft', async () => {
    const { page } = operator;
    await menu('scorecards');
    await main().getByRole('button', { name: said('价值分', 'Value score') }).click();
    await button('weights.helper').click();
    await table('weights.grid').waitFor();
    await table('weights.result').waitFor(PATIENT);
    // Eight attributes: the first matters far more than the second, that far more than the third, and the third more than the first.
    const pairs = table('weights.grid').getByRole('slider');
    await pairs.first().focus();
    await page.keyboard.press('9');
    await page.keyboard.press('Tab');
    await page.keyboard.press('9');
    await page.keyboard.press('/');
    expect(await pairs.nth(1).getAttribute('aria-valuenow')).toBe('-8');
    await pairs.nth(7).focus();
    await page.keyboard.press('8');
    await page.keyboard.press('ArrowRight');
    expect(await pairs.nth(7).getAttribute('aria-valuenow')).toBe('8');
    await focusIsSeen(operator, 'the comparisons', 50);
    await main().getByText(word('weights.inconsistent'), { exact: true }).waitFor(PATIENT);
    await main().getByText(word('weights.doubt')).waitFor();
    await looked('weights');
    // What is suggested makes the judgements agree better.
    const ratio = async () => Number(await main().getByRole('status').locator('.figure-value').first().innerText());
    const before = await ratio();
    await main().getByRole('button', { name: new RegExp(`^${word('weights.suggest', { n: '' }).trim()}`) }).click();
    await expect.poll(ratio, PATIENT).toBeLessThan(before);
    await button('weights.take').click();
    await page.getByText(word('weights.taken')).waitFor();
    await main().getByText(word('scorecards.weightSum', { n: 1 })).waitFor();
    await page.getByText(word('draft.unsaved')).waitFor();
    await page.getByRole('button', { name: word('draft.undo') }).click();
    await page.getByText(word('draft.clean')).waitFor();
    await main().getByText(word('weights.entropy')).click();
    await button('weights.compute').click();
    await table('weights.result').waitFor(PATIENT);
    await looked('weights-entropy');
  });

  it('learns a scorecard, reads its bins and its test, and edits it like any other', async () => {
    const { page } = operator;
    await menu('learned');
    await main().getByRole('heading', { name: word('learned-scorecards.emptyTitle') }).waitFor();
    await looked('scorecard-empty');
    await button('learned-scorecards.run').click();
    await main().getByRole('heading', { level: 2, name: word('learned-scorecards.means') }).waitFor(PATIENT);
    await looked('scorecard-bins');
    for (const [tab, name] of [['tabIv', 'iv'], ['tabCalibration', 'calibration'], ['tabCard', 'points'], ['tabData', 'data']] as const) {
      await page.getByRole('tab', { name: word(`learned-scorecards.${tab}`), exact: true }).click();
      await looked(`scorecard-${name}`);
    }
    await button('learned-scorecards.take').click();
    await page.getByText(word('learned-scorecards.takenSaid')).waitFor();
    await table('scorecards.tierEffect').or(main().getByRole('heading', { name: word('scorecards.effect') })).first().waitFor();
    await button('draft.save').click();
    await page.getByText(word('draft.clean')).waitFor(PATIENT);
    await looked('scorecard-taken');
  });

  it('learns what is bought next, holds it against bestsellers, and finds it on a customer', async () => {
    const { page } = operator;
    await menu('next');
    await main().getByRole('heading', { name: word('next.emptyTitle') }).waitFor();
    await looked('next-empty');
    await button('next.run').click();
    await table('next.judged').waitFor(PATIENT);
    await looked('next');
    await page.goto(`${house.url}/customers/${await operator.anyCustomer()}?tab=next`);
    await table('customer-next.offer').waitFor(PATIENT);
    await looked('next-customer');
    await menu('next');
    await button('next.list').click();
    await main().getByRole('row').nth(2).waitFor(PATIENT);
    await looked('next-list');
  });

  it('keeps in the model how next items are learned, and finds it named there', async () => {
    const { page } = operator;
    await menu('next');
    await main().getByRole('heading', { name: word('next.inModel') }).waitFor(PATIENT);
    const k = main().getByRole('spinbutton', { name: word('next.f_k'), exact: true });
    await k.waitFor(PATIENT);
    await k.fill('8');
    await button('next.put').click();
    await page.getByText(word('draft.unsaved')).waitFor();
    const kept = main().getByRole('listitem').filter({ hasText: word('next.line', { name: word('next.f_k'), value: 8 }) });
    await kept.waitFor();
    // All settings, as they are looked at.
    await main().getByText(word('next.more')).click();
    await main().getByRole('spinbutton', { name: word('next.f_stretches'), exact: true }).waitFor();
    await looked('next-model');
    await button('draft.save').click();
    await page.getByText(word('draft.clean')).waitFor(PATIENT);
    await page.reload();
    await kept.waitFor(PATIENT);
    expect(await k.inputValue()).toBe('8');
    // What is to be published says it in words.
    await menu('publish');
    await main().getByText(said('接下来买什么', 'what they buy next')).first().waitFor(PATIENT);
    await looked('next-publish');
  });

  it('shows whoever may only look what was learned, and nothing to begin', async () => {
    const viewer = await Person.at(house.url, { lang });
    await viewer.page.goto(house.link(VIEWER));
    await viewer.page.getByRole('heading', { level: 1, name: word('start.title') }).waitFor();
    await viewer.page.goto(`${house.url}/learned-scorecards`);
    await viewer.page.getByRole('heading', { level: 1, name: word('learned-scorecards.title') }).waitFor();
    expect(await viewer.page.getByRole('main').getByRole('button', { name: word('learned-scorecards.run'), exact: true }).filter({ visible: true }).and(viewer.page.locator(':enabled')).count()).toBe(0);
    await viewer.page.goto(`${house.url}/scorecards/value_score`);
    await viewer.page.getByRole('heading', { level: 1, name: said('价值分', 'Value score') }).waitFor();
    expect(await viewer.page.getByRole('button', { name: word('weights.helper') }).count()).toBe(0);
    await viewer.page.goto(`${house.url}/next`);
    await viewer.page.getByRole('heading', { name: word('next.inModel') }).waitFor(PATIENT);
    expect(await viewer.page.getByRole('button', { name: word('next.drop') }).count()).toBe(0);
    expect(await viewer.page.getByRole('button', { name: word('next.run'), exact: true }).count()).toBe(0);
    viewer.fine('viewer');
    await viewer.leave();
  });
});
