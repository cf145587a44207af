// The life of a model, as two people live it in a browser: the operator drafts an indicator, a scorecard, a tier
// scheme and a segment and submits them; the approver decides and publishes; then a customer is looked at, and
// the audit log. In both languages, by visible words only.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, Person } from './browser';
import { APPROVER, OPERATOR, serve, type House } from './house';
import { wordsIn } from './words';

afterAll(close);

describe.each(['zh', 'en'] as const)('the life of a model, %s', (lang) => {
  const word = wordsIn(lang);
  let house: House;
  let operator: Person;
  let approver: Person;
  beforeAll(async () => {
    house = await serve(`life-${lang}`, { lang });
    operator = await Person.at(house.url, { lang });
    approver = await Person.at(house.url, { lang, dark: true });
  });
  afterAll(async () => {
    await operator?.leave();
    await approver?.leave();
    await house?.stop();
  });

  const menu = (person: Person, item: string) => person.page.getByRole('navigation').getByRole('link', { name: word(`nav.${item}`), exact: true }).click();
  const button = (person: Person, path: string, values = {}) => person.page.getByRole('button', { name: word(path, values) });
  const heading = (person: Person, path: string) => person.page.getByRole('heading', { level: 1, name: word(path), exact: true }).waitFor();
  const save = async () => {
    await button(operator, 'draft.save').click();
    await operator.page.getByText(word('draft.clean')).waitFor();
  };
  /** Nothing broke, and axe has nothing to say. */
  const checked = async (person: Person, where: string) => {
    await person.shot(`life-${where}-${lang}`);
    person.fine(where);
    await person.accessible(where);
  };

  it('begins with a link that opens once', async () => {
    const link = house.link(OPERATOR);
    await operator.page.goto(link);
    await heading(operator, 'start.title');
    await checked(operator, 'home');
    const other = await Person.at(house.url, { lang });
    await other.page.goto(link);
    await other.page.getByText(word('setup.linkOld')).waitFor();
    await other.leave();
    await approver.page.goto(house.link(APPROVER));
    await heading(approver, 'start.title');
  });

  it('drafts an indicator from a template', async () => {
    await menu(operator, 'indicators');
    await button(operator, 'indicators.addFrom').click();
    await operator.page.getByRole('menuitem').first().click();
    await operator.page.getByLabel(word('ui.titleZh')).fill('走查指标');
    await operator.page.getByLabel(word('ui.titleEn')).fill('Walked indicator');
    await save();
    await operator.page.getByRole('heading', { level: 1, name: lang === 'zh' ? '走查指标' : 'Walked indicator' }).waitFor();
    await checked(operator, 'indicator');
  });

  it('drafts a scorecard from a template', async () => {
    await menu(operator, 'scorecards');
    await button(operator, 'scorecards.add').click();
    await operator.page.getByRole('menuitem', { name: word('scorecards.rfm') }).click();
    await operator.page.getByRole('heading', { level: 2, name: word('scorecards.attributes') }).waitFor();
    await save();
    await checked(operator, 'scorecard');
  });

  it('drafts a tier scheme on it', async () => {
    await menu(operator, 'tiers');
    await button(operator, 'tiers.add').click();
    const dialog = operator.page.getByRole('dialog');
    await dialog.getByLabel(word('ui.name'), { exact: true }).fill('walked');
    await dialog.getByRole('combobox', { name: word('tiers.by') }).click();
    await operator.page.getByTitle(lang === 'zh' ? '客户价值分' : 'Customer value').last().click();
    await dialog.getByRole('button', { name: word('ui.ok') }).click();
    await operator.page.getByRole('heading', { level: 2, name: word('tiers.levels') }).waitFor();
    await save();
    await checked(operator, 'tiers');
  });

  it('drafts a segment', async () => {
    await menu(operator, 'segments');
    await button(operator, 'segments.add').click();
    await operator.page.getByRole('menuitem', { name: word('segments.algebra') }).click();
    const dialog = operator.page.getByRole('dialog');
    await dialog.getByLabel(word('ui.name'), { exact: true }).fill('walked_segment');
    await dialog.getByRole('combobox', { name: word('segments.pick') }).click();
    await operator.page.getByTitle(lang === 'zh' ? '买家' : 'Buyers').last().click();
    await operator.page.getByTitle(lang === 'zh' ? '英国以外' : 'Outside the United Kingdom').last().click();
    await dialog.getByText(word('segments.operation'), { exact: true }).click();
    await dialog.getByRole('button', { name: word('ui.ok') }).click();
    await operator.page.getByRole('heading', { level: 2, name: word('segments.condition') }).waitFor();
    await save();
    await checked(operator, 'segment');
  });

  it('submits the draft, with a reason', async () => {
    await menu(operator, 'publish');
    await operator.page.getByLabel(word('versions.note')).fill(lang === 'zh' ? '走查：新的等级与分群' : 'Walk: a new tier scheme and a segment');
    await button(operator, 'versions.submit').click();
    await operator.page.getByText(word('versions.submitted', { n: 1 })).waitFor();
    await checked(operator, 'submitted');
  });

  it('is approved and published by a second person', async () => {
    await menu(approver, 'publish');
    await approver.page.getByText(lang === 'zh' ? '走查：新的等级与分群' : 'Walk: a new tier scheme and a segment').waitFor();
    await approver.page.getByLabel(word('versions.reason')).fill('ok');
    await approver.page.getByRole('button', { name: word('versions.approve'), exact: true }).click();
    await approver.page.getByText(word('versions.approvedReady')).first().waitFor();
    await checked(approver, 'approved');
    await approver.page.getByRole('button', { name: word('versions.publish'), exact: true }).click();
    await approver.page.getByRole('dialog').getByRole('button', { name: word('versions.publish'), exact: true }).click();
    await approver.page.getByText(word('versions.published', { n: 1 })).waitFor();
    await menu(approver, 'versions');
    await approver.page.getByText(word('versions.sPublished')).first().waitFor();
    await checked(approver, 'versions');
  });

  it('grades everybody by it', async () => {
    await menu(operator, 'runs');
    await operator.page.getByRole('button', { name: word('runs.start') }).first().click();
    await operator.page.getByRole('dialog').getByRole('button', { name: word('runs.start') }).click();
    await operator.page.getByText(word('jobs.done'), { exact: true }).first().waitFor({ timeout: 120_000 });
    await checked(operator, 'run');
    await menu(operator, 'customers');
    await operator.page.getByRole('row').nth(2).waitFor();
    await checked(operator, 'customers');
  });

  it('says why a customer has a grade', async () => {
    await operator.page.getByPlaceholder(word('customers.find')).fill('12748');
    await operator.page.getByRole('row').filter({ hasText: '#' }).first().waitFor().catch(() => {});
    await operator.settled();
    await operator.page.getByRole('row').nth(1).getByRole('button').first().click();
    await operator.page.getByRole('tab', { name: word('customers.tabWhy') }).waitFor();
    await operator.settled();
    await checked(operator, 'customer');
    await operator.page.getByRole('tab', { name: word('customers.tabEvents') }).click();
    await checked(operator, 'customer-events');
  });

  it('stands in the audit log', async () => {
    await menu(approver, 'audit');
    await approver.page.getByText(word('audit.version_publish')).first().waitFor();
    await checked(approver, 'audit');
    await approver.page.getByRole('button', { name: word('audit.verify') }).click();
    await expect.poll(() => approver.page.getByRole('dialog').innerText()).toContain(word('audit.intact', { n: '' }).trim().split(' ').at(-1)!);
  });
});
