// Test cases on the page: taken from a real customer, filled in by the rules themselves, broken by a change and told why.
// In both languages.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, Person } from './browser';
import { OPERATOR, serve, type House } from './house';
import { wordsIn } from './words';

const PATIENT = { timeout: 30_000 };
afterAll(close);

describe.each(['zh', 'en'] as const)('test cases, %s', (lang) => {
  const word = wordsIn(lang);
  let house: House;
  let operator: Person;
  beforeAll(async () => {
    house = await serve(`cases-${lang}`, { lang });
    operator = await Person.at(house.url, { lang, dark: lang === 'en', width: lang === 'en' ? 1024 : 1440 });
    await operator.page.goto(house.link(OPERATOR));
    await operator.page.getByRole('heading', { level: 1, name: word('start.title') }).waitFor();
  });
  afterAll(async () => {
    await operator?.leave();
    await house?.stop();
  });

  it('are taken from a customer and hold the rules', async () => {
    const { page } = operator;
    await operator.menu(word('nav.tests'));
    await operator.shot(`cases-before-${lang}`);
    await page.getByRole('button', { name: word('test-cases.add') }).first().click();
    await page.getByRole('dialog').getByLabel(word('ui.name'), { exact: true }).fill('typical');
    await page.getByRole('dialog').getByRole('button', { name: word('ui.ok') }).click();
    const picker = page.getByRole('combobox', { name: new RegExp(word('test-cases.from')) });
    await picker.click();
    await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option').first().click();
    await page.getByRole('button', { name: word('test-cases.takeInputs') }).click();
    await expect.poll(() => page.getByRole('table', { name: word('test-cases.form') }).locator('tbody tr').count(), PATIENT).toBeGreaterThan(5);
    await page.getByRole('button', { name: word('test-cases.fill') }).click();
    const expected = page.getByRole('table', { name: word('test-cases.expected') });
    await expect.poll(() => expected.locator('tbody tr').count(), PATIENT).toBeGreaterThan(1);
    await page.getByText(word('test-cases.passed')).first().waitFor(PATIENT);
    await operator.shot(`cases-one-${lang}`, true);
    await operator.accessible('a test case');
    operator.fine('a case');
  });

  it('say at once what turns out otherwise, and how much they cover', async () => {
    const { page } = operator;
    const expected = page.getByRole('table', { name: word('test-cases.expected') });
    const outcome = expected.locator('tbody tr').filter({ hasText: word('test-cases.outcomes') }).first();
    await outcome.getByRole('textbox').fill('something else');
    await page.getByText(word('test-cases.failed')).first().waitFor(PATIENT);
    await page.getByRole('button', { name: word('test-cases.why') }).or(page.getByText(word('test-cases.why'))).first().waitFor();
    await operator.shot(`cases-failed-${lang}`, true);
    await operator.menu(word('nav.tests'));
    await page.getByRole('table', { name: word('test-cases.coverage') }).waitFor(PATIENT);
    expect(await page.getByRole('table', { name: word('test-cases.coverage') }).locator('tbody tr').count()).toBeGreaterThan(1);
    await operator.shot(`cases-list-${lang}`, true);
    await operator.accessible('test cases');
    operator.fine('coverage');
  });
});
