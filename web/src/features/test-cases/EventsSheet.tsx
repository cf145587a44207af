import { PlusOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import { useMemo, useState } from 'react';
import type { Finding, Lang } from '../../shared/api/contract';
import type { Scalar } from '../../shared/api/document';
import { useCatalogue } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { useLang } from '../../shared/session';
import type { Area } from '../../shared/sheet/clipboard';
import { outcomeOf } from '../../shared/sheet/notation';
import { Sheet, type Mark, type SheetBody } from '../../shared/sheet/Sheet';
import { useCaseWords } from './words';

type Event = Record<string, Scalar>;
const USUAL = ['time', 'kind', 'order_id', 'amount'];

/** What happened to the customer of a case, as a sheet. */
export function EventsSheet({ events, onChange, findings = [] }: { events: Event[]; onChange: (events: Event[]) => void; findings?: Finding[] }) {
  const say = useCaseWords();
  const lang = useLang();
  const catalogue = useCatalogue();
  const [more, setMore] = useState<string[]>([]);
  const [area, setArea] = useState<Area>({ top: 0, left: 0, bottom: 0, right: 0 });
  const names = useMemo(() => [...new Set([...USUAL, ...events.flatMap((event) => Object.keys(event)), ...more])], [events, more]);
  const titleOf = (name: string) => textOf(catalogue?.columns.find((one) => one.name === name)?.title, name, lang);
  const withText = (event: Event, name: string, text: string): Event => {
    const next = { ...event };
    if (text.trim() === '') delete next[name];
    // A time and the number of an order stay as they are written, whatever they look like.
    else next[name] = ['time', 'kind', 'order_id'].includes(name) ? text.trim() : (outcomeOf(text.trim()) as Scalar);
    return next;
  };
  const marks = useMemo(() => eventMarks(findings, names, lang), [findings, names, lang]);
  const put = (top: number, left: number, texts: string[][]) => {
    const next = [...events];
    texts.forEach((line, down) => {
      let event = next[top + down] ?? {};
      line.forEach((text, along) => { const name = names[left + along]; if (name) event = withText(event, name, text); });
      next[top + down] = event;
    });
    return next;
  };
  const body: SheetBody = {
    rows: events.length,
    columns: names.map((name) => ({ name: titleOf(name), kind: 'when', width: name === 'time' ? 180 : 120, head: <span title={name}>{titleOf(name)}</span> })),
    text: (row, column) => { const value = events[row]?.[names[column]!]; return value === undefined || value === null ? '' : String(value); },
    put: (top, left, texts) => onChange(put(top, left, texts)),
    grow: (row, column, text) => onChange([...put(row, column, [[text]]), {}]),
  };
  return (
    <div className="stack">
      <p className="faint small">{say('eventsHint')}</p>
      <Sheet label={say('eventRows')} body={body} marks={marks} area={area} onArea={setArea} />
      <div className="row">
        <Button size="small" icon={<PlusOutlined />} onClick={() => onChange([...events, {}])}>{say('addEvent')}</Button>
        <Button size="small" disabled={events.length === 0 || undefined} onClick={() => { onChange(events.filter((_, at) => at < area.top || at > area.bottom)); setArea({ top: 0, left: 0, bottom: 0, right: 0 }); }}>{say('removeEvent', { n: area.top + 1 })}</Button>
        <Select size="small" aria-label={say('columns')} placeholder={say('columns')} showSearch optionFilterProp="label" style={{ width: 200 }} value={null} onChange={(name: string | null) => { if (name) setMore([...more, name]); }} options={(catalogue?.columns ?? []).filter((one) => !names.includes(one.name)).map((one) => ({ value: one.name, label: titleOf(one.name) }))} />
      </div>
    </div>
  );
}

/** What is said of single events, where they stand: `tests.NAME.events[2].amount`. */
export function eventMarks(findings: Finding[], names: string[], lang: Lang): Map<number, Mark[]> {
  const marks = new Map<number, Mark[]>();
  for (const finding of findings) {
    const place = /\.events(?:\[(\d+)\]|\.(\d+))(?:\.(.+))?$/.exec(finding.path ?? '');
    if (!place) continue;
    const row = Number(place[1] ?? place[2]);
    const column = names.indexOf(place[3] ?? '');
    marks.set(row, [...(marks.get(row) ?? []), { severity: finding.severity, text: `${finding.message[lang]}${finding.hint?.[lang] ? ` ${finding.hint[lang]}` : ''}`, column: column < 0 ? undefined : column }]);
  }
  return marks;
}
