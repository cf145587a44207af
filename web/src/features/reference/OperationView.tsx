import { CheckOutlined, CopyOutlined, LinkOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState, type ReactNode } from 'react';
import { PERMISSIONS, usePermissionWords } from '../../shared/permissions';
import type { Answer, Document, Entry } from './document';
import { curlOf } from './example';
import { English, Kind, Tree } from './Tree';
import { CODES, useReferenceWords, useStatusWords } from './words';

/** The permission in the reader's language; one that the page has no word for keeps its name. */
export function useNeeds(): (right: string | undefined) => string {
  const say = useReferenceWords();
  const permission = usePermissionWords();
  return (right) => {
    if (right === undefined) return say('unsaid');
    if (right === 'nobody' || right === 'signed_in') return say(right);
    const known = PERMISSIONS.find((one) => one === right);
    return known ? permission(known) : right;
  };
}

const TONES: Record<string, string> = { get: 'good', delete: 'bad', put: 'warn', patch: 'warn' };
export function Method({ method }: { method: string }) {
  return <span className={`tag method ${TONES[method] ?? ''}`}>{method.toUpperCase()}</span>;
}

/** Its heading opens it; what stands inside is made only then. */
export function OperationView({ document, entry, isOpen, onOpen }: { document: Document; entry: Entry; isOpen: boolean; onOpen: (open: boolean) => void }) {
  const say = useReferenceWords();
  const needs = useNeeds();
  const { method, path, operation, id } = entry;
  const right = operation['x-permission'];
  return (
    <article className="operation" id={id} aria-labelledby={`${id}--title`}>
      <div className="operation-head">
        <h3 id={`${id}--title`}>
          <button type="button" aria-expanded={isOpen} aria-controls={isOpen ? `${id}--body` : undefined} onClick={() => onOpen(!isOpen)}>
            <Method method={method} /> <code className="wrap">{path}</code>
          </button>
        </h3>
        <span className="operation-summary"><English text={operation.summary ?? operation.operationId} />{operation.deprecated && <span className="tag warn">{say('deprecated')}</span>}</span>
        <span className="operation-needs small" title={say('needs', { what: needs(right) })}>{needs(right)}</span>
        <a className="operation-link" href={`#${id}`} aria-label={say('link', { what: `${method.toUpperCase()} ${path}` })}><LinkOutlined aria-hidden /></a>
      </div>
      {isOpen && <div className="operation-body" id={`${id}--body`}><Inside document={document} entry={entry} /></div>}
    </article>
  );
}

function Part({ title, children }: { title: ReactNode; children: ReactNode }) {
  return <section className="operation-part"><h4>{title}</h4>{children}</section>;
}

function Inside({ document, entry }: { document: Document; entry: Entry }) {
  const say = useReferenceWords();
  const needs = useNeeds();
  const { operation } = entry;
  const right = operation['x-permission'];
  const parameters = operation.parameters ?? [];
  const answers = Object.entries(operation.responses ?? {});
  const refused = answers.filter(([status]) => /^[45]/.test(status));
  return (
    <>
      {operation.description && <p><English text={operation.description} /></p>}
      <p>{say('needs', { what: needs(right) })}{right && right !== 'nobody' && right !== 'signed_in' && <> <code>{right}</code></>}</p>
      {parameters.length > 0 && <Part title={say('parameters')}>
        <div className="scrolls-x" tabIndex={0} role="region" aria-label={say('parameters')}><table className="table">
          <thead><tr><th scope="col">{say('name')}</th><th scope="col">{say('where')}</th><th scope="col">{say('type')}</th><th scope="col">{say('about')}</th></tr></thead>
          <tbody>{parameters.map((one) => (
            <tr key={`${one.in} ${one.name}`}>
              <th scope="row"><code>{one.name}</code></th>
              <td className="nowrap">{say(`in_${one.in as 'path'}`)} · {one.required ? <span className="warn">{say('required')}</span> : <span className="faint">{say('optional')}</span>}</td>
              <td><span className="schema-line"><Kind document={document} schema={one.schema ?? {}} /></span></td>
              <td><English text={one.description ?? one.schema?.description} /></td>
            </tr>
          ))}</tbody>
        </table></div>
      </Part>}
      {operation.requestBody && <Part title={<>{say('body')} <span className="faint small">{say(operation.requestBody.required ? 'required' : 'optional')}</span></>}>
        <English text={operation.requestBody.description} /><Contents document={document} content={operation.requestBody.content} />
      </Part>}
      <Part title={say('answers')}>
        {answers.filter(([status]) => !/^[45]/.test(status)).map(([status, answer]) => (
          <div key={status} className="answer">
            <p><span className="tag good">{status}</span> <English text={answer.description} />{Object.entries(answer.headers ?? {}).map(([name, header]) => <span key={name} className="small"> {say('headers')} <code>{name}</code> <English text={header.description} /></span>)}{!answer.content && <span className="faint"> {say('noContent')}</span>}</p>
            <Contents document={document} content={answer.content} />
          </div>
        ))}
      </Part>
      {refused.length > 0 && <Part title={say('refusals')}><Refusals document={document} refused={refused} /></Part>}
      <Part title={say('curl')}><Curl text={curlOf(document, entry, location.origin)} /></Part>
    </>
  );
}

function Contents({ document, content }: { document: Document; content: Answer['content'] }) {
  const say = useReferenceWords();
  return <>{Object.entries(content ?? {}).map(([kind, { schema }]) => (
    <div key={kind}>
      <p className="small"><code>{kind}</code>{kind === 'text/event-stream' ? ` · ${say('stream')}` : kind.endsWith('json') ? null : ` · ${say('file')}`}</p>
      {schema && kind.endsWith('json') && <Tree document={document} schema={schema} />}
    </div>
  ))}</>;
}

function Refusals({ document, refused }: { document: Document; refused: [string, Answer][] }) {
  const say = useReferenceWords();
  const status = useStatusWords();
  const [form, setForm] = useState(false);
  const schema = refused.map(([, answer]) => answer.content?.['application/problem+json']?.schema).find(Boolean);
  return (
    <>
      <div className="scrolls-x" tabIndex={0} role="region" aria-label={say('refusals')}><table className="table">
        <thead><tr><th scope="col">{say('status')}</th><th scope="col">{say('codes')}</th><th scope="col">{say('todo')}</th></tr></thead>
        <tbody>{refused.map(([code, answer]) => (
          <tr key={code}>
            <th scope="row">{code}</th>
            <td className="wrap">{CODES[code]?.map((one) => <code key={one} className="problem-code">{one}</code>)}</td>
            <td>{CODES[code] ? status(`s${code as '400'}`) : <English text={answer.description} />}</td>
          </tr>
        ))}</tbody>
      </table></div>
      {schema && <p className="problem-form"><button type="button" className="linkish small" aria-expanded={form} onClick={() => setForm(!form)}>{say('problemForm')}</button></p>}
      {schema && form && <Tree document={document} schema={schema} />}
    </>
  );
}

/** Plain http inside a company network has no clipboard of its own; there the old way copies. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement('textarea'), { value: text });
  area.style.cssText = 'position:fixed;opacity:0';
  const before = document.activeElement as HTMLElement | null;
  document.body.append(area);
  area.focus();
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  before?.focus();
  if (!done) throw new Error('copy');
}

function Curl({ text }: { text: string }) {
  const say = useReferenceWords();
  const [copied, setCopied] = useState(false);
  return (
    <>
      <p className="faint small">{say('curlText')}</p>
      <div className="curl">
        <pre tabIndex={0} role="region" aria-label={say('curl')}><code>{text}</code></pre>
        <Button size="small" icon={copied ? <CheckOutlined /> : <CopyOutlined />} onClick={() => void copy(text).then(() => setCopied(true), () => setCopied(false))}>{say(copied ? 'copied' : 'copy')}</Button>
      </div>
      <span className="unseen" role="status">{copied ? say('copied') : ''}</span>
    </>
  );
}
