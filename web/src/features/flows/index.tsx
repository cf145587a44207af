import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useCatalogue } from '../../shared/catalogue';
import { DraftBar } from '../../shared/draft/DraftBar';
import { namesOf } from '../../shared/draft/names';
import { useDraft } from '../../shared/draft/useDraft';
import { textOf } from '../../shared/i18n/language';
import { ExchangeIn } from '../../shared/rules/ExchangeIn';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, Title } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { useFlowWords } from './words';

export default function Flows() {
  const say = useFlowWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const catalogue = useCatalogue();
  const { query, document, set } = useDraft();
  const [asking, ask] = useState(false);
  const flows = document?.flows ?? {};
  const open = (name: string) => void navigate({ to: '/flows/$name', params: { name } });
  const button = may('edit_models') && <Button type="primary" icon={<PlusOutlined />} onClick={() => ask(true)}>{say('add')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} actions={<><ExchangeIn onDone={(first) => { if (first.section === 'flows') open(first.name); }} />{button}</>}>
      <DraftBar />
      <Panel flush>
        <Loaded query={query} empty={() => document && Object.keys(flows).length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}>{button}</Empty>}>
          {() => (
            <DataTable label={say('title')} rows={Object.entries(flows)} rowKey={([name]) => name} onOpen={([name]) => open(name)} columns={[
              { key: 'title', title: ui('title'), cell: ([name, one]) => <button type="button" className="linkish" onClick={() => open(name)}><Title text={one.title} name={name} /></button> },
              { key: 'steps', title: say('steps'), cell: ([, one]) => Object.entries(one.steps).map(([key, step]) => textOf(step.title, key, format.lang)).join(' → ') },
            ]} />
          )}
        </Loaded>
      </Panel>
      <AskName open={asking} title={say('add')} taken={namesOf(document)} onClose={() => ask(false)} onDone={(name) => { ask(false); set(['flows', name], { steps: { start: { use: catalogue?.rules[0]?.name ?? catalogue?.scores[0]?.name ?? '0' } } }); open(name); }} />
    </Page>
  );
}
