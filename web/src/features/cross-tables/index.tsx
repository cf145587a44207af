import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { CrossAxis } from '../../shared/api/document';
import { DraftBar } from '../../shared/draft/DraftBar';
import { namesOf } from '../../shared/draft/names';
import { useDraft } from '../../shared/draft/useDraft';
import { listed } from '../../shared/format/list';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, Title } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { beginning } from './cross';
import { useCrossWords } from './words';

export default function CrossTables() {
  const say = useCrossWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { query, document, set } = useDraft();
  const [asking, ask] = useState(false);
  const tables = document?.cross_tables ?? {};
  const open = (name: string) => void navigate({ to: '/cross-tables/$name', params: { name } });
  const titles = (axis: CrossAxis) => listed(Object.entries(axis.inputs).map(([key, one]) => textOf(one?.title, textOf(document?.indicators?.[one?.value ?? key]?.title, key, format.lang), format.lang)), format.lang);
  const button = may('edit_models') && <Button type="primary" icon={<PlusOutlined />} onClick={() => ask(true)}>{say('add')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} actions={button}>
      <DraftBar />
      <Panel flush>
        <Loaded query={query} empty={() => document && Object.keys(tables).length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}>{button}</Empty>}>
          {() => (
            <DataTable label={say('title')} rows={Object.entries(tables)} rowKey={([name]) => name} onOpen={([name]) => open(name)} columns={[
              { key: 'title', title: ui('title'), cell: ([name, one]) => <button type="button" className="linkish" onClick={() => open(name)}><Title text={one.title} name={name} /></button> },
              { key: 'rows', title: say('rows'), cell: ([, one]) => titles(one.rows) },
              { key: 'columns', title: say('columns'), cell: ([, one]) => titles(one.columns) },
              { key: 'cells', title: say('cells'), align: 'right', cell: ([, one]) => format.count(one.rows.bands.length * one.columns.bands.length) },
            ]} />
          )}
        </Loaded>
      </Panel>
      <AskName open={asking} title={say('add')} taken={namesOf(document)} onClose={() => ask(false)} onDone={(name) => { ask(false); set(['cross_tables', name], beginning(Object.keys(document?.indicators ?? {}))); open(name); }} />
    </Page>
  );
}
