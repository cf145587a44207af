import { useDraft } from '../../shared/draft/useDraft';
import type { Job } from '../../shared/api/contract';
import { modelOf } from './asked';
import { useSimulateWords } from './words';

/** What was simulated, and whether it is still so: a draft goes on while its figures stand here. */
export function Whose({ job }: { job: Job }) {
  const say = useSimulateWords();
  const { query } = useDraft();
  const model = modelOf(job);
  const changed = model === 'draft' && !!query.data?.changed_at && Date.parse(query.data.changed_at) > Date.parse(job.started ?? job.created);
  return <>{say('ofModel', { model: model === 'draft' ? say('draft') : say('version', { n: model }) })}{changed && <> · <span className="warn">{say('changedSince')}</span></>}</>;
}
