import { CheckCircleFilled, CloseCircleFilled, PlusOutlined, ReloadOutlined } from '@ant-design/icons';
import { Button, Spin } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { TestCase } from '../../shared/api/document';
import { isThere } from '../../shared/api/hooks';
import type { CaseResult } from '../../shared/api/later';
import { DraftBar } from '../../shared/draft/DraftBar';
import { useDraft } from '../../shared/draft/useDraft';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, Findings, Title } from '../../shared/ui/parts';
import { Empty, Loaded, NotYet, Trouble } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { linesOf } from './cases';
import { Coverage } from './Coverage';
import { useTested } from './useTested';
import { useCaseWords } from './words';

export default function TestCases() {
  const say = useCaseWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { query, document, set } = useDraft();
  const tested = useTested();
  const [asking, ask] = useState(false);
  const cases = document?.tests ?? {};
  const open = (name: string) => void navigate({ to: '/tests/$name', params: { name } });
  const results = new Map((tested.data?.cases ?? []).map((one) => [one.name, one]));
  const button = may('edit_models') && <Button type="primary" icon={<PlusOutlined />} onClick={() => ask(true)}>{say('add')}</Button>;
  const wrong = tested.error?.problem.errors ?? [];
  const who = (one: TestCase) => (one.events ? say('byEvents', { n: one.events.length }) : say('byInputs', { n: Object.keys(one.inputs ?? {}).length }));
  return (
    <Page title={say('title')} lead={say('lead')} actions={button}>
      <DraftBar />
      {wrong.length > 0 ? <section className="stack"><p>{say('wrong')}</p><Findings findings={wrong.filter((one) => one.severity === 'error')} limit={4} /></section> : tested.error && <Trouble error={tested.error} />}
      <Panel flush title={tested.data && Object.keys(cases).length > 0 ? <Verdict n={tested.data.n_cases} failed={tested.data.n_failed} /> : undefined} extra={Object.keys(cases).length > 0 && isThere('post', '/model/test') && (tested.isFetching ? <span className="small faint" role="status"><Spin size="small" /> {say('running')}</span> : <Button size="small" icon={<ReloadOutlined />} onClick={() => void tested.refetch()}>{say('run')}</Button>)}>
        <Loaded query={query} empty={() => document && Object.keys(cases).length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}>{button}</Empty>}>
          {() => (
            <DataTable label={say('title')} rows={Object.entries(cases)} rowKey={([name]) => name} onOpen={([name]) => open(name)} columns={[
              { key: 'state', title: say('state'), width: 110, cell: ([name]) => <State result={results.get(name)} running={tested.isFetching} /> },
              { key: 'title', title: ui('title'), cell: ([name, one]) => <button type="button" className="linkish" onClick={() => open(name)}><Title text={one.title} name={name} /></button> },
              { key: 'who', title: say('who'), cell: ([, one]) => who(one) },
              { key: 'expects', title: say('expects'), cell: ([, one]) => say('nExpects', { n: linesOf(one.expect).length }) },
              { key: 'differs', title: say('differs'), cell: ([name]) => <span className="small">{(results.get(name)?.differences ?? []).slice(0, 3).map((one) => `${one.title[format.lang]}: ${say('expectedGot', { expected: one.expected ?? say('nothing'), got: one.got ?? say('nothing') })}`).join('; ')}</span> },
            ]} />
          )}
        </Loaded>
      </Panel>
      {!isThere('post', '/model/test') && <NotYet />}
      {tested.data && Object.keys(cases).length > 0 && <Coverage coverage={tested.data.coverage} />}
      <AskName open={asking} title={say('add')} taken={Object.keys(cases)} onClose={() => ask(false)} onDone={(name) => { ask(false); set(['tests', name], { inputs: {}, expect: {} } satisfies TestCase); open(name); }} />
    </Page>
  );
}

function Verdict({ n, failed }: { n: number; failed: number }) {
  const say = useCaseWords();
  return <span role="status" className={failed > 0 ? 'bad' : 'good'}>{failed > 0 ? say('someFailed', { n, failed }) : say('allPassed', { n })}</span>;
}

export function State({ result, running }: { result: CaseResult | undefined; running?: boolean }) {
  const say = useCaseWords();
  if (!result && running) return <span className="faint nowrap"><Spin size="small" /> {say('running')}</span>;
  if (!result) return <span className="faint">{say('notRun')}</span>;
  return result.passed ? <span className="good nowrap"><CheckCircleFilled /> {say('passed')}</span> : <span className="bad nowrap"><CloseCircleFilled /> {say('failed')}</span>;
}
