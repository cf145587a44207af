// A survey among the customers of the retail example, made up by their numbers and always the same: who buys much answers
// more often and kinder, and some of the kind ones have not come for long.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Run } from './house';

const retail = resolve(import.meta.dirname, '../../examples/retail/data/online_retail_2010_2011.csv.gz');

const SOURCE = `gradus: 1
title: { zh: 满意度问卷, en: Survey }
files: ["survey*.csv"]
history: true
mapping:
  identity:
    - { kind: id, value: customer }
  kind: "'feedback'"
  time: at
fields:
  recommend: { title: { zh: 推荐意愿, en: Likely to recommend }, type: integer, value: recommend }
  satisfaction: { title: { zh: 满意度, en: Satisfaction }, type: integer, value: satisfaction }
  conduct: { title: { zh: 员工对客户的评分, en: Staff's rating of the customer }, type: integer, value: conduct }
  reason: { title: { zh: 原因, en: Reason }, type: text, value: reason }
cleaning:
  dates: ["%Y-%m-%d %H:%M:%S"]
`;

/** Brings the survey into a workspace that nobody serves. */
export function withSurvey(workspace: string, run: Run) {
  const lines = gunzipSync(readFileSync(retail)).toString('utf8').split('\n').slice(1);
  const seen = new Map<string, number>();
  for (const line of lines) {
    const customer = /,(\d{5}),[^,]*$/.exec(line.trimEnd())?.[1];
    if (customer) seen.set(customer, (seen.get(customer) ?? 0) + 1);
  }
  const rows = [...seen].sort(([a], [b]) => a.localeCompare(b)).flatMap(([customer, n]) => {
    const draw = (Number(customer) * 7919) % 100;
    if (draw >= (n > 120 ? 40 : n > 30 ? 22 : 10)) return [];
    const recommend = Math.min(10, (Number(customer) * 31) % 7 + (n > 60 ? 4 : 2));
    const satisfaction = Math.max(1, Math.min(5, Math.round(recommend / 2)));
    const reason = recommend <= 6 ? (draw % 2 ? 'price' : 'price; delivery') : draw % 3 ? 'range' : '';
    const conduct = Math.max(1, 5 - (Number(customer) % 9 === 0 ? 4 : Number(customer) % 3));
    const month = 6 + (draw % 6);
    return [`${customer},2011-${String(month).padStart(2, '0')}-${String(1 + (draw % 27)).padStart(2, '0')} 10:00:00,${recommend},${satisfaction},${conduct},${reason}`];
  });
  const sources = join(workspace, 'sources');
  mkdirSync(sources, { recursive: true });
  writeFileSync(join(sources, 'survey.yaml'), SOURCE);
  const file = join(workspace, 'survey-2011.csv');
  writeFileSync(file, ['customer,at,recommend,satisfaction,conduct,reason', ...rows].join('\n') + '\n');
  run(workspace, 'import', file);
}
