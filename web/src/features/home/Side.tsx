import { Link } from '@tanstack/react-router';
import { isThere, useRead } from '../../shared/api/hooks';
import { useModelInForce, usePeople } from '../../shared/catalogue';
import { storedText, textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { useJobs, useJobWords } from '../../shared/jobs';
import { useFormat, useSession } from '../../shared/session';
import type { JobProblem } from '../../shared/ui/JobProgress';
import { Panel } from '../../shared/ui/page';

const useWords = words('start-side', {
  waiting: ['等待处理', 'Waiting'],
  nothingWaiting: ['没有待审批的事项。', 'No approval is waiting.'],
  review: ['版本 {{n}} 待审批', 'Version {{n}} is in review'],
  approved: ['版本 {{n}} 已批准，待发布', 'Version {{n}} is approved and can be published'],
  draft: ['草稿有未提交的修改', 'The draft has changes that were not submitted'],
  by: ['{{who}} · {{at}}', '{{who}} · {{at}}'],
  override: ['人工调整待审批：{{who}}', 'Override to approve: {{who}}'],
  expiring: ['人工调整即将到期：{{who}}，{{at}}', 'Override about to end: {{who}}, {{at}}'],
  model: ['生效的模型', 'The model in force'],
  version: ['版本 {{n}}', 'Version {{n}}'],
  folder: ['来自文件夹，尚未发布版本', 'from the folder; no version was published yet'],
  since: ['自 {{at}} 起', 'since {{at}}'],
  notValidated: ['尚未验证：没有与结果对照过', 'not yet validated: never held against outcomes'],
  failed: ['失败的任务', 'Failed jobs'],
  nothingFailed: ['没有失败的任务。', 'No job has failed.'],
});

/** What waits for somebody, what is in force, and what went wrong. */
export function Side() {
  return <><Waiting /><InForce /><FailedJobs /></>;
}

function Waiting() {
  const say = useWords();
  const format = useFormat();
  const who = usePeople();
  const versions = useRead('/model/versions', {}, { staleTime: 30_000 }).data?.items ?? [];
  const draft = useRead('/model/draft', {}, { staleTime: 30_000 }).data;
  const overrides = useRead('/overrides', {}, { enabled: isThere('get', '/overrides') }).data?.items ?? [];
  const open = versions.filter((one) => one.state === 'review' || one.state === 'approved');
  const asked = overrides.filter((one) => one.state === 'waiting');
  const soon = overrides.filter((one) => one.state === 'active' && one.expires && Date.parse(one.expires) - Date.parse(format.now) < 30 * 86_400_000);
  const changed = (draft?.revision ?? 0) > 0;
  return (
    <Panel title={say('waiting')}>
      <ul className="stack">
        {open.map((one) => <li key={one.version}><Link to="/publish">{say(one.state === 'review' ? 'review' : 'approved', { n: one.version })}</Link>{one.note && <div>{one.note}</div>}<div className="faint small">{say('by', { who: who(one.by), at: format.minute(one.at) })}</div></li>)}
        {asked.map((one) => <li key={one.id}><Link to="/overrides">{say('override', { who: one.label ?? one.customer })}</Link></li>)}
        {soon.map((one) => <li key={one.id}><Link to="/customers/$customer" params={{ customer: one.customer }}>{say('expiring', { who: one.label ?? one.customer, at: format.day(one.expires) })}</Link></li>)}
        {changed && <li><Link to="/publish">{say('draft')}</Link><div className="faint small">{say('by', { who: who(draft?.changed_by), at: format.minute(draft?.changed_at) })}</div></li>}
        {open.length + asked.length + soon.length === 0 && !changed && <li className="faint">{say('nothingWaiting')}</li>}
      </ul>
    </Panel>
  );
}

function InForce() {
  const say = useWords();
  const format = useFormat();
  const session = useSession();
  const model = useModelInForce();
  const published = useRead('/model/versions', {}, { staleTime: 30_000 }).data?.items.find((one) => one.state === 'published');
  const since = published?.publications.filter((one) => !one.withdrawn).at(-1)?.effective_from;
  return (
    <Panel title={say('model')}>
      <p>{textOf(model?.title, textOf(session?.workspace.title), format.lang)}</p>
      <p className="faint small">{published ? [say('version', { n: published.version }), since && say('since', { at: format.day(since) })].filter(Boolean).join(' · ') : say('folder')}</p>
      <p className="faint small">{storedText(published?.validation, format.lang) || say('notValidated')}</p>
    </Panel>
  );
}

function FailedJobs() {
  const say = useWords();
  const jobSay = useJobWords();
  const format = useFormat();
  const failed = (useJobs().data?.items ?? []).filter((job) => job.state === 'failed').slice(0, 3);
  return (
    <Panel title={say('failed')}>
      <ul className="stack">
        {failed.map((job) => <li key={job.id}><Link to="/runs" search={{ tab: 'jobs' }}>{jobSay(job.kind as 'run')}</Link> <span className="bad">{(job.problem as JobProblem | null)?.[format.lang]}</span><div className="faint small">{format.minute(job.finished)}</div></li>)}
        {failed.length === 0 && <li className="faint">{say('nothingFailed')}</li>}
      </ul>
    </Panel>
  );
}
