import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Input } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { API, send } from '../../shared/api/client';
import type { ApiError } from '../../shared/api/error';
import { useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { entriesOf, fits, grouped, type Document } from './document';
import { OperationView, useNeeds } from './OperationView';
import { English } from './Tree';
import { GROUPS, useGroupWords, useReferenceWords } from './words';
import './reference.css';

const ADDRESS = '/api/openapi.json';

/** The operation that the address names, as links and the buttons of the browser change it. */
function useHash(): string {
  const [hash, set] = useState(() => decodeURIComponent(location.hash.slice(1)));
  useEffect(() => {
    const changed = () => set(decodeURIComponent(location.hash.slice(1)));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return hash;
}

export default function Reference() {
  const say = useReferenceWords();
  const may = useMay();
  const query = useQuery<Document, ApiError>({
    queryKey: [ADDRESS],
    // The same server, so the same document until the page is loaded anew.
    queryFn: async ({ signal }) => (await send(new Request(new URL(ADDRESS, location.origin), { signal }))).json() as Promise<Document>,
    staleTime: Infinity,
  });
  return (
    <Page title={say('title')} lead={say('lead')} actions={<>{may('manage_users') && <Link to="/users" search={{ tab: 'keys' }}><Button tabIndex={-1}>{say('toKeys')}</Button></Link>}<Button href={ADDRESS} target="_blank">{say('document')}</Button></>}>
      <Loaded query={query} rows={12}>{(document) => <Whole document={document} />}</Loaded>
    </Page>
  );
}

function Whole({ document }: { document: Document }) {
  const say = useReferenceWords();
  const groupSay = useGroupWords();
  const needs = useNeeds();
  const hash = useHash();
  const [typed, type] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set());
  const entries = useMemo(() => entriesOf(document), [document]);
  const shown = entries.filter((one) => fits(one, typed, needs(one.operation['x-permission'])));
  const groups = grouped(shown);
  const title = (tag: string) => { const known = GROUPS.find((one) => one === tag); return known ? groupSay(known) : tag; };
  const turn = (id: string, isOpen: boolean) => setOpen((before) => { const next = new Set(before); if (isOpen) next.add(id); else next.delete(id); return next; });
  useEffect(() => {
    if (!hash) return;
    if (entries.some((one) => one.id === hash)) {
      type('');
      turn(hash, true);
    }
    // After the frame has put a new screen to its top.
    const timer = setTimeout(() => {
      const at = window.document.getElementById(hash);
      at?.scrollIntoView({ block: 'start' });
      at?.querySelector<HTMLElement>('h3 button')?.focus({ preventScroll: true });
    }, 60);
    return () => clearTimeout(timer);
  }, [hash, entries]);
  return (
    <>
      <Panel title={say('conventions')}>
        <About text={document.info.description} />
        <dl className="conventions">
          <dt>{say('base')}</dt><dd><code>{location.origin}{document.servers?.[0]?.url ?? API}</code> {say('baseText')}</dd>
          <dt>{say('key')}</dt><dd><code>Authorization: Bearer gra_…</code> {say('keyText')}</dd>
          <dt>{say('language')}</dt><dd><code>Accept-Language: zh</code> <code>Accept-Language: en</code> {say('languageText')}</dd>
          <dt>{say('paging')}</dt><dd><code>?limit=50&amp;cursor=…</code> {say('pagingText')}</dd>
          <dt>{say('revision')}</dt><dd><code>If-Match: "…"</code> {say('revisionText')}</dd>
          <dt>{say('problems')}</dt><dd>{say('problemsText')}</dd>
        </dl>
      </Panel>
      <div className="reference-find">
        <Input type="search" allowClear value={typed} aria-label={say('search')} placeholder={say('search')} onChange={(event) => type(event.target.value)} />
        <span className="faint small nowrap" role="status">{say('found', { n: shown.length, all: entries.length })}</span>
      </div>
      {shown.length === 0 ? <Empty title={say('nothing')} text={say('nothingText')} /> : <div className="reference">
        <nav className="reference-groups" aria-label={say('groups')}><ul>{groups.map(([tag, own]) => <li key={tag}><a href={`#group-${tag}`}>{title(tag)} <span className="faint small">{own.length}</span></a></li>)}</ul></nav>
        <div className="reference-list">{groups.map(([tag, own]) => (
          <section key={tag} id={`group-${tag}`} className="panel" aria-labelledby={`group-${tag}--title`}>
            <div className="panel-head"><h2 id={`group-${tag}--title`}>{title(tag)}</h2></div>
            {own.map((entry) => <OperationView key={entry.id} document={document} entry={entry} isOpen={open.has(entry.id)} onOpen={(isOpen) => turn(entry.id, isOpen)} />)}
          </section>
        ))}</div>
      </div>}
    </>
  );
}

/** The document's own introduction: paragraphs, headings and lists as its Markdown has them. */
export function About({ text }: { text: string | undefined }) {
  const blocks = (text ?? '').split(/\n\s*\n/).map((one) => one.trim()).filter(Boolean);
  return <div className="about" lang="en">{blocks.map((block, at) => {
    const heading = /^#+\s+(.*)$/.exec(block);
    if (heading) return <h3 key={at}>{heading[1]}</h3>;
    if (/^[-*]\s/.test(block)) return <ul key={at}>{block.split(/\n(?=[-*]\s)/).map((line, index) => <li key={index}><English text={line.replace(/^[-*]\s+/, '')} /></li>)}</ul>;
    return <p key={at}><English text={block} /></p>;
  })}</div>;
}
