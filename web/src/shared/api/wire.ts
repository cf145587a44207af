// Where the server's answer and the page's contract differ in form, they are matched here and nowhere else:
// answers as crates/server gives them become what the screens read, requests the other way round. Each rule
// leaves alone what already has the page's form.

type Json = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
type Rule = (answer: Json) => unknown;

const session: Rule = (one) => ({
  ...one,
  user: { email: '', ...one.user },
  workspace: { four_eyes: true, ...one.workspace, clock: { ...one.workspace.clock, date: one.workspace.clock.date ?? dayIn(one.workspace.clock.now, one.workspace.time_zone) } },
});

function dayIn(now: string, zone: string): string {
  const at = new Date(now);
  return Number.isNaN(at.getTime()) ? now.slice(0, 10) : new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeZone: zone }).format(at);
}

const draft: Rule = (one) => (one.etag === undefined && one.revision !== undefined ? { ...one, etag: `"${one.revision}"` } : one);

/** What is approved and published is in force, scheduled, or retired by a later one. */
function version(one: Json, now = Date.now()): Json {
  if (one.publications === undefined) return one;
  const live = (one.publications as Json[]).filter((publication) => !publication.withdrawn);
  const last = live.at(-1);
  const state = one.state !== 'approved' || !last ? one.state : Date.parse(last.effective_from) > now ? 'scheduled' : 'published';
  return { ...one, state, approved_by: one.state === 'approved' ? one.reviewer : undefined, published_at: last?.at, effective_from: last?.effective_from };
}

const versions: Rule = (one) => {
  let inForce = false;
  const newest = [...(one.items as Json[])].map((item) => version(item)).sort((a, b) => b.version - a.version);
  const byDate = [...newest].filter((item) => item.state === 'published').sort((a, b) => String(b.effective_from).localeCompare(String(a.effective_from)));
  for (const item of byDate) {
    if (inForce) item.state = 'retired';
    inForce = true;
  }
  return { ...one, items: newest };
};

const entry = (one: Json) => (one.actor === undefined ? one : { ...one, who: one.actor, what: one.subject });
const ownSession = (one: Json) => (one.this === undefined ? one : { ...one, current: one.this });
const instant = (one: Json | string) => (typeof one === 'string' ? { as_of: one, run: '', version: null, customers: 0 } : one);
const role = (one: Json) => ({ ...one, permissions: (one.permissions as (string | Json)[]).map((right) => (typeof right === 'string' ? right : right.name)) });
const run = (one: Json) => (one.id !== undefined ? one : {
  ...one, id: one.run, version: one.version ?? null, state: one.finished ? 'done' : 'running', fit: one.fits?.at(-1) ?? null, customers: one.counts?.customers ?? null,
  seconds: one.finished ? (Date.parse(one.finished) - Date.parse(one.started)) / 1000 : null,
});
const each = (map: (one: Json) => unknown): Rule => (one) => ({ ...one, items: one.items.map(map) });

const number = (value: unknown) => (value === null || value === undefined || value === '' || !Number.isFinite(Number(value)) ? null : Number(value));

const customers: Rule = (page) => (page.columns === undefined ? page : {
  ...page,
  items: (page.items as Json[]).map((item) => {
    const values = Object.fromEntries((page.columns as Json[]).map((column, index) => [column.name, item.values[index] ?? null]));
    return { ...item, tier: item.tiers ?? {}, values, score: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, number(value)])) };
  }),
});

const profile: Rule = (one) => {
  if (one.values === undefined) return one;
  const of = (kind: string) => (one.values as Json[]).filter((value) => value.kind === kind);
  return {
    ...one,
    identities: (one.identities as Json[]).map((identity) => ({ kind: identity.kind, masked: identity.masked ?? identity.value })),
    tiers: of('tier').map((value) => ({ scheme: value.name, title: value.title, level: value.value ?? null, level_title: value.value_title ?? value.value ?? null })),
    scores: of('score').map((value) => ({ name: value.name, title: value.title, value: number(value.value) })),
    segments: of('segment').filter((value) => value.value === 'true').map((value) => ({ name: value.name, title: value.title })),
    groupings: of('grouping').map((value) => ({ name: value.name, title: value.title, value: value.value ?? null })),
    overrides: one.overrides ?? [], completeness: one.completeness ?? null, first_seen: one.first_seen ?? null, last_seen: one.last_seen ?? null,
  };
};

const answers: Partial<Record<string, Rule>> = {
  'get /session': session, 'post /session': session, 'post /setup': session, 'post /session/enter': session,
  'get /model/draft': draft, 'put /model/draft': draft, 'post /model/versions/{n}/restore': draft,
  'get /model/versions': versions,
  'get /model/versions/{n}': (one) => (one.version?.version === undefined ? one : { ...version(one.version), document: one.document }),
  'post /model/draft/submit': version, 'post /model/versions/{n}/approve': version, 'post /model/versions/{n}/reject': version, 'post /model/versions/{n}/publish': version,
  'post /users': (one) => (one.user === undefined ? one : { ...one.user, code: one.code }),
  'post /keys': (one) => (one.token === undefined ? one : { ...one.key, key: one.token }),
  'get /roles': each(role), 'get /audit': each(entry), 'get /me/sessions': each(ownSession), 'get /runs': each(run),
  'get /instants': each(instant as (one: Json) => unknown),
  'get /audit/verify': (one) => (one.tampered_at === undefined ? one : { ...one, first_broken: one.tampered_at }),
  'post /customers/search': customers, 'get /customers/{customer}': profile,
};

/** An answer in the page's form. A bare list is a page of a list that has no next one. */
export function received(method: string, path: string, answer: unknown): unknown {
  const listed = Array.isArray(answer) ? (path.endsWith('/reveal') ? { identities: answer } : { items: answer, next_cursor: null, total: answer.length }) : answer;
  const rule = answers[`${method} ${path}`];
  return rule && listed && typeof listed === 'object' ? rule(listed as Json) : listed;
}

const requests: Partial<Record<string, (body: Json) => Json>> = {
  'post /session/enter': ({ token, ...rest }) => ({ ...rest, code: token }),
  'post /customers/search': ({ sort, ...rest }) => ({ ...rest, ...(sort ? { sort: { column: sort.by, descending: sort.descending } } : {}) }),
};

/** A request in the server's form. */
export function sent(method: string, path: string, body: unknown): unknown {
  const rule = requests[`${method} ${path}`];
  return rule && body && typeof body === 'object' ? rule(body as Json) : body;
}
