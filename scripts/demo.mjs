// What the people of the demo have done before somebody looks at it, done as they would do it: through the
// API, signed in as operator and approver. A version is in force, another waits for approval, a draft is being
// worked at and was simulated, rows wait in quarantine, a tier set by hand is about to expire, another is asked for. `demo.mjs OPERATOR-LINK APPROVER-LINK EXAMPLE LANG`.
const [operatorLink, approverLink, example, lang] = process.argv.slice(2);
const say = (zh, en) => (lang === 'zh' ? zh : en);

/** Somebody who is signed in by a link. */
async function enter(link) {
  const { origin, hash } = new URL(link);
  let cookie = '';
  const ask = async (method, path, body, headers = {}) => {
    const isText = typeof body === 'string';
    const response = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { 'X-Gradus': '1', 'Accept-Language': lang, 'Content-Type': isText ? 'application/octet-stream' : 'application/json', ...(cookie ? { Cookie: cookie } : {}), ...headers },
      body: body === undefined || isText ? body : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    const set = response.headers.get('set-cookie');
    if (set) cookie = set.split(';')[0];
    return text ? JSON.parse(text) : undefined;
  };
  await ask('POST', '/session/enter', { code: hash.slice(1) });
  return ask;
}

const operator = await enter(operatorLink);
const approver = await enter(approverLink);

/** Writes the draft as it shall be. */
async function write(document) {
  const { revision } = await operator('GET', '/model/draft');
  return operator('PUT', '/model/draft', { document }, { 'If-Match': `"${revision}"` });
}
async function submit(document, note) {
  const { revision } = await write(document);
  return operator('POST', '/model/draft/submit', { note }, { 'If-Match': `"${revision}"` });
}
const copy = (document) => structuredClone(document);

const { document } = await operator('GET', '/model/draft');
const made = await submit(document, say('首个版本：价值分、会员等级与分群', 'First version: value score, membership and segments'));
await approver('POST', `/model/versions/${made.version}/approve`, { note: say('同意', 'Agreed') });
await approver('POST', `/model/versions/${made.version}/publish`, { reason: say('首次发布', 'First publication') });

/** Waits for a job; what it says if it fails. */
async function done({ id }) {
  for (;;) {
    const job = await operator('GET', `/jobs/${id}`);
    if (job.state === 'done') return job;
    if (job.state === 'failed' || job.state === 'cancelled') throw new Error(`${job.kind}: ${JSON.stringify(job.problem)}`);
    await new Promise((later) => setTimeout(later, 200));
  }
}

if (example === 'retail') {
  // A till that was switched on late sent lines that cannot be read. They are invented, so none of them counts: the
  // figures of the real customers stay those of the published data.
  const late = [
    'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
    '581591,22720,SET OF 3 CAKE TINS PANTRY DESIGN,one dozen,2011-12-08 16:10:00,4.95,13089,United Kingdom',
    '581592,21212,PACK OF 72 RETROSPOT CAKE CASES,12,8 December,0.55,14911,EIRE',
    '581593,47566,PARTY BUNTING,3,2011-13-08 16:31:00,4.95,15311,United Kingdom',
  ];
  const { upload } = await operator('POST', '/uploads?name=online_retail_late.csv', `${late.join('\n')}\n`);
  await done(await operator('POST', '/imports', { uploads: [upload], source: 'online_retail', dry_run: false }));

  // Tiers set by hand: one holds for a week still, one waits for the approver.
  const [first, second] = (await operator('POST', '/customers/search', { tier: { scheme: 'member', level: 'gold' }, limit: 2 })).items;
  const ask = (customer, reason) => operator('POST', `/customers/${customer}/overrides`, { scheme: 'member', level: 'platinum', reason, expires: '2011-12-16' });
  const given = await ask(first.customer, say('投诉已处理，作为补偿保留一周铂金', 'Complaint settled: platinum for a week to make up for it'));
  await approver('POST', `/overrides/${given.id}/approve`, {});
  for (const job of (await operator('GET', '/jobs')).items) await done(job);
  await ask(second.customer, say('大额年单即将签约', 'A large order for the year is about to be signed'));

  // Waits for the approver.
  const dearer = copy(document);
  dearer.tiers.member.levels.gold.from = 65;
  await submit(dearer, say('黄金门槛由 60 提到 65：权益成本超出预算', 'Gold from 65 instead of 60: its benefits cost more than planned'));
  // Is being worked at.
  const fresher = copy(document);
  fresher.scorecards.value_score.attributes.recency.weight = 0.3;
  fresher.scorecards.value_score.attributes.monetary.weight = 0.15;
  await write(fresher);
  await done(await operator('POST', '/simulate', { version: 'draft' }));
}
