// Predictions from a wish to a figure: the wizard, editors and their findings, the cluster studio, publishing, model cards,
// what is to be expected of a customer and of everybody, and cuts that are found. In both languages, by role and name.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, patience, Person } from './browser';
import { APPROVER, OPERATOR, serve, type House } from './house';
import { focusIsSeen, looksRight } from './looks';
import { wordsIn } from './words';

/** A fit reads a year of the retail data; two processors may be busy with other things. */
const PATIENT = { timeout: 90_000 * patience };
afterAll(close);

/** GRADUS_WALK_SOME=1, for `make test`: one language, dark and narrow; that of learning is the other, light and wide. */
const LANGS = process.env.GRADUS_WALK_SOME ? (['en'] as const) : (['zh', 'en'] as const);

describe.each(LANGS)('predictions, %s', (lang) => {
  const word = wordsIn(lang);
  const said = (zh: string, en: string) => (lang === 'zh' ? zh : en);
  let house: House;
  let operator: Person;
  let approver: Person;
  beforeAll(async () => {
    house = await serve(`predictions-${lang}`, { lang });
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
  const menu = (item: string) => operator.menu(word(`nav.${item}`));
  const main = () => operator.page.getByRole('main');
  const button = (path: string, values = {}) => main().getByRole('button', { name: word(path, values) }).first();
  const heading = (name: string | RegExp) => main().getByRole('heading', { level: 1, name }).waitFor();
  const looked = async (name: string) => {
    await operator.shot(`predictions-${name}-${lang}`, true);
    await looksRight(operator, name);
  };
  const keep = async () => {
    await button('draft.save').click();
    await operator.page.getByText(word('draft.clean')).waitFor();
  };
  /** What an approver does elsewhere on the page, by the same requests; a draft says which revision was seen. */
  const asked = (who: Person, method: string, path: string, body: object = {}, revision?: unknown) => who.page.evaluate(async ([method, path, body, revision]) => {
    const seen: Record<string, string> = revision === undefined ? {} : { 'If-Match': `"${revision}"` };
    const response = await fetch(`/api/v1${path}`, { method, headers: { 'Content-Type': 'application/json', 'X-Gradus': '1', ...seen }, ...(method === 'GET' ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? null : ((await response.json()) as Record<string, unknown>);
  }, [method, path, body, revision] as const);
  const wizard = async (want: string, name: string) => {
    await menu('predictions');
    await button('predictions.add').click();
    const dialog = operator.page.getByRole('dialog');
    await dialog.getByRole('radio', { name: word(`predictions.${want}`) }).check({ force: true });
    await dialog.getByRole('button', { name: word('predictions.next') }).click();
    await dialog.getByLabel(word('ui.name'), { exact: true }).fill(name);
    return dialog;
  };

  it('is begun by the keyboard alone', async () => {
    const { page } = operator;
    await menu('predictions');
    await button('predictions.add').focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    // The wishes are one group: Tab leads to the chosen one, arrows choose, and Tab leads on.
    const chosen = () => dialog.getByRole('radio', { checked: true });
    for (let step = 0; step < 8 && !(await chosen().evaluate((one) => one === document.activeElement)); step += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => dialog.getByRole('radio', { name: word('predictions.wContract') }).isChecked()).toBe(true);
    await operator.tabTo(word('predictions.next'), 8);
    await page.keyboard.press('Enter');
    await dialog.getByLabel(word('ui.name'), { exact: true }).waitFor();
    await focusIsSeen(operator, 'the questions of the wizard', 12);
    await dialog.getByLabel(word('ui.name'), { exact: true }).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('renewals');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    // Nothing was made, and one is where one was.
    expect(await page.getByRole('table', { name: word('predictions.title') }).getByRole('button', { name: 'renewals' }).count()).toBe(0);
    await expect.poll(() => operator.focused()).toContain(word('predictions.add'));
    operator.fine('keyboard');
  });

  it('shows what the model foretells, and begins a new one from what one wants to know', async () => {
    const { page } = operator;
    await menu('predictions');
    // The example has one, and the gradings of the workspace have fitted it.
    await page.getByRole('table', { name: word('predictions.title') }).getByText(word('predictions.fitted')).waitFor(PATIENT);
    await looked('first');
    const dialog = await wizard('wValue', 'worth');
    await operator.shot(`predictions-wizard-${lang}`);
    await operator.accessible('the wizard');
    await dialog.getByRole('spinbutton', { name: word('predictions.margin') }).fill('30');
    await dialog.getByRole('button', { name: word('predictions.create') }).click();
    await heading(said('客户终身价值', 'Lifetime value'));
    // What it gives is said before anything was computed.
    const columns = page.getByRole('rowheader', { name: 'worth_alive' });
    await columns.waitFor();
    expect(await page.getByRole('spinbutton', { name: word('predictions.margin') }).inputValue()).toBe('30');
    await looked('lifetime');
  });

  it('says what is wrong where it stands, and takes every step back', async () => {
    const { page } = operator;
    const purchases = page.getByRole('textbox', { name: word('predictions.purchases') });
    await purchases.click();
    await page.keyboard.type('nothing_known > 1');
    await main().getByRole('alert').first().waitFor(PATIENT);
    await looked('finding');
    await purchases.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await expect.poll(() => main().locator('.findings .error').count(), PATIENT).toBe(0);
    const margin = page.getByRole('spinbutton', { name: word('predictions.margin') });
    await margin.fill('40');
    await margin.blur();
    await button('draft.undo').click();
    await expect.poll(() => margin.inputValue()).toBe('30');
    await button('draft.redo').click();
    await expect.poll(() => margin.inputValue()).toBe('40');
    const dialog = await wizard('wChurn', 'churn');
    await dialog.getByRole('button', { name: word('predictions.create') }).click();
    await heading(said('流失概率', 'Chance of leaving'));
    // After how long it is learned anew is said and can be changed.
    expect(await main().getByRole('spinbutton', { name: word('predictions.refit') }).inputValue()).toBe('3');
    await looked('propensity');
    await keep();
  });

  it('finds groups, compares their numbers, names them, and makes segments of them', async () => {
    const { page } = operator;
    await menu('clusters');
    await page.getByRole('heading', { name: word('clusters.emptyTitle') }).waitFor();
    await looked('studio-empty');
    await button('clusters.run').click();
    const table = page.getByRole('table', { name: word('clusters.kTable') });
    await table.waitFor(PATIENT);
    // Every number from 2 on has its figures, and one is advised.
    expect(await table.getByRole('row').count()).toBeGreaterThan(3);
    expect(await table.getByText(word('clusters.advised')).count()).toBe(1);
    await page.getByRole('table', { name: word('clusters.profiles') }).waitFor();
    await looked('studio');
    // Another number is looked at, and the page keeps what was asked.
    await table.getByRole('button', { name: word('clusters.useK', { n: 4 }) }).click();
    await table.getByRole('row').filter({ has: page.getByRole('rowheader', { name: /^4/ }) }).getByText(word('clusters.shown')).waitFor(PATIENT);
    await page.getByRole('textbox', { name: `${word('clusters.nameOf', { group: 'c1' })} ${word(lang === 'zh' ? 'ui.chinese' : 'ui.english')}` }).fill(said('多数', 'Most of them'));
    await button('clusters.segments').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: word('clusters.takeName') }).fill('kinds');
    await dialog.getByRole('button', { name: word('ui.ok') }).click();
    await heading(word('segments.title'));
    await main().getByRole('button', { name: said('多数', 'Most of them') }).waitFor();
    await looked('segments');
    await keep();
  });

  it('does not remove what others stand on, and says who they are', async () => {
    const { page } = operator;
    await menu('predictions');
    await page.getByRole('table', { name: word('predictions.title') }).getByRole('button', { name: said('客户类型', 'Kind of customer') }).click();
    await main().getByRole('link', { name: said('多数', 'Most of them') }).waitFor();
    expect(await main().getByRole('spinbutton', { name: word('predictions.refitGroups') }).inputValue()).toBe('3');
    await looked('clusters');
    await button('predictions.remove').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(word('predictions.removeUsed')).last().waitFor();
    await dialog.getByText(said('多数', 'Most of them')).first().waitFor();
    await dialog.getByRole('button', { name: word('ui.close') }).click();
  });

  it('is published and graded: every fit has its model card', async () => {
    const { page } = operator;
    const draft = await asked(operator, 'GET', '/model/draft');
    const submitted = await asked(operator, 'POST', '/model/draft/submit', { note: 'predictions' }, draft!.revision);
    const version = submitted!.version as number;
    await asked(approver, 'POST', `/model/versions/${version}/approve`, { note: 'walk' });
    await asked(approver, 'POST', `/model/versions/${version}/publish`);
    // Publishing grades everybody, and every prediction is fitted on the way.
    const grading = async () => ((await asked(operator, 'GET', '/jobs'))!.items as { kind: string; state: string }[]).find((one) => one.kind === 'grade')?.state;
    await expect.poll(grading, { timeout: 180_000 * patience }).toBe('done');
    await menu('predictions');
    const table = page.getByRole('table', { name: word('predictions.title') });
    await table.getByRole('row').filter({ hasText: 'worth' }).getByText(word('predictions.fitted')).waitFor(PATIENT);
    await looked('list');
    await table.getByRole('button', { name: 'worth' }).click();
    await page.getByRole('tab', { name: word('predictions.card') }).click();
    await main().getByRole('heading', { name: word('model-card.today') }).waitFor(PATIENT);
    await looked('card');
    // Held against what came, from the page.
    await button('model-card.learnAgain').click();
    await main().getByRole('heading', { name: word('model-card.tracking') }).waitFor(PATIENT);
    await looked('card-tracked');
  });

  it('learns who will leave from earlier dates, and says how good that is', async () => {
    const { page } = operator;
    await page.goto(`${house.url}/predictions/churn?tab=card`);
    await main().getByRole('button', { name: word('model-card.learn') }).or(main().getByRole('button', { name: word('model-card.learnAgain') })).first().click(PATIENT);
    await main().getByRole('table', { name: word('model-card.training') }).waitFor(PATIENT);
    await main().getByRole('table', { name: word('model-card.metrics') }).waitFor();
    await looked('card-propensity');
  });

  it('tells of one customer what there was and what is to come, and why', async () => {
    const { page } = operator;
    const customer = await operator.anyCustomer();
    await page.goto(`${house.url}/customers/${customer}`);
    await page.getByRole('tab', { name: word('outlook.tab') }).click();
    const worth = page.getByRole('region', { name: said('客户终身价值', 'Lifetime value'), exact: true }).first();
    await worth.getByText(word('outlook.toDate'), { exact: true }).waitFor(PATIENT);
    await worth.getByText(word('outlook.ahead', { span: said('12 个月', '12 months') }), { exact: true }).waitFor();
    await looked('customer');
  });

  it('tells of everybody by tier, and every bar opens its customers', async () => {
    const { page } = operator;
    await menu('dashboards');
    await page.getByRole('tab', { name: word('dashboard-outlook.tab') }).click();
    const chart = word('dashboard-outlook.valueByTier', { name: said('会员等级', 'Membership') });
    const asTable = main().getByRole('button', { name: `${chart}: ${word('ui.asTable')}` }).first();
    await asTable.waitFor(PATIENT);
    await looked('dashboard');
    await asTable.click();
    const gold = main().getByRole('table', { name: chart }).getByRole('row').filter({ has: operator.page.getByRole('button', { name: said('黄金', 'Gold') }) });
    const count = await gold.getByRole('cell').nth(1).innerText();
    await gold.getByRole('button').click();
    await heading(word('customers.title'));
    await main().getByRole('status').filter({ hasText: word('ui.nCustomers', { n: count }) }).waitFor(PATIENT);
    operator.fine('the customers of a bar');
  });

  it('finds cuts for the bins of a scorecard, and takes them back', async () => {
    const { page } = operator;
    await page.goto(`${house.url}/scorecards/value_score`);
    const line = main().locator('.ant-collapse-header').filter({ hasText: said('最近一次购买', 'Recency') }).first();
    await line.waitFor();
    const helper = button('cuts-helper.open');
    if (await helper.count() === 0) await line.click();
    await helper.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('table').waitFor(PATIENT);
    await dialog.getByText(word('cuts-helper.quantiles'), { exact: true }).click();
    await expect.poll(() => dialog.getByText(word('cuts-helper.computing')).count(), PATIENT).toBe(0);
    await operator.shot(`predictions-cuts-${lang}`);
    await operator.accessible('cuts');
    await dialog.getByRole('button', { name: word('cuts-helper.take') }).click();
    await page.getByText(word('draft.unsaved')).waitFor();
    await looked('bins');
    await button('draft.undo').click();
    await page.getByText(word('draft.clean')).waitFor();
  });
});
