// A decision table as a sheet: typed in, pasted from a spreadsheet with five thousand rows, gone through by the keyboard,
// marked where something is wrong. In both languages.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, patience, Person } from './browser';
import { OPERATOR, serve, type House } from './house';
import { wordsIn } from './words';

const PATIENT = { timeout: 30_000 };
afterAll(close);

describe.each(['zh', 'en'] as const)('a decision table, %s', (lang) => {
  const word = wordsIn(lang);
  let house: House;
  let operator: Person;
  beforeAll(async () => {
    house = await serve(`tables-${lang}`, { lang });
    operator = await Person.at(house.url, { lang, dark: lang === 'en' });
    await operator.page.goto(house.link(OPERATOR));
    await operator.page.getByRole('heading', { level: 1, name: word('start.title') }).waitFor();
  });
  afterAll(async () => {
    await operator?.leave();
    await house?.stop();
  });
  const grid = () => operator.page.getByRole('grid');
  const cell = (row: number, column: number) => operator.page.locator(`#cell-${row - 1}-${column - 1}`);
  const paste = (text: string) => grid().evaluate((one, given) => {
    const data = new DataTransfer();
    data.setData('text/plain', given);
    one.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);

  it('is begun, and typed in by the keyboard', async () => {
    const { page } = operator;
    await operator.menu(word('nav.tables'));
    await page.getByRole('button', { name: word('tables.add') }).first().click();
    await page.getByRole('dialog').getByLabel(word('ui.name'), { exact: true }).fill('service');
    await page.getByRole('dialog').getByRole('button', { name: word('ui.ok') }).click();
    await cell(1, 1).click();
    for (const [test, gives] of [['< 30', 'call'], ['[30..90)', '5'], ['-', '']] as const) {
      await page.keyboard.type(test);
      await page.keyboard.press('Tab');
      await page.keyboard.type(gives === '' ? ' ' : gives);
      await page.keyboard.press('Enter');
      await page.keyboard.press('ArrowLeft');
    }
    await expect.poll(() => cell(1, 1).innerText(), PATIENT).toBe('< 30');
    expect(await cell(1, 2).innerText()).toBe('call');
    expect(await cell(2, 1).innerText()).toBe('[30..90)');
    await operator.shot(`tables-typed-${lang}`, true);
    await operator.accessible('a sheet');
    operator.fine('typing');
  });

  it('takes five thousand rows from a spreadsheet, and stays quick', async () => {
    const { page } = operator;
    await grid().focus();
    await page.keyboard.press('Control+Home');
    await paste(`${Array.from({ length: 5000 }, (_, at) => `[${at}..${at + 1})\tservice ${at % 7}`).join('\r\n')}\r\n`);
    await page.getByRole('heading', { level: 2, name: word('tables.rows', { n: '5,000' }) }).waitFor();
    await page.keyboard.press('Control+End');
    await cell(5000, 2).waitFor();
    expect(await cell(5000, 1).innerText()).toBe('[4999..5000)');
    // Only what is seen is drawn, and a frame comes in time while one scrolls.
    const { frame, drawn } = await grid().evaluate(async (box) => {
      const times: number[] = [];
      box.scrollTop = 0;
      let before = performance.now();
      for (let at = 0; at < 80; at += 1) {
        box.scrollTop += 1700;
        await new Promise((done) => requestAnimationFrame(done));
        times.push(performance.now() - before);
        before = performance.now();
      }
      return { frame: times.sort((a, b) => a - b)[40]!, drawn: box.querySelectorAll('[role="row"]').length };
    });
    expect(drawn).toBeLessThan(100);
    expect(frame, 'milliseconds a frame').toBeLessThan(100);
    // A changed cell is there before one notices.
    await page.keyboard.press('Control+Home');
    const began = Date.now();
    await page.keyboard.type('x');
    await page.keyboard.press('Enter');
    await expect.poll(() => cell(1, 1).innerText(), PATIENT).toBe('x');
    console.log(`${lang}: 5,000 rows, ${frame.toFixed(1)} ms a frame while scrolling, a cell typed in ${Date.now() - began} ms`);
    await page.getByRole('button', { name: word('draft.undo') }).click();
    await expect.poll(() => cell(1, 1).innerText(), PATIENT).toBe('[0..1)');
    operator.fine('five thousand rows');
  });

  it('marks the rows that something is said about, and leads to them', async () => {
    const { page } = operator;
    const finding = { code: 'walked', severity: 'error', path: 'decision_tables.service.rows[2500].when[0]', message: { zh: '这一格写错了', en: 'this cell is wrong' }, hint: { zh: '例如 < 18', en: 'such as < 18' } };
    await page.route('**/api/v1/model/check', (route) => route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify({ findings: [finding] }) }));
    await cell(1, 2).dblclick();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('mail');
    await page.keyboard.press('Enter');
    // What the check before said may still stand there, and leads elsewhere.
    const next = page.getByRole('button', { name: word('tables.marks', { n: 1 }) });
    await expect.poll(() => next.click().then(() => cell(2501, 1).isVisible()), { timeout: 15_000 * patience, interval: 300 }).toBe(true);
    expect(await cell(2501, 1).getAttribute('aria-invalid')).toBe('true');
    await operator.shot(`tables-marked-${lang}`);
    await operator.accessible('marks');
    await page.unroute('**/api/v1/model/check');
    operator.fine('marks');
  });
});
