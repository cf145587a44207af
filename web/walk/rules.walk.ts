// Rules on the page, each begun from nothing: a cross table typed and pasted, a tree grown and read back, a flow put in order
// by keys and by dragging. In both languages.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, Person } from './browser';
import { OPERATOR, serve, type House } from './house';
import { wordsIn } from './words';

const PATIENT = { timeout: 30_000 };
afterAll(close);

describe.each(['zh', 'en'] as const)('rules, %s', (lang) => {
  const word = wordsIn(lang);
  let house: House;
  let operator: Person;
  beforeAll(async () => {
    house = await serve(`rules-${lang}`, { lang });
    operator = await Person.at(house.url, { lang, dark: lang === 'en', width: lang === 'en' ? 1024 : 1440 });
    await operator.page.goto(house.link(OPERATOR));
    await operator.page.getByRole('heading', { level: 1, name: word('start.title') }).waitFor();
  });
  afterAll(async () => {
    await operator?.leave();
    await house?.stop();
  });
  const begin = async (nav: string, add: string, name: string) => {
    const { page } = operator;
    await operator.menu(word(nav));
    await page.getByRole('button', { name: word(add) }).first().click();
    await page.getByRole('dialog').getByLabel(word('ui.name'), { exact: true }).fill(name);
    await page.getByRole('dialog').getByRole('button', { name: word('ui.ok') }).click();
  };
  const cell = (row: number, column: number) => operator.page.locator(`#cell-${row}-${column}`);
  const paste = (text: string) => operator.page.getByRole('grid').evaluate((one, given) => {
    const data = new DataTransfer();
    data.setData('text/plain', given);
    one.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);

  it('are cross tables, pasted as one block and changed by the keyboard', async () => {
    const { page } = operator;
    await begin('nav.crossTables', 'cross-tables.add', 'care_grid');
    await cell(0, 0).waitFor();
    await cell(0, 0).click();
    await page.getByRole('grid').focus();
    // Conditions of the columns above, of the rows at the left, results where they meet: as Excel copies it.
    await paste(['\t>= 5\t[2..5)\t-', '>= 90\t9\t7\t5', '[30..90)\t6\t5\t3', '-\t3\t2\t1'].join('\r\n'));
    await page.getByRole('heading', { level: 2, name: word('cross-tables.size', { rows: 3, columns: 3 }) }).waitFor();
    expect(await cell(1, 3).innerText()).toContain('5');
    await cell(3, 3).click();
    await page.keyboard.type('0.5');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: word('cross-tables.size', { rows: 4, columns: 3 }) }).waitFor();
    await page.getByRole('button', { name: word('draft.undo') }).click();
    await page.getByRole('heading', { level: 2, name: word('cross-tables.size', { rows: 3, columns: 3 }) }).waitFor();
    await cell(2, 2).click();
    await page.getByRole('button', { name: word('cross-tables.right'), exact: true }).click();
    await expect.poll(() => cell(0, 2).innerText(), PATIENT).toBe('-');
    await page.getByRole('button', { name: word('draft.undo') }).click();
    await expect.poll(() => cell(0, 3).innerText(), PATIENT).toBe('-');
    // How many fall into each cell, and into which a customer of these values falls.
    await page.locator('.sheet-note').first().waitFor({ timeout: 30_000 });
    await page.getByText(word('rules.ofValues'), { exact: true }).click();
    const values = page.getByRole('textbox', { name: new RegExp(word('rules.value', { name: '' }).replace(/[()（）]/g, '.')) });
    await values.first().waitFor();
    expect(await values.count()).toBe(2);
    await values.nth(0).fill('100');
    await values.nth(1).fill('3');
    await expect.poll(() => cell(1, 2).getAttribute('class'), PATIENT).toContain('fires');
    expect(await page.locator('.sheet-row .fires').count()).toBe(1);
    await page.getByRole('status').filter({ hasText: word('rules.gives') }).getByText('7', { exact: true }).waitFor();
    await operator.shot(`rules-cross-${lang}`, true);
    await operator.accessible('a cross table');
    operator.fine('a cross table');
  });

  it('are trees, grown by keys and read back in words', async () => {
    const { page } = operator;
    await begin('nav.trees', 'trees.add', 'risk');
    const tree = page.getByRole('tree');
    await tree.waitFor();
    const line = (n: number) => page.getByRole('treeitem').nth(n);
    // Beside each branch stands how many it takes, as long as every branch has a condition.
    await page.locator('.tree-people').first().waitFor({ timeout: 30_000 });
    await line(1).click();
    await expect.poll(() => line(1).getAttribute('aria-selected'), PATIENT).toBe('true');
    await tree.focus();
    await page.keyboard.press('Insert');
    // What the leaf gave it still gives, to whom the new branch does not take.
    await expect.poll(() => page.getByRole('treeitem').count(), PATIENT).toBe(5);
    await expect.poll(() => line(3).innerText(), PATIENT).toContain('A');
    await page.getByLabel(word('trees.gives'), { exact: true }).fill('C');
    await expect.poll(() => line(2).innerText(), PATIENT).toContain('C');
    await tree.focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    expect(await page.getByRole('treeitem', { selected: true }).innerText()).toContain(word('trees.else'));
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => page.getByRole('treeitem').count(), PATIENT).toBe(3);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.getByRole('treeitem').count(), PATIENT).toBe(5);
    await operator.shot(`rules-tree-${lang}`, true);
    await operator.accessible('a tree');
    const said = await page.locator('.rules-in-words li').allInnerTexts();
    expect(said).toHaveLength(3);
    expect(said[2]).toContain(word('trees.ruleElse', { gives: 'B' }));
    operator.fine('a tree');
  });

  it('are flows, whose steps are put in order by keys and by dragging', async () => {
    const { page } = operator;
    await begin('nav.flows', 'flows.add', 'review');
    const steps = page.getByRole('list', { name: word('flows.steps') });
    const order = () => steps.locator(':scope > li').evaluateAll((all) => all.map((one) => one.getAttribute('data-step')));
    await steps.waitFor();
    for (const name of ['base', 'final']) {
      await page.getByRole('button', { name: word('flows.addStep') }).click();
      await page.getByRole('dialog').getByLabel(word('ui.name'), { exact: true }).fill(name);
      await page.getByRole('dialog').getByRole('button', { name: word('ui.ok') }).click();
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
    }
    expect(await order()).toEqual(['start', 'base', 'final']);
    await page.getByRole('button', { name: word('flows.handle', { name: 'final' }) }).focus();
    await page.keyboard.press('ArrowUp');
    await expect.poll(order, PATIENT).toEqual(['start', 'final', 'base']);
    await expect.poll(() => operator.focused(), PATIENT).toBe(word('flows.handle', { name: 'final' }));
    await page.getByText(word('flows.moved', { name: 'final', n: 2, of: 3 })).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: word('flows.handle', { name: 'base' }) }).dragTo(steps.locator('[data-step="start"]'));
    await expect.poll(order, PATIENT).toEqual(['base', 'start', 'final']);
    const last = steps.locator('[data-step="final"]');
    if ((await last.getByLabel(word('flows.kinds')).count()) === 0) await last.getByRole('button', { name: word('flows.edit') }).click();
    await last.getByText(word('flows.byBranch'), { exact: true }).click();
    await last.getByRole('group', { name: word('flows.branch', { n: 1 }), exact: true }).first().waitFor();
    await operator.shot(`rules-flow-${lang}`, true);
    await operator.accessible('a flow');
    await page.getByRole('button', { name: word('draft.save') }).click();
    await page.getByText(word('draft.clean'), { exact: true }).waitFor();
    operator.fine('a flow');
  });

  it('come from files of other programs, and go there', async () => {
    const { page } = operator;
    const file = (hit: string) => `<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="d"><decision id="a" name="parcel"><decisionTable hitPolicy="${hit}">
      <input><inputExpression><text>turnover</text></inputExpression></input><output name="parcel"/>
      <rule><inputEntry><text>&gt; 1000</text></inputEntry><outputEntry><text>"express"</text></outputEntry></rule>
      <rule><inputEntry><text>-</text></inputEntry><outputEntry><text>"post"</text></outputEntry></rule></decisionTable></decision></definitions>`;
    await operator.menu(word('nav.tables'));
    await page.getByRole('button', { name: word('exchange-in.button') }).click();
    const dialog = page.getByRole('dialog');
    const give = (hit: string) => dialog.locator('input[type=file]').setInputFiles({ name: 'parcel.dmn', mimeType: 'application/xml', buffer: Buffer.from(file(hit)) });
    // What cannot be said here is refused, with the element that says it.
    await give('LAST');
    await dialog.getByRole('alert').first().waitFor();
    await dialog.getByText('/definitions/decision/decisionTable').first().waitFor();
    await operator.shot(`rules-refused-${lang}`);
    await give('FIRST');
    await dialog.getByText(word('exchange-in.unknown')).waitFor();
    await operator.choose(dialog.getByLabel(word('exchange-in.standsFor', { name: 'turnover' })), await page.evaluate(async (own) => {
      const draft = (await (await fetch('/api/v1/model/draft')).json()) as { document: { indicators: Record<string, { title?: Record<string, string> | string }> } };
      const { title } = draft.document.indicators.monetary!;
      return typeof title === 'string' ? title : (title?.[own] ?? 'monetary');
    }, lang));
    await operator.shot(`rules-exchange-${lang}`);
    await operator.accessible('a file of rules');
    await dialog.getByRole('button', { name: word('exchange-in.take') }).click();
    await cell(0, 0).waitFor();
    expect(await cell(0, 0).innerText()).toBe('> 1000');
    expect(await cell(1, 1).innerText()).toBe('post');
    await page.locator('.sheet-row .sheet-people').first().waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: word('draft.save') }).click();
    await page.getByText(word('draft.clean'), { exact: true }).waitFor();
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: word('exchange-out.dmn') }).click();
    const written = await coming;
    expect(written.suggestedFilename()).toBe('parcel.dmn');
    const text = readFileSync(await written.path(), 'utf8');
    expect(text).toContain('hitPolicy="FIRST"');
    expect(text).toContain('express');
    operator.forgive(/422/);
    operator.fine('exchange');
  });
});

