import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ModelDocument } from '../../shared/api/document';
import { DraftBar } from '../../shared/draft/DraftBar';
import { namesOf } from '../../shared/draft/names';
import { useDraft } from '../../shared/draft/useDraft';
import { listed } from '../../shared/format/list';
import { textOf } from '../../shared/i18n/language';
import { ExchangeIn } from '../../shared/rules/ExchangeIn';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, Title } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import type { Table } from './cells';
import { useTableWords } from './words';

/** A table to begin with: the first indicator as its condition, and one row. */
function beginning(document: ModelDocument): Table {
  const first = Object.keys(document.indicators ?? {})[0];
  return { hit: 'first', inputs: first ? { [first]: {} } : {}, outputs: { result: {} }, rows: [{ when: first ? ['-'] : [], then: [null] }] };
}

export default function Tables() {
  const say = useTableWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { query, document, set } = useDraft();
  const [asking, ask] = useState(false);
  const tables = document?.decision_tables ?? {};
  const open = (name: string) => void navigate({ to: '/tables/$name', params: { name } });
  const titles = (columns: Record<string, { title?: Table['title'] }> | undefined) => listed(Object.entries(columns ?? {}).map(([key, one]) => textOf(one.title, textOf(document?.indicators?.[key]?.title, key === 'result' ? say('result') : key, format.lang), format.lang)), format.lang);
  const button = may('edit_models') && <Button type="primary" icon={<PlusOutlined />} onClick={() => ask(true)}>{say('add')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} actions={<><ExchangeIn onDone={(first) => { if (first.section === 'decision_tables') open(first.name); }} />{button}</>}>
      <DraftBar />
      <Panel flush>
        <Loaded query={query} empty={() => document && Object.keys(tables).length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}>{button}</Empty>}>
          {() => (
            <DataTable label={say('title')} rows={Object.entries(tables)} rowKey={([name]) => name} onOpen={([name]) => open(name)} columns={[
              { key: 'title', title: ui('title'), cell: ([name, one]) => <button type="button" className="linkish" onClick={() => open(name)}><Title text={one.title} name={name} /></button> },
              { key: 'in', title: say('inputs'), cell: ([, one]) => titles(one.inputs) },
              { key: 'out', title: say('outputs'), cell: ([, one]) => titles(one.outputs) },
              { key: 'hit', title: say('hit'), cell: ([, one]) => say(one.hit ?? 'unique') },
              { key: 'rows', title: say('number'), align: 'right', cell: ([, one]) => format.count(one.rows.length) },
            ]} />
          )}
        </Loaded>
      </Panel>
      <AskName open={asking} title={say('add')} taken={namesOf(document)} onClose={() => ask(false)} onDone={(name) => { ask(false); set(['decision_tables', name], beginning(document!)); open(name); }} />
    </Page>
  );
}
