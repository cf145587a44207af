// @vitest-environment jsdom
// The reference shows the whole document of the API, and ends where a schema leads back to itself.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { entriesOf, fits, grouped, limitsOf, shapeOf, typeOf, type Document } from '../src/features/reference/document';
import { curlOf, sampleOf } from '../src/features/reference/example';
import { CODES, GROUPS } from '../src/features/reference/words';
import { PERMISSIONS } from '../src/shared/permissions';
import { setLang } from '../src/shared/i18n/language';

vi.mock('@tanstack/react-router', () => ({ Link: ({ children, to }: { children: ReactNode; to: string }) => <a href={to}>{children}</a> }));
const { default: Reference } = await import('../src/features/reference');

const real: Document = JSON.parse(readFileSync(join(import.meta.dirname, '../openapi.json'), 'utf8'));
const small: Document = {
  openapi: '3.1.0',
  info: { title: 'Small', version: '1', description: 'Send a key as `Authorization`.\n\n# Paging\n\n- `cursor`\n- `limit`' },
  servers: [{ url: '/api/v1' }],
  paths: {
    '/nodes/{node}': {
      get: { operationId: 'see', tags: ['model'], summary: 'Open a node', 'x-permission': 'see_grades', parameters: [{ name: 'node', in: 'path', required: true, schema: { type: 'string' } }, { name: 'limit', in: 'query', description: 'How many at most', schema: { type: ['integer', 'null'], minimum: 1, maximum: 200 } }], responses: { 200: { description: 'It', content: { 'application/json': { schema: { $ref: '#/components/schemas/Node' } } } }, 404: { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } } } },
      put: { operationId: 'set', tags: ['model'], summary: 'Write a node', 'x-permission': 'edit_models', parameters: [{ name: 'if-match', in: 'header', schema: { type: ['string', 'null'] } }], requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/Node' } } } }, responses: { 204: {}, 428: {} } },
    },
    '/odd': { post: { operationId: 'see', 'x-permission': 'nobody', requestBody: { content: { 'application/octet-stream': {} } }, responses: { 200: { content: { 'application/octet-stream': { schema: { type: 'string' } } } } } } },
  },
  components: { schemas: {
    Node: { type: 'object', description: 'A node of the tree', required: ['name', 'kind', 'parent'], properties: { name: { type: 'string', minLength: 1, maxLength: 20, description: 'It\'s own name' }, kind: { type: 'string', enum: ['leaf', 'branch'] }, below: { type: 'array', items: { $ref: '#/components/schemas/Node' } }, parent: { oneOf: [{ type: 'null' }, { $ref: '#/components/schemas/Node' }] }, value: { oneOf: [{ type: 'string' }, { $ref: '#/components/schemas/Amount' }] } } },
    Amount: { type: 'object', required: ['cents'], properties: { cents: { type: 'integer', format: 'int64' } } },
    Loop: { $ref: '#/components/schemas/Loop' },
    Both: { allOf: [{ $ref: '#/components/schemas/Amount' }, { type: 'object', required: ['currency'], properties: { currency: { type: 'string' } } }] },
    Problem: { type: 'object', properties: { code: { type: 'string' } } },
  } },
};
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

describe('a schema', () => {
  it('is said in a word: lists, names, what may be null', () => {
    const { properties } = small.components!.schemas!.Node!;
    expect(['name', 'below', 'parent', 'value'].map((one) => typeOf(small, properties![one]!))).toEqual(['string', 'array<Node>', 'Node | null', 'string | Amount']);
    expect(typeOf(small, { type: ['integer', 'null'], format: 'int64' })).toBe('integer (int64) | null');
    expect(typeOf(small, { type: 'object', additionalProperties: ref('Amount') })).toBe('map<string, Amount>');
    expect(limitsOf({ type: 'string', minLength: 1, maxLength: 20 })).toEqual(['length 1 … 20']);
    expect(limitsOf({ type: 'integer', minimum: 0, default: 5 })).toEqual(['≥ 0', '= 5']);
  });

  it('has the fields of all its parts', () => {
    expect(shapeOf(small, ref('Both')).fields.map((one) => [one.name, one.required])).toEqual([['cents', true], ['currency', true]]);
  });

  it('ends where it leads to itself', () => {
    expect(shapeOf(small, ref('Loop')).kind).toBe('any');
    expect(sampleOf(small, ref('Node'))).toEqual({ name: 'TEXT', kind: 'leaf', parent: null });
  });
});

describe('a request', () => {
  const [see, set, odd] = entriesOf(small);
  it('is one that a shell takes as it stands', () => {
    expect(curlOf(small, see!, 'http://localhost')).toBe("curl 'http://localhost/api/v1/nodes/NODE' \\\n  -H 'Authorization: Bearer gra_…'");
    const written = curlOf(small, set!, 'http://localhost');
    expect(written).toContain("curl -X PUT 'http://localhost/api/v1/nodes/NODE' \\\n");
    expect(written).toContain(`-H 'If-Match: "ETAG"'`);
    expect(JSON.parse(/-d '([\s\S]*)'$/.exec(written)![1]!)).toEqual({ name: 'TEXT', kind: 'leaf', parent: null });
    expect(curlOf(small, odd!, 'http://localhost')).toBe("curl -X POST 'http://localhost/api/v1/odd' \\\n  -H 'Content-Type: application/octet-stream' \\\n  --data-binary @FILE \\\n  -o FILE");
    const quote = { ...small, components: { schemas: { ...small.components!.schemas, Node: { type: 'string', example: "it's" } } } };
    expect(curlOf(quote, set!, '')).toContain(String.raw`-d '"it'\''s"'`);
  });
});

describe('the API of this program', () => {
  const entries = entriesOf(real);
  it('is there whole, each operation under an address of its own', () => {
    expect(entries.length).toBe(Object.values(real.paths).flatMap((item) => Object.keys(item)).filter((one) => one !== 'parameters').length);
    expect(entries.length).toBeGreaterThan(100);
    expect(new Set(entries.map((one) => one.id)).size).toBe(entries.length);
    for (const { id } of entries) expect(id).toMatch(/^[\w-]+$/);
  });

  it('has a word for every group and every permission', () => {
    for (const [tag] of grouped(entries)) expect(GROUPS as readonly string[], `a word for ${tag} in features/reference/words.ts`).toContain(tag);
    const known: string[] = [...PERMISSIONS, 'nobody', 'signed_in'];
    for (const { operation, id } of entries) if (operation['x-permission']) expect(known, id).toContain(operation['x-permission']);
  });

  it('says what each refusal means', () => {
    const refusals = new Set(entries.flatMap((one) => Object.keys(one.operation.responses ?? {})).filter((status) => /^[45]/.test(status)));
    expect(refusals.size).toBeGreaterThan(8);
    for (const status of refusals) expect(Object.keys(CODES)).toContain(status);
    const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/engineer.md'), 'utf8');
    for (const code of Object.values(CODES).flat()) expect(guide).toContain(`\`${code}\``);
  });

  it('makes a request of every operation', () => {
    for (const entry of entries) {
      const text = curlOf(real, entry, 'http://localhost');
      expect(text, entry.id).not.toMatch(/[{}]\//);
      const body = /-d '([\s\S]*)'/.exec(text)?.[1];
      if (body) expect(() => JSON.parse(body.replaceAll(String.raw`'\''`, "'")), entry.id).not.toThrow();
    }
  });
});

describe('the screen', () => {
  beforeEach(() => {
    setLang('en', false);
    history.replaceState(null, '', '/reference');
    vi.stubGlobal('matchMedia', () => ({ matches: false, addListener() {}, removeListener() {}, addEventListener() {}, removeEventListener() {} }));
    vi.stubGlobal('fetch', async (request: Request) => {
      const { pathname } = new URL(request.url);
      return pathname === '/api/openapi.json' ? Response.json(small) : Response.json({ permissions: [], workspace: { clock: {} } });
    });
    Element.prototype.scrollIntoView = vi.fn();
  });
  afterEach(cleanup);
  const show = () => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}><Reference /></QueryClientProvider>);
  const operation = (name: RegExp) => screen.getByRole('article', { name });

  it('opens an operation with parameters, a tree step by step, refusals and curl', async () => {
    show();
    await userEvent.click(await screen.findByRole('button', { name: /GET \/nodes/ }));
    const get = operation(/GET \/nodes/);
    const limit = within(get).getByRole('rowheader', { name: 'limit' }).closest('tr')!;
    expect(limit.textContent).toContain('integer | null');
    expect(limit.textContent).toContain('1 … 200');
    expect(limit.textContent).toContain('How many at most');
    expect(get.textContent).toContain('Permission needed: see grades see_grades');
    expect(within(get).getByText('unknown-customer')).toBeTruthy();
    expect(get.textContent).toContain("curl 'http://localhost:3000/api/v1/nodes/NODE'");
    // Below itself the tree says so, and offers no further step.
    expect(within(get).queryByRole('button', { name: 'below' })).toBeNull();
    expect(get.textContent).toContain('the same as above');
    const value = within(get).getByRole('button', { name: 'value' });
    expect(value.getAttribute('aria-expanded')).toBe('false');
    await userEvent.click(value);
    await userEvent.click(within(get).getByRole('button', { name: '2.' }));
    expect(within(get).getByText('cents')).toBeTruthy();
  });

  it('finds by path, summary and permission, in the reader\'s words as well', async () => {
    show();
    const box = await screen.findByRole('searchbox', { name: 'Search path, summary or permission' });
    for (const [typed, n] of [['edit_models', 1], ['edit models', 1], ['open node', 1], ['/nodes', 2], ['post', 1], ['zzz', 0]] as const) {
      fireEvent.change(box, { target: { value: typed } });
      expect(screen.getByText(`${n} of 3 operations`), typed).toBeTruthy();
      expect(screen.queryAllByRole('article')).toHaveLength(n);
    }
    expect(fits(entriesOf(small)[0]!, '查看', '查看等级与分数')).toBe(true);
  });

  it('opens what the address names, at once and when it changes', async () => {
    history.replaceState(null, '', '/reference#put-nodes-node');
    show();
    const put = await screen.findByRole('button', { name: /PUT/ });
    expect(put.getAttribute('aria-expanded')).toBe('true');
    expect(within(operation(/GET/)).getByRole('button').getAttribute('aria-expanded')).toBe('false');
    await act(async () => {
      history.replaceState(null, '', '/reference#get-nodes-node');
      dispatchEvent(new HashChangeEvent('hashchange'));
    });
    expect(within(operation(/GET/)).getAllByRole('button')[0]!.getAttribute('aria-expanded')).toBe('true');
    await vi.waitFor(() => expect(document.activeElement).toBe(within(operation(/GET/)).getAllByRole('button')[0]));
    expect(within(operation(/GET/)).getByRole('link', { name: /Link to this operation/ }).getAttribute('href')).toBe('#get-nodes-node');
  });

  it('copies the request, also where the browser gives no clipboard', async () => {
    const user = userEvent.setup({ writeToClipboard: false });
    const copied = vi.fn();
    Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true });
    document.execCommand = () => { copied((document.activeElement as HTMLTextAreaElement).value); return true; };
    show();
    await user.click(await screen.findByRole('button', { name: /POST/ }));
    await user.click(within(operation(/POST/)).getByRole('button', { name: /Copy/ }));
    expect(copied).toHaveBeenCalledWith(expect.stringContaining('--data-binary @FILE'));
    expect((await screen.findAllByText('Copied')).some((one) => one.getAttribute('role') === 'status')).toBe(true);
  });

  it('says the introduction of the document in its own language', async () => {
    setLang('zh', false);
    show();
    const heading = await screen.findByRole('heading', { name: 'Paging' });
    expect(heading.closest('[lang="en"]')).not.toBeNull();
    expect(within(heading.parentElement!).getAllByRole('listitem').map((one) => one.textContent)).toEqual(['cursor', 'limit']);
    expect(screen.getByRole('heading', { name: '模型与版本' })).toBeTruthy();
  });
});
