// What is seldom seen: pairs of customers that may be one person, a key that is taken from some networks only, somebody who
// shows that it is still they, and somebody of whom a second factor is demanded. On the real binary, by role and name.
import { createHmac } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, patience, Person, type Look } from './browser';
import { ADMINISTRATOR, serve, VIEWER, type House, type Run } from './house';
import { looksRight } from './looks';
import { wordsIn } from './words';

const PATIENT = { timeout: 60_000 * patience };
/** The names of these are made up, as are their numbers. */
const SOURCE = `gradus: 1
title: { zh: 客户资料, en: People }
files: ["people*.csv"]
history: true
mapping:
  identity:
    - { kind: id, value: customer }
    - { kind: phone, value: mobile }
  kind: "'profile'"
  private: { name: name }
kinds:
  profile: { title: { zh: 资料, en: Profile } }
`;

/** Three hundred people; two with one name and nearly one mobile, two with one name alone, two with one mobile. */
function withPeople(workspace: string, run: Run, lang: 'zh' | 'en') {
  const alike = lang === 'zh' ? '王小明' : 'Conrad Winter';
  const rows = Array.from({ length: 300 }, (_, at) => {
    const own = at === 7 || at === 8 ? [alike, `1391111222${at - 5}`] : at === 20 || at === 21 ? ['Mary Ann Lee', `1370000${String(at * 137).padStart(4, '0')}`] : [`Person ${at}`, `1380000${String(at === 31 ? 30 : at).padStart(4, '0')}`];
    return [`C${String(at).padStart(4, '0')}`, ...own].join(',');
  });
  mkdirSync(join(workspace, 'sources'), { recursive: true });
  writeFileSync(join(workspace, 'sources/people.yaml'), SOURCE);
  const file = join(workspace, 'people.csv');
  writeFileSync(file, ['customer,name,mobile', ...rows].join('\n') + '\n');
  run(workspace, 'import', file);
}

/** What an authenticator shows (RFC 6238). */
function digits(secret: string): string {
  const bits = [...secret.replace(/[\s=]/g, '').toUpperCase()].map((one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((one) => parseInt(one, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  return String((hash.readUInt32BE(hash[19]! & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

afterAll(close);
/** GRADUS_WALK_SOME=1, for `make test`: one look. */
const LOOKS: (Look & { name: string })[] = ([{ name: 'zh', lang: 'zh' }, { name: 'en-dark-1024', lang: 'en', dark: true, width: 1024, height: 768 }] as (Look & { name: string })[]).slice(0, process.env.GRADUS_WALK_SOME ? 1 : 2);

describe.each(LOOKS)('seldom, $name', (look) => {
  const { lang } = look;
  const word = wordsIn(lang);
  let house: House;
  let one: Person;
  beforeAll(async () => {
    house = await serve(`seldom-${lang}`, { empty: true, lang, before: (workspace, run) => withPeople(workspace, run, lang) });
    one = await Person.at(house.url, look);
    await one.page.goto(house.link(ADMINISTRATOR));
    await one.page.getByRole('navigation').waitFor();
  });
  afterAll(async () => {
    await one?.leave();
    await house?.stop();
  });
  const looked = async (name: string, person = one) => {
    await person.shot(`${name}-${look.name}`, true);
    await looksRight(person, name);
  };
  const button = (path: string, values = {}) => one.page.getByRole('button', { name: word(path, values), exact: true });

  it('finds pairs, joins one, and thinks better of it', async () => {
    const { page } = one;
    await page.goto(`${house.url}/doubles`);
    await button('doubles.look').click();
    await button('doubles.isSame').first().waitFor(PATIENT);
    await page.getByText(word('doubles.lookAgain')).waitFor();
    await looked('doubles-pairs');
    await button('doubles.isSame').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(word('doubles.reason')).fill(lang === 'zh' ? '同一张会员卡' : 'one card');
    await looked('doubles-join');
    await dialog.getByRole('button', { name: word('ui.ok') }).click();
    await dialog.waitFor({ state: 'detached', ...PATIENT });
    await page.goto(`${house.url}/doubles?state=same`);
    await button('doubles.takeBack').first().waitFor(PATIENT);
    await looked('doubles-joined');
  });

  it('makes a key for some networks, and shows first that it is still the same person', async () => {
    const { page } = one;
    await page.goto(`${house.url}/users?tab=keys`);
    await button('users.addKey').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(word('users.keyName')).fill(lang === 'zh' ? '夜间同步' : 'nightly');
    await dialog.getByRole('combobox', { name: new RegExp(`${word('users.scopes')}$`) }).click();
    await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option').first().click();
    await page.keyboard.press('Escape');
    const networks = dialog.getByRole('combobox', { name: word('users.networks') });
    await networks.fill('203.0.113.0/24 2001:db8::/32 10.0.0.1/64 ');
    await networks.blur();
    await looked('key-form');
    const make = () => dialog.getByRole('button', { name: word('users.addKey') }).click();
    await make();
    await dialog.locator('.ant-form-item-has-error').waitFor();
    await looked('key-form-wrong');
    // The last of them goes.
    await networks.focus();
    await page.keyboard.press('Backspace');
    // As after hours: the server wants to see first that it is still they.
    await page.route('**/api/v1/keys', (route) => (route.request().method() === 'POST'
      ? route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify({ type: '', title: '', status: 403, detail: '', code: 'reauthentication_required', message: '', instance: '', request_id: 'walk-0001', errors: [], proofs: ['password', 'totp'] }) })
      : route.fallback()));
    await make();
    await page.getByText(word('proof.why')).waitFor();
    await looked('proof-dialog');
    await page.getByRole('dialog', { name: word('proof.title') }).getByRole('button', { name: word('ui.cancel') }).click();
    await page.unroute('**/api/v1/keys');
    await make();
    await page.locator('.ant-modal-confirm').getByText(word('users.newKey')).filter({ visible: true }).first().waitFor();
    await looked('key-made');
    await page.getByRole('button', { name: word('ui.close') }).last().click();
    await looked('keys');
    await button('users.edit').first().click();
    await page.getByText(word('users.changeKey')).waitFor();
    await looked('key-change');
  });

  it('lets nobody on before they have set up the second factor that is demanded', async () => {
    const other = await Person.at(house.url, look);
    try {
      await other.page.goto(house.link(VIEWER));
      await other.page.getByRole('navigation').waitFor();
      const status = await one.page.evaluate(async () => (await fetch('/api/v1/settings', { method: 'PUT', headers: { 'Content-Type': 'application/json', 'X-Gradus': '1' }, body: JSON.stringify({ second_factor: 'everybody' }) })).status);
      expect(status).toBeLessThan(300);
      await other.page.goto(house.url);
      await other.page.getByRole('heading', { name: word('users.mustTitle') }).waitFor();
      await looked('must-set-up', other);
      await other.page.getByRole('button', { name: word('users.totpStart') }).click();
      const secret = await other.page.locator('.row > code.wrap').innerText();
      await looked('must-set-up-picture', other);
      await other.page.getByLabel(word('users.totpCode')).fill(digits(secret));
      await other.page.getByRole('button', { name: word('users.confirm') }).click();
      await other.page.getByText(word('users.recovery')).waitFor();
      await looked('must-set-up-codes', other);
      await other.page.getByRole('button', { name: word('users.recoveryKept') }).click();
      await other.page.getByRole('navigation').waitFor(PATIENT);
    } finally {
      await other.leave();
    }
  });
});
