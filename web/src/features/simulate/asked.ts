import type { Job } from '../../shared/api/contract';

const input = (job: Job) => (job.input ?? {}) as Record<string, unknown>;
/** `draft`, or the number of a version. */
export const modelOf = (job: Job) => String(input(job).version ?? 'draft');
/** Over a stretch of time, and not as of one instant: their results differ. */
export const isHistory = (job: Job) => 'flapping' in input(job);
/** Of a model that somebody was editing: a look at it, not at the draft. */
export const isEdited = (job: Job) => input(job).edited === true;
