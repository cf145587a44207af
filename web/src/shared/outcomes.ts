// Screens whose content is the result of a job: the one that the address names, else the one that runs, else the newest.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRead } from './api/hooks';
import { useJob } from './jobs';

export function useOutcomes<R>(kind: string, path: string) {
  const navigate = useNavigate();
  const jobs = useRead('/jobs', {}, { staleTime: 2_000 });
  const { job: opened } = useSearch({ strict: false }) as { job?: string };
  const own = (jobs.data?.items ?? []).filter((one) => one.kind === kind);
  const done = own.filter((one) => one.state === 'done');
  const running = own.find((one) => one.state === 'queued' || one.state === 'running');
  const id = opened ?? running?.id ?? done[0]?.id;
  const job = useJob(id);
  const open = (next: string) => void navigate({ to: path, search: { job: next } as never, replace: true });
  return { jobs, done, id, job, open, result: job?.state === 'done' ? (job.result as unknown as R) : undefined };
}
