import { ClockCircleOutlined } from '@ant-design/icons';
import { useEffect, type ReactNode } from 'react';
import { useFormat } from '../session';
import { useUi } from './words';

export interface Fresh { asOf?: string | null; at?: string | null; version?: number | null; seconds?: number | null; state?: ReactNode }

/** Heading, what the screen is for, when its numbers were computed, and what can be done. */
export function Page({ title, lead, fresh, actions, children, wide }: { title: ReactNode; lead?: ReactNode; fresh?: Fresh; actions?: ReactNode; children: ReactNode; wide?: boolean }) {
  useEffect(() => {
    if (typeof title === 'string') document.title = `${title} · Gradus`;
  }, [title]);
  return (
    <div className={wide ? 'page page-wide' : 'page'}>
      <header className="page-header">
        <div className="page-title">
          <h1>{title}</h1>
          {lead && <p className="lead">{lead}</p>}
          {fresh && <Freshness {...fresh} />}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Freshness({ asOf, at, version, seconds, state }: Fresh) {
  const ui = useUi();
  const format = useFormat();
  const parts = [
    asOf ? ui('asOf', { at: format.day(asOf) }) : null,
    at ? ui('computed', { at: format.minute(at) }) : asOf ? null : ui('notComputed'),
    version ? ui('version', { n: version }) : null,
    seconds ? ui('took', { time: format.seconds(seconds) }) : null,
  ].filter(Boolean);
  return <p className="fresh"><ClockCircleOutlined aria-hidden /> {parts.join(' · ')}{state && <> · {state}</>}</p>;
}

/** A box with a heading. */
export function Panel({ title, extra, children, className, flush }: { title?: ReactNode; extra?: ReactNode; children: ReactNode; className?: string; flush?: boolean }) {
  return (
    <section className={`panel ${className ?? ''}`}>
      {(title || extra) && <div className="panel-head">{title ? <h2>{title}</h2> : <span />}{extra && <div className="panel-extra">{extra}</div>}</div>}
      <div className={flush ? 'panel-body flush' : 'panel-body'}>{children}</div>
    </section>
  );
}

/** One number with its name; opens what is behind it. */
export function Figure({ label, value, note, tone, onOpen }: { label: ReactNode; value: ReactNode; note?: ReactNode; tone?: 'good' | 'bad' | 'warn'; onOpen?: () => void }) {
  const inside = <><span className="figure-label">{label}</span><span className={`figure-value ${tone ?? ''}`}>{value}</span>{note && <span className="figure-note">{note}</span>}</>;
  return onOpen ? <button type="button" className="figure figure-open" onClick={onOpen}>{inside}</button> : <div className="figure">{inside}</div>;
}
