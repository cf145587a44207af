// An operator's daily work: views that are kept, changes that are taken back, what is removed and comes back, and one
// whole job by the keyboard alone. In both languages; everything is found by its role and its name.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, Person } from './browser';
import { OPERATOR, serve, type House } from './house';
import { wordsIn } from './words';

/** Two processors may be busy with other things. */
const PATIENT = { timeout: 30_000 };

afterAll(close);

describe.each(['zh', 'en'] as const)('a working day, %s', (lang) => {
  const word = wordsIn(lang);
  const said = (zh: string, en: string) => (lang === 'zh' ? zh : en);
  let house: House;
  let operator: Person;
  beforeAll(async () => {
    house = await serve(`work-${lang}`, { lang });
    operator = await Person.at(house.url, { lang });
    await operator.page.goto(house.link(OPERATOR));
    await operator.page.getByRole('heading', { level: 1, name: word('start.title') }).waitFor();
  });
  afterAll(async () => {
    await operator?.leave();
    await house?.stop();
  });
  const menu = (item: string) => operator.menu(word(`nav.${item}`));
  const button = (path: string, values = {}) => operator.page.getByRole('button', { name: word(path, values) });

  it('goes from a figure to its customers, and keeps them as a view', async () => {
    const { page } = operator;
    const gold = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: said('黄金', 'Gold') }) }).first();
    const count = await gold.getByRole('button').innerText();
    await gold.getByRole('button').click();
    // As many as the figure said.
    const told = page.getByRole('main').getByRole('status').filter({ hasText: count });
    await told.waitFor();
    await button('views.views').click();
    await button('views.save').click();
    await page.getByRole('dialog').getByLabel(word('ui.name'), { exact: true }).fill(said('黄金客户', 'Our gold'));
    await page.getByRole('dialog').getByRole('button', { name: word('ui.ok') }).click();
    await page.getByText(word('views.saved')).waitFor();
    // Another day.
    await menu('start');
    await menu('customers');
    await page.getByRole('row').nth(2).waitFor();
    await button('views.views').click();
    await page.getByRole('button', { name: said('黄金客户', 'Our gold'), exact: true }).click();
    await told.waitFor();
    await operator.shot(`work-view-${lang}`);
    operator.fine('views');
    // Removed, and thought better of.
    await button('views.views').click();
    await page.getByRole('button', { name: word('views.remove', { name: said('黄金客户', 'Our gold') }) }).click();
    await button('views.undo').click();
    await page.getByText(word('views.back', { name: said('黄金客户', 'Our gold') })).waitFor();
    await page.keyboard.press('Escape');
    await operator.accessible('views');
  });

  it('goes from a bar, a cell and an earlier grading to the very customers that they count', async () => {
    const { page } = operator;
    const told = (n: string) => page.getByRole('main').getByRole('status').filter({ hasText: new RegExp(`(^|\\D)${n}(\\D|$)`) }).waitFor();
    const chips = page.getByRole('group', { name: word('customers.filters') });
    await menu('indicators');
    await page.getByRole('button', { name: said('消费金额', 'Spend') }).first().click();
    const bar = page.locator('.cuts rect.opens').nth(1);
    const n = /([\d,]+)\D*$/.exec((await bar.getAttribute('aria-label'))!)![1]!;
    await bar.focus();
    await page.keyboard.press('Enter');
    await told(n);
    await chips.getByText(said('消费金额', 'Spend')).waitFor();
    await operator.shot(`work-bar-${lang}`);
    await operator.accessible('a bar opened');
    await menu('dashboards');
    await page.getByRole('tab', { name: word('dashboards.value'), exact: true }).click();
    const cell = page.locator('.heat button').nth(7);
    const inCell = (await cell.innerText()).split('\n')[0]!;
    await cell.click();
    await told(inCell);
    // Two conditions; without one of them there are more.
    await expect.poll(() => chips.getByRole('button').count(), PATIENT).toBe(3);
    await chips.getByRole('button').first().click();
    await expect.poll(() => chips.getByRole('button').count(), PATIENT).toBe(2);
    await menu('dashboards');
    await page.getByRole('combobox', { name: word('dashboards.asOf') }).click();
    await page.getByTitle('2011-09-30', { exact: true }).click();
    await page.locator('.fresh').filter({ hasText: '2011-09-30' }).waitFor();
    const member = said('会员等级', 'Membership');
    await page.getByRole('button', { name: `${member}: ${word('ui.asTable')}`, exact: true }).click();
    const row = page.getByRole('table', { name: member, exact: true }).getByRole('row').nth(1);
    const then = (await row.getByRole('cell').nth(1).innerText()).trim();
    await row.getByRole('button').click();
    await told(then);
    await chips.getByText('2011-09-30').waitFor();
    await operator.shot(`work-earlier-${lang}`);
    operator.fine('opening figures');
    await operator.accessible('an earlier grading');
  });

  it('takes a change back and does it again, and saves only what is meant', async () => {
    const { page } = operator;
    await menu('tiers');
    await page.getByRole('table', { name: word('tiers.title'), exact: true }).getByRole('button', { name: said('会员等级', 'Membership') }).click();
    const gold = page.getByRole('spinbutton', { name: `${said('黄金', 'Gold')} ${word('tiers.from')}` });
    const before = await gold.inputValue();
    await gold.fill('65');
    await gold.blur();
    await page.getByText(word('draft.unsaved')).waitFor();
    // Whom it affects stands there before anything is saved.
    await page.getByRole('heading', { level: 2, name: word('tiers.effect') }).waitFor();
    await page.getByText(/\d+ fall|降级 \d+ 位/).first().waitFor();
    await button('draft.undo').click();
    await expect.poll(() => gold.inputValue(), PATIENT).toBe(before);
    await page.getByText(word('draft.clean')).waitFor();
    await button('draft.redo').click();
    await expect.poll(() => gold.inputValue(), PATIENT).toBe('65');
    await page.keyboard.press('Control+z');
    await expect.poll(() => gold.inputValue(), PATIENT).toBe(before);
    operator.fine('undo');
  });

  it('is told what else uses a thing before it is removed, and gets back what was removed', async () => {
    const { page } = operator;
    await menu('segments');
    await page.getByRole('table', { name: word('segments.title'), exact: true }).getByRole('button', { name: /buyers$/ }).first().click();
    await button('segments.remove').click();
    // Others stand on it: nothing is removed.
    await page.getByRole('dialog').getByText(word('segments.removeUsed')).filter({ visible: true }).first().waitFor();
    await page.getByRole('dialog').getByRole('button', { name: word('ui.close') }).first().click();
    await menu('segments');
    // Neither a rule nor a test case speaks of this one.
    const silent = said('黄金以上且有流失风险', 'Gold or better and at risk');
    await page.getByRole('table', { name: word('segments.title'), exact: true }).getByRole('button', { name: silent }).click();
    await button('segments.remove').click();
    await page.getByRole('dialog').getByRole('button', { name: word('segments.remove') }).click();
    await page.getByRole('heading', { level: 1, name: word('segments.title'), exact: true }).waitFor();
    await expect.poll(() => page.getByRole('row').filter({ hasText: silent }).count(), PATIENT).toBe(0);
    await button('draft.undo').click();
    await expect.poll(() => page.getByRole('row').filter({ hasText: silent }).count(), PATIENT).toBe(1);
    operator.fine('removing');
  });

  it('finds a customer, reads why, and writes a note by the keyboard alone', async () => {
    const { page } = operator;
    await page.goto(house.url);
    await page.getByRole('heading', { level: 1, name: word('start.title') }).waitFor();
    await operator.settled();
    // The first stop leads past the navigation.
    await page.keyboard.press('Tab');
    expect(await operator.focused()).toBe(word('frame.skip'));
    await operator.tabTo(word('nav.customers'));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: word('customers.title'), exact: true }).waitFor();
    // The search has the focus, so one just types.
    await expect.poll(() => operator.focused(), PATIENT).toBe(word('customers.find'));
    await page.keyboard.type('12748');
    await expect.poll(() => page.getByRole('row').count(), PATIENT).toBe(2);
    await operator.tabTo(/#\d+/);
    await page.keyboard.press('Enter');
    const why = page.getByRole('tab', { name: word('customers.tabWhy') });
    await why.waitFor();
    await operator.settled();
    // Which of how many is said before the name of a tab; arrows go from one to the next.
    await operator.tabTo(new RegExp(`${word('customers.tabWhy')}$`));
    for (let step = 0; step < 16 && !(await operator.focused()).endsWith(word('customers.tabNotes')); step += 1) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: word('customers.tabNotes'), selected: true }).waitFor();
    await operator.tabTo(word('customers.note'));
    const note = said('已致电，满意', 'Called; content');
    await page.keyboard.type(note);
    await operator.tabTo(word('customers.addNote'));
    await page.keyboard.press('Enter');
    await page.getByText(note).last().waitFor();
    await operator.shot(`work-keyboard-${lang}`);
    operator.fine('keyboard');
    await operator.accessible('keyboard');
  });
});
