import { Button, Skeleton } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ApiError } from '../api/error';
import { useUi } from './words';

interface Asked<T> { data?: T; error: ApiError | null; isPending: boolean; refetch?: () => unknown; fetchStatus?: string }

/** One place for the four states of a screen: loading, refused, failed, empty; else its content. */
export function Loaded<T>({ query, children, empty, rows = 6 }: { query: Asked<T>; children: (data: T) => ReactNode; empty?: (data: T) => ReactNode; rows?: number }) {
  const ui = useUi();
  if (query.error && query.data === undefined) return <Failed error={query.error} retry={query.refetch} />;
  if (query.data === undefined) {
    return <div className="state-loading" role="status" aria-label={ui('loading')}><Skeleton active title={false} paragraph={{ rows }} /></div>;
  }
  const nothing = empty?.(query.data);
  return <>{nothing || children(query.data)}</>;
}

/** While the part of the page that draws it is still on its way. */
export function Drawing({ rows = 6 }: { rows?: number }) {
  const ui = useUi();
  return <div role="status" aria-label={ui('loading')} className="state-loading"><Skeleton active paragraph={{ rows }} title={false} /></div>;
}

/** The engine or its address is still to come: said as it is, with no figure made up. */
export function NotYet({ text }: { text?: string }) {
  const ui = useUi();
  return <State mark="empty" title={ui('notYet')} text={text ?? ui('notYetText')} />;
}

/** What went wrong and what to do, with the id to quote. */
export function Failed({ error, retry }: { error: ApiError; retry?: () => unknown }) {
  const ui = useUi();
  const client = useQueryClient();
  // What fails one part of a screen fails its others too: one button asks for all of them anew.
  const again = () => {
    void retry?.();
    void client.refetchQueries({ type: 'active', predicate: (query) => query.state.status === 'error' && query.state.fetchStatus === 'idle' });
  };
  if (error.code === 'not_yet') return <NotYet />;
  if (error.status === 403) return <State mark="lock" title={ui('notAllowed')} text={error.problem.detail || ui('notAllowedHint')} />;
  // Where everybody begins is no failure: it says what comes first.
  if (error.code === 'not-graded-yet') return <State mark="empty" title={ui('notGraded')} text={ui('notGradedText')}><Link to="/runs">{ui('toRuns')}</Link></State>;
  if (error.code === 'empty-ledger') return <State mark="empty" title={ui('noData')} text={ui('noDataText')}><Link to="/imports">{ui('toImports')}</Link></State>;
  const [title, hint] = error.status === 0 ? [ui('offline'), ui('offlineHint')]
    : error.status === 404 ? [ui('notFound'), ui('notFoundHint')]
    : error.status === 429 ? [ui('busy'), ui('busyHint')]
    : error.status >= 500 ? [ui('failed'), ui('failedHint')] : [ui('refused'), ui('failedHint')];
  const text = error.problem.detail || hint;
  return (
    <State mark="error" title={title} text={text}>
      {error.status === 404 ? <Button onClick={() => history.back()}>{ui('back')}</Button> : retry && <Button onClick={again}>{ui('retry')}</Button>}
      {error.problem.request_id && <p className="faint small">{ui('requestId')} <code>{error.problem.request_id}</code></p>}
    </State>
  );
}

/** For whoever would be refused at the end of it. */
export function NotAllowed() {
  const ui = useUi();
  return <State mark="lock" title={ui('notAllowed')} text={ui('notAllowedHint')} />;
}

/** An empty place that says what will be here and how to begin. */
export function Empty({ title, text, children }: { title: string; text?: string; children?: ReactNode }) {
  return <State mark="empty" title={title} text={text}>{children}</State>;
}

function State({ mark, title, text, children }: { mark: 'empty' | 'error' | 'lock'; title: string; text?: string; children?: ReactNode }) {
  return (
    <div className={`state state-${mark}`} role={mark === 'error' ? 'alert' : undefined}>
      <svg viewBox="0 0 64 48" width="64" height="48" aria-hidden="true">
        <path d="M6 42V30h14v12M25 42V20h14v22M44 42V8h14v34" fill="none" stroke="currentColor" strokeWidth="2" strokeDasharray={mark === 'empty' ? '3 3' : undefined} />
        {mark === 'error' && <path d="M8 8l12 12M20 8L8 20" stroke="var(--bad)" strokeWidth="2.5" />}
        {mark === 'lock' && <path d="M9 14v-4a5 5 0 0 1 10 0v4M7 14h14v9H7z" fill="none" stroke="var(--ochre)" strokeWidth="2" />}
      </svg>
      <h3>{title}</h3>
      {text && <p>{text}</p>}
      {children && <div className="state-actions">{children}</div>}
    </div>
  );
}

/** In a line, beside what it belongs to. */
export function Trouble({ error }: { error: ApiError }) {
  const ui = useUi();
  if (error.code === 'not_yet') return <p className="faint small">{ui('notYetText')}</p>;
  return <p className="bad small" role="alert">{error.message}</p>;
}
