// What the people of the demo have done before somebody looks at it, done as they would do it: through the
// API, signed in as operator and approver. A version is in force, another waits for approval, and a draft
// is being worked at. `demo.mjs OPERATOR-LINK APPROVER-LINK EXAMPLE LANG`.
const [operatorLink, approverLink, example, lang] = process.argv.slice(2);
const say = (zh, en) => (lang === 'zh' ? zh : en);

/** Somebody who is signed in by a link. */
async function enter(link) {
  const { origin, hash } = new URL(link);
  let cookie = '';
  const ask = async (method, path, body, headers = {}) => {
    const response = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { 'X-Gradus': '1', 'Accept-Language': lang, 'Content-Type': 'application/json', ...(cookie ? { Cookie: cookie } : {}), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
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

if (example === 'retail') {
  // Waits for the approver.
  const dearer = copy(document);
  dearer.tiers.member.levels.gold.from = 65;
  await submit(dearer, say('黄金门槛由 60 提到 65：权益成本超出预算', 'Gold from 65 instead of 60: its benefits cost more than planned'));
  // Is being worked at.
  const fresher = copy(document);
  fresher.scorecards.value_score.attributes.recency.weight = 0.3;
  fresher.scorecards.value_score.attributes.monetary.weight = 0.15;
  await write(fresher);
}
