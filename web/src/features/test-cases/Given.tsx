import { DeleteOutlined } from '@ant-design/icons';
import { App, Button, Select, Space } from 'antd';
import { useState } from 'react';
import type { Finding, Profile } from '../../shared/api/contract';
import type { Explanation } from '../../shared/api/figures';
import type { ModelDocument, Scalar, TestCase } from '../../shared/api/document';
import { Choose } from '../../shared/draft/Editable';
import { useCatalogue } from '../../shared/catalogue';
import { read } from '../../shared/api/hooks';
import type { ApiError } from '../../shared/api/error';
import { textOf } from '../../shared/i18n/language';
import { CustomerPicker } from '../../shared/preview/CustomerPicker';
import { useFormat } from '../../shared/session';
import { outcomeOf, outcomeText } from '../../shared/sheet/notation';
import { Panel } from '../../shared/ui/page';
import { Typed } from '../../shared/ui/Typed';
import { EventsSheet } from './EventsSheet';
import { eventsOf, inputsOf } from './cases';
import { useCaseWords } from './words';

/** Who the customer is: values of indicators, or what happened; either can be taken from a real one. */
export function Given({ one, put, document, findings }: { one: TestCase; put: (next: TestCase) => void; document: ModelDocument; findings: Finding[] }) {
  const say = useCaseWords();
  const format = useFormat();
  const catalogue = useCatalogue();
  const { message } = App.useApp();
  const [customer, setCustomer] = useState<string>();
  const byEvents = one.events !== undefined;
  const inputs = one.inputs ?? {};
  const titleOf = (name: string) => textOf(document.indicators?.[name]?.title, name, format.lang);
  const { inputs: _i, events: _e, ...rest } = one;
  const take = async (events: boolean) => {
    if (!customer) return;
    try {
      if (events) {
        const why = (await read('/customers/{customer}/statement', { path: { customer }, query: { events: 500 } })) as unknown as Explanation;
        const own = eventsOf(why.events);
        put({ ...rest, as_of: one.as_of ?? why.as_of.slice(0, 10), events: own });
        void message.success(say('taken', { n: format.count(own.length) }));
      } else {
        const profile = (await read('/customers/{customer}', { path: { customer } })) as Profile;
        const own = inputsOf(profile, document);
        put({ ...rest, inputs: own });
        void message.success(say('taken', { n: format.count(Object.keys(own).length) }));
      }
    } catch (error) {
      void message.error((error as ApiError).message);
    }
  };
  const input = (name: string, value: Scalar | undefined) => {
    const next = { ...inputs };
    if (value === undefined) delete next[name];
    else next[name] = value;
    put({ ...rest, inputs: next });
  };
  return (
    <Panel title={say('form')} extra={<Choose size="small" aria-label={say('form')} value={byEvents ? 'events' : 'inputs'} onChange={(form) => put(form === 'events' ? { ...rest, as_of: one.as_of ?? format.today, events: [] } : { ...rest, inputs: {} })} options={[{ value: 'inputs', label: say('inputs') }, { value: 'events', label: say('events') }]} />}>
      <div className="stack">
        <div className="row">
          <div className="grow" style={{ minWidth: 'min(420px, 100%)' }}><CustomerPicker placeholder={`${say('from')}: ${say('fromHint')}`} value={customer} onChange={setCustomer} /></div>
          <Space><Button disabled={!customer} title={customer ? undefined : say('pickFirst')} onClick={() => void take(false)}>{say('takeInputs')}</Button><Button disabled={!customer} title={customer ? undefined : say('pickFirst')} onClick={() => void take(true)}>{say('takeEvents')}</Button></Space>
        </div>
        {byEvents ? <EventsSheet findings={findings} events={one.events!} onChange={(events) => put({ ...rest, events })} /> : (
          <>
            <table className="table small" aria-label={say('form')}>
              <thead><tr><th scope="col">{say('indicator')}</th><th scope="col">{say('value')}</th><th /></tr></thead>
              <tbody>{Object.entries(inputs).map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{titleOf(name)} <code className="name">{name}</code></th>
                  <td><Typed size="small" aria-label={`${titleOf(name)} ${say('value')}`} placeholder={say('empty')} value={value === null ? '' : outcomeText(value)} onChange={(text) => input(name, text === '' ? null : (outcomeOf(text) as Scalar))} /></td>
                  <td><Button size="small" type="text" aria-label={say('removeLine', { name: titleOf(name) })} icon={<DeleteOutlined />} onClick={() => input(name, undefined)} /></td>
                </tr>
              ))}</tbody>
            </table>
            <Select aria-label={say('addInput')} placeholder={say('addInput')} showSearch optionFilterProp="label" style={{ maxWidth: 320 }} value={null} onChange={(name: string | null) => { if (name) input(name, 0); }} options={(catalogue?.indicators ?? []).filter((own) => !(own.name in inputs)).map((own) => ({ value: own.name, label: textOf(own.title, own.name, format.lang) }))} />
            <p className="faint small">{say('inputsHint')}</p>
          </>
        )}
      </div>
    </Panel>
  );
}
