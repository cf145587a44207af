import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { DraftBar } from '../../shared/draft/DraftBar';
import { namesOf } from '../../shared/draft/names';
import { useDraft } from '../../shared/draft/useDraft';
import { listed } from '../../shared/format/list';
import { outcomeText } from '../../shared/sheet/notation';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, Title } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { beginning, rulesOf } from './nodes';
import { useTreeWords } from './words';

export default function Trees() {
  const say = useTreeWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { query, document, set } = useDraft();
  const [asking, ask] = useState(false);
  const trees = document?.decision_trees ?? {};
  const open = (name: string) => void navigate({ to: '/trees/$name', params: { name } });
  const button = may('edit_models') && <Button type="primary" icon={<PlusOutlined />} onClick={() => ask(true)}>{say('add')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} actions={button}>
      <DraftBar />
      <Panel flush>
        <Loaded query={query} empty={() => document && Object.keys(trees).length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}>{button}</Empty>}>
          {() => (
            <DataTable label={say('title')} rows={Object.entries(trees)} rowKey={([name]) => name} onOpen={([name]) => open(name)} columns={[
              { key: 'title', title: ui('title'), cell: ([name, one]) => <button type="button" className="linkish" onClick={() => open(name)}><Title text={one.title} name={name} /></button> },
              { key: 'gives', title: say('gives'), cell: ([, one]) => listed([...new Set(rulesOf(one).map((rule) => outcomeText(rule.gives)).filter(Boolean))].slice(0, 6), format.lang) },
              { key: 'leaves', title: say('leaves'), align: 'right', cell: ([, one]) => format.count(rulesOf(one).length) },
              { key: 'depth', title: say('depth'), align: 'right', cell: ([, one]) => format.count(Math.max(0, ...rulesOf(one).map((rule) => rule.way.length))) },
            ]} />
          )}
        </Loaded>
      </Panel>
      <AskName open={asking} title={say('add')} taken={namesOf(document)} onClose={() => ask(false)} onDone={(name) => { ask(false); set(['decision_trees', name], beginning(Object.keys(document?.indicators ?? {})[0])); open(name); }} />
    </Page>
  );
}
