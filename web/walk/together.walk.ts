// What people do together and afterwards: two at one draft, a version that is approved with its effect in sight, a date that
// is taken back, a rollback, an owner, identifiers that belong together, a list that becomes a segment, a second factor.
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, patience, Person } from './browser';
import { ADMINISTRATOR, APPROVER, OPERATOR, place, serve, type House } from './house';
import { wordsIn } from './words';

const PATIENT = { timeout: 60_000 * patience };
const list = join(place, 'spring_guests.csv');
beforeAll(() => writeFileSync(list, 'member,since\n12748,2011\n14911,2010\n17850,2010\n'));
afterAll(close);

/** What an authenticator shows (RFC 6238). */
function shown(secret: string): string {
  const bits = [...secret].map((one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(step).digest();
  return String((hash.readUInt32BE(hash.at(-1)! & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

describe.each(['zh', 'en'] as const)('together, %s', (lang) => {
  const word = wordsIn(lang);
  let house: House;
  let operator: Person;
  let approver: Person;
  let ada: Person;
  beforeAll(async () => {
    house = await serve(`together-${lang}`, { lived: true, lang });
    [operator, approver, ada] = [await Person.at(house.url, { lang }), await Person.at(house.url, { lang }), await Person.at(house.url, { lang, dark: true, width: 1024, height: 768 })];
    for (const [person, email] of [[operator, OPERATOR], [approver, APPROVER], [ada, ADMINISTRATOR]] as const) {
      await person.page.goto(house.link(email));
      await person.page.getByRole('navigation', { name: word('frame.nav') }).waitFor();
    }
  });
  afterAll(async () => {
    for (const person of [operator, approver, ada]) await person?.leave();
    await house?.stop();
  });
  const menu = (person: Person, item: string) => person.menu(word(`nav.${item}`));
  const button = (person: Person, path: string) => person.page.getByRole('button', { name: word(path), exact: true });
  const save = (person: Person) => person.page.getByRole('button', { name: word('draft.save') }).click();
  /** No job is at work: the ledger has one writer at a time. */
  const settled = (person: Person) => expect.poll(() => person.page.evaluate(async () => ((await (await fetch('/api/v1/jobs')).json()) as { items: { state: string }[] }).items.filter((one) => ['queued', 'running'].includes(one.state)).length), PATIENT).toBe(0);
  const dialog = (person: Person) => person.page.getByRole('dialog').last();
  const ok = (person: Person, path: string) => dialog(person).getByRole('button', { name: word(path), exact: true });
  const checked = async (person: Person, where: string) => {
    await person.shot(`together-${where}-${lang}`);
    person.fine(where);
    await person.accessible(where);
  };

  it('two people change one draft, and nothing of either is lost', async () => {
    const edit = async (person: Person, indicator: string, title: string) => {
      await person.page.goto(`${house.url}/indicators/${indicator}`);
      const field = person.page.getByLabel(word('ui.titleEn'), { exact: true }).first();
      await field.waitFor();
      await field.fill(title);
    };
    await edit(operator, 'monetary', 'Money spent');
    await edit(ada, 'orders', 'Number of orders');
    await save(ada);
    await ada.page.getByText(word('draft.clean')).waitFor();
    await save(operator);
    await dialog(operator).getByText(word('conflict.title')).waitFor();
    // In English the place is named by the new title, too.
    await dialog(operator).getByText('Number of orders').first().waitFor();
    await dialog(operator).getByText('Money spent').first().waitFor();
    await checked(operator, 'conflict');
    await ok(operator, 'conflict.merge').click();
    await operator.page.getByText(word('draft.unsaved')).waitFor();
    await save(operator);
    await operator.page.getByText(word('draft.clean')).waitFor();
    const titles = await operator.page.evaluate(async () => {
      const { document } = (await (await fetch('/api/v1/model/draft')).json()) as { document: { indicators: Record<string, { title: { en: string } }> } };
      return [document.indicators.monetary!.title.en, document.indicators.orders!.title.en];
    });
    expect(titles).toEqual(['Money spent', 'Number of orders']);
  });

  it('shows the approver whom a version would move, takes a date back, publishes and goes back', async () => {
    const { page } = approver;
    await menu(approver, 'publish');
    await page.getByRole('heading', { level: 3, name: word('versions.whom') }).first().waitFor();
    await page.getByRole('main').getByText(word('tier-effect.quick')).last().waitFor(PATIENT);
    await checked(approver, 'review');
    await button(approver, 'versions.approve').click();
    await button(approver, 'versions.publish').click();
    await dialog(approver).getByRole('radio', { name: word('versions.publishOn') }).check();
    await ok(approver, 'versions.publish').click();
    await dialog(approver).waitFor({ state: 'detached' });
    await menu(approver, 'versions');
    await button(approver, 'versions.withdraw').click();
    await checked(approver, 'withdraw');
    await ok(approver, 'versions.withdraw').click();
    await page.getByText(word('versions.withdrawn'), { exact: true }).waitFor();
    await menu(approver, 'publish');
    await button(approver, 'versions.publish').click();
    await ok(approver, 'versions.publish').click();
    await page.getByText(word('versions.published', { n: 2 })).waitFor();
    await settled(approver);
    await menu(approver, 'versions');
    await button(approver, 'versions.rollBack').click();
    await dialog(approver).getByText(word('tier-effect.quick')).waitFor(PATIENT);
    expect(await ok(approver, 'versions.rollBack').isDisabled(), 'a reason is needed').toBe(true);
    await dialog(approver).getByLabel(word('versions.rollBackWhy')).fill('complaints');
    await checked(approver, 'rollback');
    await ok(approver, 'versions.rollBack').click();
    await page.getByText(word('versions.rolledBack', { n: 1 })).waitFor();
    await page.locator('.timeline > div').filter({ hasText: word('versions.version', { n: 1 }) }).getByText(word('versions.sPublished'), { exact: true }).waitFor(PATIENT);
    approver.fine('rolled back');
  });

  it('restores a version as the draft without an editor having been opened', async () => {
    await operator.page.goto(`${house.url}/versions`);
    await button(operator, 'versions.restore').first().click();
    await ok(operator, 'versions.restore').click();
    await operator.page.getByText(word('versions.restored')).waitFor();
    operator.fine('restored');
  });

  it('gives a customer an owner, and links and takes apart identifiers', async () => {
    const { page } = operator;
    const customer = await operator.anyCustomer();
    await page.goto(`${house.url}/customers/${customer}?tab=identities`);
    await page.getByRole('button', { name: new RegExp(word('customers.changeOwner')) }).click();
    await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden)').getByTitle('Paul', { exact: true }).click();
    await page.getByText(word('customers.ownerSet')).waitFor();
    await page.getByRole('button', { name: `${word('customers.changeOwner')}: Paul` }).waitFor();
    await settled(operator);
    await button(operator, 'identities.link').click();
    await dialog(operator).getByLabel(word('identities.other')).fill('17850');
    await dialog(operator).getByLabel(word('identities.why')).fill('one household');
    await ok(operator, 'ui.ok').click();
    const evidence = page.getByRole('table', { name: word('identities.evidence') });
    await evidence.getByText('one household').waitFor(PATIENT);
    await checked(operator, 'identities');
    await button(operator, 'identities.apart').last().click();
    await dialog(operator).getByLabel(word('identities.why')).fill('two people');
    await ok(operator, 'ui.ok').click();
    await expect.poll(() => button(operator, 'identities.apart').count(), PATIENT).toBe(0);
    operator.fine('identities');
  });

  it('makes a segment of an uploaded list', async () => {
    const { page } = operator;
    await menu(operator, 'segments');
    await page.getByRole('button', { name: word('segments.add') }).first().click();
    await page.getByRole('menuitem', { name: word('segment-list.title') }).click();
    const chooser = page.waitForEvent('filechooser');
    await dialog(operator).getByRole('button', { name: word('segment-list.file') }).click();
    await (await chooser).setFiles(list);
    await operator.choose(dialog(operator).getByRole('combobox', { name: word('segment-list.column') }), 'member');
    await ok(operator, 'segment-list.try').click();
    await dialog(operator).getByText(word('segment-list.read', { n: 3 })).waitFor(PATIENT);
    await checked(operator, 'list');
    await ok(operator, 'segment-list.go').click();
    await page.getByRole('heading', { level: 1, name: 'spring_guests' }).waitFor(PATIENT);
    await expect.poll(() => page.locator('.editor-side .figure-value').innerText().catch(() => ''), PATIENT).toBe('3');
    await checked(operator, 'list-segment');
  });

  it('has a second factor whose recovery codes are seen', async () => {
    const { page } = ada;
    await page.goto(`${house.url}/me`);
    await button(ada, 'users.totpStart').click();
    const secret = page.locator('code').filter({ hasText: /^[A-Z2-7]{32}$/ });
    await secret.waitFor();
    await checked(ada, 'factor');
    await page.getByLabel(word('users.totpCode')).fill(shown(await secret.innerText()));
    await button(ada, 'users.confirm').click();
    await expect.poll(() => page.locator('.recovery code').count(), PATIENT).toBe(10);
    await checked(ada, 'recovery');
    await button(ada, 'users.recoveryKept').click();
    await page.reload();
    await button(ada, 'users.totpOff').waitFor();
    await menu(ada, 'users');
    const own = page.getByRole('row').filter({ hasText: ADMINISTRATOR });
    await own.getByText('✓').waitFor();
    await checked(ada, 'users');
  });
});
