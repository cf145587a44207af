import { App, Button, DatePicker, Form, Input, Select } from 'antd';
import dayjs from 'dayjs';
import { useMemo, useState } from 'react';
import type { EventLine } from '../../shared/api/contract';
import { isThere, useRead, useSend } from '../../shared/api/hooks';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { StateTag } from '../../shared/ui/parts';
import { Loaded, NotYet } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { MoveTable } from '../../shared/ui/MoveTable';
import { useCustomerWords } from './words';
import { useCatalogue, usePeople } from '../../shared/catalogue';
import { kindTitle } from '../../shared/condition/kinds';

interface Of { customer: string }

/** Score and tier over time, and what moved them. */
export function History({ customer }: Of) {
  const say = useCustomerWords();
  const format = useFormat();
  const { palette } = useLook();
  const query = useRead('/customers/{customer}/history', { path: { customer } });
  const data = query.data;
  const option = useMemo(() => {
    const look = axes(palette);
    const scores = (data?.columns ?? []).map((column, at) => ({ column, at })).filter(({ column }) => column.kind === 'score');
    return {
      grid: { ...look.grid, top: 30 }, legend: look.legend, tooltip: { trigger: 'axis' }, xAxis: look.category((data?.items ?? []).map((one) => format.day(one.as_of))), yAxis: { ...look.value(), scale: true },
      series: scores.map(({ column, at }) => ({ name: column.title[format.lang], type: 'line', symbolSize: 6, data: (data?.items ?? []).map((one) => (one.values[at] == null ? null : Number(one.values[at]))) })),
    };
  }, [data, palette, format.lang]); // eslint-disable-line
  return (
    <Loaded query={query}>{({ columns, items, moves }) => {
      const cell = (one: (typeof items)[number], at: number) => {
        const { kind } = columns[at]!;
        const value = one.values[at];
        return one.titles[at]?.[format.lang] ?? (value == null ? (kind === 'tier' ? say('notGraded') : '–') : kind === 'score' ? format.decimal(value) : value);
      };
      return (
        <div className="stack">
          <Chart label={say('history')} option={option} height={220} table={{ head: [say('time'), ...columns.map((column) => column.title[format.lang])], rows: items.map((one) => [format.day(one.as_of), ...columns.map((_, at) => cell(one, at))]) }} />
          <h3>{say('causes')}</h3>
          {moves.length === 0 ? <p className="faint">{say('noMoves')}</p> : <MoveTable items={moves} />}
          <div className="table-box" role="region" aria-label={say('history')} tabIndex={0}><table className="table">
            <thead><tr><th scope="col">{say('time')}</th>{columns.map((column) => <th key={column.name} scope="col" className={column.kind === 'score' ? 'right' : undefined}>{column.title[format.lang]}</th>)}<th scope="col">{say('last')}</th></tr></thead>
            <tbody>{[...items].reverse().map((one) => <tr key={one.as_of}><th scope="row">{format.day(one.as_of)}</th>{columns.map((column, at) => <td key={column.name} className={column.kind === 'score' ? 'right' : undefined}>{cell(one, at)}</td>)}<td className="faint">{format.day(one.last_event)}</td></tr>)}</tbody>
          </table></div>
        </div>
      );
    }}</Loaded>
  );
}

/** The newest events behind the grades. */
export function Events({ events, total }: { events: EventLine[]; total: number }) {
  const say = useCustomerWords();
  const format = useFormat();
  const lang = format.lang;
  return (
    <DataTable label={say('tabEvents')} rows={events} rowKey={(_, index) => String(index)} total={total} empty={<p className="faint">{say('noEvents')}</p>} columns={[
      { key: 'time', title: say('time'), cell: (one) => <span className="nowrap">{format.minute(one.time)}</span> },
      { key: 'kind', title: say('kind'), cell: (one) => <>{textOf(one.kind_title ?? kindTitle(one.kind), one.kind, lang)}{one.retracted && <span className="faint"> {say('takenBack')}</span>}</> },
      { key: 'order', title: say('order'), cell: (one) => one.order ?? '' },
      { key: 'quantity', title: say('quantity'), align: 'right', cell: (one) => (one.quantity == null ? '' : format.decimal(one.quantity)) },
      { key: 'amount', title: say('amount'), align: 'right', cell: (one) => (one.amount == null ? '' : format.money(one.amount)) },
    ]} />
  );
}

export function Benefits({ customer }: Of) {
  const say = useCustomerWords();
  const { lang } = useFormat();
  const query = useRead('/customers/{customer}/benefits', { path: { customer } });
  return <Loaded query={query} empty={(data) => data.items.length === 0 && <p className="faint">{say('noBenefits')}</p>}>{(data) => <table className="table"><tbody>{data.items.map((one, index) => <tr key={index}><th scope="row">{one.title[lang]}</th><td className="faint">{one.tier[lang]}</td></tr>)}</tbody></table>}</Loaded>;
}

export function Notes({ customer }: Of) {
  const say = useCustomerWords();
  const format = useFormat();
  const who = usePeople();
  const [text, setText] = useState('');
  const query = useRead('/customers/{customer}/notes', { path: { customer } });
  const add = useSend('post', '/customers/{customer}/notes', { renews: ['/customers/{customer}/notes'], onDone: () => setText('') });
  if (!isThere('post', '/customers/{customer}/notes')) return <NotYet />;
  return (
    <div className="stack">
      <Input.TextArea aria-label={say('note')} placeholder={say('note')} rows={2} className="grows" value={text} onChange={(event) => setText(event.target.value)} />
      <div><Button type="primary" disabled={!text.trim()} loading={add.isPending} onClick={() => add.mutate({ path: { customer }, body: { text: text.trim() } })}>{say('addNote')}</Button></div>
      {add.error && <p className="bad" role="alert">{add.error.message}</p>}
      <Loaded query={query} empty={(data) => data.items.length === 0 && <p className="faint">{say('noNotes')}</p>}>{(data) => <div className="timeline">{data.items.map((one) => <div key={one.id}><p>{one.text}</p><p className="faint small">{who(one.by)} · {format.minute(one.at)}</p></div>)}</div>}</Loaded>
    </div>
  );
}

export function OwnOverrides({ customer }: Of) {
  const say = useCustomerWords();
  const format = useFormat();
  const may = useMay();
  const { message } = App.useApp();
  const who = usePeople();
  const [form] = Form.useForm();
  const catalogue = useCatalogue('graded');
  const [scheme, setScheme] = useState<string>();
  const own = catalogue?.tiers.find((one) => one.name === scheme) ?? catalogue?.tiers[0];
  const levelOf = (of: string, name: string) => textOf(catalogue?.tiers.find((one) => one.name === of)?.levels.find((one) => one.name === name)?.title, name, format.lang);
  const query = useRead('/customers/{customer}/overrides', { path: { customer } });
  const add = useSend('post', '/customers/{customer}/overrides', { renews: ['/customers', '/overrides'], onDone: () => { form.resetFields(); void message.success(say('asked')); } });
  if (!isThere('post', '/customers/{customer}/overrides')) return <NotYet />;
  return (
    <div className="cols">
      <div className="c6"><Loaded query={query} empty={(data) => data.items.length === 0 && <p className="faint">{say('noOverrides')}</p>}>{(data) => <div className="timeline">{data.items.map((one) => <div key={one.id}><StateTag state={one.state}>{say(`s_${one.state}` as 's_waiting')}</StateTag> <b>{levelOf(one.scheme, one.level)}</b> · {one.reason}<p className="faint small">{who(one.by)} · {format.minute(one.at)} · {say('expires')} {format.day(one.expires)}{one.approved_by && ` · ${say('approver')} ${who(one.approved_by)}`}</p></div>)}</div>}</Loaded></div>
      {may('override_tiers') && own && (
        <div className="c6">
          <h3>{say('newOverride')}</h3>
          <p className="faint small">{say('overrideText')}</p>
          <Form form={form} layout="vertical" requiredMark={false} onFinish={(values: { level: string; reason: string; expires?: { format: (f: string) => string } }) => add.mutate({ path: { customer }, body: { scheme: own.name, level: values.level, reason: values.reason, expires: values.expires?.format('YYYY-MM-DD') } })}>
            {(catalogue?.tiers.length ?? 0) > 1 && <Form.Item label={say('tier')}><Select aria-label={say('tier')} value={own.name} onChange={setScheme} options={catalogue!.tiers.map((one) => ({ value: one.name, label: textOf(one.title, one.name) }))} /></Form.Item>}
            <Form.Item name="level" label={say('level')} rules={[{ required: true, message: say('level') }]}><Select options={own.levels.map((level) => ({ value: level.name, label: textOf(level.title, level.name) }))} /></Form.Item>
            <Form.Item name="expires" label={say('expires')} rules={[{ required: true, message: say('expires') }]}><DatePicker style={{ width: '100%' }} defaultPickerValue={dayjs(format.today)} minDate={dayjs(format.today).add(1, 'day')} presets={[7, 30, 90, 365].map((days) => ({ label: say('days', { n: days }), value: dayjs(format.today).add(days, 'day') }))} /></Form.Item>
            <Form.Item name="reason" label={say('reason')} rules={[{ required: true, message: say('reason') }]}><Input.TextArea rows={2} className="grows" /></Form.Item>
            {add.error && <p className="bad" role="alert">{add.error.message}</p>}
            <Button type="primary" htmlType="submit" loading={add.isPending}>{say('ask')}</Button>
          </Form>
        </div>
      )}
    </div>
  );
}
