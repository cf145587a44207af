import { App, Button } from 'antd';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Quality, Reconciliation } from '../../shared/api/contract';
import { isThere, useRead, useSend } from '../../shared/api/hooks';
import { ended, useJob } from '../../shared/jobs';
import { fileNames } from '../../shared/format/list';
import { useFormat } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { StateTag } from '../../shared/ui/parts';
import { QualityFields } from '../../shared/ui/QualityFields';
import { Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { importState } from './index';
import { Reconciled } from './Reconciled';
import { UndoEffect, type UndoEffectOf } from './UndoEffect';
import { useImportWords } from './words';

export default function ImportDetail() {
  const say = useImportWords();
  const ui = useUi();
  const format = useFormat();
  const { modal } = App.useApp();
  const navigate = useNavigate();
  const { number: text } = useParams({ strict: false }) as { number: string };
  const number = Number(text);
  const query = useRead('/imports/{number}', { path: { number } });
  const [jobId, setJobId] = useState<string | null>(null);
  const [askedId, setAskedId] = useState<string | null>(null);
  const undo = useSend('post', '/imports/{number}/undo', { onDone: (job) => setJobId(job.id) });
  const ask = useSend('post', '/imports/{number}/undo', { onDone: (job) => setAskedId(job.id) });
  const job = useJob(jobId, () => void query.refetch());
  const one = query.data;
  // What it would mean comes first; only then is it asked whether it is to be done.
  const asked = useJob(askedId, (done) => {
    if (done.state !== 'done') return;
    const { effect } = done.result as { effect: UndoEffectOf };
    modal.confirm({ title: say('undoTitle', { n: number }), width: 640, content: <><p>{say('undoText')}</p><UndoEffect effect={effect} /></>, okText: say('undoOk'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => undo.mutate({ path: { number }, body: { dry_run: false } }) });
  });
  const undone = (one?.reconciliation as { undone?: UndoEffectOf } | null | undefined)?.undone;
  return (
    <Page title={say('detail', { n: number })} lead={one && <>{fileNames(one.files)} · {format.minute(one.at)} <StateTag state={one.state}>{say(importState(one.state))}</StateTag></>}
      actions={one && one.state === 'done' && <>{one.quarantined > 0 && <Button onClick={() => void navigate({ to: '/quarantine', search: { import: text } })}>{say('toQuarantine')}</Button>}{isThere('post', '/imports/{number}/undo') && <Button danger loading={ask.isPending || (!!askedId && !ended(asked))} onClick={() => ask.mutate({ path: { number }, body: { dry_run: true } })}>{say('undo')}</Button>}</>}>
      {jobId && <Panel><JobProgress job={job} /></Panel>}
      {askedId && asked?.state === 'failed' && <Panel><JobProgress job={asked} /></Panel>}
      <Loaded query={query}>
        {(data) => (
          <div className="cols">
            {undone && <Panel className="c12" title={say('sUndone')}><UndoEffect effect={undone} /></Panel>}
            {data.reconciliation != null && <Panel className="c12" title={say('reconciliation')}><Reconciled result={data.reconciliation as Reconciliation} /></Panel>}
            {data.quality != null && <Panel className="c12" title={say('quality')} flush><QualityFields quality={data.quality as Quality} /></Panel>}
          </div>
        )}
      </Loaded>
    </Page>
  );
}
