// A job is watched by server-sent events; where they do not come through, it is asked for.
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Job } from './api/contract';
import { API } from './api/client';
import { read, renew, useRead } from './api/hooks';
import { fileNames } from './format/list';
import { words } from './i18n/words';

/** Steps that have a word; any other is the name of the file that is being read. */
const STEPS = ['fold', 'grade', 'store', 'rebase', 'backup', 'verify', 'restore', 'read', 'write', 'learn', 'cluster', 'describe', 'judge', 'fit', 'list'] as const;
export const sayStep = (step: string, say: ReturnType<typeof useJobWords>) => { const known = STEPS.find((one) => one === step); return known ? say(known) : fileNames([step]); };

export const ended = (job: Job | undefined | null) => !!job && (job.state === 'done' || job.state === 'failed' || job.state === 'cancelled');

/** What a job may have changed, or what somebody else published before it graded. */
const CHANGED = ['/jobs', '/runs', '/summary', '/instants', '/customers', '/imports', '/quarantine', '/model', '/versions', '/catalogue', '/indicators', '/transitions', '/cohorts', '/kpis', '/challenger', '/hold-out', '/predictions', '/satisfaction', '/next'];
export const renewAll = (client: QueryClient) => renew(client, CHANGED);

export function useJob(id: string | null | undefined, onEnd?: (job: Job) => void): Job | undefined {
  const client = useQueryClient();
  const [job, setJob] = useState<Job>();
  const told = useRef(onEnd);
  told.current = onEnd;
  useEffect(() => {
    setJob(undefined);
    if (!id) return;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let events: EventSource | undefined;
    const stop = () => {
      stopped = true;
      clearTimeout(timer);
      events?.close();
    };
    const take = (next: Job) => {
      if (stopped) return;
      setJob(next);
      if (!ended(next)) return;
      stop();
      renewAll(client);
      told.current?.(next);
    };
    const ask = () => {
      read('/jobs/{id}', { path: { id } }).then(take, () => {}).finally(() => {
        if (!stopped) timer = setTimeout(ask, 1000);
      });
    };
    if (typeof EventSource === 'undefined') ask();
    else {
      // What it is and whether it still runs comes first; then each step as it is told, and at last that it is over.
      read('/jobs/{id}', { path: { id } }).then(take, () => {});
      events = new EventSource(`${API}/jobs/${encodeURIComponent(id)}/events`);
      const hear = (event: MessageEvent<string>) => {
        try {
          const progress = JSON.parse(event.data) as Job['progress'];
          if (progress.step !== undefined && !stopped) setJob((now) => now && { ...now, state: now.state === 'queued' && progress.step ? 'running' : now.state, progress });
        } catch {
          // A comment, or a kind of event that this page does not know.
        }
      };
      events.addEventListener('progress', hear as EventListener);
      const askInstead = () => {
        events?.close();
        if (!stopped) ask();
      };
      events.addEventListener('over', askInstead);
      events.onerror = askInstead;
    }
    void client.invalidateQueries({ predicate: (query) => query.queryKey[0] === '/jobs' });
    return stop;
  }, [id, client]);
  return job;
}

/** What is running now, for the tray. */
export function useJobs(enabled = true) {
  return useRead('/jobs', {}, { enabled, refetchInterval: 5000, staleTime: 1000 });
}

export const useJobWords = words('jobs', {
  import: ['导入', 'Import'],
  import_dry_run: ['试导入', 'Dry run'],
  import_undo: ['撤销导入', 'Undo of an import'],
  import_undo_dry_run: ['查看撤销的影响', 'What undoing an import means'],
  run: ['评级', 'Grading run'],
  grade: ['评级', 'Grading run'],
  simulate: ['试算', 'Simulation'],
  backtest: ['回测', 'Back-test'],
  learn_scorecard: ['学习评分卡', 'Learned scorecard'],
  learn_weights: ['按数据差异算权重', 'Weights from the data'],
  next: ['学习接下来买什么', 'What they buy next'],
  review: ['季度复盘', 'Quarterly review'],
  export: ['导出', 'Export'],
  backup: ['备份', 'Backup'],
  quarantine_replay: ['隔离行重新导入', 'Replay of quarantined rows'],
  replay: ['隔离行重新导入', 'Replay of quarantined rows'],
  undo: ['撤销导入', 'Undo of an import'],
  publish: ['发布', 'Publication'],
  preview: ['预览', 'Preview'],
  industry: ['准备行业样例', 'Preparing an industry'],
  learn_clv: ['学习终身价值', 'Learning lifetime value'],
  learn_propensity: ['学习倾向', 'Learning a propensity'],
  learn_tree: ['学习决策树', 'Learning a decision tree'],
  learn_clusters: ['聚类分析', 'Finding groups'],
  link: ['关联身份', 'Linking identities'],
  unlink: ['解除关联', 'Taking identities apart'],
  report: ['写出报告', 'Writing a report'],
  doubles: ['查找疑似重复客户', 'Looking for possible doubles'],
  // Steps.
  learn: ['学习', 'Learning'],
  cluster: ['比较各种分法', 'Comparing numbers of groups'],
  describe: ['归纳各类的特点', 'Describing the groups'],
  judge: ['在留出的时段上检验', 'Holding it against what was kept apart'],
  fit: ['找出规律', 'Finding what goes together'],
  list: ['为每位客户列出商品', 'Listing items for each customer'],
  fold: ['读取事件，计算指标', 'Reading events, computing indicators'],
  store: ['写入结果', 'Writing the result'],
  rebase: ['写入客户状态', 'Writing customer states'],
  read: ['读取文件', 'Reading the file'],
  write: ['写入账本', 'Writing the ledger'],
  verify: ['核对备份', 'Checking the backup'],
  restore: ['恢复', 'Restoring'],
  queued: ['排队中', 'Waiting'],
  running: ['进行中', 'Running'],
  done: ['已完成', 'Done'],
  failed: ['失败', 'Failed'],
  cancelled: ['已取消', 'Cancelled'],
  cancel: ['取消任务', 'Cancel this job'],
  tray: ['任务进度', 'Job progress'],
  nothing: ['没有正在进行的任务', 'Nothing is running'],
  all: ['查看全部任务', 'All jobs'],
});
