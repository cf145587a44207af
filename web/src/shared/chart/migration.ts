import type { Lang, Summary } from '../api/contract';
import type { Flow } from './SankeyMigration';

const ends: Record<string, [string, string]> = { $not_graded: ['未定级', 'Not graded'], $new: ['新客户', 'New'], $gone: ['不再出现', 'Gone'] };

/** Rows are levels, not graded, new; columns are levels, not graded, gone. */
export function flowsOf(migration: Summary['migrations'][number], lang: Lang): { flows: Flow[]; titles: Record<string, string> } {
  const names = migration.levels.map(([name]) => name);
  const rows = [...names, '$not_graded', '$new'];
  const columns = [...names, '$not_graded', '$gone'];
  const flows = migration.counts.flatMap((row, from) => row.map((count, to) => ({ from: rows[from]!, to: columns[to]!, count }))).filter((flow) => flow.count > 0);
  const titles = Object.fromEntries(migration.levels.map(([name, title]) => [name, title[lang]]));
  for (const [name, both] of Object.entries(ends)) titles[name] = both[lang === 'zh' ? 0 : 1];
  return { flows, titles };
}

/** The address of the customers of a flow; who is gone is in no list any more. */
export function flowSearch(migration: Summary['migrations'][number], from: string, to: string): { scheme: string; since: string; from: string; to: string } | undefined {
  return to === '$gone' ? undefined : { scheme: migration.scheme, since: migration.from_as_of, from, to };
}
