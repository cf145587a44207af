// The life of a model, as people live it in a browser: the first administrator signs in by the code on the console
// and invites colleagues; an operator drops a file and mends what was wrong in it, drafts an indicator, a scorecard, a
// tier scheme and a segment, simulates and submits them; an approver decides and publishes; then a customer is looked
// at, gets a tier by hand for a while, and all of it stands in the audit log. In both languages, by visible words only.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, Person } from './browser';
import { APPROVER, bare, OPERATOR, PASSWORD, serve, type House } from './house';
import { wordsIn } from './words';

/** Lines that a till sent late: one is right, one has a day that nobody can read, one says its quantity in words. */
const LATE = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
581601,22720,SET OF 3 CAKE TINS PANTRY DESIGN,3,2011-12-08 16:10:00,4.95,13089,United Kingdom
581602,21212,PACK OF 72 RETROSPOT CAKE CASES,12,8 December,0.55,14911,EIRE
581603,47566,PARTY BUNTING,one dozen,2011-12-08 16:31:00,4.95,15311,United Kingdom
`;

/** Two processors may be busy with other things. */
const PATIENT = { timeout: 30_000 };

afterAll(close);

describe.each(['zh', 'en'] as const)('the first day, %s', (lang) => {
  const word = wordsIn(lang);
  let house: House & { code: string };
  beforeAll(async () => {
    house = await bare(`first-${lang}`);
  });
  afterAll(async () => {
    await house?.stop();
  });

  it('an administrator signs in by the code on the console, and a colleague by a code of theirs', async () => {
    const ada = await Person.at(house.url, { lang });
    const { page } = ada;
    await page.goto(house.url);
    await page.getByRole('heading', { level: 1, name: word('setup.setup') }).waitFor();
    await page.getByLabel(word('setup.code')).fill(house.code);
    await page.getByLabel(word('setup.name')).fill('Ada');
    await page.getByLabel(word('setup.email')).fill('ada@example.com');
    await page.getByLabel(word('setup.password'), { exact: true }).fill(PASSWORD);
    await page.getByLabel(word('setup.again')).fill(PASSWORD);
    await ada.accessible('setup');
    await page.getByRole('button', { name: word('setup.create') }).click();
    await page.getByRole('navigation', { name: word('frame.nav') }).waitFor();
    await ada.menu(word('nav.users'));
    await page.getByRole('button', { name: word('users.add') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(word('users.name')).fill('Olivia');
    await dialog.getByLabel(word('users.email')).fill(OPERATOR);
    await dialog.getByRole('button', { name: word('ui.save') }).click();
    const code = page.getByRole('dialog').locator('code');
    await code.waitFor();
    const told = await code.innerText();
    ada.fine('inviting');
    await ada.leave();
    const olivia = await Person.at(house.url, { lang });
    await olivia.page.goto(house.url);
    await olivia.page.getByRole('link', { name: word('setup.setPassword') }).click();
    await olivia.page.getByLabel(word('setup.code')).fill(told);
    await olivia.page.getByLabel(word('setup.newPassword')).fill(PASSWORD);
    await olivia.page.getByRole('button', { name: word('setup.setPassword') }).click();
    await olivia.page.getByRole('link', { name: word('setup.toSignIn') }).click();
    await olivia.page.getByLabel(word('setup.email')).fill(OPERATOR);
    await olivia.page.getByLabel(word('setup.password')).fill(PASSWORD);
    await olivia.page.getByRole('button', { name: word('setup.signIn') }).click();
    await olivia.page.getByRole('navigation', { name: word('frame.nav') }).waitFor();
    olivia.fine('signing in');
    await olivia.leave();
  });
});

describe.each(['zh', 'en'] as const)('the life of a model, %s', (lang) => {
  const word = wordsIn(lang);
  const said = (zh: string, en: string) => (lang === 'zh' ? zh : en);
  let house: House;
  let operator: Person;
  let approver: Person;
  let inSegment = '';
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

  const menu = (person: Person, item: string) => person.menu(word(`nav.${item}`));
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

  it('takes a dropped file: mapping, dry run, import', async () => {
    const { page } = operator;
    await menu(operator, 'imports');
    await button(operator, 'imports.new').first().click();
    await operator.drop(page.locator('.drop'), 'online_retail_late.csv', LATE);
    await page.getByRole('radio', { name: word('imports.newSource') }).check();
    await button(operator, 'imports.looksRight').click();
    // What Gradus proposes for a file of its kind.
    await expect.poll(() => page.getByRole('combobox', { name: word('imports.time') }).inputValue(), PATIENT).toBe('InvoiceDate');
    await checked(operator, 'mapping');
    await button(operator, 'imports.step2').click();
    // But the source is known, and fits.
    await page.getByRole('radio', { name: word('imports.useSource') }).check();
    await button(operator, 'imports.looksRight').click();
    await button(operator, 'imports.confirm').waitFor({ timeout: 60_000 });
    const quarantined = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: word('imports.quarantined') }) });
    await expect.poll(() => quarantined.getByRole('cell').first().innerText(), PATIENT).toBe('2');
    await checked(operator, 'dry-run');
    await button(operator, 'imports.confirm').click();
    await button(operator, 'imports.toQuarantine').click({ timeout: 60_000 });
    await heading(operator, 'quarantine.title');
  });

  it('mends what was wrong, and takes the failed rows away as a workbook', async () => {
    const { page } = operator;
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: word('quarantine.workbook') }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/\.xlsx$/);
    // A workbook is a zip.
    expect(readFileSync(await file.path()).subarray(0, 2).toString()).toBe('PK');
    await checked(operator, 'quarantine');
    await page.getByRole('row').filter({ hasText: '581602' }).or(page.locator('tr:has(input[value="581602"])')).first().getByLabel('InvoiceDate').fill('2011-12-08 12:00:00');
    await page.locator('tr:has(input[value="581603"])').getByLabel('Quantity').fill('12');
    await button(operator, 'quarantine.replay', { n: 2 }).click();
    await page.getByText(word('quarantine.accepted', { n: 2, left: 0 })).waitFor({ timeout: 60_000 });
    await page.getByText(word('quarantine.emptyTitle')).waitFor();
  });

  it('drafts an indicator from a template', async () => {
    await menu(operator, 'indicators');
    await button(operator, 'indicators.addFrom').click();
    await operator.page.getByRole('menuitem').first().click();
    await operator.page.getByLabel(word('ui.titleZh')).fill('走查指标');
    await operator.page.getByLabel(word('ui.titleEn')).fill('Walked indicator');
    await save();
    await operator.page.getByRole('heading', { level: 1, name: said('走查指标', 'Walked indicator') }).waitFor();
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
    await operator.page.getByTitle(said('客户价值分', 'Customer value')).last().click();
    await dialog.getByRole('button', { name: word('ui.ok') }).click();
    await operator.page.getByRole('heading', { level: 2, name: word('tiers.levels') }).waitFor();
    await save();
    await checked(operator, 'tiers');
  });

  it('builds a segment of nested conditions, counted while it is built', async () => {
    const { page } = operator;
    await menu(operator, 'segments');
    await button(operator, 'segments.add').click();
    await page.getByRole('menuitem', { name: word('segments.condition') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(word('ui.name'), { exact: true }).fill('walked_segment');
    await dialog.getByRole('button', { name: word('ui.ok') }).click();
    const builder = page.getByRole('group', { name: word('segments.condition') });
    const count = () => page.locator('.editor-side .figure-value').innerText().catch(() => '');
    // Spent something, and (from Ireland or from France).
    await builder.getByRole('button', { name: word('condition.addRule') }).click();
    await operator.choose(builder.getByRole('combobox', { name: word('condition.field') }).first(), said('消费金额', 'Spend'));
    await builder.getByRole('spinbutton', { name: word('condition.value') }).fill('500');
    await expect.poll(count, PATIENT).toMatch(/\d/);
    const wide = await count();
    await builder.getByRole('button', { name: word('condition.addGroup') }).click();
    const group = builder.locator('.ruleGroup .ruleGroup');
    await operator.choose(group.getByRole('combobox', { name: word('condition.combinator') }), word('condition.or'));
    for (const [index, country] of ['EIRE', 'France'].entries()) {
      // A new group has one line already, or none.
      if (await group.locator('.rule').count() <= index) await group.getByRole('button', { name: word('condition.addRule') }).click();
      const rule = group.locator('.rule').nth(index);
      await operator.choose(rule.getByRole('combobox', { name: word('condition.field') }), said('国家', 'Country'));
      await rule.getByRole('textbox', { name: word('condition.value') }).fill(country);
    }
    await expect.poll(count, PATIENT).not.toBe(wide);
    // Until what was typed last is counted: the number stays, and nothing is being computed.
    await expect.poll(async () => {
      inSegment = await count();
      await page.waitForTimeout(1500);
      return (await count()) === inSegment && (await page.getByText(word('segments.computing')).count()) === 0;
    }, { timeout: 60_000 }).toBe(true);
    // What was done is undone, and done again.
    for (const key of ['draft.undo', 'draft.redo']) await button(operator, key).click();
    await expect.poll(count, PATIENT).toBe(inSegment);
    await page.getByText(word('segments.exact')).waitFor();
    await save();
    await checked(operator, 'segment');
  });

  it('makes a segment of two others by set algebra', async () => {
    const { page } = operator;
    await menu(operator, 'segments');
    await button(operator, 'segments.add').click();
    await page.getByRole('menuitem', { name: word('segments.algebra') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(word('ui.name'), { exact: true }).fill('walked_algebra');
    await dialog.getByRole('combobox', { name: word('segments.pick') }).click();
    await page.getByTitle(said('买家', 'Buyers')).last().click();
    await page.getByTitle(said('英国以外', 'Outside the United Kingdom')).last().click();
    await dialog.getByText(word('segments.operation'), { exact: true }).click();
    await dialog.getByRole('button', { name: word('ui.ok') }).click();
    await page.getByRole('heading', { level: 2, name: word('segments.condition') }).waitFor();
    await save();
    await checked(operator, 'algebra');
  });

  it('says before anything happens whom it affects', async () => {
    await menu(operator, 'simulate');
    await operator.page.getByRole('main').getByRole('button', { name: word('simulate.run') }).first().click();
    await operator.page.getByRole('table', { name: word('simulation.matrix') }).first().waitFor({ timeout: 60_000 });
    await checked(operator, 'simulated');
    // Each number of the matrix opens those whom it counts.
    const cell = operator.page.getByRole('table', { name: word('simulation.matrix') }).first().getByRole('link').first();
    const n = await cell.innerText();
    await cell.click();
    await heading(operator, 'simulated.title');
    await operator.page.locator('.table-foot').getByText(n).first().waitFor();
    await checked(operator, 'simulated-customers');
  });

  it('submits the draft, with a reason', async () => {
    await menu(operator, 'publish');
    await operator.page.getByLabel(word('versions.note')).fill(said('走查：新的等级与分群', 'Walk: a new tier scheme and a segment'));
    await button(operator, 'versions.submit').click();
    await operator.page.getByText(word('versions.submitted', { n: 1 })).waitFor();
    await checked(operator, 'submitted');
  });

  it('is approved and published by a second person', async () => {
    await menu(approver, 'publish');
    await approver.page.getByText(said('走查：新的等级与分群', 'Walk: a new tier scheme and a segment')).waitFor();
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
    // The run that is there when it is done is the first under this version.
    await operator.page.getByRole('row').filter({ hasText: word('runs.versionN', { n: 1 }) }).first().waitFor({ timeout: 120_000 });
    await checked(operator, 'run');
    // As many are in the segment as the builder counted; each of them is in the file that is taken away.
    await menu(operator, 'segments');
    await checked(operator, 'segments');
    await operator.page.getByRole('row').filter({ hasText: 'walked_segment' }).getByRole('link', { name: inSegment, exact: true }).click({ timeout: 60_000 });
    await operator.page.getByRole('status').filter({ hasText: inSegment }).waitFor();
    await checked(operator, 'customers');
    await button(operator, 'customers.export').click();
    await operator.page.getByRole('dialog').getByRole('button', { name: word('customers.export') }).click();
    const link = operator.page.getByRole('link', { name: word('customers.download') });
    await link.waitFor({ timeout: 60_000 });
    const download = operator.page.waitForEvent('download');
    await link.click();
    const lines = readFileSync(await (await download).path(), 'utf8').trim().split('\n');
    expect(lines.length).toBe(Number(inSegment.replace(/\D/g, '')) + 1);
    await operator.page.getByRole('dialog').getByRole('button', { name: word('ui.close') }).first().click();
  });

  it('says why a customer has a grade', async () => {
    await menu(operator, 'customers');
    await operator.page.getByPlaceholder(word('customers.find')).fill('13089');
    await expect.poll(() => operator.page.getByRole('row').count(), PATIENT).toBe(2);
    await operator.page.getByRole('row').nth(1).getByRole('button').first().click();
    await operator.page.getByRole('tab', { name: word('customers.tabWhy') }).waitFor();
    await operator.settled();
    await checked(operator, 'customer');
    await operator.page.getByRole('tab', { name: word('customers.tabEvents') }).click();
    // What was mended is among the events.
    await operator.page.getByText('581601').first().waitFor();
    await checked(operator, 'customer-events');
  });

  it('gives a tier by hand, for a reason and for a while, if a second person agrees', async () => {
    const { page } = operator;
    await page.getByRole('tab', { name: word('customers.tabOverrides') }).click();
    await operator.choose(page.getByRole('combobox', { name: word('customers.level') }), said('青铜', 'Bronze'));
    await page.getByLabel(word('customers.expires')).fill('2011-12-20');
    await page.keyboard.press('Enter');
    const reason = said('走查：核实期间暂降', 'Walk: lowered while it is looked into');
    await page.getByLabel(word('customers.reason')).fill(reason);
    await page.getByRole('button', { name: word('customers.ask') }).click();
    await page.getByText(word('customers.asked')).waitFor();
    await page.getByText(reason).first().waitFor();
    await checked(operator, 'override-asked');
    await menu(approver, 'overrides');
    const row = approver.page.getByRole('row').filter({ hasText: reason });
    await row.getByRole('button', { name: word('customers.approve'), exact: true }).click();
    await row.getByText(word('customers.s_active')).waitFor();
    await row.getByText('2011-12-20').waitFor();
    await checked(approver, 'override-approved');
    // It holds at the next grading, which begins by itself.
    await expect.poll(async () => {
      await page.reload();
      await operator.settled();
      return page.locator('.figures').first().innerText();
    }, { timeout: 60_000, interval: 1000 }).toContain(said('青铜', 'Bronze'));
  });

  it('stands in the audit log', async () => {
    await menu(approver, 'audit');
    for (const action of ['import_start', 'quarantine_replay', 'version_submit', 'version_approve', 'version_publish', 'export_start', 'override_ask', 'override_approve']) {
      await approver.page.getByText(word(`audit.${action}`), { exact: true }).first().waitFor();
    }
    await checked(approver, 'audit');
    await approver.page.getByRole('button', { name: word('audit.verify') }).click();
    await expect.poll(() => approver.page.getByRole('dialog').innerText(), PATIENT).toContain(word('audit.intact', { n: '' }).trim().split(' ').at(-1)!);
  });
});
